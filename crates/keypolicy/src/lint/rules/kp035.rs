//! KP035: a service that does not need to be named.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;

pub const LINT: Lint = Lint {
    id: "KP035",
    name: "service-that-acts-for-callers",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "this service uses keys as its caller, not under its own name",
    page: "EC2, EBS, EFS, RDS and Secrets Manager use the key with the caller's rights. Naming the service gives nothing. Give the caller the right, narrowed by `kms:ViaService`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": «"rds.amazonaws.com"»}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "rds.eu-central-1.amazonaws.com"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "kms:GenerateDataKey", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
    ],
    check,
};

/// Services that call KMS with the caller's own rights, always: Lambda (filter criteria), Systems Manager (resource data sync), DynamoDB
/// (describing the key) and Redshift (zero-ETL) have documented uses under their own names.
const ACT_FOR_CALLERS: [&str; 5] = ["ec2", "rds", "secretsmanager", "elasticfilesystem", "ebs"];

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.allowing() {
        for principal in statement.principals.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            let Some(name) = case.plain(&principal.text) else { continue };
            let service = name.split('.').next().unwrap_or_default();
            if principal.kind == PrincipalKind::Service && ACT_FOR_CALLERS.contains(&service) {
                let message = format!("`{name}` uses keys with the rights of its caller: naming it gives nothing");
                let help = format!(
                    "give the caller the right, with `\"StringEquals\": {{\"kms:ViaService\": \"{service}.REGION.amazonaws.com\"}}`"
                );
                report.add((principal.text.span, Some(statement)), message, help);
            }
        }
    }
}
