//! KP023: `StringLike` where colons matter.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::operator::Comparison;

pub const LINT: Lint = Lint {
    id: "KP023",
    name: "string-like-on-arn",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "a `*` of StringLike before the account of an ARN reaches over the account",
    page: "`ArnLike` matches an ARN field by field; in `StringLike` a `*` runs over colons, so `arn:aws:*:111122223333:role/app` also fits a role of another account whose path holds `:111122223333:role/app`… Use `ArnLike`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": «"arn:aws:*:111122223333:role/app"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:*:*:111122223333:role/app"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}, "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app*"}}}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing() {
        for condition in statement.conditions.iter().filter(|it| it.key.value.eq_ignore_ascii_case("aws:PrincipalArn"))
        {
            if !condition.operator.is_some_and(|it| !it.negated && it.comparison == Comparison::StringLike) {
                continue;
            }
            for value in &condition.values {
                let Some(text) = case.plain(value) else { continue };
                let fields: Vec<&str> = text.splitn(6, ':').collect();
                let fixed_head = fields.len() == 6 && fields.iter().take(4).all(|field| !field.contains(['*', '?']));
                let account_open = fields.get(4).is_some_and(|field| field.contains(['*', '?']));
                // Any account is meant, and something else says whose: the wildcard hides nothing. Where nothing does, KP022 says so.
                if fixed_head && fields.get(4) == Some(&"*") && !facts.reach.is_public() {
                    continue;
                }
                if text.contains(['*', '?']) && (!fixed_head || account_open) {
                    let message = format!(
                        "in StringLike the wildcard of `{}` reaches over colons, and so over the account",
                        value.raw
                    );
                    report.add(
                        (value.span, Some(statement)),
                        message,
                        "use `ArnLike`, which matches field by field, with the account written out",
                    );
                }
            }
        }
    }
}
