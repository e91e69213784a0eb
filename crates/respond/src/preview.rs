//! The report of the first day: what would be done about what is known, and for whom, before anything is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use store::rows::FindingRow;
use store::{FindingFilter, Page, StoreError};

use crate::engine::Engine;
use crate::names;
use crate::options::{Grouping, Options};

/// Findings of a kind that are listed one by one.
const LISTED: usize = 20;

/// What would be done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Preview {
    /// Findings that are known.
    pub findings: u64,
    /// Findings that are not decided yet.
    pub undecided: u64,
    /// Findings by what was decided.
    pub decisions: BTreeMap<String, u64>,
    /// Tickets that would be open, by system.
    pub tickets: BTreeMap<String, u64>,
    /// The same in one system, by severity.
    pub by_severity: BTreeMap<String, u64>,
    /// By team.
    pub by_team: BTreeMap<String, u64>,
    /// By project.
    pub by_project: BTreeMap<String, u64>,
    /// Who would get mail.
    pub by_address: BTreeMap<String, u64>,
    /// Tickets that would have to wait, because their project has had its tickets of the hour.
    pub waiting: BTreeMap<String, u64>,
    /// Keys that would be changed without asking.
    pub remediations: u64,
    /// Decisions that a switch holds back, by switch.
    pub held: BTreeMap<String, u64>,
    /// What a person must look at: why, and how often.
    pub review: BTreeMap<String, u64>,
    /// The first of those for whom somebody is called at once.
    pub escalations: Vec<String>,
}

#[derive(Default)]
struct Counting {
    preview: Preview,
    /// Groups by project; a ticket each.
    groups: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Engine {
    /// What is done, or in the mode `observe` would be done, about everything that is open now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn preview(&self) -> Result<Preview, StoreError> {
        let mut counting = Counting::default();
        let mut page = Page { after: None, limit: 1_000 };
        loop {
            let rows = self.store.findings(FindingFilter::default(), page.clone()).await?;
            let Some(last) = rows.last() else { break };
            page.after = Some(last.key.clone());
            for row in &rows {
                counting.add(row, &self.options);
            }
        }
        Ok(counting.end(&self.options))
    }
}

impl Counting {
    fn add(&mut self, row: &FindingRow, options: &Options) {
        let preview = &mut self.preview;
        preview.findings += 1;
        let Some(decision) = &row.decision else {
            preview.undecided += 1;
            return;
        };
        let text = |path: &[&str]| {
            path.iter().try_fold(decision, |value, name| value.get(name)).and_then(Value::as_str).map(str::to_owned)
        };
        let action = row.action.clone().unwrap_or_default();
        count(&mut preview.decisions, &action);
        if let Some(switch) = text(&["held_by"]) {
            count(&mut preview.held, &switch);
        }
        match action.as_str() {
            "REMEDIATE" => preview.remediations += 1,
            "REVIEW" => count(&mut preview.review, &text(&["reason"]).unwrap_or_default()),
            "TEAMFIX" | "INCIDENT" => {}
            _ => return,
        }
        if !matches!(action.as_str(), "TEAMFIX" | "INCIDENT") {
            return;
        }
        if decision.get("escalate").and_then(Value::as_bool) == Some(true) && preview.escalations.len() < LISTED {
            preview.escalations.push(names::line(&format!("{}: {}", row.control, row.resource), 300));
        }
        let project = text(&["owner", "project"]).unwrap_or_else(|| "no project".to_owned());
        let group = format!("{action}/{}", group(row, decision, options.grouping));
        let is_new = self.groups.entry((action, project.clone())).or_default().insert(group);
        if !is_new {
            return;
        }
        count(&mut preview.by_severity, &row.severity);
        count(&mut preview.by_team, row.team.as_deref().unwrap_or("no team"));
        count(&mut preview.by_project, &project);
        count(&mut preview.by_address, &text(&["owner", "email"]).unwrap_or_else(|| "no address".to_owned()));
    }

    fn end(mut self, options: &Options) -> Preview {
        let mut tickets: BTreeMap<(String, String), u64> = BTreeMap::new();
        for ((action, project), groups) in &self.groups {
            let systems = if action == "INCIDENT" { &options.incident_destinations } else { &options.destinations };
            for system in systems {
                *tickets.entry((system.clone(), project.clone())).or_default() += groups.len() as u64;
            }
        }
        for ((system, project), number) in tickets {
            *self.preview.tickets.entry(system.clone()).or_default() += number;
            if number > options.tickets_an_hour {
                self.preview.waiting.insert(format!("{system}:{project}"), number - options.tickets_an_hour);
            }
        }
        self.preview
    }
}

fn group(row: &FindingRow, decision: &Value, grouping: Grouping) -> String {
    let Some(control) = decision.get("control").and_then(Value::as_str) else { return row.key.clone() };
    match grouping {
        Grouping::Finding => format!("{}/{control}", row.resource),
        Grouping::ControlAndAccount => format!("{}/{control}", row.account_id),
        Grouping::Control => control.to_owned(),
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    *counts.entry(names::line(name, 200)).or_default() += 1;
}

impl Preview {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{} findings; nothing is done yet. What would be:", self.findings)?;
        if self.undecided > 0 {
            writeln!(out, "  {} are not decided yet", self.undecided)?;
        }
        list(out, "Decisions", &self.decisions)?;
        list(out, "Tickets, by system", &self.tickets)?;
        list(out, "  by severity", &self.by_severity)?;
        list(out, "  by team", &self.by_team)?;
        list(out, "  by project", &self.by_project)?;
        list(out, "  by address", &self.by_address)?;
        list(out, "Tickets that wait for the next hour", &self.waiting)?;
        writeln!(out, "Keys changed without asking: {}", self.remediations)?;
        list(out, "Held back by a switch", &self.held)?;
        list(out, "For a person to look at", &self.review)?;
        if !self.escalations.is_empty() {
            writeln!(out, "Somebody is called at once for:")?;
            for line in &self.escalations {
                writeln!(out, "  {line}")?;
            }
        }
        Ok(())
    }
}

fn list(out: &mut String, title: &str, counts: &BTreeMap<String, u64>) -> std::fmt::Result {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    let mut sorted: Vec<(&String, &u64)> = counts.iter().collect();
    sorted.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let more = sorted.len().saturating_sub(LISTED);
    for (name, number) in sorted.into_iter().take(LISTED) {
        writeln!(out, "  {number:>7}  {name}")?;
    }
    if more > 0 {
        writeln!(out, "           and {more} more")?;
    }
    Ok(())
}
