//! KP006: a statement that lacks a part, or has one that does not exist.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::FaultKind;

pub const LINT: Lint = Lint {
    id: "KP006",
    name: "incomplete-statement",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a statement lacks an element, or has a wrong one",
    page: "A statement needs `Effect`, `Principal`, `Action` and `Resource`. Since 18 August 2025 KMS refuses new policies without them (MalformedPolicyDocumentException); old ones stay and such statements silently do nothing.",
    bad: &[
        example(
            r#"«{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Resource": "*"}»"#,
        ),
        example(
            r#"{"Effect": «"allow"», "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/app"]}, "NotAction": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for fault in &case.policy.faults {
        let help = match fault.kind {
            FaultKind::Missing => {
                "add it: without it the statement does nothing, and KMS refuses new policies that have such"
            }
            FaultKind::Unknown => "take it away or mend its name: KMS refuses what it does not know",
            FaultKind::WrongValue => "mend the value",
            FaultKind::Contradiction => "keep one of the two",
            FaultKind::Repeated | FaultKind::RepeatedKey | FaultKind::Operator => continue,
        };
        let statement = fault.statement.and_then(|at| case.policy.statements.get(at));
        report.add((fault.span, statement), fault.message.clone(), help);
    }
}
