//! Panther-format packs: load, validate, lower, test and explain.

pub mod attack;
pub mod builtin;
mod check;
pub mod condition;
pub mod detection;
pub mod explain;
pub mod facts;
pub mod files;
mod format;
pub mod helpers;
pub mod input;
pub mod judge;
pub mod load;
pub mod lower;
pub mod parameter;
pub mod problem;
pub mod remedy;
pub mod sidecar;
pub mod unit;

pub use detection::{ATTACK, Code, Detection, Kind, Report, SourceFile, UnitTest};
pub use files::{Entry, Files, Memory, ReadError};
pub use helpers::PackHelpers;
pub use load::{Pack, load};
pub use lower::{Helper, Helpers, Judges, Mock, MockValue, NoHelpers, NotLowered, Request, lower};
pub use parameter::{Parameter, ParameterError, ParameterKind, ParameterValue};
pub use problem::{Place, Problem};
pub use sidecar::{Fixes, Sidecar, Sop, Surface};
