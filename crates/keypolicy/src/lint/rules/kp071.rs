//! KP071: everything for somebody.

use finding::Severity;

use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, words};
use crate::policy::PrincipalKind;
use crate::setting::account_of;

pub const LINT: Lint = Lint {
    id: "KP071",
    name: "everything-for-a-principal",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a principal other than the account may do everything with the key",
    page: "`kms:*` for a role lets it read, destroy and hand on. List the actions of administrators or of users; do not cut corners with `*`.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, «"Action": "kms:*"», "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, «"NotAction": "kms:CreateKey"», "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account_id}:root"}, "Action": "kms:*", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::ACCOUNT_ID:root"}, "Action": "kms:*", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, "Action": "kms:*", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let whole: Vec<_> = case.allowing().filter(|(_, facts)| roles::is_everything(facts.actions)).collect();
    let giving = case.allowing().filter(|(_, facts)| !facts.actions.is_empty()).count();
    let everywhere = giving >= 3 && whole.len() == giving;
    for (statement, _) in whole {
        let Some(actions) = &statement.actions else { continue };
        // An account that is still to be filled in (`arn:aws:iam::ACCOUNT_ID:root`) is an account all the same.
        let is_account = |text: &str| case.is_own_root(text) || text.ends_with(":root") && account_of(text).is_none();
        let others = case.identities(statement).any(|(_, text)| !is_account(&text));
        let open =
            statement.principals.as_ref().is_some_and(|it| it.negated || it.items.iter().any(|it| it.is_everybody()));
        let services = statement.principals.iter().flat_map(|it| &it.items).any(|it| it.kind == PrincipalKind::Service);
        if !(others || open || services) {
            continue;
        }
        let message = format!("{} gives everything, from decrypting to deleting the key", words::statement(statement));
        let severity = if everywhere { Severity::Critical } else { Severity::High };
        report.add_as(
            severity,
            (actions.span, Some(statement)),
            message,
            "list what this principal needs: administration or cryptography, not both",
        );
    }
}
