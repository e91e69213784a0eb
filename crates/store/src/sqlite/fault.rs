//! What SQLite says, in words that name the file and the remedy.

use std::path::Path;

use rusqlite::ffi::ErrorCode;

use crate::error::StoreError;

/// What goes wrong while a connection is used.
#[derive(Debug)]
pub(super) enum Fault {
    /// Said by SQLite.
    Sql(rusqlite::Error),
    /// Said by us.
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Whether something smaller might fare better at once.
    pub(super) fn depends_on_size(&self) -> bool {
        let Self::Sql(error) = self else { return true };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::TooBig | ErrorCode::OutOfMemory))
    }

    /// As the store says it: `doing` is "opening", "reading", "writing to".
    pub(super) fn told(&self, doing: &str, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error.clone(),
            Self::Sql(error) => medium(doing, path, cause(error)),
        }
    }
}

/// A failure of the medium.
pub(super) fn medium(doing: &str, path: &Path, cause: String) -> StoreError {
    StoreError::Medium { doing: format!("{doing} {}", path.display()), cause }
}

fn cause(error: &rusqlite::Error) -> String {
    let remedy = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no SQLite database: name another file, or restore a backup of this one",
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged: stop all who use it, and restore a backup",
        Some(ErrorCode::DiskFull) => "there is no room left: nothing of this change was stored; make room on the disk",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "it cannot be written: let this user write the file and the directory it lies in"
        }
        Some(ErrorCode::CannotOpen) => {
            "it cannot be opened: its directory must exist, and this user must be able to write there"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "somebody else has held it for too long: end what else uses it, and try again"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "the disk failed: whether this change was stored is only known by reading it; look at the disk"
        }
        _ => return error.to_string(),
    };
    format!("{remedy} ({error})")
}

/// A failure of the file system.
pub(super) fn io(doing: &str, path: &Path, error: &std::io::Error) -> StoreError {
    medium(doing, path, error.to_string())
}
