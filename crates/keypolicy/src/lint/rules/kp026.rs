//! KP026: the suffix of an Identity Center role, written out.

use finding::Severity;

use crate::lint::rules::sso::Pattern;
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP026",
    name: "sso-suffix-written-out",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an Identity Center role is named with its suffix",
    page: "The suffix of such a role changes when the permission set is taken away from the account and assigned again. The condition then fits nobody; as a principal the role turns into an id (AROA…) and the next PutKeyPolicy fails. Use `aws:PrincipalArn` with a pattern.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin_0123456789abcdef"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        let principals = statement.principals.iter().flat_map(|it| &it.items).map(|it| &it.text);
        let conditions = statement.conditions.iter().filter(|it| it.key.value.eq_ignore_ascii_case("aws:PrincipalArn"));
        for text in principals.chain(conditions.flat_map(|it| &it.values)) {
            let Some(plain) = case.plain(text) else { continue };
            let short = plain.split_once("AWSReservedSSO_").map(|(_, set)| Pattern { path: "", set });
            if short.is_some_and(|pattern| pattern.has_fixed_suffix()) {
                let message = format!("the suffix of `{}` changes when the permission set is assigned again", text.raw);
                let help = "use a condition: `\"ArnLike\": {\"aws:PrincipalArn\": \"arn:…:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_…_????????????????\"}`";
                report.add((text.span, Some(statement)), message, help);
            }
        }
    }
}
