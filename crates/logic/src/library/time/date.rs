//! `datetime.date`.

use super::{Delta, Number, c_int};
use crate::library::PythonError;
use std::fmt;

/// The last day that there is, 9999-12-31, counted from 0001-01-01 as day 1.
const LAST: i32 = 3_652_059;

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

/// The ordinal of 1970-01-01.
pub(super) const EPOCH_ORDINAL: i32 = 719_163;

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before_year(year: i32) -> i32 {
    let before = year - 1;
    before * 365 + before / 4 - before / 100 + before / 400
}

fn days_before_month(year: i32, month: u8) -> i32 {
    (1..month).map(|month| i32::from(days_in_month(year, month))).sum()
}

fn year_error(year: impl fmt::Display) -> PythonError {
    PythonError::value(format!("year {year} is out of range"))
}

impl Date {
    /// `date(year, month, day)`.
    ///
    /// # Errors
    /// `ValueError` and `OverflowError` as CPython words them.
    pub fn new(year: i128, month: i128, day: i128) -> Result<Self, PythonError> {
        let (year, month, day) = (c_int(year)?, c_int(month)?, c_int(day)?);
        if !(1..=9999).contains(&year) {
            return Err(year_error(year));
        }
        let Some(month) = u8::try_from(month).ok().filter(|month| (1..=12).contains(month)) else {
            return Err(PythonError::value("month must be in 1..12"));
        };
        match u8::try_from(day) {
            Ok(day) if day >= 1 && day <= days_in_month(year, month) => Ok(Self { year, month, day }),
            _ => Err(PythonError::value("day is out of range for month")),
        }
    }

    /// `date.fromordinal(ordinal)`.
    ///
    /// # Errors
    /// `ValueError` and `OverflowError` as CPython words them.
    pub fn from_ordinal(ordinal: i128) -> Result<Self, PythonError> {
        let ordinal = c_int(ordinal)?;
        if ordinal < 1 {
            return Err(PythonError::value("ordinal must be >= 1"));
        }
        let (year, month, day) = civil(ordinal.into());
        if ordinal > LAST { Err(year_error(year)) } else { Ok(Self { year: year as i32, month, day }) }
    }

    /// The day of an ordinal, `OverflowError` where there is none.
    pub(super) fn reckoned(ordinal: i64) -> Result<Self, PythonError> {
        if !(1..=i64::from(LAST)).contains(&ordinal) {
            return Err(PythonError::overflow("date value out of range"));
        }
        let (year, month, day) = civil(ordinal);
        Ok(Self { year: year as i32, month, day })
    }

    /// The day of an ordinal, `ValueError` with its year where there is none.
    pub(super) fn of_ordinal(ordinal: i64) -> Result<Self, PythonError> {
        let (year, month, day) = civil(ordinal);
        // C counts years in an `int`, which wraps.
        let year = year as i32;
        if (1..=9999).contains(&year) { Ok(Self { year, month, day }) } else { Err(year_error(year)) }
    }

    /// `date.fromtimestamp(timestamp)`.
    ///
    /// # Errors
    /// `ValueError`, `OverflowError`, `OSError`.
    pub fn from_timestamp(timestamp: Number) -> Result<Self, PythonError> {
        let seconds = match timestamp {
            Number::Int(seconds) => super::instant::whole(seconds)?,
            Number::Float(number) => super::instant::whole_float(number, number.floor())?,
        };
        super::instant::day_of(seconds)
    }

    /// `.year`.
    pub fn year(self) -> i32 {
        self.year
    }

    /// `.month`.
    pub fn month(self) -> u8 {
        self.month
    }

    /// `.day`.
    pub fn day(self) -> u8 {
        self.day
    }

    /// `.toordinal()`.
    pub fn ordinal(self) -> i32 {
        days_before_year(self.year) + self.year_day()
    }

    /// The day of the year, from 1.
    pub fn year_day(self) -> i32 {
        days_before_month(self.year, self.month) + i32::from(self.day)
    }

    /// `.weekday()`: Monday is 0.
    pub fn weekday(self) -> i32 {
        (self.ordinal() + 6) % 7
    }

    /// `.isoweekday()`: Monday is 1.
    pub fn isoweekday(self) -> i32 {
        self.weekday() + 1
    }

    /// `.isocalendar()`: year, week, weekday.
    pub fn isocalendar(self) -> (i32, i32, i32) {
        let mut year = self.year;
        let mut days = self.ordinal() - first_monday(year);
        if days < 0 {
            year -= 1;
            days = self.ordinal() - first_monday(year);
        } else if days >= 52 * 7 && self.ordinal() >= first_monday(year + 1) {
            year += 1;
            days = self.ordinal() - first_monday(year);
        }
        (year, days / 7 + 1, days % 7 + 1)
    }

    /// `self + delta`, of which the days count only.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn plus(self, delta: Delta) -> Result<Self, PythonError> {
        Self::reckoned(i64::from(self.ordinal()) + delta.days() as i64)
    }

    /// `self - delta`, of which the days count only.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn minus(self, delta: Delta) -> Result<Self, PythonError> {
        Self::reckoned(i64::from(self.ordinal()) - delta.days() as i64)
    }

    /// `self - other`.
    pub fn since(self, other: Self) -> Delta {
        Delta::of_days(self.ordinal() - other.ordinal())
    }

    /// `.replace(year, month, day)`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn replace(self, year: Option<i128>, month: Option<i128>, day: Option<i128>) -> Result<Self, PythonError> {
        let or = |new: Option<i128>, old: i32| new.unwrap_or(old.into());
        Self::new(or(year, self.year), or(month, self.month.into()), or(day, self.day.into()))
    }

    /// `repr(self)`.
    pub fn repr(self) -> String {
        format!("datetime.date({}, {}, {})", self.year, self.month, self.day)
    }

    /// `.isoformat()`, which `str(date)` gives too.
    pub fn isoformat(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.isoformat())
    }
}

/// The ordinal of the Monday that starts a year's first ISO week.
pub(super) fn first_monday(year: i32) -> i32 {
    let first = days_before_year(year) + 1;
    let weekday = (first + 6).rem_euclid(7);
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}

/// Year, month and day of a day counted from 0001-01-01 as 1, in the Gregorian calendar without end.
fn civil(ordinal: i64) -> (i64, u8, u8) {
    // Counts from 0000-03-01, so that the leap day is the last of its year.
    let days = ordinal + 305;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day as u8)
}
