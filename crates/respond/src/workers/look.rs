//! Looks at open tickets now and then, to see what people did: moved, closed, put out of sight.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::rows::{FindingRow, TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use super::external_of;
use crate::engine::{Engine, Status, event, later};
use crate::ports::{External, Seen, Standing};

/// Tickets looked at in one turn.
const A_TURN: usize = 200;

impl Engine {
    pub(crate) async fn look_at_tickets(&self) -> Result<Status, StoreError> {
        let now = self.now();
        let mut status = Status::default();
        for ticket in self.store.tickets_due(now, A_TURN).await? {
            if ticket.look_at.is_none_or(|at| at > now) {
                continue;
            }
            match self.look_at(ticket, &mut status).await {
                // Somebody changed it meanwhile: it is looked at again.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(status)
    }

    async fn look_at(&self, mut ticket: TicketRow, status: &mut Status) -> Result<(), StoreError> {
        let now = self.now();
        let expect = Expect::Version(ticket.version);
        let next = later(now, self.options.look_every);
        let system = self.ports.tickets.get(&ticket.destination).cloned();
        let (Some(system), Some(external)) = (system, external_of(&ticket)) else {
            ticket.look_at = Some(later(now, SignedDuration::from_hours(1)));
            return self.commit(vec![Change::Ticket(Box::new(ticket), expect)]).await.map(drop);
        };
        if let Some(until) = self.resting(&ticket.destination) {
            status.waiting += 1;
            ticket.look_at = Some(until);
            return self.commit(vec![Change::Ticket(Box::new(ticket), expect)]).await.map(drop);
        }
        let mut changes = Vec::new();
        match system.look(&external).await {
            Ok(seen) => {
                status.done += 1;
                changes.extend(self.answered(&ticket.destination, None));
                ticket.look_at = Some(next);
                moved(&mut ticket, &external, &seen, &mut changes);
                self.stands(&mut ticket, seen.standing, now, &mut changes).await?;
            }
            Err(failure) => {
                status.waiting += 1;
                status.note = Some(failure.what.clone());
                changes.extend(self.answered(&ticket.destination, Some(&failure)));
                ticket.look_at = Some(later(now, SignedDuration::from_mins(2)).min(next));
            }
        }
        changes.push(Change::Ticket(Box::new(ticket), expect));
        self.commit(changes).await.map(drop)
    }

    async fn stands(
        &self,
        ticket: &mut TicketRow,
        standing: Standing,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        match standing {
            Standing::Open if ticket.state == TicketState::Missing => {
                ticket.state = TicketState::Open;
                changes.push(event("ticket.found", &ticket.key, json!({})));
            }
            Standing::Open => {}
            Standing::Missing(why) if ticket.state != TicketState::Missing => {
                ticket.state = TicketState::Missing;
                changes.push(event("ticket.missing", &ticket.key, json!({"why": why})));
            }
            Standing::Missing(_) => {}
            // It is being opened again.
            Standing::Done if ticket.closed.is_some() => {}
            Standing::Done => self.closed_by_hand(ticket, now, changes).await?,
        }
        Ok(())
    }

    /// A person closed it. Where it still fails, that is decided again; the next evaluation has time to agree.
    async fn closed_by_hand(
        &self,
        ticket: &mut TicketRow,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        let rows = self.store.findings_by_key(ticket.findings.clone()).await?;
        let open: Vec<FindingRow> = rows.into_iter().flatten().filter(|row| !row.settled).collect();
        (ticket.state, ticket.closed, ticket.closed_by_hand) = (TicketState::Closed, Some(now), true);
        (ticket.look_at, ticket.remind_at) = (None, None);
        ticket.outcome = Some(if open.is_empty() { "fixed" } else { "closed by hand" }.to_owned());
        let body = json!({"outcome": ticket.outcome, "by": "a person", "failing": open.len()});
        changes.push(event("ticket.closed", &ticket.key, body));
        for mut row in open {
            let expect = Expect::Version(row.version);
            if ticket.kind == "INCIDENT" && row.decision.as_ref().is_some_and(is_no_control) {
                // An incident ends when somebody says so; there is no evaluation to wait for.
                (row.settled, row.settled_at) = (true, Some(now));
                changes.push(event("incident.ended", &row.key, json!({"ticket": ticket.key})));
            } else {
                row.decide_at = Some(now);
            }
            changes.push(Change::Finding(Box::new(row), expect));
        }
        Ok(())
    }
}

fn is_no_control(decision: &serde_json::Value) -> bool {
    decision.get("control").is_none_or(serde_json::Value::is_null)
}

/// A ticket that was moved has another name; its id stays.
fn moved(ticket: &mut TicketRow, before: &External, seen: &Seen, changes: &mut Vec<Change>) {
    if seen.external == *before {
        return;
    }
    let body = json!({"from": before.name, "to": seen.external.name});
    changes.push(event("ticket.moved", &ticket.key, body));
    ticket.external = serde_json::to_value(&seen.external).ok();
}
