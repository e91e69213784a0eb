//! Seconds since the epoch, read as C reads them.

use super::Number;
use super::date::{Date, EPOCH_ORDINAL};
use super::exact::half_even;
use crate::library::PythonError;

/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// A `time_t` from an `int`.
pub(super) fn whole(seconds: i128) -> Result<i64, PythonError> {
    i64::try_from(seconds).map_err(|_| out_of_range())
}

/// A `time_t` from a float that was rounded.
pub(super) fn whole_float(number: f64, rounded: f64) -> Result<i64, PythonError> {
    if number.is_nan() {
        return Err(PythonError::value("Invalid value NaN (not a number)"));
    }
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&rounded) { Ok(rounded as i64) } else { Err(out_of_range()) }
}

/// Seconds and microseconds of a timestamp.
pub(super) fn split(timestamp: Number) -> Result<(i64, i64), PythonError> {
    let number = match timestamp {
        Number::Int(seconds) => return Ok((whole(seconds)?, 0)),
        Number::Float(number) => number,
    };
    let (mut seconds, mut micros) = (number.trunc(), half_even(number.fract() * 1e6));
    if micros >= 1e6 {
        (seconds, micros) = (seconds + 1.0, micros - 1e6);
    } else if micros < 0.0 {
        (seconds, micros) = (seconds - 1.0, micros + 1e6);
    }
    Ok((whole_float(number, seconds)?, micros as i64))
}

/// The day that a second lies in.
pub(super) fn day_of(seconds: i64) -> Result<Date, PythonError> {
    // `gmtime_r` counts years in an `int`.
    const YEARS: i64 = 67_768_036_191_676_799;
    const YEARS_BEFORE: i64 = -67_768_040_609_740_800;
    if !(YEARS_BEFORE..=YEARS).contains(&seconds) {
        return Err(PythonError::new("OSError", "[Errno 75] Value too large for defined data type"));
    }
    Date::of_ordinal(seconds.div_euclid(DAY) + i64::from(EPOCH_ORDINAL))
}

fn out_of_range() -> PythonError {
    PythonError::overflow("timestamp out of range for platform time_t")
}
