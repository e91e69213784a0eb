//! What is to be done about a finding, decided from data alone: no I/O, no clock, no environment.

pub mod account;
mod case;
pub mod control;
mod decide;
pub mod decision;
pub mod differences;
pub mod explain;
pub mod incoming;
pub mod key;
pub mod penalty;
pub mod plan;
pub mod rules;
pub mod service_level;
pub mod settings;
pub mod suppress;
pub mod table;
pub mod ticket;
mod words;

pub use case::{Case, Is, View};
pub use decide::Triage;
pub use decision::{Action, Decision};
pub use incoming::Incoming;
pub use settings::Settings;
