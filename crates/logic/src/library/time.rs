//! `datetime`: dates, times with a fixed offset or none, durations; read, written and reckoned as CPython 3.11 does.
//!
//! The local time zone is UTC and the locale is C, as where detections run. Nothing here reads a clock. `fold` and
//! zones other than `datetime.timezone` do not exist.

mod date;
mod datetime;
mod delta;
mod exact;
mod format;
mod instant;
mod iso;
mod parse;
mod zone;

pub use date::Date;
pub use datetime::{DateTime, Fields, Timespec};
pub use delta::{Delta, Units};
pub use parse::Strptime;
pub use zone::Zone;

use super::PythonError;

/// A number as Python's `int` or `float`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An `int` (or `bool`).
    Int(i128),
    /// A `float`.
    Float(f64),
}

impl Default for Number {
    fn default() -> Self {
        Self::Int(0)
    }
}

/// An argument that C code reads as `int`.
fn c_int(number: i128) -> Result<i32, PythonError> {
    if i64::try_from(number).is_err() {
        return Err(PythonError::overflow("Python int too large to convert to C long"));
    }
    i32::try_from(number).map_err(|_| {
        let side = if number > 0 { "greater than maximum" } else { "less than minimum" };
        PythonError::overflow(format!("signed integer is {side}"))
    })
}
