//! Copies: a backup taken while the store is used, a backup brought back, the log written out. Each is made beside its place and
//! renamed, so that what has its name is whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::{Connection, OpenFlags};

use super::fault::{Fault, io, medium};
use super::log::{self, Step, Walk};
use super::open::{beside, sync_directory, unfinished};
use super::{Sqlite, migrate};
use crate::chain::Link;
use crate::error::StoreError;
use crate::export::Verified;

/// How long a copy waits for whoever writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a store came to that was gone through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its schema version.
    pub version: u32,
    /// Its log.
    pub log: Verified,
}

impl Sqlite {
    /// Writes a copy of the store as it is now, while others use it. A file of that name is only replaced where that is asked for.
    ///
    /// # Errors
    /// What cannot be read or written; the file of that name is then as it was.
    pub fn backup(&self, to: &Path, replace: bool) -> Result<(), StoreError> {
        refuse_to_replace("backing up to", to, "name another file, or replace it with `--replace`", replace)?;
        let new = unfinished(to);
        let copied =
            copy(&self.path, &new).map_err(|fault| fault.told("backing up to", to)).and_then(|()| put(&new, to));
        if copied.is_err() {
            let _ = fs::remove_file(&new);
        }
        copied
    }

    /// Writes the log as JSON Lines, verified as it goes: see [`crate::verify_lines`].
    ///
    /// # Errors
    /// What cannot be read or written, and a log whose chain is broken.
    pub fn export_log(&self, out: &mut dyn Write) -> Result<Verified, StoreError> {
        export_log(&self.path, out)
    }
}

/// Writes the log of a store as JSON Lines, verified as it goes.
///
/// # Errors
/// What cannot be read or written, and a log whose chain is broken.
pub fn export_log(path: &Path, out: &mut dyn Write) -> Result<Verified, StoreError> {
    let doing = "exporting the log of";
    let write = |link: &Link| writeln!(out, "{}", link.line()).map_err(|error| Fault::Store(io(doing, path, &error)));
    let exported = connect(path).and_then(|connection| verified(&connection, write));
    exported.map_err(|fault| fault.told(doing, path))
}

/// Goes through a whole store: every page of the file, and every link of the log.
///
/// # Errors
/// What is no store, or is damaged, and where.
pub fn check(path: &Path) -> Result<Checked, StoreError> {
    let checked = connect(path).and_then(|connection| {
        let version = migrate::version(&connection, path)?;
        let sound: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(StoreError::Corrupt { row: path.display().to_string(), cause: sound }.into());
        }
        Ok(Checked { version, log: verified(&connection, |_| Ok(()))? })
    });
    checked.map_err(|fault| fault.told("checking", path))
}

/// Goes through the log as it is now.
fn verified(connection: &Connection, mut seen: impl FnMut(&Link) -> Result<(), Fault>) -> Result<Verified, Fault> {
    let _of_one_time = connection.unchecked_transaction()?;
    let mut walk = Walk::new();
    loop {
        match log::walk(connection, &mut walk, &mut seen)? {
            Step::On => {}
            Step::End => return Ok(Verified { events: walk.number, hash: walk.hash }),
            Step::Broken(number) => {
                let cause = "the chain of the log is broken here: something was altered or taken out".to_owned();
                return Err(StoreError::Corrupt { row: format!("event {number}"), cause }.into());
            }
        }
    }
}

/// Copies a store as it is at one moment, while others use it.
fn copy(from: &Path, new: &Path) -> Result<(), Fault> {
    let _ = fs::remove_file(new);
    let source = connect(from)?;
    let mut target = Connection::open(new)?;
    let began = Instant::now();
    {
        let backup = Backup::new(&source, &mut target)?;
        // All at once: with a write-ahead log nobody waits for that.
        while backup.step(-1)? != StepResult::Done {
            if began.elapsed() > PATIENCE {
                return Err(medium("copying", from, "somebody else has held it for too long: try again".into()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    target.close().map_err(|(_, error)| error.into())
}

/// A connection that leaves the file as it is.
fn connect(path: &Path) -> Result<Connection, Fault> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    migrate::version(&connection, path)?;
    Ok(connection)
}

/// Brings a backup back, after going through all of it. A store that is there is only replaced where that is asked for and nobody uses
/// it, and is then kept beside: its new name is the answer.
///
/// # Errors
/// A backup that is damaged, a store that is there or in use; what is there is then as it was.
pub fn restore(from: &Path, to: &Path, replace: bool) -> Result<(Checked, Option<PathBuf>), StoreError> {
    refuse_to_replace("restoring", to, "`--replace` puts the backup in its place and keeps it beside", replace)?;
    let new = unfinished(to);
    let restored = bring(from, &new).and_then(|checked| {
        let kept = put_aside(to)?;
        put(&new, to)?;
        Ok((checked, kept))
    });
    if restored.is_err() {
        for part in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&new, part));
        }
    }
    restored
}

/// Copies a backup and goes through the copy.
fn bring(from: &Path, new: &Path) -> Result<Checked, StoreError> {
    if beside(from, "-wal").exists() {
        // It is a store that somebody has open, or was killed with: its last commits are in its log.
        copy(from, new).map_err(|fault| fault.told("restoring", from))?;
    } else {
        // It may lie where nothing can be written, and then SQLite could not open it.
        fs::copy(from, new).map_err(|error| io("restoring", from, &error))?;
    }
    let checked = check(new).map_err(|error| named(error, from))?;
    // The last connection has moved the log into the file.
    for part in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(new, part));
    }
    Ok(checked)
}

/// The error names the backup, and not the copy of it that nobody has heard of.
fn named(error: StoreError, from: &Path) -> StoreError {
    match error {
        StoreError::Medium { cause, .. } => medium("restoring", from, cause),
        StoreError::Corrupt { row, cause } => medium("restoring", from, format!("{row}: {cause}; use another backup")),
        other => other,
    }
}

/// Moves a store that is there out of the way, with its log.
fn put_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let there = path.exists();
    if there {
        refuse_what_is_used(path)?;
    }
    if !there && !beside(path, "-wal").exists() {
        return Ok(None);
    }
    let kept = (1..1_000)
        .map(|number| beside(path, &format!(".before-restore-{number}")))
        .find(|kept| !kept.exists() && !beside(kept, "-wal").exists());
    let Some(kept) = kept else {
        return Err(medium("restoring", path, "too many stores were put aside here: move some away".into()));
    };
    // Without its file a log is nothing; the other way round a store would be opened without its last commits.
    for part in ["", "-wal"] {
        if beside(path, part).exists() {
            let moved = fs::rename(beside(path, part), beside(&kept, part));
            moved.map_err(|error| io("restoring", path, &error))?;
        }
    }
    let _ = fs::remove_file(beside(path, "-shm"));
    Ok(Some(kept))
}

/// Whoever has a store open has a lock on it, and would go on writing to the file that was put aside.
fn refuse_what_is_used(path: &Path) -> Result<(), StoreError> {
    // In less than a page there is nothing to use, and SQLite would throw its log away.
    if fs::metadata(path).is_ok_and(|file| file.len() < 512) {
        return Ok(());
    }
    let locked = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|connection| {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.busy_timeout(Duration::from_millis(200))?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")
    });
    match locked.as_ref().err().and_then(rusqlite::Error::sqlite_error_code) {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Err(medium("restoring", path, "it is in use: stop all who use it, and try again".into()))
        }
        // It is unused, or so damaged that nobody can use it.
        _ => Ok(()),
    }
}

/// The remedy is a flag of `keyreeve store`.
fn refuse_to_replace(doing: &str, path: &Path, remedy: &str, replace: bool) -> Result<(), StoreError> {
    if replace || !path.exists() {
        return Ok(());
    }
    Err(medium(doing, path, format!("it is there already: {remedy}")))
}

/// Gives a file that is whole its name.
fn put(new: &Path, path: &Path) -> Result<(), StoreError> {
    let file = fs::File::open(new).and_then(|file| file.sync_all());
    file.and_then(|()| fs::rename(new, path)).map_err(|error| io("writing", path, &error))?;
    sync_directory(path)
}
