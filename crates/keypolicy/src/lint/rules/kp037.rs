//! KP037: an IAM user as principal.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP037",
    name: "iam-user",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Possible,
    title: "an IAM user has access to the key",
    page: "IAM users have access keys that live long. Prefer a role, or an Identity Center permission set.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:user/alice"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/user/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.allowing() {
        for (principal, text) in case.identities(statement) {
            let resource = text.splitn(6, ':').nth(5).unwrap_or_default();
            if resource.starts_with("user/") && text.split(':').nth(4) != Some("cloudfront") {
                let name = resource.trim_start_matches("user/");
                let message = format!("the IAM user `{name}` has access with credentials that live long");
                report.add(
                    (principal.text.span, Some(statement)),
                    message,
                    "use a role, or an Identity Center permission set",
                );
            }
        }
    }
}
