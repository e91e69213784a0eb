//! Tickets that are closed: only when none of their findings is open any more.

use serde_json::json;
use store::StoreError;
use store::rows::{FindingRow, TicketState};
use triage::Decision;

use super::open::ticket_job;
use super::work::{Work, name_of};
use crate::engine::event;

impl Work<'_> {
    pub(super) async fn close(&mut self, row: &FindingRow, decision: &Decision) -> Result<Vec<String>, StoreError> {
        let mut effects = Vec::new();
        for mut ticket in self.tickets_of(row).await? {
            if matches!(ticket.state, TicketState::Closed | TicketState::Closing) {
                continue;
            }
            let others: Vec<String> = ticket.findings.iter().filter(|key| **key != row.key).cloned().collect();
            let open = self.findings(&others).await?.iter().filter(|other| !other.settled).count();
            if open > 0 {
                effects.push(format!("ticket {} stays open: {open} of its findings fail", name_of(&ticket)));
                // Written all the same, so that of two that settle at once one sees the other.
                self.put_ticket(ticket);
                continue;
            }
            let never_opened = ticket.state == TicketState::Failed && ticket.external.is_none();
            ticket.state = if never_opened { TicketState::Closed } else { TicketState::Closing };
            ticket.closed = never_opened.then_some(self.now);
            ticket.outcome = decision.outcome.map(|outcome| outcome.name().to_owned());
            if !never_opened {
                self.queue(ticket_job("close", &ticket, &ticket.version.to_string(), self.now));
            }
            self.say(event("ticket.closing", &ticket.key, json!({"finding": row.key, "outcome": ticket.outcome})));
            effects.push(format!("close ticket {}", name_of(&ticket)));
            self.put_ticket(ticket);
        }
        Ok(effects)
    }
}
