//! KP063: a key that nobody can manage.

use finding::Severity;

use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with};
use crate::prove::Grade;

pub const LINT: Lint = Lint {
    id: "KP063",
    name: "locked-out",
    severity: Severity::Critical,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "nobody may change the policy",
    page: "No Allow of `kms:PutKeyPolicy` survives, for anybody of the key's account; other accounts cannot do it at all. KMS refuses such a policy unless the safety check is bypassed. Getting back takes a case with AWS Support and days.",
    bad: &[
        example_with(
            r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}]}"#,
            own,
        ),
        example_with(
            r#"«{»"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
{"Sid": "b", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}"#,
            own,
        ),
    ],
    good: &[example_with(
        r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:PutKeyPolicy", "Resource": "*"}]}"#,
        own,
    )],
    near: &[
        example_with(
            r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::ACCOUNT_ID:root"}, "Action": "kms:*", "Resource": "*"}]}"#,
            own,
        ),
        example_with(
            r#"{"Version": "2012-10-17", "Statement": [
{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:Put*", "Resource": "*"}]}"#,
            own,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    if case.knows_own_account() && case.management().grade == Some(Grade::LockedOut) {
        let message = "nobody of the key's account may call kms:PutKeyPolicy";
        report.add(
            (case.whole(), None),
            message,
            "allow it for the account: `\"Principal\": {\"AWS\": \"arn:aws:iam::ACCOUNT:root\"}`",
        );
    }
}
