//! KP074: a condition for grants over other actions.

use finding::Severity;

use crate::key;
use crate::lint::{Case, Confidence, Lint, Report, example, words};
use crate::operator::Quantifier;

pub const LINT: Lint = Lint {
    id: "KP074",
    name: "grant-condition-on-other-actions",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a condition on grants stands with actions that never carry its key",
    page: "`kms:GrantIsForAWSResource` comes with CreateGrant, ListGrants and RevokeGrant only. Any other action in the statement is never allowed.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:CreateGrant", "kms:Decrypt"], "Resource": "*", "Condition": {"Bool": {«"kms:GrantIsForAWSResource"»: "true"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:CreateGrant", "kms:RevokeGrant"], "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:CreateGrant", "kms:Decrypt"], "Resource": "*", "Condition": {"BoolIfExists": {"kms:GrantIsForAWSResource": "true"}}}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing() {
        for condition in &statement.conditions {
            // `ForAllValues` holds where the key is missing, so it takes nothing from other actions.
            let strict = condition
                .operator
                .is_some_and(|it| !it.negated && !it.if_exists && it.quantifier != Some(Quantifier::ForAllValues));
            let is_grant_key =
                condition.key.value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("kms:Grant"));
            let Some(info) = key::find(&condition.key.value).filter(|_| strict && is_grant_key) else { continue };
            let dead = facts.actions.without(info.actions);
            if !dead.is_empty() {
                let message =
                    format!("{} never carries `{}`, so this never allows it", words::actions(dead), info.name);
                report.add(
                    (condition.key.span, Some(statement)),
                    message,
                    "put those actions into a statement of their own",
                );
            }
        }
    }
}
