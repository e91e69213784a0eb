//! Charts of the page: SVG made here, with the figures beside it as text, so that nothing is said by colour alone.

use finding::{Severity, Status};
use maud::{Markup, html};

use crate::model::Report;
use crate::style::symbol;
use crate::tally::{Counts, Group};
use crate::text::number;

/// The hatching of what is unknown, and of what is suppressed; every chart refers to it.
pub(super) fn patterns() -> Markup {
    html! {
        svg .hidden width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect .hatch-ground width="6" height="6" {}
                    rect .hatch-line width="3" height="6" {}
                }
            }
        }
    }
}

/// A key, drawn.
pub(super) fn logo() -> Markup {
    html! {
        svg .logo viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            circle cx="8" cy="8" r="5" {}
            path d="M11.6 11.6 21 21M17 17l3-3M13.8 13.8l2.4-2.4" {}
        }
    }
}

/// The overall pass rate as a ring.
pub(super) fn donut(total: Counts) -> Markup {
    let rate = total.pass_rate().unwrap_or_else(|| "–".to_owned());
    let whole = total.arising();
    let words = format!("{} of {} verdicts pass", number(total.pass), number(whole));
    let shares = [("pass", total.pass), ("unknown", total.unknown), ("fail", total.fail)];
    html! {
        div .card.rate {
            h3 { "Pass rate" }
            svg .donut viewBox="0 0 120 120" role="img" aria-label={ (rate) ": " (words) } {
                circle .track cx="60" cy="60" r="50" {}
                @for (class, start, share) in segments(&shares, whole) {
                    // A ring begins at three o'clock; a quarter back is the top.
                    circle .arc.(class) cx="60" cy="60" r="50" pathLength="10000"
                        stroke-dasharray={ (share) " " (WHOLE - share) } stroke-dashoffset=(WHOLE + WHOLE / 4 - start) {}
                }
                text x="60" y="60" { (rate) }
            }
            p .words { (words) }
        }
    }
}

/// How many FAIL of each severity, worst first.
pub(super) fn severities(report: &Report<'_>) -> Markup {
    let counts = Severity::ALL.map(|severity| (severity, report.tally.of_severity(Status::Fail, severity)));
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        table .bars {
            @for (severity, count) in counts.into_iter().rev() {
                tr {
                    th scope="row" { span .pill.(severity.name().to_ascii_lowercase()) { (severity) } }
                    td .bar { (bar(&[(severity_class(severity), count)], most)) }
                    td .number { (number(count)) }
                }
            }
        }
    }
}

/// How many judgements came out how.
pub(super) fn verdicts(total: Counts) -> Markup {
    let counts = Status::ALL.map(|status| (status, total.of(status)));
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    html! {
        table .bars {
            @for (status, count) in counts {
                tr {
                    th scope="row" { span .status.(class(status)) { (symbol(status)) " " (word(status)) } }
                    td .bar { (bar(&[(class(status), count)], most)) }
                    td .number { (number(count)) }
                }
            }
        }
    }
}

/// What the colours of [`rates`] say.
pub(super) fn legend() -> Markup {
    html! { p .legend { span .pass { "pass" } span .unknown { "unknown" } span .fail { "fail" } } }
}

/// A row for every group: its name, its shares, its rate and its counts.
pub(super) fn rates(groups: &[Group], name: &dyn Fn(&Group) -> Markup) -> Markup {
    html! {
        table .bars.rates {
            thead {
                tr {
                    th scope="col" { span .heard { "what" } }
                    th .bar scope="col" { span .heard { "shares" } }
                    th .number scope="col" { "pass rate" }
                    th .number scope="col" { "fail" }
                    th .number.wide-only scope="col" { "unknown" }
                    th .number.wide-only scope="col" { "pass" }
                }
            }
            tbody {
                @for group in groups {
                    @let counts = group.counts;
                    @let shares = [("pass", counts.pass), ("unknown", counts.unknown), ("fail", counts.fail)];
                    tr {
                        th scope="row" { (name(group)) }
                        td .bar { (bar(&shares, counts.arising())) }
                        td .number { strong { (counts.pass_rate().unwrap_or_default()) } }
                        td .number { (number(counts.fail)) }
                        td .number.wide-only { (number(counts.unknown)) }
                        td .number.wide-only { (number(counts.pass)) }
                    }
                }
            }
        }
    }
}

/// Shares of a whole, side by side. The figures stand beside it, so it is hidden from those who listen.
fn bar(shares: &[(&'static str, u64)], whole: u64) -> Markup {
    html! {
        svg viewBox="0 0 10000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect .track width="10000" height="10" {}
            @for (class, start, share) in segments(shares, whole) {
                rect .(class) x=(start) width=(share.max(60)) height="10" {}
            }
        }
    }
}

/// What a whole measures in a picture.
const WHOLE: u64 = 10_000;

/// For every share that is not nothing its class, where it begins and how long it is.
fn segments<'a>(shares: &[(&'a str, u64)], whole: u64) -> Vec<(&'a str, u64, u64)> {
    let mut segments = Vec::new();
    let mut before = 0;
    for (class, count) in shares {
        let (start, end) = (measure(before, whole), measure(before + count, whole));
        if *count > 0 {
            segments.push((*class, start, end - start));
        }
        before += count;
    }
    segments
}

fn measure(part: u64, whole: u64) -> u64 {
    let measure = (u128::from(part) * u128::from(WHOLE)).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(measure).unwrap_or(WHOLE).min(WHOLE)
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

/// The status as a class of the style sheet.
pub(super) fn class(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Unknown => "unknown",
        Status::Suppressed => "suppressed",
        Status::NotApplicable => "not-applicable",
        Status::Pass => "pass",
    }
}

/// The status in words.
pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "Fail",
        Status::Unknown => "Unknown",
        Status::Suppressed => "Suppressed",
        Status::NotApplicable => "Not applicable",
        Status::Pass => "Pass",
    }
}
