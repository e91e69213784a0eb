//! `strptime`: the format becomes a regular expression, as in CPython, and what it finds becomes a time.

use super::{Date, DateTime, Delta, Fields, Zone};
use crate::library::pattern::{Match, Pattern, flags};
use crate::library::{Failure, PythonError, Steps, repr, unicode};

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A format made ready.
#[derive(Debug, Clone)]
pub struct Strptime {
    format: String,
    pattern: Pattern,
}

impl Strptime {
    /// Reads a format.
    ///
    /// # Errors
    /// `ValueError` for a bad directive, `re.error` for a directive that comes twice.
    pub fn new(format: &str) -> Result<Self, Failure> {
        let pattern = Pattern::new(&expression(format)?, flags::IGNORECASE)?;
        Ok(Self { format: format.to_owned(), pattern })
    }

    /// `datetime.strptime(text, format)`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it.
    pub fn parse(&self, text: &str, steps: &mut Steps) -> Result<DateTime, Failure> {
        let Some(found) = self.pattern.match_start(text, steps)? else {
            let message =
                format!("time data {} does not match format {}", repr::string(text), repr::string(&self.format));
            return Err(PythonError::value(message).into());
        };
        let rest = &text[found.span().1..];
        if !rest.is_empty() {
            return Err(PythonError::value(format!("unconverted data remains: {rest}")).into());
        }
        Ok(Found { pattern: &self.pattern, found, text }.read()?)
    }
}

/// The regular expression of a format.
fn expression(format: &str) -> Result<String, PythonError> {
    let mut escaped = String::new();
    let mut blank = false;
    for c in format.chars() {
        if unicode::is_space(c.into()) {
            if !blank {
                escaped.push_str("\\s+");
            }
            blank = true;
            continue;
        }
        blank = false;
        if "\\.^$*+?(){}[]|".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    let mut out = String::new();
    let mut rest = escaped.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        let Some(directive) = after.chars().next() else {
            return Err(PythonError::value(format!("stray % in format '{format}'")));
        };
        out.push_str(before);
        match directive_expression(directive) {
            Some(expression) => out.push_str(&expression),
            None => {
                let shown = if directive == '\\' { '%' } else { directive };
                return Err(PythonError::value(format!("'{shown}' is a bad directive in format '{format}'")));
            }
        }
        rest = &after[directive.len_utf8()..];
    }
    out.push_str(rest);
    Ok(out)
}

fn directive_expression(directive: char) -> Option<String> {
    let expression = match directive {
        'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]",
        'f' => "[0-9]{1,6}",
        'H' => r"2[0-3]|[0-1]\d|\d",
        'I' => "1[0-2]|0[1-9]|[1-9]",
        'G' | 'Y' => r"\d\d\d\d",
        'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
        'm' => "1[0-2]|0[1-9]|[1-9]",
        'M' => r"[0-5]\d|\d",
        'S' => r"6[0-1]|[0-5]\d|\d",
        'U' | 'W' => r"5[0-3]|[0-4]\d|\d",
        'w' => "[0-6]",
        'u' => "[1-7]",
        'V' => r"5[0-3]|0[1-9]|[1-4]\d|\d",
        'y' => r"\d\d",
        'z' => r"[+-]\d\d:?[0-5]\d(:?[0-5]\d(\.\d{1,6})?)?|(?-i:Z)",
        'A' => "wednesday|thursday|saturday|tuesday|monday|friday|sunday",
        'a' => "mon|tue|wed|thu|fri|sat|sun",
        'B' => "september|february|november|december|january|october|august|march|april|june|july|may",
        'b' => "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
        'p' => "am|pm",
        'Z' => "utc|gmt",
        '%' => return Some("%".into()),
        'c' => return several("abdHMSY", &["", r"\s+", r"\s+", r"\s+", ":", ":", r"\s+"]),
        'x' => return several("mdy", &["", "/", "/"]),
        'X' => return several("HMS", &["", ":", ":"]),
        _ => return None,
    };
    Some(format!("(?P<{directive}>{expression})"))
}

fn several(directives: &str, before: &[&str]) -> Option<String> {
    let parts =
        directives.chars().zip(before).map(|(d, before)| Some((*before).to_owned() + &directive_expression(d)?));
    parts.collect()
}

/// What a match found.
struct Found<'a> {
    pattern: &'a Pattern,
    found: Match,
    text: &'a str,
}

impl Found<'_> {
    fn text(&self, directive: &str) -> Option<&str> {
        self.pattern.group_named(directive).and_then(|group| self.found.group(self.text, group))
    }

    fn number(&self, directive: &str) -> Option<i128> {
        self.text(directive).map(number)
    }

    /// The place of a name among others, which are cut to so many letters.
    fn index(&self, directive: &str, names: &[&str], letters: usize) -> Result<Option<i128>, PythonError> {
        let Some(text) = self.text(directive) else { return Ok(None) };
        let lower = lowered(text);
        let place = names.iter().position(|name| name[..letters.min(name.len())] == lower);
        match place {
            Some(place) => Ok(Some(place as i128)),
            None => Err(PythonError::value(format!("{} is not in list", repr::string(&lower)))),
        }
    }

    fn hour(&self) -> i128 {
        let twelve = self.number("I").map(|hour| match self.text("p").map(lowered).as_deref() {
            Some("pm") if hour != 12 => hour + 12,
            None | Some("am") if hour == 12 => 0,
            _ => hour,
        });
        // Of both, CPython goes by the one that comes last in the format.
        match (self.number("H"), twelve) {
            (Some(hour), Some(twelve)) => {
                if self.pattern.group_named("H") > self.pattern.group_named("I") {
                    hour
                } else {
                    twelve
                }
            }
            (hour, twelve) => hour.or(twelve).unwrap_or(0),
        }
    }

    /// The one of several directives that comes last in the format.
    fn last<T: Copy>(&self, choices: &[(&str, Option<T>)]) -> Option<T> {
        let given = choices.iter().filter(|(_, value)| value.is_some());
        given.max_by_key(|(directive, _)| self.pattern.group_named(directive)).and_then(|(_, value)| *value)
    }

    fn read(&self) -> Result<DateTime, PythonError> {
        let short_year = self.number("y").map(|year| if year <= 68 { year + 2000 } else { year + 1900 });
        let year = self.last(&[("y", short_year), ("Y", self.number("Y"))]);
        let month = self.last(&[
            ("m", self.number("m")),
            ("B", self.index("B", &MONTHS, 9)?.map(|month| month + 1)),
            ("b", self.index("b", &MONTHS, 3)?.map(|month| month + 1)),
        ]);
        let weekday = self.last(&[
            ("A", self.index("A", &DAYS, 9)?),
            ("a", self.index("a", &DAYS, 3)?),
            ("w", self.number("w").map(|day| (day + 6) % 7)),
            ("u", self.number("u").map(|day| day - 1)),
        ]);
        let zone = self.zone()?;
        let given = Given {
            year,
            month: month.unwrap_or(1),
            day: self.number("d").unwrap_or(1),
            weekday,
            day_of_year: self.number("j"),
            week: self.last(&[
                ("U", self.number("U").map(|week| (week, false))),
                ("W", self.number("W").map(|week| (week, true))),
            ]),
            iso_year: self.number("G"),
            iso_week: self.number("V"),
        };
        let (year, month, day) = given.date()?;
        let fraction = self.text("f").map(|digits| number(&format!("{digits:0<6}")));
        let fields = Fields {
            year: Some(year),
            month: Some(month),
            day: Some(day),
            hour: Some(self.hour()),
            minute: self.number("M"),
            second: self.number("S"),
            microsecond: fraction,
        };
        let zone = zone.map(|offset| Zone::new(offset, self.text("Z"))).transpose()?;
        DateTime::new(fields, zone)
    }

    /// The offset that `%z` found.
    fn zone(&self) -> Result<Option<Delta>, PythonError> {
        let Some(text) = self.text("z") else { return Ok(None) };
        if text == "Z" {
            return Ok(Some(Delta::default()));
        }
        let mut chars: Vec<char> = text.chars().collect();
        if chars[3] == ':' {
            chars.remove(3);
            if chars.len() > 5 {
                if chars[5] != ':' {
                    return Err(PythonError::value(format!("Inconsistent use of : in {text}")));
                }
                chars.remove(5);
            }
        }
        if let (Some(':'), Some(digit)) = (chars.get(5), chars.get(6)) {
            let message = format!("invalid literal for int() with base 10: {}", repr::string(&format!(":{digit}")));
            return Err(PythonError::value(message));
        }
        let part =
            |from: usize, to: usize| -> String { chars.iter().skip(from).take(to.saturating_sub(from)).collect() };
        let seconds = (number(&part(1, 3)) * 60 + number(&part(3, 5))) * 60 + number(&part(5, 7));
        let fraction: String = part(8, usize::MAX);
        let micros = seconds * 1_000_000 + number(&format!("{fraction:0<6}"));
        let micros = if chars[0] == '-' { -micros } else { micros };
        Delta::from_micros(micros).map(Some)
    }
}

/// What a text says of the date.
struct Given {
    year: Option<i128>,
    month: i128,
    day: i128,
    weekday: Option<i128>,
    day_of_year: Option<i128>,
    /// The week of the year, and whether it starts on Monday.
    week: Option<(i128, bool)>,
    iso_year: Option<i128>,
    iso_week: Option<i128>,
}

impl Given {
    fn check(&self) -> Result<(), PythonError> {
        const WEEKDAYS: &str = "a weekday directive ('%A', '%a', '%w', or '%u').";
        let message = if self.year.is_none() && self.iso_year.is_some() {
            if self.iso_week.is_none() || self.weekday.is_none() {
                format!("ISO year directive '%G' must be used with the ISO week directive '%V' and {WEEKDAYS}")
            } else if self.day_of_year.is_some() {
                "Day of the year directive '%j' is not compatible with ISO year directive '%G'. Use '%Y' instead."
                    .into()
            } else {
                return Ok(());
            }
        } else if self.week.is_none() && self.iso_week.is_some() {
            if self.weekday.is_none() {
                format!("ISO week directive '%V' must be used with the ISO year directive '%G' and {WEEKDAYS}")
            } else {
                "ISO week directive '%V' is incompatible with the year directive '%Y'. Use the ISO year '%G' instead."
                    .into()
            }
        } else {
            return Ok(());
        };
        Err(PythonError::value(message))
    }

    fn date(&self) -> Result<(i128, i128, i128), PythonError> {
        self.check()?;
        let leap_day = self.year.is_none() && self.month == 2 && self.day == 29;
        let mut year = self.year.unwrap_or(if leap_day { 1904 } else { 1900 });
        let mut of_year = self.day_of_year;
        if let (None, Some(weekday)) = (of_year, self.weekday) {
            if let Some((week, monday)) = self.week {
                of_year = Some(day_of_week(year, week, weekday, monday)?);
            } else if let (Some(iso_year), Some(iso_week)) = (self.iso_year, self.iso_week) {
                let (of, day) = day_of_iso_week(iso_year, iso_week, weekday + 1)?;
                (year, of_year) = (of, Some(day));
            }
            if let Some(day) = of_year.filter(|&day| day <= 0) {
                year -= 1;
                of_year = Some(day + if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 });
            }
        }
        let (mut month, mut day) = (self.month, self.day);
        match of_year {
            None => {
                Date::new(year, month, day)?;
            }
            Some(of_year) => {
                let first = Date::new(year, 1, 1)?;
                let date = Date::from_ordinal(i128::from(first.ordinal()) + of_year - 1)?;
                (year, month, day) = (date.year().into(), date.month().into(), date.day().into());
            }
        }
        Date::new(year, month, day)?;
        Ok((if leap_day { 1900 } else { year }, month, day))
    }
}

/// The day of the year of a weekday of a week, weeks starting on Monday or Sunday.
fn day_of_week(year: i128, week: i128, weekday: i128, monday: bool) -> Result<i128, PythonError> {
    let shift = i128::from(!monday);
    let first = (i128::from(Date::new(year, 1, 1)?.weekday()) + shift) % 7;
    let weekday = (weekday + shift) % 7;
    Ok(match week {
        0 => 1 + weekday - first,
        _ => 1 + (7 - first) % 7 + 7 * (week - 1) + weekday,
    })
}

/// The year and the day in it of a weekday of an ISO week.
fn day_of_iso_week(year: i128, week: i128, weekday: i128) -> Result<(i128, i128), PythonError> {
    let correction = i128::from(Date::new(year, 1, 4)?.isoweekday()) + 3;
    let day = week * 7 + weekday - correction;
    if day >= 1 {
        return Ok((year, day));
    }
    let this = Date::new(year, 1, 1)?.ordinal();
    let last = Date::new(year - 1, 1, 1)?.ordinal();
    Ok((year - 1, day + i128::from(this - last)))
}

/// `int(text)` of decimal digits of any script, blanks left out; 0 where there are none.
fn number(text: &str) -> i128 {
    text.chars().filter_map(|c| unicode::decimal(c.into())).fold(0, |sum, digit| sum * 10 + i128::from(digit))
}

/// `str.lower` of what the names' expressions can match.
fn lowered(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{130}' => out.push_str("i\u{307}"),
            c => out.extend(char::from_u32(unicode::lower(c.into()))),
        }
    }
    out
}
