//! The workers: each does what is due now from what the store says, and returns how it went.

mod accounts;
mod approved;
mod close;
mod comment;
mod housekeeping;
mod hub_read;
mod hub_write;
mod look;
mod mail;
mod open;
mod read_key;
mod remedy;
mod remind;
mod reopen;

use jiff::SignedDuration;
use store::rows::TicketRow;
use store::{Change, Expect, StoreError};

use crate::engine::{Engine, later};
use crate::failure::Failure;
use crate::outbox::{End, Turn};
use crate::ports::External;

pub(crate) use hub_write::hub_job;
pub(crate) use read_key::facts_of;

/// How often is tried again to write what happened, where others change the same rows.
const CONFLICTS: usize = 8;
/// How soon is looked again for what a call with an unknown fate did, where looking shows it at once.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// How long such a call may still be under way.
const SETTLED: SignedDuration = SignedDuration::from_secs(90);

impl Engine {
    /// Works on tickets: opens, closes, reopens, comments.
    pub(crate) async fn work_on_tickets(&self) -> Result<crate::engine::Status, StoreError> {
        self.work("ticket").await
    }

    /// Ends a turn without anything else.
    pub(crate) async fn just_end(&self, turn: &mut Turn, end: End) -> Result<Option<End>, StoreError> {
        self.end(turn, &end, Vec::new()).await?;
        Ok(Some(end))
    }

    /// Ends a turn with what it changes of its ticket, as the ticket stands then: the call is made, and is not made again because
    /// somebody changed the row meanwhile.
    pub(crate) async fn end_with_ticket(
        &self,
        turn: &mut Turn,
        key: &str,
        end: End,
        amend: impl Fn(&mut TicketRow, &mut Vec<Change>) + Send,
    ) -> Result<Option<End>, StoreError> {
        let mut last = None;
        for _ in 0..CONFLICTS {
            let mut changes = Vec::new();
            if let Some(mut ticket) = self.store.ticket(key.to_owned()).await? {
                let expect = Expect::Version(ticket.version);
                amend(&mut ticket, &mut changes);
                changes.push(Change::Ticket(Box::new(ticket), expect));
            }
            match self.end(turn, &end, changes).await {
                Err(StoreError::Conflict { row }) if row != format!("job {}", turn.job.id) => last = Some(row),
                other => return other.map(|()| Some(end)),
            }
        }
        Err(StoreError::Conflict { row: last.unwrap_or_default() })
    }

    /// What follows where looking failed: looking again is always safe.
    pub(crate) fn after_look(&self, turn: &Turn, failure: &Failure) -> End {
        let now = self.now();
        let due = later(now, self.backoff(&turn.job.id, turn.job.attempts.min(6)));
        let why = failure.what.clone();
        if turn.may_be_done() {
            return End::Unknown { due, why };
        }
        match self.after_failure(turn, failure) {
            // An operator mends what forbids us to look; nothing was sent.
            End::Dead(why) if failure.fate != crate::Fate::Never => End::Dead(why),
            End::Dead(_) => End::Dead(format!("looking failed: {why}")),
            other => other,
        }
    }
}

/// The ticket as its system knows it.
pub(crate) fn external_of(ticket: &TicketRow) -> Option<External> {
    serde_json::from_value(ticket.external.clone()?).ok()
}

/// How long ago the attempt was made that may have been done.
pub(crate) fn elapsed(turn: &Turn, now: jiff::Timestamp) -> SignedDuration {
    turn.sent().map_or(SignedDuration::MAX, |sent| now.duration_since(sent))
}
