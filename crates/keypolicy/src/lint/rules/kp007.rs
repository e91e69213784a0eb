//! KP007: a resource other than this key.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP007",
    name: "resource-not-star",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the resource of a key policy is `\"*\"`, which means this key",
    page: "An ARN of the key or of an alias, or `NotResource`, is refused in new policies since 18 August 2025; in older ones the statement has no effect.",
    bad: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", «"Resource": "arn:aws:kms:eu-central-1:111122223333:alias/app"»}"#,
    )],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": ["*"]}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        let Some(resources) = &statement.resources else { continue };
        if !resources.is_this_key() && resources.items.iter().all(|item| item.unknown().is_none()) {
            let message = "this resource is not `\"*\"`: the statement has no effect, or is refused";
            report.add(
                (resources.span, Some(statement)),
                message,
                "write `\"Resource\": \"*\"`: in a key policy it means this key",
            );
            // The statement may begin to give something.
            report.fix(false, vec![(resources.span, "\"Resource\": \"*\"".to_owned())]);
        }
    }
}
