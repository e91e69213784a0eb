//! `datetime`.

use super::{number, steps, text};
use logic::library::time::{Date, DateTime, Delta, Fields, Number, Strptime, Timespec, Units, Zone};
use logic::library::{Failure, PythonError, repr};
use serde_json::{Value, json};
use std::cmp::Ordering;

fn attempt<T: Into<Value>>(result: Result<T, PythonError>) -> Value {
    match result {
        Ok(value) => value.into(),
        Err(error) => format!("{}: {}", error.class, error.message).into(),
    }
}

fn float_or_int(text: &str) -> Number {
    match text {
        "nan" | "inf" | "-inf" => Number::Float(text.parse().unwrap()),
        _ if text.contains(['.', 'e']) => Number::Float(text.parse().unwrap()),
        _ => Number::Int(text.parse().unwrap()),
    }
}

fn delta(args: &[Value], i: usize) -> Delta {
    Delta::from_micros(number(args, i)).unwrap()
}

fn zone(offset: &Value) -> Option<Zone> {
    let micros = offset.as_str()?.parse().unwrap();
    Some(Zone::new(Delta::from_micros(micros).unwrap(), None).unwrap())
}

fn day(args: &[Value], i: usize) -> Date {
    Date::from_ordinal(number(args, i)).unwrap()
}

fn datetime(spec: &Value) -> DateTime {
    let date = Date::from_ordinal(spec[0].as_i64().unwrap().into()).unwrap();
    let time = Delta::from_micros(spec[1].as_i64().unwrap().into()).unwrap();
    let naive = DateTime::midnight(date).plus(time).unwrap();
    naive.replace(Fields::default(), Some(zone(&spec[2]))).unwrap()
}

fn fields(args: &[Value], i: usize) -> Fields {
    let field = |name: &str| args[i][name].as_str().map(|digits| digits.parse().unwrap());
    Fields {
        year: field("year"),
        month: field("month"),
        day: field("day"),
        hour: field("hour"),
        minute: field("minute"),
        second: field("second"),
        microsecond: field("microsecond"),
    }
}

fn show_delta(d: Delta) -> Value {
    json!([
        d.repr(),
        d.to_string(),
        d.days().to_string(),
        d.seconds() as i64,
        d.microseconds() as i64,
        repr::float(d.total_seconds())
    ])
}

fn show_date(d: Date) -> Value {
    let (year, week, weekday) = d.isocalendar();
    json!([
        d.repr(),
        d.to_string(),
        d.year(),
        d.month(),
        d.day(),
        d.ordinal(),
        d.weekday(),
        d.isoweekday(),
        [year, week, weekday]
    ])
}

fn show(d: &DateTime) -> Value {
    json!([
        d.repr(),
        d.to_string(),
        d.isoformat('T', Timespec::Auto),
        attempt(d.timestamp().map(repr::float)),
        d.timetuple(),
        d.zone().map_or("None".into(), Zone::repr),
        d.zone().map(Zone::name),
    ])
}

fn durations(function: &str, args: &[Value]) -> Result<Option<Value>, Failure> {
    let reprs = |result: Result<Delta, PythonError>| attempt(result.map(Delta::repr));
    Ok(Some(match function {
        "delta" => {
            let unit = |name: &str| args[0][name].as_str().map_or(Number::Int(0), float_or_int);
            show_delta(Delta::new(Units {
                days: unit("days"),
                seconds: unit("seconds"),
                microseconds: unit("microseconds"),
                milliseconds: unit("milliseconds"),
                minutes: unit("minutes"),
                hours: unit("hours"),
                weeks: unit("weeks"),
            })?)
        }
        "delta_pair" => {
            let (a, b) = (delta(args, 0), delta(args, 1));
            json!([
                reprs(a.plus(b)),
                reprs(a.minus(b)),
                attempt(a.over(b).map(repr::float)),
                attempt(a.floor_over(b).map(|n| n.to_string())),
                reprs(a.modulo(b)),
                a < b,
                a == b
            ])
        }
        "delta_number" => {
            let (a, n) = (delta(args, 0), float_or_int(text(args, 1)));
            let whole = match n {
                Number::Int(n) => reprs(a.floor_divided(n)),
                Number::Float(_) => Value::Null,
            };
            json!([reprs(a.times(n)), reprs(a.divided(n)), whole])
        }
        "delta_sign" => {
            let a = delta(args, 0);
            json!([reprs(a.negated()), reprs(a.magnitude()), !a.is_zero()])
        }
        _ => return Ok(None),
    }))
}

fn dates(function: &str, args: &[Value]) -> Result<Option<Value>, Failure> {
    let reprs = |result: Result<Date, PythonError>| attempt(result.map(Date::repr));
    let given = |i: usize| args[i].as_str().map(|digits| digits.parse().unwrap());
    Ok(Some(match function {
        "date" => show_date(Date::new(number(args, 0), number(args, 1), number(args, 2))?),
        "date_iso" => show_date(Date::from_isoformat(text(args, 0))?),
        "ordinal" => show_date(Date::from_ordinal(number(args, 0))?),
        "date_shift" => {
            let (day, delta) = (day(args, 0), delta(args, 1));
            json!([reprs(day.plus(delta)), reprs(day.minus(delta))])
        }
        "date_replace" => day(args, 0).replace(given(1), given(2), given(3))?.repr().into(),
        "date_timestamp" => Date::from_timestamp(float_or_int(text(args, 0)))?.repr().into(),
        "date_strftime" => day(args, 0).strftime(text(args, 1))?.into(),
        _ => return Ok(None),
    }))
}

pub fn answer(function: &str, args: &[Value]) -> Result<Value, Failure> {
    if let Some(value) = durations(function, args)? {
        return Ok(value);
    }
    if let Some(value) = dates(function, args)? {
        return Ok(value);
    }
    let reprs = |result: Result<DateTime, PythonError>| attempt(result.map(|d| d.repr()));
    Ok(match function {
        "zone" => {
            let zone = Zone::new(delta(args, 0), args[1].as_str())?;
            json!([zone.repr(), zone.to_string(), zone.name(), zone.offset().repr()])
        }
        "new" => show(&DateTime::new(fields(args, 0), zone(&args[1]))?),
        "iso" => show(&DateTime::from_isoformat(text(args, 0))?),
        "strptime" => show(&Strptime::new(text(args, 1))?.parse(text(args, 0), &mut steps())?),
        "strftime" => datetime(&args[0]).strftime(text(args, 1))?.into(),
        "isoformat" => datetime(&args[0]).isoformat('_', Timespec::named(text(args, 1))?).into(),
        "timestamp" => {
            let n = float_or_int(text(args, 0));
            json!([
                attempt(DateTime::from_timestamp(n, zone(&args[1])).map(|d| show(&d))),
                attempt(DateTime::utc_from_timestamp(n).map(|d| show(&d)))
            ])
        }
        "shift" => {
            let (a, d) = (datetime(&args[0]), delta(args, 1));
            json!([reprs(a.plus(d)), reprs(a.minus(d))])
        }
        "pair" => {
            let (a, b) = (datetime(&args[0]), datetime(&args[1]));
            json!([
                a == b,
                attempt(a.compare(&b).map(|order| order == Ordering::Less)),
                attempt(a.compare(&b).map(|order| order != Ordering::Greater)),
                attempt(a.since(&b).map(Delta::repr))
            ])
        }
        "replace" => {
            let new = args[2].as_bool().unwrap().then(|| zone(&args[3]));
            show(&datetime(&args[0]).replace(fields(args, 1), new)?)
        }
        "astimezone" => show(&datetime(&args[0]).astimezone(zone(&args[1]))?),
        other => panic!("no function {other}"),
    })
}
