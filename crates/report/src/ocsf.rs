//! `ocsf`: Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework, one event a line.

mod event;

use std::io;

use finding::{Finding, Severity, Status, UnknownFact};

use crate::aws::{clip, finding_types, label, partition, prose, requirement, security_control};
use crate::model::{Report, Rule};
use crate::place;

/// The version the events declare and are validated against. Nothing in them is newer than 1.5, so that consumers of an
/// older one read them too.
const VERSION: &str = "1.8.0";
const CLASS: u32 = 2003;
/// A text for people; the schema names no limit.
const LONGEST_TEXT: usize = 4_000;
const LONGEST_TITLE: usize = 256;
/// A name or an identifier; AWS's longest is an ARN.
const LONGEST_NAME: usize = 2_048;
const MOST_FACTS: usize = 64;

/// Writes an event for every finding of the document.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    report.document.findings.iter().try_for_each(|finding| crate::json::compact(&event(report, finding), out))
}

fn event<'a>(report: &Report<'a>, finding: &'a Finding) -> event::Event<'a> {
    let rule = report.rule(finding);
    let time = report.options.generated_at.as_millisecond();
    let (activity_id, activity_name) = activity(finding.status);
    let (severity_id, severity) = severity(finding);
    let (status_id, status) = status(finding.status);
    let title = label(&finding.title, LONGEST_TITLE).unwrap_or_else(|| name(&finding.detection_id));
    event::Event {
        activity_id,
        activity_name,
        category_uid: 2,
        category_name: "Findings",
        class_uid: CLASS,
        class_name: "Compliance Finding",
        type_uid: CLASS * 100 + activity_id,
        type_name: format!("Compliance Finding: {activity_name}"),
        time,
        severity_id,
        severity,
        status_id,
        status,
        status_code: finding.status.name(),
        status_detail: prose(&finding.reason, LONGEST_TEXT),
        message: title.clone(),
        metadata: metadata(report, finding, time),
        finding_info: finding_info(finding, rule, title, time),
        compliance: compliance(finding, rule),
        resources: [affected(finding)],
        cloud: cloud(finding),
        remediation: remediation(finding, rule),
        unmapped: unmapped(finding),
    }
}

/// A report remembers no earlier one: whatever is still the case is created, whatever is not (any more) is closed.
fn activity(status: Status) -> (u32, &'static str) {
    match status {
        Status::Fail | Status::Unknown | Status::Suppressed => (1, "Create"),
        Status::Pass | Status::NotApplicable => (3, "Close"),
    }
}

fn status(status: Status) -> (u32, &'static str) {
    match status {
        Status::Fail | Status::Unknown => (1, "New"),
        Status::Suppressed => (3, "Suppressed"),
        Status::Pass | Status::NotApplicable => (4, "Resolved"),
    }
}

/// Informational says that there is nothing to do; `unmapped.severity` keeps the severity of the detection.
fn severity(finding: &Finding) -> (u32, &'static str) {
    match (finding.status, finding.severity) {
        (Status::Pass | Status::NotApplicable, _) | (_, Severity::Info) => (1, "Informational"),
        (_, Severity::Low) => (2, "Low"),
        (_, Severity::Medium) => (3, "Medium"),
        (_, Severity::High) => (4, "High"),
        (_, Severity::Critical) => (5, "Critical"),
    }
}

fn metadata<'a>(report: &Report<'a>, finding: &Finding, time: i64) -> event::Metadata<'a> {
    event::Metadata {
        version: VERSION,
        product: event::Product { name: "Keyreeve", vendor_name: "Keyreeve", version: &report.document.tool.version },
        profiles: ["cloud"],
        // The same event delivered twice has the same uid, the same finding seen later another.
        uid: format!("{}-{time}", clip(&finding.fingerprint, LONGEST_NAME)),
        event_code: name(&finding.detection_id),
    }
}

fn finding_info(finding: &Finding, rule: Option<&Rule>, title: String, time: i64) -> event::FindingInfo {
    event::FindingInfo {
        uid: clip(&finding.fingerprint, LONGEST_NAME).into_owned(),
        title,
        desc: description(finding),
        last_seen_time: time,
        types: finding_types(&finding.controls),
        analytic: event::Analytic {
            kind: "Rule",
            type_id: 1,
            uid: name(&finding.detection_id),
            name: rule.and_then(|rule| label(&rule.name, LONGEST_NAME)),
        },
        attacks: finding.attack.iter().filter_map(|mapping| attack(mapping)).collect(),
    }
}

/// Why, and what is at stake.
fn description(finding: &Finding) -> Option<String> {
    let context = crate::text::context(&finding.resource);
    prose(&format!("{}\n{context}", finding.reason), LONGEST_TEXT)
}

/// `TA0006:T1552` or `TA0006:T1552.004`, by their ids.
fn attack(mapping: &str) -> Option<event::Attack> {
    let (tactic, technique) = mapping.split_once(':')?;
    let (whole, sub) = technique.split_once('.').map_or((technique, None), |(whole, _)| (whole, Some(technique)));
    let named = |uid: &str| event::Named { uid: name(uid) };
    Some(event::Attack { tactic: named(tactic), technique: named(whole), sub_technique: sub.map(named) })
}

fn compliance(finding: &Finding, rule: Option<&Rule>) -> event::Compliance {
    let (mut standards, mut requirements) = (Vec::new(), Vec::new());
    for requirement in finding.controls.iter().filter_map(|control| requirement(control)) {
        let (standard, requirement) = (name(&requirement.standard), name(&requirement.name));
        if !standards.contains(&standard) {
            standards.push(standard);
        }
        if !requirements.contains(&requirement) {
            requirements.push(requirement);
        }
    }
    let (status_id, status) = verdict(finding.status);
    event::Compliance {
        control: name(security_control(&finding.controls).unwrap_or(&finding.detection_id)),
        desc: rule
            .and_then(|rule| prose(&rule.description, LONGEST_TEXT).or_else(|| prose(&rule.summary, LONGEST_TEXT))),
        standards,
        requirements,
        status_id,
        status,
        status_code: finding.status.name(),
        status_details: status_details(finding),
    }
}

/// The schema has no word for what does not apply: `Other`, and then the source's own.
fn verdict(status: Status) -> (u32, &'static str) {
    match status {
        Status::Pass => (1, "Pass"),
        Status::Fail | Status::Suppressed => (3, "Fail"),
        Status::Unknown => (0, "Unknown"),
        Status::NotApplicable => (99, "NOT_APPLICABLE"),
    }
}

/// The reason, then what could not be read, or who accepts it.
fn status_details(finding: &Finding) -> Vec<String> {
    let facts = finding.unknown_facts.iter().take(MOST_FACTS).map(crate::text::unreadable);
    let accepted = (finding.status == Status::Suppressed).then(|| crate::text::accepted(finding));
    let details = [finding.reason.clone()].into_iter().chain(facts).chain(accepted);
    details.filter_map(|detail| prose(&detail, LONGEST_TEXT)).collect()
}

fn affected(finding: &Finding) -> event::Resource {
    let resource = &finding.resource;
    let kind = match resource.kind.strip_prefix("AWS.") {
        // As CloudFormation names it, and Security Hub's list of controls: AWS::KMS::Key.
        Some(rest) => format!("AWS::{}", rest.replace('.', "::")),
        None => resource.kind.clone(),
    };
    event::Resource {
        uid: name(&resource.id),
        name: label(&resource.name, LONGEST_NAME),
        kind: label(&kind, LONGEST_NAME),
        region: label(&resource.region, LONGEST_NAME),
        // A template's resource is in no partition yet.
        cloud_partition: (!resource.region.is_empty()).then(|| partition(resource).into_owned()),
    }
}

fn cloud(finding: &Finding) -> event::Cloud {
    let resource = &finding.resource;
    let account = event::Account {
        uid: label(&resource.account_id, LONGEST_NAME),
        name: label(&resource.account_name, LONGEST_NAME),
        kind: "AWS Account",
        type_id: 10,
    };
    event::Cloud {
        provider: "AWS",
        region: label(&resource.region, LONGEST_NAME),
        account: (account.uid.is_some() || account.name.is_some()).then_some(account),
    }
}

fn remediation(finding: &Finding, rule: Option<&Rule>) -> Option<event::Remediation> {
    let desc = prose(&finding.remediation, LONGEST_TEXT)?;
    let reference = rule.and_then(|rule| place::reference(&rule.reference));
    Some(event::Remediation { desc, references: reference.map(str::to_owned).into_iter().collect() })
}

/// What the class has no attribute for, under the names of the findings document.
fn unmapped(finding: &Finding) -> event::Unmapped {
    let resource = &finding.resource;
    let fact = |fact: &UnknownFact| event::UnmappedFact {
        field: name(&fact.field),
        operation: name(&fact.operation),
        code: name(&fact.code),
    };
    event::Unmapped {
        severity: finding.severity.name(),
        group: label(&finding.group, LONGEST_NAME),
        controls: finding.controls.iter().map(|control| name(control)).collect(),
        environment: label(&resource.environment, LONGEST_NAME),
        team: label(&resource.team, LONGEST_NAME),
        description: prose(&resource.description, LONGEST_TEXT),
        suppressed_by: finding.suppressed_by.as_deref().and_then(|rule| label(rule, LONGEST_NAME)),
        unknown_facts: finding.unknown_facts.iter().take(MOST_FACTS).map(fact).collect(),
        location: finding.location.as_ref().map(|place| event::UnmappedLocation {
            file: name(&place.file),
            line: place.start.line,
            column: place.start.column,
        }),
    }
}

fn name(text: &str) -> String {
    label(text, LONGEST_NAME).unwrap_or_else(|| "unknown".to_owned())
}
