//! KP064: a key whose management hangs by a thread.

use finding::Severity;

use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with};
use crate::prove::Grade;

pub const LINT: Lint = Lint {
    id: "KP064",
    name: "fragile-management",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "one principal, or a pattern, is all that can change the policy",
    page: "When that role is deleted, or when no role fits the pattern (an Identity Center role exists only where the set is assigned), nobody can change the policy.",
    bad: &[example_with(
        r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    good: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    near: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::111122223333:role/break-glass"]}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let proof = case.management();
    if case.setting.account.is_none() || proof.grade != Some(Grade::Fragile) {
        return;
    }
    report.add(
        (case.whole(), None),
        proof.why.as_str(),
        "allow kms:PutKeyPolicy for the account too, or for a second, independent principal",
    );
}
