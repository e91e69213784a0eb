//! KP072: patterns that bring more than they say.

use finding::Severity;

use crate::action::{Action, ActionSet};
use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP072",
    name: "broad-verb",
    severity: Severity::Medium,
    relaxed: Some(Severity::Info),
    confidence: Confidence::Certain,
    title: "a pattern of actions pulls in grants or cryptography",
    page: "`kms:Create*` brings CreateGrant, with which an administrator can give itself the use of the key; `kms:Get*` brings GetPublicKey; `kms:Re*` mixes RevokeGrant with ReEncrypt. AWS's console writes such patterns. List the actions.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": [«"kms:Create*"», "kms:PutKeyPolicy"], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:CreateAlias", "kms:PutKeyPolicy"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"], "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let surprising: ActionSet =
        roles::usage().union(["CreateGrant", "GetPublicKey"].into_iter().filter_map(Action::named).collect());
    for (statement, facts) in case.allowing() {
        if facts.actions.meet(roles::administration()).is_empty() {
            continue;
        }
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let brought = item.set.meet(surprising);
            let pattern = item.text.raw.contains(['*', '?']) && !roles::is_everything(item.set);
            if pattern && !brought.is_empty() && !item.set.is_within(surprising) {
                let message = format!("`{}` brings {}", item.text.raw, words::actions(brought));
                report.add((item.text.span, Some(statement)), message, "list the actions that are meant");
            }
        }
    }
}
