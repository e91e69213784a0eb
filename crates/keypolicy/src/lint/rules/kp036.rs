//! KP036: an identity provider as principal.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;

pub const LINT: Lint = Lint {
    id: "KP036",
    name: "federated-principal",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an identity provider cannot use a key",
    page: "Whoever comes through an identity provider gets a role and calls KMS as that role. `Federated` belongs into the trust policy of the role.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Federated": «"cognito-identity.amazonaws.com"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/web"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/federated"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for principal in statement.principals.iter().flat_map(|it| &it.items) {
            if principal.kind == PrincipalKind::Federated {
                let message =
                    format!("`{}` is an identity provider: it has no effect in a key policy", principal.text.raw);
                report.add((principal.text.span, Some(statement)), message, "name the role that its users get");
            }
        }
    }
}
