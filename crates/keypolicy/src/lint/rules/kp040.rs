//! KP040: a bound that a missing key lifts.

use finding::Severity;

use crate::lint::bounds::is_binding_key;
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP040",
    name: "bound-with-if-exists",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "`…IfExists` lifts the condition that bounds the statement",
    page: "An operator with `IfExists` holds when the request lacks the key. In an Allow for everybody it bounds only those callers who carry the key.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {«"StringEqualsIfExists"»: {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing().filter(|(_, facts)| facts.reach.is_public()) {
        if facts.actions.is_empty() {
            continue;
        }
        for condition in &statement.conditions {
            let Some(operator) = condition.operator.filter(|it| it.if_exists && !it.negated) else { continue };
            if is_binding_key(&condition.key.value) {
                let message = format!(
                    "who lacks `{}` passes `{}`, so this bounds nobody else",
                    condition.key.value,
                    operator.name()
                );
                let strict = crate::operator::Operator { if_exists: false, ..operator };
                report.add(
                    (condition.operator_text.span, Some(statement)),
                    message,
                    format!("write `{}`", strict.name()),
                );
                // Several keys may stand under one operator, and the others may need it.
                let alone = statement
                    .conditions
                    .iter()
                    .filter(|it| it.operator_text.span == condition.operator_text.span)
                    .count()
                    == 1;
                let written = case.written(condition.operator_text.span);
                if alone && let Some(at) = written.to_ascii_lowercase().rfind("ifexists") {
                    let mut mended = written.to_owned();
                    mended.replace_range(at..at + "ifexists".len(), "");
                    report.fix(false, vec![(condition.operator_text.span, mended)]);
                }
            }
        }
    }
}
