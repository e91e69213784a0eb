//! KP033: a right that does not cross accounts.

use finding::Severity;

use crate::action::ActionSet;
use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with};

pub const LINT: Lint = Lint {
    id: "KP033",
    name: "no-effect-across-accounts",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action given to another account cannot be used from there",
    page: "From another account only cryptography, grants, DescribeKey, GetKeyRotationStatus and GetPublicKey work. `kms:PutKeyPolicy` or `kms:ScheduleKeyDeletion` for a foreign principal does nothing, and frightens whoever reads it.",
    bad: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": ["kms:Decrypt", «"kms:ScheduleKeyDeletion"»], "Resource": "*"}"#,
        own,
    )],
    good: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": ["kms:Decrypt"], "Resource": "*"}"#,
        own,
    )],
    near: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:role/app", "arn:aws:iam::111122223333:role/app"]}, "Action": ["kms:ScheduleKeyDeletion"], "Resource": "*"}"#,
        own,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(own) = case.setting.account.clone() else { return };
    for (statement, _) in case.allowing() {
        let Some(principals) = statement.principals.as_ref().filter(|it| !it.negated && !it.items.is_empty()) else {
            continue;
        };
        let accounts: Vec<Option<String>> = principals
            .items
            .iter()
            .map(|it| case.plain(&it.text).and_then(|text| crate::setting::account_of(&text).map(str::to_owned)))
            .collect();
        if !accounts.iter().all(|account| account.as_ref().is_some_and(|account| *account != own)) {
            continue;
        }
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let governed = item.set.meet(ActionSet::governed());
            if !governed.is_empty() && governed.meet(ActionSet::cross_account()).is_empty() {
                let message = format!("`{}` does not work from another account", item.text.raw);
                report.add(
                    (item.text.span, Some(statement)),
                    message,
                    "take it away, or do it from a role of the key's own account",
                );
            }
        }
    }
}
