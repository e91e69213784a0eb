//! KP005: an action that only IAM policies can give.

use finding::Severity;

use crate::action::{ActionSet, Group};
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP005",
    name: "iam-only-action",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action that names no key cannot be given by a key policy",
    page: "`kms:ListKeys`, `kms:CreateKey`, `kms:GenerateRandom` and the calls of custom key stores are about no key in particular. Only IAM policies give them.",
    bad: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:DescribeKey", «"kms:ListKeys"»], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:DescribeKey"], "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:List*", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let iam_only = ActionSet::group(Group::IamOnly);
    for (statement, _) in case.statements() {
        for item in statement.actions.iter().flat_map(|actions| &actions.items) {
            if !item.set.is_empty() && item.set.is_within(iam_only) {
                let written = item.text.literal().unwrap_or_default();
                let message = format!("`{written}` names no key, so a key policy cannot give it");
                report.add((item.text.span, Some(statement)), message, "give it in an IAM policy");
            }
        }
    }
}
