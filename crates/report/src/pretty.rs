//! `pretty`: a block for every finding, then what the run as a whole says; for a person at a terminal.

mod excerpt;
mod folded;
mod overview;

use std::collections::{BTreeMap, HashSet};
use std::io;

use finding::{Finding, ResourceRef, Status};
use folded::folded;

use crate::model::Report;
use crate::order::worst_first;
use crate::style::{Paint, symbol};
use crate::tally::{Group, GroupBy};
use crate::text::{brief, cut, joined, line, width, wrap};

/// Text is set no wider than this, however wide the terminal is: longer lines are hard to read.
const READABLE: usize = 100;
/// Nor narrower than this.
const NARROWEST: usize = 40;
/// Columns of the labels in front of a block's paragraphs.
const LABEL: usize = 10;

/// Writes the whole report.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let page = Page::new(report);
    match report.options.group_by {
        Some(by) => page.grouped(by, out)?,
        None => folded(worst_first(&report.document.findings))
            .iter()
            .try_for_each(|folded| page.block(folded.first, &folded.others, out))?,
    }
    overview::write(report, page.paint, out)?;
    writeln!(out, "{}", report.options.last_line(report.tally))
}

struct Page<'a> {
    report: &'a Report<'a>,
    paint: Paint,
    columns: usize,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report<'a>) -> Self {
        let columns = usize::from(report.options.width).clamp(NARROWEST, READABLE);
        Self { report, paint: Paint::new(report.options.color), columns }
    }

    /// The findings under headings. One that belongs to several groups is shown whole in the first, named in the others.
    fn grouped(&self, by: GroupBy, out: &mut dyn io::Write) -> io::Result<()> {
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, finding) in self.report.document.findings.iter().enumerate() {
            by.keys(finding).into_iter().for_each(|key| members.entry(key).or_default().push(index));
        }
        let mut shown = HashSet::new();
        let mut groups = self.report.tally.groups(by);
        let counted: HashSet<_> = groups.iter().map(|group| group.key.clone()).collect();
        let uncounted = members.keys().filter(|key| !counted.contains(*key)).cloned();
        groups.extend(
            uncounted.map(|key| Group { key, label: String::new(), counts: Default::default() }).collect::<Vec<_>>(),
        );
        for group in groups {
            let Some(indices) = members.get(&group.key) else { continue };
            self.heading(by, &group, out)?;
            for index in indices {
                let Some(finding) = self.report.document.findings.get(*index) else { continue };
                if shown.insert(*index) { self.block(finding, &[], out)? } else { self.again(finding, out)? }
            }
        }
        Ok(())
    }

    fn heading(&self, by: GroupBy, group: &Group, out: &mut dyn io::Write) -> io::Result<()> {
        let name = overview::group_name(self.report, by, group);
        let rate = match group.counts.pass_rate() {
            Some(rate) => format!("{rate} pass: {}", overview::counts_sentence(group.counts)),
            None => String::new(),
        };
        let rule = "─".repeat(self.columns.saturating_sub(width(&name) + 4));
        writeln!(out, "{} {} {}", self.paint.dim("──"), self.paint.bold(&name), self.paint.dim(&rule))?;
        writeln!(out, "   {rate}\n")
    }

    fn again(&self, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        let title = brief(&finding.title);
        writeln!(out, "{}: {title} {}\n", self.verdict(finding), self.paint.dim("(shown above)"))
    }

    fn verdict(&self, finding: &Finding) -> String {
        let status = format!("{} {}", symbol(finding.status), finding.status);
        let severity = self.paint.severity(finding.severity, finding.severity.name());
        let room = self.columns.saturating_sub(width(&status) + width(finding.severity.name()) + 3);
        let name = cut(&name(&finding.resource), room);
        format!("{} {severity}  {}", self.paint.status(finding.status, &status), self.paint.bold(&name))
    }

    /// A finding; `others` are those that cannot tell for the same reason, and are named with it.
    fn block(&self, finding: &Finding, others: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.verdict(finding))?;
        for text in wrap(&finding.title, self.columns.saturating_sub(2)) {
            writeln!(out, "  {}", self.paint.bold(&text))?;
        }
        match self.excerpt(finding) {
            Some(excerpt) => writeln!(out, "{excerpt}")?,
            None => self.labelled("where", &place(finding), out)?,
        }
        if finding.resource.id != finding.resource.name {
            self.labelled("resource", &finding.resource.id, out)?;
        }
        self.labelled("fact", &finding.reason, out)?;
        for fact in &finding.unknown_facts {
            let cause = joined([&*fact.operation, &fact.code], " answered ");
            self.labelled("not read", &joined([&*fact.field, &cause, &fact.message], ": "), out)?;
            self.labelled("expected", fact.expected.as_deref().unwrap_or_default(), out)?;
        }
        if matches!(finding.status, Status::Fail | Status::Unknown) {
            self.labelled("why", &self.stakes(finding), out)?;
            self.labelled("fix", &finding.remediation, out)?;
        }
        if let Some(rule) = &finding.suppressed_by {
            self.labelled("accepted", &format!("by suppression {rule}"), out)?;
        }
        if !others.is_empty() {
            let names = joined(others.iter().map(|other| other.detection_id.as_str()), ", ");
            self.labelled("also", &format!("{names}: they need the same"), out)?;
        }
        let controls = joined(finding.controls.iter().map(String::as_str), ", ");
        let attack = joined(finding.attack.iter().map(String::as_str), ", ");
        self.labelled("rule", &joined([&*finding.detection_id, &controls, &attack], " · "), out)?;
        writeln!(out)
    }

    /// The lines that the finding points at, where their text is known.
    fn excerpt(&self, finding: &Finding) -> Option<String> {
        let location = finding.location.as_ref()?;
        let text = self.report.options.sources.get(&location.file)?;
        Some(excerpt::excerpt(text, location, self.columns, self.report.options.color))
    }

    /// A paragraph with its label in front; nothing where there is no text.
    fn labelled(&self, label: &str, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let label = format!("{label:LABEL$}");
        for (index, text) in wrap(text, self.columns.saturating_sub(LABEL + 2)).iter().enumerate() {
            let front = if index == 0 { self.paint.dim(&label) } else { " ".repeat(LABEL) };
            writeln!(out, "{}", format!("  {front}{text}").trim_end())?;
        }
        Ok(())
    }

    /// Why it matters, for this resource.
    fn stakes(&self, finding: &Finding) -> String {
        let risk = self.report.rule(finding).map_or("", |rule| rule.risk.as_str()).trim();
        let context = crate::text::context(&finding.resource);
        [risk, &context].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// What a person calls it.
fn name(resource: &ResourceRef) -> String {
    brief(if resource.name.is_empty() { &resource.id } else { &resource.name })
}

/// `111111111111 acme-prod · eu-north-1 · production · team payments`, or the place in a file.
fn place(finding: &Finding) -> String {
    let resource = &finding.resource;
    let file = finding.location.as_ref().map_or_else(String::new, |location| {
        format!("{}:{}:{}", line(&location.file), location.start.line, location.start.column)
    });
    let account = joined([&*resource.account_id, &resource.account_name], " ");
    let team = if resource.team.is_empty() { String::new() } else { format!("team {}", resource.team) };
    let environment = if resource.environment == "unknown" { "environment unknown" } else { &resource.environment };
    joined([&*file, &account, &resource.region, environment, &team], " · ")
}
