//! KP062: a key that only named principals manage.

use finding::Severity;

use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with};
use crate::prove::Grade;

pub const LINT: Lint = Lint {
    id: "KP062",
    name: "no-delegation",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "no statement delegates to the account: the key depends on the principals named",
    page: "When the last of the named principals is deleted, nobody can change the policy any more, and only AWS Support can help, after days. Add a statement for the account with `kms:PutKeyPolicy` and reading.",
    bad: &[example_with(
        r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::111122223333:role/break-glass"]}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    good: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    near: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Put*", "Resource": "*"}]}"#,
        own,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let proof = case.management();
    let named = proof.grade == Some(Grade::Manageable) && !proof.by_account;
    if case.setting.account.is_none() || !named {
        return;
    }
    let message = "nothing gives the account `kms:PutKeyPolicy`: the key depends on the principals named here";
    report.add(
        (case.whole(), None),
        message,
        "add a statement for the account with `kms:PutKeyPolicy`, `kms:GetKeyPolicy` and `kms:DescribeKey`",
    );
}
