//! Times as AWS's JSON has them: seconds since 1970, with thousandths where there are any.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(i64);

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

impl Time {
    pub(crate) fn of(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    pub(crate) fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    pub(crate) fn milliseconds(self) -> i64 {
        self.0
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            return serializer.serialize_i64(self.0 / 1000);
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit exactly")]
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    /// From the text that a snapshot has.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self::of).map_err(|_| serde::de::Error::custom(format!("{text:?} is not a date")))
    }
}

/// When a request came, by both clocks: ours runs on, the world's began where the options say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    pub(crate) time: Time,
}
