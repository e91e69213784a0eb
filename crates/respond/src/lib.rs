//! From a finding to a closed ticket: what comes in is decided, what is decided is done once, and what was done is proved.

#[cfg(feature = "aws")]
pub mod adapters;
pub mod apply;
mod decider;
pub mod engine;
pub mod failure;
pub mod http;
pub mod intake;
pub mod letter;
pub mod mail;
mod names;
pub mod options;
mod outbox;
pub mod ports;
pub mod preview;
pub mod report;
pub mod secret;
pub mod tickets;
mod words;
mod workers;

pub use engine::{Engine, Judge, Ports, Status, Worker};
pub use failure::{Failure, Fate};
pub use intake::{Delivery, Scan, Taken};
pub use options::{Autofixed, CodePlace, Grouping, Mode, Options};
pub use preview::Preview;
