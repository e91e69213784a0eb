//! KP086: an enclave's key with another door.

use finding::Severity;

use crate::action::{Action, ActionSet};
use crate::lint::{Case, Confidence, Lint, Report, example, words};

pub const LINT: Lint = Lint {
    id: "KP086",
    name: "attestation-bypassed",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "what only an enclave may do is allowed elsewhere without attestation, or a debug enclave passes",
    page: "A statement asks for an attestation (`kms:RecipientAttestation:…`); another one allows the same without. And a measurement of zeros is that of an enclave in debug mode, whose memory can be read.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": «"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"»}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "abc"}}},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, «"Action": "kms:Decrypt"», "Resource": "*"}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "abc"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "abc"}}},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/writer"}, "Action": "kms:Encrypt", "Resource": "*"}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let attested = |statement: &crate::policy::Statement| {
        statement.conditions.iter().any(|it| {
            is_attestation(&it.key.value)
                && it.operator.is_some_and(|operator| !operator.if_exists && !operator.negated)
        })
    };
    let sensitive: ActionSet = ["Decrypt", "GenerateDataKey", "GenerateDataKeyPair", "DeriveSharedSecret"]
        .into_iter()
        .filter_map(Action::named)
        .collect();
    let mut guarded = ActionSet::EMPTY;
    for (statement, facts) in case.allowing().filter(|(statement, _)| attested(statement)) {
        guarded = guarded.union(facts.actions.meet(sensitive));
        for value in statement.conditions.iter().filter(|it| is_attestation(&it.key.value)).flat_map(|it| &it.values) {
            if value.raw.len() >= 16 && value.raw.bytes().all(|byte| byte == b'0') {
                let message = "a measurement of zeros is that of an enclave in debug mode";
                report.add((value.span, Some(statement)), message, "take it away before production");
            }
        }
    }
    for (statement, facts) in case.allowing().filter(|(statement, _)| !attested(statement)) {
        let open = facts.actions.meet(guarded);
        if let Some(actions) = statement.actions.as_ref().filter(|_| !open.is_empty()) {
            let message = format!(
                "{} is allowed here without the attestation that another statement asks for",
                words::actions(open)
            );
            report.add(
                (actions.span, Some(statement)),
                message,
                "ask for the attestation here too, or take these actions away",
            );
        }
    }
}

fn is_attestation(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("kms:recipientattestation:")
}
