//! What can go wrong with a store.

/// What can go wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed a row meanwhile: read again, and decide again.
    #[error("{row} was changed by somebody else meanwhile")]
    Conflict {
        /// Which: `finding 3f…`.
        row: String,
    },
    /// It could not be read again, or is beyond a bound: it is not taken.
    #[error("{row} is not stored: {cause}")]
    Refused {
        /// Which.
        row: String,
        /// Why.
        cause: String,
    },
    /// The medium failed: disk full, locked for too long, a file that is no database.
    #[error("{doing}: {cause}")]
    Medium {
        /// What was being done to which file.
        doing: String,
        /// What was said.
        cause: String,
    },
    /// The store was written by a newer version.
    #[error("the store has schema version {found}, this program knows versions up to {known}: use the newer program")]
    Newer {
        /// Of the store.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// What was read is not what was written.
    #[error("{row} cannot be read: {cause}")]
    Corrupt {
        /// Which.
        row: String,
        /// Why.
        cause: String,
    },
}
