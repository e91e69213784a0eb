//! KP011: a key that stands twice.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::FaultKind;

pub const LINT: Lint = Lint {
    id: "KP011",
    name: "key-twice",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a key stands twice in one object",
    page: "Most readers keep the last one and say nothing, so half of what is written is not there. Condition keys are the same whatever their case.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", «"Action"»: "kms:Encrypt", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", «"KMS:CallerAccount"»: "444455556666"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}, "StringLike": {"kms:CallerAccount": "1111*"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for fault in &case.policy.faults {
        if matches!(fault.kind, FaultKind::Repeated | FaultKind::RepeatedKey) {
            let statement = fault.statement.and_then(|at| case.policy.statements.get(at));
            report.add((fault.span, statement), fault.message.clone(), "join the two into one, with a list of values");
        }
    }
}
