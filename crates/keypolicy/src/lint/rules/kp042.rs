//! KP042: bounded by what somebody is not.

use finding::Severity;

use crate::lint::bounds::is_binding_key;
use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP042",
    name: "bounded-by-negation",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an Allow for everybody is limited only by whom it leaves out",
    page: "`StringNotEquals aws:PrincipalOrgID` in an Allow gives to the whole world except one organisation, and to whoever has no organisation. It was probably meant for a Deny.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {«"StringNotEquals"»: {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/intern"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let open = case.allowing().filter(|(_, facts)| facts.reach.is_public() && !facts.actions.is_empty());
    for (statement, _) in open {
        for condition in &statement.conditions {
            if condition.operator.is_some_and(|it| it.negated) && is_binding_key(&condition.key.value) {
                let message = format!(
                    "this gives to everybody whose `{}` is another one, and to who has none",
                    condition.key.value
                );
                report.add(
                    (condition.operator_text.span, Some(statement)),
                    message,
                    "say who may, not who may not; or make the statement a Deny",
                );
            }
        }
    }
}
