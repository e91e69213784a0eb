//! KP028: everybody but.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP028",
    name: "allow-with-not-principal",
    severity: Severity::Critical,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "`NotPrincipal` with `Allow` gives to everybody else in the world",
    page: "`NotPrincipal` is everybody except those named, in every AWS account. Name those who may, with `Principal`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", «"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/intern"}», "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/intern"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing() {
        let Some(principals) = statement.principals.as_ref().filter(|it| it.negated) else { continue };
        if facts.reach.is_public() && !facts.actions.is_empty() {
            let message = format!("everybody in the world but those named can call {}", words::actions(facts.actions));
            report.add((principals.span, Some(statement)), message, "name those who may, with `Principal`");
        }
    }
}
