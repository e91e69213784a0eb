//! Writes a snapshot: the same inventory gives the same bytes, in whatever order it came in.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};

use serde::Serialize;
use source::record::{Limits, Record, Scanner};
use thiserror::Error;

use super::sort::{Key, Sorter};
use super::{End, Header, Kind, SortLimits, Spool};
use crate::{Account, ErrorRecord, Projection, Resource, ResourceError};

/// Why something cannot be written into a snapshot.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WriteError {
    #[error("the resource is not one valid JSON object: {0}")]
    Syntax(String),
    #[error("the resource cannot be told apart from others")]
    Resource(#[from] ResourceError),
    #[error("cannot write the temporary file in which the snapshot is sorted: is its disk full?")]
    Spool(#[from] io::Error),
}

/// Collects an inventory, then writes it.
///
/// Resources and errors are sorted when written, and their number has no bound, so what does not fit into memory waits in a
/// [`Spool`]: besides the accounts, at most 16 MiB and sixteen of the longest lines are held, however many there are.
#[derive(Debug)]
pub struct SnapshotWriter<S = Cursor<Vec<u8>>> {
    header: Header,
    accounts: BTreeMap<String, Account>,
    lines: Sorter<S>,
    resources: u64,
    errors: u64,
    scanner: Scanner,
    projection: Projection,
}

/// Resources come first.
const RESOURCES: u8 = 0;
const ERRORS: u8 = 1;

impl SnapshotWriter {
    /// An empty inventory, whose spool is memory: for what is known to be small.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self::spooled(header, Cursor::default())
    }
}

impl<S: Spool> SnapshotWriter<S> {
    /// An empty inventory, and an empty spool for what does not fit into memory.
    #[must_use]
    pub fn spooled(header: Header, spool: S) -> Self {
        Self::with_limits(header, spool, SortLimits::default())
    }

    /// As [`Self::spooled`], with limits of one's own.
    #[must_use]
    pub fn with_limits(header: Header, spool: S, limits: SortLimits) -> Self {
        Self {
            header,
            accounts: BTreeMap::new(),
            lines: Sorter::new(spool, limits),
            resources: 0,
            errors: 0,
            scanner: Scanner::new(Limits::default()),
            projection: Projection::new([]),
        }
    }

    /// Adds an account; a second one of the same id replaces the first.
    pub fn add_account(&mut self, account: Account) {
        self.accounts.insert(account.id.to_string(), account);
    }

    /// Adds what could not be read.
    ///
    /// # Errors
    /// Where the spool fails.
    pub fn add_error(&mut self, error: &ErrorRecord) -> Result<(), WriteError> {
        let ErrorRecord { message, file, account_id, region, operation, code, expected, class } = error;
        let parts = [file, account_id, region, operation, code, expected, class];
        let key = Key::of_class(ERRORS).text(message);
        let key = parts.into_iter().fold(key, |key, part| key.optional(part.as_deref()));
        let mut text = Vec::new();
        line(&mut text, Kind::Error, error)?;
        self.lines.push(&key, &text)?;
        self.errors += 1;
        Ok(())
    }

    /// Adds a resource, given as the text of a JSON object.
    ///
    /// # Errors
    /// Where the text is no such thing, the resource has no id, its unknown facts are not what they must be, or the spool fails.
    pub fn add_resource(&mut self, text: &str) -> Result<(), WriteError> {
        let record = self.scanner.scan_str(text).map_err(|error| WriteError::Syntax(error.to_string()))?;
        let line = resource_line(&record);
        let view = self.projection.view(&record);
        let resource = Resource::new(record, view)?;
        resource.kind()?;
        let id = resource.id()?;
        let [account, region] = [resource.account_id(), resource.region()].map(Option::unwrap_or_default);
        let key = Key::of_class(RESOURCES).text(&account).text(&region).text(&id);
        self.lines.push(&key, line.as_bytes())?;
        self.resources += 1;
        Ok(())
    }

    /// Writes the snapshot: header, accounts by id, resources by account, region and id, errors, end.
    ///
    /// # Errors
    /// Where `into` or the spool fails.
    pub fn write(self, mut into: impl Write) -> io::Result<End> {
        line(&mut into, Kind::Header, &self.header)?;
        for account in self.accounts.values() {
            line(&mut into, Kind::Account, account)?;
        }
        let end = End { accounts: self.accounts.len() as u64, resources: self.resources, errors: self.errors };
        self.lines.each(&mut |line| into.write_all(line))?;
        line(&mut into, Kind::End, &end)?;
        into.flush()?;
        Ok(end)
    }
}

/// A line of that kind.
fn line(into: &mut impl Write, kind: Kind, content: &impl Serialize) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a, T> {
        kind: &'a str,
        #[serde(flatten)]
        content: &'a T,
    }
    serde_json::to_writer(&mut *into, &Line { kind: kind.name(), content })?;
    into.write_all(b"\n")
}

/// The resource as one line, its members in their order and its values as written.
fn resource_line(record: &Record<'_>) -> String {
    let mut line = String::with_capacity(record.text().len() + 24);
    line.push_str(r#"{"kind":"resource""#);
    for (name, value) in record.members().filter(|(name, _)| *name != "kind") {
        line.push(',');
        line.push_str(&serde_json::Value::from(name).to_string());
        line.push(':');
        // Line ends stand only between the parts of a valid value: in its strings they are escaped.
        line.extend(value.text().chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
    }
    line.push_str("}\n");
    line
}
