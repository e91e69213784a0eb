//! KP070: administrators who can read.

use std::collections::BTreeMap;

use finding::Severity;

use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example, words};
use crate::policy::Statement;

pub const LINT: Lint = Lint {
    id: "KP070",
    name: "administration-and-use",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "the same principal administers the key and uses it",
    page: "Who administers a key should not be able to decrypt with it, and who uses it not to change its policy or delete it. Give each statement the rights of one role.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, «"Action": ["kms:PutKeyPolicy", "kms:Decrypt"]», "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:role/ops"»}, "Action": ["kms:Decrypt"], "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt"], "Resource": "*"}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:Decrypt"], "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", "kms:CreateGrant", "kms:RevokeGrant"], "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let mut administrators: BTreeMap<String, &Statement> = BTreeMap::new();
    let mut users: BTreeMap<String, &Statement> = BTreeMap::new();
    for (statement, facts) in case.allowing() {
        if roles::is_everything(facts.actions) {
            continue;
        }
        let used = facts.actions.meet(roles::usage());
        let administers = roles::administers(facts.actions);
        let only_account = case.identities(statement).all(|(_, text)| case.is_own_root(&text))
            && case.identities(statement).count() > 0;
        if administers && !used.is_empty() && !only_account {
            let Some(actions) = &statement.actions else { continue };
            let message = format!(
                "{} gives both {} and {}",
                words::statement(statement),
                words::actions(facts.actions.meet(roles::administration())),
                words::actions(used)
            );
            report.add(
                (actions.span, Some(statement)),
                message,
                "split it: administration for administrators, cryptography for users",
            );
            continue;
        }
        for (principal, text) in case.identities(statement).filter(|(_, text)| !case.is_own_root(text)) {
            let (mine, others) = match administers {
                true => (&mut administrators, &users),
                false if !used.is_empty() => (&mut users, &administrators),
                false => continue,
            };
            if let Some(other) = others.get(&text) {
                let message = format!(
                    "`{text}` administers and uses the key: {} and {}",
                    words::statement(other),
                    words::statement(statement)
                );
                report.add(
                    (principal.text.span, Some(statement)),
                    message,
                    "let different roles administer and use the key",
                );
            }
            mine.entry(text).or_insert(statement);
        }
    }
}
