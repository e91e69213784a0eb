//! KP060: the statement for the account.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP060",
    name: "delegates-to-iam",
    severity: Severity::Info,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the account as principal means all of its IAM policies, not the root user alone",
    page: "`arn:aws:iam::111122223333:root` looks like the root user. It is the account: whoever an IAM policy of the account gives these actions has them. It is also what keeps the key manageable when a role is deleted, so keep it, with the actions that it needs.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:root"»}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:PutKeyPolicy", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:root"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.delegating() {
        let root_only = statement.conditions.iter().any(|it| {
            it.key.value.eq_ignore_ascii_case("aws:PrincipalArn")
                && it.values.iter().all(|value| case.plain(value).is_some_and(|text| case.is_own_root(&text)))
        });
        if root_only {
            continue;
        }
        for (principal, _) in case.identities(statement).filter(|(_, text)| case.is_own_root(text)) {
            let message = format!(
                "`{}` is not the root user: it lets the IAM policies of the account decide",
                principal.text.raw
            );
            report.add((principal.text.span, Some(statement)), message, "keep it, with the actions that it needs");
        }
    }
}
