//! What an inventory gives, as it comes: the lines of a snapshot, and how far it is.

use std::sync::atomic::{AtomicU64, Ordering};

use finding::refusal::Refusal;
use finding::{Account, ErrorRecord};
use tokio::sync::mpsc;

/// One thing that was read, or could not be.
#[derive(Debug)]
pub enum Event {
    /// An account: what is known about it besides its keys.
    Account(Account),
    /// A resource, as one JSON object on one line.
    Resource(String),
    /// Something that should have been read and was not: the inventory is incomplete.
    Error(ErrorRecord),
    /// Something that there was no use in reading; the inventory is complete without it.
    Note(Note),
}

/// A place that holds nothing that could be read, and needs no attention: a region that is off, an account that is closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The account.
    pub account: String,
    /// The region, where it is about one.
    pub region: Option<String>,
    /// What it is.
    pub class: Refusal,
    /// The account's name, where known.
    pub name: String,
}

/// Where events go. It is bounded: reading waits for whoever takes them.
#[derive(Debug, Clone)]
pub(crate) struct Sink(mpsc::Sender<Event>);

impl Sink {
    pub(crate) fn new(sender: mpsc::Sender<Event>) -> Self {
        Self(sender)
    }

    /// Hands over an event. Nobody may be there any more to take it; then there is nothing left to do with it.
    pub(crate) async fn send(&self, event: Event) {
        let _ = self.0.send(event).await;
    }
}

/// How far an inventory is.
#[derive(Debug, Default)]
pub struct Progress {
    /// Accounts to read; 0 while that is not known.
    pub accounts: Count,
    /// Accounts that are done.
    pub accounts_done: Count,
    /// Regions to read, of the accounts that were begun.
    pub regions: Count,
    /// Regions that are done.
    pub regions_done: Count,
    /// Keys that were found.
    pub keys: Count,
    /// Keys that are read.
    pub keys_done: Count,
}

/// A number that grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }
}
