//! The weekly report: what is open, overdue, closed and fixed, by account and team, with four weeks back; the same for the same store.

mod page;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::rows::{AccountRow, RemediationState, TicketRow, TicketState};
use store::{FindingFilter, Page, Store, StoreError, TicketFilter};

use crate::engine::later;
use crate::names;

/// Weeks that are looked back.
const WEEKS: usize = 4;
/// Tickets of the list of the oldest.
const OLDEST: usize = 20;

/// The figures of one week, of all or of a part.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Tickets open at its end.
    pub open: u64,
    /// Of these, overdue.
    pub overdue: u64,
    /// Tickets opened in it.
    pub opened: u64,
    /// Tickets closed in it.
    pub closed: u64,
    /// Of these, by hand while they still failed.
    pub closed_without_fix: u64,
    /// Incidents opened in it.
    pub incidents: u64,
    /// Automatic fixes verified in it.
    pub fixed_automatically: u64,
    /// Hours from opening to closing of what was closed: the mean.
    pub mean_hours: Option<f64>,
    /// And the median.
    pub median_hours: Option<f64>,
    /// The penalty of what is open now; zero for weeks that are past.
    pub penalty: f64,
}

/// A week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// It begins.
    pub from: String,
    /// It ends, just before.
    pub to: String,
    /// Its figures.
    pub figures: Figures,
    /// Tickets opened in it, by severity.
    pub by_severity: BTreeMap<String, u64>,
}

/// An account or a team.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The account's id, or the team.
    pub name: String,
    /// What people call the account.
    pub title: String,
    /// Its organisational unit.
    pub unit: String,
    /// Its figures of this week.
    pub figures: Figures,
}

/// A ticket that is open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// `SEC-1`.
    pub name: String,
    /// What it says.
    pub title: String,
    /// How bad.
    pub severity: String,
    /// The account.
    pub account_id: String,
    /// The team.
    pub team: String,
    /// Whole hours since it was opened.
    pub hours: i64,
    /// Whether it is overdue.
    pub overdue: bool,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The end of the week that it is about.
    pub at: String,
    /// This week, then those before.
    pub weeks: Vec<Week>,
    /// By account, those with most open first.
    pub accounts: Vec<Part>,
    /// By team.
    pub teams: Vec<Part>,
    /// The tickets that are open longest.
    pub oldest: Vec<Shown>,
    /// Findings that wait for a person.
    pub review: u64,
    /// Findings that are suppressed.
    pub suppressed: u64,
}

struct Facts {
    tickets: Vec<TicketRow>,
    fixes: Vec<(Timestamp, String, Option<String>)>,
    penalties: Vec<(f64, String, Option<String>)>,
    accounts: BTreeMap<String, AccountRow>,
}

/// Makes the report of the week that ends at that time.
///
/// # Errors
/// Where the store fails.
pub async fn weekly(store: &dyn Store, at: Timestamp) -> Result<Report, StoreError> {
    let mut report = Report {
        at: at.to_string(),
        weeks: Vec::new(),
        accounts: Vec::new(),
        teams: Vec::new(),
        oldest: Vec::new(),
        review: 0,
        suppressed: 0,
    };
    let facts = facts(store, &mut report).await?;
    for week in 0..WEEKS {
        let to = later(at, SignedDuration::from_hours(-168 * i64::try_from(week).unwrap_or(0)));
        report.weeks.push(facts.week(to, week == 0));
    }
    let from = later(at, SignedDuration::from_hours(-168));
    report.accounts = facts.parts(from, at, |ticket| Some(ticket.account_id.clone()), |part| part.1.clone().into());
    report.teams = facts.parts(from, at, |ticket| ticket.team.clone(), |part| part.2.clone());
    for part in &mut report.accounts {
        if let Some(account) = facts.accounts.get(&part.name) {
            let text = |name: &str| account.account.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            (part.title, part.unit) = (names::line(text("name"), 200), names::line(text("ou"), 200));
        }
    }
    report.oldest = facts.oldest(at);
    Ok(report)
}

async fn facts(store: &dyn Store, report: &mut Report) -> Result<Facts, StoreError> {
    let mut facts = Facts { tickets: Vec::new(), fixes: Vec::new(), penalties: Vec::new(), accounts: BTreeMap::new() };
    let mut page = Page { after: None, limit: 1_000 };
    loop {
        let rows = store.tickets(TicketFilter::default(), page.clone()).await?;
        let Some(last) = rows.last() else { break };
        page.after = Some(last.key.clone());
        facts.tickets.extend(rows.into_iter().filter(|row| matches!(row.kind.as_str(), "TEAMFIX" | "INCIDENT")));
    }
    one_a_group(&mut facts.tickets);
    page.after = None;
    let mut owners: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    loop {
        let rows = store.findings(FindingFilter::default(), page.clone()).await?;
        let Some(last) = rows.last() else { break };
        page.after = Some(last.key.clone());
        for row in rows {
            owners.insert(row.key.clone(), (row.account_id.clone(), row.team.clone()));
            report.review += u64::from(row.action.as_deref() == Some("REVIEW"));
            report.suppressed += u64::from(row.action.as_deref() == Some("SUPPRESS"));
            let penalty = row.decision.as_ref().and_then(|it| it.get("penalty")?.as_f64());
            if let Some(penalty) = penalty.filter(|_| !row.settled && !row.tickets.is_empty()) {
                facts.penalties.push((penalty, row.account_id, row.team));
            }
        }
    }
    page.after = None;
    loop {
        let rows = store.remediations(Some(RemediationState::Verified), page.clone()).await?;
        let Some(last) = rows.last() else { break };
        page.after = Some(last.key.clone());
        for row in rows {
            let team = owners.get(&row.finding).and_then(|(_, team)| team.clone());
            facts.fixes.extend(row.ended.filter(|_| !row.undo.is_empty()).map(|at| (at, row.account_id, team)));
        }
    }
    facts.accounts = store.accounts().await?.into_iter().map(|row| (row.id.clone(), row)).collect();
    Ok(facts)
}

/// The same ticket in two systems is one.
fn one_a_group(tickets: &mut Vec<TicketRow>) {
    let mut systems: BTreeMap<String, String> = BTreeMap::new();
    for ticket in tickets.iter() {
        let system = systems.entry(ticket.group.clone()).or_insert_with(|| ticket.destination.clone());
        if ticket.destination < *system {
            system.clone_from(&ticket.destination);
        }
    }
    tickets.retain(|ticket| systems.get(&ticket.group) == Some(&ticket.destination));
}

fn is_open_at(ticket: &TicketRow, at: Timestamp) -> bool {
    ticket.opened.is_some_and(|opened| opened < at)
        && (ticket.state != TicketState::Closed || ticket.closed.is_some_and(|closed| closed >= at))
}

impl Facts {
    fn week(&self, to: Timestamp, is_this: bool) -> Week {
        let from = later(to, SignedDuration::from_hours(-168));
        let all: Vec<&TicketRow> = self.tickets.iter().collect();
        let mut figures = figures(&all, from, to);
        figures.fixed_automatically = self.fixes.iter().filter(|(at, ..)| (from..to).contains(at)).count() as u64;
        if is_this {
            figures.penalty = sum(self.penalties.iter().map(|(penalty, ..)| *penalty));
        }
        let mut by_severity = BTreeMap::new();
        for ticket in self.tickets.iter().filter(|ticket| ticket.opened.is_some_and(|at| (from..to).contains(&at))) {
            *by_severity.entry(ticket.severity.clone()).or_default() += 1;
        }
        Week { from: from.to_string(), to: to.to_string(), figures, by_severity }
    }

    fn parts(
        &self,
        from: Timestamp,
        to: Timestamp,
        of: impl Fn(&TicketRow) -> Option<String>,
        of_fix: impl Fn(&(Timestamp, String, Option<String>)) -> Option<String>,
    ) -> Vec<Part> {
        let mut names: BTreeSet<String> = self.tickets.iter().filter_map(&of).collect();
        names.extend(self.fixes.iter().filter_map(&of_fix));
        let mut parts: Vec<Part> = names
            .into_iter()
            .map(|name| {
                let tickets: Vec<&TicketRow> =
                    self.tickets.iter().filter(|ticket| of(ticket).as_ref() == Some(&name)).collect();
                let mut figures = figures(&tickets, from, to);
                let fixes = self.fixes.iter().filter(|fix| (from..to).contains(&fix.0));
                figures.fixed_automatically = fixes.filter(|fix| of_fix(fix).as_ref() == Some(&name)).count() as u64;
                let owed = self.penalties.iter().filter(|(penalty, account, team)| {
                    of_fix(&(to, account.clone(), team.clone())).as_ref() == Some(&name) && *penalty > 0.0
                });
                figures.penalty = sum(owed.map(|(penalty, ..)| *penalty));
                Part { title: names::line(&name, 200), name, unit: String::new(), figures }
            })
            .collect();
        parts.sort_by(|a, b| (b.figures.open, &a.name).cmp(&(a.figures.open, &b.name)));
        parts
    }

    fn oldest(&self, at: Timestamp) -> Vec<Shown> {
        let mut open: Vec<&TicketRow> = self.tickets.iter().filter(|ticket| is_open_at(ticket, at)).collect();
        open.sort_by(|a, b| (a.opened, &a.key).cmp(&(b.opened, &b.key)));
        let shown = open.into_iter().take(OLDEST).map(|ticket| Shown {
            name: crate::decider::name_of(ticket),
            title: names::line(&ticket.title, 200),
            severity: ticket.severity.clone(),
            account_id: ticket.account_id.clone(),
            team: names::line(ticket.team.as_deref().unwrap_or_default(), 200),
            hours: ticket.opened.map_or(0, |opened| at.duration_since(opened).as_hours()),
            overdue: ticket.due.is_some_and(|due| due < at),
        });
        shown.collect()
    }
}

fn figures(tickets: &[&TicketRow], from: Timestamp, to: Timestamp) -> Figures {
    let within = |time: Option<Timestamp>| time.is_some_and(|time| (from..to).contains(&time));
    let closed: Vec<&&TicketRow> =
        tickets.iter().filter(|ticket| ticket.state == TicketState::Closed && within(ticket.closed)).collect();
    let mut seconds: Vec<i64> = closed
        .iter()
        .filter(|ticket| ticket.outcome.as_deref() != Some("superseded"))
        .filter_map(|ticket| Some(ticket.closed?.duration_since(ticket.opened?).as_secs()))
        .collect();
    seconds.sort_unstable();
    let open = tickets.iter().filter(|ticket| is_open_at(ticket, to));
    Figures {
        open: open.clone().count() as u64,
        overdue: open.filter(|ticket| ticket.due.is_some_and(|due| due < to)).count() as u64,
        opened: tickets.iter().filter(|ticket| within(ticket.opened)).count() as u64,
        closed: closed.len() as u64,
        closed_without_fix: closed
            .iter()
            .filter(|it| it.closed_by_hand && it.outcome.as_deref() != Some("fixed"))
            .count() as u64,
        incidents: tickets.iter().filter(|it| it.kind == "INCIDENT" && within(it.opened)).count() as u64,
        fixed_automatically: 0,
        mean_hours: mean(&seconds),
        median_hours: median(&seconds),
        penalty: 0.0,
    }
}

fn hours(seconds: f64) -> f64 {
    (seconds / 36.0).round() / 100.0
}

fn mean(seconds: &[i64]) -> Option<f64> {
    let sum: i64 = seconds.iter().sum();
    (!seconds.is_empty()).then(|| hours(sum as f64 / seconds.len() as f64))
}

fn median(sorted: &[i64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(hours((low + high) as f64 / 2.0))
}

/// To four decimals, so that it is the same in any order.
fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let whole: i64 = numbers.map(|number| (number * 10_000.0).round() as i64).sum();
    whole as f64 / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(&[3600, 7200]), Some(1.5));
        assert_eq!(median(&[3600, 7200, 36_000]), Some(2.0));
        assert_eq!(median(&[]), None);
        assert_eq!(mean(&[3600, 7200]), Some(1.5));
    }
}
