//! `datetime.timezone`: a fixed offset from UTC, with a name or without.

use super::Delta;
use crate::library::{PythonError, repr};
use std::fmt;

/// A fixed offset. Two are equal when their offsets are.
#[derive(Debug, Clone)]
pub struct Zone {
    offset: Delta,
    name: Option<Box<str>>,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.offset == other.offset
    }
}

impl Eq for Zone {}

impl Zone {
    /// `datetime.timezone.utc`.
    pub fn utc() -> Self {
        Self { offset: Delta::default(), name: None }
    }

    /// What `astimezone()` without an argument gives: the local zone, which is UTC.
    pub fn local() -> Self {
        Self { offset: Delta::default(), name: Some("UTC".into()) }
    }

    /// `datetime.timezone(offset)` or `datetime.timezone(offset, name)`.
    ///
    /// # Errors
    /// `ValueError` for a day or more.
    pub fn new(offset: Delta, name: Option<&str>) -> Result<Self, PythonError> {
        const DAY: i128 = 86_400_000_000;
        if offset.micros().abs() >= DAY {
            return Err(PythonError::value(format!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {}.",
                offset.repr()
            )));
        }
        Ok(Self { offset, name: name.map(Into::into) })
    }

    /// `.utcoffset(None)`.
    pub fn offset(&self) -> Delta {
        self.offset
    }

    /// `.tzname(None)`, which `str(zone)` gives too.
    pub fn name(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None if self.offset.is_zero() => "UTC".into(),
            None => format!("UTC{}", self.written(":")),
        }
    }

    /// `repr(zone)`.
    pub fn repr(&self) -> String {
        match &self.name {
            None if self.offset.is_zero() => "datetime.timezone.utc".into(),
            None => format!("datetime.timezone({})", self.offset.repr()),
            Some(name) => format!("datetime.timezone({}, {})", self.offset.repr(), repr::string(name)),
        }
    }

    /// The offset as `+HH:MM`, with seconds and their fraction where they are not zero.
    pub(super) fn written(&self, colon: &str) -> String {
        let micros = self.offset.micros().abs();
        let sign = if self.offset.micros() < 0 { '-' } else { '+' };
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let mut out = format!("{sign}{:02}{colon}{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 || micros != 0 {
            out += &format!("{colon}{:02}", seconds % 60);
        }
        if micros != 0 {
            out += &format!(".{micros:06}");
        }
        out
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
