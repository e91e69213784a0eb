//! KP049: a policy that Security Hub will call public.

use finding::Severity;

use crate::lint::bounds::Reach;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::setting::Origin;

pub const LINT: Lint = Lint {
    id: "KP049",
    name: "security-hub-kms-5",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "Security Hub's KMS.5 will fail, because it does not evaluate wildcards and variables in conditions",
    page: "KMS.5 (`kms-key-policy-no-public-access`) takes a condition value that holds `*`, `?` or a policy variable for absent. A statement for everybody that only such a condition bounds is reported as public, though it is not. Add a fixed one: `\"StringEquals\": {\"aws:PrincipalAccount\": \"111122223333\"}`.\n\nThat the fixed condition satisfies KMS.5 follows from its documentation; nobody here has seen it in an account.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {«"aws:PrincipalArn"»: "arn:aws:iam::111122223333:role/team/*"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/*"}, "StringEquals": {"aws:PrincipalAccount": "111122223333"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/*"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.allowing().filter(|(_, facts)| !facts.actions.is_empty()) {
        let Reach::Everybody(bounds) = &facts.reach else { continue };
        let Some(first) = bounds.first().filter(|_| bounds.iter().all(|bound| !bound.fixed)) else { continue };
        let Some(condition) = statement.conditions.get(first.condition) else { continue };
        let own = match (case.setting.account_origin, case.setting.account.as_deref()) {
            (Origin::Symbol, _) => "${AWS::AccountId}",
            (_, account) => account.unwrap_or("111122223333"),
        };
        let message = format!(
            "only `{}` bounds this statement, and KMS.5 does not evaluate its wildcard or variable",
            condition.key.value
        );
        let help =
            format!("add a fixed condition beside it: `\"StringEquals\": {{\"aws:PrincipalAccount\": \"{own}\"}}`");
        report.add((condition.key.span, Some(statement)), message, help);
    }
}
