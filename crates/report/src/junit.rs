//! `junit`: a suite for every detection, a case for every finding, for what build systems call test reports.

use std::io;

use finding::{ErrorRecord, Finding, Status};
use quick_junit::{NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::escape::terminal;
use crate::model::Report;
use crate::tally::GroupBy;
use crate::text::{LONGEST, brief, cut, joined};

/// Writes the report. It carries no time: the same findings are the same bytes.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut junit = Junit::new(brief(&report.document.tool.name));
    suites(report).into_iter().for_each(|suite| {
        junit.add_test_suite(suite);
    });
    let text = junit.to_string().map_err(io::Error::other)?;
    out.write_all(standard(&text, junit.test_suites.iter().map(|suite| suite.skipped).sum()).as_bytes())
}

/// The library counts what was skipped on the root too, which the common schema does not know.
fn standard(text: &str, skipped: usize) -> String {
    text.replacen(&format!(" skipped=\"{skipped}\" failures="), " failures=", 1)
}

/// In the order the detections first appear among the findings; what could not be read or run comes last.
fn suites(report: &Report<'_>) -> Vec<TestSuite> {
    let mut suites: Vec<(&str, TestSuite)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    let counts: std::collections::HashMap<_, _> =
        report.tally.groups(GroupBy::Detection).into_iter().map(|group| (group.key, group.counts)).collect();
    for finding in &report.document.findings {
        let id = finding.detection_id.as_str();
        let at = *index.entry(id).or_insert_with(|| {
            let mut suite = TestSuite::new(brief(id));
            let counts = counts.get(id).copied().unwrap_or_default();
            for status in Status::ALL {
                suite.add_property(Property::new(status.name(), counts.of(status).to_string()));
            }
            suites.push((id, suite));
            suites.len() - 1
        });
        if let Some((_, suite)) = suites.get_mut(at) {
            suite.add_test_case(case(finding));
        }
    }
    let mut suites: Vec<_> = suites.into_iter().map(|(_, suite)| suite).collect();
    if !report.document.errors.is_empty() {
        let mut suite = TestSuite::new("could not be read or run");
        suite.add_test_cases(report.document.errors.iter().map(error_case));
        suites.push(suite);
    }
    suites
}

fn case(finding: &Finding) -> TestCase {
    let resource = &finding.resource;
    let file = finding.location.as_ref().map(|it| format!("{}:{}", it.file, it.start.line)).unwrap_or_default();
    let name = if resource.name == resource.id { "" } else { &resource.name };
    let mut case = TestCase::new(joined([name, &resource.id, &file], " "), status(finding));
    case.set_classname(brief(&finding.detection_id));
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match finding.status {
        Status::Pass => return TestCaseStatus::success(),
        Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Status::NotApplicable | Status::Suppressed => TestCaseStatus::skipped(),
    };
    match finding.status {
        Status::NotApplicable => status.set_message(brief(&format!("not applicable: {}", finding.reason))),
        Status::Suppressed => {
            let rule = finding.suppressed_by.as_deref().unwrap_or("a suppression");
            status.set_message(brief(&format!("accepted by {rule}: {}", finding.title)))
        }
        _ => status
            .set_message(brief(&finding.title))
            .set_type(finding.severity.name())
            .set_description(details(finding)),
    };
    status
}

fn details(finding: &Finding) -> String {
    let mut lines = vec![finding.reason.clone()];
    for fact in &finding.unknown_facts {
        lines.push(crate::text::unreadable(fact));
    }
    let file = finding.location.as_ref().map(|it| format!("{}:{}:{}", it.file, it.start.line, it.start.column));
    let place = joined([&*file.unwrap_or_default(), &finding.resource.account_id, &finding.resource.region], " ");
    for (label, text) in [("fix", &finding.remediation), ("where", &place), ("fingerprint", &finding.fingerprint)] {
        if !text.is_empty() {
            lines.push(format!("{label}: {text}"));
        }
    }
    let text = lines.join("\n");
    let escaped =
        cut(&text, LONGEST).split('\n').map(|line| terminal(line.trim_end()).into_owned()).collect::<Vec<_>>();
    escaped.join("\n")
}

fn error_case(error: &ErrorRecord) -> TestCase {
    let place = [&error.file, &error.account_id, &error.region, &error.operation, &error.code];
    let place = joined(place.into_iter().filter_map(|part| part.as_deref()), " ");
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(brief(&error.message)).set_type("incomplete");
    let mut case = TestCase::new(if place.is_empty() { brief(&error.message) } else { place }, status);
    case.set_classname("keyreeve");
    case
}
