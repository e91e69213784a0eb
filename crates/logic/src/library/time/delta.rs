//! `datetime.timedelta`.

use super::Number;
use super::exact::{floor, nearest, quotient, ratio};
use crate::library::PythonError;
use std::fmt;

const SECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;

/// A duration in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Delta(i128);

/// The arguments of `timedelta(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(missing_docs, reason = "the names of the keyword arguments")]
pub struct Units {
    pub days: Number,
    pub seconds: Number,
    pub microseconds: Number,
    pub milliseconds: Number,
    pub minutes: Number,
    pub hours: Number,
    pub weeks: Number,
}

impl Delta {
    /// `timedelta(days=…, …)`.
    ///
    /// # Errors
    /// `OverflowError` and `ValueError` as CPython words them.
    pub fn new(units: Units) -> Result<Self, PythonError> {
        let parts = [
            (units.microseconds, 1),
            (units.milliseconds, 1000),
            (units.seconds, SECOND),
            (units.minutes, 60 * SECOND),
            (units.hours, 3600 * SECOND),
            (units.days, DAY),
            (units.weeks, 7 * DAY),
        ];
        let mut sum: i128 = 0;
        let mut left = 0.0;
        for (number, factor) in parts {
            let part = match number {
                Number::Int(number) => number.checked_mul(factor),
                Number::Float(number) => whole_micros(number, factor, &mut left)?,
            };
            sum = part.and_then(|part| sum.checked_add(part)).ok_or_else(beyond_int)?;
        }
        if left != 0.0 {
            sum += rounded(left, sum % 2 != 0);
        }
        Self::from_micros(sum)
    }

    /// The duration of so many microseconds.
    ///
    /// # Errors
    /// `OverflowError` beyond 999999999 days.
    pub fn from_micros(micros: i128) -> Result<Self, PythonError> {
        let days = micros.div_euclid(DAY);
        if i32::try_from(days).is_err() {
            return Err(beyond_int());
        }
        if days.abs() > 999_999_999 {
            return Err(PythonError::overflow(format!("days={days}; must have magnitude <= 999999999")));
        }
        Ok(Self(micros))
    }

    /// A duration of days, which are within what dates can differ by.
    pub(super) fn of_days(days: i32) -> Self {
        Self(i128::from(days) * DAY)
    }

    /// A duration of microseconds within what datetimes can differ by.
    pub(super) fn of_micros(micros: i64) -> Self {
        Self(micros.into())
    }

    /// All of it in microseconds.
    pub fn micros(self) -> i128 {
        self.0
    }

    /// `.days`.
    pub fn days(self) -> i128 {
        self.0.div_euclid(DAY)
    }

    /// `.seconds`.
    pub fn seconds(self) -> i128 {
        self.0.rem_euclid(DAY) / SECOND
    }

    /// `.microseconds`.
    pub fn microseconds(self) -> i128 {
        self.0.rem_euclid(SECOND)
    }

    /// `.total_seconds()`.
    pub fn total_seconds(self) -> f64 {
        quotient(self.0, SECOND)
    }

    /// Whether `bool(delta)` is false.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn plus(self, other: Self) -> Result<Self, PythonError> {
        Self::from_micros(self.0 + other.0)
    }

    /// `self - other`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn minus(self, other: Self) -> Result<Self, PythonError> {
        Self::from_micros(self.0 - other.0)
    }

    /// `-self`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn negated(self) -> Result<Self, PythonError> {
        Self::from_micros(-self.0)
    }

    /// `abs(self)`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn magnitude(self) -> Result<Self, PythonError> {
        Self::from_micros(self.0.abs())
    }

    /// `self * number`.
    ///
    /// # Errors
    /// `OverflowError`; `ValueError` for NaN.
    pub fn times(self, number: Number) -> Result<Self, PythonError> {
        match number {
            Number::Int(number) => Self::from_micros(self.0.checked_mul(number).ok_or_else(beyond_int)?),
            Number::Float(number) => {
                let (mantissa, exponent) = finite_ratio(number)?;
                // At most 67 and 53 bits.
                let product = self.0 * mantissa;
                if exponent >= 0 {
                    return Self::from_micros(shifted(product, exponent).ok_or_else(beyond_int)?);
                }
                Self::from_micros(if exponent <= -126 { 0 } else { nearest(product, 1 << -exponent) })
            }
        }
    }

    /// `self / number`.
    ///
    /// # Errors
    /// `ZeroDivisionError`, `OverflowError`; `ValueError` for NaN.
    pub fn divided(self, number: Number) -> Result<Self, PythonError> {
        match number {
            Number::Int(0) => Err(zero_division("integer division or modulo by zero")),
            Number::Int(number) => Self::from_micros(nearest_of(self.0, number)),
            Number::Float(number) => {
                let (mantissa, exponent) = finite_ratio(number)?;
                if mantissa == 0 {
                    return Err(zero_division("integer division or modulo by zero"));
                }
                if exponent >= 0 {
                    let divisor = shifted(mantissa, exponent);
                    return Ok(divisor.map_or(Self(0), |divisor| Self(nearest_of(self.0, divisor))));
                }
                Self::from_micros(long_nearest(self.0, -exponent, mantissa).ok_or_else(beyond_int)?)
            }
        }
    }

    /// `self / other`.
    ///
    /// # Errors
    /// `ZeroDivisionError`.
    pub fn over(self, other: Self) -> Result<f64, PythonError> {
        if other.0 == 0 { Err(zero_division("division by zero")) } else { Ok(quotient(self.0, other.0)) }
    }

    /// `self // number`.
    ///
    /// # Errors
    /// `ZeroDivisionError`.
    pub fn floor_divided(self, number: i128) -> Result<Self, PythonError> {
        match number {
            0 => Err(zero_division("integer division or modulo by zero")),
            _ => Self::from_micros(floor(self.0, number)),
        }
    }

    /// `self // other`.
    ///
    /// # Errors
    /// `ZeroDivisionError`.
    pub fn floor_over(self, other: Self) -> Result<i128, PythonError> {
        match other.0 {
            0 => Err(zero_division("integer division or modulo by zero")),
            other => Ok(floor(self.0, other)),
        }
    }

    /// `self % other`.
    ///
    /// # Errors
    /// `ZeroDivisionError`.
    pub fn modulo(self, other: Self) -> Result<Self, PythonError> {
        match other.0 {
            0 => Err(zero_division("integer modulo by zero")),
            other => Ok(Self(self.0 - floor(self.0, other) * other)),
        }
    }

    /// `repr(self)`.
    pub fn repr(self) -> String {
        let parts = [("days", self.days()), ("seconds", self.seconds()), ("microseconds", self.microseconds())];
        let shown: Vec<String> =
            parts.iter().filter(|(_, n)| *n != 0).map(|(name, number)| format!("{name}={number}")).collect();
        let shown = if shown.is_empty() { "0".into() } else { shown.join(", ") };
        format!("datetime.timedelta({shown})")
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = (self.days(), self.seconds(), self.microseconds());
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros == 0 { Ok(()) } else { write!(f, ".{micros:06}") }
    }
}

/// The whole microseconds of a float of some unit; what is less than one is added to `left`.
fn whole_micros(number: f64, factor: i128, left: &mut f64) -> Result<Option<i128>, PythonError> {
    let (whole, fraction) = (number.trunc(), number.fract());
    if number.is_nan() {
        return Err(PythonError::value("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(PythonError::overflow("cannot convert float infinity to integer"));
    }
    let (mantissa, exponent) = ratio(whole);
    let whole = if exponent >= 0 { shifted(mantissa, exponent) } else { Some(whole as i128) };
    let Some(micros) = whole.and_then(|whole| whole.checked_mul(factor)) else { return Ok(None) };
    if fraction == 0.0 {
        return Ok(Some(micros));
    }
    let part = fraction * factor as f64;
    *left += part.fract();
    Ok(micros.checked_add(part.trunc() as i128))
}

/// What is left of microseconds, rounded so that at a tie the sum becomes even.
fn rounded(left: f64, odd: bool) -> i128 {
    let whole = left.round();
    if (whole - left).abs() != 0.5 {
        return whole as i128;
    }
    let odd = f64::from(u8::from(odd));
    (2.0 * ((left + odd) * 0.5).round() - odd) as i128
}

fn shifted(number: i128, by: i32) -> Option<i128> {
    let by = u32::try_from(by).ok()?;
    (number == 0 || by < 127 && (number.unsigned_abs().leading_zeros() > by + 1)).then(|| number.wrapping_shl(by))
}

/// [`nearest`] for divisors so great that it could overflow.
fn nearest_of(a: i128, b: i128) -> i128 {
    if b.unsigned_abs() / 4 > a.unsigned_abs() { 0 } else { nearest(a, b) }
}

/// `a * 2**shift / b` as the nearest integer, `None` where that is beyond any duration.
fn long_nearest(a: i128, shift: i32, b: i128) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let (mut quotient, mut rest) = (a / b, a % b);
    for _ in 0..shift {
        rest <<= 1;
        quotient <<= 1;
        if rest >= b {
            rest -= b;
            quotient |= 1;
        }
        if quotient >> 100 != 0 {
            return None;
        }
    }
    let up = 2 * rest > b || 2 * rest == b && quotient % 2 == 1;
    let quotient = (quotient + u128::from(up)) as i128;
    Some(if negative { -quotient } else { quotient })
}

fn finite_ratio(number: f64) -> Result<(i128, i32), PythonError> {
    if number.is_nan() {
        return Err(PythonError::value("cannot convert NaN to integer ratio"));
    }
    if number.is_infinite() {
        return Err(PythonError::overflow("cannot convert Infinity to integer ratio"));
    }
    Ok(ratio(number))
}

fn beyond_int() -> PythonError {
    PythonError::overflow("Python int too large to convert to C int")
}

fn zero_division(message: &str) -> PythonError {
    PythonError::new("ZeroDivisionError", message)
}
