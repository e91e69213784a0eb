//! KP065: a deployment that KMS will refuse.

use finding::Severity;

use crate::Verdict;
use crate::lint::{Case, Confidence, Lint, Report, example_with};
use crate::prove::can_change;

pub const LINT: Lint = Lint {
    id: "KP065",
    name: "caller-locked-out",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "whoever saves this policy could not change it afterwards, so KMS refuses it",
    page: "CreateKey and PutKeyPolicy fail with \"The new key policy will not allow you to update the key policy in the future\" unless the caller keeps `kms:PutKeyPolicy`. Name the deploying role, or delegate to the account and give it the right in IAM.",
    bad: &[example_with(
        r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:*", "Resource": "*"}]}"#,
        caller,
    )],
    good: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::111122223333:role/deploy"]}, "Action": "kms:*", "Resource": "*"}]}"#,
        caller,
    )],
    near: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#,
        caller,
    )],
    check,
};

fn caller(context: &mut crate::Context) {
    context.key.account = Some("111122223333".to_owned());
    context.caller = Some("arn:aws:iam::111122223333:role/deploy".to_owned());
}

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(caller) = &case.context.caller else { return };
    if can_change(case.rules(), &case.setting, &case.assumptions(), caller) == Verdict::Refuted {
        let message = format!("`{caller}` could not change this policy afterwards, so KMS will refuse it");
        report.add(
            (case.whole(), None),
            message,
            "give it kms:PutKeyPolicy here, or delegate to the account and give it the right in IAM",
        );
    }
}
