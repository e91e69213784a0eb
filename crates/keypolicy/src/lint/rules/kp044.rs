//! KP044: a condition key or an operator that does not exist.

use finding::Severity;

use crate::key;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::{Condition, Effect, Statement};

pub const LINT: Lint = Lint {
    id: "KP044",
    name: "unknown-condition",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "no request to KMS carries this condition key, or there is no such operator",
    page: "A key that no request carries makes a positive condition fail for ever: an Allow is dead; worse, a Deny is dead too. KMS refuses unknown operators.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {«"kms:ViaServices"»: "s3.eu-central-1.amazonaws.com"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {«"StringMatches"»: {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"AWS:principaltag/Team": "blue", "saml:sub": "x"}}}"#,
    )],
    check,
};

/// Prefixes of keys that identity providers and other services bring.
const FOREIGN: [&str; 8] = [
    "saml:",
    "sts:",
    "cognito-identity",
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "token.actions",
    "oidc.",
];

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, facts) in case.statements() {
        let severity = if facts.effect == Some(Effect::Deny) { Severity::High } else { Severity::Medium };
        let mut told = None;
        for condition in &statement.conditions {
            if condition.operator.is_none() && told != Some(condition.operator_text.span) {
                told = Some(condition.operator_text.span);
                let message = format!("there is no condition operator `{}`", condition.operator_text.value);
                report.add_as(
                    severity,
                    (condition.operator_text.span, Some(statement)),
                    message,
                    "KMS refuses a policy with it: see the operators of IAM",
                );
            }
            key_of(statement, condition, severity, report);
        }
    }
}

fn key_of(statement: &Statement, condition: &Condition, severity: Severity, report: &mut Report<'_>) {
    let name = &condition.key.value;
    let lower = name.to_ascii_lowercase();
    if key::find(name).is_some() || FOREIGN.iter().any(|start| lower.starts_with(start)) {
        return;
    }
    let ours = lower.starts_with("aws:") || lower.starts_with("kms:") || !lower.contains(':');
    if !ours && !lower.starts_with("s3:") && !lower.starts_with("ec2:") {
        return;
    }
    let distance = |info: &&key::KeyInfo| strsim::damerau_levenshtein(&info.name.to_ascii_lowercase(), &lower);
    let nearest = key::TABLE.iter().min_by_key(distance).filter(|info| distance(info) <= 3);
    let help =
        nearest.map_or("see the condition keys of KMS".to_owned(), |info| format!("did you mean `{}`?", info.name));
    report.add_as(severity, (condition.key.span, Some(statement)), format!("no request to KMS carries `{name}`"), help);
}
