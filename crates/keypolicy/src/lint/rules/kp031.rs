//! KP031: a principal of an account that nobody vouched for.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example, example_with};
use crate::setting::account_principal;

pub const LINT: Lint = Lint {
    id: "KP031",
    name: "foreign-principal",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Possible,
    title: "a principal belongs to an account that is not trusted",
    page: "Access of other accounts is often meant, and should then be known: list them with `--trust` or in the configuration. What is not listed is somebody else's.",
    bad: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::444455556666:role/app"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        |context| context.key.account = Some("111122223333".to_owned()),
    )],
    good: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        |context| context.key.account = Some("111122223333".to_owned()),
    )],
    near: &[
        example_with(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
            |context| {
                context.key.account = Some("111122223333".to_owned());
                context.key.trusted.accounts.insert("444455556666".to_owned());
            },
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing().filter(|(_, facts)| !facts.actions.is_empty()) {
        for (principal, text) in case.identities(statement).filter(|(_, text)| !text.contains(['*', '?'])) {
            let Some(account) = case.foreign_account(&text) else { continue };
            if account_principal(&text).is_some() && super::kp032::gives_much(facts.actions) {
                continue;
            }
            let message = format!("`{text}` is of account {account}, which is not trusted");
            report.add(
                (principal.text.span, Some(statement)),
                message,
                "if it is yours or your partner's, say so: `--trust` or the configuration",
            );
        }
    }
}
