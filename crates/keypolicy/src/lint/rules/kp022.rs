//! KP022: a pattern for principals that fits every account.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::operator::Comparison;

pub const LINT: Lint = Lint {
    id: "KP022",
    name: "any-account-in-principal-arn",
    severity: Severity::Critical,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the account of an `aws:PrincipalArn` pattern is a wildcard",
    page: "`arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_AdministratorAccess_*` names roles of every account of the world: anybody can make a permission set of that name. Write the account, or add `aws:PrincipalOrgID`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": «"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Backup"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Backup"}}}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing() {
        if !facts.reach.is_public() {
            continue;
        }
        for condition in statement.conditions.iter().filter(|it| it.key.value.eq_ignore_ascii_case("aws:PrincipalArn"))
        {
            let Some(operator) = condition.operator.filter(|it| !it.negated) else { continue };
            if !matches!(operator.comparison, Comparison::Arn | Comparison::StringLike) {
                continue;
            }
            for value in &condition.values {
                let Some(text) = case.plain(value) else { continue };
                if text.split(':').nth(4).is_some_and(|account| account.contains(['*', '?'])) {
                    let message = format!("`{}` fits roles of every AWS account", value.raw);
                    let help = "write the account id, or add `\"StringEquals\": {\"aws:PrincipalOrgID\": \"o-…\"}`";
                    report.add((value.span, Some(statement)), message, help);
                }
            }
        }
    }
}
