//! By when something must be done, and when to remind.

use finding::Severity;
use jiff::{SignedDuration, Timestamp};

use crate::settings::Hours;

/// The service level of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLevel {
    /// When it began: when the ticket was opened, or now.
    pub since: Timestamp,
    /// The hours of its severity.
    pub hours: u32,
    /// Past this it is overdue. Never later than the key's destruction.
    pub due: Timestamp,
    /// Whether it is past that.
    pub overdue: bool,
    /// When the owner is reminded and, from the second time on, somebody else is told.
    pub remind: Vec<Timestamp>,
    /// When the key will be destroyed, where it will be.
    pub deletion_date: Option<Timestamp>,
    /// Whole days until then; negative when that is past.
    pub days_left: Option<i64>,
}

impl ServiceLevel {
    /// The service level of a severity; `None` where there is none.
    #[must_use]
    pub fn new(
        severity: Severity,
        hours: &Hours,
        since: Timestamp,
        deletion_date: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let hours = hours.of(severity)?;
        let mut due = after(since, SignedDuration::from_hours(i64::from(hours)));
        let mut remind = vec![due];
        if let Some(end) = deletion_date {
            due = due.min(end);
            let before = [3, 1].map(|days| after(end, SignedDuration::from_hours(-24 * days)));
            remind = [due].into_iter().chain(before.into_iter().filter(|time| *time > due)).collect();
        }
        let days_left = deletion_date.map(|end| end.duration_since(now).as_secs().div_euclid(86_400));
        Some(Self { since, hours, due, overdue: is_overdue(due, now), remind, deletion_date, days_left })
    }
}

/// Strictly after, in whole seconds.
fn is_overdue(due: Timestamp, now: Timestamp) -> bool {
    now.duration_since(due).as_secs() > 0
}

/// The time that much later, or the end of time.
pub(crate) fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_add(duration).unwrap_or(if duration.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}
