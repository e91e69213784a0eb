//! Small functions: `functools`, `math`, `string`.

use crate::builtin::Builtin;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::number::{self, Number};
use crate::stop::{R, Stop};
use crate::value::Value;

/// The functions of those modules.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("functools.reduce", reduce),
    Builtin::function("math.ceil", |_, call| rounded(call, "ceil", f64::ceil)),
    Builtin::function("math.floor", |_, call| rounded(call, "floor", f64::floor)),
    Builtin::function("math.trunc", |_, call| rounded(call, "trunc", f64::trunc)),
    Builtin::function("math.fabs", |_, call| real(call, "fabs").map(|value| Value::Float(value.abs()))),
    Builtin::function("math.isnan", |_, call| real(call, "isnan").map(|value| Value::Bool(value.is_nan()))),
    Builtin::function("math.isinf", |_, call| real(call, "isinf").map(|value| Value::Bool(value.is_infinite()))),
    Builtin::function("math.isfinite", |_, call| real(call, "isfinite").map(|value| Value::Bool(value.is_finite()))),
    Builtin::function("math.sqrt", |_, call| {
        let value = real(call, "sqrt")?;
        if value < 0.0 { Err(Stop::value_error("math domain error")) } else { Ok(Value::Float(value.sqrt())) }
    }),
    Builtin::constant("math.inf", || Value::Float(f64::INFINITY)),
    Builtin::constant("math.nan", || Value::Float(f64::NAN)),
    Builtin::constant("math.pi", || Value::Float(std::f64::consts::PI)),
    Builtin::constant("math.e", || Value::Float(std::f64::consts::E)),
    Builtin::constant("string.ascii_letters", || Value::str("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    Builtin::constant("string.ascii_lowercase", || Value::str("abcdefghijklmnopqrstuvwxyz")),
    Builtin::constant("string.ascii_uppercase", || Value::str("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    Builtin::constant("string.digits", || Value::str("0123456789")),
    Builtin::constant("string.hexdigits", || Value::str("0123456789abcdefABCDEF")),
    Builtin::constant("string.octdigits", || Value::str("01234567")),
    Builtin::constant("string.punctuation", || Value::str("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")),
    Builtin::constant("string.whitespace", || Value::str(" \t\n\r\u{b}\u{c}")),
];

fn reduce(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [function, items, initial] = call.between("reduce", 2)?;
    let function = function.unwrap_or_default();
    let mut iter = machine.iter(&items.unwrap_or_default())?;
    let mut total = match initial {
        Some(initial) => initial,
        None => match machine.advance(&mut iter)? {
            Some(first) => first,
            None => return Err(Stop::type_error("reduce() of empty iterable with no initial value")),
        },
    };
    while let Some(item) = machine.advance(&mut iter)? {
        total = machine.call_value(&function, Call::of(vec![total, item]))?;
    }
    Ok(total)
}

fn rounded(call: Call, name: &str, round: fn(f64) -> f64) -> R<Value> {
    let [value] = call.exactly(&format!("math.{name}"))?;
    match Number::of(&value) {
        Some(Number::Int(int)) => Ok(Value::Int(int)),
        Some(Number::Float(float)) => number::truncate(round(float)).map(Value::Int),
        None => Err(Stop::wrong(&value, |kind| match name {
            "trunc" => format!("type {kind} doesn't define __trunc__ method"),
            _ => format!("must be real number, not {kind}"),
        })),
    }
}

fn real(call: Call, name: &str) -> R<f64> {
    let [value] = call.exactly(&format!("math.{name}"))?;
    match Number::of(&value) {
        Some(number) => Ok(number.to_float()),
        None => Err(Stop::wrong(&value, |kind| format!("must be real number, not {kind}"))),
    }
}
