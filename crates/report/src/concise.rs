//! `concise`: one line a finding, the place first, so that `grep`, `sort` and editors can work with it.

use std::io;

use finding::{Finding, Status};

use crate::model::Report;
use crate::style::Paint;
use crate::text::{brief, joined, line};

/// Writes every finding of the document, and the last line.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint::new(report.options.color);
    report.document.findings.iter().try_for_each(|finding| write_finding(finding, paint, out))?;
    writeln!(out, "{}", report.options.last_line(report.tally))
}

/// Writes one line.
pub(crate) fn write_finding(finding: &Finding, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let status = paint.status(finding.status, finding.status.name());
    let severity = paint.severity(finding.severity, finding.severity.name());
    let (place, detection, title) = (place(finding), line(&finding.detection_id), brief(&finding.title));
    writeln!(out, "{place}: {status} {severity} {detection}: {title}{}", remark(finding))
}

/// `templates/kms.yml:12:5`, or `111111111111/eu-north-1/alias/orders` for what stands in no file.
fn place(finding: &Finding) -> String {
    let resource = &finding.resource;
    match &finding.location {
        Some(location) => format!("{}:{}:{}", line(&location.file), location.start.line, location.start.column),
        None => {
            let name = if resource.name.is_empty() { &resource.id } else { &resource.name };
            joined([resource.account_id.as_str(), &resource.region, name], "/")
        }
    }
}

/// What a verdict other than FAIL rests on.
fn remark(finding: &Finding) -> String {
    match finding.status {
        Status::Fail | Status::Pass => String::new(),
        Status::Suppressed => format!(" (accepted by {})", line(finding.suppressed_by.as_deref().unwrap_or("a rule"))),
        Status::Unknown if !finding.unknown_facts.is_empty() => {
            let expected = |fact: &finding::UnknownFact| if fact.expected.is_some() { "as expected" } else { "" };
            let causes =
                finding.unknown_facts.iter().map(|fact| joined([&*fact.operation, &fact.code, expected(fact)], " "));
            format!(" ({})", causes.collect::<Vec<_>>().join(", "))
        }
        Status::Unknown | Status::NotApplicable => format!(" ({})", brief(&finding.reason)),
    }
}
