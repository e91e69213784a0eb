//! `lint`: mistakes in packs, as findings.

use std::path::PathBuf;

use finding::{Document, Finding, Location, ResourceRef, Status, Summary};
use report::{Coverage, Options, Report, Tally};

use crate::cli::Lint;
use crate::config::Loaded;
use crate::exit::{self, Status as Exit};
use crate::gate::Thresholds;
use crate::output::{self, Outputs};
use crate::selection;

/// Checks the packs that were named.
pub fn run(asked: &Lint) -> anyhow::Result<Exit> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let mut outputs = Outputs::open(&asked.output)?;
    let mut tally = Tally::default();
    let (mut detections, mut failing) = (0, false);
    let fail_on = Thresholds::new(&asked.gate, &loaded).fail_on;
    let mut findings = Vec::new();
    for name in paths(&asked.paths, &asked.detections.pack, &loaded) {
        let pack = selection::pack(&name)?;
        detections += pack.detections.len() as u64;
        findings.extend(pack.problems.iter().map(|problem| finding(&name, problem)));
    }
    findings.sort_by(|a, b| place(a).cmp(&place(b)));
    for finding in findings {
        let slot = tally.detection(&finding.detection_id, &[]);
        tally.add(slot, report::Subject::from(&finding.resource), finding.status, finding.severity);
        failing |= fail_on.counts(finding.severity);
        if finding.severity >= asked.output.min_severity {
            outputs.finding(finding);
        }
    }
    let total = tally.total();
    let document = Document {
        schema_version: 1,
        tool: output::tool(),
        summary: Summary { resources: detections, detections, fail: total.fail, ..Summary::default() },
        findings: outputs.take_kept(),
        errors: Vec::new(),
    };
    let options = Options {
        color: output::use_color(asked.output.terminal.color),
        width: output::width(),
        group_by: output::group_by(asked.output.group_by),
        fail_on: fail_on.0,
        generated_at: jiff::Timestamp::UNIX_EPOCH,
        coverage: Coverage {
            judged: detections,
            total: detections,
            unit: "detections".to_owned(),
            ..Coverage::default()
        },
        subject: "detection packs".to_owned(),
        sources: Default::default(),
    };
    match outputs.finish(&Report { document: &document, rules: &[], tally: &tally, options: &options }) {
        Err(error) if !exit::is_closed_pipe(&error) => Err(error),
        _ if failing => Ok(Exit::Found),
        _ => Ok(Exit::Clean),
    }
}

/// The packs that are meant: those named as paths, else as `--pack`, else the configured ones.
pub fn paths(paths: &[PathBuf], packs: &[String], loaded: &Loaded) -> Vec<String> {
    if paths.is_empty() {
        return selection::names(packs, loaded);
    }
    paths.iter().map(|path| path.display().to_string()).collect()
}

fn finding(pack: &str, problem: &detection::Problem) -> Finding {
    let file = selection::file_of(pack, problem);
    let resource = problem.detection.clone().unwrap_or_else(|| file.clone());
    Finding {
        fingerprint: finding::fingerprint(problem.code.id, &file, &[&problem.message]),
        detection_id: problem.code.id.to_owned(),
        status: Status::Fail,
        severity: problem.code.severity,
        title: problem.message.clone(),
        reason: problem.message.clone(),
        remediation: problem.help.clone().unwrap_or_default(),
        group: problem.code.id.to_owned(),
        controls: Vec::new(),
        attack: Vec::new(),
        resource: ResourceRef {
            id: resource.clone(),
            kind: "Panther.Detection".to_owned(),
            account_id: String::new(),
            region: String::new(),
            name: resource,
            description: String::new(),
            account_name: String::new(),
            team: String::new(),
            environment: String::new(),
        },
        location: problem.place.map(|place| Location { file, start: place.start.into(), end: place.end.into() }),
        suppressed_by: None,
        unknown_facts: Vec::new(),
    }
}

fn place(finding: &Finding) -> (Option<(&str, finding::Position)>, &str, &str) {
    let place = finding.location.as_ref().map(|location| (location.file.as_str(), location.start));
    (place, &finding.detection_id, &finding.title)
}
