//! KP008: an old version of the policy language.

use finding::Severity;
use source::Span;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::Version;
use crate::text::Text;

pub const LINT: Lint = Lint {
    id: "KP008",
    name: "old-version",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the `Version` is missing or 2008-10-17",
    page: "Without `\"Version\": \"2012-10-17\"` policy variables such as `${aws:PrincipalTag/team}` mean themselves, letter by letter. Such a condition never holds.",
    bad: &[example(
        r#"{"Version": «"2008-10-17"», "Statement": [{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#,
    )],
    good: &[example(
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#,
    )],
    near: &[example(
        r#"{"Version": "2012-10-17", "Id": "2008-10-17", "Statement": [{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let span = match case.policy.version {
        Some(version) if version.value == Version::V2008 => version.span,
        Some(_) => return,
        None => Span::new(case.policy.span.start, case.policy.span.start + 1),
    };
    let conditions = case.policy.statements.iter().flat_map(|it| &it.conditions);
    let used: Vec<&Text> =
        conditions.flat_map(|it| &it.values).filter(|value| value.variables().next().is_some()).collect();
    let help = "write `\"Version\": \"2012-10-17\"`";
    match used.first() {
        Some(value) => {
            let message = format!("without version 2012-10-17 the variable in `{}` means itself", value.raw);
            report.add_as(Severity::High, (value.span, None), message, help);
        }
        None => report.add((span, None), "the policy is written in the language of 2008", help),
    }
    if let Some(version) = case.policy.version {
        let quote = if case.written(version.span).starts_with('\'') { '\'' } else { '"' };
        report.fix(used.is_empty(), vec![(version.span, format!("{quote}2012-10-17{quote}"))]);
    }
}
