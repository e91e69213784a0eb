//! AWS as it is: who we are there, which accounts and regions there are, and what is known of every key.

mod budget;
mod client;
mod credentials;
pub mod doctor;
mod failure;
pub mod hub;
pub mod identity;
pub mod import;
pub mod inventory;
mod needs;
pub mod operation;
pub mod organization;
mod pages;
mod partition;
pub mod queue;
mod reach;
mod regions;
pub mod remedy;
mod sink;
mod stop;
mod tape;
mod transport;
pub mod vault;
mod xml;

pub use budget::{DEFAULT_SHARE, Shares};
pub use client::{Client, Retry, Scope, Traffic};
pub use failure::Failure;
pub use identity::{ConnectError, Session};
pub use needs::Needs;
pub use partition::Partition;
pub use reach::{As, Reach};
pub use sink::{Event, Note, Progress};
pub use stop::Stop;
pub use tape::Tape;
