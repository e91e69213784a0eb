//! From a finding to a closed ticket: what comes in is decided, what is decided is done once, and what was done is proved.

#[cfg(feature = "aws")]
pub mod adapters;
pub mod apply;
pub mod failure;
pub mod http;
pub mod letter;
pub mod mail;
pub mod ports;
pub mod secret;
pub mod tickets;

pub use failure::{Failure, Fate};
