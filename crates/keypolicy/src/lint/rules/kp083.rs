//! KP083: a key that auditors cannot read.

use finding::Severity;

use crate::action::{Action, ActionSet};
use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with, words};

pub const LINT: Lint = Lint {
    id: "KP083",
    name: "unreadable-for-auditors",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Possible,
    title: "security tools cannot read the key: their IAM rights do not count",
    page: "Without a statement for the account that holds reading, the IAM rights of Config, Access Analyzer, Security Hub or Keyreeve count for nothing. Security Hub then says NOT_AVAILABLE, or fails KMS.5.",
    bad: &[example_with(
        r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"}]}"#,
        own,
    )],
    good: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:Describe*", "kms:Get*", "kms:List*"], "Resource": "*"}]}"#,
        own,
    )],
    near: &[
        example_with(
            r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::<account-id>:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
            own,
        ),
        example_with(
            r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
            own,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    if case.policy.statements.is_empty() || !case.knows_own_account() {
        return;
    }
    let needed = ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListResourceTags"];
    let needed: ActionSet = needed.into_iter().filter_map(Action::named).collect();
    let given = case
        .delegating()
        .filter(|(statement, _)| statement.conditions.is_empty())
        .fold(ActionSet::EMPTY, |set, (_, facts)| set.union(facts.actions));
    let missing = needed.without(given);
    if !missing.is_empty() {
        let message =
            format!("IAM rights to {} do not count: the account is not given them here", words::actions(missing));
        report.add(
            (case.whole(), None),
            message,
            "add `kms:Describe*`, `kms:Get*` and `kms:List*` to the statement for the account",
        );
    }
}
