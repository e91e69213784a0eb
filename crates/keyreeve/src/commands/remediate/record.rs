//! The record of an `apply`: one JSON object a line, on the disk before the change that it tells of, so that every change has a way back.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use respond::apply::{Before, Outcome, Step};
use serde::{Deserialize, Serialize};

/// The version of the format.
const VERSION: u32 = 1;
/// The largest record that is read.
const MAX_BYTES: u64 = 256 << 20;

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Line {
    /// The first.
    Header {
        /// Of the format.
        version: u32,
        /// When it was begun.
        at: Timestamp,
        /// As whom keys were changed.
        caller: String,
    },
    /// A change is about to be made.
    Change {
        number: u32,
        at: Timestamp,
        finding: String,
        #[serde(flatten)]
        step: Box<Step>,
    },
    /// What became of it.
    Outcome { number: u32, at: Timestamp, outcome: String, what: Option<String> },
    /// What became of undoing it.
    Undone { number: u32, at: Timestamp, outcome: String, what: Option<String> },
}

/// An outcome's name, and what more there is to say.
pub(super) fn told(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Already => ("already", None),
        Outcome::Verified => ("verified", None),
        Outcome::Refused { treatment, what } => ("refused", Some(format!("{what} ({treatment})"))),
        Outcome::NotSeen(how) => ("not_seen", Some(how.clone())),
        Outcome::Unknown(why) => ("unknown", Some(why.clone())),
    }
}

/// A record that is written to.
pub(super) struct Record {
    file: File,
    path: PathBuf,
    number: u32,
    finding: String,
}

impl Record {
    /// Begins one; a file that is there already is not touched. Nobody else may read it.
    pub(super) fn begin(path: Option<&Path>, caller: &str) -> anyhow::Result<Self> {
        let at = Timestamp::now();
        let named = || PathBuf::from(format!("keyreeve-undo-{}.jsonl", at.strftime("%Y%m%dT%H%M%SZ")));
        let path = path.map_or_else(named, Path::to_owned);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let beginning = || format!("beginning the record {}", path.display());
        let file = options.open(&path).with_context(beginning)?;
        let mut record = Self { file, path: path.clone(), number: 0, finding: String::new() };
        record.write(&Line::Header { version: VERSION, at, caller: caller.to_owned() }).with_context(beginning)?;
        Ok(record)
    }

    /// Goes on with one.
    pub(super) fn go_on(path: &Path) -> anyhow::Result<Self> {
        let opening = || format!("opening the record {}", path.display());
        let file = OpenOptions::new().append(true).open(path).with_context(opening)?;
        let mut record = Self { file, path: path.to_owned(), number: 0, finding: String::new() };
        // A line that an interruption cut off ends here, and the empty one after it says so.
        record.file.write_all(b"\n\n").with_context(opening)?;
        Ok(record)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// For which finding the next changes are made.
    pub(super) fn about(&mut self, finding: &str) {
        finding.clone_into(&mut self.finding);
    }

    /// What became of the last change, where one was begun since `before`.
    pub(super) fn outcome(&mut self, outcome: &Outcome, before: u32) -> anyhow::Result<()> {
        if self.number == before {
            return Ok(());
        }
        let (name, what) = told(outcome);
        let line = Line::Outcome { number: self.number, at: Timestamp::now(), outcome: name.to_owned(), what };
        self.write(&line).with_context(|| format!("writing to {}", self.path.display()))
    }

    pub(super) fn undone(&mut self, number: u32, outcome: &Outcome) -> anyhow::Result<()> {
        let (name, what) = told(outcome);
        let line = Line::Undone { number, at: Timestamp::now(), outcome: name.to_owned(), what };
        self.write(&line).with_context(|| format!("writing to {}", self.path.display()))
    }

    /// How many changes were begun.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    fn write(&mut self, line: &Line) -> std::io::Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }
}

impl Before for Record {
    fn about_to_call(&mut self, step: &Step) -> Result<(), String> {
        let (number, finding) = (self.number + 1, self.finding.clone());
        let line = Line::Change { number, at: Timestamp::now(), finding, step: Box::new(step.clone()) };
        self.write(&line).map_err(|error| format!("{}: {error}", self.path.display()))?;
        self.number = number;
        Ok(())
    }
}

/// A change of a record that may have been made and is not undone.
#[derive(Debug, PartialEq)]
pub(super) struct Made {
    pub(super) number: u32,
    pub(super) step: Step,
}

/// The changes to undo, the last first.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Made>> {
    let reading = || format!("reading the record {}", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(reading)?;
    let length = file.take(MAX_BYTES + 1).read_to_string(&mut text).with_context(reading)?;
    if length as u64 > MAX_BYTES {
        bail!("{}: more than {MAX_BYTES} bytes", path.display());
    }
    changes(&text).with_context(reading)
}

fn changes(text: &str) -> anyhow::Result<Vec<Made>> {
    let (mut made, mut header) = (Vec::<Made>::new(), false);
    let whole = text.ends_with('\n');
    let lines: Vec<&str> = text.lines().collect();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let line = match serde_json::from_str(line) {
            Ok(line) => line,
            // Its change was not made: that comes after the line is on the disk whole.
            Err(_) if place + 1 == lines.len() && !whole => break,
            Err(_) if lines.get(place + 1).is_some_and(|next| next.is_empty()) => continue,
            Err(error) => bail!("line {}: {error}", place + 1),
        };
        match line {
            Line::Header { version, .. } if version > VERSION => {
                bail!("its format is {version}; this version of keyreeve knows {VERSION}")
            }
            Line::Header { .. } => header = true,
            Line::Change { number, step, .. } => made.push(Made { number, step: *step }),
            Line::Outcome { number, outcome, .. } if outcome == "refused" => {
                made.retain(|made| made.number != number);
            }
            Line::Undone { number, outcome, .. } if matches!(outcome.as_str(), "verified" | "already") => {
                made.retain(|made| made.number != number);
            }
            Line::Outcome { .. } | Line::Undone { .. } => {}
        }
    }
    if !header {
        bail!("it is no record of `remediate apply`: it has no header");
    }
    made.reverse();
    Ok(made)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use respond::ports::KeyCall;

    use super::*;

    fn step(operation: &str) -> Step {
        let call = KeyCall {
            account_id: "111122223333".to_owned(),
            region: "eu-north-1".to_owned(),
            operation: operation.to_owned(),
            parameters: BTreeMap::new(),
        };
        Step { key: "arn".to_owned(), undo: Some(call.clone()), call, by_hand: None }
    }

    #[test]
    fn what_was_begun_is_undone_from_the_last_and_what_was_refused_or_undone_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.jsonl");
        let mut record = Record::begin(Some(&path), "arn:aws:sts::1:x").expect("a record");
        assert!(Record::begin(Some(&path), "x").is_err(), "a record is never overwritten");
        let refused = Outcome::Refused { treatment: "operator", what: "no".to_owned() };
        for (operation, outcome) in
            [("A", Some(Outcome::Verified)), ("B", Some(refused)), ("C", Some(Outcome::Verified)), ("D", None)]
        {
            let before = record.number();
            record.about_to_call(&step(operation)).expect("written");
            if let Some(outcome) = outcome {
                record.outcome(&outcome, before).expect("written");
            }
        }
        record.undone(3, &Outcome::Verified).expect("written");
        let left = |path: &Path| -> Vec<String> {
            read(path).expect("a record").into_iter().map(|made| made.step.call.operation).collect()
        };
        assert_eq!(left(&path), ["D", "A"]);
        // Interrupted in the middle of a line, and gone on with.
        let text = std::fs::read_to_string(&path).expect("text");
        std::fs::write(&path, text.clone() + "{\"kind\":\"change\",\"num").expect("written");
        assert_eq!(left(&path), ["D", "A"]);
        Record::go_on(&path).expect("a record").undone(4, &Outcome::Already).expect("written");
        assert_eq!(left(&path), ["A"]);
        std::fs::write(&path, "{}\n{}\n").expect("written");
        assert!(read(&path).is_err());
    }
}
