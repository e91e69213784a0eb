//! Writes a snapshot: the same inventory gives the same bytes, in whatever order it came in.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use source::record::{Limits, Record, Scanner};
use thiserror::Error;

use super::{End, Header, Kind};
use crate::{Account, ErrorRecord, Projection, Resource, ResourceError};

/// Why something cannot be written into a snapshot.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WriteError {
    #[error("the resource is not one valid JSON object: {0}")]
    Syntax(String),
    #[error("the resource cannot be told apart from others")]
    Resource(#[from] ResourceError),
}

/// Collects an inventory, then writes it. It holds all lines, because resources are sorted when written.
#[derive(Debug)]
pub struct SnapshotWriter {
    header: Header,
    accounts: BTreeMap<String, Account>,
    /// Account, region, id; then the line itself, so that the order is total.
    resources: Vec<(String, String, String, String)>,
    errors: Vec<ErrorRecord>,
    scanner: Scanner,
    projection: Projection,
}

impl SnapshotWriter {
    /// An empty inventory.
    #[must_use]
    pub fn new(header: Header) -> Self {
        let scanner = Scanner::new(Limits::default());
        let projection = Projection::new([]);
        Self { header, accounts: BTreeMap::new(), resources: Vec::new(), errors: Vec::new(), scanner, projection }
    }

    /// Adds an account; a second one of the same id replaces the first.
    pub fn add_account(&mut self, account: Account) {
        self.accounts.insert(account.id.to_string(), account);
    }

    /// Adds what could not be read.
    pub fn add_error(&mut self, error: ErrorRecord) {
        self.errors.push(error);
    }

    /// Adds a resource, given as the text of a JSON object.
    ///
    /// # Errors
    /// Where the text is no such thing, or the resource has no id, or its unknown facts are not what they must be.
    pub fn add_resource(&mut self, text: &str) -> Result<(), WriteError> {
        let record = self.scanner.scan_str(text).map_err(|error| WriteError::Syntax(error.to_string()))?;
        let line = resource_line(&record);
        let view = self.projection.view(&record);
        let resource = Resource::new(record, view)?;
        resource.kind()?;
        let id = resource.id()?.into_owned();
        let [account, region] = [resource.account_id(), resource.region()].map(Option::unwrap_or_default);
        self.resources.push((account.into_owned(), region.into_owned(), id, line));
        Ok(())
    }

    /// Writes the snapshot: header, accounts by id, resources by account, region and id, errors, end.
    ///
    /// # Errors
    /// Where `into` fails.
    pub fn write(mut self, mut into: impl Write) -> io::Result<End> {
        self.resources.sort_unstable();
        self.errors.sort_unstable();
        line(&mut into, Kind::Header, &self.header)?;
        for account in self.accounts.values() {
            line(&mut into, Kind::Account, account)?;
        }
        for (_, _, _, line) in &self.resources {
            into.write_all(line.as_bytes())?;
        }
        for error in &self.errors {
            line(&mut into, Kind::Error, error)?;
        }
        let count = |length: usize| length as u64;
        let end = End {
            accounts: count(self.accounts.len()),
            resources: count(self.resources.len()),
            errors: count(self.errors.len()),
        };
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
