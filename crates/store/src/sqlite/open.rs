//! Opening a file: made whole or not at all, refused with a remedy where it is not a store that can be written.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::fault::{Fault, io, medium};
use super::migrate;
use crate::error::StoreError;
use crate::filter;

/// So many pages of the write-ahead log are written before they are moved into the file: 32 MiB.
const CHECKPOINT_PAGES: i64 = 8_192;
/// A log that was longer is cut to this, in bytes.
const LOG_BYTES: i64 = 64 << 20;

/// How a connection is set up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// How long somebody else may hold the file.
    pub(super) patience: Duration,
    /// What is kept of the file in memory, in KiB.
    pub(super) cache_kib: i64,
    /// The file never grows past so many bytes.
    pub(super) max_bytes: Option<u64>,
}

/// Makes sure that there is a store of this version in that file, which may be new.
pub(super) fn prepare(path: &Path, setting: Setting) -> Result<Connection, StoreError> {
    if !path.try_exists().map_err(|error| io("opening", path, &error))? {
        create(path, setting)?;
    }
    refuse_what_is_cut(path)?;
    let connection = connect(path, setting)?;
    let told = |fault: Fault| fault.told("opening", path);
    migrate::migrate(&connection, path).map_err(told)?;
    refuse_what_is_short(&connection, path).map_err(told)?;
    Ok(connection)
}

/// A connection to a store that is there.
pub(super) fn connect(path: &Path, setting: Setting) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).map_err(Fault::Sql).and_then(|connection| {
        // Before anything is written: is it ours at all?
        connection.busy_timeout(setting.patience)?;
        migrate::version(&connection, path)?;
        set_up(&connection, path, setting)?;
        Ok(connection)
    });
    opened.map_err(|fault| fault.told("opening", path))
}

fn set_up(connection: &Connection, path: &Path, setting: Setting) -> Result<(), Fault> {
    if connection.is_readonly("main")? {
        let cause = "it cannot be written: let this user write the file and the directory it lies in".to_owned();
        return Err(medium("opening", path, cause).into());
    }
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let cause = format!("it has journal mode {mode}, and not WAL: keep the store on a local disk");
        return Err(medium("opening", path, cause).into());
    }
    // FULL: what was reported as committed is on the disk, in whatever way the power goes.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cache_size", -setting.cache_kib)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    if let Some(bytes) = setting.max_bytes {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    add_functions(connection)?;
    Ok(())
}

/// Looking for text is done by the same function in every store.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("contains", 2, flags, |context| {
        let (hay, needle) = (context.get_raw(0).as_str()?, context.get_raw(1).as_str()?);
        Ok(filter::contains(hay, needle))
    })?;
    connection.create_scalar_function("any_contains", 2, flags, |context| {
        let (hays, needle) = (context.get_raw(0).as_str()?, context.get_raw(1).as_str()?);
        let hays: Vec<String> = serde_json::from_str(hays).unwrap_or_default();
        Ok(hays.iter().any(|hay| filter::contains(hay, needle)))
    })
}

/// Makes a new store beside its place and puts it there whole: a file that is there is never half a store.
fn create(path: &Path, setting: Setting) -> Result<(), StoreError> {
    if beside(path, "-wal").exists() {
        let cause =
            "it is not there, but its write-ahead log is: bring the file back, or move its `-wal` away".to_owned();
        return Err(medium("creating", path, cause));
    }
    let new = unfinished(path);
    let made = make(&new, setting).map_err(|fault| fault.told("creating", path)).and_then(|()| {
        let named = fs::hard_link(&new, path).or_else(|error| match error.kind() {
            // Somebody else was faster: theirs is as good.
            ErrorKind::AlreadyExists => Ok(()),
            // A file system without links.
            ErrorKind::Unsupported | ErrorKind::PermissionDenied if !path.exists() => fs::rename(&new, path),
            _ => Err(error),
        });
        named.map_err(|error| io("creating", path, &error))?;
        sync_directory(path)
    });
    let _ = fs::remove_file(&new);
    made
}

fn make(new: &Path, setting: Setting) -> Result<(), Fault> {
    let _ = fs::remove_file(new);
    let connection = Connection::open(new)?;
    connection.busy_timeout(setting.patience)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    migrate::create(&connection)?;
    connection.execute_batch("COMMIT")?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Makes a new name in a directory last.
pub(super) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| io("creating", path, &error))
}

/// The path with something added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Where what is to have that name is made: a name of its own, whoever else makes one.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    static MADE: AtomicU64 = AtomicU64::new(0);
    beside(path, &format!(".new-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)))
}

/// SQLite takes an empty file for a new database; a store is never empty, so one that is was cut.
fn refuse_what_is_cut(path: &Path) -> Result<(), StoreError> {
    let file = fs::metadata(path).map_err(|error| io("opening", path, &error))?;
    if !file.is_file() {
        return Err(medium("opening", path, "it is no file: name a file".into()));
    }
    if file.len() == 0 {
        let cause = "it is empty, and no store ever is: restore a backup, or remove it to begin anew".to_owned();
        return Err(medium("opening", path, cause));
    }
    Ok(())
}

/// Without a write-ahead log all pages must be in the file itself.
fn refuse_what_is_short(connection: &Connection, path: &Path) -> Result<(), Fault> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    if length(&beside(path, "-wal")) > 0 {
        return Ok(());
    }
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let (wanted, found) = (u64::try_from(pages.saturating_mul(size)).unwrap_or(0), length(path));
    if found < wanted {
        let cause = format!("it is cut: {found} bytes of {wanted} are left; restore a backup");
        return Err(medium("opening", path, cause).into());
    }
    Ok(())
}
