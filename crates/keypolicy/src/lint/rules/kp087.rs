//! KP087: something that only the deployment knows.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP087",
    name: "unresolved-value",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a value is filled in by a template and is unknown here",
    page: "What depends on it is judged UNKNOWN, never passed. Lint the deployed policy, or the rendered template.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"${RoleArn}"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${AWS::AccountId}:role/app"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        let principals = statement.principals.iter().flat_map(|it| &it.items).map(|it| &it.text);
        let actions = statement.actions.iter().flat_map(|it| &it.items).map(|it| &it.text);
        let values = statement.conditions.iter().flat_map(|it| &it.values);
        for text in principals.chain(actions).chain(values) {
            if let Some(what) = text.unknown() {
                let message = format!("`{what}` is filled in by a template: what depends on it is unknown");
                report.add((text.span, Some(statement)), message, "lint the rendered template or the deployed policy");
            }
        }
    }
}
