//! `csv`: RFC 4180 with a heading, one row a finding, safe to open in a spreadsheet.

use std::io;

use finding::Finding;

use crate::escape::csv;
use crate::model::Report;

const HEADING: [&str; 23] = [
    "fingerprint",
    "detection_id",
    "status",
    "severity",
    "title",
    "reason",
    "remediation",
    "group",
    "controls",
    "attack",
    "resource_id",
    "resource_type",
    "account_id",
    "account_name",
    "region",
    "name",
    "environment",
    "team",
    "file",
    "line",
    "column",
    "suppressed_by",
    "unknown_facts",
];

/// Writes every finding of the document.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    row(&HEADING.map(str::to_owned), out)?;
    report.document.findings.iter().try_for_each(|finding| row(&cells(finding), out))
}

/// Writes one row of the table.
fn row(cells: &[String], out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{}\r\n", cells.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(","))
}

fn cells(finding: &Finding) -> [String; HEADING.len()] {
    let resource = &finding.resource;
    let place = finding.location.as_ref();
    let facts = finding.unknown_facts.iter().map(|it| format!("{}: {} {}", it.field, it.operation, it.code));
    [
        finding.fingerprint.clone(),
        finding.detection_id.clone(),
        finding.status.name().to_owned(),
        finding.severity.name().to_owned(),
        finding.title.clone(),
        finding.reason.clone(),
        finding.remediation.clone(),
        finding.group.clone(),
        finding.controls.join("; "),
        finding.attack.join("; "),
        resource.id.clone(),
        resource.kind.clone(),
        resource.account_id.clone(),
        resource.account_name.clone(),
        resource.region.clone(),
        resource.name.clone(),
        resource.environment.clone(),
        resource.team.clone(),
        place.map(|it| it.file.clone()).unwrap_or_default(),
        place.map(|it| it.start.line.to_string()).unwrap_or_default(),
        place.map(|it| it.start.column.to_string()).unwrap_or_default(),
        finding.suppressed_by.clone().unwrap_or_default(),
        facts.collect::<Vec<_>>().join("; "),
    ]
}
