//! The log as JSON Lines, verified without the store it came from.

use std::io::{self, BufRead, Read};

use serde::Deserialize;

use crate::chain::{Link, START};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 64 << 20;

/// What an exported log came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many events it has.
    pub events: u64,
    /// The hash of the last one: whoever keeps it elsewhere can tell later that nothing was rewritten or cut off.
    pub hash: String,
}

/// Where an exported log is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A line that is no event, does not follow the one before, or was altered.
    #[error("line {line}: {why}: the log was altered here, or a line before it is missing")]
    Line {
        /// 1 is the first.
        line: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It could not be read.
    #[error("line {line} cannot be read")]
    Read {
        /// 1 is the first.
        line: u64,
        /// What was said.
        source: io::Error,
    },
}

/// Goes through an exported log and says how many events it has, or where its chain is broken first.
///
/// # Errors
/// The first line that is not what was written.
pub fn verify_lines(mut lines: impl BufRead) -> Result<Verified, Broken> {
    let mut verified = Verified { events: 0, hash: START.to_owned() };
    let mut line = String::new();
    loop {
        let number = verified.events + 1;
        line.clear();
        let read = lines.by_ref().take(MAX_LINE as u64).read_line(&mut line);
        if read.map_err(|source| Broken::Read { line: number, source })? == 0 {
            return Ok(verified);
        }
        let link = follow(&verified.hash, number, &line).map_err(|why| Broken::Line { line: number, why })?;
        verified = Verified { events: number, hash: link.hash };
    }
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

fn follow(before: &str, number: u64, line: &str) -> Result<Link, &'static str> {
    let line = line.strip_suffix('\n').ok_or("it does not end")?;
    let link = Link::parse(line).ok_or("it is no event")?;
    let written: Numbered = serde_json::from_str(line).map_err(|_| "it is no event")?;
    if written.number != number {
        return Err("its number is not the next");
    }
    if !link.follows(before) {
        return Err("its hash is not that of the line before and its own text");
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::commit::NewEvent;

    fn log(events: u64) -> Vec<String> {
        let mut before = START.to_owned();
        let link = |number| {
            let event = NewEvent {
                kind: "decision".into(),
                subject: format!("\u{1f511}{number}"),
                actor: "keyreeve".into(),
                body: json!({"number": 7, "text": "a\nb"}),
            };
            let link = Link::new(&before, number, Timestamp::UNIX_EPOCH, &event).unwrap();
            before.clone_from(&link.hash);
            link.line() + "\n"
        };
        (1..=events).map(link).collect()
    }

    fn broken_at(lines: &[String]) -> Option<u64> {
        match verify_lines(lines.concat().as_bytes()) {
            Ok(_) => None,
            Err(Broken::Line { line, .. } | Broken::Read { line, .. }) => Some(line),
        }
    }

    #[test]
    fn a_log_as_it_was_written_is_verified_and_tells_its_last_hash() {
        let lines = log(3);
        let verified = verify_lines(lines.concat().as_bytes()).unwrap();
        assert_eq!(verified.events, 3);
        assert!(lines[2].contains(&verified.hash));
        assert_eq!(verify_lines(&b""[..]).unwrap(), Verified { events: 0, hash: START.into() });
    }

    #[test]
    fn a_line_taken_out_doubled_swapped_altered_or_cut_is_found() {
        let lines = log(4);
        let without = [&lines[..1], &lines[2..]].concat();
        assert_eq!(broken_at(&without), Some(2));
        assert_eq!(broken_at(&lines[1..]), Some(1));
        assert_eq!(broken_at(&[&lines[..2], &lines[1..]].concat()), Some(3));
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert_eq!(broken_at(&swapped), Some(2));
        let mut altered = lines.clone();
        altered[2] = altered[2].replace("keyreeve", "somebody");
        assert_eq!(broken_at(&altered), Some(3));
        let mut cut = lines.clone();
        cut[3].pop();
        assert_eq!(broken_at(&cut), Some(4));
    }
}
