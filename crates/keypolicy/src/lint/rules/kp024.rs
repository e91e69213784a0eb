//! KP024: a pattern for permission sets that misses us-east-1.

use finding::Severity;

use crate::lint::rules::sso;
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP024",
    name: "sso-pattern-misses-region-less-form",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the pattern for Identity Center roles misses those of us-east-1",
    page: "Where the identity source lives in us-east-1, the path of the role has no region: `role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Set_…`. A pattern with `sso.amazonaws.com/*/` does not fit it. `sso.amazonaws.com*/` fits both.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": «"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_????????????????"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_????????????????", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_????????????????"]}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    sso::patterns(case, |statement, condition, value, pattern| {
        if !pattern.path.starts_with("/*/") && pattern.path != "/*" {
            return;
        }
        let covered = condition.values.iter().filter_map(|it| case.plain(it)).any(|text| {
            sso::Pattern::of(&text).is_some_and(|other| other.set == pattern.set && !other.path.starts_with("/*/"))
        });
        if covered {
            return;
        }
        let message = format!(
            "`{}` does not fit the roles of an identity source in us-east-1, which have no region in their path",
            value.raw
        );
        report.add(
            (value.span, Some(statement)),
            message,
            "write `sso.amazonaws.com*/` in place of `sso.amazonaws.com/*/`: it fits both forms",
        );
        let written = case.written(value.span);
        if written.contains("sso.amazonaws.com/*/") {
            // It gives to more principals, though to those that were meant.
            report.fix(false, vec![(value.span, written.replace("sso.amazonaws.com/*/", "sso.amazonaws.com*/"))]);
        }
    });
}
