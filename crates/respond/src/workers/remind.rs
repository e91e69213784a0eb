//! Reminds of tickets that are due: in the ticket and by mail; from the second time on somebody else is told, too.

use jiff::Timestamp;
use serde_json::json;
use store::rows::{TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use crate::decider::ticket_job;
use crate::engine::{Engine, Status, event, later};
use crate::outbox::job;

/// Tickets of one turn.
const A_TURN: usize = 500;

impl Engine {
    pub(crate) async fn remind(&self) -> Result<Status, StoreError> {
        let now = self.now();
        let mut status = Status::default();
        for ticket in self.store.tickets_due(now, A_TURN).await? {
            if ticket.remind_at.is_none_or(|at| at > now) || ticket.state != TicketState::Open {
                continue;
            }
            let changes = self.reminder(ticket, now).await?;
            match self.commit(changes).await {
                Ok(_) => status.done += 1,
                Err(StoreError::Conflict { .. }) => status.waiting += 1,
                Err(other) => return Err(other),
            }
        }
        Ok(status)
    }

    async fn reminder(&self, mut ticket: TicketRow, now: Timestamp) -> Result<Vec<Change>, StoreError> {
        let expect = Expect::Version(ticket.version);
        if let Some(until) = ticket.snoozed.filter(|until| *until > now) {
            ticket.remind_at = Some(until);
            return Ok(vec![Change::Ticket(Box::new(ticket), expect)]);
        }
        ticket.reminders = ticket.reminders.saturating_add(1);
        let number = ticket.reminders;
        ticket.remind_at =
            if number >= self.options.reminders { None } else { Some(self.next_reminder(&ticket, now).await?) };
        let mut comment = ticket_job("comment", &ticket, &format!("reminder-{number}"), now);
        comment.task["reminder"] = json!(number.to_string());
        let mut changes =
            vec![event("ticket.reminded", &ticket.key, json!({"number": number})), Change::Job(Box::new(comment))];
        if self.ports.mailer.is_some() {
            let task = json!({"do": "mail", "kind": "OVERDUE", "ticket": ticket.key, "escalate": number > 1});
            let id = format!("mail/overdue/{}/{number}", ticket.key);
            changes.push(Change::Job(Box::new(job(id, "mail", "mail".to_owned(), task, now))));
        }
        changes.push(Change::Ticket(Box::new(ticket), expect));
        Ok(changes)
    }

    /// The next date of the service level, or a while from now.
    async fn next_reminder(&self, ticket: &TicketRow, now: Timestamp) -> Result<Timestamp, StoreError> {
        let rows = self.store.findings_by_key(ticket.findings.clone()).await?;
        // What was decided while the ticket was being opened has another due date than the ticket, a little later: the ticket's
        // own is past, and is not reminded of twice.
        let is_past = ticket.due.is_some_and(|due| due <= now);
        let dates = rows.iter().flatten().filter_map(|row| {
            let level = row.decision.as_ref()?.get("service_level")?;
            let dates =
                level.get("remind")?.as_array()?.iter().filter(|date| !is_past || level.get("due") != Some(date));
            dates.filter_map(|date| date.as_str()?.parse::<Timestamp>().ok()).filter(|date| *date > now).min()
        });
        let usual = later(now, self.options.remind_every);
        Ok(dates.min().map_or(usual, |date| date.min(usual)))
    }
}
