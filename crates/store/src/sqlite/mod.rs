//! A store in a file: SQLite with a write-ahead log, one thread that writes, a few that read.
//!
//! A commit that has returned is on the disk (`synchronous=FULL`). Where the file's log is cut or damaged afterwards, what is lost is
//! the end of it: whole commits, the last ones, never one in the middle, and nothing that a checkpoint has moved into the file.
//! Several processes may use one file; each change is made under SQLite's lock, and versions and fences tell who came late.

mod copy;
#[cfg(test)]
mod effort;
mod fault;
mod log;
mod migrate;
mod names;
mod open;
mod pack;
mod presence;
mod read;
mod readers;
mod users;
mod write;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use self::fault::{Fault, medium};
use self::log::{Step, Walk};
use self::open::Setting;
use self::presence::Presence;
use self::write::Packed;
use self::writer::{Answer, Request};
use crate::commit::{Commit, Committed};
use crate::error::StoreError;
use crate::rows::{
    AccountRow, AttemptRow, EventRow, FindingRow, JobRow, JobState, KeyChange, KeyRow, RemediationRow,
    RemediationState, TicketRow, WorkerRow,
};
use crate::store::{EventFilter, FindingFilter, JobFilter, KeyFilter, Lease, Page, Reply, Store, TicketFilter};

pub use self::copy::{Checked, check, export_log, restore};
pub use self::migrate::SCHEMA_VERSION;
pub use self::users::{USERS, User};

/// How a file is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who opens it to take jobs, for operators to see under the value [`USERS`]. Where no other such process has it open, which the
    /// operating system knows (see `presence.rs`), the jobs that earlier ones held are let go: nobody waits for the dead.
    pub user: Option<User>,
    /// So many threads read.
    pub readers: usize,
    /// So long somebody else may hold the file, before that is an error.
    pub patience: Duration,
    /// The file never grows past so many bytes.
    pub max_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { user: None, readers: 3, patience: Duration::from_secs(10), max_bytes: None }
    }
}

/// A store in a file.
///
/// Answers come from threads of its own and need no particular executor. A commit, lease or forgetting that was begun goes on when its
/// answer is not waited for.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    opened_in: Duration,
    let_go: usize,
    writer: Option<mpsc::Sender<Request>>,
    readers: Option<mpsc::Sender<readers::Question>>,
    /// The readers', and last the writer's.
    threads: Vec<JoinHandle<()>>,
    /// Given up only when the threads have ended.
    _presence: Option<Presence>,
}

impl Sqlite {
    /// Opens a store, which is made where there is none, and brought up to this version where it is older.
    ///
    /// # Errors
    /// What is no store, is damaged, cannot be written, or was written by a newer version.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let began = Instant::now();
        let setting = Setting { patience: options.patience, cache_kib: 4 << 10, max_bytes: options.max_bytes };
        let connection = open::prepare(path, Setting { cache_kib: 32 << 10, ..setting })?;
        let (mut presence, mut let_go) = (None, 0);
        if let Some(user) = &options.user {
            let (here, alone) = Presence::come(path)?;
            let_go = users::come(&connection, user, alone).map_err(|fault| fault.told("opening", path))?;
            presence = Some(here.admit_others(options.patience)?);
        }
        let (writer, requests) = mpsc::channel(writer::QUEUE);
        let (readers, questions) = mpsc::channel(readers::QUEUE);
        let mut threads = readers::start(options.readers, path, setting, questions)?;
        threads.push(writer::start(connection, path.to_path_buf(), options.user, requests)?);
        let opened_in = began.elapsed();
        let path = path.to_path_buf();
        let (writer, readers) = (Some(writer), Some(readers));
        Ok(Self { path, opened_in, let_go, writer, readers, threads, _presence: presence })
    }

    /// How long opening took.
    #[must_use]
    pub fn opened_in(&self) -> Duration {
        self.opened_in
    }

    /// How many jobs were let go when it was opened, because all who could have held them are gone.
    #[must_use]
    pub fn let_go(&self) -> usize {
        self.let_go
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn closed(&self) -> StoreError {
        medium("using", &self.path, "the store was closed, or one of its threads has ended: start again".into())
    }

    async fn request<T>(&self, make: impl FnOnce(Answer<T>) -> Request) -> Result<T, StoreError> {
        let (answer, reply) = oneshot::channel();
        let writer = self.writer.as_ref().ok_or_else(|| self.closed())?;
        writer.send(make(answer)).await.map_err(|_| self.closed())?;
        reply.await.map_err(|_| self.closed())?
    }

    /// Asks within one transaction, so that all parts of an answer are of one time.
    async fn question<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, reply) = oneshot::channel();
        let path = self.path.clone();
        let question: readers::Question = Box::new(move |connection| {
            let answered = connection.and_then(|connection| {
                let asked =
                    connection.unchecked_transaction().map_err(Fault::from).and_then(|_until_the_end| ask(connection));
                asked.map_err(|fault| fault.told("reading", &path))
            });
            drop(answer.send(answered));
        });
        let readers = self.readers.as_ref().ok_or_else(|| self.closed())?;
        readers.send(question).await.map_err(|_| self.closed())?;
        reply.await.map_err(|_| self.closed())?
    }

    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Reply<'_, T> {
        Box::pin(self.question(ask))
    }

    async fn verify(&self) -> Result<Option<u64>, StoreError> {
        let mut walk = Walk::new();
        loop {
            let mut here = walk.clone();
            let (step, there) =
                self.question(move |db| log::walk(db, &mut here, |_| Ok(())).map(|step| (step, here))).await?;
            match step {
                Step::On => walk = there,
                Step::End => return Ok(None),
                Step::Broken(number) => return Ok(Some(number)),
            }
        }
    }

    async fn forget_all(&self, now: Timestamp, older_than: Timestamp) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            match self.request(|answer| Request::Forget(now, older_than, answer)).await? {
                0 => return Ok(gone),
                more => gone += more,
            }
        }
    }
}

impl Drop for Sqlite {
    /// Ends the threads after what was asked of them is done. The writer's connection is the last: two that are closed at once would each
    /// leave it to the other to move the write-ahead log into the file.
    fn drop(&mut self) {
        self.readers = None;
        let writer = self.threads.pop();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.writer = None;
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}

impl Store for Sqlite {
    fn commit(&self, commit: Commit) -> Reply<'_, Committed> {
        Box::pin(async move {
            let packed = Packed::new(commit)?;
            self.request(|answer| Request::Commit(packed, answer)).await
        })
    }

    fn lease(&self, lease: Lease) -> Reply<'_, Vec<JobRow>> {
        Box::pin(self.request(|answer| Request::Lease(lease, answer)))
    }

    fn delivered(&self, ids: Vec<String>) -> Reply<'_, Vec<bool>> {
        self.ask(move |db| read::delivered(db, &ids))
    }

    fn findings_by_key(&self, keys: Vec<String>) -> Reply<'_, Vec<Option<FindingRow>>> {
        self.ask(move |db| read::findings_by_key(db, &keys))
    }

    fn findings_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<FindingRow>> {
        self.ask(move |db| read::findings_due(db, now, limit))
    }

    fn findings(&self, filter: FindingFilter, page: Page) -> Reply<'_, Vec<FindingRow>> {
        self.ask(move |db| read::findings(db, filter, &page))
    }

    fn ticket(&self, key: String) -> Reply<'_, Option<TicketRow>> {
        self.ask(move |db| read::ticket(db, &key))
    }

    fn tickets_due(&self, now: Timestamp, limit: usize) -> Reply<'_, Vec<TicketRow>> {
        self.ask(move |db| read::tickets_due(db, now, limit))
    }

    fn tickets(&self, filter: TicketFilter, page: Page) -> Reply<'_, Vec<TicketRow>> {
        self.ask(move |db| read::tickets(db, filter, &page))
    }

    fn tickets_since(&self, destination: String, project: Option<String>, since: Timestamp) -> Reply<'_, u64> {
        self.ask(move |db| read::tickets_since(db, &destination, project.as_deref(), since))
    }

    fn remediation(&self, key: String) -> Reply<'_, Option<RemediationRow>> {
        self.ask(move |db| read::remediation(db, &key))
    }

    fn remediations(&self, state: Option<RemediationState>, page: Page) -> Reply<'_, Vec<RemediationRow>> {
        self.ask(move |db| read::remediations(db, state, &page))
    }

    fn job(&self, id: String) -> Reply<'_, Option<JobRow>> {
        self.ask(move |db| read::job(db, &id))
    }

    fn jobs(&self, filter: JobFilter, page: Page) -> Reply<'_, Vec<JobRow>> {
        self.ask(move |db| read::jobs(db, filter, &page))
    }

    fn job_counts(&self) -> Reply<'_, BTreeMap<(String, JobState), u64>> {
        self.ask(read::job_counts)
    }

    fn next_due(&self, queue: String) -> Reply<'_, Option<Timestamp>> {
        self.ask(move |db| read::next_due(db, &queue))
    }

    fn attempts(&self, job: String) -> Reply<'_, Vec<AttemptRow>> {
        self.ask(move |db| read::attempts(db, &job))
    }

    fn account(&self, id: String) -> Reply<'_, Option<AccountRow>> {
        self.ask(move |db| read::account(db, &id))
    }

    fn accounts(&self) -> Reply<'_, Vec<AccountRow>> {
        self.ask(read::accounts)
    }

    fn key(&self, arn: String) -> Reply<'_, Option<KeyRow>> {
        self.ask(move |db| read::key(db, &arn))
    }

    fn keys(&self, filter: KeyFilter, page: Page) -> Reply<'_, Vec<KeyRow>> {
        self.ask(move |db| read::keys(db, filter, &page))
    }

    fn key_history(&self, arn: String, limit: usize) -> Reply<'_, Vec<KeyChange>> {
        self.ask(move |db| read::key_history(db, &arn, limit))
    }

    fn events(&self, filter: EventFilter, page: Page) -> Reply<'_, Vec<EventRow>> {
        self.ask(move |db| log::events(db, &filter, &page))
    }

    fn verify_log(&self) -> Reply<'_, Option<u64>> {
        Box::pin(self.verify())
    }

    fn workers(&self) -> Reply<'_, Vec<WorkerRow>> {
        self.ask(read::workers)
    }

    fn value(&self, name: String) -> Reply<'_, Option<String>> {
        self.ask(move |db| read::value(db, &name))
    }

    fn forget(&self, now: Timestamp, older_than: Timestamp) -> Reply<'_, u64> {
        Box::pin(self.forget_all(now, older_than))
    }
}
