//! `test`: the unit tests of detections, with the peer's meaning of pass.

use std::fmt::Write as _;

use detection::Detection;
use detection::unit::{self, DetectionResult, TestResult, TestStatus};
use finding::{Accounts, FactContext};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Plain, Test};
use crate::config::Loaded;
use crate::exit::{NothingSelected, Status};
use crate::test_filter::Filter;
use crate::{glob, output, selection};

/// What all tests came to.
#[derive(Debug, Default, Serialize)]
struct Summary {
    detections: usize,
    tests: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    invalid: usize,
}

#[derive(Debug, Default, Serialize)]
struct Document {
    summary: Summary,
    detections: Vec<DetectionResult>,
    /// Why detections are invalid, and which have too few tests.
    problems: Vec<String>,
}

/// Runs the tests that were asked for.
pub fn run(asked: &Test) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let filters = asked.filter.iter().map(|text| Filter::parse(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut document = Document::default();
    for name in super::lint::paths(&asked.paths, &asked.detections.pack, &loaded) {
        let pack = selection::pack(&name)?;
        for problem in pack.problems.iter().filter(|problem| problem.code.severity >= finding::Severity::High) {
            document.summary.invalid += 1;
            document.problems.push(format!("{}/{problem}", name.trim_end_matches('/')));
        }
        for detection in pack.detections.iter().filter(|it| is_asked_for(it, asked, &filters)) {
            take(&mut document, detection, asked);
        }
    }
    if document.summary.detections == 0 && document.summary.invalid == 0 {
        return Err(NothingSelected("no detection with tests is selected".to_owned()).into());
    }
    if document.summary.tests == 0 && !asked.test_names.is_empty() && document.summary.invalid == 0 {
        let names = asked.test_names.join("`, `");
        return Err(NothingSelected(format!("no test of the detections selected is called `{names}`")).into());
    }
    match asked.format {
        Plain::Json => output::print_json(&document)?,
        Plain::Jsonl => output::print(&(serde_json::to_string(&document)? + "\n"))?,
        Plain::Pretty => output::print(&pretty(&document, asked))?,
    }
    let bad = document.summary.failed > 0 || !document.problems.is_empty();
    Ok(if bad { Status::Found } else { Status::Clean })
}

fn is_asked_for(detection: &Detection, asked: &Test, filters: &[Filter]) -> bool {
    let named = |patterns: &[String]| patterns.iter().any(|pattern| glob::matches(pattern, &detection.id));
    detection.kind.judges()
        && (asked.detections.select.is_empty() || named(&asked.detections.select))
        && !named(&asked.detections.ignore)
        && (detection.enabled || !asked.skip_disabled_tests)
        && filters.iter().all(|filter| filter.fits(detection))
}

fn take(document: &mut Document, detection: &Detection, asked: &Test) {
    let accounts = Accounts::default();
    let policies = keypolicy::reader::Reader::default();
    let facts = FactContext::new(Timestamp::now(), &accounts).reading(&policies);
    let wanted = |name: &str| asked.test_names.is_empty() || asked.test_names.iter().any(|it| it == name);
    let result = unit::run(detection, &facts, |test| wanted(&test.name));
    let summary = &mut document.summary;
    summary.detections += 1;
    summary.tests += result.tests.len();
    for test in &result.tests {
        match test.status {
            TestStatus::Pass => summary.passed += 1,
            TestStatus::Fail | TestStatus::Error => summary.failed += 1,
            TestStatus::Skip => summary.skipped += 1,
        }
    }
    if let Some(problem) = too_few(detection, asked.minimum_tests) {
        document.problems.push(problem);
    }
    document.detections.push(result);
}

/// Why the detection has too few tests: above one, there must be one of each kind.
fn too_few(detection: &Detection, minimum: usize) -> Option<String> {
    let tests = &detection.tests;
    let id = &detection.id;
    if tests.len() < minimum {
        return Some(format!("{id} has {} tests, at least {minimum} are asked for", tests.len()));
    }
    let both = tests.iter().any(|test| test.expected) && tests.iter().any(|test| !test.expected);
    (minimum > 1 && !both).then(|| format!("{id} needs a test that expects true and one that expects false"))
}

fn pretty(document: &Document, asked: &Test) -> String {
    let color = output::use_color(asked.terminal.color);
    let mut text = String::new();
    for detection in &document.detections {
        let shown: Vec<&TestResult> = detection
            .tests
            .iter()
            .filter(|test| !asked.show_failures_only || matches!(test.status, TestStatus::Fail | TestStatus::Error))
            .collect();
        if shown.is_empty() && asked.show_failures_only {
            continue;
        }
        let tier = detection.tier.unwrap_or("no body");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} ({tier})", report::escape_terminal(&detection.id));
        for test in shown {
            let _ = writeln!(text, "  {} {}", word(test.status, color), report::escape_terminal(&test.name));
            if let Some(error) = &test.error {
                let _ = writeln!(text, "       {}", report::escape_terminal(error));
            }
        }
        if detection.tests.is_empty() {
            text.push_str("  no tests\n");
        }
    }
    for problem in &document.problems {
        let _ = writeln!(
            text,
            "{} {}",
            painted("INVALID", anstyle::AnsiColor::Red, color),
            report::escape_terminal(problem)
        );
    }
    let Summary { detections, tests, passed, failed, skipped, invalid } = &document.summary;
    let _ = writeln!(
        text,
        "{}{detections} detections, {tests} tests: {passed} passed, {failed} failed, {skipped} skipped; {invalid} invalid",
        if text.is_empty() { "" } else { "\n" }
    );
    text
}

fn word(status: TestStatus, color: bool) -> String {
    match status {
        TestStatus::Pass => painted("PASS", anstyle::AnsiColor::Green, color),
        TestStatus::Fail => painted("FAIL", anstyle::AnsiColor::Red, color),
        TestStatus::Error => painted("ERROR", anstyle::AnsiColor::Red, color),
        TestStatus::Skip => painted("SKIP", anstyle::AnsiColor::Yellow, color),
    }
}

fn painted(word: &str, hue: anstyle::AnsiColor, color: bool) -> String {
    let style = anstyle::Style::new().bold().fg_color(Some(hue.into()));
    if color { format!("{style}{word}{style:#}") } else { word.to_owned() }
}
