//! KP009: statements without a name of their own.

use std::collections::BTreeMap;

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP009",
    name: "statement-without-own-sid",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a statement has no Sid, or one that another has too",
    page: "Whoever compares, repairs or approves statements needs a name for them. KMS gives statements back in an order of its own.",
    bad: &[
        example(
            r#"{"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"},
{"Sid": «"Use"», "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/job"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
        example(
            r#"«{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}»"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "Use by the application", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"},
{"Sid": "use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/job"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (statement, _) in case.statements() {
        match statement.sid.as_ref().filter(|sid| !sid.raw.is_empty()) {
            None => {
                let message = format!("statement {} has no Sid", statement.index + 1);
                report.add(
                    (statement.span, Some(statement)),
                    message,
                    "name what it is for: `\"Sid\": \"Use by the application\"`",
                );
            }
            Some(sid) => {
                if let Some(first) = seen.insert(&sid.raw, statement.index) {
                    let message = format!("the Sid `{}` is that of statement {} too", sid.raw, first + 1);
                    report.add((sid.span, Some(statement)), message, "give each statement a Sid of its own");
                }
            }
        }
    }
}
