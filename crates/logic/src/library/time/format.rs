//! `strftime` with the C library's rules in the C locale.

use super::{Date, DateTime};
use crate::library::Failure;
use std::fmt::Write;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Date {
    /// `.strftime(format)`.
    ///
    /// # Errors
    /// For directives that are not reproduced.
    pub fn strftime(self, format: &str) -> Result<String, Failure> {
        written(&DateTime::midnight(self), format)
    }
}

impl DateTime {
    /// `.strftime(format)`.
    ///
    /// # Errors
    /// For directives that are not reproduced.
    pub fn strftime(&self, format: &str) -> Result<String, Failure> {
        written(self, format)
    }
}

fn written(time: &DateTime, format: &str) -> Result<String, Failure> {
    if format.contains('\0') {
        return Err(Failure::unsupported("strftime: a null character in the format"));
    }
    let mut out = String::with_capacity(format.len() + 16);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let Some(directive) = after.chars().next() else {
            out.push('%');
            return Ok(out);
        };
        rest = &after[directive.len_utf8()..];
        push(&mut out, time, directive)?;
    }
    out.push_str(rest);
    Ok(out)
}

fn push(out: &mut String, time: &DateTime, directive: char) -> Result<(), Failure> {
    let date = time.date();
    let (year, hour) = (date.year(), time.hour());
    let weekday = WEEKDAYS[date.weekday() as usize];
    let month = MONTHS[usize::from(date.month()) - 1];
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let sunday = date.isoweekday() % 7;
    let _infallible = match directive {
        '%' => write!(out, "%"),
        'n' => writeln!(out),
        't' => write!(out, "\t"),
        'a' => write!(out, "{}", &weekday[..3]),
        'A' => write!(out, "{weekday}"),
        'b' | 'h' => write!(out, "{}", &month[..3]),
        'B' => write!(out, "{month}"),
        'C' => write!(out, "{}", year / 100),
        'd' => write!(out, "{:02}", date.day()),
        'e' => write!(out, "{:2}", date.day()),
        'f' => write!(out, "{:06}", time.microsecond()),
        'g' => write!(out, "{:02}", date.isocalendar().0 % 100),
        'G' => write!(out, "{}", date.isocalendar().0),
        'H' => write!(out, "{hour:02}"),
        'I' => write!(out, "{twelve:02}"),
        'j' => write!(out, "{:03}", date.year_day()),
        'k' => write!(out, "{hour:2}"),
        'l' => write!(out, "{twelve:2}"),
        'm' => write!(out, "{:02}", date.month()),
        'M' => write!(out, "{:02}", time.minute()),
        'p' => write!(out, "{}", if hour < 12 { "AM" } else { "PM" }),
        'P' => write!(out, "{}", if hour < 12 { "am" } else { "pm" }),
        's' => write!(out, "{}", time.mktime()),
        'S' => write!(out, "{:02}", time.second()),
        'u' => write!(out, "{}", date.isoweekday()),
        'U' => write!(out, "{:02}", (date.year_day() + 6 - sunday) / 7),
        'V' => write!(out, "{:02}", date.isocalendar().1),
        'w' => write!(out, "{sunday}"),
        'W' => write!(out, "{:02}", (date.year_day() + 6 - date.weekday()) / 7),
        'y' => write!(out, "{:02}", year % 100),
        'Y' => write!(out, "{year}"),
        'z' => write!(out, "{}", time.zone().map_or(String::new(), |zone| zone.written(""))),
        'Z' => write!(out, "{}", time.zone().map_or(String::new(), super::Zone::name)),
        _ => return composed(out, time, directive),
    };
    Ok(())
}

/// Directives that stand for others.
fn composed(out: &mut String, time: &DateTime, directive: char) -> Result<(), Failure> {
    let format = match directive {
        'c' => "%a %b %e %H:%M:%S %Y",
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'r' => "%I:%M:%S %p",
        'R' => "%H:%M",
        'T' | 'X' => "%H:%M:%S",
        'i' | 'J' | 'K' | 'L' | 'N' | 'o' | 'q' | 'Q' | 'v' => {
            // The C library leaves alone what it does not know.
            out.extend(['%', directive]);
            return Ok(());
        }
        other => return Err(Failure::unsupported(format!("strftime: directive %{other}"))),
    };
    out.push_str(&written(time, format)?);
    Ok(())
}
