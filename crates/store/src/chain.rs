//! The chain of the log: how an event is written, and the hash that ties it to the one before.
//!
//! A line of the log is `{"number":…,"at":…,"kind":…,"subject":…,"actor":…,"body":…,"hash":"…"}`. Its hash is the SHA-256, in
//! hex, of the hash before (64 zeros for the first) followed by the line's own bytes up to, and without, `,"hash":`. So a log can be
//! verified from its lines alone, without knowing how anybody writes JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::commit::NewEvent;
use crate::error::StoreError;
use crate::rows::EventRow;

/// The hash before the first event.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HASH: &str = ",\"hash\":\"";

/// An event as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The line up to its hash.
    pub(crate) text: String,
    /// Its hash.
    pub(crate) hash: String,
}

#[derive(Serialize)]
struct Written<'a> {
    number: u64,
    at: Timestamp,
    kind: &'a str,
    subject: &'a str,
    actor: &'a str,
    body: &'a Value,
}

impl Link {
    /// The next link after the one with that hash.
    pub(crate) fn new(before: &str, number: u64, at: Timestamp, event: &NewEvent) -> Result<Self, StoreError> {
        let NewEvent { kind, subject, actor, body } = event;
        let mut text = serde_json::to_string(&Written { number, at, kind, subject, actor, body })
            .map_err(|cause| StoreError::Refused { row: named(number), cause: cause.to_string() })?;
        text.pop();
        let hash = hash(before, &text);
        Ok(Self { text, hash })
    }

    /// The whole line, without a line end.
    pub(crate) fn line(&self) -> String {
        format!("{}{HASH}{}\"}}", self.text, self.hash)
    }

    /// A line taken apart; `None` where it has no hash at its end.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (text, hash) = line.strip_suffix("\"}")?.rsplit_once(HASH)?;
        Some(Self { text: text.to_owned(), hash: hash.to_owned() })
    }

    /// Whether it follows the one with that hash, unaltered.
    pub(crate) fn follows(&self, before: &str) -> bool {
        self.hash == hash(before, &self.text)
    }

    /// What it says.
    pub(crate) fn row(&self, number: u64) -> Result<EventRow, StoreError> {
        serde_json::from_str(&self.line())
            .map_err(|cause| StoreError::Corrupt { row: named(number), cause: cause.to_string() })
    }
}

fn named(number: u64) -> String {
    format!("event {number}")
}

fn hash(before: &str, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(before.as_bytes());
    digest.update(text.as_bytes());
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(before: &str, number: u64) -> Link {
        let event = NewEvent {
            kind: "decision".into(),
            subject: "3f\",\"hash\":\"x\"}".into(),
            actor: "keyreeve".into(),
            body: json!({"b": 1.5, "a": ["ü", null]}),
        };
        Link::new(before, number, Timestamp::UNIX_EPOCH, &event).unwrap()
    }

    #[test]
    fn a_line_is_taken_apart_into_what_it_was_made_of_even_when_a_stranger_wrote_a_hash_into_it() {
        let link = link(START, 1);
        assert_eq!(Link::parse(&link.line()), Some(link));
    }

    #[test]
    fn a_link_follows_only_the_one_before_it() {
        let first = link(START, 1);
        let second = link(&first.hash, 2);
        assert!(first.follows(START));
        assert!(second.follows(&first.hash));
        assert!(!second.follows(START));
    }

    #[test]
    fn every_altered_byte_breaks_the_chain() {
        let link = link(START, 1);
        for at in 0..link.text.len() {
            let mut bytes = link.text.clone().into_bytes();
            bytes[at] ^= 1;
            let altered = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!Link { text: altered, hash: link.hash.clone() }.follows(START), "byte {at}");
        }
    }

    #[test]
    fn the_hash_is_the_one_that_sha256sum_gives() {
        let event = NewEvent { kind: "k".into(), subject: "s".into(), actor: "a".into(), body: json!({}) };
        let link = Link::new(START, 1, Timestamp::UNIX_EPOCH, &event).unwrap();
        let text = r#"{"number":1,"at":"1970-01-01T00:00:00Z","kind":"k","subject":"s","actor":"a","body":{}"#;
        assert_eq!(link.text, text);
        assert_eq!(link.hash, "94cd9e6fa73533d53f5908a641f6379a9ae5f3e0f8df260c2e9f3ffeb9908887");
    }
}
