//! A store in memory: for tests and simulations, and the plainest reading of what a store must do.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::bounds;
use crate::chain::{Link, START};
use crate::commit::{Change, Commit, Committed, Expect, NewEvent};
use crate::difference::differences;
use crate::error::StoreError;
use crate::filter;
use crate::rows::{
    AccountRow, AttemptRow, EventRow, FindingRow, JobRow, JobState, KeyChange, KeyRow, RemediationRow,
    RemediationState, TicketRow, WorkerRow,
};
use crate::store::{EventFilter, FindingFilter, JobFilter, KeyFilter, Lease, Page, Reply, Store, TicketFilter};

/// A store in memory. Nothing happens before an answer is waited for, and then at once. Two engines that share one work as two processes on one file do.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<(EventRow, Link)>,
    deliveries: BTreeMap<String, Timestamp>,
    findings: BTreeMap<String, FindingRow>,
    tickets: BTreeMap<String, Dated<TicketRow>>,
    remediations: BTreeMap<String, RemediationRow>,
    jobs: BTreeMap<String, Dated<JobRow>>,
    attempts: BTreeMap<(String, u32), AttemptRow>,
    accounts: BTreeMap<String, AccountRow>,
    keys: BTreeMap<String, KeyRow>,
    history: BTreeMap<String, Vec<KeyChange>>,
    workers: BTreeMap<String, WorkerRow>,
    values: BTreeMap<String, String>,
}

/// A row with a time that only the store knows: when a ticket was first wanted, when a job was changed last.
#[derive(Debug, Clone)]
struct Dated<T> {
    at: Timestamp,
    row: T,
}

/// What brings a change back, the last first.
type Undo = Vec<Box<dyn FnOnce(&mut State)>>;

type Table<K, V> = fn(&mut State) -> &mut BTreeMap<K, V>;

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic of another thread leaves no half-made state: what follows a change of the state cannot panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T + Send + 'static) -> Reply<'_, T> {
        Box::pin(async move { Ok(read(&self.state())) })
    }
}

impl State {
    fn commit(&mut self, commit: Commit) -> Result<Committed, StoreError> {
        bounds::check(&commit)?;
        let mut undo = Undo::new();
        let mut new_jobs = 0;
        for change in commit.changes {
            match self.apply(commit.at, change, &mut undo) {
                Ok(jobs) => new_jobs += jobs,
                Err(error) => {
                    undo.into_iter().rev().for_each(|back| back(self));
                    return Err(error);
                }
            }
        }
        Ok(Committed { last_event: self.log.last().map_or(0, |(row, _)| row.number), new_jobs })
    }

    /// Applies one change, and gives how many new jobs that makes.
    fn apply(&mut self, at: Timestamp, change: Change, undo: &mut Undo) -> Result<usize, StoreError> {
        match change {
            Change::Event(event) => self.append(at, &event, undo)?,
            Change::Delivery { id, until } => {
                if self.deliveries.contains_key(&id) {
                    return Err(conflict("delivery", &id));
                }
                self.put(|state| &mut state.deliveries, id, until, undo);
            }
            Change::Finding(mut row, expect) => {
                let found = self.findings.get(&row.key).map(|row| row.version);
                row.version = next_version(found, expect).ok_or_else(|| conflict("finding", &row.key))?;
                self.put(|state| &mut state.findings, row.key.clone(), *row, undo);
            }
            Change::Ticket(mut row, expect) => {
                let found = self.tickets.get(&row.key);
                let first = found.map_or(at, |found| found.at);
                let found = found.map(|found| found.row.version);
                row.version = next_version(found, expect).ok_or_else(|| conflict("ticket", &row.key))?;
                self.put(|state| &mut state.tickets, row.key.clone(), Dated { at: first, row: *row }, undo);
            }
            Change::Remediation(mut row, expect) => {
                let found = self.remediations.get(&row.key).map(|row| row.version);
                row.version = next_version(found, expect).ok_or_else(|| conflict("remediation", &row.key))?;
                self.put(|state| &mut state.remediations, row.key.clone(), *row, undo);
            }
            Change::Job(row) => {
                if self.jobs.contains_key(&row.id) {
                    return Ok(0);
                }
                self.put(|state| &mut state.jobs, row.id.clone(), Dated { at, row: *row }, undo);
                return Ok(1);
            }
            Change::Finish(row) => self.job(at, JobRow { holder: None, leased_until: None, ..*row }, undo)?,
            Change::Hold(row) => self.job(at, *row, undo)?,
            Change::Attempt(row) => self.put(|state| &mut state.attempts, (row.job.clone(), row.number), row, undo),
            Change::Account(row) => {
                if self.accounts.get(&row.id).is_none_or(|found| found.read <= row.read) {
                    self.put(|state| &mut state.accounts, row.id.clone(), *row, undo);
                }
            }
            Change::Key(row) => self.key_read(*row, undo),
            Change::Worker(row) => self.put(|state| &mut state.workers, row.name.clone(), row, undo),
            Change::Value(name, Some(value)) => self.put(|state| &mut state.values, name, value, undo),
            Change::Value(name, None) => {
                if let Some(value) = self.values.remove(&name) {
                    undo.push(Box::new(move |state| {
                        state.values.insert(name, value);
                    }));
                }
            }
        }
        Ok(0)
    }

    fn job(&mut self, at: Timestamp, row: JobRow, undo: &mut Undo) -> Result<(), StoreError> {
        if self.jobs.get(&row.id).is_none_or(|found| found.row.fence != row.fence) {
            return Err(conflict("job", &row.id));
        }
        self.put(|state| &mut state.jobs, row.id.clone(), Dated { at, row }, undo);
        Ok(())
    }

    fn put<K, V>(&mut self, table: Table<K, V>, key: K, value: V, undo: &mut Undo)
    where
        K: Ord + Clone + 'static,
        V: 'static,
    {
        let before = table(self).insert(key.clone(), value);
        undo.push(Box::new(move |state| {
            match before {
                Some(value) => table(state).insert(key, value),
                None => table(state).remove(&key),
            };
        }));
    }

    fn append(&mut self, at: Timestamp, event: &NewEvent, undo: &mut Undo) -> Result<(), StoreError> {
        let (number, before) = match self.log.last() {
            Some((row, link)) => (row.number + 1, link.hash.as_str()),
            None => (1, START),
        };
        let link = Link::new(before, number, at, event)?;
        let row = link.row(number)?;
        self.log.push((row, link));
        undo.push(Box::new(|state| {
            state.log.pop();
        }));
        Ok(())
    }

    /// A key as it was read, unless it has been read later meanwhile; what differs is added to its history.
    fn key_read(&mut self, row: KeyRow, undo: &mut Undo) {
        if let Some(found) = self.keys.get(&row.arn) {
            if found.read > row.read {
                return;
            }
            let mut changes = differences(row.read, found.facts.as_deref(), row.facts.as_deref());
            changes.reverse();
            let history = self.history.entry(row.arn.clone()).or_default();
            let (arn, kept) = (row.arn.clone(), history.len());
            history.extend(changes);
            undo.push(Box::new(move |state| {
                if let Some(history) = state.history.get_mut(&arn) {
                    history.truncate(kept);
                }
            }));
        }
        self.put(|state| &mut state.keys, row.arn.clone(), row, undo);
    }

    fn lease(&mut self, lease: &Lease) -> Vec<JobRow> {
        let free = |job: &JobRow| job.leased_until.is_none_or(|until| until <= lease.now);
        let mut due: Vec<&mut JobRow> = self
            .jobs
            .values_mut()
            .map(|job| &mut job.row)
            .filter(|job| job.queue == lease.queue && filter::waits(job.state) && job.due <= lease.now && free(job))
            .collect();
        due.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
        let taken = due.into_iter().take(bounds::rows(lease.limit)).map(|job| {
            job.fence += 1;
            job.holder = Some(lease.holder.clone());
            job.leased_until = Some(lease.until);
            job.clone()
        });
        taken.collect()
    }

    fn forget(&mut self, now: Timestamp, older_than: Timestamp) -> u64 {
        let count =
            |state: &Self| state.deliveries.len() + state.findings.len() + state.tickets.len() + state.jobs.len();
        let before = count(self);
        self.deliveries.retain(|_, until| *until >= now);
        self.findings.retain(|_, row| filter::finding_over(row).is_none_or(|over| over >= older_than));
        self.tickets.retain(|_, ticket| filter::ticket_over(&ticket.row).is_none_or(|over| over >= older_than));
        let done = |job: &Dated<JobRow>| job.row.state == JobState::Done && job.at < older_than;
        let jobs = &self.jobs;
        self.attempts.retain(|(job, _), _| !jobs.get(job).is_some_and(done));
        self.jobs.retain(|_, job| !done(job));
        (before - count(self)) as u64
    }

    fn broken(&self) -> Option<u64> {
        let mut before = START;
        for ((row, link), number) in self.log.iter().zip(1..) {
            if !link.follows(before) || row.number != number || link.row(number).as_ref() != Ok(row) {
                return Some(number);
            }
            before = &link.hash;
        }
        None
    }
}

fn conflict(what: &str, key: &str) -> StoreError {
    StoreError::Conflict { row: format!("{what} {key}") }
}

/// The version a row gets; `None` where it has not the one that is expected.
pub(crate) fn next_version(found: Option<u64>, expect: Expect) -> Option<u64> {
    let fits = match expect {
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found == Some(version),
        Expect::Any => true,
    };
    fits.then(|| found.unwrap_or(0).saturating_add(1))
}

fn part<T: Clone>(rows: &BTreeMap<String, T>, page: &Page, accepts: impl Fn(&T) -> bool) -> Vec<T> {
    let from = page.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let rows = rows.range::<String, _>((from, Bound::Unbounded)).map(|(_, row)| row);
    rows.filter(|row| accepts(row)).take(bounds::rows(page.limit)).cloned().collect()
}

fn undated<T>(rows: Vec<Dated<T>>) -> Vec<T> {
    rows.into_iter().map(|dated| dated.row).collect()
}

fn earliest<T: Clone>(mut due: Vec<(Timestamp, &String, &T)>, limit: usize) -> Vec<T> {
    due.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    due.into_iter().take(bounds::rows(limit)).map(|(_, _, row)| row.clone()).collect()
}

impl Store for Memory {
    fn commit(&self, commit: Commit) -> Reply<'_, Committed> {
        Box::pin(async move { self.state().commit(commit) })
    }

    fn lease(&self, lease: Lease) -> Reply<'_, Vec<JobRow>> {
        Box::pin(async move { Ok(self.state().lease(&lease)) })
    }

    fn delivered(&self, ids: Vec<String>) -> Reply<'_, Vec<bool>> {
        self.read(move |state| ids.iter().map(|id| state.deliveries.contains_key(id)).collect())
    }

    fn findings_by_key(&self, keys: Vec<String>) -> Reply<'_, Vec<Option<FindingRow>>> {
        self.read(move |state| keys.iter().map(|key| state.findings.get(key).cloned()).collect())
    }

    fn findings_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<FindingRow>> {
        self.read(move |state| {
            let due = state.findings.iter().filter_map(|(key, row)| Some((row.decide_at?, key, row)));
            earliest(due.filter(|due| due.0 <= now).collect(), limit)
        })
    }

    fn findings(&self, filter: FindingFilter, page: Page) -> Reply<'_, Vec<FindingRow>> {
        self.read(move |state| part(&state.findings, &page, |row| filter.accepts(row)))
    }

    fn ticket(&self, key: String) -> Reply<'_, Option<TicketRow>> {
        self.read(move |state| state.tickets.get(&key).map(|ticket| ticket.row.clone()))
    }

    fn tickets_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<TicketRow>> {
        self.read(move |state| {
            let due = state.tickets.iter();
            let due = due.filter_map(|(key, ticket)| Some((filter::ticket_due(&ticket.row)?, key, &ticket.row)));
            earliest(due.filter(|due| due.0 <= now).collect(), limit)
        })
    }

    fn tickets(&self, filter: TicketFilter, page: Page) -> Reply<'_, Vec<TicketRow>> {
        self.read(move |state| undated(part(&state.tickets, &page, |ticket| filter.accepts(&ticket.row))))
    }

    fn tickets_since(&self, destination: String, project: Option<String>, since: Timestamp) -> Reply<'_, u64> {
        self.read(move |state| {
            let wanted = state.tickets.values().filter(|ticket| ticket.at >= since).map(|ticket| &ticket.row);
            wanted.filter(|row| row.destination == destination && row.project == project).count() as u64
        })
    }

    fn remediation(&self, key: String) -> Reply<'_, Option<RemediationRow>> {
        self.read(move |state| state.remediations.get(&key).cloned())
    }

    fn remediations(&self, wanted: Option<RemediationState>, page: Page) -> Reply<'_, Vec<RemediationRow>> {
        self.read(move |state| part(&state.remediations, &page, |row| wanted.is_none_or(|wanted| wanted == row.state)))
    }

    fn job(&self, id: String) -> Reply<'_, Option<JobRow>> {
        self.read(move |state| state.jobs.get(&id).map(|job| job.row.clone()))
    }

    fn jobs(&self, filter: JobFilter, page: Page) -> Reply<'_, Vec<JobRow>> {
        self.read(move |state| undated(part(&state.jobs, &page, |job| filter.accepts(&job.row))))
    }

    fn job_counts(&self) -> Reply<'_, BTreeMap<(String, JobState), u64>> {
        self.read(move |state| {
            let mut counts = BTreeMap::new();
            for Dated { row, .. } in state.jobs.values() {
                *counts.entry((row.queue.clone(), row.state)).or_default() += 1;
            }
            counts
        })
    }

    fn next_due(&self, queue: String) -> Reply<'_, Option<Timestamp>> {
        self.read(move |state| {
            let jobs = state.jobs.values().map(|job| &job.row);
            jobs.filter(|job| job.queue == queue && filter::waits(job.state)).map(filter::free_at).min()
        })
    }

    fn attempts(&self, job: String) -> Reply<'_, Vec<AttemptRow>> {
        self.read(move |state| {
            state.attempts.range((job.clone(), 0)..=(job, u32::MAX)).map(|(_, row)| row.clone()).collect()
        })
    }

    fn account(&self, id: String) -> Reply<'_, Option<AccountRow>> {
        self.read(move |state| state.accounts.get(&id).cloned())
    }

    fn accounts(&self) -> Reply<'_, Vec<AccountRow>> {
        self.read(move |state| state.accounts.values().cloned().collect())
    }

    fn key(&self, arn: String) -> Reply<'_, Option<KeyRow>> {
        self.read(move |state| state.keys.get(&arn).cloned())
    }

    fn keys(&self, filter: KeyFilter, page: Page) -> Reply<'_, Vec<KeyRow>> {
        self.read(move |state| part(&state.keys, &page, |row| filter.accepts(row)))
    }

    fn key_history(&self, arn: String, limit: usize) -> Reply<'_, Vec<KeyChange>> {
        self.read(move |state| {
            let changes = state.history.get(&arn).into_iter().flatten().rev();
            changes.take(bounds::rows(limit)).cloned().collect()
        })
    }

    fn events(&self, filter: EventFilter, page: Page) -> Reply<'_, Vec<EventRow>> {
        Box::pin(async move {
            let after = bounds::after_event(&page)?;
            let state = self.state();
            let rows = state.log.iter().map(|(row, _)| row).filter(|row| row.number > after && filter.accepts(row));
            Ok(rows.take(bounds::rows(page.limit)).cloned().collect())
        })
    }

    fn verify_log(&self) -> Reply<'_, Option<u64>> {
        self.read(State::broken)
    }

    fn workers(&self) -> Reply<'_, Vec<WorkerRow>> {
        self.read(move |state| state.workers.values().cloned().collect())
    }

    fn value(&self, name: String) -> Reply<'_, Option<String>> {
        self.read(move |state| state.values.get(&name).cloned())
    }

    fn forget(&self, now: Timestamp, older_than: Timestamp) -> Reply<'_, u64> {
        Box::pin(async move { Ok(self.state().forget(now, older_than)) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_altered_event_is_found_by_its_number() {
        let mut state = State::default();
        let event = |subject: &str| {
            Change::Event(NewEvent { kind: "k".into(), subject: subject.into(), actor: "a".into(), body: json!({}) })
        };
        let changes = ["one", "two", "three"].map(event).to_vec();
        state.commit(Commit { at: Timestamp::UNIX_EPOCH, changes }).unwrap();
        assert_eq!(state.broken(), None);
        let text = state.log[1].1.text.replace("two", "2wo");
        state.log[1].1.text = text;
        assert_eq!(state.broken(), Some(2));
        state.log.remove(1);
        assert_eq!(state.broken(), Some(2));
    }
}
