//! Cuts a stream into records in bounded memory: JSON Lines, or whole documents (objects one after the other, arrays of objects).
//!
//! [`Blocks`] reads and finds where records end; a [`Block`] owns its bytes, so that it can go to another thread, which checks them for
//! UTF-8 and takes the records out. One broken line does not spoil the others.

mod cutter;
mod error;
mod form;
mod reader;
mod records;

pub use error::SplitError;
pub use reader::{Block, Blocks};
pub use records::{RecordText, Records};

/// How much is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a block, unless one record alone is longer. 256 KiB by default.
    pub block: usize,
    /// Bytes of a record. 64 MiB by default.
    pub record: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 256 << 10, record: 64 << 20 }
    }
}

#[cfg(test)]
mod tests;
