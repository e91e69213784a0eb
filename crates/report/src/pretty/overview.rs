//! The end of `pretty`: what could not be read, the counts, the pass rates.

use std::io;

use finding::{ErrorRecord, Severity, Status};

use crate::model::Report;
use crate::style::{Paint, symbol};
use crate::table::Table;
use crate::tally::{Counts, Group, GroupBy};
use crate::text::{brief, counted, joined, line, number, remark, width, wrap};

/// Terminals at least so wide get the table.
const WIDE: usize = 120;
/// Errors, and groups other than detections, that are listed; the rest are counted.
const LISTED: usize = 20;

/// Writes everything between the last block and the last line.
pub(super) fn write(report: &Report<'_>, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    errors(report, paint, out)?;
    totals(report, paint, out)?;
    rates(report, GroupBy::Detection, usize::MAX, paint, out)?;
    match report.options.group_by {
        Some(by) if by != GroupBy::Detection => rates(report, by, LISTED, paint, out),
        _ => Ok(()),
    }
}

/// What a group is called: its key, and its label where that says more.
pub(super) fn group_name(report: &Report<'_>, by: GroupBy, group: &Group) -> String {
    let label = match by {
        GroupBy::Detection => report.rules.iter().find(|rule| rule.id == group.key).map_or("", |rule| &rule.name),
        _ => &group.label,
    };
    let key = if group.key.is_empty() { by.nameless() } else { &group.key };
    match by {
        GroupBy::Key if !label.is_empty() => joined([label, key], " · "),
        _ => joined([key, label], " · "),
    }
}

/// `184 pass, 12 fail, 3 unknown`; what is zero is left out, but for passes.
pub(super) fn counts_sentence(counts: Counts) -> String {
    let words = [
        (counts.fail, "fail"),
        (counts.unknown, "unknown"),
        (counts.suppressed, "suppressed"),
        (counts.not_applicable, "not applicable"),
    ];
    let others = words.iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, word)| format!(", {} {word}", number(*count)));
    format!("{} pass{}", number(counts.pass), others.collect::<String>())
}

fn errors(report: &Report<'_>, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let errors = &report.document.errors;
    if errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint.bold(&format!("Could not be read or run: {}", number(errors.len() as u64))))?;
    let columns = usize::from(report.options.width).clamp(super::NARROWEST, super::READABLE);
    for error in errors.iter().take(LISTED) {
        for (index, text) in wrap(&error_sentence(error), columns - 4).iter().enumerate() {
            writeln!(out, "  {} {text}", if index == 0 { '!' } else { ' ' })?;
        }
    }
    more(errors.len(), LISTED, out)?;
    writeln!(out)
}

fn error_sentence(error: &ErrorRecord) -> String {
    let place = [&error.file, &error.account_id, &error.region, &error.operation, &error.code];
    let place = joined(place.into_iter().filter_map(|part| part.as_deref()), " ");
    let expected = error.expected.as_deref().map(|reason| format!(" {}", remark(Some(reason)))).unwrap_or_default();
    let message = line(&error.message);
    if place.is_empty() { format!("{message}{expected}") } else { format!("{place}: {message}{expected}") }
}

fn totals(report: &Report<'_>, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = &report.document.summary;
    let counts = Counts {
        pass: summary.pass,
        fail: summary.fail,
        unknown: summary.unknown,
        not_applicable: summary.not_applicable,
        suppressed: summary.suppressed,
    };
    let resources = counted(summary.resources, "resource", "resources");
    let detections = counted(summary.detections, "detection", "detections");
    writeln!(out, "{}", paint.bold(&format!("{resources}, {detections}")))?;
    for status in Status::ALL.into_iter().filter(|status| counts.of(*status) > 0) {
        let verdict = paint.status(status, &format!("{} {:14}", symbol(status), status.name()));
        let severities = severities(report, status, paint);
        writeln!(out, "{}", format!("  {verdict} {:>9}  {severities}", number(counts.of(status))).trim_end())?;
    }
    writeln!(out)
}

/// `3 CRITICAL, 8 HIGH` for the statuses that ask for something.
fn severities(report: &Report<'_>, status: Status, paint: Paint) -> String {
    if !matches!(status, Status::Fail | Status::Unknown) {
        return String::new();
    }
    let counts = Severity::ALL.into_iter().rev().map(|severity| (severity, report.tally.of_severity(status, severity)));
    let present = counts.filter(|(_, count)| *count > 0);
    let words = present.map(|(severity, count)| paint.severity(severity, &format!("{} {severity}", number(count))));
    words.collect::<Vec<_>>().join(", ")
}

fn rates(report: &Report<'_>, by: GroupBy, listed: usize, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let groups = report.tally.groups(by);
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint.bold(&format!("Pass rate by {}", by.name())))?;
    let shown = &groups[..groups.len().min(listed)];
    if usize::from(report.options.width) >= WIDE {
        table(report, by, shown, paint, out)?;
    } else {
        list(report, by, shown, out)?;
    }
    more(groups.len(), listed, out)?;
    writeln!(out)
}

fn list(report: &Report<'_>, by: GroupBy, groups: &[Group], out: &mut dyn io::Write) -> io::Result<()> {
    let name = |group: &Group| match by {
        GroupBy::Detection => brief(&group.key),
        _ => group_name(report, by, group),
    };
    let widest = groups.iter().map(|group| width(&name(group))).max().unwrap_or(0).min(48);
    for group in groups {
        let name = name(group);
        let pad = " ".repeat(widest.saturating_sub(width(&name)));
        let rate = group.counts.pass_rate().unwrap_or_else(|| "–".to_owned());
        writeln!(out, "  {rate:>7}  {name}{pad}  {}", counts_sentence(group.counts))?;
    }
    Ok(())
}

fn table(report: &Report<'_>, by: GroupBy, groups: &[Group], paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let numbers = ["pass rate", "FAIL", "UNKNOWN", "PASS", "SUPPRESSED", "N/A"].map(|name| (name, true));
    let mut table = Table::new(&[&[(by.name(), false), ("", false)], &numbers[..]].concat());
    for group in groups {
        let counts = group.counts;
        let rate = counts.pass_rate().unwrap_or_else(|| "–".to_owned());
        let mut cells = vec![group_name(report, by, group), bar(counts), rate];
        cells.extend([counts.fail, counts.unknown, counts.pass, counts.suppressed, counts.not_applicable].map(number));
        table.row(cells);
    }
    let columns = usize::from(report.options.width).min(160) - 2;
    for (index, line) in table.lines(columns).iter().enumerate() {
        writeln!(out, "  {}", if index == 0 { paint.dim(line) } else { line.clone() })?;
    }
    Ok(())
}

/// Ten cells, as many filled as tenths pass; never all of them unless all pass.
fn bar(counts: Counts) -> String {
    match (counts.pass * 10).checked_div(counts.arising()) {
        Some(filled) => (0..10).map(|cell| if cell < filled { '█' } else { '░' }).collect(),
        None => String::new(),
    }
}

fn more(count: usize, listed: usize, out: &mut dyn io::Write) -> io::Result<()> {
    match count.checked_sub(listed) {
        None | Some(0) => Ok(()),
        Some(rest) => writeln!(out, "  … and {} more", number(rest as u64)),
    }
}
