//! What reaches the simulated Jira, ServiceNow and mail server, told in a line each while it happens.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use simulator::{Incident, Issue, Mail, RunningDesk};

/// How often is looked.
const LOOK: Duration = Duration::from_millis(250);
/// Lines of one look; what is above is counted.
const MOST_AT_ONCE: usize = 12;
/// Lines in all; then only counts follow.
const MOST: usize = 200;
/// The widest line, in columns.
const WIDTH: usize = 100;

/// What was told so far.
#[derive(Default)]
struct Told {
    /// Whether each ticket was done, by its number.
    tickets: HashMap<String, bool>,
    mails: usize,
    lines: usize,
}

/// Tells it on standard error, until it is dropped.
pub async fn tell(desk: &RunningDesk) {
    let mut told = Told::default();
    loop {
        for line in told.news(&desk.issues(), &desk.incidents(), &desk.mails()) {
            anstream::eprintln!("{line}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether a record is resolved, closed or cancelled.
pub fn is_done(incident: &Incident) -> bool {
    ["6", "7", "8"].contains(&incident.field("state"))
}

impl Told {
    /// The lines about what is new.
    fn news(&mut self, issues: &[Issue], incidents: &[Incident], mails: &[Mail]) -> Vec<String> {
        let mut lines = Vec::new();
        for issue in issues {
            self.ticket("Jira", &issue.key, &issue.priority, &issue.summary, issue.is_done, &mut lines);
        }
        for incident in incidents {
            let (number, title) = (incident.field("number"), incident.field("short_description"));
            self.ticket("ServiceNow", number, incident.field("priority"), title, is_done(incident), &mut lines);
        }
        match mails.get(self.mails..).unwrap_or_default() {
            [] => {}
            [mail] => {
                lines.push(line("Mail", "sent", &format!("to {}", mail.to.join(", ")), &mail.subject()));
            }
            many => {
                let to: BTreeSet<&str> = many.iter().flat_map(|mail| &mail.to).map(String::as_str).collect();
                let to: Vec<&str> = to.into_iter().collect();
                lines.push(line("Mail", "sent", &format!("{} mails to {}", many.len(), to.join(", ")), ""));
            }
        }
        self.mails = mails.len();
        self.bound(lines)
    }

    fn ticket(
        &mut self,
        system: &str,
        number: &str,
        priority: &str,
        title: &str,
        is_done: bool,
        lines: &mut Vec<String>,
    ) {
        let before = self.tickets.insert(number.to_owned(), is_done);
        let what = match (before, is_done) {
            (None, _) => "opened",
            (Some(false), true) => "closed",
            (Some(true), false) => "opened again",
            _ => return,
        };
        let which = format!("{number} {priority}");
        lines.push(line(system, what, &which, title));
        if before.is_none() && is_done {
            lines.push(line(system, "closed", &which, title));
        }
    }

    fn bound(&mut self, mut lines: Vec<String>) -> Vec<String> {
        let most = MOST_AT_ONCE.min(MOST.saturating_sub(self.lines));
        if let Some(more) = lines.len().checked_sub(most).filter(|more| *more > 0) {
            lines.truncate(most);
            lines.push(format!("… and {more} more"));
        }
        self.lines += lines.len();
        lines
    }
}

/// One line, as wide as a terminal: where, what, which, and as much of the title as there is room for.
fn line(system: &str, what: &str, which: &str, title: &str) -> String {
    let text = format!("{system:<4} {what:<6} {which:<15} {title}");
    let text = report::escape_terminal(text.trim_end()).into_owned();
    if text.chars().count() <= WIDTH {
        return text;
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(told: &mut Told, tickets: &[(&str, bool)]) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, is_done) in tickets {
            told.ticket("Jira", number, "High", "a \u{1b}[31mtitle", *is_done, &mut lines);
        }
        told.bound(lines)
    }

    #[test]
    fn each_change_of_a_ticket_is_told_once_and_strangers_write_no_escapes() {
        let mut all = Told::default();
        let lines = told(&mut all, &[("SEC-1", false)]);
        assert!(lines.len() == 1 && lines[0].starts_with("Jira opened SEC-1 High"), "{lines:?}");
        assert!(!lines[0].contains('\u{1b}'));
        assert_eq!(told(&mut all, &[("SEC-1", false)]), [""; 0]);
        assert!(told(&mut all, &[("SEC-1", true)])[0].contains("closed"));
        assert!(told(&mut all, &[("SEC-1", false)])[0].contains("opened again"));
        assert_eq!(told(&mut all, &[("SEC-2", true)]).len(), 2, "opened and closed between two looks");
    }

    #[test]
    fn a_flood_is_counted_and_lines_fit_a_terminal() {
        let mut all = Told::default();
        let many: Vec<String> = (0..50).map(|number| format!("SEC-{number}")).collect();
        let many: Vec<(&str, bool)> = many.iter().map(|number| (number.as_str(), false)).collect();
        let lines = told(&mut all, &many);
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (MOST_AT_ONCE + 1, Some("… and 38 more")));
        assert_eq!(line("Jira", "opened", "SEC-1", &"ü".repeat(500)).chars().count(), WIDTH);
    }
}
