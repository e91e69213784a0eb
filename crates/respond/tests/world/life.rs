//! The life of an engine: it counts its steps, gives the word to others, and may end at any of them.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use jiff::Timestamp;
use store::rows::*;
use store::*;

use super::outside::Random;
use super::shelf::{Death, Shelf};

/// How a life goes.
#[derive(Debug, Default)]
pub struct Life {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    steps: u64,
    ends_at: Option<u64>,
    dead: bool,
    log: Vec<String>,
    /// Where it is set, the word is given to others at random.
    random: Option<Random>,
    /// One call in so many fails, where it is set.
    faults: Option<u32>,
    /// How far its clock is off, in milliseconds.
    skew: i64,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    NotDone,
    DoneUnknown,
    NotDoneUnknown,
}

impl Life {
    pub fn endless() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Ends at that step, counted from 1.
    pub fn until(step: u64) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { ends_at: Some(step), ..State::default() }) })
    }

    pub fn random(random: Random, ends_at: Option<u64>, faults: Option<u32>, skew: i64) -> Arc<Self> {
        let state = State { random: Some(random), ends_at, faults, skew, ..State::default() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    pub fn steps(&self) -> u64 {
        self.state.lock().unwrap().steps
    }

    pub fn is_dead(&self) -> bool {
        self.state.lock().unwrap().dead
    }

    pub fn skew(&self) -> i64 {
        self.state.lock().unwrap().skew
    }

    /// What it died of.
    pub fn last_words(&self) -> String {
        self.state.lock().unwrap().log.last().cloned().unwrap_or_default()
    }

    /// What its end leaves of the last commit.
    pub fn death(&self) -> Death {
        if self.last_words().starts_with(WITHIN) { Death::Within } else { Death::Between }
    }

    /// A step after which nothing more may happen.
    pub async fn step(&self, what: &str) {
        let pauses = {
            let mut state = self.state.lock().unwrap();
            state.steps += 1;
            state.log.push(what.to_owned());
            if state.ends_at.is_some_and(|end| state.steps >= end) {
                state.dead = true;
            }
            if state.dead {
                None
            } else {
                Some(state.random.as_mut().map_or(0, |random| if random.one_in(3) { random.below(3) } else { 0 }))
            }
        };
        match pauses {
            None => std::future::pending().await,
            Some(pauses) => yield_times(pauses).await,
        }
    }

    /// A moment at which others may go on.
    pub async fn breathe(&self) {
        let pauses = {
            let mut state = self.state.lock().unwrap();
            state.random.as_mut().map_or(0, |random| u32::from(random.one_in(8)))
        };
        yield_times(pauses).await;
    }

    pub fn fault(&self) -> Fault {
        let mut state = self.state.lock().unwrap();
        let Some(faults) = state.faults else { return Fault::None };
        let Some(random) = state.random.as_mut() else { return Fault::None };
        if !random.one_in(faults) {
            return Fault::None;
        }
        match random.below(3) {
            0 => Fault::NotDone,
            1 => Fault::DoneUnknown,
            _ => Fault::NotDoneUnknown,
        }
    }

    pub fn calm_down(&self) {
        let mut state = self.state.lock().unwrap();
        (state.faults, state.ends_at) = (None, None);
    }
}

async fn yield_times(mut times: u32) {
    poll_fn(move |_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
    .await;
}

/// How the last words begin of who dies while a commit is half written to its file.
const WITHIN: &str = "within the commit";

/// A store whose user may die before and after each commit, and in a file in the middle of it.
pub struct Mortal {
    inner: Arc<Shelf>,
    life: Arc<Life>,
}

impl Mortal {
    pub fn new(inner: Arc<Shelf>, life: Arc<Life>) -> Self {
        Self { inner, life }
    }

    fn read<'a, T: Send + 'a>(&'a self, reply: Reply<'a, T>) -> Reply<'a, T> {
        Box::pin(async move {
            self.life.breathe().await;
            reply.await
        })
    }
}

fn words(commit: &Commit) -> String {
    let word = |change: &Change| match change {
        Change::Event(event) => event.kind.clone(),
        Change::Finish(job) => format!("{:?} {}", job.state, job.id),
        Change::Job(job) => format!("queue {}", job.id),
        Change::Worker(row) => format!("worker {}", row.name),
        Change::Ticket(row, _) => format!("ticket {:?}", row.state),
        Change::Value(name, _) => name.clone(),
        _ => String::new(),
    };
    commit.changes.iter().map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

impl Store for Mortal {
    fn commit(&self, commit: Commit) -> Reply<'_, Committed> {
        Box::pin(async move {
            let what = words(&commit);
            // How a worker is doing changes nothing else: dying there is dying between two commits.
            let matters = !commit.changes.iter().all(|change| matches!(change, Change::Worker(_)));
            if matters {
                self.life.step(&format!("before the commit of {what}")).await;
            }
            let done = self.inner.commit(commit).await;
            if matters && done.is_ok() && self.inner.is_file() {
                self.life.step(&format!("{WITHIN} of {what}")).await;
            }
            if matters {
                self.life.step(&format!("after the commit of {what}")).await;
            }
            done
        })
    }

    fn lease(&self, lease: Lease) -> Reply<'_, Vec<JobRow>> {
        Box::pin(async move {
            self.life.breathe().await;
            let jobs = self.inner.lease(lease).await?;
            if !jobs.is_empty() {
                self.life.step("after a lease").await;
            }
            Ok(jobs)
        })
    }

    fn delivered(&self, ids: Vec<String>) -> Reply<'_, Vec<bool>> {
        self.read(self.inner.delivered(ids))
    }
    fn findings_by_key(&self, keys: Vec<String>) -> Reply<'_, Vec<Option<FindingRow>>> {
        self.read(self.inner.findings_by_key(keys))
    }
    fn findings_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<FindingRow>> {
        self.read(self.inner.findings_due(now, limit))
    }
    fn findings(&self, filter: FindingFilter, page: Page) -> Reply<'_, Vec<FindingRow>> {
        self.read(self.inner.findings(filter, page))
    }
    fn ticket(&self, key: String) -> Reply<'_, Option<TicketRow>> {
        self.read(self.inner.ticket(key))
    }
    fn tickets_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<TicketRow>> {
        self.read(self.inner.tickets_due(now, limit))
    }
    fn tickets(&self, filter: TicketFilter, page: Page) -> Reply<'_, Vec<TicketRow>> {
        self.read(self.inner.tickets(filter, page))
    }
    fn tickets_since(&self, destination: String, project: Option<String>, since: Timestamp) -> Reply<'_, u64> {
        self.read(self.inner.tickets_since(destination, project, since))
    }
    fn remediation(&self, key: String) -> Reply<'_, Option<RemediationRow>> {
        self.read(self.inner.remediation(key))
    }
    fn remediations(&self, state: Option<RemediationState>, page: Page) -> Reply<'_, Vec<RemediationRow>> {
        self.read(self.inner.remediations(state, page))
    }
    fn job(&self, id: String) -> Reply<'_, Option<JobRow>> {
        self.read(self.inner.job(id))
    }
    fn jobs(&self, filter: JobFilter, page: Page) -> Reply<'_, Vec<JobRow>> {
        self.read(self.inner.jobs(filter, page))
    }
    fn job_counts(&self) -> Reply<'_, std::collections::BTreeMap<(String, JobState), u64>> {
        self.read(self.inner.job_counts())
    }
    fn next_due(&self, queue: String) -> Reply<'_, Option<Timestamp>> {
        self.read(self.inner.next_due(queue))
    }
    fn attempts(&self, job: String) -> Reply<'_, Vec<AttemptRow>> {
        self.read(self.inner.attempts(job))
    }
    fn account(&self, id: String) -> Reply<'_, Option<AccountRow>> {
        self.read(self.inner.account(id))
    }
    fn accounts(&self) -> Reply<'_, Vec<AccountRow>> {
        self.read(self.inner.accounts())
    }
    fn key(&self, arn: String) -> Reply<'_, Option<KeyRow>> {
        self.read(self.inner.key(arn))
    }
    fn keys(&self, filter: KeyFilter, page: Page) -> Reply<'_, Vec<KeyRow>> {
        self.read(self.inner.keys(filter, page))
    }
    fn key_history(&self, arn: String, limit: usize) -> Reply<'_, Vec<KeyChange>> {
        self.read(self.inner.key_history(arn, limit))
    }
    fn events(&self, filter: EventFilter, page: Page) -> Reply<'_, Vec<EventRow>> {
        self.read(self.inner.events(filter, page))
    }
    fn verify_log(&self) -> Reply<'_, Option<u64>> {
        self.read(self.inner.verify_log())
    }
    fn workers(&self) -> Reply<'_, Vec<WorkerRow>> {
        self.read(self.inner.workers())
    }
    fn value(&self, name: String) -> Reply<'_, Option<String>> {
        self.read(self.inner.value(name))
    }
    fn forget(&self, now: Timestamp, older_than: Timestamp) -> Reply<'_, u64> {
        self.read(self.inner.forget(now, older_than))
    }
}
