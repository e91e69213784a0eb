//! The order in which a person reads findings: what is broken before what is unknown, the worst first.

use std::cmp::Reverse;

use finding::{Finding, Severity, Status};

/// The findings, the worst first; equals stay in the document's order.
pub(crate) fn worst_first(findings: &[Finding]) -> Vec<&Finding> {
    let mut findings: Vec<_> = findings.iter().collect();
    findings.sort_by_key(|finding| (finding.status, Reverse(severity_of(finding))));
    findings
}

/// Only a FAIL is put with its severity; what is unknown stands together.
fn severity_of(finding: &Finding) -> Option<Severity> {
    (finding.status == Status::Fail).then_some(finding.severity)
}
