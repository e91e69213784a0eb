//! Sees to it that a ticket is open: opens it again, or a successor where its system does not allow that.

use serde_json::json;
use store::rows::{FindingRow, TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use super::{LOOK_AGAIN, SETTLED, elapsed, external_of};
use crate::decider::ticket_job;
use crate::engine::{Engine, event, later};
use crate::failure::Fate;
use crate::names;
use crate::outbox::{End, Turn};
use crate::ports::{Seen, Standing, Tickets};

/// Tickets that follow each other in one group.
const MAX_ORDINALS: u32 = 10_000;

/// The outcome of a ticket that another follows.
const SUCCEEDED: &str = "superseded";

fn was_succeeded(ticket: &TicketRow) -> bool {
    ticket.outcome.as_deref() == Some(SUCCEEDED)
}

impl Engine {
    pub(crate) async fn reopen_ticket(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let key = turn.text("ticket");
        let ticket = self.store.ticket(key.clone()).await?;
        let is_over = |ticket: &TicketRow| matches!(ticket.state, TicketState::Closing | TicketState::Closed);
        let is_wanted = |ticket: &TicketRow| {
            ticket.state == TicketState::Open || turn.may_be_done() && is_over(ticket) && !was_succeeded(ticket)
        };
        let Some(ticket) = ticket.filter(is_wanted) else {
            return self.just_end(turn, End::Done("it is not to be open any more".to_owned())).await;
        };
        let system = self.ports.tickets.get(&ticket.destination).cloned();
        let (Some(system), Some(external)) = (system, external_of(&ticket)) else {
            return self.just_end(turn, End::Done("there is nothing to open again".to_owned())).await;
        };
        if let Some(until) = self.resting(&ticket.destination) {
            return self.rest(turn, until).await;
        }
        match system.look(&external).await {
            Err(failure) => {
                let episode = self.answered(&ticket.destination, Some(&failure));
                let end = self.after_look(turn, &failure);
                self.end(turn, &end, episode.into_iter().collect()).await?;
                Ok(Some(end))
            }
            Ok(Seen { standing: Standing::Open, .. }) => self.is_open_again(turn, &key).await,
            Ok(Seen { standing: Standing::Missing(why), .. }) => self.is_missing(turn, &key, why).await,
            Ok(_) if turn.may_be_done() && elapsed(turn, self.now()) < SETTLED => {
                let why = "it is not known whether it was opened again".to_owned();
                self.just_end(turn, End::Unknown { due: later(self.now(), LOOK_AGAIN), why }).await
            }
            Ok(_) if ticket.state != TicketState::Open => {
                self.just_end(turn, End::Done("it is closed, and is to be".to_owned())).await
            }
            Ok(seen) => self.send_reopen(turn, ticket, &seen, system.as_ref()).await,
        }
    }

    async fn send_reopen(
        &self,
        turn: &mut Turn,
        ticket: TicketRow,
        seen: &Seen,
        system: &dyn Tickets,
    ) -> Result<Option<End>, StoreError> {
        let told = self.told_of(&ticket, "").await?;
        let letter = crate::words::reopened(&told);
        let (key, destination) = (ticket.key.clone(), ticket.destination.clone());
        let expect = Expect::Version(ticket.version);
        if !self.begin(turn, vec![Change::Ticket(Box::new(ticket), expect)]).await? {
            return Ok(None);
        }
        match system.reopen(&seen.external, &letter).await {
            Ok(()) => self.is_open_again(turn, &key).await,
            Err(failure) if failure.fate == Fate::Never => self.succeed(turn, &key, &failure.what).await,
            Err(failure) => {
                let episode = self.answered(&destination, Some(&failure));
                let end = match failure.fate {
                    Fate::Unknown => End::Unknown { due: later(self.now(), LOOK_AGAIN), why: failure.what.clone() },
                    _ => self.after_failure(turn, &failure),
                };
                self.end(turn, &end, episode.into_iter().collect()).await?;
                Ok(Some(end))
            }
        }
    }

    /// It is open; where it was to be closed meanwhile, that is seen to.
    async fn is_open_again(&self, turn: &mut Turn, key: &str) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let was_sent = turn.may_be_done();
        let intent = format!("after-reopen-{}", names::digest(&turn.job.id));
        self.end_with_ticket(turn, key, End::Done("it is open".to_owned()), move |ticket, changes| {
            if matches!(ticket.state, TicketState::Closing | TicketState::Closed) && was_sent && !was_succeeded(ticket)
            {
                (ticket.state, ticket.closed) = (TicketState::Closing, None);
                let body = json!({"outcome": ticket.outcome, "why": "it was opened again meanwhile"});
                changes.push(event("ticket.closing", &ticket.key, body));
                changes.push(Change::Job(Box::new(ticket_job("close", ticket, &intent, now))));
            }
            if ticket.state != TicketState::Open {
                return;
            }
            let was_closed = ticket.closed.take().is_some() || was_sent;
            ticket.closed_by_hand = false;
            ticket.look_at = Some(later(now, self.options.look_every));
            if was_closed {
                changes.push(event("ticket.reopened", &ticket.key, json!({})));
            }
        })
        .await
    }

    /// Its system forbids to open it again: another follows it, and says so.
    async fn succeed(&self, turn: &mut Turn, key: &str, why: &str) -> Result<Option<End>, StoreError> {
        let Some(old) = self.store.ticket(key.to_owned()).await? else { return Ok(None) };
        if old.state != TicketState::Open {
            // Two have asked for it to be opened again, and the other's answer came first.
            return self.just_end(turn, End::Done("it is not to be open any more".to_owned())).await;
        }
        let now = self.now();
        let Some((next, ordinal)) = self.next_of(&old).await? else {
            return self.just_end(turn, End::Dead(format!("more than {MAX_ORDINALS} tickets follow each other"))).await;
        };
        let rows = self.store.findings_by_key(old.findings.clone()).await?;
        let open: Vec<FindingRow> = rows.into_iter().flatten().filter(|row| !row.settled).collect();
        let successor = TicketRow {
            key: next.clone(),
            version: 0,
            findings: open.iter().map(|row| row.key.clone()).collect(),
            state: TicketState::Wanted,
            external: None,
            opened: None,
            reminders: 0,
            look_at: None,
            closed: None,
            closed_by_hand: false,
            outcome: None,
            ..old.clone()
        };
        let mut opening = ticket_job("open", &successor, "", now);
        opening.task["after"] = json!(key);
        opening.task["ordinal"] = json!(ordinal);
        let expect = Expect::Version(old.version);
        let over = TicketRow {
            state: TicketState::Closed,
            closed: old.closed.or(Some(now)),
            outcome: Some(SUCCEEDED.to_owned()),
            look_at: None,
            remind_at: None,
            ..old
        };
        let mut changes = vec![
            event("ticket.succeeded", key, json!({"by": next, "why": why})),
            Change::Job(Box::new(opening)),
            Change::Ticket(Box::new(successor), Expect::Absent),
            Change::Ticket(Box::new(over), expect),
        ];
        for mut row in open {
            let expect = Expect::Version(row.version);
            row.tickets.push(next.clone());
            changes.push(Change::Finding(Box::new(row), expect));
        }
        let end = End::Done(format!("another ticket follows it: {why}"));
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    /// The first free place behind a ticket in its group.
    async fn next_of(&self, ticket: &TicketRow) -> Result<Option<(String, u32)>, StoreError> {
        let mut past = false;
        for ordinal in 1..=MAX_ORDINALS {
            let key = names::ticket(&ticket.kind, &ticket.group, ordinal, &ticket.destination);
            if past && self.store.ticket(key.clone()).await?.is_none() {
                return Ok(Some((key, ordinal)));
            }
            past |= key == ticket.key;
        }
        Ok(None)
    }
}
