//! Tickets that are wanted: one for each group and system, joined by what comes later, followed by a successor once it is closed.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::StoreError;
use store::rows::{FindingRow, JobRow, JobState, TicketRow, TicketState};
use triage::{Action, Decision, Incoming};

use super::work::{Work, group_of};
use crate::engine::{event, later};
use crate::names;
use crate::outbox::job;

/// Tickets that follow each other in one group.
const MAX_ORDINALS: u32 = 10_000;
/// How long the evaluation may take to agree with somebody who closed a ticket: as the decision table has it.
const CLOSING_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// The tickets of a group in one system, of which one at most is open.
struct Line<'a> {
    destination: &'a str,
    group: &'a str,
    kind: &'a str,
}

/// Where a ticket stands among the tickets of its group.
struct Place<'a> {
    line: &'a Line<'a>,
    key: String,
    ordinal: u32,
}

impl Work<'_> {
    fn destinations(&self, action: Action) -> &[String] {
        let options = &self.engine.options;
        if action == Action::Incident { &options.incident_destinations } else { &options.destinations }
    }

    /// A ticket in each system; where the decision keeps the one that is open, only that.
    pub(super) async fn want(
        &mut self,
        row: &mut FindingRow,
        finding: &Incoming,
        decision: &Decision,
    ) -> Result<Vec<String>, StoreError> {
        let keeps = decision.ticket.as_ref().is_some_and(|(step, _)| *step == triage::decision::TicketStep::Keep);
        if keeps {
            let kept = self.keep(row, decision, finding).await?;
            if !kept.is_empty() {
                return Ok(kept);
            }
        }
        let mut effects = Vec::new();
        let group = group_of(self.engine.options.grouping, finding, decision);
        for destination in self.destinations(decision.action).to_vec() {
            let line = Line { destination: &destination, group: &group, kind: decision.action.name() };
            effects.push(self.want_in(row, decision, &line).await?);
        }
        if effects.is_empty() {
            effects.push("no ticket system is configured: the decision alone is recorded".to_owned());
        }
        Ok(effects)
    }

    /// The ticket of a group that is open, whoever opened it; else the one that a person closed for this very finding, opened again;
    /// else a new one behind the last.
    async fn want_in(
        &mut self,
        row: &mut FindingRow,
        decision: &Decision,
        line: &Line<'_>,
    ) -> Result<String, StoreError> {
        let (mut before, mut by_hand): (Option<TicketRow>, Option<TicketRow>) = (None, None);
        for ordinal in 1..=MAX_ORDINALS {
            let key = names::ticket(line.kind, line.group, ordinal, line.destination);
            let Some(ticket) = self.ticket(&key).await? else {
                if let Some(closed) = by_hand {
                    return Ok(self.reopen(closed, row, decision));
                }
                if let Some(before) = before.clone() {
                    // Written unchanged: who opens it again at the same time is noticed.
                    self.put_ticket(before);
                }
                return self.create(row, decision, Place { line, key, ordinal }, before.as_ref()).await;
            };
            if ticket.state != TicketState::Closed {
                return Ok(self.join(ticket, row, decision));
            }
            if is_without_fix(&ticket) && row.tickets.contains(&key) {
                by_hand = Some(ticket.clone());
            }
            before = Some(ticket);
        }
        Ok(format!("more than {MAX_ORDINALS} tickets of {} in {}", line.group, line.destination))
    }

    async fn create(
        &mut self,
        row: &mut FindingRow,
        decision: &Decision,
        place: Place<'_>,
        before: Option<&TicketRow>,
    ) -> Result<String, StoreError> {
        let Place { line: Line { destination, group, kind }, key, ordinal } = place;
        let (destination, group) = (*destination, *group);
        let project = decision.owner.project.clone();
        let level = decision.service_level.as_ref();
        let mut ticket = TicketRow {
            key: key.clone(),
            version: 0,
            destination: destination.to_owned(),
            project: project.clone(),
            kind: (*kind).to_owned(),
            group: group.to_owned(),
            findings: vec![row.key.clone()],
            state: TicketState::Wanted,
            external: None,
            severity: decision.severity.name().to_owned(),
            title: names::line(&decision.title, 240),
            account_id: decision.account_id.clone(),
            team: decision.owner.team.clone(),
            opened: None,
            due: level.map(|level| level.due),
            remind_at: level.and_then(|level| level.remind.first().copied()),
            reminders: 0,
            look_at: None,
            closed: None,
            closed_by_hand: false,
            outcome: None,
            said: None,
            snoozed: None,
        };
        ticket.said = Some(said(&ticket, ""));
        let mut opening = ticket_job("open", &ticket, "", self.now);
        opening.task["ordinal"] = json!(ordinal);
        if let Some(before) = before {
            opening.task["after"] = json!(before.key);
        }
        let held = self.over_cap(&mut opening, destination, project.as_ref()).await?;
        if held {
            self.roll_up(&ticket).await?;
        }
        let body = json!({"ticket": key, "destination": destination, "project": project, "held": held});
        self.say(event("ticket.wanted", &row.key, body));
        self.queue(opening);
        self.put_ticket(ticket);
        attach(row, &key);
        let held = if held { ", held back by the cap" } else { "" };
        Ok(format!("open a ticket in {destination}{held}"))
    }

    /// Whether the project has had its tickets of this hour; then the job waits its turn.
    async fn over_cap(
        &mut self,
        opening: &mut JobRow,
        destination: &str,
        project: Option<&String>,
    ) -> Result<bool, StoreError> {
        let cap = self.engine.options.tickets_an_hour.max(1);
        let since = later(self.now, SignedDuration::from_hours(-1));
        let place = (destination.to_owned(), project.cloned());
        let before = self.engine.store.tickets_since(place.0.clone(), place.1.clone(), since).await?;
        let here = self.wanted.entry(place).or_default();
        let number = before + *here;
        *here += 1;
        if number < cap {
            return Ok(false);
        }
        let hours = i64::try_from(number / cap).unwrap_or(i64::MAX).min(24 * 365);
        opening.state = JobState::Held;
        opening.due = later(self.now, SignedDuration::from_hours(hours));
        opening.note = Some(format!("held: {cap} tickets an hour are opened for {}", opening.destination));
        Ok(true)
    }

    /// The one ticket that stands for those that wait.
    async fn roll_up(&mut self, held: &TicketRow) -> Result<(), StoreError> {
        let hour = self.now.as_second().div_euclid(3600);
        let group = format!("rollup/{}/{}/{hour}", held.destination, held.project.as_deref().unwrap_or_default());
        let key = names::ticket("ROLLUP", &group, 1, &held.destination);
        if self.ticket(&key).await?.is_some() {
            return Ok(());
        }
        let ticket = TicketRow {
            key,
            kind: "ROLLUP".to_owned(),
            group,
            findings: Vec::new(),
            title: "more findings than tickets may be opened in an hour".to_owned(),
            due: None,
            remind_at: None,
            said: None,
            ..held.clone()
        };
        self.queue(ticket_job("open", &ticket, "", self.now));
        self.put_ticket(ticket);
        Ok(())
    }

    /// A finding joins a ticket that is there; what that changes is said in it once.
    fn join(&mut self, mut ticket: TicketRow, row: &mut FindingRow, decision: &Decision) -> String {
        if !row.tickets.contains(&ticket.key) && ticket.external.is_some() {
            self.project(row, &format!("join/{}/{}", ticket.key, ticket.version));
        }
        attach(row, &ticket.key);
        if !ticket.findings.contains(&row.key) {
            ticket.findings.push(row.key.clone());
            ticket.findings.sort();
        }
        self.go_on(ticket, decision)
    }

    /// A ticket that is to stay open: it is brought up to date, and taken back where it was about to be closed.
    fn go_on(&mut self, mut ticket: TicketRow, decision: &Decision) -> String {
        let severity = finding::Severity::parse(&ticket.severity).unwrap_or(finding::Severity::Info);
        ticket.severity = severity.max(decision.severity).name().to_owned();
        if let Some(level) = &decision.service_level {
            ticket.due = Some(ticket.due.map_or(level.due, |due| due.min(level.due)));
        }
        let mut effect = format!("keep ticket {}", super::work::name_of(&ticket));
        if ticket.state == TicketState::Closing {
            ticket.outcome = None;
            if ticket.external.is_none() {
                ticket.state = TicketState::Wanted;
            } else {
                ticket.state = TicketState::Open;
                ticket.look_at = Some(later(self.now, self.engine.options.look_every));
                self.queue(reopen_job(&ticket, &ticket.version.to_string(), self.now));
            }
            effect = format!("keep ticket {} open after all", super::work::name_of(&ticket));
        }
        let extra = if decision.action == Action::Incident { decision.row } else { "" };
        let now_said = said(&ticket, extra);
        if ticket.said.as_ref() != Some(&now_said) {
            ticket.said = Some(now_said.clone());
            if ticket.external.is_some() {
                self.queue(ticket_job("comment", &ticket, &now_said, self.now));
                effect = format!("comment on ticket {}", super::work::name_of(&ticket));
            }
            if !extra.is_empty() {
                let id = format!("incident/{}/{now_said}", ticket.key);
                self.mail(&id, json!({"kind": "INCIDENT", "ticket": ticket.key}));
            }
        }
        self.put_ticket(ticket);
        effect
    }

    /// Closed by a person while it fails: opened again, or followed by a successor where its system does not allow that.
    fn reopen(&mut self, mut ticket: TicketRow, row: &mut FindingRow, decision: &Decision) -> String {
        self.queue(reopen_job(&ticket, &ticket.version.to_string(), self.now));
        let effect = format!("reopen ticket {}", super::work::name_of(&ticket));
        self.say(event("ticket.closed-without-fix", &ticket.key, json!({"finding": row.key})));
        ticket.state = TicketState::Open;
        ticket.outcome = None;
        ticket.look_at = Some(later(self.now, self.engine.options.look_every));
        if let Some(level) = &decision.service_level {
            (ticket.due, ticket.remind_at) = (Some(level.due), level.remind.first().copied());
        }
        self.put_ticket(ticket);
        effect
    }

    /// What is open stays open.
    pub(super) async fn keep(
        &mut self,
        row: &mut FindingRow,
        decision: &Decision,
        _finding: &Incoming,
    ) -> Result<Vec<String>, StoreError> {
        let mut effects = Vec::new();
        if row.settled {
            return Ok(effects);
        }
        let tickets = self.tickets_of(row).await?;
        let live: Vec<String> =
            tickets.iter().filter(|it| it.state != TicketState::Closed).map(|it| it.destination.clone()).collect();
        for ticket in tickets {
            if ticket.state != TicketState::Closed {
                effects.push(self.go_on(ticket, decision));
            } else if !live.is_empty() && !live.contains(&ticket.destination) && is_without_fix(&ticket) {
                effects.extend(self.reopen_in_time(ticket, row, decision).await?);
            }
        }
        Ok(effects)
    }

    /// Closed by a person in one system, while the other's is open: opened again after the same grace as where it is the only one.
    async fn reopen_in_time(
        &mut self,
        ticket: TicketRow,
        row: &mut FindingRow,
        decision: &Decision,
    ) -> Result<Option<String>, StoreError> {
        let end = later(ticket.closed.unwrap_or(self.now), CLOSING_GRACE);
        if end > self.now {
            row.decide_at = Some(row.decide_at.map_or(end, |at| at.min(end)));
            return Ok(None);
        }
        let line = Line { destination: &ticket.destination, group: &ticket.group, kind: &ticket.kind };
        self.want_in(row, decision, &line).await.map(Some)
    }

    pub(crate) fn mail(&mut self, id: &str, mut task: serde_json::Value) {
        if self.engine.ports.mailer.is_none() {
            return;
        }
        task["do"] = json!("mail");
        self.queue(job(format!("mail/{id}"), "mail", "mail".to_owned(), task, self.now));
    }
}

fn is_without_fix(ticket: &TicketRow) -> bool {
    ticket.closed_by_hand && ticket.outcome.as_deref() == Some("closed by hand")
}

fn attach(row: &mut FindingRow, ticket: &str) {
    if !row.tickets.iter().any(|known| known == ticket) {
        row.tickets.push(ticket.to_owned());
    }
}

/// The digest of what a ticket says that may change.
fn said(ticket: &TicketRow, extra: &str) -> String {
    let due = ticket.due.map(|due| due.to_string()).unwrap_or_default();
    let mut digest = names::key(&["said", &ticket.severity, &due, &ticket.findings.join(" "), extra]);
    digest.truncate(16);
    digest
}

/// A job of a ticket. The same `intent` is queued once.
pub(crate) fn ticket_job(what: &str, ticket: &TicketRow, intent: &str, due: Timestamp) -> JobRow {
    let id = format!("ticket.{what}/{}{}{intent}", ticket.key, if intent.is_empty() { "" } else { "/" });
    let destination = format!("{}:{}", ticket.destination, ticket.project.as_deref().unwrap_or_default());
    job(id, "ticket", destination, json!({"do": what, "ticket": ticket.key, "system": ticket.destination}), due)
}

/// The job that sees to it that a ticket is open.
pub(crate) fn reopen_job(ticket: &TicketRow, intent: &str, due: Timestamp) -> JobRow {
    ticket_job("reopen", ticket, intent, due)
}
