//! KP002: an action that KMS does not have.

use finding::Severity;

use crate::action::{Action, TABLE_DATE};
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::ActionForm;

pub const LINT: Lint = Lint {
    id: "KP002",
    name: "unknown-action",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "KMS has no action of this name",
    page: "KMS stores unknown actions without a word; they give nothing. `kms:ReEncrypt` is the classic: the API call is called so, the permissions are `kms:ReEncryptFrom` and `kms:ReEncryptTo`. A right that is missing is found when it is needed.\n\nThe table of actions carries a date: a newer action may be missing in it.",
    bad: &[
        example(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Encrypt", «"kms:ReEncrypt"»], "Resource": "*"}"#,
        ),
        example(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": «"kms:DeleteKey"», "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Encrypt", "kms:ReEncrypt*"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "KMS:decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for item in statement.actions.iter().flat_map(|actions| &actions.items) {
            let written = item.text.literal().unwrap_or_default();
            if item.form == ActionForm::Kms && item.set.is_empty() && !written.contains(['*', '?']) {
                let help = match nearest(written) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("see the actions of KMS as of {TABLE_DATE}"),
                };
                report.add((item.text.span, Some(statement)), format!("KMS has no action `{written}`"), help);
            }
        }
    }
}

fn nearest(written: &str) -> Option<String> {
    let name = written.split_once(':').map_or(written, |(_, name)| name);
    let known = [
        ("reencrypt", "`kms:ReEncryptFrom` and `kms:ReEncryptTo`"),
        ("deletekey", "`kms:ScheduleKeyDeletion`"),
        ("getgrants", "`kms:ListGrants`"),
        ("rotatekey", "`kms:RotateKeyOnDemand`"),
        ("updatekeypolicy", "`kms:PutKeyPolicy`"),
        ("deletegrant", "`kms:RevokeGrant`"),
    ];
    let lower = name.to_ascii_lowercase();
    if let Some((_, instead)) = known.iter().find(|(wrong, _)| *wrong == lower) {
        return Some((*instead).to_owned());
    }
    let distance = |action: &Action| strsim::damerau_levenshtein(&action.name().to_ascii_lowercase(), &lower);
    let best = Action::all().min_by_key(distance)?;
    (distance(&best) <= 3).then(|| format!("`{best}`"))
}
