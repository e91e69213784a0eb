//! `html`: one self-contained page that a manager can read and an engineer can work from; no script, nothing loaded.

mod chart;
mod detections;
mod findings;

use std::io;

use finding::{ErrorRecord, Severity, Status};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::model::Report;
use crate::tally::{Counts, Group, GroupBy};
use crate::text::{LONGEST, counted, cut, expected, joined, line, number};

const STYLE: &str = include_str!("html/page.css");
/// Rows of a chart; the rest are counted.
const ROWS: usize = 15;
/// Errors that are listed; the rest are counted.
const ERRORS: usize = 200;

/// Writes the page.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(page(report).into_string().as_bytes())
}

fn page(report: &Report<'_>) -> Markup {
    let (subject, date) = (line(&report.options.subject), date(report));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { "Key governance report" @if !subject.is_empty() { " · " (subject) } " · " (date) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a .skip href="#main" { "Skip to the report" }
                (chart::patterns())
                (masthead(report))
                main #main {
                    (overview(report))
                    (findings::section(report))
                    (detections::section(report))
                    (unread(report))
                }
                (colophon(report))
            }
        }
    }
}

/// Nothing may load, run or be sent; the one style is named by its hash.
fn policy() -> String {
    let hash = base64(&Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().fold(0, |block, byte| block << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(block >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

fn date(report: &Report<'_>) -> String {
    report.options.generated_at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn masthead(report: &Report<'_>) -> Markup {
    let total = report.tally.total();
    let subject = line(&report.options.subject);
    html! {
        header .masthead {
            div .wide {
                p .brand { (chart::logo()) "Keyreeve" }
                h1 { (headline(report)) }
                p .lead { (lead(report, total)) }
                p .meta {
                    @if !subject.is_empty() { span { (subject) } }
                    span { "facts of " (date(report)) }
                    span { (line(&report.document.tool.name)) " " (line(&report.document.tool.version)) }
                }
                nav aria-label="Sections" {
                    a href="#overview" { "Overview" }
                    a href="#findings" { "Findings" }
                    a href="#detections" { "Detections" }
                    @if !report.document.errors.is_empty() { a href="#unread" { "Not read" } }
                }
            }
        }
    }
}

fn headline(report: &Report<'_>) -> String {
    let total = report.tally.total();
    let urgent = [Severity::Critical, Severity::High].map(|severity| report.tally.of_severity(Status::Fail, severity));
    match (total.fail, urgent.iter().sum::<u64>(), total.unknown) {
        (0, _, 0) if report.document.errors.is_empty() => "Every verdict is as it should be".to_owned(),
        (0, _, 0) => "No findings, but not everything could be read".to_owned(),
        (0, _, unknown) => {
            format!("No findings, but {}", counted(unknown, "verdict is unknown", "verdicts are unknown"))
        }
        (fail, 0, _) => format!("{}, none of them urgent", counted(fail, "finding", "findings")),
        (fail, urgent, _) if fail == urgent => {
            counted(fail, "finding, and it is urgent", "findings, all of them urgent")
        }
        (fail, urgent, _) => format!("{}, {} of them urgent", counted(fail, "finding", "findings"), number(urgent)),
    }
}

fn lead(report: &Report<'_>, total: Counts) -> String {
    let summary = &report.document.summary;
    let resources = counted(summary.resources, "resource", "resources");
    let detections = counted(summary.detections, "detection", "detections");
    let passed = match total.pass_rate() {
        Some(rate) => format!("{rate} of {} pass", counted(total.arising(), "verdict", "verdicts")),
        None => "no question arose".to_owned(),
    };
    format!("{resources} judged by {detections}: {passed}. Urgent means critical or high.")
}

fn overview(report: &Report<'_>) -> Markup {
    let total = report.tally.total();
    html! {
        section #overview {
            h2 { "Overview" }
            (incomplete(report))
            div .cards {
                (chart::donut(total))
                (card("Findings", &number(total.fail), &severity_words(report), "fail"))
                (card("Unknown", &number(total.unknown), &facts(report), "unknown"))
                (coverage(report))
            }
            (findings::first(report))
            div .columns {
                figure .panel {
                    figcaption { h3 { "Findings by severity" } }
                    (chart::severities(report))
                }
                figure .panel {
                    figcaption { h3 { "Verdicts" } }
                    (chart::verdicts(total))
                }
            }
            (rates(report, GroupBy::Detection, "Pass rate by detection"))
            div .flow {
                (rates(report, GroupBy::Account, "Pass rate by account"))
                (rates(report, GroupBy::Framework, "Pass rate by framework"))
                @match report.options.group_by {
                    Some(by @ GroupBy::Key) => (rates(report, by, "Pass rate by key")),
                    Some(by @ GroupBy::Team) => (rates(report, by, "Pass rate by team")),
                    Some(by @ GroupBy::Control) => (rates(report, by, "Pass rate by control")),
                    _ => {}
                }
            }
        }
    }
}

fn incomplete(report: &Report<'_>) -> Markup {
    let (errors, unread) = (report.document.errors.len() as u64, report.options.coverage.unknown_facts);
    html! {
        @if errors > 0 || unread > 0 {
            p .notice role="note" {
                strong { "This report is incomplete. " }
                (counted(unread, "fact", "facts")) " could not be read"
                @if errors > 0 {
                    ", and " a href="#unread" { (counted(errors, "call or file", "calls or files")) " failed" }
                }
                ". A verdict that depends on such a fact is unknown; it never counts as a pass."
            }
        }
    }
}

fn card(title: &str, figure: &str, words: &str, class: &str) -> Markup {
    html! {
        div .card.(class) {
            h3 { (title) }
            p .figure { (figure) }
            p .words { (words) }
        }
    }
}

fn coverage(report: &Report<'_>) -> Markup {
    let coverage = &report.options.coverage;
    let percent = crate::text::percent(coverage.judged, coverage.total).unwrap_or_else(|| "–".to_owned());
    let words =
        format!("{} of {} {} fully judged", number(coverage.judged), number(coverage.total), line(&coverage.unit));
    card("Coverage", &percent, &words, "coverage")
}

fn severity_words(report: &Report<'_>) -> String {
    let counts = Severity::ALL.into_iter().rev().filter_map(|severity| {
        let count = report.tally.of_severity(Status::Fail, severity);
        (count > 0).then(|| format!("{} {}", number(count), severity.name().to_ascii_lowercase()))
    });
    let words = counts.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "nothing breaks the baseline".to_owned() } else { words }
}

fn facts(report: &Report<'_>) -> String {
    report.options.coverage.facts()
}

fn rates(report: &Report<'_>, by: GroupBy, title: &str) -> Markup {
    let groups = report.tally.groups(by);
    let groups: Vec<_> = groups.into_iter().filter(|group| group.counts.arising() > 0).collect();
    let shown = &groups[..groups.len().min(if by == GroupBy::Detection { 100 } else { ROWS })];
    html! {
        @if !shown.is_empty() {
            figure .panel {
                figcaption { h3 { (title) } (chart::legend()) }
                (chart::rates(shown, &|group| group_name(report, by, group)))
                @if groups.len() > shown.len() {
                    p .more { "and " (number((groups.len() - shown.len()) as u64)) " more, none of them worse" }
                }
            }
        }
    }
}

/// What a person calls the group, with the key under it where both say something.
fn group_name(report: &Report<'_>, by: GroupBy, group: &Group) -> Markup {
    let key = if group.key.is_empty() { by.nameless() } else { &group.key };
    let position = report.rules.iter().position(|rule| by == GroupBy::Detection && rule.id == group.key);
    let label = match position.and_then(|position| report.rules.get(position)) {
        Some(rule) if !rule.name.is_empty() => &rule.name,
        _ if group.label.is_empty() => key,
        _ => &group.label,
    };
    let (label, key) = (line(&cut(label, 120)).into_owned(), line(&cut(key, 120)).into_owned());
    html! {
        @match position {
            Some(position) => a href={ "#d" (position) } { bdi { (label) } },
            None => bdi { (label) },
        }
        @if label != key { small { bdi { (key) } } }
    }
}

fn unread(report: &Report<'_>) -> Markup {
    let errors = &report.document.errors;
    html! {
        @if !errors.is_empty() {
            section #unread {
                h2 { "Not read " span .count { (number(errors.len() as u64)) } }
                p { "What these would have shown is missing above. Repair them and run again." }
                ul .errors {
                    @for error in errors.iter().take(ERRORS) { li { (error_line(error)) } }
                }
                @if errors.len() > ERRORS { p .more { "and " (number((errors.len() - ERRORS) as u64)) " more" } }
            }
        }
    }
}

fn error_line(error: &ErrorRecord) -> Markup {
    let place = [&error.file, &error.account_id, &error.region, &error.operation, &error.code];
    let place = joined(place.into_iter().filter_map(|part| part.as_deref()), " · ");
    html! {
        @if !place.is_empty() { code { (place) } " " }
        (line(&cut(&error.message, LONGEST)))
        @if let Some(reason) = &error.expected { " (" (expected(reason)) ")" }
    }
}

fn colophon(report: &Report<'_>) -> Markup {
    html! {
        footer {
            div .wide {
                h2 { "How to read this" }
                dl {
                    dt { "Fail" } dd { "The resource breaks the baseline: a finding." }
                    dt { "Unknown" } dd { "The verdict depends on a fact that could not be read." }
                    dt { "Pass" } dd { "The resource is as it should be." }
                    dt { "Not applicable" } dd { "The question does not arise for this resource." }
                    dt { "Suppressed" } dd { "It would be a finding, but a rule of the configuration accepts it." }
                    dt { "Pass rate" } dd { "Pass among pass, fail and unknown, rounded down: only all is 100 %." }
                }
                p { (report.options.last_line(report.tally)) "." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standards() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
