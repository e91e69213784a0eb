//! `scan`: judges keys from snapshots.
//!
//! One thread reads, the others judge batches, and what they find is put back into the order of the input. Findings may be
//! held for formats that need them all; resources never are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};

use anyhow::Context as _;
use finding::snapshot::{self, Batch, Batches, Prologue};
use finding::{Document, ErrorRecord, FactContext, Finding, Status, Summary};
use jiff::Timestamp;
use report::{Coverage, GroupBy, Options, Report};

use crate::cli::Scan;
use crate::config::Loaded;
use crate::engine::{Counts, Engine, Shared, Wanted, Yield};
use crate::errors::{ErrorLog, Problems};
use crate::exit::{self, Status as Exit};
use crate::expected::Expected;
use crate::gate::Thresholds;
use crate::output::{self, Outputs};
use crate::selection::{self, Selected};
use crate::suppressions::Suppressions;
use crate::{accounts, baseline, disk, policies};

/// Judges the snapshots that were named.
pub fn run(asked: &Scan) -> anyhow::Result<Exit> {
    let is_live = asked.input.is_live()?;
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let selected = selection::load(&asked.detections, &loaded)?;
    let baseline = asked.baseline.as_deref().map(baseline::read).transpose()?.unwrap_or_default();
    let mut files = Vec::new();
    for path in &asked.input.snapshots {
        files.extend(disk::snapshots(path)?);
    }
    output::spare(&asked.output, &files)?;
    let input = if is_live { live(asked, &loaded, &selected)? } else { Files(files) };
    let outputs = Outputs::open(&asked.output)?;
    let now = asked.input.now.unwrap_or_else(Timestamp::now);
    let expected = Expected::new(&loaded, now);
    Session::new(asked, &loaded, &selected, &expected, outputs).run(input, baseline)
}

/// What is judged.
enum Input {
    /// Snapshots.
    Files(Vec<PathBuf>),
    /// An inventory that was just taken, and what it is of.
    #[cfg(feature = "live")]
    Taken(std::fs::File, String),
}
use Input::Files;

/// Reads AWS: what the selected detections need, and no more.
#[cfg(feature = "live")]
fn live(asked: &Scan, loaded: &Loaded, selected: &Selected) -> anyhow::Result<Input> {
    let needs = crate::needs::of_choice(selected, asked.detections.are_chosen());
    let all = crate::needs::of_selected(selected);
    if all.grants && !needs.grants && !loaded.config.aws.with.iter().any(|name| name == "grants") {
        let text = "grants are not read unless asked for, so AWS.KMS.Grants does not judge: ask with `[aws] with = [\"grants\"]`, or --select";
        output::remark(&asked.output.terminal, text);
    }
    let live = crate::live::Live::connect(&asked.input.live, loaded, needs, &asked.output.terminal)?;
    let taken = live.take()?;
    Ok(Input::Taken(taken.file, taken.subject))
}

#[cfg(not(feature = "live"))]
fn live(_: &Scan, _: &Loaded, _: &Selected) -> anyhow::Result<Input> {
    anyhow::bail!(
        "this build judges snapshots only: name one (for example `keyreeve scan examples/acme`), or `-` for standard input"
    )
}

/// One run over any number of snapshots.
struct Session<'s> {
    asked: &'s Scan,
    loaded: &'s Loaded,
    selected: &'s Selected,
    outputs: Outputs,
    dimensions: Vec<GroupBy>,
    counts: Counts,
    errors: ErrorLog,
    gate: Thresholds,
    found: Found,
    clock: Option<Timestamp>,
    expected: &'s Expected,
    /// What was judged, in a few words.
    subject: String,
}

/// What decides the exit status.
#[derive(Debug, Default)]
struct Found {
    invalid: bool,
    /// Facts of keys that are known to be there could not be read.
    incomplete: bool,
    /// Keys may be missing, nobody knows how many.
    hidden: bool,
    failing: bool,
}

impl<'s> Session<'s> {
    fn new(
        asked: &'s Scan,
        loaded: &'s Loaded,
        selected: &'s Selected,
        expected: &'s Expected,
        outputs: Outputs,
    ) -> Self {
        let group_by = output::group_by(asked.output.group_by);
        // Formats that hold findings show counts by account and team too.
        let mut dimensions: Vec<GroupBy> = group_by.into_iter().collect();
        if !outputs.streams() {
            dimensions.extend([GroupBy::Account, GroupBy::Team]);
        }
        Self {
            asked,
            loaded,
            selected,
            outputs,
            counts: Counts { tally: report::Tally::new(&dimensions), ..Counts::default() },
            dimensions,
            errors: ErrorLog::default(),
            gate: Thresholds::new(&asked.gate, loaded),
            found: Found::default(),
            clock: None,
            expected,
            subject: String::new(),
        }
    }

    fn run(mut self, input: Input, baseline: BTreeSet<String>) -> anyhow::Result<Exit> {
        for problem in &self.selected.problems {
            self.invalid(problem.clone());
        }
        let wall = Timestamp::now();
        let suppressions = Suppressions::new(self.loaded, baseline, self.asked.input.now.unwrap_or(wall));
        match input {
            Files(files) => {
                self.subject = files_shown(&self.asked.input.snapshots);
                for path in &files {
                    self.file(path, &suppressions, wall);
                    if self.outputs.all_failed() {
                        break;
                    }
                }
            }
            #[cfg(feature = "live")]
            Input::Taken(file, subject) => {
                self.reader(&subject, file, &suppressions, wall);
                self.subject = subject;
            }
        }
        for remark in suppressions.remarks().into_iter().chain(self.expected.remarks()) {
            output::remark(&self.asked.output.terminal, &format!("note: {remark}"));
        }
        self.finish(wall)
    }

    /// Judges one snapshot; what is wrong with it becomes an error of the document.
    fn file(&mut self, path: &Path, suppressions: &Suppressions, wall: Timestamp) {
        let name = disk::shown(path);
        match disk::open(path).context("opening it") {
            Ok(reader) => self.reader(&name, reader, suppressions, wall),
            Err(error) => self.unusable(&name, &error),
        }
    }

    fn reader(&mut self, name: &str, reader: impl std::io::Read + Send, suppressions: &Suppressions, wall: Timestamp) {
        let accounts = accounts::configured(&self.loaded.config);
        match accounts.and_then(|accounts| Ok(snapshot::open(reader, accounts)?)) {
            Ok((prologue, batches)) => self.snapshot(name, prologue, batches, suppressions, wall),
            Err(error) => self.unusable(name, &error),
        }
    }

    fn unusable(&mut self, name: &str, error: &anyhow::Error) {
        let message = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        self.invalid(ErrorRecord { message, file: Some(name.to_owned()), ..ErrorRecord::default() });
    }

    fn snapshot<R: std::io::Read + Send>(
        &mut self,
        name: &str,
        prologue: Prologue,
        mut batches: Batches<R>,
        suppressions: &Suppressions,
        wall: Timestamp,
    ) {
        let Prologue { header, accounts, errors, more_errors, problems, mut tally } = prologue;
        for problem in problems {
            self.invalid(problem.record(Some(name)));
        }
        for error in errors {
            self.unread(error);
        }
        if more_errors > 0 {
            self.errors.more_unread(more_errors);
            self.found.hidden |= self.gate.fail_on_unknown.0.is_some();
        }
        let taken = header.as_ref().map(|header| header.collected_at);
        let now = self.asked.input.now.or(taken).unwrap_or(wall);
        self.clock = self.clock.max(Some(now));
        let policies = policies::reader(&self.loaded.config, &accounts);
        let shared = Shared {
            selected: self.selected,
            suppressions,
            expected: self.expected,
            facts: FactContext::new(now, &accounts).reading(&policies),
            wanted: Wanted {
                all: self.asked.output.all,
                min_severity: self.asked.output.min_severity,
                by_resource: !self.dimensions.is_empty(),
            },
            file: name,
        };
        let threads = threads(self.asked.threads);
        let finished = if threads == 1 {
            vec![self.alone(&shared, &mut batches)]
        } else {
            self.together(&shared, batches, threads)
        };
        for (counts, read) in finished {
            self.counts.add(counts);
            tally.add(&read);
        }
        for problem in tally.missing(header.as_ref()) {
            self.unread(problem.record(Some(name)));
        }
    }

    fn alone<R: std::io::Read>(&mut self, shared: &Shared<'_>, batches: &mut Batches<R>) -> Finished {
        let mut engine = Engine::new(shared, &self.dimensions);
        let mut problems = Problems::default();
        while let Some(batch) = batches.next() {
            match batch {
                Ok(batch) => {
                    let found = engine.judge(&batch);
                    batches.recycle(batch);
                    self.take(found);
                }
                Err(problem) => problems.push(problem),
            }
            if self.outputs.all_failed() {
                break;
            }
        }
        self.unreadable(problems, shared.file);
        engine.finish()
    }

    fn together<R: std::io::Read + Send>(
        &mut self,
        shared: &Shared<'_>,
        batches: Batches<R>,
        threads: usize,
    ) -> Vec<Finished> {
        let (to_judge, batches_to_judge) = mpsc::sync_channel::<Batch>(threads);
        let batches_to_judge = Mutex::new(batches_to_judge);
        let (found, results) = mpsc::sync_channel::<(u64, Yield)>(2 * threads);
        let (used, used_up) = mpsc::channel::<Batch>();
        let dimensions = self.dimensions.clone();
        std::thread::scope(|scope| {
            let reading = scope.spawn(move || read(batches, &to_judge, &used_up));
            let engines: Vec<_> = (0..threads)
                .map(|_| {
                    let (queue, found, used, dimensions) =
                        (&batches_to_judge, found.clone(), used.clone(), &dimensions);
                    scope.spawn(move || {
                        let mut engine = Engine::new(shared, dimensions);
                        while let Some(batch) = next(queue) {
                            let result = (batch.number, engine.judge(&batch));
                            // The reader may have ended already; then the memory is not needed again.
                            let _ = used.send(batch);
                            if found.send(result).is_err() {
                                break;
                            }
                        }
                        engine.finish()
                    })
                })
                .collect();
            drop((found, used));
            self.in_order(&results);
            drop(results);
            let problems = reading.join().unwrap_or_default();
            self.unreadable(problems, shared.file);
            engines.into_iter().filter_map(|engine| engine.join().ok()).collect()
        })
    }

    /// Takes results as they come and puts them back into the order of the input.
    fn in_order(&mut self, results: &mpsc::Receiver<(u64, Yield)>) {
        let (mut next, mut early) = (0, BTreeMap::new());
        for (number, found) in results {
            early.insert(number, found);
            while let Some(found) = early.remove(&next) {
                self.take(found);
                next += 1;
            }
            if self.outputs.all_failed() {
                break;
            }
        }
    }

    fn take(&mut self, found: Yield) {
        for problem in found.problems {
            self.invalid(problem);
        }
        for error in found.errors {
            self.unread(error);
        }
        let Thresholds { fail_on, fail_on_unknown: unknown, .. } = self.gate;
        for finding in found.findings {
            self.found.failing |= finding.status == Status::Fail && fail_on.counts(finding.severity);
            self.found.incomplete |=
                finding.status == Status::Unknown && unknown.counts(finding.severity) && !finding.is_expected();
            self.outputs.finding(finding);
        }
        if self.outputs.streams() {
            self.outputs.flush();
        }
    }

    fn invalid(&mut self, error: ErrorRecord) {
        self.found.invalid = true;
        self.errors.invalid(error);
    }

    /// Takes what is wrong with the stream itself: after what is wrong in its lines, on any number of threads.
    fn unreadable(&mut self, problems: Problems, file: &str) {
        for problem in problems.kept {
            self.invalid(problem.record(Some(file)));
        }
        self.errors.more_invalid(problems.more);
    }

    /// Takes what could not be read. Whether that was expected the configuration says, never the input.
    fn unread(&mut self, mut error: ErrorRecord) {
        error.expected = self.expected.error(&error).map(str::to_owned);
        if error.expected.is_none() && self.gate.fail_on_unknown.0.is_some() {
            let hides = error.hides_resources();
            self.found.hidden |= hides;
            self.found.incomplete |= !hides;
        }
        self.errors.unread(error);
    }

    fn finish(mut self, wall: Timestamp) -> anyhow::Result<Exit> {
        let mut findings = self.outputs.take_kept();
        findings.sort_by(in_total_order);
        let hidden = self.errors.hidden();
        let errors = self.errors.take();
        if !self.outputs.shows_errors() {
            errors.iter().for_each(|error| output::complain(&self.asked.output.terminal, error));
        }
        let total = self.counts.tally.total();
        let document = Document {
            schema_version: 1,
            tool: output::tool(),
            summary: Summary {
                resources: self.counts.resources,
                detections: self.selected.detections.len() as u64,
                pass: total.pass,
                fail: total.fail,
                unknown: total.unknown,
                not_applicable: total.not_applicable,
                suppressed: total.suppressed,
            },
            findings,
            errors,
        };
        let coverage = Coverage {
            judged: self.counts.judged,
            total: self.counts.resources,
            unit: "keys".to_owned(),
            unknown_facts: self.counts.unknown_facts,
            expected_facts: self.counts.expected_facts,
            hidden,
        };
        let status = self.status();
        let options = Options {
            color: output::use_color(self.asked.output.terminal.color),
            width: output::width(),
            group_by: output::group_by(self.asked.output.group_by),
            fail_on: self.gate.fail_on.0,
            generated_at: self.clock.unwrap_or(wall),
            coverage,
            subject: self.subject,
            sources: BTreeMap::new(),
        };
        let rules = self.selected.rules();
        let report = Report { document: &document, rules: &rules, tally: &self.counts.tally, options: &options };
        match self.outputs.finish(&report) {
            Err(error) if !exit::is_closed_pipe(&error) => Err(error),
            _ => Ok(status),
        }
    }

    fn status(&self) -> Exit {
        let least = self.gate.min_coverage;
        let enough = least.is_some_and(|least| self.counts.coverage() >= least);
        // Of what may be missing nobody knows the share, so it satisfies only those whom any share satisfies.
        let enough_of_any = least.is_some_and(|least| least <= 0.0);
        [
            (self.found.invalid, Exit::Invalid),
            (self.found.failing, Exit::Found),
            (self.found.incomplete && !enough, Exit::Incomplete),
            (self.found.hidden && !enough_of_any, Exit::Incomplete),
        ]
        .into_iter()
        .filter_map(|(holds, status)| holds.then_some(status))
        .max()
        .unwrap_or(Exit::Clean)
    }
}

fn files_shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| disk::shown(path)).collect::<Vec<_>>().join(", ")
}

type Finished = (Counts, snapshot::Tally);

/// Reads batches until there are no more, or nobody takes them; returns what is wrong with the stream.
fn read<R: std::io::Read>(
    mut batches: Batches<R>,
    to_judge: &mpsc::SyncSender<Batch>,
    used_up: &mpsc::Receiver<Batch>,
) -> Problems {
    let mut problems = Problems::default();
    while let Some(batch) = batches.next() {
        match batch {
            Ok(batch) => {
                if to_judge.send(batch).is_err() {
                    break;
                }
            }
            Err(problem) => problems.push(problem),
        }
        while let Ok(batch) = used_up.try_recv() {
            batches.recycle(batch);
        }
    }
    problems
}

/// The next batch; a thread that panicked while it held the queue has taken nothing with it.
fn next(queue: &Mutex<mpsc::Receiver<Batch>>) -> Option<Batch> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv().ok()
}

fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// The order in which findings are written: by account, region, resource, detection.
fn in_total_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    fn key(finding: &Finding) -> [&str; 5] {
        let resource = &finding.resource;
        [&resource.account_id, &resource.region, &resource.id, &finding.detection_id, &finding.fingerprint]
    }
    key(a).cmp(&key(b))
}
