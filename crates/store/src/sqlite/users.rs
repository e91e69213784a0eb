//! Who uses the store: a value that operators can read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::writer::transaction;
use super::{read, write};
use crate::error::StoreError;

/// The name of the value that says who uses the store: a JSON object, from holder to [`User`].
pub const USERS: &str = "store.users";
/// So many are kept, the latest; who was killed could not take leave.
const MOST: usize = 32;

/// Who has the store open, or was killed while it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// By which it holds leases: `host/pid`.
    pub holder: String,
    /// Which program, of which version.
    pub program: String,
    /// Its process.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
}

/// Writes down that somebody comes. Where they are `alone`, all who came before are gone: they are struck off, and what they held is
/// let go. Says how many jobs those were.
pub(super) fn come(db: &Connection, user: &User, alone: bool) -> Result<usize, Fault> {
    transaction(db, || {
        change(db, |users| enlist(users, user, alone))?;
        if alone { write::let_go(db) } else { Ok(0) }
    })
}

fn enlist(users: &mut BTreeMap<String, User>, user: &User, alone: bool) {
    if alone {
        users.clear();
    }
    users.insert(user.holder.clone(), user.clone());
    while users.len() > MOST {
        let eldest = users.values().min_by_key(|user| (user.since, user.holder.clone()));
        let Some(eldest) = eldest.map(|user| user.holder.clone()) else { break };
        users.remove(&eldest);
    }
}

/// Writes down that somebody goes.
pub(super) fn leave(db: &Connection, user: &User) -> Result<(), Fault> {
    let gone = |users: &mut BTreeMap<String, User>| {
        if users.get(&user.holder) == Some(user) {
            users.remove(&user.holder);
        }
    };
    transaction(db, || change(db, gone))
}

/// Changes the list within a transaction.
fn change(db: &Connection, change: impl FnOnce(&mut BTreeMap<String, User>)) -> Result<(), Fault> {
    let written = read::value(db, USERS)?;
    // A list that cannot be read is begun anew: it is there to be looked at, and nothing hangs on it.
    let mut users = written.and_then(|users| serde_json::from_str(&users).ok()).unwrap_or_default();
    change(&mut users);
    let users = serde_json::to_string(&users)
        .map_err(|cause| StoreError::Refused { row: format!("value {USERS}"), cause: cause.to_string() })?;
    let sql = "INSERT INTO value (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
    db.prepare_cached(sql)?.execute([USERS, users.as_str()])?;
    Ok(())
}
