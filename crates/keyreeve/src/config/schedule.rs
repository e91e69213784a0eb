//! When something is due: five fields as in a crontab, in UTC.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Minutes, hours, days, months and days of the week on which something is due, each as one bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether one of the days is enough: as in a crontab, where both the day of the month and of the week are restricted.
    either_day: bool,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads it; `None` for a text that says never.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (minute, hour, day, month, weekday) = match fields[..] {
            [] => return Ok(None),
            [minute, hour, day, month, weekday] => (minute, hour, day, month, weekday),
            _ => {
                let expected = "minute, hour, day of month, month, day of week, as in `0 */6 * * *`";
                return Err(format!("expected five fields ({expected}), found {}", fields.len()));
            }
        };
        // Sunday is 0 and 7.
        let weekdays = field("day of week", weekday, 0, 7, &WEEKDAYS, 0)?;
        let schedule = Self {
            minutes: field("minute", minute, 0, 59, &[], 0)?,
            hours: field("hour", hour, 0, 23, &[], 0)?,
            days: field("day of month", day, 1, 31, &[], 0)?,
            months: field("month", month, 1, 12, &MONTHS, 1)?,
            weekdays: weekdays | (weekdays >> 7 & 1),
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        };
        match schedule.next(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(Some(schedule)),
            None => Err(format!("`{text}` never comes: no such month has such a day")),
        }
    }

    /// The first time after that one.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = after.to_zoned(TimeZone::UTC).datetime();
        let start = start.with().second(0).subsec_nanosecond(0).build().ok()?.checked_add(1.minute()).ok()?;
        let mut day = start.date();
        // A leap day comes within eight years, and one on a given weekday within forty.
        for _ in 0..366 * 41 {
            if self.is_day(day) {
                let from = if day == start.date() { start } else { day.at(0, 0, 0, 0) };
                if let Some(found) = self.in_day(from) {
                    return Some(found.to_zoned(TimeZone::UTC).ok()?.timestamp());
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn is_day(&self, date: jiff::civil::Date) -> bool {
        let has = |bits: u64, value: i8| bits >> value & 1 == 1;
        let weekday = has(self.weekdays, date.weekday().since(Weekday::Sunday));
        let day = has(self.days, date.day());
        has(self.months, date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }

    fn in_day(&self, from: DateTime) -> Option<DateTime> {
        let has = |bits: u64, value: i8| bits >> value & 1 == 1;
        (from.hour()..24).filter(|hour| has(self.hours, *hour)).find_map(|hour| {
            let first = if hour == from.hour() { from.minute() } else { 0 };
            let minute = (first..60).find(|minute| has(self.minutes, *minute))?;
            Some(from.date().at(hour, minute, 0, 0))
        })
    }
}

/// The values of a field: `*`, `5`, `1-5`, `*/10`, `mon,wed`.
fn field(what: &str, text: &str, least: u32, most: u32, names: &[&str], first: u32) -> Result<u64, String> {
    let wrong = || format!("{what}: expected `*`, numbers from {least} to {most}, ranges or steps, not `{text}`");
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|place| u32::try_from(place).ok()).map(|place| place + first);
        let number = named.or_else(|| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())));
        number.filter(|number| (least..=most).contains(number)).ok_or_else(wrong)
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        for value in (from..=to).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            bits |= 1 << value;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let schedule = Schedule::parse(schedule).unwrap().unwrap();
        schedule.next(after.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn the_next_time_is_the_first_that_fits() {
        let cases = [
            ("0 */6 * * *", "2026-11-22T05:59:59Z", "2026-11-22T06:00:00Z"),
            ("0 */6 * * *", "2026-11-22T06:00:00Z", "2026-11-22T12:00:00Z"),
            ("0 */6 * * *", "2026-12-31T18:00:00Z", "2027-01-01T00:00:00Z"),
            ("*/15 9-17 * * mon-fri", "2026-11-20T17:50:00Z", "2026-11-23T09:00:00Z"),
            ("0 1 * * 7", "2026-11-22T02:00:00Z", "2026-11-29T01:00:00Z"),
            ("0 1 * * SUN", "2026-11-22T00:30:00Z", "2026-11-22T01:00:00Z"),
            ("30 4 1,15 * 5", "2026-11-02T00:00:00Z", "2026-11-06T04:30:00Z"),
            ("0 0 29 feb *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("5/20 0 * * *", "2026-11-22T00:05:00Z", "2026-11-22T00:25:00Z"),
        ];
        for (schedule, after, expected) in cases {
            assert_eq!(next(schedule, after), expected, "{schedule} after {after}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_field() {
        assert_eq!(Schedule::parse("  ").unwrap(), None);
        let cases = [
            ("60 * * * *", "minute"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day of month"),
            ("* * * 13 *", "month"),
            ("* * * * 8", "day of week"),
            ("* * * *", "five fields"),
            ("*/0 * * * *", "minute"),
            ("9-5 * * * *", "minute"),
            ("+5 * * * *", "minute"),
            ("0 0 30 2 *", "never comes"),
            (", * * * *", "minute"),
        ];
        for (text, expected) in cases {
            let message = Schedule::parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
