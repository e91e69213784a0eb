//! The others: what respond needs of ticket systems, Security Hub, queues, mail, AWS and the clock. Each is a trait, so that the
//! simulation drives the same engine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::letter::Letter;

/// An answer that comes later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// What a ticket is known by in its own system, before and after it has a number: the label `keyreeve-<16 hex>` in Jira, the
/// `correlation_id` in ServiceNow. The same intent always has the same mark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark(pub String);

/// A ticket that somebody else keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// What never changes: Jira's numeric id, ServiceNow's `sys_id`.
    pub id: String,
    /// What people say: `SEC-1`, `INC0012345`. Changes when an issue is moved.
    pub name: String,
    /// Where people look at it.
    pub address: Option<String>,
}

/// A ticket to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// By which it is found again.
    pub mark: Mark,
    /// The project or queue; the system's default where nobody says.
    pub project: Option<String>,
    /// How urgent.
    pub severity: finding::Severity,
    /// What it says.
    pub letter: Letter,
    /// Further labels: letters, digits, `-`, `_`, `.` only.
    pub labels: Vec<String>,
    /// By when.
    pub due: Option<Timestamp>,
}

/// How a ticket stands in its own system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Somebody may still work on it.
    Open,
    /// It is in the category "done" (Jira), resolved or closed (ServiceNow).
    Done,
    /// It is not there any more, or we may not see it: the link is kept, somebody is told, and no other is opened.
    Missing(String),
}

/// A ticket as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Under which id and name it is known now.
    pub external: External,
    /// How it stands.
    pub standing: Standing,
}

/// A ticket system: Jira, ServiceNow, a webhook, a file.
pub trait Tickets: Send + Sync {
    /// Opens a ticket. Not repeated by the implementation: an unknown fate is reconciled by `find`.
    fn open<'a>(&'a self, draft: &'a Draft) -> Reply<'a, External>;
    /// All tickets with that mark, the oldest first, wherever they were moved.
    fn find<'a>(&'a self, mark: &'a Mark, project: Option<&'a str>) -> Reply<'a, Vec<Seen>>;
    /// How a known ticket stands. `Missing` is an answer; `Err` is a look that failed.
    fn look<'a>(&'a self, external: &'a External) -> Reply<'a, Seen>;
    /// Adds a comment. `mark` makes it recognisable, so that an unknown fate can be reconciled by `commented`.
    fn comment<'a>(&'a self, external: &'a External, mark: &'a Mark, letter: &'a Letter) -> Reply<'a, ()>;
    /// Whether that comment is there.
    fn commented<'a>(&'a self, external: &'a External, mark: &'a Mark) -> Reply<'a, bool>;
    /// Moves it to "done", by category and never by deleting. Closing what is done already is `Ok`.
    fn close<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()>;
    /// Opens it again. Where its workflow forbids that: `Never`, and the engine opens a successor.
    fn reopen<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()>;
    /// Looks whether tickets could be opened in these projects (and in the default one) as configured, and opens none: for `doctor`
    /// and the start. Nothing to say where there is nothing to look at.
    fn check<'a>(&'a self, _projects: &'a [String]) -> Reply<'a, Checkup> {
        Box::pin(std::future::ready(Ok(Checkup::default())))
    }
    /// How long a new ticket may be missing from `find`: so long is waited before absence is believed.
    fn search_lag(&self) -> Duration;
}

/// What a look at a ticket system's configuration found, before anything is created in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkup {
    /// What must be put right first: each with its remedy.
    pub problems: Vec<String>,
    /// What will be done otherwise than one may expect.
    pub notes: Vec<String>,
}

/// A mail. `id` is its stable Message-ID: sent twice, it is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Without the brackets: `abc@keyreeve.example`.
    pub id: String,
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses that get a copy.
    pub copy: Vec<String>,
    /// What it says.
    pub letter: Letter,
    /// How urgent: the colour of the bar.
    pub severity: finding::Severity,
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends one.
    fn send<'a>(&'a self, mail: &'a Mail) -> Reply<'a, ()>;
}

/// What becomes of a finding in Security Hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubUpdate {
    /// The finding's `Id`.
    pub finding_id: String,
    /// Its `ProductArn`.
    pub product_arn: String,
    /// The account it lies in, and the region whose hub has it.
    pub account_id: String,
    /// `eu-north-1`.
    pub region: String,
    /// `NOTIFIED`, `RESOLVED`, `SUPPRESSED`; `None` leaves it.
    pub workflow: Option<String>,
    /// A note, 512 characters at most.
    pub note: Option<String>,
    /// `UserDefinedFields`: a projection for people, never read back as a lock.
    pub fields: BTreeMap<String, String>,
}

/// A page of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HubPage {
    /// Each finding's own text (ASFF).
    pub findings: Vec<String>,
    /// What the next page is asked for with.
    pub next: Option<String>,
}

/// AWS Security Hub.
pub trait Hub: Send + Sync {
    /// A page of the findings about KMS that were updated since then (all, where nothing is said).
    fn read<'a>(&'a self, since: Option<Timestamp>, next: Option<&'a str>) -> Reply<'a, HubPage>;
    /// Updates at most 100 findings; the answer has the failures of single ones by their place. Updating is idempotent.
    fn update<'a>(&'a self, updates: &'a [HubUpdate]) -> Reply<'a, Vec<(usize, Failure)>>;
}

/// A message of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same at each delivery.
    pub id: String,
    /// What deletes this delivery.
    pub receipt: String,
    /// What it says.
    pub body: String,
}

/// A queue: SQS, fed by EventBridge.
pub trait Queue: Send + Sync {
    /// At most ten messages; waits for one up to 20 seconds.
    fn receive(&self) -> Reply<'_, Vec<Message>>;
    /// Acknowledges, after what they say is in the store.
    fn delete<'a>(&'a self, receipts: &'a [String]) -> Reply<'a, ()>;
}

/// One call that changes a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyCall {
    /// The account.
    pub account_id: String,
    /// The region.
    pub region: String,
    /// `EnableKeyRotation`.
    pub operation: String,
    /// Its parameters, by AWS's names.
    pub parameters: BTreeMap<String, Value>,
}

/// AWS's keys.
pub trait Keys: Send + Sync {
    /// Reads one key: the resource as a snapshot line has it, refused facts under `Unknown`; `None` where it is not there
    /// (NotFoundException, said twice).
    fn read<'a>(&'a self, arn: &'a str) -> Reply<'a, Option<String>>;
    /// Makes a change. The error code is the first word of `Failure::what`.
    fn change<'a>(&'a self, call: &'a KeyCall) -> Reply<'a, ()>;
}

/// The organisation's accounts.
pub trait Directory: Send + Sync {
    /// All accounts, with tags and the path of organisational units: each as the `account` line of a snapshot.
    fn accounts(&self) -> Reply<'_, Vec<finding::Account>>;
}
