//! The page's detections: what each checks, why, and every way to fix what it finds.

use maud::{Markup, html};

use super::findings::{paragraphs, pill};
use crate::escape::terminal;
use crate::model::{Report, Rule};
use crate::place::reference;
use crate::tally::{Counts, GroupBy};
use crate::text::{brief, number};

/// The whole section.
pub(super) fn section(report: &Report<'_>) -> Markup {
    let groups = report.tally.groups(GroupBy::Detection);
    let counts = |rule: &Rule| groups.iter().find(|group| group.key == rule.id).map(|group| group.counts);
    html! {
        @if !report.rules.is_empty() {
            section #detections {
                h2 { "Detections " span .count { (number(report.rules.len() as u64)) } }
                div .findings {
                    @for (position, rule) in report.rules.iter().enumerate() {
                        (entry(position, rule, counts(rule).unwrap_or_default()))
                    }
                }
            }
        }
    }
}

fn entry(position: usize, rule: &Rule, counts: Counts) -> Markup {
    let name = if rule.name.is_empty() { &rule.id } else { &rule.name };
    html! {
        details .detection {
            summary {
                span .verdict {
                    @if let Some(severity) = rule.severity { (pill(severity)) }
                }
                span .what { strong { (brief(name)) } span { (brief(&rule.summary)) } }
                span .where {
                    (counts.pass_rate().unwrap_or_else(|| "not judged".to_owned()))
                    @if counts.arising() > 0 { " pass" }
                }
            }
            dl .facts id={ "d" (position) } {
                div { dt { "Id" } dd { code { (brief(&rule.id)) } } }
                @if !rule.description.is_empty() { div { dt { "Checks" } dd { (paragraphs(&rule.description)) } } }
                @if !rule.risk.is_empty() { div { dt { "Why it matters" } dd { (paragraphs(&rule.risk)) } } }
                @for fix in &rule.fixes {
                    div { dt { "Fix: " (brief(&fix.with)) } dd { pre { code { (code(&fix.text)) } } } }
                }
                @if !rule.controls.is_empty() { div { dt { "Controls" } dd { (chips(&rule.controls)) } } }
                @if !rule.attack.is_empty() { div { dt { "ATT&CK" } dd { (chips(&rule.attack)) } } }
                @if let Some(link) = reference(&rule.reference) {
                    div { dt { "Read on" } dd { a href=(link) rel="noreferrer" { (link) } } }
                }
            }
        }
    }
}

/// Short texts, one box each.
pub(super) fn chips(texts: &[String]) -> Markup {
    html! { @for text in texts { span .chip { (brief(text)) } " " } }
}

fn code(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().split('\n').map(|line| terminal(line.trim_end_matches('\r'))).collect();
    lines.join("\n")
}
