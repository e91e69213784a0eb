//! Statements and their elements.

use super::Reader;
use crate::action::ActionSet;
use crate::operator::Operator;
use crate::policy::{
    ActionForm, ActionPattern, Actions, Condition, Effect, FaultKind, Principal, PrincipalKind, Principals, Resources,
    Spanned, Statement,
};
use crate::text::Text;
use source::{Entry, Node, Span};

const ELEMENTS: [&str; 10] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Fn::If",
];

/// The statements of a `Statement` element, which is one or a list of them.
pub(super) fn statements(reader: &mut Reader, node: &Node) -> Vec<Statement> {
    let nodes = match node.as_sequence() {
        Some(items) => items.iter().collect(),
        None => vec![node],
    };
    let mut made = Vec::new();
    for item in nodes {
        reader.statement = Some(made.len());
        match item.as_mapping() {
            Some(entries) => made.push(statement(reader, item.span, entries)),
            None => {
                let message = format!("a statement is an object, this is {}", item.describe());
                reader.fault(FaultKind::WrongValue, item.span, message);
            }
        }
    }
    reader.statement = None;
    made
}

fn statement(reader: &mut Reader, span: Span, entries: &[Entry]) -> Statement {
    let mut made = Statement {
        index: 0,
        span,
        sid: None,
        effect: None,
        principals: None,
        actions: None,
        resources: None,
        conditions: Vec::new(),
        condition_span: None,
    };
    reader.repeated(entries);
    for entry in entries {
        let (key, value) = (&entry.key, &entry.value);
        let span = key.span.to(value.span);
        match key.text().unwrap_or_default() {
            "Sid" => made.sid = reader.text(value, "Sid"),
            "Effect" => made.effect = effect(reader, value),
            name @ ("Principal" | "NotPrincipal") => {
                let items = principals(reader, value, name);
                let negated = name == "NotPrincipal";
                if made.principals.as_ref().is_some_and(|earlier| earlier.negated != negated) {
                    contradiction(reader, key.span, "Principal");
                }
                made.principals = Some(Principals { span, key_span: key.span, negated, items });
            }
            name @ ("Action" | "NotAction") => {
                let items = reader.texts(value, name).into_iter().map(action).collect();
                let negated = name == "NotAction";
                if made.actions.as_ref().is_some_and(|earlier| earlier.negated != negated) {
                    contradiction(reader, key.span, "Action");
                }
                made.actions = Some(Actions { span, key_span: key.span, negated, items });
            }
            name @ ("Resource" | "NotResource") => {
                let items = reader.texts(value, name);
                made.resources = Some(Resources { span, negated: name == "NotResource", items });
            }
            "Condition" => {
                made.conditions = conditions(reader, value);
                made.condition_span = Some(value.span);
            }
            name => reader.unknown(name, key.span, &ELEMENTS),
        }
    }
    let missing = [
        ("Effect", entries.iter().any(|entry| entry.key.text() == Some("Effect"))),
        ("Principal", made.principals.is_some()),
        ("Action", made.actions.is_some()),
        ("Resource", made.resources.is_some()),
    ];
    for (name, _) in missing.iter().filter(|(_, there)| !there) {
        reader.fault(FaultKind::Missing, span, format!("the statement has no `{name}`"));
    }
    made
}

fn contradiction(reader: &mut Reader, span: Span, name: &str) {
    reader.fault(FaultKind::Contradiction, span, format!("`{name}` and `Not{name}` exclude each other"));
}

fn effect(reader: &mut Reader, node: &Node) -> Option<Spanned<Effect>> {
    match node.text() {
        Some("Allow") => Some(Spanned::new(node.span, Effect::Allow)),
        Some("Deny") => Some(Spanned::new(node.span, Effect::Deny)),
        _ => {
            reader.fault(FaultKind::WrongValue, node.span, "`Effect` must be `Allow` or `Deny`".to_owned());
            None
        }
    }
}

fn principals(reader: &mut Reader, node: &Node, what: &str) -> Vec<Principal> {
    let is_function = |entries: &[Entry]| matches!(entries, [only] if only.key.text().is_some_and(|name| name == "Ref" || name.starts_with("Fn::")));
    match node.as_mapping() {
        Some(entries) if !is_function(entries) => {
            reader.repeated(entries);
            let mut made = Vec::new();
            for entry in entries {
                let name = entry.key.text().unwrap_or_default();
                let kind = match name {
                    "AWS" => PrincipalKind::Aws,
                    "Service" => PrincipalKind::Service,
                    "Federated" => PrincipalKind::Federated,
                    other => {
                        reader.unknown(other, entry.key.span, &["AWS", "Service", "Federated"]);
                        PrincipalKind::Other(other.to_owned())
                    }
                };
                let texts = reader.texts(&entry.value, what);
                made.extend(texts.into_iter().map(|text| Principal { kind: kind.clone(), text }));
            }
            made
        }
        _ => {
            let texts = reader.texts(node, what);
            for text in &texts {
                if text.literal().is_some_and(|it| it != "*") {
                    let message = format!("`{what}` must be `*` or an object such as {{\"AWS\": \"…\"}}");
                    reader.fault(FaultKind::WrongValue, text.span, message);
                }
            }
            texts.into_iter().map(|text| Principal { kind: PrincipalKind::Bare, text }).collect()
        }
    }
}

/// What an action is, and which actions of KMS it fits.
fn action(text: Text) -> ActionPattern {
    let Some(pattern) = text.literal() else {
        return ActionPattern { text, set: ActionSet::EMPTY, form: ActionForm::Unresolved };
    };
    let set = ActionSet::matching(pattern);
    let form = match pattern.split_once(':') {
        _ if !set.is_empty() => ActionForm::Kms,
        Some((service, name)) if is_word(service) && is_word(name) => {
            if service.eq_ignore_ascii_case("kms") {
                ActionForm::Kms
            } else {
                ActionForm::OtherService
            }
        }
        _ => ActionForm::Malformed,
    };
    ActionPattern { text, set, form }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_*?".contains(&byte))
}

fn conditions(reader: &mut Reader, node: &Node) -> Vec<Condition> {
    let Some(operators) = node.as_mapping() else {
        reader.fault(
            FaultKind::WrongValue,
            node.span,
            format!("`Condition` is an object, this is {}", node.describe()),
        );
        return Vec::new();
    };
    reader.repeated(operators);
    let mut made: Vec<Condition> = Vec::new();
    for operator in operators {
        let name = operator.key.text().unwrap_or_default();
        let parsed = Operator::parse(name);
        if parsed.is_none() {
            reader.fault(FaultKind::Operator, operator.key.span, format!("no condition operator is called `{name}`"));
        }
        let Some(keys) = operator.value.as_mapping() else {
            let message = format!("under `{name}` condition keys are expected, this is {}", operator.value.describe());
            reader.fault(FaultKind::WrongValue, operator.value.span, message);
            continue;
        };
        reader.repeated(keys);
        for key in keys {
            let written = key.key.text().unwrap_or_default();
            made.push(Condition {
                span: key.key.span.to(key.value.span),
                operator_text: Spanned::new(operator.key.span, name.to_owned()),
                operator: parsed,
                key: Spanned::new(key.key.span, written.to_owned()),
                values: reader.texts(&key.value, written),
                values_span: key.value.span,
                repeated: false,
            });
        }
    }
    mark_repeated(reader, &mut made);
    made
}

/// Marks conditions of one operator on one key, whatever their case, and reports those that differ in case.
fn mark_repeated(reader: &mut Reader, conditions: &mut [Condition]) {
    let identity = |condition: &Condition| {
        (condition.operator_text.value.to_ascii_lowercase(), condition.key.value.to_ascii_lowercase())
    };
    let mut order: Vec<usize> = (0..conditions.len()).collect();
    let identities: Vec<_> = conditions.iter().map(identity).collect();
    order.sort_by(|a, b| identities.get(*a).cmp(&identities.get(*b)));
    for pair in order.windows(2) {
        let &[first, second] = pair else { continue };
        if identities.get(first) != identities.get(second) {
            continue;
        }
        let spellings = [first, second].map(|at| conditions.get(at).map(|it| it.key.value.clone()));
        for at in [first, second] {
            if let Some(condition) = conditions.get_mut(at) {
                condition.repeated = true;
            }
        }
        if let Some(condition) = conditions.get(second)
            && spellings[0] != spellings[1]
        {
            let message = format!("`{}` stands here a second time, in other letters", condition.key.value);
            reader.fault(FaultKind::RepeatedKey, condition.key.span, message);
        }
    }
}
