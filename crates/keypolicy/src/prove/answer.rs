//! Whether some request is allowed: searched for in two readings of what is open, and confirmed by `decide`.

use super::lower::Reading;
use super::search::{self, Found, Part, Query, Relation};
use super::world::World;
use crate::decide::{self, Decision, Sources};
use crate::operator::{Comparison, Operator};
use crate::pattern::{Pattern, tokens, verbatim};
use crate::policy::Effect;
use crate::request::{Class, Request};
use crate::rules::{Bit, Fit, Form, Rule, Rules, Test, Value, instance};
use crate::{ActionSet, key};
use std::collections::{BTreeMap, BTreeSet};

/// Callers with an ARN.
pub(super) const IDENTITIES: &[Class] = &[Class::Role, Class::User, Class::Root, Class::Federated];

/// All callers.
pub(super) const ALL: &[Class] = &[Class::Role, Class::User, Class::Root, Class::Federated, Class::Service];

/// Which requests are asked about.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) classes: &'a [Class],
    pub(super) relation: Relation,
    pub(super) actions: ActionSet,
    pub(super) tests: Vec<Test>,
    /// How a statement must fit the caller, at least.
    pub(super) least: Fit,
}

/// Whether some request is allowed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// This one, by this statement.
    Yes(Box<Request>, usize),
    /// None.
    No,
    /// That is not found out, with the reasons.
    Unclear(BTreeSet<String>),
}

/// Whether a policy allows some request of those asked about.
pub(super) fn allowed(world: &World<'_>, rules: &Rules, asked: &Asked<'_>) -> Answer {
    let mut unclear = BTreeSet::new();
    let mut open = Vec::new();
    for rule in rules.rules.iter().filter(|rule| rule.effect == Effect::Allow) {
        match one(world, rules, rule, asked, (Reading::May, Reading::Must), true) {
            Found::Nothing => {}
            Found::Request(request) if confirmed(world, rules, asked, &request) && !uses_unknown(&request) => {
                return Answer::Yes(request, rule.index);
            }
            Found::Request(_) => open.push(rule),
            Found::Unclear(why) => {
                unclear.extend(why);
                open.push(rule);
            }
        }
    }
    if open.is_empty() {
        return Answer::No;
    }
    for rule in &open {
        if let Found::Request(request) = one(world, rules, rule, asked, (Reading::Must, Reading::May), false)
            && confirmed(world, rules, asked, &request)
        {
            return Answer::Yes(request, rule.index);
        }
    }
    if let Some((request, index)) = with_variables_set(world, rules, &open, asked) {
        return Answer::Yes(request, index);
    }
    unclear.extend(constructs(rules));
    if unclear.is_empty() {
        unclear.insert("keys that depend on one another in a way that is not modelled".to_owned());
    }
    Answer::Unclear(unclear)
}

fn one(
    world: &World<'_>,
    rules: &Rules,
    rule: &Rule,
    asked: &Asked<'_>,
    (allow, deny): (Reading, Reading),
    unknown_keys: bool,
) -> Found {
    let denies = rules.rules.iter().filter(|rule| rule.effect == Effect::Deny);
    let query = Query {
        fit: vec![Part { rule, reading: allow, least: asked.least }],
        unfit: denies.map(|rule| Part { rule, reading: deny, least: Fit::Account }).collect(),
        tests: asked.tests.iter().collect(),
        classes: asked.classes,
        relation: asked.relation,
        actions: asked.actions.meet(effective(asked)),
        unknown_keys,
    };
    search::find(world, &query)
}

/// The actions that a key policy can give to those asked about.
fn effective(asked: &Asked<'_>) -> ActionSet {
    let governed = ActionSet::governed();
    let services = asked.classes.contains(&Class::Service);
    if asked.relation == Relation::Other && !services { governed.meet(ActionSet::cross_account()) } else { governed }
}

/// Whether `decide` allows the request, and it is one of those asked about.
fn confirmed(world: &World<'_>, rules: &Rules, asked: &Asked<'_>, request: &Request) -> bool {
    let decision = decide::decision(&Sources::of(rules, world.owner()), request);
    let enough = match asked.least {
        Fit::Direct if asked.relation == Relation::Own => decision == Decision::Allow,
        _ => decision.allows(),
    };
    enough && asked.tests.iter().all(|test| test.holds(request))
}

fn uses_unknown(request: &Request) -> bool {
    request.context.keys().any(|name| key::find(name).is_none())
}

/// What leaves something open in a policy.
pub(super) fn constructs(rules: &Rules) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for rule in &rules.rules {
        let place = format!("statement {}", rule.index + 1);
        made.extend(rule.doubts.iter().map(|doubt| format!("{} in {place}", doubt.what)));
        for test in &rule.tests {
            if test.info.is_none() {
                made.insert(format!("the condition key `{}` in {place}, which is not known", test.key_name));
            }
            for value in &test.values {
                let what = match &value.form {
                    Form::Unknown(_) => "which a template fills in",
                    Form::Variable(_) => "which has a policy variable",
                    Form::Fixed(pattern) if **pattern == Pattern::AnyArn => "a lone `*` under an ARN operator",
                    Form::Fixed(_) => continue,
                };
                made.insert(format!("the value `{}` in {place}, {what}", value.raw));
            }
        }
    }
    made
}

/// Tries values for the policy variables: a request found for some of them is a request.
fn with_variables_set(
    world: &World<'_>,
    rules: &Rules,
    open: &[&Rule],
    asked: &Asked<'_>,
) -> Option<(Box<Request>, usize)> {
    /// How many choices of values are tried.
    const MOST: usize = 24;
    let keys = variable_keys(rules);
    if keys.is_empty() {
        return None;
    }
    let mut choices: Vec<BTreeMap<&str, Option<String>>> = vec![BTreeMap::new()];
    for key in &keys {
        let mut longer = Vec::new();
        for choice in &choices {
            for value in values_for(world, key) {
                let mut choice = choice.clone();
                choice.insert(key.as_str(), value);
                longer.push(choice);
            }
        }
        longer.truncate(MOST);
        choices = longer;
    }
    for choice in choices {
        if world.spent.is_over() {
            return None;
        }
        let set = with_values(rules, &choice);
        let mut narrowed = asked.clone();
        narrowed.tests.extend(choice.iter().map(|(key, value)| is(key, value.as_deref())));
        for rule in set.rules.iter().filter(|rule| open.iter().any(|it| it.index == rule.index)) {
            if let Found::Request(request) = one(world, &set, rule, &narrowed, (Reading::Must, Reading::May), false)
                && confirmed(world, rules, asked, &request)
            {
                return Some((request, rule.index));
            }
        }
    }
    None
}

fn variable_keys(rules: &Rules) -> BTreeSet<String> {
    let values = rules.rules.iter().flat_map(|rule| &rule.tests).flat_map(|test| &test.values);
    let bits = values.flat_map(|value| match &value.form {
        Form::Variable(bits) => bits.as_slice(),
        _ => &[],
    });
    bits.filter_map(|bit| match bit {
        Bit::Key { key, .. } => Some(key.clone()),
        Bit::Fixed(_) => None,
    })
    .collect()
}

/// Values to try for a key; `None` means that it is missing.
fn values_for(world: &World<'_>, key: &str) -> Vec<Option<String>> {
    let fresh = world.fresh.first().cloned();
    let text = |text: &str| Some(text.to_owned());
    match key {
        "aws:principalaccount" | "kms:calleraccount" | "aws:sourceaccount" => {
            vec![fresh, world.setting.account.clone()]
        }
        "aws:principalorgid" | "aws:resourceorgid" | "aws:sourceorgid" => {
            vec![Some(world.owner_organization.clone()), text("o-witness001"), None]
        }
        "aws:principaltype" => vec![text("AssumedRole"), text("User")],
        "aws:userid" => vec![text("AROAWITNESS0000000001:witness"), text("AIDAWITNESS0000000001")],
        _ => vec![text("witness"), None, text("x")],
    }
}

/// The policy with its variables set.
fn with_values(rules: &Rules, choice: &BTreeMap<&str, Option<String>>) -> Rules {
    let mut made = rules.clone();
    for test in made.rules.iter_mut().flat_map(|rule| &mut rule.tests) {
        let comparison = test.operator.comparison;
        for value in &mut test.values {
            if let Form::Variable(bits) = &value.form {
                let tokens = instance(bits, |key| choice.get(key).and_then(Option::as_deref));
                let pattern = tokens.map_or(Pattern::Nothing, |tokens| Pattern::new(comparison, &tokens));
                value.form = Form::Fixed(pattern.into());
            }
        }
    }
    made
}

/// That a key has this value, or is missing.
pub(super) fn is(key: &str, value: Option<&str>) -> Test {
    match value {
        Some(value) => test(key, "StringEquals", &[value]),
        None => test(key, "Null", &["true"]),
    }
}

/// A test on a key; operators with wildcards read them in the values.
pub(super) fn test(key: &str, operator: &str, values: &[&str]) -> Test {
    let operator = Operator::parse(operator).unwrap_or(Operator {
        quantifier: None,
        comparison: Comparison::StringEquals,
        negated: false,
        if_exists: false,
        equals_form: false,
    });
    let made = values.iter().map(|value| {
        let tokens: Vec<_> = if operator.has_wildcards() { tokens(value).collect() } else { verbatim(value).collect() };
        Value { raw: (*value).to_owned(), form: Form::Fixed(Pattern::new(operator.comparison, &tokens).into()) }
    });
    Test {
        key: key.to_ascii_lowercase(),
        key_name: key.to_owned(),
        info: key::find(key),
        operator,
        values: made.collect(),
    }
}
