//! What is remembered, as types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A finding, in its latest incarnation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRow {
    /// 32 hex digits, of account, region, product and the finding's id.
    pub key: String,
    /// Grows at each change.
    pub version: u64,
    /// How often it has come back after it had passed or been archived; the first is 1.
    pub incarnation: u32,
    /// Its own id.
    pub finding_id: String,
    /// `asff-consolidated`, `keyreeve` …
    pub form: String,
    /// The control, or the generator.
    pub control: String,
    /// What it is about.
    pub resource: String,
    /// The account.
    pub account_id: String,
    /// The region.
    pub region: Option<String>,
    /// One line.
    pub title: String,
    /// `CRITICAL` …, as decided.
    pub severity: String,
    /// Whether it is settled: passed, archived, suppressed.
    pub settled: bool,
    /// The finding as it came last.
    pub text: String,
    /// When the evaluator wrote it last; an older text never replaces a newer one.
    pub updated: Option<Timestamp>,
    /// When it first came.
    pub first_seen: Timestamp,
    /// When it came last.
    pub last_seen: Timestamp,
    /// When it is to be decided, again or for the first time; `None` when nothing is due.
    pub decide_at: Option<Timestamp>,
    /// `TEAMFIX` …; `None` before the first decision.
    pub action: Option<String>,
    /// The whole decision, as `keyreeve triage` prints it.
    pub decision: Option<Value>,
    /// The tickets of this incarnation, by key.
    pub tickets: Vec<String>,
    /// The team that owns it.
    pub team: Option<String>,
    /// When it was settled, where it is.
    pub settled_at: Option<Timestamp>,
}

/// A ticket: what we want of it, and what we know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketRow {
    /// 32 hex digits, of what it is for, the incarnation and the destination: its mark in the ticket system.
    pub key: String,
    /// Grows at each change.
    pub version: u64,
    /// The configured system: `jira`, `servicenow` …
    pub destination: String,
    /// The project or queue.
    pub project: Option<String>,
    /// `TEAMFIX`, `INCIDENT`, `AUTOFIXED`, `ROLLUP`.
    pub kind: String,
    /// What it is for: a finding's key, `account/control`, or `control`.
    pub group: String,
    /// The findings it stands for, by key.
    pub findings: Vec<String>,
    /// How it stands.
    pub state: TicketState,
    /// Its number and address, once it has one.
    pub external: Option<Value>,
    /// `CRITICAL` …
    pub severity: String,
    /// One line.
    pub title: String,
    /// The account.
    pub account_id: String,
    /// The team.
    pub team: Option<String>,
    /// When it was opened in its system.
    pub opened: Option<Timestamp>,
    /// By when it must be closed.
    pub due: Option<Timestamp>,
    /// When the next reminder is due.
    pub remind_at: Option<Timestamp>,
    /// How many reminders were sent.
    pub reminders: u32,
    /// When it is looked at next, to see what people did.
    pub look_at: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Whether a person closed it, and not we.
    pub closed_by_hand: bool,
    /// `fixed`, `gone` …, where it is closed.
    pub outcome: Option<String>,
    /// The digest of the last thing that was said in it: nothing is said twice.
    pub said: Option<String>,
    /// Until when an operator wants to hear nothing of it.
    pub snoozed: Option<Timestamp>,
}

/// How a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// It is to be opened, and is not known to be.
    Wanted,
    /// It is open.
    Open,
    /// It is to be closed.
    Closing,
    /// It is closed.
    Closed,
    /// Its system does not show it any more; it is neither replaced nor forgotten.
    Missing,
    /// It could not be opened: an operator must look.
    Failed,
}

/// A plan for one finding, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemediationRow {
    /// 32 hex digits, of resource, control and the how-manieth it is of these.
    pub key: String,
    /// Grows at each change.
    pub version: u64,
    /// The finding, by key.
    pub finding: String,
    /// All findings that it is the answer to, by key, each with its incarnation: Security Hub's and ours may be about the same.
    #[serde(default)]
    pub answers: BTreeMap<String, u32>,
    /// The control.
    pub control: String,
    /// The key's ARN.
    pub resource: String,
    /// The account.
    pub account_id: String,
    /// The plan, as `remediate plan` prints it.
    pub plan: Value,
    /// Of the plan: what is approved is this plan and no other.
    pub digest: String,
    /// How it stands.
    pub state: RemediationState,
    /// How many of its calls are done and verified.
    pub done: u32,
    /// Who agreed, and when.
    pub approved_by: Option<String>,
    /// When somebody agreed.
    pub approved_at: Option<Timestamp>,
    /// What happened, in words.
    pub note: Option<String>,
    /// What undoes it: each call as it is to be made, the last first.
    pub undo: Vec<Value>,
    /// When it began.
    pub created: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// How a remediation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RemediationState {
    AwaitingApproval,
    Approved,
    Applying,
    Verified,
    Failed,
    Refused,
    Undoing,
    Undone,
}

/// One thing to do outside: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// What is intended, in a word and a key: `ticket.open/3f…`. The same intent is queued once.
    pub id: String,
    /// Which worker does it: `ticket`, `hub`, `mail`, `remediation`, `read`.
    pub queue: String,
    /// Calls to one destination are counted and limited together: `jira:SEC`, `hub:eu-north-1`.
    pub destination: String,
    /// What to do.
    pub task: Value,
    /// How it stands.
    pub state: JobState,
    /// Not before.
    pub due: Timestamp,
    /// When it was queued.
    pub created: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// Grows at each lease.
    pub fence: u64,
    /// Who holds it.
    pub holder: Option<String>,
    /// Until when.
    pub leased_until: Option<Timestamp>,
    /// Why it waits, failed or is held; what it came to.
    pub note: Option<String>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is to be done.
    Pending,
    /// It may have been done: it is looked after, not repeated.
    Unknown,
    /// It is done.
    Done,
    /// Something holds it back: a switch, a cap. Seen by operators; let go when the reason ends.
    Held,
    /// It cannot be done: a person must look.
    Dead,
}

/// One attempt at a job: written before the call is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// The job.
    pub job: String,
    /// 1 is the first.
    pub number: u32,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// `success`, `failure`, `unknown`; `None` while nobody knows yet.
    pub outcome: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// An account, as the organisation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Twelve digits.
    pub id: String,
    /// The account, as a snapshot has it.
    pub account: Value,
    /// When this was read.
    pub read: Timestamp,
}

/// A key, as it was last read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account_id: String,
    /// Its region.
    pub region: String,
    /// Its aliases, for searching.
    pub aliases: Vec<String>,
    /// `Enabled` …, where that is known.
    pub state: Option<String>,
    /// `AWS.KMS.Key` or `AWS.KMS.CustomKeyStore`.
    pub kind: String,
    /// The resource, as a snapshot has it; `None` where the key is gone.
    pub facts: Option<String>,
    /// When it was read.
    pub read: Timestamp,
}

/// What changed of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyChange {
    /// When it was seen.
    pub at: Timestamp,
    /// The field.
    pub field: String,
    /// Before; `null` where there was none.
    pub before: Value,
    /// After.
    pub after: Value,
}

/// How a worker is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerRow {
    /// `ticket`, `hub-writer` …
    pub name: String,
    /// When its last turn ended.
    pub at: Timestamp,
    /// How it went, in words.
    pub status: String,
    /// Turns that failed in a row.
    pub failures: u32,
    /// What it counts.
    pub counts: Value,
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// 1 is the first; there are no gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// By whom.
    pub actor: String,
    /// The rest.
    pub body: Value,
    /// SHA-256 of the hash before and of this event: nothing can be taken out unseen.
    pub hash: String,
}
