//! `github`: workflow commands, which GitHub Actions shows as annotations of the run and of the changed lines.

use std::io;

use finding::{Finding, Severity, Status};

use crate::escape::{github_data, github_property};
use crate::model::Report;
use crate::text::{brief, cut};

/// Writes a command for every FAIL and UNKNOWN, the worst first because GitHub shows ten, and the last line of `concise` as the plain text it is.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    report.worst_first().into_iter().try_for_each(|finding| command(finding, out))?;
    writeln!(out, "{}", report.options.last_line(report.tally))
}

fn command(finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    let level = match (finding.status, finding.severity) {
        (Status::Unknown, _) | (_, Severity::Medium) => "warning",
        (_, Severity::Critical | Severity::High) => "error",
        (_, Severity::Low | Severity::Info) => "notice",
    };
    let title = format!("{} {} {}", finding.status, finding.severity, brief(&finding.detection_id));
    let mut properties = String::new();
    if let Some(place) = &finding.location {
        properties = format!("file={},line={}", github_property(&place.file), place.start.line);
        // GitHub refuses columns on an annotation of more than one line.
        if place.start.line == place.end.line {
            properties.push_str(&format!(",col={},endColumn={}", place.start.column, place.end.column));
        } else {
            properties.push_str(&format!(",endLine={}", place.end.line));
        }
        properties.push(',');
    }
    let title = github_property(&title);
    writeln!(out, "::{level} {properties}title={title}::{}", github_data(&message(finding)))
}

fn message(finding: &Finding) -> String {
    let resource = &finding.resource;
    let place = crate::text::joined([&*resource.account_id, &resource.region, &resource.id], " ");
    let lines = [&finding.title, &finding.reason, &finding.remediation, &place];
    let lines = lines.into_iter().filter(|line| !line.is_empty()).map(|line| cut(line, 1_000));
    lines.collect::<Vec<_>>().join("\n")
}
