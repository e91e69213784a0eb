//! `gitlab`: the Code Quality report that GitLab shows in merge requests.

use std::io;

use finding::{Finding, Severity, Status};
use serde::Serialize;

use crate::model::Report;
use crate::place;
use crate::text::brief;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes FAIL and UNKNOWN.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let asking = |finding: &&Finding| matches!(finding.status, Status::Fail | Status::Unknown);
    let issues: Vec<_> = report.document.findings.iter().filter(asking).map(issue).collect();
    crate::json::pretty(&issues, out)
}

fn issue(finding: &Finding) -> Issue<'_> {
    let unknown = if finding.status == Status::Unknown { "UNKNOWN: " } else { "" };
    Issue {
        description: format!("{unknown}{}", brief(&finding.title)),
        check_name: &finding.detection_id,
        fingerprint: &finding.fingerprint,
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
            Severity::Info => "info",
        },
        location: Place {
            path: place::path(finding),
            lines: Lines { begin: finding.location.as_ref().map_or(1, |it| it.start.line) },
        },
    }
}
