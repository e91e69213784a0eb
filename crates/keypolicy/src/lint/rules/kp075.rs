//! KP075: users who can do harm.

use finding::Severity;

use crate::action::{Action, ActionSet, DESTRUCTIVE, ESCALATING};
use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP075",
    name: "harmful-right-for-users",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "users of the key may also disable or destroy it, or give themselves more",
    page: "An application that encrypts needs no `kms:DisableKey`, `kms:ScheduleKeyDeletion` or `kms:ImportKeyMaterial`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", «"kms:ScheduleKeyDeletion"»], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:DescribeKey", "kms:ScheduleKeyDeletion"], "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let elsewhere = ["CreateGrant", "TagResource", "UntagResource", "CreateAlias", "UpdateAlias", "DeleteAlias"];
    let elsewhere: ActionSet = elsewhere.into_iter().filter_map(Action::named).collect();
    let harmful = DESTRUCTIVE.union(ESCALATING).without(elsewhere);
    for (statement, facts) in case.allowing() {
        let uses = !facts.actions.meet(roles::usage()).is_empty();
        if !uses || roles::administers(facts.actions) || case.delegating().any(|(it, _)| it.index == statement.index) {
            continue;
        }
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let held = item.set.meet(harmful);
            if !held.is_empty() {
                let message = format!("users of the key get {} too", words::actions(held));
                report.add((item.text.span, Some(statement)), message, "leave it to administrators");
            }
        }
    }
}
