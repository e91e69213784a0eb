//! `datetime` as detections call it; what time it is, the context says.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Cached, exception, raised};
use crate::builtin::Builtin;
use crate::class::{Class, Kind};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::library::time::{Date, DateTime, Delta, Fields, Number, Strptime, Timespec, Units, Zone};
use crate::method::Method;
use crate::number;
use crate::object::Object;
use crate::stop::{R, Stop};
use crate::text::index;
use crate::tree::{BinaryOp, CompareOp};
use crate::value::Value;

/// The functions of `datetime`'s classes.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("datetime.datetime.now", |machine, call| {
        let [zone] = call.named("now", ["tz"], 0, 0)?;
        let zone = optional_zone(zone)?;
        let now = machine.now(Some(zone.clone().unwrap_or_else(Zone::utc)))?;
        Ok(date_time(match zone {
            Some(_) => now,
            None => now.replace(Fields::default(), Some(None)).map_err(exception)?,
        }))
    }),
    Builtin::function("datetime.datetime.utcnow", |machine, call| naive_now(machine, call, "utcnow")),
    Builtin::function("datetime.datetime.today", |machine, call| naive_now(machine, call, "today")),
    Builtin::function("datetime.date.today", |machine, call| {
        let [] = call.exactly("today")?;
        let now = machine.now(None)?;
        Ok(Value::object(Object::Date(now.date())))
    }),
    Builtin::function("datetime.datetime.fromtimestamp", |_, call| {
        let [time, zone] = call.named("fromtimestamp", ["timestamp", "tz"], 0, 1)?;
        let zone = optional_zone(zone)?;
        DateTime::from_timestamp(number_of(&time.unwrap_or_default())?, zone).map(date_time).map_err(exception)
    }),
    Builtin::function("datetime.datetime.utcfromtimestamp", |_, call| {
        let [time] = call.exactly("utcfromtimestamp")?;
        DateTime::utc_from_timestamp(number_of(&time)?).map(date_time).map_err(exception)
    }),
    Builtin::function("datetime.date.fromtimestamp", |_, call| {
        let [time] = call.exactly("fromtimestamp")?;
        Date::from_timestamp(number_of(&time)?).map(|date| Value::object(Object::Date(date))).map_err(exception)
    }),
    Builtin::function("datetime.datetime.fromisoformat", |_, call| {
        let text = iso_text(call)?;
        DateTime::from_isoformat(&text).map(date_time).map_err(exception)
    }),
    Builtin::function("datetime.date.fromisoformat", |_, call| {
        let text = iso_text(call)?;
        Date::from_isoformat(&text).map(|date| Value::object(Object::Date(date))).map_err(exception)
    }),
    Builtin::function("datetime.datetime.strptime", strptime),
    Builtin::constant("datetime.timezone.utc", || Value::object(Object::Zone(Zone::utc()))),
    Builtin::constant("datetime.UTC", || Value::object(Object::Zone(Zone::utc()))),
];

fn date_time(time: DateTime) -> Value {
    Value::object(Object::DateTime(time))
}

fn delta(delta: Delta) -> Value {
    Value::object(Object::Delta(delta))
}

fn naive_now(machine: &mut Machine<'_>, call: Call, name: &str) -> R<Value> {
    let [] = call.exactly(name)?;
    machine.now(None).map(date_time)
}

fn strptime(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [text, format] = call.exactly("strptime")?;
    for (position, value) in [(1, &text), (2, &format)] {
        if !matches!(value, Value::Str(_)) {
            return Err(Stop::wrong(value, |name| format!("strptime() argument {position} must be str, not {name}")));
        }
    }
    let (Value::Str(text), Value::Str(format)) = (text, format) else { return Ok(Value::None) };
    let key = (format, u32::MAX - 1);
    let reader = match machine.state.cache.get(&key) {
        Some(Cached::Strptime(known)) => known.clone(),
        _ => {
            let made = Rc::new(Strptime::new(&key.0).map_err(raised)?);
            machine.remember(key, Cached::Strptime(made.clone()));
            made
        }
    };
    machine.granted(|steps| reader.parse(&text, steps)).map(date_time)
}

fn iso_text(call: Call) -> R<smol_str::SmolStr> {
    let [text] = call.exactly("fromisoformat")?;
    match text {
        Value::Str(text) => Ok(text),
        other => Err(Stop::wrong(&other, |_| "fromisoformat: argument must be str".to_owned())),
    }
}

fn number_of(value: &Value) -> R<Number> {
    match number::Number::of(value) {
        Some(number::Number::Int(int)) => Ok(Number::Int(int)),
        Some(number::Number::Float(float)) => Ok(Number::Float(float)),
        None => Err(Stop::wrong(value, |name| format!("'{name}' object cannot be interpreted as an integer"))),
    }
}

fn optional_zone(value: Option<Value>) -> R<Option<Zone>> {
    match value {
        None | Some(Value::None) => Ok(None),
        Some(value) => {
            if let Value::Object(object) = &value
                && let Object::Zone(zone) = &**object
            {
                return Ok(Some(zone.clone()));
            }
            Err(Stop::wrong(&value, |name| {
                format!("tzinfo argument must be None or of a tzinfo subclass, not type '{name}'")
            }))
        }
    }
}

impl Machine<'_> {
    /// The time that the context says it is.
    fn now(&mut self, zone: Option<Zone>) -> R<DateTime> {
        let micros = self.context.now.as_microsecond();
        let epoch = DateTime::utc_from_timestamp(Number::Int(0)).map_err(exception)?;
        let since = Delta::from_micros(i128::from(micros)).map_err(exception)?;
        let utc = epoch.plus(since).map_err(exception)?;
        match zone {
            None => Ok(utc),
            Some(zone) => {
                let aware = utc.replace(Fields::default(), Some(Some(Zone::utc()))).map_err(exception)?;
                aware.astimezone(Some(zone)).map_err(raised)
            }
        }
    }

    /// `datetime(…)`, `date(…)`, `timedelta(…)`, `timezone(…)`.
    pub(super) fn construct_time(&mut self, class: &'static Class, call: Call) -> R<Value> {
        match class.kind {
            Kind::DateTime => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let mut given = call.named("function", names, 0, 3)?;
                let zone = optional_zone(given[7].take())?;
                DateTime::new(fields(&given[..7])?, zone).map(date_time).map_err(exception)
            }
            Kind::Date => {
                let given = call.named("function", ["year", "month", "day"], 0, 3)?;
                let [year, month, day] = given.map(|part| index(&part.unwrap_or_default()));
                Date::new(year?, month?, day?).map(|date| Value::object(Object::Date(date))).map_err(exception)
            }
            Kind::TimeDelta => {
                let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
                let given = call.named("__new__", names, 0, 0)?;
                let mut parts = [Number::default(); 7];
                for ((part, value), name) in parts.iter_mut().zip(&given).zip(names) {
                    if let Some(value) = value {
                        *part = unit(value, name)?;
                    }
                }
                let [days, seconds, microseconds, milliseconds, minutes, hours, weeks] = parts;
                let units = Units { days, seconds, microseconds, milliseconds, minutes, hours, weeks };
                Delta::new(units).map(delta).map_err(exception)
            }
            _ => {
                let [offset, name] = call.named("timezone", ["offset", "name"], 0, 1)?;
                let offset = offset.unwrap_or_default();
                let Some(by) = as_delta(&offset) else {
                    return Err(Stop::wrong(&offset, |name| {
                        format!("timezone() argument 1 must be datetime.timedelta, not {name}")
                    }));
                };
                let name = match name {
                    None => None,
                    Some(Value::Str(name)) => Some(name),
                    Some(other) => {
                        return Err(Stop::wrong(&other, |name| {
                            format!("timezone() argument 2 must be str, not {name}")
                        }));
                    }
                };
                let zone = Zone::new(by, name.as_deref()).map_err(exception)?;
                Ok(Value::object(Object::Zone(zone)))
            }
        }
    }

    /// A method of a date, a datetime, a duration or a zone.
    pub(super) fn time_method(&mut self, receiver: &Value, object: &Object, method: Method, call: Call) -> R<Value> {
        match object {
            Object::DateTime(time) => self.date_time_method(receiver, time, method, call),
            Object::Date(date) => self.date_method(receiver, *date, method, call),
            Object::Delta(length) if method == Method::TotalSeconds => {
                let [] = call.exactly("timedelta.total_seconds")?;
                Ok(Value::Float(length.total_seconds()))
            }
            Object::Zone(zone) if method == Method::UtcOffset => {
                let [_] = call.exactly("timezone.utcoffset")?;
                Ok(delta(zone.offset()))
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }

    fn date_time_method(&mut self, receiver: &Value, time: &DateTime, method: Method, call: Call) -> R<Value> {
        match method {
            Method::IsoFormat => {
                let [separator, spec] = call.named("isoformat", ["sep", "timespec"], 0, 0)?;
                let separator = separator_of(separator)?;
                let spec = match spec {
                    None => Timespec::Auto,
                    Some(Value::Str(word)) => Timespec::named(&word).map_err(exception)?,
                    Some(other) => {
                        return Err(Stop::wrong(&other, |name| {
                            format!("isoformat() argument 2 must be str, not {name}")
                        }));
                    }
                };
                Ok(Value::from(time.isoformat(separator, spec)))
            }
            Method::Timestamp => {
                let [] = call.exactly("datetime.timestamp")?;
                time.timestamp().map(Value::Float).map_err(exception)
            }
            Method::Date => {
                let [] = call.exactly("datetime.date")?;
                Ok(Value::object(Object::Date(time.date())))
            }
            Method::Replace => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let mut given = call.named("replace", names, 0, 0)?;
                let zone = given[7].take().map(|zone| optional_zone(Some(zone))).transpose()?;
                time.replace(fields(&given[..7])?, zone).map(date_time).map_err(exception)
            }
            Method::AsTimezone => {
                let [zone] = call.named("astimezone", ["tz"], 0, 0)?;
                time.astimezone(optional_zone(zone)?).map(date_time).map_err(raised)
            }
            Method::UtcOffset => {
                let [] = call.exactly("datetime.utcoffset")?;
                Ok(time.zone().map_or(Value::None, |zone| delta(zone.offset())))
            }
            Method::Strftime => {
                let format = format_of(call)?;
                time.strftime(&format).map(Value::from).map_err(raised)
            }
            Method::Weekday | Method::IsoWeekday => weekday(time.date(), method, call),
            _ => Err(self.no_method(receiver, method)),
        }
    }

    fn date_method(&mut self, receiver: &Value, date: Date, method: Method, call: Call) -> R<Value> {
        match method {
            Method::IsoFormat => {
                let [] = call.exactly("date.isoformat")?;
                Ok(Value::from(date.isoformat()))
            }
            Method::Replace => {
                let given = call.named("replace", ["year", "month", "day"], 0, 0)?;
                let [year, month, day] = given.map(|part| part.map(|part| index(&part)).transpose());
                let replaced = date.replace(year?, month?, day?);
                replaced.map(|date| Value::object(Object::Date(date))).map_err(exception)
            }
            Method::Strftime => {
                let format = format_of(call)?;
                date.strftime(&format).map(Value::from).map_err(raised)
            }
            Method::Weekday | Method::IsoWeekday => weekday(date, method, call),
            _ => Err(self.no_method(receiver, method)),
        }
    }
}

fn weekday(date: Date, method: Method, call: Call) -> R<Value> {
    let [] = call.exactly(method.name())?;
    let day = if method == Method::Weekday { date.weekday() } else { date.isoweekday() };
    Ok(Value::Int(i128::from(day)))
}

fn format_of(call: Call) -> R<smol_str::SmolStr> {
    let [format] = call.named("strftime", ["format"], 0, 1)?;
    match format.unwrap_or_default() {
        Value::Str(format) => Ok(format),
        other => Err(Stop::wrong(&other, |name| format!("strftime() argument 1 must be str, not {name}"))),
    }
}

fn separator_of(value: Option<Value>) -> R<char> {
    let Some(value) = value else { return Ok('T') };
    match &value {
        Value::Str(text) => {
            let mut characters = text.chars();
            if let (Some(separator), None) = (characters.next(), characters.next()) {
                return Ok(separator);
            }
            Err(Stop::type_error("isoformat() argument 1 must be a unicode character, not str"))
        }
        other => {
            Err(Stop::wrong(other, |name| format!("isoformat() argument 1 must be a unicode character, not {name}")))
        }
    }
}

fn fields(given: &[Option<Value>]) -> R<Fields> {
    let mut numbers = [None; 7];
    for (number, value) in numbers.iter_mut().zip(given) {
        *number = value.as_ref().map(index).transpose()?;
    }
    let [year, month, day, hour, minute, second, microsecond] = numbers;
    Ok(Fields { year, month, day, hour, minute, second, microsecond })
}

fn unit(value: &Value, name: &str) -> R<Number> {
    match number::Number::of(value) {
        Some(number::Number::Int(int)) => Ok(Number::Int(int)),
        Some(number::Number::Float(float)) => Ok(Number::Float(float)),
        None => Err(Stop::wrong(value, |kind| format!("unsupported type for timedelta {name} component: {kind}"))),
    }
}

fn as_delta(value: &Value) -> Option<Delta> {
    match value {
        Value::Object(object) => match &**object {
            Object::Delta(length) => Some(*length),
            _ => None,
        },
        _ => None,
    }
}

/// An attribute that is no method.
pub(super) fn attribute(object: &Object, name: &str) -> Option<Value> {
    let date = match object {
        Object::Date(date) => Some(*date),
        Object::DateTime(time) => Some(time.date()),
        _ => None,
    };
    let int = |number: i64| Some(Value::Int(i128::from(number)));
    match (object, name) {
        (Object::Date(_) | Object::DateTime(_), "year") => int(date?.year().into()),
        (Object::Date(_) | Object::DateTime(_), "month") => int(date?.month().into()),
        (Object::Date(_) | Object::DateTime(_), "day") => int(date?.day().into()),
        (Object::DateTime(time), "hour") => int(time.hour()),
        (Object::DateTime(time), "minute") => int(time.minute()),
        (Object::DateTime(time), "second") => int(time.second()),
        (Object::DateTime(time), "microsecond") => int(time.microsecond()),
        (Object::DateTime(time), "tzinfo") => {
            Some(time.zone().map_or(Value::None, |zone| Value::object(Object::Zone(zone.clone()))))
        }
        (Object::Delta(length), "days") => Some(Value::Int(length.days())),
        (Object::Delta(length), "seconds") => Some(Value::Int(length.seconds())),
        (Object::Delta(length), "microseconds") => Some(Value::Int(length.microseconds())),
        _ => None,
    }
}

/// `a < b` and its like; `None` where the two have no order.
pub(super) fn ordered(op: CompareOp, a: &Object, b: &Object) -> R<Option<bool>> {
    let order = match (a, b) {
        (Object::DateTime(a), Object::DateTime(b)) => a.compare(b).map_err(exception)?,
        (Object::Date(a), Object::Date(b)) => a.cmp(b),
        (Object::Delta(a), Object::Delta(b)) => a.cmp(b),
        (Object::DateTime(_), Object::Date(_)) => {
            return Err(Stop::type_error("can't compare datetime.datetime to datetime.date"));
        }
        (Object::Date(_), Object::DateTime(_)) => {
            return Err(Stop::type_error("can't compare datetime.datetime to datetime.date"));
        }
        _ => return Ok(None),
    };
    Ok(Some(match op {
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::LtE => order != Ordering::Greater,
        CompareOp::Gt => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

/// `a op b` where one is a date, a datetime or a duration; `None` where that has no meaning.
pub(super) fn binary(op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
    if let (Value::Object(x), Value::Object(y)) = (a, b) {
        return objects(op, x, y);
    }
    let (length, number, swapped) = match (as_delta(a), as_delta(b)) {
        (Some(length), None) => (length, b, false),
        (None, Some(length)) => (length, a, true),
        _ => return Ok(None),
    };
    if let Value::Unknown(symbol) = number {
        return Err(Stop::needs(*symbol));
    }
    let Ok(number) = unit(number, "") else { return Ok(None) };
    let result = match (op, number, swapped) {
        (BinaryOp::Mult, number, _) => length.times(number),
        (BinaryOp::Div, number, false) => length.divided(number),
        (BinaryOp::FloorDiv, Number::Int(number), false) => length.floor_divided(number),
        _ => return Ok(None),
    };
    result.map(|result| Some(delta(result))).map_err(exception)
}

fn objects(op: BinaryOp, a: &Object, b: &Object) -> R<Option<Value>> {
    let result = match (op, a, b) {
        (BinaryOp::Add, Object::DateTime(time), Object::Delta(by))
        | (BinaryOp::Add, Object::Delta(by), Object::DateTime(time)) => time.plus(*by).map(date_time),
        (BinaryOp::Sub, Object::DateTime(time), Object::Delta(by)) => time.minus(*by).map(date_time),
        (BinaryOp::Sub, Object::DateTime(a), Object::DateTime(b)) => a.since(b).map(delta),
        (BinaryOp::Add, Object::Date(date), Object::Delta(by))
        | (BinaryOp::Add, Object::Delta(by), Object::Date(date)) => {
            date.plus(*by).map(|date| Value::object(Object::Date(date)))
        }
        (BinaryOp::Sub, Object::Date(date), Object::Delta(by)) => {
            date.minus(*by).map(|date| Value::object(Object::Date(date)))
        }
        (BinaryOp::Sub, Object::Date(a), Object::Date(b)) => Ok(delta(a.since(*b))),
        (BinaryOp::Add, Object::Delta(a), Object::Delta(b)) => a.plus(*b).map(delta),
        (BinaryOp::Sub, Object::Delta(a), Object::Delta(b)) => a.minus(*b).map(delta),
        (BinaryOp::Div, Object::Delta(a), Object::Delta(b)) => a.over(*b).map(Value::Float),
        (BinaryOp::FloorDiv, Object::Delta(a), Object::Delta(b)) => a.floor_over(*b).map(Value::Int),
        (BinaryOp::Mod, Object::Delta(a), Object::Delta(b)) => a.modulo(*b).map(delta),
        _ => return Ok(None),
    };
    result.map(Some).map_err(exception)
}
