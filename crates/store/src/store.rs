//! The trait that every store keeps: SQLite, memory, later PostgreSQL. One contract suite tests them all.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::commit::{Commit, Committed};
use crate::error::StoreError;
use crate::rows::{
    AccountRow, AttemptRow, EventRow, FindingRow, JobRow, JobState, KeyChange, KeyRow, RemediationRow,
    RemediationState, TicketRow, TicketState, WorkerRow,
};

/// An answer that comes later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A part of a list. Lists are sorted by key (events by number), and go on after the last key of the part before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Go on after this key.
    pub after: Option<String>,
    /// At most so many; 1000 is the most that is given.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, limit: 100 }
    }
}

/// Which findings. What is not said is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the row")]
pub struct FindingFilter {
    pub account_id: Option<String>,
    pub control: Option<String>,
    pub resource: Option<String>,
    pub action: Option<String>,
    pub severity: Option<String>,
    pub team: Option<String>,
    pub settled: Option<bool>,
    /// In title, resource or finding id, in whatever case.
    pub text: Option<String>,
}

/// Which tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the row")]
pub struct TicketFilter {
    pub state: Option<TicketState>,
    pub kind: Option<String>,
    pub account_id: Option<String>,
    pub team: Option<String>,
    pub destination: Option<String>,
    pub group: Option<String>,
}

/// Which jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the row")]
pub struct JobFilter {
    pub queue: Option<String>,
    pub state: Option<JobState>,
    pub destination: Option<String>,
}

/// Which keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the row")]
pub struct KeyFilter {
    pub account_id: Option<String>,
    pub region: Option<String>,
    pub state: Option<String>,
    pub kind: Option<String>,
    /// In ARN or an alias, in whatever case.
    pub text: Option<String>,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Its kind begins so.
    pub kind: Option<String>,
    /// Of this.
    pub subject: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
}

/// Who takes jobs, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of this queue.
    pub queue: String,
    /// Who.
    pub holder: String,
    /// Jobs in state `Pending` or `Unknown`, due at this time or before, and held by nobody or until this time at most.
    pub now: Timestamp,
    /// Held until then.
    pub until: Timestamp,
    /// At most so many, the longest due first.
    pub limit: usize,
}

/// A store.
///
/// Nothing happens before an answer is waited for; what was begun may go on when it is not waited for any more. An error of the medium
/// in a commit leaves open whether it was applied: who expects versions, and reads again, cannot apply it twice. Rows that are read have the version that a later commit must expect.
pub trait Store: Send + Sync {
    /// Applies a change whole, durably, or not at all.
    fn commit(&self, commit: Commit) -> Reply<'_, Committed>;
    /// Takes jobs: each gets a new fence, the holder, and the end of the lease.
    fn lease(&self, lease: Lease) -> Reply<'_, Vec<JobRow>>;

    /// Which of these deliveries were taken in before.
    fn delivered(&self, ids: Vec<String>) -> Reply<'_, Vec<bool>>;
    /// Findings by key, in the order asked; `None` where there is none.
    fn findings_by_key(&self, keys: Vec<String>) -> Reply<'_, Vec<Option<FindingRow>>>;
    /// Findings to be decided by now, the longest due first.
    fn findings_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<FindingRow>>;
    /// A part of the findings.
    fn findings(&self, filter: FindingFilter, page: Page) -> Reply<'_, Vec<FindingRow>>;

    /// A ticket by key.
    fn ticket(&self, key: String) -> Reply<'_, Option<TicketRow>>;
    /// Tickets that are open or missing and due to be looked at or reminded of.
    fn tickets_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<TicketRow>>;
    /// A part of the tickets.
    fn tickets(&self, filter: TicketFilter, page: Page) -> Reply<'_, Vec<TicketRow>>;
    /// How many tickets of a destination and exactly that project (or none) were first wanted since then: what caps are counted by.
    fn tickets_since(&self, destination: String, project: Option<String>, since: Timestamp) -> Reply<'_, u64>;

    /// A remediation by key.
    fn remediation(&self, key: String) -> Reply<'_, Option<RemediationRow>>;
    /// A part of the remediations, of a state where one is given.
    fn remediations(&self, state: Option<RemediationState>, page: Page) -> Reply<'_, Vec<RemediationRow>>;

    /// A job by id.
    fn job(&self, id: String) -> Reply<'_, Option<JobRow>>;
    /// A part of the jobs.
    fn jobs(&self, filter: JobFilter, page: Page) -> Reply<'_, Vec<JobRow>>;
    /// How many jobs there are, by queue and state.
    fn job_counts(&self) -> Reply<'_, BTreeMap<(String, JobState), u64>>;
    /// When the next job of a queue can be taken: due, and held by nobody any more.
    fn next_due(&self, queue: String) -> Reply<'_, Option<Timestamp>>;
    /// The attempts at a job.
    fn attempts(&self, job: String) -> Reply<'_, Vec<AttemptRow>>;

    /// An account.
    fn account(&self, id: String) -> Reply<'_, Option<AccountRow>>;
    /// All accounts.
    fn accounts(&self) -> Reply<'_, Vec<AccountRow>>;
    /// A key by ARN.
    fn key(&self, arn: String) -> Reply<'_, Option<KeyRow>>;
    /// A part of the keys.
    fn keys(&self, filter: KeyFilter, page: Page) -> Reply<'_, Vec<KeyRow>>;
    /// What changed of a key, the latest first.
    fn key_history(&self, arn: String, limit: usize) -> Reply<'_, Vec<KeyChange>>;

    /// A part of the log, in its order; `page.after` is an event's number, and refused where it is something else.
    fn events(&self, filter: EventFilter, page: Page) -> Reply<'_, Vec<EventRow>>;
    /// Goes through the whole log and says where the chain is broken first, if it is.
    fn verify_log(&self) -> Reply<'_, Option<u64>>;
    /// How the workers are doing.
    fn workers(&self) -> Reply<'_, Vec<WorkerRow>>;
    /// A named value.
    fn value(&self, name: String) -> Reply<'_, Option<String>>;
    /// Forgets deliveries past their time; findings that are settled, wait for nothing and were neither settled nor seen since then;
    /// tickets closed before, jobs done before (with their attempts). The log, keys and their history stay. What is forgotten may come
    /// again as if for the first time. Tells how many rows went.
    fn forget(&self, now: Timestamp, older_than: Timestamp) -> Reply<'_, u64>;
}
