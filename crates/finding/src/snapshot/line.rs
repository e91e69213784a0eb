//! The kinds of lines, and what those hold that are not resources.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use source::record::Raw;

use crate::{Account, ErrorRecord, Tool};

/// The version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the format is described in the module above")]
pub enum Kind {
    Header,
    Account,
    Resource,
    Error,
    End,
}

impl Kind {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Header, Self::Account, Self::Resource, Self::Error, Self::End];

    /// The value of `kind`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Account => "account",
            Self::Resource => "resource",
            Self::Error => "error",
            Self::End => "end",
        }
    }

    /// The kind that the value of a line's `kind` means; a line without one is a resource.
    pub(super) fn of(value: Option<Raw<'_>>) -> Result<Self, String> {
        let Some(value) = value else { return Ok(Self::Resource) };
        Self::ALL.into_iter().find(|kind| value.is_str(kind.name())).ok_or_else(|| {
            let shown: String = value.text().chars().take(40).collect();
            format!("unknown kind {shown}: a line's `kind` is header, account, resource, error or end, or it has none and is a resource")
        })
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// See [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// When it was collected: the clock that it is judged by.
    #[serde(serialize_with = "as_text", deserialize_with = "parsed")]
    pub collected_at: Timestamp,
}

fn as_text<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn parsed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`collected_at` is {text:?}, not a date such as 2026-05-06T07:08:09Z"))
    })
}

/// The last line: how many of each there are, so that a file that was cut off shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// Account lines.
    pub accounts: u64,
    /// Resources.
    pub resources: u64,
    /// Error lines.
    pub errors: u64,
}

/// A line that is neither the header nor a resource.
#[derive(Debug)]
pub(super) enum Meta {
    Account(Account),
    Error(ErrorRecord),
    End(End),
}

/// What the text of a line of that kind holds.
fn parse<T: DeserializeOwned>(kind: Kind, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        // serde's place is one inside the line, in bytes; the problem names the line itself.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("the {} line is not valid: {message}", kind.name())
    })
}

impl Meta {
    pub(super) fn account(text: &str) -> Result<Self, String> {
        parse(Kind::Account, text).map(Self::Account)
    }

    pub(super) fn error(text: &str) -> Result<Self, String> {
        parse(Kind::Error, text).map(Self::Error)
    }

    pub(super) fn end(text: &str) -> Result<Self, String> {
        parse(Kind::End, text).map(Self::End)
    }
}

impl Header {
    /// Reads a header, and refuses a format that is newer than this program.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let header: Self = parse(Kind::Header, text)?;
        if header.format_version <= FORMAT_VERSION {
            return Ok(header);
        }
        let Self { format_version, tool: Tool { name, version }, .. } = header;
        Err(format!(
            "the snapshot has format {format_version}, written by {name} {version}; formats up to {FORMAT_VERSION} are read: use a newer program"
        ))
    }
}
