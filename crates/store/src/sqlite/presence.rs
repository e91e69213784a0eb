//! Who works on a store right now, as the operating system knows it: a lock on a file beside it, which ends with whoever holds it.
//!
//! Whoever takes jobs has a share of the lock for as long as it can act. Whoever gets the lock alone is thereby sure that all who came
//! before are gone, however they went: the system gives their locks back only when the last of their threads has ended, and no
//! number of a process, which may be used again or seen from another container, has to be believed.
//! The file is empty and never removed: two files of one name would be two locks.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::fault;
use super::open::beside;
use crate::error::StoreError;

/// How long is waited before it is tried again.
const AGAIN: Duration = Duration::from_millis(5);

/// A share of the lock.
#[derive(Debug)]
pub(super) struct Presence {
    file: File,
    path: PathBuf,
}

impl Presence {
    /// Comes to a store that is there, and says whether nobody else is here. Until others are admitted, who comes waits.
    pub(super) fn come(store: &Path) -> Result<(Self, bool), StoreError> {
        // The same store by another name has the same lock.
        let store = fs::canonicalize(store).map_err(|error| fault::io("opening", store, &error))?;
        let path = beside(&store, "-lock");
        let file = open(&path).map_err(|error| failed(&path, &error))?;
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => false,
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        };
        Ok((Self { file, path }, alone))
    }

    /// Keeps a share of the lock, so that others may come, and none of them is alone.
    pub(super) fn admit_others(self, patience: Duration) -> Result<Self, StoreError> {
        // Who gets it alone in between finds nothing that we hold: we have not taken any job yet.
        self.file.unlock().or_else(unsupported).map_err(|error| failed(&self.path, &error))?;
        let began = Instant::now();
        loop {
            match self.file.try_lock_shared() {
                Ok(()) => return Ok(self),
                Err(TryLockError::WouldBlock) if began.elapsed() < patience => std::thread::sleep(AGAIN),
                Err(TryLockError::WouldBlock) => {
                    let cause = "another process has been opening the store for too long: end it, and try again";
                    return Err(fault::medium("locking", &self.path, cause.to_owned()));
                }
                Err(TryLockError::Error(error)) => {
                    unsupported(error).map_err(|error| failed(&self.path, &error))?;
                    return Ok(self);
                }
            }
        }
    }
}

/// Where files cannot be locked nobody is ever alone, and leases run out by themselves.
fn unsupported(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::Unsupported { Ok(()) } else { Err(error) }
}

/// Locking takes no right to write, which another user who made the file may not have given.
fn open(path: &Path) -> io::Result<File> {
    let made = File::options().write(true).create(true).truncate(false).open(path);
    made.or_else(|error| if error.kind() == ErrorKind::PermissionDenied { File::open(path) } else { Err(error) })
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    fault::medium("locking", path, format!("{error}; this user must be able to make, read and lock this file"))
}
