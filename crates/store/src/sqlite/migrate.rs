//! Schema versions: forward only, one step a version, all steps in one transaction.

use std::path::Path;

use rusqlite::Connection;

use super::fault::Fault;
use crate::error::StoreError;

/// What makes the schema of each version out of the one before; the first out of nothing. A step that was released never changes.
const STEPS: [&str; 1] = [include_str!("schema/1.sql")];

/// The schema version that this program writes.
pub const SCHEMA_VERSION: u32 = STEPS.len() as u32;

/// `KRVE`: what tells a store from other SQLite databases.
pub(super) const APPLICATION_ID: i64 = 0x4B52_5645;

/// The schema version of a store. Refuses databases of other programs, and stores of newer ones.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<u32, Fault> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application != APPLICATION_ID {
        let cause = "it is no store of ours: name another file, or restore a backup of this one".to_owned();
        return Err(super::fault::medium("opening", path, cause).into());
    }
    let found = u32::try_from(version).unwrap_or(u32::MAX);
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION }.into());
    }
    Ok(found)
}

/// Makes the schema of an empty database.
pub(super) fn create(connection: &Connection) -> Result<(), Fault> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    steps(connection, 0)
}

/// Brings an older store up to this program's version. Two programs that start at once do it once.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<(), Fault> {
    if version(connection, path)? == SCHEMA_VERSION {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = version(connection, path).and_then(|found| steps(connection, found));
    connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}

fn steps(connection: &Connection, found: u32) -> Result<(), Fault> {
    for step in STEPS.iter().skip(found as usize) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}
