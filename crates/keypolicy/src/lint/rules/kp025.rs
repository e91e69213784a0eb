//! KP025: a pattern for permission sets that fits sister sets.

use finding::Severity;

use crate::lint::rules::sso;
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP025",
    name: "sso-pattern-fits-other-sets",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the pattern for an Identity Center role fits other permission sets too",
    page: "`AWSReservedSSO_Admin_*` also fits the role of a set called `Admin_Dev`. The suffix has 16 characters: `AWSReservedSSO_Admin_????????????????`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": «"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_*"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/Admin_*"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    sso::patterns(case, |statement, _, value, pattern| {
        if !pattern.set.contains('*') {
            return;
        }
        let message = format!("`{}` also fits permission sets whose names begin the same", value.raw);
        report.add((value.span, Some(statement)), message, "write the suffix as 16 question marks: `????????????????`");
        let written = case.written(value.span);
        if pattern.set.ends_with("_*")
            && pattern.set.matches('*').count() == 1
            && let Some(at) = written.rfind("_*")
        {
            let mut mended = written.to_owned();
            mended.replace_range(at + 1..at + 2, "????????????????");
            // It takes rights from those who were not meant to have them.
            report.fix(false, vec![(value.span, mended)]);
        }
    });
}
