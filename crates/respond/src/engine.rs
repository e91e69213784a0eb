//! The engine: a store, the others, what is decided, and workers that do what is due now and return.
//!
//! There is no timer in it: who calls owns time. All state is in the store, so that any number of engines may work on one, and
//! each may die at any moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::rows::WorkerRow;
use store::{Change, Commit, Committed, NewEvent, Store, StoreError};
use triage::{Settings, Triage};

use crate::names;
use crate::options::{Mode, Options};
use crate::outbox::Breaker;
use crate::ports::{Clock, Directory, Hub, Keys, Mailer, Tickets};

/// Judges one key, as the built-in detections do.
pub trait Judge: Send + Sync {
    /// The findings about a resource, each as the text of a finding of ours, those that pass or do not apply too.
    fn judge(&self, resource: &str, now: Timestamp) -> Vec<String>;

    /// Whether it can tell about that control: what it does not find of another is not over.
    fn judges(&self, _control: &str) -> bool {
        true
    }
}

/// The others. What is not there is not used, and what needs it is not queued.
#[derive(Clone)]
pub struct Ports {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Ticket systems, by the name that the options use.
    pub tickets: BTreeMap<String, Arc<dyn Tickets>>,
    /// Mail.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Security Hub.
    pub hub: Option<Arc<dyn Hub>>,
    /// AWS's keys.
    pub keys: Option<Arc<dyn Keys>>,
    /// The organisation's accounts.
    pub directory: Option<Arc<dyn Directory>>,
    /// Our detections.
    pub judge: Option<Arc<dyn Judge>>,
}

impl Ports {
    /// Nobody but a clock.
    #[must_use]
    pub fn alone(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tickets: BTreeMap::new(), mailer: None, hub: None, keys: None, directory: None, judge: None }
    }
}

/// The workers, in the order in which one turn goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Worker {
    Housekeeping,
    Accounts,
    HubReader,
    KeyReader,
    Decider,
    Looker,
    Reminders,
    Tickets,
    Remediation,
    HubWriter,
    Mail,
}

impl Worker {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::Housekeeping,
        Self::Accounts,
        Self::HubReader,
        Self::KeyReader,
        Self::Decider,
        Self::Looker,
        Self::Reminders,
        Self::Tickets,
        Self::Remediation,
        Self::HubWriter,
        Self::Mail,
    ];

    /// The name that operators see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Housekeeping => "housekeeping",
            Self::Accounts => "accounts",
            Self::HubReader => "hub-reader",
            Self::KeyReader => "key-reader",
            Self::Decider => "decider",
            Self::Looker => "looker",
            Self::Reminders => "reminders",
            Self::Tickets => "tickets",
            Self::Remediation => "remediation",
            Self::HubWriter => "hub-writer",
            Self::Mail => "mail",
        }
    }
}

/// How a turn of a worker went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// What was done.
    pub done: u64,
    /// What waits for another try, or to be looked after.
    pub waiting: u64,
    /// What a person must look at.
    pub dead: u64,
    /// What is held back.
    pub held: u64,
    /// What went wrong last, or why there was nothing to do.
    pub note: Option<String>,
}

impl Status {
    /// Whether anything happened at all.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.done + self.waiting + self.dead + self.held == 0
    }

    /// Nothing to do, for this reason.
    #[must_use]
    pub(crate) fn idle(why: &str) -> Self {
        Self { note: Some(why.to_owned()), ..Self::default() }
    }

    fn words(&self) -> String {
        match &self.note {
            Some(note) => note.clone(),
            None => "working".to_owned(),
        }
    }
}

/// The engine.
pub struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ports: Ports,
    pub(crate) triage: Arc<Triage>,
    /// The same, with nothing fixed automatically: for what could not be.
    pub(crate) by_hand: Triage,
    pub(crate) options: Options,
    pub(crate) holder: String,
    /// Of rules, settings and options: when it changes, what is open is decided again.
    pub(crate) version: String,
    pub(crate) breakers: Mutex<BTreeMap<String, Breaker>>,
    recorded: Mutex<BTreeMap<Worker, WorkerRow>>,
}

/// How often a worker's unchanged status is written.
const STATUS_EVERY: SignedDuration = SignedDuration::from_secs(60);

impl Engine {
    /// An engine. `holder` is its name among those that work on one store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        ports: Ports,
        triage: Arc<Triage>,
        options: Options,
        holder: impl Into<String>,
    ) -> Self {
        let settings = triage.settings().clone();
        let version = version(&triage, &options);
        let by_hand =
            Triage::new(Settings { remediate: std::collections::BTreeSet::new(), ..settings }, triage.rules().clone());
        Self {
            store,
            ports,
            triage,
            by_hand,
            options,
            holder: holder.into(),
            version,
            breakers: Mutex::default(),
            recorded: Mutex::default(),
        }
    }

    /// Does what is due now, each worker once, and returns when that is done.
    ///
    /// # Errors
    /// Where the store fails; what was done before is done.
    pub async fn turn(&self) -> Result<BTreeMap<Worker, Status>, StoreError> {
        let mut all = BTreeMap::new();
        for worker in Worker::ALL {
            all.insert(worker, self.run(worker).await?);
        }
        Ok(all)
    }

    /// Lets one worker do what is due now. Workers do not wait for each other: run each on its own, and a ticket system that
    /// is down delays no decision.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn run(&self, worker: Worker) -> Result<Status, StoreError> {
        let status = match worker {
            Worker::Housekeeping => self.keep_house().await,
            Worker::Accounts => self.read_accounts().await,
            Worker::HubReader => self.read_hub().await,
            Worker::KeyReader => self.read_keys().await,
            Worker::Decider => self.decide_due().await,
            Worker::Looker => self.look_at_tickets().await,
            Worker::Reminders => self.remind().await,
            Worker::Tickets => self.work_on_tickets().await,
            Worker::Remediation => self.remediate().await,
            Worker::HubWriter => self.write_hub().await,
            Worker::Mail => self.send_mail().await,
        };
        let status = match status {
            Err(StoreError::Conflict { row }) => {
                Status { waiting: 1, ..Status::idle(&format!("{row} was changed by another; next turn")) }
            }
            other => other?,
        };
        self.record(worker, &status).await?;
        Ok(status)
    }

    async fn record(&self, worker: Worker, status: &Status) -> Result<(), StoreError> {
        let now = self.now();
        let row = {
            let recorded = lock(&self.recorded);
            let last = recorded.get(&worker);
            let failed = status.note.is_some() && status.waiting + status.dead > 0;
            let row = WorkerRow {
                name: worker.name().to_owned(),
                at: now,
                status: status.words(),
                failures: if failed { last.map_or(1, |last| last.failures.saturating_add(1)) } else { 0 },
                counts: json!({"done": status.done, "waiting": status.waiting, "dead": status.dead, "held": status.held}),
            };
            let same = last.is_some_and(|last| last.status == row.status && last.counts == row.counts);
            let quiet = last.is_some_and(|last| now < later(last.at, STATUS_EVERY));
            if quiet && (same || (status.is_idle() && last.is_some_and(|last| last.status == row.status))) {
                return Ok(());
            }
            row
        };
        self.commit(vec![Change::Worker(row.clone())]).await?;
        lock(&self.recorded).insert(worker, row);
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn acts(&self) -> bool {
        self.options.mode == Mode::Act
    }

    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
        self.store.commit(Commit { at: self.now(), changes }).await
    }
}

/// What decisions depend on beside the case.
fn version(triage: &Triage, options: &Options) -> String {
    let rules: Vec<String> = triage.rules().all().iter().map(|rule| format!("{}@{}", rule.id, rule.version)).collect();
    let expiries: Vec<String> =
        triage.rules().all().iter().map(|rule| rule.expires.map(|at| at.to_string()).unwrap_or_default()).collect();
    let parts = [
        rules.join("\n"),
        expiries.join("\n"),
        format!("{:?}", triage.settings()),
        format!("{:?}", options.mode),
        format!("{:?}", options.destinations),
        triage::decision::TABLE_VERSION.to_string(),
    ];
    let mut version = names::key(&parts.each_ref().map(String::as_str));
    version.truncate(16);
    version
}

/// An event by the engine itself.
pub(crate) fn event(kind: &str, subject: &str, body: Value) -> Change {
    event_by("keyreeve", kind, subject, body)
}

/// An event by somebody.
pub(crate) fn event_by(actor: &str, kind: &str, subject: &str, body: Value) -> Change {
    Change::Event(NewEvent { kind: kind.to_owned(), subject: subject.to_owned(), actor: actor.to_owned(), body })
}

/// The time that much later, or the end of time.
pub(crate) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// A panic elsewhere leaves nothing half-made here: what is guarded is replaced whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
