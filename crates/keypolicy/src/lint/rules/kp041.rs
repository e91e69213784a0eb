//! KP041: `ForAllValues` where it is true of nothing.

use finding::Severity;

use crate::key;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::operator::{Comparison, Quantifier};
use crate::policy::{Effect, Statement};

pub const LINT: Lint = Lint {
    id: "KP041",
    name: "for-all-values",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "`ForAllValues` holds when the request lacks the key",
    page: "`ForAllValues` is true of no values at all. In an Allow it lets pass whoever does not send the key; add `\"Null\": {\"the:key\": \"false\"}`, or use `ForAnyValue`. On a key that has one value only, leave the set operator away.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {«"ForAllValues:StringEquals"»: {"kms:EncryptionContextKeys": ["team"]}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {«"ForAllValues:StringEquals"»: {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["team"]}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["team"]}, "Null": {"kms:EncryptionContextKeys": "false"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.statements() {
        for condition in &statement.conditions {
            let Some(operator) = condition.operator.filter(|it| it.quantifier == Some(Quantifier::ForAllValues)) else {
                continue;
            };
            let name = &condition.key.value;
            let info = key::find(name);
            let single = info.is_some_and(|info| !info.multivalued);
            let always = info.is_some_and(|info| info.by_identity == key::Presence::Always && info.multivalued);
            let at = (condition.operator_text.span, Some(statement));
            let plain = crate::operator::Operator { quantifier: None, ..operator };
            if single {
                let message =
                    format!("`{name}` has one value: a set operator makes the condition hold when it is missing");
                report.add(at, message, format!("write `{}`", plain.name()));
            } else if facts.effect == Some(Effect::Allow) && !always && !guarded(statement, name) {
                let message = format!("who sends no `{name}` passes `{}`", operator.name());
                report.add(at, message, format!("add `\"Null\": {{\"{name}\": \"false\"}}`, or use `ForAnyValue`"));
            }
        }
    }
}

/// Whether another condition asks for the key to be there.
fn guarded(statement: &Statement, name: &str) -> bool {
    statement.conditions.iter().any(|it| {
        it.key.value.eq_ignore_ascii_case(name)
            && it.operator.is_some_and(|operator| match operator.comparison {
                Comparison::Null => it.values.iter().all(|value| value.raw.eq_ignore_ascii_case("false")),
                _ => operator.quantifier == Some(Quantifier::ForAnyValue) && !operator.if_exists && !operator.negated,
            })
    })
}
