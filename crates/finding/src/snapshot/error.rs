//! What can be wrong with a snapshot.

use std::fmt;

use source::split::{RecordText, SplitError};
use source::{Position, SyntaxError};
use thiserror::Error;

use crate::ErrorRecord;

/// A snapshot that cannot be read at all.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SnapshotError {
    #[error("cannot read the beginning of the file")]
    Start(#[source] std::io::Error),
    #[error("the file is packed with {packing}: unpack it, or pack it with gzip or zstd")]
    Packing { packing: &'static str },
    #[error("line {line}: {message}")]
    Header { line: u64, message: String },
}

/// One thing that is wrong in a snapshot; the rest of it is read all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` where it is about the whole file.
    pub place: Option<Position>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Problem {
    pub(super) fn at(text: &RecordText<'_>, offset: usize, message: impl Into<String>) -> Self {
        Self { place: Some(text.position(offset)), message: message.into() }
    }

    pub(super) fn of_file(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    pub(super) fn syntax(text: &RecordText<'_>, error: SyntaxError) -> Self {
        let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
        Self::at(text, error.span.start, format!("{}{help}", error.message))
    }

    /// The problem as the findings document has it.
    #[must_use]
    pub fn record(&self, file: Option<&str>) -> ErrorRecord {
        ErrorRecord { message: self.to_string(), file: file.map(str::to_owned), ..ErrorRecord::default() }
    }
}

impl From<SplitError> for Problem {
    fn from(error: SplitError) -> Self {
        match &error {
            SplitError::Io { source, .. } => Self::of_file(format!("{error}: {source}")),
            _ => Self::of_file(error.to_string()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(f, "line {}, column {}: {}", place.line, place.column, self.message),
            None => f.write_str(&self.message),
        }
    }
}
