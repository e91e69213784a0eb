//! KP045: a service's name that `kms:ViaService` never has.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};

pub const LINT: Lint = Lint {
    id: "KP045",
    name: "via-service-form",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "`kms:ViaService` has the form `service.region.amazonaws.com`",
    page: "Without the region the value never occurs, and the statement is dead. For all regions use `StringLike` with `s3.*.amazonaws.com`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": «"s3.amazonaws.com"»}}}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "*.eu-central-1.amazonaws.com", "sqs.cn-north-1.amazonaws.com.cn"]}}}"#,
    )],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        for condition in statement.conditions.iter().filter(|it| it.key.value.eq_ignore_ascii_case("kms:ViaService")) {
            let wildcards = condition.operator.is_some_and(|it| it.has_wildcards());
            for value in &condition.values {
                let Some(text) = case.plain(value) else { continue };
                let pattern = wildcards && value.has_wildcard() && could_be(&text);
                if !is_service(&text) && !pattern {
                    let message = format!("`{}` is no value of kms:ViaService", value.raw);
                    let service = text.split('.').next().unwrap_or("s3");
                    let help = format!(
                        "write `{service}.REGION.amazonaws.com`, or with StringLike `{service}.*.amazonaws.com`"
                    );
                    report.add((value.span, Some(statement)), message, help);
                }
            }
        }
    }
}

/// `service.region.amazonaws.com`, with more parts where the service has them.
fn is_service(text: &str) -> bool {
    let Some(head) = text.strip_suffix(".amazonaws.com").or_else(|| text.strip_suffix(".amazonaws.com.cn")) else {
        return false;
    };
    let labels: Vec<&str> = head.split('.').collect();
    let region = labels.last().copied().unwrap_or_default();
    labels.len() >= 2 && labels.iter().all(|it| !it.is_empty()) && region.matches('-').count() >= 2
}

/// Whether some service of some region fits the pattern.
fn could_be(pattern: &str) -> bool {
    let regions = ["eu-central-1", "us-east-1", "us-west-2", "ap-southeast-1", "eu-west-1"];
    let head = pattern.split(['.', '*', '?']).next().unwrap_or_default();
    let service = if head.is_empty() { "s3" } else { head };
    let ends = ["amazonaws.com", "amazonaws.com.cn"];
    let others = pattern.split('.').nth(1).filter(|it| !it.contains(['*', '?']));
    regions
        .into_iter()
        .chain(others)
        .any(|region| ends.iter().any(|end| crate::glob::fits(pattern, &format!("{service}.{region}.{end}"))))
        || pattern.trim_matches(['*', '?', '.']).is_empty()
}
