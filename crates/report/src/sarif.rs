//! `sarif`: SARIF 2.1.0, as GitHub code scanning wants it: a file even for a live key, and no more than it takes.

mod log;

use std::collections::{BTreeMap, HashMap};
use std::io;

use finding::{ErrorRecord, Finding, Severity, Status};

use crate::escape::{fence, terminal};
use crate::model::{Report, Rule};
use crate::place;
use crate::text::{cut, number};

/// Results GitHub takes in one run; it refuses the file beyond.
const MOST_RESULTS: usize = 25_000;
/// Tags GitHub takes on one rule.
const MOST_TAGS: usize = 20;
/// Columns of a message; GitHub shows the beginning of it.
const LONGEST_MESSAGE: usize = 4_000;
const ROOT: &str = "%SRCROOT%";

/// Writes the log.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let document = report.document;
    let rules = known_rules(report);
    let index: HashMap<&str, usize> = rules.iter().enumerate().map(|(index, rule)| (&*rule.id, index)).collect();
    let shown = worst(&document.findings);
    let cut = document.findings.len() - shown.len();
    let root = log::UriBase { description: message("the folder keyreeve was started in") };
    let run = log::Run {
        tool: log::Tool {
            driver: log::Driver {
                name: &document.tool.name,
                semantic_version: &document.tool.version,
                rules: rules.iter().map(descriptor).collect(),
            },
        },
        automation_details: log::AutomationDetails { id: "keyreeve/" },
        invocations: [invocation(&document.errors, cut)],
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(ROOT, root)]),
        results: shown.into_iter().map(|finding| result(finding, &index)).collect(),
        properties: log::RunProperties {
            collected_at: report.options.generated_at.to_string(),
            coverage: report.options.coverage.sentence(),
            unknown_facts: report.options.coverage.unknown_facts,
            summary: &document.summary,
        },
    };
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    crate::json::pretty(&log::Log { schema, version: "2.1.0", runs: [run] }, out)
}

/// The rules of the report, and a bare one for every finding whose rule is not among them.
fn known_rules(report: &Report<'_>) -> Vec<Rule> {
    let mut rules = report.rules.to_vec();
    let mut known: std::collections::HashSet<_> = report.rules.iter().map(|rule| rule.id.as_str()).collect();
    for finding in &report.document.findings {
        if known.insert(&finding.detection_id) {
            let severity = Some(finding.severity);
            rules.push(Rule { id: finding.detection_id.clone(), severity, ..Rule::default() });
        }
    }
    rules
}

/// All findings, or the worst that fit, in the order they had.
fn worst(findings: &[Finding]) -> Vec<&Finding> {
    let mut indices: Vec<_> = (0..findings.len()).collect();
    if findings.len() > MOST_RESULTS {
        indices.sort_by_key(|index| {
            findings
                .get(*index)
                .map(|finding| (finding.status != Status::Fail, std::cmp::Reverse(finding.severity), finding.status))
        });
        indices.truncate(MOST_RESULTS);
        indices.sort_unstable();
    }
    indices.into_iter().filter_map(|index| findings.get(index)).collect()
}

fn descriptor(rule: &Rule) -> log::Descriptor<'_> {
    let severity = rule.severity.unwrap_or(Severity::Medium);
    let short = |text: &str| message(&cut(or_id(rule, text), 1_000));
    let reference = (!rule.reference.is_empty()).then(|| place::reference(&rule.reference)).flatten();
    log::Descriptor {
        id: &rule.id,
        name: cut(&rule.name, 200),
        short_description: short(&rule.summary),
        full_description: short(if rule.description.is_empty() { &rule.summary } else { &rule.description }),
        help_uri: reference,
        help: log::Help { text: help_text(rule), markdown: help_markdown(rule) },
        default_configuration: log::Configuration { level: level(severity) },
        properties: log::DescriptorProperties {
            precision: "very-high",
            security_severity: security_severity(severity),
            tags: tags(rule),
            controls: &rule.controls,
        },
    }
}

fn or_id<'a>(rule: &'a Rule, text: &'a str) -> &'a str {
    if text.is_empty() { &rule.id } else { text }
}

/// GitHub reads `security-severity` only of rules tagged `security`.
fn tags(rule: &Rule) -> Vec<String> {
    let mut tags = vec!["security".to_owned()];
    for tag in rule.controls.iter().chain(&rule.tags).chain(&rule.attack) {
        if tags.len() < MOST_TAGS && !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags
}

fn help_text(rule: &Rule) -> String {
    let mut text = [&*rule.description, &rule.risk].map(str::trim).join("\n\n").trim().to_owned();
    for fix in &rule.fixes {
        text.push_str(&format!("\n\n{}:\n{}", fix.with, fix.text.trim()));
    }
    escaped(if text.is_empty() { or_id(rule, &rule.summary) } else { &text })
}

fn help_markdown(rule: &Rule) -> String {
    use crate::escape::markdown;
    let mut text = format!("{}\n\n{}", markdown(rule.description.trim()), markdown(rule.risk.trim())).trim().to_owned();
    for fix in &rule.fixes {
        text.push_str(&format!("\n\n#### {}\n\n{}", markdown(&fix.with), fence(fix.text.trim())));
    }
    if text.is_empty() { markdown(or_id(rule, &rule.summary)) } else { text }
}

fn result<'a>(finding: &'a Finding, rules: &HashMap<&str, usize>) -> log::SarifResult<'a> {
    let resource = &finding.resource;
    let kind = kind(finding.status);
    log::SarifResult {
        rule_id: &finding.detection_id,
        rule_index: rules.get(&*finding.detection_id).copied(),
        kind,
        level: if kind == "fail" { level(finding.severity) } else { "none" },
        message: message(&sentences(finding)),
        locations: [location(finding)],
        partial_fingerprints: log::Fingerprints {
            own: finding.fingerprint.clone(),
            primary_location_line_hash: format!("{}:1", finding.fingerprint),
        },
        suppressions: suppressions(finding),
        properties: log::ResultProperties {
            status: finding.status.name(),
            severity: finding.severity.name(),
            account_id: &resource.account_id,
            region: &resource.region,
            resource_type: &resource.kind,
            environment: &resource.environment,
            team: &resource.team,
            group: &finding.group,
            controls: &finding.controls,
            attack: &finding.attack,
            unknown_facts: &finding.unknown_facts,
        },
    }
}

/// Title, reason, what could not be read, and the fix, a line each.
fn sentences(finding: &Finding) -> String {
    let mut lines = vec![terminal(&finding.title).into_owned(), finding.reason.clone()];
    lines.extend(finding.unknown_facts.iter().map(crate::text::unreadable));
    if !finding.remediation.is_empty() {
        lines.push(format!("Fix: {}", finding.remediation));
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

fn suppressions(finding: &Finding) -> Vec<log::Suppression> {
    let accepted = finding.status == Status::Suppressed;
    let justification = crate::text::accepted(finding);
    accepted.then_some(log::Suppression { kind: "external", status: "accepted", justification }).into_iter().collect()
}

fn location(finding: &Finding) -> log::Location {
    let resource = &finding.resource;
    let rest = finding.location.as_ref().map(|it| log::RestOfRegion {
        start_column: it.start.column,
        end_line: it.end.line,
        end_column: it.end.column,
    });
    let region = log::Region { start_line: finding.location.as_ref().map_or(1, |it| it.start.line), rest };
    let base = finding.location.as_ref().map(|_| ROOT);
    log::Location {
        physical_location: physical(&place::path(finding), base, Some(region)),
        logical_locations: vec![log::LogicalLocation {
            name: cut(if resource.name.is_empty() { &resource.id } else { &resource.name }, 300),
            fully_qualified_name: resource.id.clone(),
            kind: "resource",
        }],
    }
}

/// A made-up path is under no folder, so it has no base.
fn physical(path: &str, base: Option<&'static str>, region: Option<log::Region>) -> log::PhysicalLocation {
    let uri = place::uri(path);
    let uri_base_id = base.filter(|_| !path.starts_with('/'));
    log::PhysicalLocation { artifact_location: log::ArtifactLocation { uri, uri_base_id }, region }
}

fn invocation(errors: &[ErrorRecord], cut: usize) -> log::Invocation {
    let mut notifications: Vec<_> = errors.iter().map(notification).collect();
    if cut > 0 {
        let text = format!(
            "{} results are left out: one run holds {}, and the worst were kept; --format json has all",
            number(cut as u64),
            number(MOST_RESULTS as u64)
        );
        notifications.push(log::Notification { level: "warning", message: message(&text), locations: Vec::new() });
    }
    log::Invocation { execution_successful: errors.is_empty(), tool_execution_notifications: notifications }
}

fn notification(error: &ErrorRecord) -> log::Notification {
    let place = [&error.account_id, &error.region, &error.operation, &error.code];
    let place = crate::text::joined(place.into_iter().filter_map(|part| part.as_deref()), " ");
    let text = if place.is_empty() { error.message.clone() } else { format!("{place}: {}", error.message) };
    let file = error.file.as_deref().map(|file| log::Location {
        physical_location: physical(file, Some(ROOT), None),
        logical_locations: Vec::new(),
    });
    log::Notification { level: "error", message: message(&text), locations: file.into_iter().collect() }
}

fn message(text: &str) -> log::Message {
    log::Message { text: escaped(&cut(text, LONGEST_MESSAGE)) }
}

/// Plain text as SARIF has it: `[x](y)` would be a link and `{0}` a placeholder; the one is broken, the other doubled.
fn escaped(text: &str) -> String {
    let lines = text.trim().split('\n').map(|line| terminal(line.trim_end()).replace("](", "]\\("));
    lines.collect::<Vec<_>>().join("\n").replace('{', "{{").replace('}', "}}")
}

fn kind(status: Status) -> &'static str {
    match status {
        Status::Fail | Status::Suppressed => "fail",
        Status::Unknown => "open",
        Status::NotApplicable => "notApplicable",
        Status::Pass => "pass",
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's bands: critical above 9, high from 7, medium from 4, low above 0.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.0",
    }
}
