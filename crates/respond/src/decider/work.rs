//! What one commit of the decider changes, and the rows it has read: later decisions of the same commit see what earlier ones changed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use store::rows::{FindingRow, JobRow, RemediationRow, TicketRow, TicketState};
use store::{Change, Expect, StoreError};
use triage::ticket::{Ticket, TicketStatus};
use triage::{Decision, Incoming};

use crate::engine::{Engine, later};
use crate::names;
use crate::options::Grouping;

/// A row as it was read and as it is to be.
#[derive(Debug, Clone)]
pub(super) struct Slot<T> {
    row: Option<T>,
    expect: Expect,
    changed: bool,
}

/// What one commit changes.
pub(crate) struct Work<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) now: Timestamp,
    pub(super) accounts: BTreeMap<String, Option<finding::Account>>,
    findings: BTreeMap<String, Slot<FindingRow>>,
    tickets: BTreeMap<String, Slot<TicketRow>>,
    remediations: BTreeMap<String, Slot<RemediationRow>>,
    /// Tickets of this commit, by system and project.
    pub(super) wanted: BTreeMap<(String, Option<String>), u64>,
    said: Vec<Change>,
}

impl<'e> Work<'e> {
    pub(crate) fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            now: engine.now(),
            accounts: BTreeMap::new(),
            findings: BTreeMap::new(),
            tickets: BTreeMap::new(),
            remediations: BTreeMap::new(),
            wanted: BTreeMap::new(),
            said: Vec::new(),
        }
    }

    /// All changes, the events first.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        let mut changes = self.said;
        let changed = self.findings.into_values().filter(|slot| slot.changed);
        changes.extend(changed.filter_map(|slot| Some(Change::Finding(Box::new(slot.row?), slot.expect))));
        let changed = self.tickets.into_values().filter(|slot| slot.changed);
        changes.extend(changed.filter_map(|slot| Some(Change::Ticket(Box::new(slot.row?), slot.expect))));
        let changed = self.remediations.into_values().filter(|slot| slot.changed);
        changes.extend(changed.filter_map(|slot| Some(Change::Remediation(Box::new(slot.row?), slot.expect))));
        changes
    }

    pub(crate) fn say(&mut self, change: Change) {
        self.said.push(change);
    }

    pub(crate) fn queue(&mut self, job: JobRow) {
        self.said.push(Change::Job(Box::new(job)));
    }

    /// The row as this commit has it.
    pub(crate) fn finding_now(&mut self, row: FindingRow) -> FindingRow {
        let expect = Expect::Version(row.version);
        let slot = self.findings.entry(row.key.clone());
        let slot = slot.or_insert(Slot { row: Some(row.clone()), expect, changed: false });
        slot.row.clone().unwrap_or(row)
    }

    pub(crate) fn put_finding(&mut self, row: FindingRow) {
        let expect = Expect::Version(row.version);
        let slot = self.findings.entry(row.key.clone()).or_insert(Slot { row: None, expect, changed: false });
        (slot.row, slot.changed) = (Some(row), true);
    }

    pub(super) async fn findings(&self, keys: &[String]) -> Result<Vec<FindingRow>, StoreError> {
        let rows = self.engine.store.findings_by_key(keys.to_vec()).await?;
        let newer = |row: FindingRow| self.findings.get(&row.key).and_then(|slot| slot.row.clone()).unwrap_or(row);
        Ok(rows.into_iter().flatten().map(newer).collect())
    }

    pub(crate) async fn ticket(&mut self, key: &str) -> Result<Option<TicketRow>, StoreError> {
        if let Some(slot) = self.tickets.get(key) {
            return Ok(slot.row.clone());
        }
        let row = self.engine.store.ticket(key.to_owned()).await?;
        let expect = row.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
        self.tickets.insert(key.to_owned(), Slot { row: row.clone(), expect, changed: false });
        Ok(row)
    }

    pub(crate) fn put_ticket(&mut self, row: TicketRow) {
        let expect = if row.version == 0 { Expect::Absent } else { Expect::Version(row.version) };
        let slot = self.tickets.entry(row.key.clone()).or_insert(Slot { row: None, expect, changed: false });
        (slot.row, slot.changed) = (Some(row), true);
    }

    pub(super) async fn remediation(&mut self, key: &str) -> Result<Option<RemediationRow>, StoreError> {
        if let Some(slot) = self.remediations.get(key) {
            return Ok(slot.row.clone());
        }
        let row = self.engine.store.remediation(key.to_owned()).await?;
        let expect = row.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
        self.remediations.insert(key.to_owned(), Slot { row: row.clone(), expect, changed: false });
        Ok(row)
    }

    pub(super) fn put_remediation(&mut self, row: RemediationRow) {
        let expect = if row.version == 0 { Expect::Absent } else { Expect::Version(row.version) };
        let slot = self.remediations.entry(row.key.clone()).or_insert(Slot { row: None, expect, changed: false });
        (slot.row, slot.changed) = (Some(row), true);
    }

    /// The tickets of a finding's incarnation.
    pub(super) async fn tickets_of(&mut self, row: &FindingRow) -> Result<Vec<TicketRow>, StoreError> {
        let mut tickets = Vec::new();
        for key in &row.tickets {
            tickets.extend(self.ticket(key).await?);
        }
        Ok(tickets)
    }

    /// The ticket of a finding as deciding knows it: open where any is, else closed where all are.
    pub(super) async fn known_ticket(&mut self, row: &FindingRow) -> Result<Option<Ticket>, StoreError> {
        let tickets = self.tickets_of(row).await?;
        let live = tickets.iter().find(|ticket| ticket.state != TicketState::Closed);
        if let Some(ticket) = live {
            return Ok(Some(shown(ticket, row, TicketStatus::Open)));
        }
        let last = tickets.iter().max_by_key(|ticket| ticket.closed);
        Ok(last.map(|ticket| shown(ticket, row, TicketStatus::Closed)))
    }

    /// When it is to be decided again.
    pub(super) fn next_time(&self, decision: &Decision) -> Option<Timestamp> {
        let soon = later(self.now, SignedDuration::from_secs(1));
        let expiry = decision.rule.as_ref().and_then(|used| {
            let rules = self.engine.triage.rules().all();
            rules.iter().find(|rule| rule.version == used.version)?.expires?.end()
        });
        // AWS destroys up to a day late; then somebody must know whether the key is still there.
        let destroyed = decision.service_level.as_ref().and_then(|level| level.deletion_date);
        let destroyed =
            destroyed.map(|date| later(date, SignedDuration::from_mins(24 * 60 + 5))).filter(|at| *at > self.now);
        decision.until.map(|until| until.max(soon)).or(expiry.map(|end| end.max(soon))).or(destroyed)
    }
}

fn shown(ticket: &TicketRow, row: &FindingRow, status: TicketStatus) -> Ticket {
    Ticket {
        id: name_of(ticket),
        finding_id: row.finding_id.clone(),
        status,
        opened: ticket.opened,
        closed: ticket.closed.filter(|_| status == TicketStatus::Closed),
    }
}

/// What people call a ticket: its number, or its mark before it has one.
pub(crate) fn name_of(ticket: &TicketRow) -> String {
    let name = ticket.external.as_ref().and_then(|external| external.get("name")?.as_str());
    name.map_or_else(|| names::mark(&ticket.key).0, str::to_owned)
}

/// What a ticket is for.
pub(crate) fn group_of(grouping: Grouping, finding: &Incoming, decision: &Decision) -> String {
    let Some(control) = &decision.control else { return format!("finding/{}", names::finding(finding)) };
    match grouping {
        Grouping::Finding => format!("{}/{control}", decision.resource),
        Grouping::ControlAndAccount => format!("{}/{control}", decision.account_id),
        Grouping::Control => control.clone(),
    }
}
