//! `asff`: batches in the AWS Security Finding Format for Security Hub's BatchImportFindings, one a line.
//!
//! A batch is one call: findings of one account in one region (Security Hub takes only its own), at most 100 of them. The
//! limits of the texts keep a finding below 240 KB and a batch below 6 MB, which is all that is taken.

mod record;

use std::collections::BTreeMap;
use std::io;

use finding::{AccountId, Arn, Finding, Region, ResourceRef, Severity, Status};

use crate::aws::{clip, finding_types, label, partition, prose, requirement, security_control};
use crate::model::Report;
use crate::place;

/// Findings that one call takes.
const MOST_FINDINGS: usize = 100;
const LONGEST_ID: usize = 512;
const LONGEST_TITLE: usize = 256;
const LONGEST_DESCRIPTION: usize = 1_024;
const LONGEST_RECOMMENDATION: usize = 512;
/// AWS takes 2,048; ours are shorter, so that a batch of the longest stays below 6 MB.
const LONGEST_VALUE: usize = 512;
const LONGEST_REASON_CODE: usize = 64;
const LONGEST_REASON: usize = 512;
const LONGEST_REGION: usize = 16;
const MOST_REQUIREMENTS: usize = 32;
/// Reasons of a status; AWS names no limit.
const MOST_REASONS: usize = 8;
/// The partitions that the finding format has a name for; other resources are sent without one.
const NAMED_PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// Whether Security Hub can take the finding: it is about a resource that lives in a known account and region. Other
/// findings (of templates, say) are left out of the format, and a caller should say how many.
#[must_use]
pub fn importable(finding: &Finding) -> bool {
    let ResourceRef { account_id, region, .. } = &finding.resource;
    finding.location.is_none()
        && account_id.parse::<AccountId>().is_ok_and(|account| account.is_real())
        && region.len() <= LONGEST_REGION
        && region.parse::<Region>().is_ok()
}

/// Writes the batches: by account and region, the findings of each in the order of the document.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut by_hub: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in report.document.findings.iter().filter(|finding| importable(finding)) {
        by_hub.entry((&finding.resource.account_id, &finding.resource.region)).or_default().push(finding);
    }
    by_hub.values().try_for_each(|findings| write_batches(report, findings, out))
}

fn write_batches(report: &Report<'_>, findings: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    findings.chunks(MOST_FINDINGS).try_for_each(|batch| {
        let batch: Vec<_> = batch.iter().map(|finding| record(report, finding)).collect();
        crate::json::compact(&batch, out)
    })
}

fn record<'a>(report: &Report<'a>, finding: &'a Finding) -> record::Finding<'a> {
    let resource = &finding.resource;
    let partition = partition(resource);
    let time = report.options.generated_at.to_string();
    let severity = record::Severity { label: severity_label(finding), original: finding.severity.name() };
    let types = finding_types(&finding.controls);
    let title = label(&finding.title, LONGEST_TITLE)
        .or_else(|| label(&finding.detection_id, LONGEST_TITLE))
        .unwrap_or_else(|| "keyreeve".to_owned());
    record::Finding {
        schema_version: "2018-10-08",
        id: clip(&format!("keyreeve/{}", finding.fingerprint), LONGEST_ID).into_owned(),
        product_arn: product_arn(&partition, &resource.region, &resource.account_id),
        product_name: "Keyreeve",
        company_name: "Keyreeve",
        generator_id: clip(&format!("keyreeve/{}", finding.detection_id), LONGEST_ID).into_owned(),
        aws_account_id: &resource.account_id,
        types: types.clone(),
        created_at: time.clone(),
        updated_at: time,
        severity: severity.clone(),
        description: description(finding).unwrap_or_else(|| title.clone()),
        title,
        remediation: remediation(report, finding),
        product_fields: product_fields(report, finding),
        resources: [affected(resource, &partition)],
        compliance: compliance(finding),
        record_state: record_state(finding.status),
        finding_provider_fields: record::FindingProviderFields { severity, types },
    }
}

/// The product every hub has for findings that no partner sends.
fn product_arn(partition: &str, region: &str, account: &str) -> String {
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

/// INFORMATIONAL says that there is nothing to do; `Original` keeps the severity of the detection.
fn severity_label(finding: &Finding) -> &'static str {
    match (finding.status, finding.severity) {
        (Status::Pass | Status::NotApplicable, _) | (_, Severity::Info) => "INFORMATIONAL",
        (_, Severity::Low) => "LOW",
        (_, Severity::Medium) => "MEDIUM",
        (_, Severity::High) => "HIGH",
        (_, Severity::Critical) => "CRITICAL",
    }
}

/// A provider cannot set the workflow, so what nobody need act on goes into the archive; from there it comes back as new.
fn record_state(status: Status) -> &'static str {
    match status {
        Status::Fail | Status::Unknown | Status::Pass => "ACTIVE",
        Status::Suppressed | Status::NotApplicable => "ARCHIVED",
    }
}

/// Why, what could not be read, and what is at stake, a line each.
fn description(finding: &Finding) -> Option<String> {
    let mut lines = vec![finding.reason.clone()];
    lines.extend(finding.unknown_facts.iter().take(MOST_REASONS).map(crate::text::unreadable));
    lines.push(crate::text::context(&finding.resource));
    lines.retain(|line| !line.trim().is_empty());
    prose(&lines.join("\n"), LONGEST_DESCRIPTION)
}

fn remediation(report: &Report<'_>, finding: &Finding) -> Option<record::Remediation> {
    let reference = report.rule(finding).and_then(|rule| place::reference(&rule.reference));
    let recommendation = record::Recommendation {
        text: prose(&finding.remediation, LONGEST_RECOMMENDATION),
        url: reference.filter(|link| link.len() <= LONGEST_ID).map(str::to_owned),
    };
    let empty = recommendation.text.is_none() && recommendation.url.is_none();
    (!empty).then_some(record::Remediation { recommendation })
}

fn affected<'a>(resource: &'a ResourceRef, partition: &str) -> record::Resource<'a> {
    record::Resource {
        kind: resource_type(&resource.kind),
        id: label(&resource.id, LONGEST_ID).unwrap_or_else(|| "unknown".to_owned()),
        partition: NAMED_PARTITIONS.into_iter().find(|named| *named == partition),
        region: &resource.region,
        details: key_details(resource),
    }
}

fn resource_type(kind: &str) -> &'static str {
    match kind {
        "AWS.KMS.Key" => "AwsKmsKey",
        "AWS.IAM.Policy" => "AwsIamPolicy",
        "AWS.IAM.Role" => "AwsIamRole",
        "AWS.IAM.User" => "AwsIamUser",
        "AWS.IAM.Group" => "AwsIamGroup",
        _ => "Other",
    }
}

/// What a finding knows of its key.
fn key_details(resource: &ResourceRef) -> Option<record::Details<'_>> {
    let arn = resource.id.parse::<Arn>().ok()?;
    let finding::arn::KmsResource::Key(id) = arn.kms().filter(|_| resource.kind == "AWS.KMS.Key")? else {
        return None;
    };
    Some(record::Details {
        aws_kms_key: record::KmsKey {
            aws_account_id: &resource.account_id,
            key_id: label(id, LONGEST_ID)?,
            description: prose(&resource.description, LONGEST_DESCRIPTION),
        },
    })
}

fn compliance(finding: &Finding) -> record::Compliance<'_> {
    let mut requirements = Vec::new();
    for requirement in finding.controls.iter().filter_map(|control| requirement(control)) {
        requirements.extend(label(&requirement.name, LONGEST_REASON_CODE).filter(|name| !requirements.contains(name)));
    }
    requirements.truncate(MOST_REQUIREMENTS);
    record::Compliance {
        status: match finding.status {
            Status::Pass => "PASSED",
            Status::Fail | Status::Suppressed => "FAILED",
            Status::Unknown | Status::NotApplicable => "NOT_AVAILABLE",
        },
        security_control_id: security_control(&finding.controls),
        related_requirements: requirements,
        status_reasons: status_reasons(finding),
    }
}

/// Why the status is not simply PASSED or FAILED, with AWS's error code where a call was refused.
fn status_reasons(finding: &Finding) -> Vec<record::StatusReason> {
    let reason = |code: &str, text: &str| record::StatusReason {
        reason_code: label(code, LONGEST_REASON_CODE).unwrap_or_else(|| "UNKNOWN".to_owned()),
        description: label(text, LONGEST_REASON),
    };
    match finding.status {
        Status::Pass | Status::Fail => Vec::new(),
        Status::NotApplicable => vec![reason("NOT_APPLICABLE", &finding.reason)],
        Status::Suppressed => vec![reason("SUPPRESSED", &crate::text::accepted(finding))],
        Status::Unknown if finding.unknown_facts.is_empty() => vec![reason("UNKNOWN", &finding.reason)],
        Status::Unknown => {
            let facts = finding.unknown_facts.iter().take(MOST_REASONS);
            facts.map(|fact| reason(&fact.code, &crate::text::unreadable(fact))).collect()
        }
    }
}

/// What the format has no place for, under names of our own.
fn product_fields(report: &Report<'_>, finding: &Finding) -> BTreeMap<&'static str, String> {
    let (resource, tool) = (&finding.resource, &report.document.tool);
    let (controls, attack) = (finding.controls.join("; "), finding.attack.join("; "));
    let fields = [
        ("keyreeve/AccountName", resource.account_name.as_str()),
        ("keyreeve/Attack", &attack),
        ("keyreeve/Controls", &controls),
        ("keyreeve/DetectionId", &finding.detection_id),
        ("keyreeve/Environment", &resource.environment),
        ("keyreeve/Fingerprint", &finding.fingerprint),
        ("keyreeve/Group", &finding.group),
        ("keyreeve/ResourceName", &resource.name),
        ("keyreeve/Status", finding.status.name()),
        ("keyreeve/SuppressedBy", finding.suppressed_by.as_deref().unwrap_or_default()),
        ("keyreeve/Team", &resource.team),
        ("keyreeve/Version", &tool.version),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, label(value, LONGEST_VALUE)?))).collect()
}
