//! `datetime.datetime`, without an offset or with a fixed one.

use super::date::EPOCH_ORDINAL;
use super::instant::{self, DAY};
use super::{Date, Delta, Number, Zone, c_int};
use crate::library::{Failure, PythonError};
use std::cmp::Ordering;
use std::fmt;

/// A day and a time of day, aware when it has a zone.
#[derive(Debug, Clone)]
pub struct DateTime {
    date: Date,
    /// Microseconds since midnight.
    time: i64,
    zone: Option<Zone>,
}

/// The time of day to construct with, or what to replace.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "the names of the keyword arguments")]
pub struct Fields {
    pub year: Option<i128>,
    pub month: Option<i128>,
    pub day: Option<i128>,
    pub hour: Option<i128>,
    pub minute: Option<i128>,
    pub second: Option<i128>,
    pub microsecond: Option<i128>,
}

/// How much of the time `isoformat` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Python's own words")]
pub enum Timespec {
    Auto,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
    Microseconds,
}

impl Timespec {
    /// The one that a word names.
    ///
    /// # Errors
    /// `ValueError` for any other word.
    pub fn named(word: &str) -> Result<Self, PythonError> {
        Ok(match word {
            "auto" => Self::Auto,
            "hours" => Self::Hours,
            "minutes" => Self::Minutes,
            "seconds" => Self::Seconds,
            "milliseconds" => Self::Milliseconds,
            "microseconds" => Self::Microseconds,
            _ => return Err(PythonError::value("Unknown timespec value")),
        })
    }
}

/// Seconds by which CPython looks back for a change of the local clock.
const FOLD: i64 = 86_400;
const MICROS: i64 = 1_000_000;

impl DateTime {
    /// `datetime(year, month, day, …, tzinfo)`; the date is required and what else is not given is zero.
    ///
    /// # Errors
    /// `ValueError` and `OverflowError` as CPython words them.
    pub fn new(fields: Fields, zone: Option<Zone>) -> Result<Self, PythonError> {
        let all =
            [fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second, fields.microsecond];
        let mut numbers = [0; 7];
        for (number, field) in numbers.iter_mut().zip(all) {
            *number = i128::from(c_int(field.unwrap_or(0))?);
        }
        let [year, month, day, hour, minute, second, micro] = numbers;
        let date = Date::new(year, month, day)?;
        let limits =
            [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", micro, 999_999)];
        for (name, number, last) in limits {
            if !(0..=last).contains(&number) {
                return Err(PythonError::value(format!("{name} must be in 0..{last}")));
            }
        }
        let time = ((hour * 60 + minute) * 60 + second) * i128::from(MICROS) + micro;
        Ok(Self { date, time: time as i64, zone })
    }

    /// The start of a day.
    pub fn midnight(date: Date) -> Self {
        Self { date, time: 0, zone: None }
    }

    /// A day and the seconds and microseconds since its start.
    fn at(day: Date, seconds: i64, micros: i64) -> Self {
        Self { date: day, time: seconds * MICROS + micros, zone: None }
    }

    /// `datetime.utcfromtimestamp(timestamp)`.
    ///
    /// # Errors
    /// `ValueError`, `OverflowError`, `OSError`.
    pub fn utc_from_timestamp(timestamp: Number) -> Result<Self, PythonError> {
        let (seconds, micros) = instant::split(timestamp)?;
        Ok(Self::at(instant::day_of(seconds)?, seconds.rem_euclid(DAY), micros))
    }

    /// `datetime.fromtimestamp(timestamp, zone)`; without a zone the local time, which is UTC.
    ///
    /// # Errors
    /// `ValueError`, `OverflowError`, `OSError`.
    pub fn from_timestamp(timestamp: Number, zone: Option<Zone>) -> Result<Self, PythonError> {
        let utc = Self::utc_from_timestamp(timestamp)?;
        match zone {
            Some(zone) => utc.shifted(zone.offset()).map(|moved| Self { zone: Some(zone), ..moved }),
            None => utc.looked_back(),
        }
    }

    /// CPython asks what the local time was a day before, and fails where there was none.
    fn looked_back(self) -> Result<Self, PythonError> {
        let seconds = self.epoch_seconds();
        instant::day_of(seconds - FOLD).map(|_| self)
    }

    /// Seconds from the epoch to this time, had it no offset.
    fn epoch_seconds(&self) -> i64 {
        i64::from(self.date.ordinal() - EPOCH_ORDINAL) * DAY + self.time / MICROS
    }

    /// Microseconds from 0001-01-01 to this time, had it no offset.
    fn naive_micros(&self) -> i64 {
        i64::from(self.date.ordinal()) * DAY * MICROS + self.time
    }

    fn shifted(&self, delta: Delta) -> Result<Self, PythonError> {
        let moved = i128::from(self.naive_micros()) + delta.micros();
        let day = i128::from(DAY * MICROS);
        let date = Date::reckoned(moved.div_euclid(day) as i64)?;
        Ok(Self { date, time: moved.rem_euclid(day) as i64, zone: self.zone.clone() })
    }

    /// Microseconds since 0001-01-01 in UTC, less a day for each: what aware datetimes are compared by.
    fn utc_micros(&self) -> i128 {
        i128::from(self.naive_micros()) - self.zone.as_ref().map_or(0, |zone| zone.offset().micros())
    }

    /// What equal datetimes have in common, for hashing: whether it is aware, and the time.
    pub fn key(&self) -> (bool, i128) {
        (self.zone.is_some(), self.utc_micros())
    }

    /// `.date()`.
    pub fn date(&self) -> Date {
        self.date
    }

    /// `.hour`.
    pub fn hour(&self) -> i64 {
        self.time / (3600 * MICROS)
    }

    /// `.minute`.
    pub fn minute(&self) -> i64 {
        self.time / (60 * MICROS) % 60
    }

    /// `.second`.
    pub fn second(&self) -> i64 {
        self.time / MICROS % 60
    }

    /// `.microsecond`.
    pub fn microsecond(&self) -> i64 {
        self.time % MICROS
    }

    /// `.tzinfo`.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// `.timestamp()`.
    ///
    /// # Errors
    /// `ValueError` on the first day that there is.
    pub fn timestamp(&self) -> Result<f64, PythonError> {
        if self.zone.is_some() {
            let epoch = i128::from(EPOCH_ORDINAL) * i128::from(DAY * MICROS);
            return Ok(super::exact::quotient(self.utc_micros() - epoch, MICROS.into()));
        }
        let seconds = self.epoch_seconds();
        instant::day_of(seconds - FOLD)?;
        Ok(seconds as f64 + self.microsecond() as f64 / 1e6)
    }

    /// The seconds of `time.mktime(self.timetuple())`: the offset is left out of account.
    pub fn mktime(&self) -> f64 {
        self.epoch_seconds() as f64
    }

    /// `.timetuple()` but for its last item: year, month, day, hour, minute, second, weekday, day of the year.
    pub fn timetuple(&self) -> [i64; 8] {
        let date = self.date;
        [
            date.year().into(),
            date.month().into(),
            date.day().into(),
            self.hour(),
            self.minute(),
            self.second(),
            date.weekday().into(),
            date.year_day().into(),
        ]
    }

    /// `self + delta`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn plus(&self, delta: Delta) -> Result<Self, PythonError> {
        self.shifted(delta)
    }

    /// `self - delta`.
    ///
    /// # Errors
    /// `OverflowError`.
    pub fn minus(&self, delta: Delta) -> Result<Self, PythonError> {
        // Its own negative can be beyond a duration, yet no datetime is that far away either.
        self.shifted(delta.negated().unwrap_or(delta))
    }

    /// `self - other`.
    ///
    /// # Errors
    /// `TypeError` where one only has an offset.
    pub fn since(&self, other: &Self) -> Result<Delta, PythonError> {
        if self.zone.is_some() != other.zone.is_some() {
            return Err(PythonError::type_error("can't subtract offset-naive and offset-aware datetimes"));
        }
        Delta::from_micros(self.utc_micros() - other.utc_micros())
    }

    /// What `<` and its kin go by.
    ///
    /// # Errors
    /// `TypeError` where one only has an offset.
    pub fn compare(&self, other: &Self) -> Result<Ordering, PythonError> {
        if self.zone.is_some() != other.zone.is_some() {
            return Err(PythonError::type_error("can't compare offset-naive and offset-aware datetimes"));
        }
        Ok(self.utc_micros().cmp(&other.utc_micros()))
    }

    /// `.replace(…)`; a zone that is given replaces the old one, and so does `None`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn replace(&self, fields: Fields, zone: Option<Option<Zone>>) -> Result<Self, PythonError> {
        let all = Fields {
            year: fields.year.or(Some(self.date.year().into())),
            month: fields.month.or(Some(self.date.month().into())),
            day: fields.day.or(Some(self.date.day().into())),
            hour: fields.hour.or(Some(self.hour().into())),
            minute: fields.minute.or(Some(self.minute().into())),
            second: fields.second.or(Some(self.second().into())),
            microsecond: fields.microsecond.or(Some(self.microsecond().into())),
        };
        Self::new(all, zone.unwrap_or_else(|| self.zone.clone()))
    }

    /// `.astimezone(zone)`; without a zone the local one, which is UTC.
    ///
    /// # Errors
    /// `OverflowError`, and `ValueError` for a naive one on the first day that there is. At the ends of time, where
    /// CPython goes by whether an equal zone is the very same object, the answer is refused.
    pub fn astimezone(&self, zone: Option<Zone>) -> Result<Self, Failure> {
        let utc = match &self.zone {
            Some(own) => match self.shifted(own.offset().negated()?) {
                Err(_) if zone.as_ref() == Some(own) => {
                    return Err(Failure::unsupported("astimezone: within a day of the first or last datetime"));
                }
                utc => utc?,
            },
            None => self.clone().looked_back()?,
        };
        let zone = zone.unwrap_or_else(Zone::local);
        let moved = utc.shifted(zone.offset())?;
        Ok(Self { zone: Some(zone), ..moved })
    }

    /// `repr(self)`.
    pub fn repr(&self) -> String {
        let date = self.date;
        let mut out = format!("{}, {}, {}, {}, {}", date.year(), date.month(), date.day(), self.hour(), self.minute());
        if self.time % (60 * MICROS) != 0 {
            out += &format!(", {}", self.second());
        }
        if self.microsecond() != 0 {
            out += &format!(", {}", self.microsecond());
        }
        if let Some(zone) = &self.zone {
            out += &format!(", tzinfo={}", zone.repr());
        }
        format!("datetime.datetime({out})")
    }

    /// `.isoformat(separator, timespec)`.
    pub fn isoformat(&self, separator: char, timespec: Timespec) -> String {
        let (hour, minute, second, micro) = (self.hour(), self.minute(), self.second(), self.microsecond());
        let time = match timespec {
            Timespec::Hours => format!("{hour:02}"),
            Timespec::Minutes => format!("{hour:02}:{minute:02}"),
            Timespec::Milliseconds => format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000),
            Timespec::Auto if micro == 0 => format!("{hour:02}:{minute:02}:{second:02}"),
            Timespec::Seconds => format!("{hour:02}:{minute:02}:{second:02}"),
            Timespec::Auto | Timespec::Microseconds => format!("{hour:02}:{minute:02}:{second:02}.{micro:06}"),
        };
        let offset = self.zone.as_ref().map_or(String::new(), |zone| zone.written(":"));
        format!("{}{separator}{time}{offset}", self.date)
    }
}

/// Python's `==`: one with an offset never equals one without.
impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for DateTime {}

/// `str(self)`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.isoformat(' ', Timespec::Auto))
    }
}
