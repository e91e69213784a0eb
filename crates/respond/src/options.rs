//! How the engine behaves: what it does or only shows, and every bound of time and number.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use triage::plan::Trusted;

/// Whether anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Decisions are recorded, and what would be done; nothing is queued.
    #[default]
    Observe,
    /// What is decided is done.
    Act,
}

/// What one ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// A control on a resource, whoever reports it: Security Hub's finding and ours of one key share a ticket.
    #[default]
    Finding,
    /// A control in an account.
    ControlAndAccount,
    /// A control.
    Control,
}

/// What becomes of the ticket that says what was fixed automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Autofixed {
    /// It is opened and closed at once.
    #[default]
    OpenAndClose,
    /// It is opened.
    Open,
    /// There is none.
    Never,
}

/// A place in infrastructure code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePlace {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u32>,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether anything is done.
    pub mode: Mode,
    /// What one ticket is for.
    pub grouping: Grouping,
    /// The systems that get tickets, each; empty is none.
    pub destinations: Vec<String>,
    /// The systems that get tickets of incidents.
    pub incident_destinations: Vec<String>,
    /// The ticket of an automatic fix.
    pub autofixed: Autofixed,
    /// Who gets a copy where something escalates.
    pub escalation: Vec<String>,
    /// Where infrastructure code says what, by key ARN or by `stack/LogicalId`.
    pub code: BTreeMap<String, CodePlace>,
    /// Who beside a key's own account may be given access; plans leave their grants alone.
    pub trusted: Trusted,
    /// Whether the accounts that are known trust one another, as those of one organisation do.
    pub trust_inventory: bool,
    /// Tickets a project and hour; above it one ticket stands for the rest, and they wait.
    pub tickets_an_hour: u64,
    /// Changes an account and hour.
    pub changes_an_hour: u64,
    /// How long a worker may hold a job. Longer than any call takes.
    pub lease: SignedDuration,
    /// Findings decided in one commit, and jobs taken at once.
    pub batch: usize,
    /// Attempts before a job is dead.
    pub attempts: u32,
    /// The first wait after a failure; it doubles.
    pub backoff: SignedDuration,
    /// The longest wait after a failure.
    pub longest_backoff: SignedDuration,
    /// Failures in a row after which a destination is left alone for a while.
    pub breaker: u32,
    /// When it is looked again for what may have been opened; the longest is when absence is believed.
    pub belief: Vec<SignedDuration>,
    /// When it is read back whether a change took; the last is when that is given up.
    pub verify: Vec<SignedDuration>,
    /// How often open tickets are looked at.
    pub look_every: SignedDuration,
    /// How often is reminded after the dates of the service level are past.
    pub remind_every: SignedDuration,
    /// Reminders of one ticket.
    pub reminders: u32,
    /// How long events about one key are gathered before it is read.
    pub debounce: SignedDuration,
    /// How long a decision waits for the key to be read first.
    pub sight_patience: SignedDuration,
    /// How long decisions wait for the accounts to be read for the first time.
    pub accounts_patience: SignedDuration,
    /// How often accounts are read.
    pub accounts_every: SignedDuration,
    /// How often Security Hub is asked what is new.
    pub hub_every: SignedDuration,
    /// How far each reading of Security Hub goes back before the last one.
    pub hub_overlap: SignedDuration,
    /// How often all of Security Hub is read.
    pub hub_full_every: SignedDuration,
    /// How long a delivery is remembered.
    pub deliveries: SignedDuration,
    /// How long what is over is kept.
    pub keep: SignedDuration,
    /// What jitter depends on.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        let (seconds, minutes, hours) =
            (SignedDuration::from_secs, SignedDuration::from_mins, SignedDuration::from_hours);
        Self {
            mode: Mode::Observe,
            grouping: Grouping::Finding,
            destinations: Vec::new(),
            incident_destinations: Vec::new(),
            autofixed: Autofixed::OpenAndClose,
            escalation: Vec::new(),
            code: BTreeMap::new(),
            trusted: Trusted::default(),
            trust_inventory: true,
            tickets_an_hour: 30,
            changes_an_hour: 20,
            lease: minutes(5),
            batch: 200,
            attempts: 20,
            backoff: seconds(5),
            longest_backoff: minutes(15),
            breaker: 5,
            belief: vec![minutes(2), minutes(5), minutes(15)],
            verify: [1, 2, 4, 8, 15, 30, 60, 120].map(seconds).to_vec(),
            look_every: minutes(15),
            remind_every: hours(7 * 24),
            reminders: 10,
            debounce: seconds(2),
            sight_patience: seconds(30),
            accounts_patience: minutes(15),
            accounts_every: minutes(30),
            hub_every: minutes(5),
            hub_overlap: minutes(15),
            hub_full_every: hours(24),
            deliveries: hours(15 * 24),
            keep: hours(400 * 24),
            seed: 0,
        }
    }
}
