//! KP081: a right whose partner is missing.

use finding::Severity;

use crate::action::{Action, ActionSet};
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;

pub const LINT: Lint = Lint {
    id: "KP081",
    name: "partner-missing",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Possible,
    title: "a service needs both data keys and decryption, and gets one of them",
    page: "SNS, S3 notifications and EventBridge need `kms:GenerateDataKey` to write to an encrypted queue and `kms:Decrypt` to verify it; S3 multipart uploads need both too. With one of them messages are lost without a word.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, «"Action": "kms:GenerateDataKey*"», "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "sqs.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
    ],
    check,
};

/// Services that write to queues and topics, and so need both. A queue writes to nothing.
const NEED_BOTH: [&str; 3] = ["sns", "events", "s3"];

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let (Some(generate), Some(decrypt)) = (Action::named("GenerateDataKey"), Action::named("Decrypt")) else { return };
    let services = |statement: &crate::policy::Statement| -> Vec<String> {
        let items = statement.principals.iter().flat_map(|it| &it.items).filter(|it| it.kind == PrincipalKind::Service);
        items.filter_map(|it| case.plain(&it.text)?.split('.').next().map(str::to_owned)).collect()
    };
    for (statement, facts) in case.allowing() {
        for service in services(statement).into_iter().filter(|it| NEED_BOTH.contains(&it.as_str())) {
            let all = case
                .allowing()
                .filter(|(it, _)| services(it).contains(&service))
                .fold(ActionSet::EMPTY, |set, (_, facts)| set.union(facts.actions));
            let missing = match (all.has(generate), all.has(decrypt)) {
                (true, false) if facts.actions.has(generate) => "kms:Decrypt",
                (false, true) if facts.actions.has(decrypt) => "kms:GenerateDataKey*",
                _ => continue,
            };
            let Some(actions) = &statement.actions else { continue };
            let message = format!("{service} needs `{missing}` too when it writes to an encrypted queue or topic");
            report.add(
                (actions.span, Some(statement)),
                message,
                format!("add `{missing}`, if that is what the statement is for"),
            );
        }
    }
}
