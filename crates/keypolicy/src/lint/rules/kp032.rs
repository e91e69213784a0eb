//! KP032: a foreign account as a whole.

use finding::Severity;

use crate::action::{ActionSet, ESCALATING, REVEALING};
use crate::lint::rules::known::own;
use crate::lint::{Case, Confidence, Lint, Report, example_with, words};
use crate::setting::account_principal;

pub const LINT: Lint = Lint {
    id: "KP032",
    name: "foreign-account",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "all of an account that is not trusted can read with the key",
    page: "`arn:aws:iam::444455556666:root` hands the right to that account, which may give it to whomever it likes. Name the role that needs it, and trust the account where it is yours.",
    bad: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::444455556666:root"»}, "Action": "kms:*", "Resource": "*"}"#,
        own,
    )],
    good: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
        own,
    )],
    near: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:DescribeKey", "Resource": "*"}"#,
        own,
    )],
    check,
};

/// Whether these rights let somebody else's account read or take over.
pub fn gives_much(actions: ActionSet) -> bool {
    !reading(actions).is_empty()
}

/// Of these rights, those that matter across accounts.
fn reading(actions: ActionSet) -> ActionSet {
    actions.meet(REVEALING.union(ESCALATING)).meet(ActionSet::cross_account())
}

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing().filter(|(_, facts)| gives_much(facts.actions)) {
        for (principal, text) in case.identities(statement).filter(|(_, text)| account_principal(text).is_some()) {
            let Some(account) = case.foreign_account(&text) else { continue };
            let message = format!(
                "account {account}, which is not trusted, can give anybody {}",
                words::actions(reading(facts.actions))
            );
            report.add(
                (principal.text.span, Some(statement)),
                message,
                "name the role that needs it; if the account is yours, trust it",
            );
        }
    }
}
