//! `keypolicy lint`: what is wrong with key policies, as findings that point at the byte.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use finding::{Document, ErrorRecord, Finding, Location, Status, Summary};
use keypolicy::lint::{ALL, Found, Lint, Profile, fixed, run as lints};
use report::{Coverage, Options, Report, Rule, Tally};
use source::LineIndex;

use super::input::{self, Source};
use crate::cli::{LintProfile, PolicyLint};
use crate::config::Loaded;
use crate::exit::{self, NothingSelected, Status as Exit};
use crate::gate::Thresholds;
use crate::output::{self, Outputs};
use crate::{disk, glob};

/// Looks at all policies that were named.
pub fn run(asked: &PolicyLint) -> anyhow::Result<Exit> {
    if let Some(id) = &asked.explain {
        return explain(id);
    }
    let loaded = Loaded::find(asked.about.config.config.as_deref())?;
    let selected = select(asked)?;
    let profile = match asked.profile.or(loaded.config.keypolicy.profile.map(Into::into)) {
        Some(LintProfile::Strict) => Profile::Strict,
        _ => Profile::Default,
    };
    let outputs = Outputs::open(&asked.output)?;
    let mut run = Run::new(asked, outputs, selected, profile, Thresholds::new(&asked.gate, &loaded));
    let read = input::each(asked, &loaded, |source| run.policy(source))?;
    run.invalid |= read.invalid;
    run.incomplete |= read.incomplete;
    run.errors.extend(read.errors);
    run.finish()
}

/// The lints that were selected.
fn select(asked: &PolicyLint) -> anyhow::Result<Vec<&'static Lint>> {
    let named = |patterns: &[String], lint: &Lint| {
        patterns.iter().any(|it| glob::matches(it, lint.id) || glob::matches(it, lint.name))
    };
    let chosen: Vec<&Lint> = ALL
        .iter()
        .filter(|lint| asked.select.is_empty() || named(&asked.select, lint))
        .filter(|lint| !named(&asked.ignore, lint))
        .collect();
    match chosen.is_empty() {
        true => {
            Err(NothingSelected("no lint is selected: `keyreeve keypolicy lint --explain '*'` lists them".to_owned())
                .into())
        }
        false => Ok(chosen),
    }
}

/// The page of a lint, or the list of all.
fn explain(id: &str) -> anyhow::Result<Exit> {
    let fitting: Vec<&Lint> = ALL
        .iter()
        .filter(|lint| glob::matches(&id.to_ascii_uppercase(), lint.id) || glob::matches(id, lint.name))
        .collect();
    let text = match fitting.as_slice() {
        [] => return Err(NothingSelected(format!("no lint is called `{id}`")).into()),
        [lint] => page(lint),
        several => {
            several.iter().map(|lint| format!("{}  {:8}  {}\n", lint.id, lint.severity.name(), lint.title)).collect()
        }
    };
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn page(lint: &Lint) -> String {
    let example = |title: &str, examples: &[keypolicy::lint::Example]| match examples.first() {
        Some(first) => format!("{title}\n\n    {}\n\n", first.policy.replace(['«', '»'], "").replace('\n', "\n    ")),
        None => String::new(),
    };
    format!(
        "{} {}\n{} · {}\n\n{}\n\n{}{}",
        lint.id,
        lint.name,
        lint.severity.name(),
        lint.title,
        lint.page,
        example("Wrong:", lint.bad),
        example("Right:", lint.good),
    )
}

/// One run over any number of policies.
struct Run<'a> {
    asked: &'a PolicyLint,
    outputs: Outputs,
    selected: Vec<&'static Lint>,
    profile: Profile,
    gate: Thresholds,
    tally: Tally,
    errors: Vec<ErrorRecord>,
    sources: BTreeMap<String, String>,
    policies: u64,
    mended: usize,
    failing: bool,
    invalid: bool,
    incomplete: bool,
}

impl<'a> Run<'a> {
    fn new(
        asked: &'a PolicyLint,
        outputs: Outputs,
        selected: Vec<&'static Lint>,
        profile: Profile,
        gate: Thresholds,
    ) -> Self {
        Self {
            asked,
            outputs,
            selected,
            profile,
            gate,
            tally: Tally::default(),
            errors: Vec::new(),
            sources: BTreeMap::new(),
            policies: 0,
            mended: 0,
            failing: false,
            invalid: false,
            incomplete: false,
        }
    }

    fn policy(&mut self, mut source: Source) {
        let mut found = match self.look(&source) {
            Ok(found) => found,
            Err(error) => {
                self.invalid = true;
                return self.errors.push(*error);
            }
        };
        if self.asked.fix
            && let Some(file) = source.file.clone()
        {
            match self.mend(&mut source, &found, &file) {
                Ok(true) => found = self.look(&source).unwrap_or_default(),
                Ok(false) => {}
                Err(error) => {
                    self.invalid = true;
                    let file = Some(source.resource.id.clone());
                    self.errors.push(ErrorRecord { message: format!("{error:#}"), file, ..ErrorRecord::default() });
                }
            }
        }
        self.policies += 1;
        let index = LineIndex::new(&source.text);
        for found in found {
            self.finding(&source, &index, &found);
        }
        if source.resource.kind == "AWS.KMS.KeyPolicy" {
            self.sources.insert(source.resource.id.clone(), source.text);
        }
    }

    /// What is wrong with one policy.
    fn look(&self, source: &Source) -> Result<Vec<Found>, Box<ErrorRecord>> {
        let policy = keypolicy::parse(&source.text).map_err(|error| {
            let place = LineIndex::new(&source.text).position(error.span.start);
            let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
            Box::new(ErrorRecord {
                message: format!("{}:{}: {}{help}", place.line, place.column, error.message),
                file: Some(source.resource.id.clone()),
                ..ErrorRecord::default()
            })
        })?;
        let all = lints(&source.text, &policy, &source.context, self.profile);
        Ok(all.into_iter().filter(|found| self.selected.iter().any(|lint| lint.id == found.id)).collect())
    }

    /// Writes the mended text; whether there was something to mend.
    fn mend(&mut self, source: &mut Source, found: &[Found], file: &std::path::Path) -> anyhow::Result<bool> {
        let text = fixed(&source.text, found, self.asked.unsafe_fixes);
        if text == source.text {
            return Ok(false);
        }
        keypolicy::parse(&text).ok().context("the mended policy cannot be read, so it was not written")?;
        // Beside it first, so that a full disk does not cost the policy.
        let beside = file.with_extension("keyreeve-fix");
        fs::write(&beside, &text)
            .and_then(|()| fs::rename(&beside, file))
            .with_context(|| format!("writing {}", file.display()))?;
        source.text = text;
        self.mended += 1;
        Ok(true)
    }

    fn finding(&mut self, source: &Source, index: &LineIndex, found: &Found) {
        let finding = finding_of(source, index, found);
        let slot = self.tally.detection(&finding.detection_id, &finding.controls);
        self.tally.add(slot, report::Subject::from(&finding.resource), finding.status, finding.severity);
        self.failing |= self.gate.fail_on.counts(finding.severity);
        if finding.severity >= self.asked.output.min_severity {
            self.outputs.finding(finding);
        }
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        if self.mended > 0 {
            output::remark(&self.asked.output.terminal, &format!("{} mended", count(self.mended, "file", "files")));
        }
        if !self.outputs.shows_errors() {
            self.errors.iter().for_each(|error| output::complain(&self.asked.output.terminal, error));
        }
        let judged = self.policies;
        let total = judged + self.errors.len() as u64;
        let status = [(self.invalid, Exit::Invalid), (self.failing, Exit::Found), (self.incomplete, Exit::Incomplete)];
        let status = status.into_iter().find_map(|(holds, status)| holds.then_some(status)).unwrap_or(Exit::Clean);
        let fail = self.tally.total().fail;
        let document = Document {
            schema_version: 1,
            tool: output::tool(),
            summary: Summary { resources: total, detections: self.selected.len() as u64, fail, ..Summary::default() },
            findings: self.outputs.take_kept(),
            errors: self.errors,
        };
        let options = Options {
            color: output::use_color(self.asked.output.terminal.color),
            width: output::width(),
            group_by: output::group_by(self.asked.output.group_by),
            fail_on: self.gate.fail_on.0,
            generated_at: jiff::Timestamp::UNIX_EPOCH,
            coverage: Coverage { judged, total, unit: "key policies".to_owned(), ..Coverage::default() },
            subject: self.asked.files.iter().map(|path| disk::shown(path)).collect::<Vec<_>>().join(", "),
            sources: self.sources,
        };
        let rules: Vec<Rule> = self.selected.iter().map(|lint| rule(lint)).collect();
        match self.outputs.finish(&Report { document: &document, rules: &rules, tally: &self.tally, options: &options })
        {
            Err(error) if !exit::is_closed_pipe(&error) => Err(error),
            _ => Ok(status),
        }
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn rule(lint: &Lint) -> Rule {
    Rule {
        id: lint.id.to_owned(),
        name: lint.name.to_owned(),
        summary: lint.title.to_owned(),
        description: lint.page.to_owned(),
        severity: Some(lint.severity),
        controls: controls(lint.id),
        ..Rule::default()
    }
}

/// The Security Hub control that a lint is about.
fn controls(id: &str) -> Vec<String> {
    match id {
        "KP020" | "KP022" | "KP028" | "KP040" | "KP042" | "KP049" => vec!["KMS.5".to_owned()],
        _ => Vec::new(),
    }
}

fn finding_of(source: &Source, index: &LineIndex, found: &Found) -> Finding {
    let written = source.text.get(found.span.start..found.span.end).unwrap_or_default();
    let place = |offset| index.position(offset).into();
    let is_file = source.resource.kind == "AWS.KMS.KeyPolicy";
    let reason = match (is_file, found.statement) {
        (false, Some(statement)) => format!("statement {} of the key policy: {}", statement + 1, shortened(written)),
        _ => String::new(),
    };
    Finding {
        // Content, not place: it outlives lines that move.
        fingerprint: finding::fingerprint(found.id, &source.resource.id, &[written, &found.message]),
        detection_id: found.id.to_owned(),
        status: Status::Fail,
        severity: found.severity,
        title: found.message.clone(),
        reason,
        remediation: found.help.clone(),
        group: found.id.to_owned(),
        controls: controls(found.id),
        attack: Vec::new(),
        resource: source.resource.clone(),
        location: is_file.then(|| Location {
            file: source.resource.id.clone(),
            start: place(found.span.start),
            end: place(found.span.end),
        }),
        suppressed_by: None,
        unknown_facts: Vec::new(),
    }
}

/// A stretch of a policy in one line.
fn shortened(written: &str) -> String {
    const MOST: usize = 120;
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
