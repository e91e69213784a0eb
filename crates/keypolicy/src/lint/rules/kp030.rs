//! KP030: a principal that cannot be one.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example, example_with};
use crate::setting::account_of;
use finding::is_account_id;

pub const LINT: Lint = Lint {
    id: "KP030",
    name: "impossible-principal",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "a principal is a group, a malformed ARN, or of another partition",
    page: "Groups are no principals. An account id has twelve digits: unquoted in YAML it is a number, and leading zeros are lost. A principal of another partition (`aws-cn`, `aws-us-gov`) does not exist here. KMS refuses such a policy.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:group/admins"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"11122223333"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
        example_with(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": «"arn:aws:iam::111122223333:role/app"»}, "Action": "kms:Decrypt", "Resource": "*"}"#,
            |context| context.key.partition = Some("aws-cn".to_owned()),
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/group/app", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"]}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for (principal, text) in case.identities(statement) {
            if let Some((message, help)) = fault(case, &text, principal.text.not_a_string) {
                report.add((principal.text.span, Some(statement)), message, help);
            }
        }
    }
}

fn fault(case: &Case<'_>, text: &str, not_a_string: bool) -> Option<(String, &'static str)> {
    if text.contains(['*', '?']) || text.starts_with("AROA") || text.starts_with("AIDA") {
        return None;
    }
    if not_a_string || text.bytes().all(|byte| byte.is_ascii_digit()) && !is_account_id(text) {
        let message = format!("`{text}` is not twelve digits in quotes: as a number it loses its leading zeros");
        return (not_a_string || !is_account_id(text))
            .then_some((message, "write the account id in quotes, with its leading zeros"));
    }
    if is_account_id(text) {
        return None;
    }
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, service, _, account, resource] = fields.as_slice() else {
        return Some((
            format!("`{text}` is neither an ARN nor an account id"),
            "write an ARN such as `arn:aws:iam::111122223333:role/app`",
        ));
    };
    if resource.starts_with("group/") {
        return Some((format!("`{text}` is a group, and groups are no principals"), "name a role"));
    }
    if account == "cloudfront" {
        return None;
    }
    if account_of(text).is_none() {
        return Some((
            format!("the account of `{text}` is not twelve digits"),
            "write the account id with its leading zeros",
        ));
    }
    if !matches!(service, "iam" | "sts") {
        return Some((
            format!("`{text}` is a resource of {service}, not a principal"),
            "name the role that acts for it, or the service",
        ));
    }
    let known = ["root", "role/", "user/", "assumed-role/", "federated-user/", "saml-provider/", "oidc-provider/"];
    if !known.iter().any(|start| resource.starts_with(start)) {
        return Some((
            format!("`{text}` names no role and no user"),
            "write an ARN such as `arn:aws:iam::111122223333:role/app`",
        ));
    }
    let own = case.setting.partition.as_deref()?;
    (partition != own).then(|| {
        (
            format!("`{text}` is of partition {partition}, and the key is in {own}"),
            "name a principal of the key's partition",
        )
    })
}
