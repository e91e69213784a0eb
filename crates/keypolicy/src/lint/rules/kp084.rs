//! KP084: a second policy.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example, example_with};

pub const LINT: Lint = Lint {
    id: "KP084",
    name: "shared-by-ram",
    severity: Severity::Info,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the key has a second policy, `AWS_RAM`, that gives access too",
    page: "AWS RAM shares a key through a policy of its own that nobody can edit. What a key allows is the union of both. Read it with `aws kms get-key-policy --policy-name AWS_RAM`.",
    bad: &[example_with(
        r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
        |context| context.shared_by_ram = Some(true),
    )],
    good: &[example(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
    )],
    near: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
        |context| context.shared_by_ram = Some(false),
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    if case.context.shared_by_ram == Some(true) {
        report.add(
            (case.whole(), None),
            "AWS RAM shares the key through a second policy",
            "look at both: access is their union",
        );
    }
}
