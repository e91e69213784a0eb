//! The ticket systems: Jira, ServiceNow, a signed webhook, a file.

pub mod file;
pub mod jira;
pub mod servicenow;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod suite;
pub mod webhook;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, MutexGuard};

use crate::failure::Failure;
use crate::letter::{Letter, text};
use crate::ports::Mark;

/// The text of a mark, which goes into queries: nothing in it means anything there.
pub(crate) fn plain(mark: &Mark) -> Result<&str, Failure> {
    let text = mark.0.as_str();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
        return Err(Failure::never(format!(
            "{text:?} cannot mark a ticket: at most 100 letters, digits, `-`, `_`, `.`"
        )));
    }
    Ok(text)
}

/// The mark of what is said when a ticket is closed or opened again: the same words about the same ticket are said once.
pub(crate) fn mark_of_words(id: &str, letter: &Letter) -> String {
    let words = format!("{id}\0{}\0{}", letter.title, text::body(letter, 1 << 20));
    let hash = Sha256::digest(words.as_bytes());
    let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("keyreeve-note-{hex}")
}

/// One writer at a time for each ticket, whoever holds it.
#[derive(Debug)]
pub(crate) struct Turns([Mutex<()>; 32]);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }

    pub(crate) async fn of(&self, id: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % 32).unwrap_or_default();
        self.0[place].lock().await
    }
}
