//! `fromisoformat` of dates and datetimes, byte by byte as CPython 3.11's C code reads them, oddities included.

use super::date::first_monday;
use super::{Date, DateTime, Delta, Fields, Zone};
use crate::library::{PythonError, repr};

/// The text does not have the form.
struct Malformed;

/// Bytes beyond whose end there are zeros.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn at(self, i: usize) -> u8 {
        self.0.get(i).copied().unwrap_or(0)
    }

    fn digits(self, from: usize, count: usize) -> Result<i64, Malformed> {
        (from..from + count).try_fold(0, |sum, i| match self.at(i) {
            digit @ b'0'..=b'9' => Ok(sum * 10 + i64::from(digit - b'0')),
            _ => Err(Malformed),
        })
    }
}

fn invalid(text: &str) -> PythonError {
    PythonError::value(format!("Invalid isoformat string: {}", repr::string(text)))
}

impl Date {
    /// `date.fromisoformat(text)`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it.
    pub fn from_isoformat(text: &str) -> Result<Self, PythonError> {
        if !matches!(text.len(), 7 | 8 | 10) {
            return Err(invalid(text));
        }
        let (year, month, day) = date(Bytes(text.as_bytes()), text.len()).map_err(|_| invalid(text))?;
        Self::new(year.into(), month.into(), day.into())
    }
}

impl DateTime {
    /// `datetime.fromisoformat(text)`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it.
    pub fn from_isoformat(text: &str) -> Result<Self, PythonError> {
        if text.chars().count() < 7 {
            return Err(invalid(text));
        }
        let bytes = Bytes(text.as_bytes());
        let separator = separator(bytes);
        let (year, month, day) = date(bytes, separator.unwrap_or(usize::MAX)).map_err(|_| invalid(text))?;
        let mut time = Time::default();
        if let Some(separator) = separator.filter(|&separator| text.len() > separator) {
            let width = match bytes.at(separator) {
                0..=0x7f => 1,
                0xe0..=0xef => 3,
                0xf0.. => 4,
                _ => 2,
            };
            let rest = text.as_bytes().get(separator + width..).unwrap_or(&[]);
            time = read_time(Bytes(rest)).map_err(|_| invalid(text))?;
        }
        let fields = Fields {
            year: Some(year.into()),
            month: Some(month.into()),
            day: Some(day.into()),
            hour: Some(time.clock[0].into()),
            minute: Some(time.clock[1].into()),
            second: Some(time.clock[2].into()),
            microsecond: Some(time.micros.into()),
        };
        Self::new(fields, time.zone()?)
    }
}

/// Year, month and day, which may be out of range.
fn date(bytes: Bytes<'_>, length: usize) -> Result<(i64, i64, i64), Malformed> {
    let year = bytes.digits(0, 4)?;
    let dashed = usize::from(bytes.at(4) == b'-');
    let mut at = 4 + dashed;
    if bytes.at(at) == b'W' {
        let week = bytes.digits(at + 1, 2)?;
        at += 3;
        let mut day = 1;
        if at < length {
            if dashed == 1 && bytes.at(at) != b'-' {
                return Err(Malformed);
            }
            day = bytes.digits(at + dashed, 1)?;
        }
        return of_week(year, week, day);
    }
    let month = bytes.digits(at, 2)?;
    at += 2;
    if dashed == 1 && bytes.at(at) != b'-' {
        return Err(Malformed);
    }
    Ok((year, month, bytes.digits(at + dashed, 2)?))
}

/// The date of a day of an ISO week. It can lie in a year that does not exist.
fn of_week(year: i64, week: i64, day: i64) -> Result<(i64, i64, i64), Malformed> {
    if year == 0 && (1..=52).contains(&week) && (1..=7).contains(&day) {
        // CPython 3.11.2 reckons on in the year 0 and comes to a month that the constructor refuses.
        return Ok((1, 0, 1));
    }
    if !(1..=9999).contains(&year) || !(1..=53).contains(&week) || !(1..=7).contains(&day) {
        return Err(Malformed);
    }
    let year = year as i32;
    if week == 53 && first_monday(year + 1) - first_monday(year) != 53 * 7 {
        return Err(Malformed);
    }
    let ordinal = i64::from(first_monday(year)) + (week - 1) * 7 + day - 1;
    match Date::of_ordinal(ordinal) {
        Ok(date) => Ok((date.year().into(), date.month().into(), date.day().into())),
        // Year 0 or 10000: the constructor says so.
        Err(_) => Ok((if ordinal < 1 { 0 } else { 10_000 }, 1, 1)),
    }
}

/// Where the date ends, or `None` where no date can.
fn separator(bytes: Bytes<'_>) -> Option<usize> {
    let length = bytes.0.len();
    let is_digit = |i| bytes.at(i).is_ascii_digit();
    if length == 7 {
        return Some(7);
    }
    match (bytes.at(4), bytes.at(5)) {
        (b'-', b'W') if length > 8 && bytes.at(8) == b'-' => match length {
            9 => None,
            // `YYYY-Www-##` is taken for a week with a hyphen before the time.
            _ if length > 10 && is_digit(10) => Some(8),
            _ => Some(10),
        },
        (b'-', b'W') => Some(8),
        (b'-', _) => Some(10),
        (b'W', _) => {
            let end = (7..length).find(|&i| !is_digit(i)).unwrap_or(length);
            // Digits of the time come in pairs.
            Some(if end < 9 { end } else { 7 + end % 2 })
        }
        _ => Some(8),
    }
}

#[derive(Default)]
struct Time {
    clock: [i64; 3],
    micros: i64,
    /// Seconds and microseconds.
    offset: Option<(i64, i64)>,
}

impl Time {
    fn zone(&self) -> Result<Option<Zone>, PythonError> {
        match self.offset {
            None => Ok(None),
            Some((0, _)) => Ok(Some(Zone::utc())),
            Some((seconds, micros)) => Zone::new(Delta::of_micros(seconds * 1_000_000 + micros), None).map(Some),
        }
    }
}

fn read_time(bytes: Bytes<'_>) -> Result<Time, Malformed> {
    let length = bytes.0.len();
    // The first byte is looked at even where there is none.
    let is_zone = |&i: &usize| matches!(bytes.at(i), b'Z' | b'+' | b'-');
    let zone_at = (0..length.max(1)).find(is_zone).unwrap_or(length.max(1));
    let (clock, micros, more) = clock(bytes, 0, zone_at)?;
    let mut time = Time { clock, micros, offset: None };
    if zone_at == length {
        return if more { Err(Malformed) } else { Ok(time) };
    }
    if bytes.at(zone_at) == b'Z' {
        time.offset = Some((0, 0));
        return if bytes.at(zone_at + 1) == 0 { Ok(time) } else { Err(Malformed) };
    }
    let ([hours, minutes, seconds], micros, more) = self::clock(bytes, zone_at + 1, length)?;
    if more {
        return Err(Malformed);
    }
    let sign = if bytes.at(zone_at) == b'-' { -1 } else { 1 };
    time.offset = Some((sign * (hours * 3600 + minutes * 60 + seconds), sign * micros));
    Ok(time)
}

/// Hours, minutes, seconds, microseconds, and whether something follows.
fn clock(bytes: Bytes<'_>, from: usize, end: usize) -> Result<([i64; 3], i64, bool), Malformed> {
    let mut clock = [0; 3];
    let mut at = from;
    let mut colons = true;
    for (i, part) in clock.iter_mut().enumerate() {
        *part = bytes.digits(at, 2)?;
        let next = bytes.at(at + 2);
        at += 3;
        if i == 0 {
            colons = next == b':';
        }
        if at >= end {
            return Ok((clock, 0, next != 0));
        }
        match next {
            b':' if colons => {}
            b'.' | b',' => break,
            _ if !colons => at -= 1,
            _ => return Err(Malformed),
        }
    }
    let count = (end - at).min(6);
    let micros = bytes.digits(at, count)? * 10i64.pow(6 - count as u32);
    at += count;
    while bytes.at(at).is_ascii_digit() {
        at += 1;
    }
    Ok((clock, micros, bytes.at(at) != 0))
}
