//! KP061: everything left to IAM.

use finding::Severity;

use crate::action::REVEALING;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP061",
    name: "delegates-everything",
    severity: Severity::Medium,
    relaxed: Some(Severity::Info),
    confidence: Confidence::Certain,
    title: "the statement for the account gives cryptography too",
    page: "With `kms:*` for the account, anybody with `kms:Decrypt` on `*` in an IAM policy can decrypt: the key policy protects nothing by itself (compare Security Hub KMS.1 and KMS.2). AWS's default does this. Give the account management and reading, and name the users of the key.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, «"Action": "kms:*"», "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.delegating().filter(|(statement, _)| statement.conditions.is_empty()) {
        let revealing = facts.actions.meet(REVEALING);
        let Some(actions) = statement.actions.as_ref().filter(|_| !revealing.is_empty()) else { continue };
        let message = format!("every IAM policy of the account can give {}", words::actions(revealing));
        report.add(
            (actions.span, Some(statement)),
            message,
            "give the account management and reading only, and name the users of the key",
        );
    }
}
