//! KP076: users who can change what decides over them.

use finding::Severity;

use crate::action::{Action, ActionSet};
use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP076",
    name: "users-change-attributes",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "users may change tags or aliases, and conditions depend on them",
    page: "Where access follows tags or aliases, whoever may change them may change access.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", «"kms:TagResource"»], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt"], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", "kms:TagResource"], "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let changing: ActionSet = ["TagResource", "UntagResource", "CreateAlias", "UpdateAlias", "DeleteAlias"]
        .into_iter()
        .filter_map(Action::named)
        .collect();
    let decides = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.starts_with("aws:resourcetag/") || key == "kms:requestalias" || key == "kms:resourcealiases"
    };
    if !case.statements().any(|(statement, _)| statement.conditions.iter().any(|it| decides(&it.key.value))) {
        return;
    }
    for (statement, facts) in case.allowing() {
        if facts.actions.meet(roles::usage()).is_empty() || roles::is_everything(facts.actions) {
            continue;
        }
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let held = item.set.meet(changing);
            if !held.is_empty() {
                let message = format!("{} changes what conditions of this policy depend on", words::actions(held));
                report.add((item.text.span, Some(statement)), message, "leave it to administrators");
            }
        }
    }
}
