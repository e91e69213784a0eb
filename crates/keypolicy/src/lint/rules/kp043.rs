//! KP043: a wildcard where it is a letter like others.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::operator::Comparison;

pub const LINT: Lint = Lint {
    id: "KP043",
    name: "wildcard-without-like",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "a `*` in StringEquals is a star, not a wildcard",
    page: "`StringEquals` compares letter by letter. A value with `*` fits nothing that occurs, so an Allow never applies and a Deny with `StringNotEquals` always does. `StringLike` and the ARN operators know wildcards.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": «"s3.*.amazonaws.com"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for condition in &statement.conditions {
            let literal =
                |comparison| matches!(comparison, Comparison::StringEquals | Comparison::StringEqualsIgnoreCase);
            let Some(operator) = condition.operator.filter(|it| literal(it.comparison)) else { continue };
            // Contexts and tags may hold any character.
            let free = ["kms:encryptioncontext:", "aws:principaltag/", "aws:resourcetag/", "aws:requesttag/"];
            let key = condition.key.value.to_ascii_lowercase();
            if free.iter().any(|start| key.starts_with(start)) {
                continue;
            }
            for value in condition.values.iter().filter(|value| value.has_wildcard()) {
                let like = crate::operator::Operator { comparison: Comparison::StringLike, ..operator };
                let message =
                    format!("in `{}` the wildcard of `{}` is an ordinary character", operator.name(), value.raw);
                report.add((value.span, Some(statement)), message, format!("use `{}`", like.name()));
            }
        }
    }
}
