//! The store in a file: what it is opened from, what it survives, how it is copied, and who shares it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod altered;
mod copies;
mod damage;
mod migrations;
mod opening;
mod processes;
#[path = "../contract/rows.rs"]
#[expect(dead_code, reason = "the contract suite uses more of them")]
mod rows;

use std::cell::OnceCell;
use std::future::Future;
use std::path::Path;

use store::rows::FindingRow;
use store::sqlite::{Options, Sqlite};
use store::{Change, Commit, Committed, EventFilter, Expect, FindingFilter, Page, Store, StoreError};
use tokio::runtime::{Builder, Runtime};

use rows::{at, event, finding};

/// Waits for an answer.
fn wait<T>(reply: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|runtime| runtime.get_or_init(|| Builder::new_current_thread().build().unwrap()).block_on(reply))
}

fn open(path: &Path) -> Sqlite {
    try_open(path).unwrap()
}

fn try_open(path: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(path, Options { readers: 1, ..Options::default() })
}

/// Why it is not opened.
fn refused(path: &Path) -> String {
    match try_open(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

fn commit(store: &dyn Store, changes: impl Into<Vec<Change>>) -> Result<Committed, StoreError> {
    wait(store.commit(Commit { at: at(0), changes: changes.into() }))
}

/// One finding and one event, numbered.
fn numbered(number: usize) -> Vec<Change> {
    let row = FindingRow { title: format!("title {number}"), ..finding("one") };
    let own =
        FindingRow { text: "a text that is long enough ".repeat(20 + number % 7), ..finding(&number.to_string()) };
    vec![
        event("decision", &number.to_string()),
        Change::Finding(Box::new(row), Expect::Any),
        Change::Finding(Box::new(own), Expect::Absent),
    ]
}

/// A whole list.
fn whole<T>(part: impl Fn(Page) -> Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    loop {
        let next = part(Page { after: found.last().map(&key), limit: 1000 });
        if next.is_empty() {
            return found;
        }
        found.extend(next);
    }
}

/// How many numbered commits the store has; all of them whole, and none after one that is missing.
fn commits(store: &dyn Store) -> usize {
    let events = whole(|page| wait(store.events(EventFilter::default(), page)).unwrap(), |row| row.number.to_string());
    let findings = whole(|page| wait(store.findings(FindingFilter::default(), page)).unwrap(), |row| row.key.clone());
    assert!(
        events.iter().zip(1..).all(|(event, number)| event.subject == number.to_string() && event.number == number)
    );
    assert_eq!(wait(store.verify_log()), Ok(None));
    if events.is_empty() {
        assert_eq!(findings, []);
        return 0;
    }
    assert_eq!(findings.len(), events.len() + 1);
    let one = findings.iter().find(|row| row.key == "one").unwrap();
    assert_eq!((one.title.clone(), one.version), (format!("title {}", events.len()), events.len() as u64));
    events.len()
}
