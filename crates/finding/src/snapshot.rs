//! The snapshot format: an inventory of resources in a file, with its clock, its accounts and what could not be read.
//!
//! A snapshot is JSON Lines. Each line is an object with a `kind`:
//!
//! | `kind` | holds | where |
//! |---|---|---|
//! | `header` | `format_version`, `tool` {`name`, `version`}, `collected_at` | the first line |
//! | `account` | an [`Account`](crate::Account) | before the first resource |
//! | `resource` | a resource; the `kind` is no field of it | |
//! | `error` | an [`ErrorRecord`](crate::ErrorRecord): something that could not be read | |
//! | `end` | the numbers of `accounts`, `resources` and `errors` | the last line |
//!
//! An object without a `kind` is a resource, and a JSON array or one pretty-printed object is read too, so that what other tools
//! export works. Without a header no `end` is expected.
//!
//! Accounts stand before resources because what an account says about its resources must be known when the first of them is judged, on
//! whatever thread: an account line further down is an error that says so, and joins nothing. [`open`] reads what stands in front of the
//! first resource; after that the [`Batches`] can be read by any number of [`Reader`]s at once, each on a thread of its own, and their
//! [`Tally`]s added up show whether the file was whole.

mod decode;
mod error;
mod line;
mod read;
mod sort;
mod write;

pub use decode::Decoded;
pub use error::{Problem, SnapshotError};
pub use line::{End, FORMAT_VERSION, Header, Kind};
pub use read::{
    Batch, Batches, Entry, MAX_ACCOUNT_BYTES, MAX_ACCOUNTS, MAX_ERRORS, MAX_PROBLEMS, Prologue, Reader, Tally, open,
    open_with,
};
pub use sort::{SortLimits, Spool};
pub use write::{SnapshotWriter, WriteError};
