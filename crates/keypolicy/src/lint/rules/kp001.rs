//! KP001: something that is no action at all.

use finding::Severity;

use crate::action::ActionSet;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::ActionForm;

pub const LINT: Lint = Lint {
    id: "KP001",
    name: "malformed-action",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action is not written `service:Action`",
    page: "KMS may store such a statement or refuse it. Stored, it gives (or takes) nothing: the right that was meant is missing, and nobody is told.\n\nWrite the service, a colon, the action: `kms:DeleteAlias`.",
    bad: &[
        example(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": [«"kms>Delete*"»], "Resource": "*"}"#,
        ),
        example(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": «"Decrypt"», "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:Delete*"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "*", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for item in statement.actions.iter().flat_map(|actions| &actions.items) {
            if item.form != ActionForm::Malformed {
                continue;
            }
            let written = item.text.literal().unwrap_or_default();
            let meant = meant(written);
            let help = match &meant {
                Some(action) => format!("write `{action}`"),
                None => "an action is a service, a colon and a name: `kms:Decrypt`".to_owned(),
            };
            report.add((item.text.span, Some(statement)), format!("`{written}` is not an action"), help);
            if let Some(action) = meant {
                // It gives what was not given so far, so somebody must look at it.
                report.fix(false, vec![(item.text.span, case.quoted_as(item.text.span, &action))]);
            }
        }
    }
}

/// What was meant, if a colon makes an action of it.
fn meant(written: &str) -> Option<String> {
    let bare = written.trim_start_matches(|c: char| c.is_whitespace());
    let rest =
        bare.strip_prefix("kms").map_or(bare, |rest| rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic()));
    let action = format!("kms:{rest}");
    (!rest.is_empty() && !ActionSet::matching(&action).is_empty()).then_some(action)
}
