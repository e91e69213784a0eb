//! KP078: deletion without a floor for its window.

use finding::Severity;

use crate::action::Action;
use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, example_with};

pub const LINT: Lint = Lint {
    id: "KP078",
    name: "deletion-without-floor",
    severity: Severity::Medium,
    relaxed: Some(Severity::Info),
    confidence: Confidence::Possible,
    title: "the key can be deleted with the shortest window, or its material at once",
    page: "A condition `\"NumericGreaterThanEquals\": {\"kms:ScheduleKeyDeletionPendingWindowInDays\": \"30\"}` keeps the days in which a mistake is noticed. `kms:DeleteImportedKeyMaterial` makes the key unusable at once, without any window.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": [«"kms:ScheduleKeyDeletion"», "kms:CancelKeyDeletion", "kms:EnableKey"], "Resource": "*"}"#,
        ),
        example_with(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", «"kms:DeleteImportedKeyMaterial"»], "Resource": "*"}"#,
            |context| context.key.origin = Some("EXTERNAL".to_owned()),
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:ScheduleKeyDeletion"], "Resource": "*", "Condition": {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
{"Sid": "y", "Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let (Some(schedule), Some(material)) =
        (Action::named("ScheduleKeyDeletion"), Action::named("DeleteImportedKeyMaterial"))
    else {
        return;
    };
    let floor = |statement: &crate::policy::Statement| {
        statement
            .conditions
            .iter()
            .any(|it| it.key.value.eq_ignore_ascii_case("kms:ScheduleKeyDeletionPendingWindowInDays"))
    };
    let denied = case.denying().any(|(statement, facts)| facts.actions.has(schedule) && floor(statement));
    let imported = case.setting.origin.as_deref() == Some("EXTERNAL");
    for (statement, facts) in case.allowing() {
        let delegating = case.delegating().any(|(it, _)| it.index == statement.index);
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            if item.set.has(schedule) && !roles::is_everything(item.set) && !floor(statement) && !denied && !delegating
            {
                let message = "the key can be deleted with a window of 7 days";
                report.add(
                    (item.text.span, Some(statement)),
                    message,
                    "add `\"NumericGreaterThanEquals\": {\"kms:ScheduleKeyDeletionPendingWindowInDays\": \"30\"}`",
                );
            }
            if imported && item.set.has(material) && !roles::administers(facts.actions) && !delegating {
                let message = "deleting the imported material makes the key unusable at once, without a window";
                report.add(
                    (item.text.span, Some(statement)),
                    message,
                    "leave kms:DeleteImportedKeyMaterial to administrators",
                );
            }
        }
    }
}
