//! Tells Security Hub how findings stand: in batches, as a projection of what the store says now, never over a person's SUPPRESSED.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use store::rows::{FindingRow, JobRow, RemediationState, TicketRow, TicketState};
use store::{Change, StoreError};
use triage::incoming::Workflow;

use crate::decider::{Work, is_answered, name_of};
use crate::engine::{Engine, Status};
use crate::failure::Failure;
use crate::intake::finding_of;
use crate::names;
use crate::outbox::{End, Turn, job};
use crate::ports::{Hub, HubUpdate};

/// Updates of one call: what AWS takes.
const A_CALL: usize = 100;
/// Jobs taken at once.
const AT_ONCE: usize = 500;
/// Rounds of one turn.
const ROUNDS: usize = 20;
/// The longest note, in characters: what AWS takes.
const NOTE: usize = 512;

/// The job that tells Security Hub how a finding stands; `None` for what is not Security Hub's.
pub(crate) fn hub_job(engine: &Engine, row: &FindingRow, intent: &str, due: Timestamp) -> Option<JobRow> {
    engine.ports.hub.as_ref().filter(|_| row.form.starts_with("asff"))?;
    // The administrator's hub of the Region takes what is said of all accounts, and one call says it of a hundred findings.
    let destination = format!("hub:{}", row.region.as_deref().unwrap_or_default());
    let task = json!({"do": "project", "finding": row.key});
    Some(job(format!("hub/{}/{intent}", row.key), "hub", destination, task, due))
}

impl Engine {
    pub(crate) async fn write_hub(&self) -> Result<Status, StoreError> {
        let Some(hub) = self.ports.hub.clone() else { return Ok(Status::idle("no Security Hub is configured")) };
        let mut status = Status::default();
        for _ in 0..ROUNDS {
            let turns = self.take_jobs("hub", AT_ONCE).await?;
            if turns.is_empty() {
                break;
            }
            let mut by_place: BTreeMap<String, Vec<Turn>> = BTreeMap::new();
            for turn in turns {
                by_place.entry(turn.job.destination.clone()).or_default().push(turn);
            }
            for (place, turns) in by_place {
                self.write_to(&place, turns, hub.as_ref(), &mut status).await?;
            }
        }
        Ok(status)
    }

    async fn write_to(
        &self,
        place: &str,
        turns: Vec<Turn>,
        hub: &dyn Hub,
        status: &mut Status,
    ) -> Result<(), StoreError> {
        if let Some(until) = self.resting(place) {
            for mut turn in turns {
                status.waiting += 1;
                self.rest(&mut turn, until).await?;
            }
            return Ok(());
        }
        // Several jobs about one finding are one update: how it stands now.
        let mut by_finding: BTreeMap<String, Vec<Turn>> = BTreeMap::new();
        for turn in turns {
            by_finding.entry(turn.text("finding")).or_default().push(turn);
        }
        let mut updates: Vec<(HubUpdate, Vec<Turn>)> = Vec::new();
        for (key, turns) in by_finding {
            match self.projection(&key).await? {
                Some(update) => updates.push((update, turns)),
                None => {
                    let ended = self.end_all(&turns, &End::Done("nothing to tell".to_owned())).await;
                    tolerant(ended)?;
                }
            }
        }
        // One call says one thing about many findings: those that become the same stand together.
        updates.sort_by(|(one, _), (other, _)| said(one).cmp(&said(other)));
        while !updates.is_empty() {
            let rest = updates.split_off(updates.len().min(A_CALL));
            tolerant(self.write_batch(place, updates, hub, status).await)?;
            updates = rest;
        }
        Ok(())
    }

    async fn write_batch(
        &self,
        place: &str,
        batch: Vec<(HubUpdate, Vec<Turn>)>,
        hub: &dyn Hub,
        status: &mut Status,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let (mut changes, mut updates, mut begun) = (Vec::new(), Vec::new(), Vec::new());
        for (update, turns) in batch {
            // Whose lease has ended meanwhile is left to whoever has it now.
            let turns: Vec<Turn> = turns.into_iter().filter(|turn| turn.is_held(now)).collect();
            if turns.is_empty() {
                continue;
            }
            updates.push(update);
            let next: Vec<Turn> = turns
                .into_iter()
                .map(|turn| {
                    let (next, beginning) = turn.beginning(now, self.options.lease);
                    changes.extend(beginning);
                    next
                })
                .collect();
            begun.push(next);
        }
        if updates.is_empty() {
            return Ok(());
        }
        self.commit(changes).await?;
        let answer = hub.update(&updates).await;
        let mut failures: BTreeMap<usize, Failure> = BTreeMap::new();
        let mut changes: Vec<Change> = Vec::new();
        match answer {
            Ok(single) => {
                changes.extend(self.answered(place, None));
                failures.extend(single);
            }
            Err(failure) => {
                changes.extend(self.answered(place, Some(&failure)));
                failures.extend((0..updates.len()).map(|index| (index, failure.clone())));
            }
        }
        for (index, turns) in begun.iter().enumerate() {
            for turn in turns {
                // Updating is repeated without harm, so that even an unknown fate is just tried again.
                let end = match failures.get(&index) {
                    None => End::Done(String::new()),
                    Some(failure) => self.after_failure(turn, failure),
                };
                status.count(&end);
                changes.extend(turn.ending(&end, self.now()));
            }
        }
        self.commit(changes).await.map(drop)
    }

    async fn end_all(&self, turns: &[Turn], end: &End) -> Result<(), StoreError> {
        let changes = turns.iter().flat_map(|turn| turn.ending(end, self.now())).collect();
        self.commit(changes).await.map(drop)
    }

    /// How a finding stands, as Security Hub is told.
    async fn projection(&self, key: &str) -> Result<Option<HubUpdate>, StoreError> {
        let Some(row) = self.store.findings_by_key(vec![key.to_owned()]).await?.into_iter().flatten().next() else {
            return Ok(None);
        };
        let Some(finding) = finding_of(&row) else { return Ok(None) };
        let text: Value = serde_json::from_str(&row.text).unwrap_or_default();
        let member = |name: &str| text.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(finding_id), Some(product_arn)) = (member("Id"), member("ProductArn")) else { return Ok(None) };
        let mut tickets = Vec::new();
        for ticket in &row.tickets {
            tickets.extend(self.store.ticket(ticket.clone()).await?);
        }
        let fix = Work::new(self).series(&row.resource, &row.control).await?.last;
        let fixed = fix.is_some_and(|fix| fix.state == RemediationState::Verified && is_answered(&row, &fix));
        let ours = self.our_suppression(key).await?;
        let (workflow, note) = workflow(&row, finding.workflow, &tickets, fixed, ours);
        Ok(Some(HubUpdate {
            finding_id,
            product_arn,
            account_id: member("AwsAccountId").unwrap_or_else(|| row.account_id.clone()),
            region: member("Region").or(row.region).unwrap_or_default(),
            workflow: workflow.map(str::to_owned),
            note: note.map(|note| names::line(&note, NOTE)),
            fields: fields(&tickets),
        }))
    }

    async fn our_suppression(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let text = self.store.value(format!("hub.suppressed/{key}")).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// What a call says about all of its findings.
fn said(update: &HubUpdate) -> (&Option<String>, &Option<String>, &BTreeMap<String, String>) {
    (&update.workflow, &update.note, &update.fields)
}

/// A batch that another worker has taken over is left to it.
fn tolerant(result: Result<(), StoreError>) -> Result<(), StoreError> {
    match result {
        Err(StoreError::Conflict { .. }) => Ok(()),
        other => other,
    }
}

/// The workflow status and the note.
fn workflow(
    row: &FindingRow,
    now: Workflow,
    tickets: &[TicketRow],
    fixed: bool,
    ours: Option<Value>,
) -> (Option<&'static str>, Option<String>) {
    let reason = || row.decision.as_ref().and_then(|decision| decision.get("reason")?.as_str().map(str::to_owned));
    if row.action.as_deref() == Some("SUPPRESS") {
        return (Some("SUPPRESSED"), Some(format!("Keyreeve: {}", reason().unwrap_or_default())));
    }
    if now == Workflow::Suppressed && ours.is_none() {
        // A person's word.
        return (None, None);
    }
    let open = tickets.iter().find(|ticket| ticket.state != TicketState::Closed && ticket.external.is_some());
    if let Some(ticket) = open {
        return (Some("NOTIFIED"), Some(format!("Keyreeve: ticket {}", name_of(ticket))));
    }
    if fixed {
        return (Some("RESOLVED"), Some("Keyreeve: fixed automatically, and verified by reading back".to_owned()));
    }
    let closed = tickets.iter().filter(|ticket| ticket.external.is_some()).max_by_key(|ticket| ticket.closed);
    if let Some(ticket) = closed {
        let outcome = ticket.outcome.as_deref().unwrap_or("closed");
        return (None, Some(format!("Keyreeve: ticket {} is closed ({outcome})", name_of(ticket))));
    }
    if ours.is_some() {
        return (Some("NEW"), Some("Keyreeve: the rule that suppressed it does not hold any more".to_owned()));
    }
    (None, None)
}

/// What people see in `UserDefinedFields`.
fn fields(tickets: &[TicketRow]) -> BTreeMap<String, String> {
    let known: Vec<&TicketRow> = tickets.iter().filter(|ticket| ticket.external.is_some()).collect();
    if known.is_empty() {
        return BTreeMap::new();
    }
    let open: Vec<String> =
        known.iter().filter(|ticket| ticket.state != TicketState::Closed).map(|ticket| name_of(ticket)).collect();
    let names = if open.is_empty() { known.iter().map(|ticket| name_of(ticket)).collect() } else { open.clone() };
    let is_open = if open.is_empty() { "No" } else { "Yes" };
    BTreeMap::from([
        ("TicketBy".to_owned(), "keyreeve".to_owned()),
        ("TicketOpen".to_owned(), is_open.to_owned()),
        ("TicketId".to_owned(), names::line(&names.join(", "), 1024)),
    ])
}
