//! Closes tickets: by what its system calls done, never by deleting, and only while they are still to be closed.

use jiff::SignedDuration;
use serde_json::json;
use store::rows::{JobState, TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use super::{LOOK_AGAIN, SETTLED, elapsed, external_of};
use crate::decider::reopen_job;
use crate::engine::{Engine, event, later};
use crate::failure::Fate;
use crate::names;
use crate::outbox::{End, Turn, job};
use crate::ports::{External, Standing, Tickets};

/// Why a ticket is opened again that was closed while somebody wanted it open.
fn after_close(turn: &Turn) -> String {
    format!("after-close-{}", names::digest(&turn.job.id))
}

impl Engine {
    pub(crate) async fn close_ticket(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let key = turn.text("ticket");
        let Some(ticket) = self.store.ticket(key.clone()).await? else {
            return self.just_end(turn, End::Done("the ticket is forgotten".to_owned())).await;
        };
        if ticket.state != TicketState::Closing {
            return self.is_not_to_be_closed(turn, &key).await;
        }
        let Some(external) = external_of(&ticket) else { return self.close_unopened(turn, ticket).await };
        let Some(system) = self.ports.tickets.get(&ticket.destination).cloned() else {
            let why = format!("no ticket system is configured by the name {}", ticket.destination);
            return self.just_end(turn, End::Held { due: later(self.now(), SignedDuration::from_mins(1)), why }).await;
        };
        if let Some(until) = self.resting(&ticket.destination) {
            return self.rest(turn, until).await;
        }
        if turn.may_be_done() {
            return self.look_whether_closed(turn, &key, &external, system.as_ref()).await;
        }
        self.send_close(turn, ticket, &external, system.as_ref()).await
    }

    /// It has no number: it is being opened, or never was.
    async fn close_unopened(&self, turn: &mut Turn, ticket: TicketRow) -> Result<Option<End>, StoreError> {
        let opening = self.store.job(format!("ticket.open/{}", ticket.key)).await?;
        let now = self.now();
        let mut changes = Vec::new();
        match opening {
            Some(opening) if opening.state == JobState::Unknown => {
                let why = "it is not known yet whether it was opened".to_owned();
                let due = later(opening.leased_until.unwrap_or(opening.due), SignedDuration::from_secs(1))
                    .max(later(now, SignedDuration::from_secs(5)));
                return self.just_end(turn, End::Again { due, why }).await;
            }
            Some(mut opening) if matches!(opening.state, JobState::Pending | JobState::Held) => {
                (opening.state, opening.note) = (JobState::Done, Some("settled before it was opened".to_owned()));
                changes.push(Change::Finish(Box::new(opening)));
            }
            _ => {}
        }
        let expect = Expect::Version(ticket.version);
        changes.push(event("ticket.not-needed", &ticket.key, json!({"outcome": ticket.outcome})));
        let closed = TicketRow { state: TicketState::Closed, closed: Some(now), ..ticket };
        changes.push(Change::Ticket(Box::new(closed), expect));
        let end = End::Done("it was never opened".to_owned());
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    async fn look_whether_closed(
        &self,
        turn: &mut Turn,
        key: &str,
        external: &External,
        system: &dyn Tickets,
    ) -> Result<Option<End>, StoreError> {
        let seen = match system.look(external).await {
            Ok(seen) => seen,
            Err(failure) => {
                let end = self.after_look(turn, &failure);
                return self.just_end(turn, end).await;
            }
        };
        match seen.standing {
            Standing::Done => self.is_closed(turn, key, "closed").await,
            Standing::Missing(why) => self.is_missing(turn, key, why).await,
            Standing::Open if elapsed(turn, self.now()) < SETTLED => {
                let why = "it is not known whether it was closed".to_owned();
                self.just_end(turn, End::Unknown { due: later(self.now(), LOOK_AGAIN), why }).await
            }
            Standing::Open => {
                let why = "it was certainly not closed: tried again".to_owned();
                self.just_end(turn, End::Again { due: self.now(), why }).await
            }
        }
    }

    async fn send_close(
        &self,
        turn: &mut Turn,
        ticket: TicketRow,
        external: &External,
        system: &dyn Tickets,
    ) -> Result<Option<End>, StoreError> {
        let told = self.told_of(&ticket, "").await?;
        let letter = crate::words::closed(&told);
        let (key, destination) = (ticket.key.clone(), ticket.destination.clone());
        let version = ticket.version;
        if !self.begin(turn, vec![Change::Ticket(Box::new(ticket), Expect::Version(version))]).await? {
            return Ok(None);
        }
        let written = version.saturating_add(1);
        match system.close(external, &letter).await {
            Ok(()) if self.is_closing_otherwise(&key, written).await? => {
                let why = "it was to be open, and is to be closed again: which came last is not known".to_owned();
                self.just_end(turn, End::Unknown { due: later(self.now(), LOOK_AGAIN), why }).await
            }
            Ok(()) => self.is_closed(turn, &key, "closed").await,
            Err(failure) => {
                let episode = self.answered(&destination, Some(&failure));
                let end = match failure.fate {
                    Fate::Unknown => End::Unknown { due: later(self.now(), LOOK_AGAIN), why: failure.what.clone() },
                    _ => self.after_failure(turn, &failure),
                };
                let mut changes: Vec<Change> = episode.into_iter().collect();
                if let End::Dead(why) = &end {
                    changes.push(event("ticket.not-closed", &key, json!({"why": why})));
                }
                self.end(turn, &end, changes).await?;
                Ok(Some(end))
            }
        }
    }

    /// Whether the ticket was changed since, and is to be closed now: perhaps opened again in between.
    async fn is_closing_otherwise(&self, key: &str, written: u64) -> Result<bool, StoreError> {
        let ticket = self.store.ticket(key.to_owned()).await?;
        Ok(ticket.is_some_and(|ticket| ticket.state == TicketState::Closing && ticket.version != written))
    }

    /// It is closed; where somebody wants it open again meanwhile, that is seen to.
    async fn is_closed(&self, turn: &mut Turn, key: &str, note: &str) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let was_sent = turn.may_be_done();
        let intent = after_close(turn);
        let Some(ticket) = self.store.ticket(key.to_owned()).await? else { return Ok(None) };
        let episode = if was_sent { self.answered(&ticket.destination, None) } else { None };
        let findings = self.store.findings_by_key(ticket.findings.clone()).await?;
        self.end_with_ticket(turn, key, End::Done(note.to_owned()), move |ticket, changes| {
            changes.extend(episode.clone());
            if ticket.state != TicketState::Closing {
                if was_sent && ticket.state == TicketState::Open {
                    changes.push(Change::Job(Box::new(reopen_job(ticket, &intent, now))));
                }
                return;
            }
            (ticket.state, ticket.closed, ticket.closed_by_hand) = (TicketState::Closed, Some(now), false);
            (ticket.look_at, ticket.remind_at) = (None, None);
            changes.push(event("ticket.closed", &ticket.key, json!({"outcome": ticket.outcome, "by": "keyreeve"})));
            if ticket.kind == "AUTOFIXED" || ticket.kind == "ROLLUP" {
                return;
            }
            for finding in findings.iter().flatten() {
                let hub = format!("closed/{}/{}", ticket.key, ticket.version);
                changes.extend(super::hub_job(self, finding, &hub, now).map(|job| Change::Job(Box::new(job))));
            }
            let first = findings.iter().flatten().next();
            if let (true, Some(first)) = (self.ports.mailer.is_some(), first) {
                let id = format!("mail/closed/{}/{}", first.key, first.incarnation);
                let task = json!({"do": "mail", "kind": "CLOSED", "ticket": ticket.key});
                changes.push(Change::Job(Box::new(job(id, "mail", "mail".to_owned(), task, now))));
            }
        })
        .await
    }

    /// It is to stay open; where it may have been closed all the same, that is seen to. It may be to be closed again by now, which is
    /// another job's.
    async fn is_not_to_be_closed(&self, turn: &mut Turn, key: &str) -> Result<Option<End>, StoreError> {
        let (now, was_sent) = (self.now(), turn.may_be_done());
        let intent = after_close(turn);
        let end = End::Done("it is not to be closed any more".to_owned());
        self.end_with_ticket(turn, key, end, move |ticket, changes| {
            if was_sent && ticket.state == TicketState::Open {
                changes.push(Change::Job(Box::new(reopen_job(ticket, &intent, now))));
            }
        })
        .await
    }

    /// Its system does not show it any more: it is kept, somebody is told, and no other is opened.
    pub(crate) async fn is_missing(&self, turn: &mut Turn, key: &str, why: String) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let end = End::Done(format!("its system does not show it: {why}"));
        self.end_with_ticket(turn, key, end, move |ticket, changes| {
            ticket.state = TicketState::Missing;
            ticket.look_at = Some(later(now, self.options.look_every));
            changes.push(event("ticket.missing", &ticket.key, json!({"why": why})));
        })
        .await
    }
}
