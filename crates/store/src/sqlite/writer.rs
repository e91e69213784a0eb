//! The one thread that writes: what waits is applied in one transaction and made durable at once, each change in a savepoint of its own.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fault::{Fault, io};
use super::users::{self, User};
use super::write::{self, Head, Packed};
use crate::commit::Committed;
use crate::error::StoreError;
use crate::rows::JobRow;
use crate::store::Lease;

/// At most so many requests wait; who comes then waits for a place.
pub(super) const QUEUE: usize = 1_024;
/// At most so many requests, and about so many changes, are one transaction.
const MAX_REQUESTS: usize = 1_024;
const MAX_CHANGES: usize = 8_192;

/// Where an answer goes to.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What is asked of the writer.
pub(super) enum Request {
    Commit(Packed, Answer<Committed>),
    Lease(Lease, Answer<Vec<JobRow>>),
    /// Forgets one slice.
    Forget(Timestamp, Timestamp, Answer<u64>),
}

/// What a request came to, until its transaction is durable.
enum Outcome {
    Commit(Committed),
    Lease(Vec<JobRow>),
    Forget(u64),
}

impl Request {
    fn changes(&self) -> usize {
        match self {
            Self::Commit(packed, _) => packed.len(),
            Self::Lease(lease, _) => lease.limit.min(crate::bounds::MAX_ROWS),
            Self::Forget(..) => MAX_CHANGES,
        }
    }

    fn apply(&self, db: &Connection, head: &mut Head) -> Result<Outcome, Fault> {
        match self {
            Self::Commit(packed, _) => write::commit(db, head, packed).map(Outcome::Commit),
            Self::Lease(lease, _) => write::lease(db, lease).map(Outcome::Lease),
            Self::Forget(now, older_than, _) => write::forget(db, *now, *older_than).map(Outcome::Forget),
        }
    }

    /// Whoever does not wait any more needs no answer.
    fn answer(self, outcome: Result<Outcome, StoreError>) {
        match (self, outcome) {
            (Self::Commit(_, answer), Ok(Outcome::Commit(committed))) => drop(answer.send(Ok(committed))),
            (Self::Lease(_, answer), Ok(Outcome::Lease(jobs))) => drop(answer.send(Ok(jobs))),
            (Self::Forget(.., answer), Ok(Outcome::Forget(gone))) => drop(answer.send(Ok(gone))),
            (Self::Commit(_, answer), Err(error)) => drop(answer.send(Err(error))),
            (Self::Lease(_, answer), Err(error)) => drop(answer.send(Err(error))),
            (Self::Forget(.., answer), Err(error)) => drop(answer.send(Err(error))),
            // An outcome is always that of its own request.
            _ => {}
        }
    }
}

/// Starts the thread. It ends when nobody can ask any more.
pub(super) fn start(
    connection: Connection,
    path: PathBuf,
    user: Option<User>,
    requests: mpsc::Receiver<Request>,
) -> Result<JoinHandle<()>, StoreError> {
    let writer = Writer { connection, path: path.clone() };
    let run = move || {
        writer.run(requests);
        if let Some(user) = user {
            // Whoever reads the list sees an entry that stayed, as after a crash.
            let _ = users::leave(&writer.connection, &user);
        }
    };
    thread::Builder::new().name("store-writer".into()).spawn(run).map_err(|error| io("opening", &path, &error))
}

struct Writer {
    connection: Connection,
    path: PathBuf,
}

impl Writer {
    fn run(&self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            let mut changes = first.changes();
            let mut batch = vec![first];
            while batch.len() < MAX_REQUESTS && changes < MAX_CHANGES {
                let Ok(next) = requests.try_recv() else { break };
                changes += next.changes();
                batch.push(next);
            }
            self.write(batch);
        }
    }

    /// Writes all together. Where there is no room for all, each is tried alone: one that is too big must not fail the others.
    fn write(&self, batch: Vec<Request>) {
        match self.transaction(&batch) {
            Ok(outcomes) => batch.into_iter().zip(outcomes).for_each(|(request, outcome)| request.answer(outcome)),
            Err(fault) if batch.len() > 1 && fault.depends_on_size() => {
                batch.into_iter().for_each(|request| self.write(vec![request]))
            }
            Err(fault) => {
                let error = fault.told("writing to", &self.path);
                batch.into_iter().for_each(|request| request.answer(Err(error.clone())));
            }
        }
    }

    fn transaction(&self, batch: &[Request]) -> Result<Vec<Result<Outcome, StoreError>>, Fault> {
        let db = &self.connection;
        transaction(db, || {
            let before = Head::read(db)?;
            let mut head = before.clone();
            let mut outcomes = Vec::with_capacity(batch.len());
            for request in batch {
                outcomes.push(apart(db, &mut head, &self.path, request)?);
            }
            if head.number() != before.number() {
                head.write(db)?;
            }
            Ok(outcomes)
        })
    }
}

/// Does something in a transaction, which others wait for from its beginning.
pub(super) fn transaction<T>(db: &Connection, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work().and_then(|done| {
        db.prepare_cached("COMMIT")?.execute([])?;
        Ok(done)
    });
    if done.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    done
}

/// Applies one request in a savepoint: what is refused leaves nothing behind, and the others untouched.
fn apart(
    db: &Connection,
    head: &mut Head,
    path: &Path,
    request: &Request,
) -> Result<Result<Outcome, StoreError>, Fault> {
    db.prepare_cached("SAVEPOINT one")?.execute([])?;
    let before = head.clone();
    let outcome = match request.apply(db, head) {
        Ok(outcome) => Ok(outcome),
        Err(fault @ Fault::Store(_)) => {
            *head = before;
            db.prepare_cached("ROLLBACK TO one")?.execute([])?;
            Err(fault.told("writing to", path))
        }
        Err(fault) => return Err(fault),
    };
    db.prepare_cached("RELEASE one")?.execute([])?;
    Ok(outcome)
}
