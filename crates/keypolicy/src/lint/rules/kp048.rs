//! KP048: a condition key that is out of place or out of date.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP048",
    name: "misplaced-condition-key",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "this condition key works in IAM policies only, or is deprecated",
    page: "`kms:ResourceAliases` is for IAM policies. `kms:CustomerMasterKeySpec` and `kms:CustomerMasterKeyUsage` are the old names of `kms:KeySpec` and `kms:KeyUsage`.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {«"kms:ResourceAliases"»: "alias/app"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {«"kms:CustomerMasterKeySpec"»: "SYMMETRIC_DEFAULT"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:RequestAlias": "alias/app"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for condition in &statement.conditions {
            let at = (condition.key.span, Some(statement));
            match condition.key.value.to_ascii_lowercase().as_str() {
                "kms:resourcealiases" => report.add(
                    at,
                    "`kms:ResourceAliases` works in IAM policies only",
                    "use `kms:RequestAlias`, or put the condition into IAM",
                ),
                "kms:customermasterkeyspec" => {
                    report.add(at, "`kms:CustomerMasterKeySpec` is deprecated", "write `kms:KeySpec`");
                    rename(case, condition.key.span, "kms:KeySpec", report);
                }
                "kms:customermasterkeyusage" => {
                    report.add(at, "`kms:CustomerMasterKeyUsage` is deprecated", "write `kms:KeyUsage`");
                    rename(case, condition.key.span, "kms:KeyUsage", report);
                }
                _ => {}
            }
        }
    }
}

fn rename(case: &Case<'_>, span: source::Span, name: &str, report: &mut Report<'_>) {
    // Both names always have the same value.
    report.fix(true, vec![(span, case.quoted_as(span, name))]);
}
