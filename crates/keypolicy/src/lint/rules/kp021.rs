//! KP021: a wildcard inside a principal's ARN.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;

pub const LINT: Lint = Lint {
    id: "KP021",
    name: "wildcard-in-principal",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a principal's ARN cannot hold a wildcard",
    page: "In `Principal`, `*` stands alone or not at all. KMS refuses `arn:aws:iam::111122223333:role/team-*`. Put the pattern into a condition on `aws:PrincipalArn`, under the account as principal (then IAM must allow it too) or under `\"*\"` together with `aws:PrincipalAccount`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team-*"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for principal in statement.principals.iter().flat_map(|it| &it.items) {
            if principal.kind == PrincipalKind::Aws && !principal.is_everybody() && principal.text.has_wildcard() {
                let message = format!("KMS takes no wildcard inside a principal: `{}`", principal.text.raw);
                let help =
                    "name the account as principal, and put the pattern into `\"ArnLike\": {\"aws:PrincipalArn\": …}`";
                report.add((principal.text.span, Some(statement)), message, help);
            }
        }
    }
}
