//! KP046: a condition on the encryption context of calls that have none.

use finding::Severity;

use crate::action::ActionSet;
use crate::key;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP046",
    name: "encryption-context-never-sent",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a condition on the encryption context stands with actions that carry none",
    page: "Only symmetric cryptography and grants carry an encryption context. Under such a condition `kms:DescribeKey` or `kms:Sign` is never allowed. Put them into a statement of their own.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Sign", "Resource": "*", "Condition": {"StringEquals": {«"kms:EncryptionContext:team"»: "blue"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {«"kms:EncryptionContext:team"»: "blue"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:team": "blue"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEqualsIfExists": {"kms:EncryptionContext:team": "blue"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"kms:EncryptionContext:team": "blue"}}}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing() {
        for condition in &statement.conditions {
            let is_context =
                condition.key.value.get(..21).is_some_and(|start| start.eq_ignore_ascii_case("kms:encryptioncontext"));
            let strict = condition.operator.is_some_and(|it| {
                !it.negated && !it.if_exists && it.quantifier != Some(crate::operator::Quantifier::ForAllValues)
            });
            let Some(info) = key::find(&condition.key.value).filter(|_| is_context && strict) else { continue };
            // What a pattern brings along was not asked for by name.
            let named: ActionSet = statement
                .actions
                .iter()
                .filter(|it| !it.negated)
                .flat_map(|it| &it.items)
                .filter(|it| it.set.len() == 1)
                .fold(ActionSet::EMPTY, |set, item| set.union(item.set));
            let dead = named.meet(facts.actions).without(info.actions);
            if dead.is_empty() {
                continue;
            }
            let severity = if facts.actions.meet(info.actions).is_empty() { Severity::Medium } else { Severity::Low };
            let message =
                format!("{} never carries an encryption context, so this never allows it", words::actions(dead));
            report.add_as(
                severity,
                (condition.key.span, Some(statement)),
                message,
                "put it into a statement without this condition",
            );
        }
    }
}
