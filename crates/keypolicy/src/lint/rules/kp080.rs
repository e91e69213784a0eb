//! KP080: rights that this kind of key cannot use.

use finding::Severity;

use crate::action::{Action, ActionSet, Usages};
use crate::lint::{Case, Confidence, Lint, Report, example_with, words};

pub const LINT: Lint = Lint {
    id: "KP080",
    name: "impossible-for-the-key",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action is impossible with this kind of key",
    page: "A symmetric key cannot sign; an RSA key makes no data keys; an HMAC key does not rotate. The right does nothing, and the one that is needed may be missing.",
    bad: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Encrypt", «"kms:Sign"»], "Resource": "*"}"#,
        |context| context.key.key_spec = Some("SYMMETRIC_DEFAULT".to_owned()),
    )],
    good: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Sign"], "Resource": "*"}"#,
        |context| {
            context.key.key_spec = Some("RSA_2048".to_owned());
            context.key.key_usage = Some("SIGN_VERIFY".to_owned());
        },
    )],
    near: &[
        example_with(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Sign"], "Resource": "*"}"#,
            |context| context.key.key_spec = Some("RSA_2048".to_owned()),
        ),
        example_with(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:*Encrypt*"], "Resource": "*"}"#,
            |context| context.key.key_spec = Some("HMAC_256".to_owned()),
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let spec = case.setting.key_spec.as_deref();
    let usage = case.setting.key_usage.as_deref().or(spec.and_then(only_usage));
    let usages = usage.and_then(Usages::named);
    let symmetric = spec.map(|spec| spec == "SYMMETRIC_DEFAULT");
    let possible = |action: &Action| {
        let info = action.info();
        let fits = usages.is_none_or(|usages| info.usages.meets(usages));
        let public_half = info.name != "GetPublicKey" || symmetric != Some(true);
        fits && public_half && !(info.symmetric_only && symmetric == Some(false))
    };
    for (statement, _) in case.allowing() {
        for item in statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let exact = !item.text.raw.contains(['*', '?']);
            let governed = item.set.meet(ActionSet::governed());
            if exact && !governed.is_empty() && !governed.iter().any(|action| possible(&action)) {
                let kind = spec.or(usage).unwrap_or_default();
                let message = format!("{} is impossible with a key of kind {kind}", words::actions(governed));
                report.add(
                    (item.text.span, Some(statement)),
                    message,
                    "take it away, or check whether the key is of the right kind",
                );
            }
        }
    }
}

/// The usage of a spec that has only one.
fn only_usage(spec: &str) -> Option<&'static str> {
    match spec {
        "SYMMETRIC_DEFAULT" => Some("ENCRYPT_DECRYPT"),
        "ECC_SECG_P256K1" | "ECC_NIST_EDWARDS25519" => Some("SIGN_VERIFY"),
        spec if spec.starts_with("HMAC_") => Some("GENERATE_VERIFY_MAC"),
        spec if spec.starts_with("ML_DSA_") => Some("SIGN_VERIFY"),
        spec if spec.starts_with("ML_KEM_") => Some("ENCAPSULATE_DECAPSULATE"),
        _ => None,
    }
}
