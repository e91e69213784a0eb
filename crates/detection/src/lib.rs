//! Panther-format packs: load, validate, lower, test and explain.

pub mod attack;
pub mod files;
pub mod helpers;
pub mod lower;

pub use files::{Entry, Files, Memory, ReadError};
pub use helpers::PackHelpers;
pub use lower::{Helper, Helpers, Judges, Mock, MockValue, NoHelpers, NotLowered, Request, lower};
