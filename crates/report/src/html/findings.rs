//! The page's findings: the worst first, each folded to one line.

use finding::{Finding, Severity, Status};
use maud::{Markup, html};

use super::chart::{class, word};
use crate::escape::terminal;
use crate::model::Report;
use crate::order::worst_first;
use crate::style::symbol;
use crate::text::{LONGEST, brief, cut, expected, joined, line, number};

/// Findings on the page; a browser gets slow beyond. The worst are kept.
const MOST: usize = 5_000;

/// Urgent findings that the overview names.
const FIRST: usize = 5;

/// What to act on first: the urgent findings, with a link to each.
pub(super) fn first(report: &Report<'_>) -> Markup {
    let findings = worst_first(&report.document.findings);
    let urgent = findings.iter().take_while(|it| it.status == Status::Fail && it.severity >= Severity::High);
    let shown: Vec<_> = urgent.clone().take(FIRST).collect();
    let more = urgent.count() - shown.len();
    html! {
        @if !shown.is_empty() {
            div .panel {
                h3 { "Act on these first" }
                ol .first {
                    @for (position, finding) in shown.iter().enumerate() {
                        li {
                            (pill(finding.severity))
                            a href={ "#f" (position) } { bdi { (line(&cut(&finding.title, 240))) } }
                            span .where { bdi { (place(finding)) } }
                        }
                    }
                }
                @if more > 0 { p .more { "and " (number(more as u64)) " more that are critical or high" } }
            }
        }
    }
}

/// The whole section.
pub(super) fn section(report: &Report<'_>) -> Markup {
    let findings = worst_first(&report.document.findings);
    let shown: Vec<_> = findings.iter().copied().take(MOST).enumerate().collect();
    let count = |status| findings.iter().filter(|finding| finding.status == status).count() as u64;
    html! {
        section #findings {
            h2 {
                "Findings "
                span .count {
                    (number(count(Status::Fail)))
                    @if count(Status::Unknown) > 0 { ", and " (number(count(Status::Unknown))) " unknown" }
                }
            }
            @if findings.is_empty() { p .empty { "Nothing to show." } }
            @if shown.len() < findings.len() {
                p .notice role="note" {
                    "The worst " (number(MOST as u64)) " of " (number(findings.len() as u64)) " are shown. "
                    "The formats json, jsonl and csv hold all."
                }
            }
            @for same in shown.chunk_by(|(_, a), (_, b)| heading(a) == heading(b)) {
                @if let Some((_, first)) = same.first() {
                    h3 { (heading(first)) " " span .count { (number(same.len() as u64)) } }
                    div .findings {
                        @for (position, finding) in same { (entry(report, finding, *position)) }
                    }
                }
            }
        }
    }
}

fn heading(finding: &Finding) -> &'static str {
    match (finding.status, finding.severity) {
        (Status::Fail, Severity::Critical) => "Critical",
        (Status::Fail, Severity::High) => "High",
        (Status::Fail, Severity::Medium) => "Medium",
        (Status::Fail, Severity::Low) => "Low",
        (Status::Fail, Severity::Info) => "Informational",
        (status, _) => word(status),
    }
}

fn entry(report: &Report<'_>, finding: &Finding, position: usize) -> Markup {
    let resource = &finding.resource;
    let name = if resource.name.is_empty() { &resource.id } else { &resource.name };
    html! {
        details .finding.(class(finding.status)) {
            summary {
                span .verdict {
                    span .status.(class(finding.status)) title=(word(finding.status)) {
                        (symbol(finding.status)) span .heard { (word(finding.status)) }
                    }
                    (pill(finding.severity))
                }
                span .what {
                    strong { bdi { (line(&cut(name, 100))) } }
                    span { bdi { (line(&cut(&finding.title, 240))) } }
                }
                span .where { bdi { (place(finding)) } }
            }
            (body(report, finding, position))
        }
    }
}

/// The severity in its box.
pub(super) fn pill(severity: Severity) -> Markup {
    html! { span .pill.(severity.name().to_ascii_lowercase()) { (severity) } }
}

/// Where it is, short: the account and the Region, or the line of the file.
fn place(finding: &Finding) -> String {
    let resource = &finding.resource;
    let account = if resource.account_name.is_empty() { &resource.account_id } else { &resource.account_name };
    match &finding.location {
        Some(location) => format!("{}:{}", brief(&location.file), location.start.line),
        None => line(&cut(&joined([&**account, &*resource.region], " · "), 100)).into_owned(),
    }
}

/// A link leads inside what is folded, because that is what makes a browser unfold it.
fn body(report: &Report<'_>, finding: &Finding, own: usize) -> Markup {
    let position = report.rules.iter().position(|rule| rule.id == finding.detection_id);
    let rule = position.and_then(|position| report.rules.get(position));
    let asks = matches!(finding.status, Status::Fail | Status::Unknown);
    let risk = rule.map_or("", |rule| rule.risk.trim());
    let context = crate::text::context(&finding.resource);
    html! {
        dl .facts id={ "f" (own) } {
            (row("Fact", paragraphs(&finding.reason)))
            @for fact in &finding.unknown_facts {
                (row("Not read", html! {
                    code { (brief(&fact.field)) } ": " code { (brief(&fact.operation)) } " answered "
                    code { (brief(&fact.code)) } " " bdi { (brief(&fact.message)) }
                    @if let Some(reason) = &fact.expected { " (" (expected(reason)) ")" }
                }))
            }
            @if asks { (row("Why it matters", paragraphs([risk, &context].join(" ").trim()))) }
            @if asks && !finding.remediation.trim().is_empty() {
                (row("Fix", html! {
                    (paragraphs(&finding.remediation))
                    @if let (Some(position), Some(rule)) = (position, rule) {
                        @if !rule.fixes.is_empty() { p { a href={ "#d" (position) } { "Every way to fix it" } } }
                    }
                }))
            }
            @if let Some(rule) = &finding.suppressed_by {
                (row("Accepted by", html! { "suppression " code { (brief(rule)) } }))
            }
            (identity(finding))
            (row("Detection", html! {
                @match position {
                    Some(position) => a href={ "#d" (position) } { code { (brief(&finding.detection_id)) } },
                    None => code { (brief(&finding.detection_id)) },
                }
            }))
            (row("Controls", super::detections::chips(&finding.controls)))
            (row("ATT&CK", super::detections::chips(&finding.attack)))
            (row("Fingerprint", html! { code { (brief(&finding.fingerprint)) } }))
        }
    }
}

/// What and where the resource is.
fn identity(finding: &Finding) -> Markup {
    let resource = &finding.resource;
    let account = joined([&*resource.account_id, &resource.account_name], " · ");
    let file = finding.location.as_ref().map(|it| format!("{}:{}:{}", it.file, it.start.line, it.start.column));
    html! {
        @if let Some(file) = &file { (row("File", html! { code { (brief(file)) } })) }
        (row("Resource", html! { code { bdi { (brief(&resource.id)) } } }))
        (row("Account", plain(&account)))
        (row("Region", plain(&resource.region)))
        (row("Environment", plain(&resource.environment)))
        (row("Team", plain(&resource.team)))
    }
}

/// A label and what it labels; nothing where there is nothing.
fn row(label: &str, content: Markup) -> Markup {
    html! { @if !content.0.is_empty() { div { dt { (label) } dd { (content) } } } }
}

fn plain(text: &str) -> Markup {
    html! { @if !text.is_empty() { bdi { (brief(text)) } } }
}

/// A text of several lines; its line feeds are kept.
pub(super) fn paragraphs(text: &str) -> Markup {
    let text = cut(text.trim(), LONGEST);
    let lines: Vec<_> = text.split('\n').map(|line| terminal(line.trim_end())).collect();
    html! { @if !text.is_empty() { p .text { bdi { (lines.join("\n")) } } } }
}
