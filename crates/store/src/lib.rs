//! What Keyreeve remembers: an append-only log of what happened, and the state that follows from it, behind one trait.
//!
//! A change is a [`Commit`]: data, applied whole or not at all. Every row has a version; a commit that expects another version than the
//! store has is refused as a conflict, so two processes can work on one store. Jobs are leased, with a fence that grows at each lease:
//! who comes back late cannot finish what another has taken over.

mod again;
mod bounds;
mod chain;
mod commit;
mod consent;
mod difference;
mod error;
mod export;
mod filter;
mod memory;
pub mod rows;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store;

pub use again::{Again, again};
pub use bounds::{MAX_CHANGES, MAX_DEPTH, MAX_ROWS, MAX_TEXT};
pub use chain::START;
pub use commit::{Change, Commit, Committed, Expect, NewEvent};
pub use consent::{BRAKE, Unfit};
pub use error::StoreError;
pub use export::{Broken, MAX_LINE, Verified, verify_lines};
pub use memory::Memory;
pub use store::{EventFilter, FindingFilter, JobFilter, KeyFilter, Lease, Page, Reply, Store, TicketFilter};
