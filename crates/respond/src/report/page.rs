//! The weekly report as HTML and Markdown: nothing that a stranger wrote is markup in either.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, html};

use super::{Figures, Part, Report, Shown, Week};
use crate::letter::clean;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
                     table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:right}\
                     th:first-child,td:first-child,.words th,.words td{text-align:left}\
                     .week td:first-child,.words td:first-child{white-space:nowrap}";

/// A column: its title, and its text.
type Column = (&'static str, fn(&Figures) -> String);

const COLUMNS: [Column; 9] = [
    ("Open", |it| it.open.to_string()),
    ("Overdue", |it| it.overdue.to_string()),
    ("Opened", |it| it.opened.to_string()),
    ("Closed", |it| it.closed.to_string()),
    ("Closed without fix", |it| it.closed_without_fix.to_string()),
    ("Incidents", |it| it.incidents.to_string()),
    ("Fixed automatically", |it| it.fixed_automatically.to_string()),
    ("Median hours to fix", |it| it.median_hours.map_or_else(|| "–".to_owned(), |hours| hours.to_string())),
    ("Penalty", |it| format!("{:.1}", it.penalty)),
];

impl Report {
    /// As a page of HTML that needs nothing else.
    #[must_use]
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { "Keyreeve: the week to " (self.at) } style { (STYLE) } }
                body {
                    h1 { "The week to " (self.at) }
                    p { (self.review) " findings wait for a person, " (self.suppressed) " are suppressed." }
                    h2 { "Four weeks" }
                    (table("Week to", "week", self.weeks.iter().map(|week| (week.to.clone(), &week.figures))))
                    h2 { "Accounts" }
                    (table("Account", "part", self.accounts.iter().map(|part| (named(part), &part.figures))))
                    h2 { "Teams" }
                    (table("Team", "part", self.teams.iter().map(|part| (part.title.clone(), &part.figures))))
                    h2 { "Open longest" }
                    (oldest(&self.oldest))
                }
            }
        };
        page.into_string()
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("# The week to {}\n\n", self.at);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} findings wait for a person, {} are suppressed.\n", self.review, self.suppressed);
        lines(&mut out, "Four weeks", "Week to", self.weeks.iter().map(|week: &Week| (week.to.clone(), &week.figures)));
        lines(&mut out, "Accounts", "Account", self.accounts.iter().map(|part| (named(part), &part.figures)));
        lines(&mut out, "Teams", "Team", self.teams.iter().map(|part| (part.title.clone(), &part.figures)));
        let _ = writeln!(
            out,
            "## Open longest\n\n| Ticket | Title | Severity | Account | Team | Hours | Overdue |\n|---|---|---|---|---|---:|---|"
        );
        for it in &self.oldest {
            let cells =
                [&it.name, &it.title, &it.severity, &it.account_id, &it.team].map(|text| plain(text)).join(" | ");
            let _ = writeln!(out, "| {cells} | {} | {} |", it.hours, if it.overdue { "yes" } else { "" });
        }
        out
    }
}

fn named(part: &Part) -> String {
    let mut name = if part.title == part.name { part.name.clone() } else { format!("{} ({})", part.title, part.name) };
    if !part.unit.is_empty() {
        name.push_str(", ");
        name.push_str(&part.unit);
    }
    name
}

fn table<'a>(first: &str, class: &str, rows: impl Iterator<Item = (String, &'a Figures)>) -> Markup {
    html! {
        table class=(class) {
            tr { th { (first) } @for (title, _) in COLUMNS { th { (title) } } }
            @for (name, figures) in rows {
                tr { td { (clean::line(&name)) } @for (_, text) in COLUMNS { td { (text(figures)) } } }
            }
        }
    }
}

fn oldest(tickets: &[Shown]) -> Markup {
    html! {
        table class="words" {
            tr { @for title in ["Ticket", "Title", "Severity", "Account", "Team", "Hours", "Overdue"] { th { (title) } } }
            @for it in tickets {
                tr {
                    @for text in [&it.name, &it.title, &it.severity, &it.account_id, &it.team] { td { (clean::line(text)) } }
                    td { (it.hours) } td { @if it.overdue { "yes" } }
                }
            }
        }
    }
}

fn lines<'a>(out: &mut String, title: &str, first: &str, rows: impl Iterator<Item = (String, &'a Figures)>) {
    let titles = COLUMNS.map(|(title, _)| title).join(" | ");
    let _ = writeln!(out, "## {title}\n\n| {first} | {titles} |\n|---|{}", "---:|".repeat(COLUMNS.len()));
    for (name, figures) in rows {
        let cells = COLUMNS.map(|(_, text)| text(figures)).join(" | ");
        let _ = writeln!(out, "| {} | {cells} |", plain(&name));
    }
    out.push('\n');
}

/// Text of one line that is no markup: every sign that could be is written as itself.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean::line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            ':' => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_wrote_is_markup() {
        let hostile = "<script>alert(1)</script>|[x](https://evil)\n# h\u{202e}\u{1b}";
        let shown = Shown {
            name: "SEC-1".into(),
            title: hostile.into(),
            severity: "LOW".into(),
            account_id: String::new(),
            team: hostile.into(),
            hours: 1,
            overdue: true,
        };
        let report = Report {
            at: "now".into(),
            weeks: Vec::new(),
            accounts: Vec::new(),
            teams: Vec::new(),
            oldest: vec![shown],
            review: 0,
            suppressed: 0,
        };
        assert!(!report.html().contains("<script>alert"));
        let markdown = report.markdown();
        for page in [report.html(), markdown.clone()] {
            assert!(!page.contains(['\u{202e}', '\u{1b}']), "{page}");
        }
        assert!(
            !markdown.contains("<script>") && !markdown.contains("](") && !markdown.contains("https://"),
            "{markdown}"
        );
    }
}
