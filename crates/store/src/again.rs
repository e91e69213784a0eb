//! A job that stopped, tried again because somebody says so: the one list of what changes with it.

use jiff::Timestamp;
use serde_json::Value;

use crate::commit::{Change, Expect};
use crate::error::StoreError;
use crate::rows::{JobRow, JobState, TicketRow, TicketState};
use crate::store::Store;

/// What trying a job again comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Again {
    /// There is no such job.
    Missing,
    /// It has not stopped.
    GoesOn(JobState),
    /// These changes let it begin anew, unless somebody takes it meanwhile: then they are a conflict.
    Begins {
        /// Why it had stopped.
        was: Option<String>,
        /// The job, and the ticket that it could not open, which is wanted again.
        changes: Vec<Change>,
    },
}

/// What lets a dead or held job begin anew at once, with all its attempts before it; `note` is what it says until then.
///
/// # Errors
/// Where the store fails.
pub async fn again(store: &dyn Store, id: &str, now: Timestamp, note: Option<String>) -> Result<Again, StoreError> {
    let Some(job) = store.job(id.to_owned()).await? else { return Ok(Again::Missing) };
    if !matches!(job.state, JobState::Dead | JobState::Held) {
        return Ok(Again::GoesOn(job.state));
    }
    let mut changes = Vec::new();
    if let Some(key) = job.task.get("ticket").and_then(Value::as_str)
        && let Some(ticket) = store.ticket(key.to_owned()).await?
        && ticket.state == TicketState::Failed
    {
        let expect = Expect::Version(ticket.version);
        changes.push(Change::Ticket(Box::new(TicketRow { state: TicketState::Wanted, ..ticket }), expect));
    }
    let was = job.note.clone();
    let job = JobRow { state: JobState::Pending, due: now, attempts: 0, holder: None, leased_until: None, note, ..job };
    changes.push(Change::Finish(Box::new(job)));
    Ok(Again::Begins { was, changes })
}
