//! A checked YAML tree as a typed detection.

use std::collections::BTreeSet;

use finding::Severity;
use source::Node;

use super::{Document, source_file};
use crate::detection::{Code, Detection, Report, UnitTest};
use crate::format::Format;
use crate::lower::{Mock, MockValue};
use crate::problem::{BAD_INPUT, DUPLICATE_TEST, NO_TESTS, Reporter};

/// The detection that a document describes, without its code and sidecar.
pub(super) fn detection(reporter: &mut Reporter, document: &Document, format: &Format, id: String) -> Detection {
    let node = &document.node;
    let text = |key: &str| document.text_of(key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let list = |key: &str| strings(node.get(key));
    let mut log_types = list("LogTypes");
    log_types.extend(list("ScheduledQueries"));
    let id_place = node.get(format.id).map(|node| reporter.place(node.span));
    Detection {
        id,
        kind: format.kind,
        display_name: text("DisplayName"),
        enabled: node.get("Enabled").and_then(Node::as_bool).unwrap_or(true),
        severity: text("Severity").and_then(|severity| Severity::parse(&severity)),
        resource_types: list("ResourceTypes"),
        log_types,
        tags: list("Tags"),
        reports: reports(node.get("Reports")),
        description: text("Description"),
        runbook: text("Runbook"),
        reference: text("Reference"),
        dedup_period_minutes: node.get("DedupPeriodMinutes").and_then(Node::as_int),
        threshold: node.get("Threshold").and_then(Node::as_int),
        create_alert: node.get("CreateAlert").and_then(Node::as_bool).unwrap_or(true),
        summary_attributes: list("SummaryAttributes"),
        tests: tests(reporter, node, format),
        sidecar: None,
        code: Code::None,
        yaml: source_file(&document.path, &document.text),
        python: None,
        id_place,
    }
}

fn strings(node: Option<&Node>) -> Vec<String> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

fn reports(node: Option<&Node>) -> Vec<Report> {
    let entries = node.and_then(Node::as_mapping).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let values = entry.value.as_sequence()?.iter().filter_map(Node::text).map(str::to_owned).collect();
            Some(Report { framework: entry.key.text()?.to_owned(), values })
        })
        .collect()
}

/// The unit tests that can be run.
fn tests(reporter: &mut Reporter, node: &Node, format: &Format) -> Vec<UnitTest> {
    let items = node.get("Tests").and_then(Node::as_sequence).unwrap_or_default();
    if items.is_empty() && format.kind.judges() {
        let help = "add `Tests:` with one resource that passes and one that fails".to_owned();
        reporter.report(&NO_TESTS, super::check::head(node), "the detection has no tests", Some(help));
    }
    let mut names = BTreeSet::new();
    let mut tests = Vec::new();
    for item in items {
        let Some(name) = item.get("Name").and_then(Node::as_str) else { continue };
        if !names.insert(name) {
            let message = format!("there is another test named `{name}`");
            let span = item.get("Name").map_or(item.span, |node| node.span);
            reporter.report(&DUPLICATE_TEST, span, message, Some("give each test its own name".to_owned()));
        }
        let Some(expected) = item.get("ExpectedResult").and_then(Node::as_bool) else { continue };
        let Some(input) = item.get("Resource").or_else(|| item.get("Log")) else { continue };
        if input.as_mapping().is_none() {
            let message = format!("the input of the test `{name}` must be a mapping, not {}", input.describe());
            reporter.report(&BAD_INPUT, input.span, message, None);
            continue;
        }
        tests.push(UnitTest {
            name: name.to_owned(),
            expected,
            input: input.clone(),
            mocks: mocks(item),
            own: None,
            model: None,
            span: item.span,
        });
    }
    tests
}

fn mocks(test: &Node) -> Vec<Mock> {
    let items = test.get("Mocks").and_then(Node::as_sequence).unwrap_or_default();
    items
        .iter()
        .filter_map(|mock| {
            let value = mock.get("returnValue")?;
            let value = match value.as_bool() {
                Some(value) => MockValue::Bool(value),
                None => MockValue::Str(value.as_str()?.to_owned()),
            };
            Some(Mock { name: mock.get("objectName")?.as_str()?.to_owned(), value })
        })
        .collect()
}
