//! KP004: an action of another service.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::ActionForm;

pub const LINT: Lint = Lint {
    id: "KP004",
    name: "action-of-another-service",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action of another service has no effect in a key policy",
    page: "A key policy speaks of one key. Rights to buckets, queues and the like belong into their own policies or into IAM.",
    bad: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", «"s3:GetObject"»], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "*", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for item in statement.actions.iter().flat_map(|actions| &actions.items) {
            if item.form == ActionForm::OtherService {
                let written = item.text.literal().unwrap_or_default();
                let message = format!("`{written}` is not an action of KMS and has no effect here");
                report.add(
                    (item.text.span, Some(statement)),
                    message,
                    "give that right in the policy of the other resource, or in IAM",
                );
            }
        }
    }
}
