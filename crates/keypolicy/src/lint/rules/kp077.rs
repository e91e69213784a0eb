//! KP077: a way out that nobody can go back.

use finding::Severity;

use crate::action::Action;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP077",
    name: "no-way-back",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "somebody may take the key away, and nobody may bring it back",
    page: "Where `kms:ScheduleKeyDeletion` is given, somebody must have `kms:CancelKeyDeletion`; where `kms:DisableKey`, `kms:EnableKey`. After a deletion is cancelled the key is disabled: both are needed.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:PutKeyPolicy", «"kms:ScheduleKeyDeletion"»], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:EnableKey"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let ways: [(&str, &[&str]); 2] =
        [("ScheduleKeyDeletion", &["CancelKeyDeletion", "EnableKey"]), ("DisableKey", &["EnableKey"])];
    for (away, back) in ways {
        let Some(away) = Action::named(away) else { continue };
        let missing: Vec<String> = back
            .iter()
            .filter_map(|name| Action::named(name))
            .filter(|action| !case.allowing().any(|(_, facts)| facts.actions.has(*action)))
            .map(Action::qualified)
            .collect();
        let Some((statement, _)) =
            case.allowing().find(|(_, facts)| facts.actions.has(away)).filter(|_| !missing.is_empty())
        else {
            continue;
        };
        let item = statement.actions.iter().flat_map(|it| &it.items).find(|it| it.set.has(away));
        let Some(span) = item.map(|it| it.text.span).or(statement.actions.as_ref().map(|it| it.span)) else { continue };
        let message = format!("{} is given, and nobody has {}", away.qualified(), words::list(&missing));
        report.add((span, Some(statement)), message, "give administrators the way back too");
    }
}
