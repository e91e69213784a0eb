//! Where results go: one format to standard output, any number more to files, all in one run.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use finding::{ErrorRecord, Finding, Refusal, Tool};
use report::{Format, Options, Report, Stream};

use crate::cli::{Color, GroupBy, Output, Terminal};
use crate::exit;

/// Refuses to write over what is about to be read: a file that is made is empty before the first of it was judged.
pub fn spare(asked: &Output, inputs: &[PathBuf]) -> anyhow::Result<()> {
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    match asked.output.iter().find(|(_, path)| path.is_file() && inputs.iter().any(|input| same(path, input))) {
        Some((_, path)) => {
            bail!("writing {}: it is one of the snapshots to be judged; name another file", path.display())
        }
        None => Ok(()),
    }
}

/// The places that results go to.
pub struct Outputs {
    targets: Vec<Target>,
    /// Findings are kept only if a format needs them all.
    kept: Option<Vec<Finding>>,
    quiet: bool,
}

struct Target {
    format: Format,
    stream: Option<Stream>,
    writer: BufWriter<Box<dyn Write>>,
    name: String,
    /// What went wrong first; nothing is written after it, the other targets go on.
    failed: Option<io::Error>,
}

impl Outputs {
    /// Opens every place, so that one that cannot be written is known before the work.
    pub fn open(asked: &Output) -> anyhow::Result<Self> {
        let format =
            asked.format.unwrap_or_else(|| if io::stdout().is_terminal() { Format::Pretty } else { Format::Concise });
        let color = use_color(asked.terminal.color);
        let mut targets = vec![Target::new(format, color, Box::new(io::stdout()), "standard output".to_owned())];
        let mut made = Vec::new();
        for (format, path) in &asked.output {
            let file = create(path)?;
            // Two writers of one plain file would write through each other.
            if let Some(place) = path.canonicalize().ok().filter(|place| place.is_file()) {
                if made.contains(&place) {
                    bail!("writing {}: two formats go there; give each a file of its own", path.display());
                }
                made.push(place);
            }
            targets.push(Target::new(*format, false, Box::new(file), path.display().to_string()));
        }
        let streams = targets.iter().all(|target| target.stream.is_some());
        Ok(Self { targets, kept: (!streams).then(Vec::new), quiet: asked.terminal.quiet })
    }

    /// Whether the findings come out as they are found.
    pub fn streams(&self) -> bool {
        self.kept.is_none()
    }

    /// Whether standard output tells a person what could not be read, so that standard error need not.
    pub fn shows_errors(&self) -> bool {
        self.targets.first().is_some_and(|target| target.format == Format::Pretty)
    }

    /// One more finding, in the order of the input.
    pub fn finding(&mut self, finding: Finding) {
        if self.kept.is_none() {
            for target in &mut self.targets {
                target.try_write(|target, out| target.map_or(Ok(()), |stream| stream.finding(&finding, out)));
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.push(finding);
        }
    }

    /// Hands on what streams have written so far: the reader of a pipe sees findings while later ones are searched.
    pub fn flush(&mut self) {
        for target in &mut self.targets {
            target.try_write(|_, out| out.flush());
        }
    }

    /// All findings that were kept.
    pub fn take_kept(&mut self) -> Vec<Finding> {
        self.kept.take().unwrap_or_default()
    }

    /// Whether every place is closed to us: then there is no use in going on.
    pub fn all_failed(&self) -> bool {
        self.targets.iter().all(|target| target.failed.is_some())
    }

    /// Writes everything that is left, everywhere; the first failure is returned when all is done.
    pub fn finish(mut self, report: &Report<'_>) -> anyhow::Result<()> {
        let streamed = report.document.findings.is_empty();
        if !self.quiet && self.targets.iter().any(|target| target.format == Format::Asff) {
            tell_left_out(&report.document.findings);
        }
        for target in &mut self.targets {
            let (format, options) = (target.format, target.options(report.options));
            let report = Report { options: &options, ..*report };
            target.try_write(|stream, out| match stream {
                Some(stream) => {
                    if !streamed {
                        report.document.findings.iter().try_for_each(|finding| stream.finding(finding, out))?;
                    }
                    stream.finish(report.options, report.tally, out)
                }
                None => report::write(format, &report, out),
            });
            target.try_write(|_, out| out.flush());
        }
        match self.targets.into_iter().find_map(|target| target.failed.map(|error| (target.name, error))) {
            Some((name, error)) => Err(error).with_context(|| format!("writing {name}")),
            None => Ok(()),
        }
    }
}

/// Findings that are named one by one where a format cannot take them; the rest are counted.
const NAMED: usize = 10;

/// Says which findings Security Hub cannot import.
fn tell_left_out(findings: &[Finding]) {
    let left_out: Vec<&Finding> = findings.iter().filter(|finding| !report::asff::importable(finding)).collect();
    if left_out.is_empty() {
        return;
    }
    let names = left_out.iter().take(NAMED).map(|finding| format!("{} {}", finding.detection_id, finding.resource.id));
    let more = left_out.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let (count, what) = (left_out.len(), if left_out.len() == 1 { "finding is" } else { "findings are" });
    let names = names.collect::<Vec<_>>().join(", ");
    let text = format!(
        "note: {count} {what} not in the asff output, because Security Hub takes only those of a resource in a known account and region: {names}{more}"
    );
    anstream::eprintln!("{}", report::escape_terminal(&text));
}

impl Target {
    fn new(format: Format, color: bool, writer: Box<dyn Write>, name: String) -> Self {
        Self {
            format,
            stream: Stream::new(format, color),
            writer: BufWriter::with_capacity(64 << 10, writer),
            name,
            failed: None,
        }
    }

    /// Only what a terminal shows is coloured.
    fn options(&self, options: &Options) -> Options {
        Options { color: options.color && self.name == "standard output", ..options.clone() }
    }

    fn try_write(&mut self, write: impl FnOnce(Option<&mut Stream>, &mut dyn Write) -> io::Result<()>) {
        if self.failed.is_none()
            && let Err(error) = write(self.stream.as_mut(), &mut self.writer)
        {
            self.failed = Some(error);
        }
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("creating {}", path.display()))
}

/// Whether standard output gets colours: `NO_COLOR`, `CLICOLOR_FORCE` and the terminal decide unless told.
pub fn use_color(asked: Color) -> bool {
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// The columns to write for: `COLUMNS`, else the terminal's, else 100.
pub fn width() -> u16 {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(width, _)| width.0);
    told.or_else(seen).filter(|&columns| columns >= 20).unwrap_or(100)
}

/// The dimension to group by.
pub fn group_by(asked: Option<GroupBy>) -> Option<report::GroupBy> {
    asked.map(|asked| match asked {
        GroupBy::Detection => report::GroupBy::Detection,
        GroupBy::Key => report::GroupBy::Key,
        GroupBy::Account => report::GroupBy::Account,
        GroupBy::Team => report::GroupBy::Team,
        GroupBy::Control => report::GroupBy::Control,
        GroupBy::Framework => report::GroupBy::Framework,
    })
}

/// Writes text to standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("writing standard output")
}

/// Writes a value as indented JSON to standard output.
pub fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// A remark on standard error, unless `-q`.
pub fn remark(terminal: &Terminal, text: &str) {
    if !terminal.quiet {
        anstream::eprintln!("{}", report::escape_terminal(text));
    }
}

/// Says on standard error what is wrong with an input.
pub fn complain_of(file: &str, problem: &finding::snapshot::Problem) {
    let place = problem.place.map(|place| format!("{}:{}:", place.line, place.column)).unwrap_or_default();
    anstream::eprintln!("{}: {file}:{place} {}", exit::error_word(), report::escape_terminal(&problem.message));
}

/// Says on standard error what could not be read or is not valid; a mere note where that was expected.
pub fn complain(terminal: &Terminal, error: &ErrorRecord) {
    let message = told(error);
    match &error.expected {
        Some(reason) => remark(terminal, &format!("note: {message} (expected: {reason})")),
        None => anstream::eprintln!("{}: {}", exit::error_word(), report::escape_terminal(&message)),
    }
}

/// Where it happened, what kind of refusal it was if one, AWS's words, and what to do.
fn told(error: &ErrorRecord) -> String {
    let parts = [&error.file, &error.account_id, &error.region, &error.operation, &error.code];
    let mut place: Vec<String> = parts.into_iter().flatten().cloned().collect();
    let refusal = error.refusal().filter(|class| *class != Refusal::Other);
    place.extend(refusal.map(|class| format!("({class})")));
    let place = if place.is_empty() { String::new() } else { place.join(" ") + ": " };
    let remedy = refusal.and_then(Refusal::remedy).map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("{place}{}{remedy}", error.message.trim_end_matches('.'))
}

/// What writes our documents.
pub fn tool() -> Tool {
    Tool { name: "keyreeve".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}
