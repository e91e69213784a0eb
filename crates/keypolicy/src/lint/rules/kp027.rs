//! KP027: the id of a principal that is gone.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;

pub const LINT: Lint = Lint {
    id: "KP027",
    name: "orphaned-principal",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a principal was deleted: only its unique id is left",
    page: "KMS stores roles and users by their unique ids. When one is deleted the policy shows `AROA…` or `AIDA…`. A new one of the same name gets nothing, and the next PutKeyPolicy with this policy fails with \"invalid principals\".",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"AROAEXAMPLEID12345678"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"aws:userid": "AROAEXAMPLEID12345678:*"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for principal in statement.principals.iter().flat_map(|it| &it.items).filter(|it| it.kind == PrincipalKind::Aws)
        {
            if let Some(id) = principal.text.literal().filter(|text| is_unique_id(text)) {
                let message = format!("`{id}` is the id of a principal that was deleted");
                report.add(
                    (principal.text.span, Some(statement)),
                    message,
                    "take it away, or name the principal that replaced it",
                );
            }
        }
    }
}

/// Whether it is the unique id of a role or a user.
fn is_unique_id(text: &str) -> bool {
    let is_id = |start| text.starts_with(start);
    (is_id("AROA") || is_id("AIDA"))
        && (16..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
