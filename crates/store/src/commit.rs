//! A change of the store, as data: applied whole or not at all.

use jiff::Timestamp;
use serde_json::Value;

use crate::rows::{AccountRow, AttemptRow, FindingRow, JobRow, KeyRow, RemediationRow, TicketRow, WorkerRow};

/// A change, applied whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commit {
    /// When.
    pub at: Timestamp,
    /// What changes, in order.
    pub changes: Vec<Change>,
}

/// What version a row must have for the commit to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// There must be none.
    Absent,
    /// It must have this one.
    Version(u64),
    /// Whatever there is: facts that only ever grow newer.
    Any,
}

/// One change.
///
/// Within one commit a change sees those before it. Rows are written whole; the store sets `version` to one more than it was (1 for a new row), whatever the row says.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Appends to the log.
    Event(NewEvent),
    /// A message was taken in; a conflict where it was before.
    Delivery {
        /// Source and id: `sqs:…`, `webhook:…`.
        id: String,
        /// Forgotten after this.
        until: Timestamp,
    },
    /// A finding.
    Finding(Box<FindingRow>, Expect),
    /// A ticket.
    Ticket(Box<TicketRow>, Expect),
    /// A plan and what became of it.
    Remediation(Box<RemediationRow>, Expect),
    /// A new job, unless there is one by that id: the same intent is queued once, for ever.
    Job(Box<JobRow>),
    /// A job as it is from now on: refused as a conflict where `fence` is not the store's any more. Nobody holds it afterwards,
    /// whatever the row says.
    Finish(Box<JobRow>),
    /// A job as it is from now on, which its holder goes on holding until `leased_until`: an attempt begins. Refused like `Finish`.
    Hold(Box<JobRow>),
    /// The attempt that begins, or (by the same job and number) how it ended.
    Attempt(AttemptRow),
    /// An account as it was read; one that was read later already stays.
    Account(Box<AccountRow>),
    /// A key as it was read; one that was read later already stays. Where its facts differ from the last ones, the store adds the
    /// difference to its history; a key that is gone has no fields, so its last facts remain there.
    Key(Box<KeyRow>),
    /// How a worker is doing.
    Worker(WorkerRow),
    /// A named value: a cursor, a watermark. `None` removes it.
    Value(String, Option<String>),
}

/// What is added to the log. The store gives it a number, the time of the commit, and the hash that chains it to the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// `finding.received`, `decision`, `ticket.opened`, `remediation.applied`, `approval.given` …
    pub kind: String,
    /// What it is about: a finding's key, a ticket's key, an ARN.
    pub subject: String,
    /// Who did it: `keyreeve`, `token:alice`.
    pub actor: String,
    /// The rest.
    pub body: Value,
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The number of the last event.
    pub last_event: u64,
    /// How many of its jobs were new.
    pub new_jobs: usize,
}
