//! Where a world's store stands: in memory, or in a file as it ships. It answers at once, so that a seed is a world, and its process may die.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use jiff::Timestamp;
use store::rows::*;
use store::sqlite::{Options, Sqlite, User};
use store::*;
use tempfile::TempDir;

/// A store, and how to have it again after a death.
pub struct Shelf {
    store: Mutex<Arc<dyn Store>>,
    file: Option<File>,
}

struct File {
    directory: Arc<TempDir>,
    path: Mutex<PathBuf>,
    /// Lengths of the write-ahead log before and after the last commit.
    grown: Mutex<(u64, u64)>,
}

/// How a process dies, as far as its files show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// What it has written stands there.
    Between,
    /// Its last commit is half written.
    Within,
}

static FILES: AtomicU64 = AtomicU64::new(0);

impl Shelf {
    pub fn in_memory() -> Arc<Self> {
        Arc::new(Self { store: Mutex::new(Arc::new(Memory::new())), file: None })
    }

    /// In a file of its own. In memory's file system where there is one: here processes die, not the power.
    pub fn in_file() -> Arc<Self> {
        let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        Self::at(Arc::new(directory), None)
    }

    fn at(directory: Arc<TempDir>, path: Option<PathBuf>) -> Arc<Self> {
        let path = path.unwrap_or_else(|| fresh(&directory));
        let store = Mutex::new(open(&path));
        let file = File { directory, path: Mutex::new(path), grown: Mutex::default() };
        Arc::new(Self { store, file: Some(file) })
    }

    pub fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// The same store for another process.
    pub fn another(self: &Arc<Self>) -> Arc<Self> {
        match &self.file {
            None => self.clone(),
            Some(file) => Self::at(file.directory.clone(), Some(file.path.lock().unwrap().clone())),
        }
    }

    /// Every process that had the file dies: what comes next finds the files as they stand, no more and no less.
    pub fn die(&self, death: Death) {
        let Some(file) = &self.file else { return };
        let mut path = file.path.lock().unwrap();
        let next = fresh(&file.directory);
        std::fs::copy(&*path, &next).unwrap();
        if let Ok(mut log) = std::fs::read(beside(&path, "-wal")) {
            let (before, after) = *file.grown.lock().unwrap();
            if death == Death::Within {
                assert_eq!(log.len() as u64, after, "the last commit is the end of the log");
                log.truncate(((before + after) / 2) as usize);
            }
            std::fs::write(beside(&next, "-wal"), log).unwrap();
        }
        *self.store.lock().unwrap() = open(&next);
        // Whoever still has the old one open writes nothing any more that anybody reads.
        let old = std::mem::replace(&mut *path, next);
        for suffix in ["", "-wal", "-shm", "-lock"] {
            let _ = std::fs::remove_file(beside(&old, suffix));
        }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.lock().unwrap().clone()
    }

    fn log_length(&self) -> u64 {
        let length =
            |file: &File| std::fs::metadata(beside(&file.path.lock().unwrap(), "-wal")).map_or(0, |it| it.len());
        self.file.as_ref().map_or(0, length)
    }
}

fn fresh(directory: &TempDir) -> PathBuf {
    directory.path().join(format!("{}.db", FILES.fetch_add(1, Ordering::Relaxed)))
}

fn open(path: &Path) -> Arc<dyn Store> {
    // As one who takes jobs: after a death nobody else has the new file, and what the dead held is free at once.
    let user = User { holder: String::new(), program: String::new(), pid: std::process::id(), since: Timestamp::MIN };
    Arc::new(Sqlite::open(path, Options { readers: 1, user: Some(user), ..Options::default() }).unwrap())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

struct Awake(Thread);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for the store's threads without giving the word to anybody.
fn wait<T>(mut reply: Reply<'_, T>) -> Result<T, StoreError> {
    let waker = Waker::from(Arc::new(Awake(std::thread::current())));
    loop {
        match reply.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

macro_rules! at_once {
    ($($name:ident($($argument:ident: $of:ty),*) -> $answer:ty;)*) => {$(
        fn $name(&self $(, $argument: $of)*) -> Reply<'_, $answer> {
            Box::pin(async move {
                let store = self.store();
                wait(store.$name($($argument),*))
            })
        }
    )*};
}

impl Store for Shelf {
    fn commit(&self, commit: Commit) -> Reply<'_, Committed> {
        Box::pin(async move {
            let (store, before) = (self.store(), self.log_length());
            let done = wait(store.commit(commit));
            if let Some(file) = &self.file {
                *file.grown.lock().unwrap() = (before, self.log_length());
            }
            done
        })
    }

    at_once! {
        lease(lease: Lease) -> Vec<JobRow>;
        delivered(ids: Vec<String>) -> Vec<bool>;
        findings_by_key(keys: Vec<String>) -> Vec<Option<FindingRow>>;
        findings_due(now: Timestamp, limit: usize) -> Vec<FindingRow>;
        findings(filter: FindingFilter, page: Page) -> Vec<FindingRow>;
        ticket(key: String) -> Option<TicketRow>;
        tickets_due(now: Timestamp, limit: usize) -> Vec<TicketRow>;
        tickets(filter: TicketFilter, page: Page) -> Vec<TicketRow>;
        tickets_since(destination: String, project: Option<String>, since: Timestamp) -> u64;
        remediation(key: String) -> Option<RemediationRow>;
        remediations(state: Option<RemediationState>, page: Page) -> Vec<RemediationRow>;
        job(id: String) -> Option<JobRow>;
        jobs(filter: JobFilter, page: Page) -> Vec<JobRow>;
        job_counts() -> std::collections::BTreeMap<(String, JobState), u64>;
        next_due(queue: String) -> Option<Timestamp>;
        attempts(job: String) -> Vec<AttemptRow>;
        account(id: String) -> Option<AccountRow>;
        accounts() -> Vec<AccountRow>;
        key(arn: String) -> Option<KeyRow>;
        keys(filter: KeyFilter, page: Page) -> Vec<KeyRow>;
        key_history(arn: String, limit: usize) -> Vec<KeyChange>;
        events(filter: EventFilter, page: Page) -> Vec<EventRow>;
        verify_log() -> Option<u64>;
        workers() -> Vec<WorkerRow>;
        value(name: String) -> Option<String>;
        forget(now: Timestamp, older_than: Timestamp) -> u64;
    }
}
