//! KP003: a pattern that fits no action.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::ActionForm;

pub const LINT: Lint = Lint {
    id: "KP003",
    name: "pattern-without-action",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a pattern fits no action of KMS",
    page: "A pattern such as `kms:Encypt*` is stored, and gives nothing.",
    bad: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": «"kms:Encypt*"», "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Encrypt*", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:*crypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for item in statement.actions.iter().flat_map(|actions| &actions.items) {
            let written = item.text.literal().unwrap_or_default();
            if item.form == ActionForm::Kms && item.set.is_empty() && written.contains(['*', '?']) {
                let message = format!("`{written}` fits no action of KMS");
                report.add((item.text.span, Some(statement)), message, "mend the name, or take the pattern away");
            }
        }
    }
}
