//! KP047: a network condition that services cannot meet.

use finding::Severity;

use crate::action::{ActionSet, Group};
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::Effect;

pub const LINT: Lint = Lint {
    id: "KP047",
    name: "network-condition-breaks-services",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "a condition on the network has no exemption for AWS services",
    page: "When S3, EBS or another service uses the key for its caller, the call comes from the service: `aws:SourceIp`, `aws:SourceVpc` and `aws:SourceVpce` are not the caller's. Add `\"Bool\": {\"aws:ViaAWSService\": \"false\"}` to such a Deny, or allow `kms:ViaService` besides.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"NotIpAddress": {«"aws:SourceIp"»: "192.0.2.0/24"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Bool": {"aws:ViaAWSService": "false"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let has = |statement: &crate::policy::Statement, keys: &[&str]| {
        statement.conditions.iter().any(|it| keys.iter().any(|key| it.key.value.eq_ignore_ascii_case(key)))
    };
    let exempt = [
        "aws:ViaAWSService",
        "kms:ViaService",
        "aws:PrincipalIsAWSService",
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
    ];
    let crypto = ActionSet::group(Group::Use);
    for (statement, facts) in case.statements() {
        if facts.actions.meet(crypto).is_empty() || has(statement, &exempt) {
            continue;
        }
        for condition in &statement.conditions {
            let network = ["aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce"];
            let is_network = network.iter().any(|key| condition.key.value.eq_ignore_ascii_case(key));
            let Some(operator) = condition.operator.filter(|_| is_network) else { continue };
            let hits = match facts.effect {
                Some(Effect::Deny) => operator.negated,
                Some(Effect::Allow) => !operator.negated && !case.allowing().any(|(other, _)| has(other, &exempt)),
                None => false,
            };
            if hits {
                let message = format!(
                    "calls that an AWS service makes for its caller do not meet this condition on `{}`",
                    condition.key.value
                );
                let help = match facts.effect {
                    Some(Effect::Deny) => "spare them: `\"Bool\": {\"aws:ViaAWSService\": \"false\"}`",
                    _ => "if services are to use the key, allow them in a statement with `kms:ViaService`",
                };
                report.add((condition.key.span, Some(statement)), message, help);
            }
        }
    }
}
