//! Arithmetic of Python's integers and floats; an integer beyond 128 bits is refused.

use std::cmp::Ordering;

use crate::class;
use crate::stop::{R, Stop};
use crate::tree::BinaryOp;
use crate::value::Value;

const TOO_BIG: &str = "an integer of more than 128 bits";

/// A number of Python's, `bool` counted as `int`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Int(i128::from(*value))),
            Value::Int(value) => Some(Self::Int(*value)),
            Value::Float(value) => Some(Self::Float(*value)),
            _ => None,
        }
    }

    /// As a float; an integer of 128 bits always fits one.
    #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, as Python does")]
    pub(crate) fn to_float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// The integer that a float is equal to.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn exact_int(value: f64) -> Option<i128> {
    const LIMIT: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i128)
}

/// Exact order of two numbers; `None` when one is not a number.
pub(crate) fn compare(a: Number, b: Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
        (Number::Int(a), Number::Float(b)) => compare_mixed(a, b),
        (Number::Float(a), Number::Int(b)) => compare_mixed(b, a).map(Ordering::reverse),
    }
}

fn compare_mixed(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    match exact_int(float.floor()) {
        None if float > 0.0 => Some(Ordering::Less),
        None => Some(Ordering::Greater),
        Some(floor) => Some(int.cmp(&floor).then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less })),
    }
}

/// `a op b` of two numbers.
pub(crate) fn binary(op: BinaryOp, a: Number, b: Number) -> R<Value> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => int_binary(op, a, b),
        _ => float_binary(op, a.to_float(), b.to_float()),
    }
}

fn int_binary(op: BinaryOp, a: i128, b: i128) -> R<Value> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mult => a.checked_mul(b),
        BinaryOp::Div => return int_division(a, b),
        BinaryOp::FloorDiv | BinaryOp::Mod => return floor_division(op, a, b),
        BinaryOp::Pow => return int_power(a, b),
        BinaryOp::BitAnd => Some(a & b),
        BinaryOp::BitOr => Some(a | b),
        BinaryOp::BitXor => Some(a ^ b),
        BinaryOp::LShift => return shift_left(a, b),
        BinaryOp::RShift => return shift_right(a, b),
    };
    result.map(Value::Int).ok_or_else(|| Stop::unsupported(TOO_BIG))
}

/// True division is exact only where both sides are floats without rounding; Python rounds the quotient once.
fn int_division(a: i128, b: i128) -> R<Value> {
    const EXACT: u128 = 1 << 53;
    if b == 0 {
        return Err(zero("division by zero"));
    }
    if a.unsigned_abs() > EXACT || b.unsigned_abs() > EXACT {
        return big_division(a, b);
    }
    Ok(Value::Float(Number::Int(a).to_float() / Number::Int(b).to_float()))
}

/// The quotient to 64 bits and a sticky bit, rounded once on conversion.
fn big_division(a: i128, b: i128) -> R<Value> {
    if let (Some(quotient), 0) = (a.checked_div(b), a.wrapping_rem(b)) {
        return Ok(Value::Float(Number::Int(quotient).to_float()));
    }
    let negative = (a < 0) != (b < 0);
    let (mut numerator, denominator) = (a.unsigned_abs(), b.unsigned_abs());
    let mut exponent = 0_i32;
    let mut quotient = numerator / denominator;
    numerator %= denominator;
    while quotient < 1 << 62 {
        let (doubled, carry) = (numerator << 1, numerator >> 127 == 1);
        quotient <<= 1;
        exponent -= 1;
        if carry || doubled >= denominator {
            quotient |= 1;
            numerator = doubled.wrapping_sub(denominator);
        } else {
            numerator = doubled;
        }
        if exponent < -300 {
            return Err(Stop::unsupported(TOO_BIG));
        }
    }
    let sticky = u128::from(numerator != 0);
    let quotient = i128::try_from(quotient | sticky).map_err(|_| Stop::unsupported(TOO_BIG))?;
    let value = Number::Int(quotient).to_float() * 2_f64.powi(exponent);
    Ok(Value::Float(if negative { -value } else { value }))
}

fn floor_division(op: BinaryOp, a: i128, b: i128) -> R<Value> {
    if b == 0 {
        let message = if op == BinaryOp::Mod { "integer modulo by zero" } else { "integer division or modulo by zero" };
        return Err(zero(message));
    }
    let Some(quotient) = a.checked_div(b) else { return Err(Stop::unsupported(TOO_BIG)) };
    let remainder = a % b;
    let below = remainder != 0 && (remainder < 0) != (b < 0);
    Ok(Value::Int(match op {
        BinaryOp::Mod if below => remainder + b,
        BinaryOp::Mod => remainder,
        _ if below => quotient - 1,
        _ => quotient,
    }))
}

fn int_power(a: i128, b: i128) -> R<Value> {
    if b < 0 {
        return float_binary(BinaryOp::Pow, Number::Int(a).to_float(), Number::Int(b).to_float());
    }
    let result = match (a, u32::try_from(b)) {
        (0 | 1, _) => Some(if b == 0 { 1 } else { a }),
        (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
        (_, Ok(b)) => a.checked_pow(b),
        _ => None,
    };
    result.map(Value::Int).ok_or_else(|| Stop::unsupported(TOO_BIG))
}

fn shift_left(a: i128, b: i128) -> R<Value> {
    if b < 0 {
        return Err(Stop::value_error("negative shift count"));
    }
    if a == 0 {
        return Ok(Value::Int(0));
    }
    let factor = u32::try_from(b).ok().filter(|bits| *bits < 127).map(|bits| 1_i128 << bits);
    let result = factor.and_then(|factor| a.checked_mul(factor));
    result.map(Value::Int).ok_or_else(|| Stop::unsupported(TOO_BIG))
}

fn shift_right(a: i128, b: i128) -> R<Value> {
    if b < 0 {
        return Err(Stop::value_error("negative shift count"));
    }
    let bits = u32::try_from(b).unwrap_or(127).min(127);
    Ok(Value::Int(a >> bits))
}

fn float_binary(op: BinaryOp, a: f64, b: f64) -> R<Value> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mult => a * b,
        BinaryOp::Div if b == 0.0 => return Err(zero("float division by zero")),
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv if b == 0.0 => return Err(zero("float floor division by zero")),
        BinaryOp::Mod if b == 0.0 => return Err(zero("float modulo")),
        BinaryOp::FloorDiv => float_floor_division(a, b).0,
        BinaryOp::Mod => float_floor_division(a, b).1,
        BinaryOp::Pow => return float_power(a, b),
        _ => return Err(Stop::type_error("unsupported operand type(s) for a bitwise operator: 'float'")),
    };
    Ok(Value::Float(result))
}

/// `divmod` of floats: the remainder has the divisor's sign, and the quotient is rounded to a whole number.
pub(crate) fn float_floor_division(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder == 0.0 {
        remainder = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (remainder < 0.0) {
        remainder += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), remainder);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, remainder)
}

fn float_power(a: f64, b: f64) -> R<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(zero("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        return Err(Stop::unsupported("a complex number"));
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        let args = vec![Value::Int(34), Value::str("Numerical result out of range")];
        return Err(Stop::raise_with(&class::OVERFLOW_ERROR, args));
    }
    Ok(Value::Float(result))
}

fn zero(message: &str) -> Box<Stop> {
    Stop::raise(&class::ZERO_DIVISION_ERROR, message)
}

/// `int(float)`.
pub(crate) fn truncate(value: f64) -> R<i128> {
    if value.is_nan() {
        return Err(Stop::value_error("cannot convert float NaN to integer"));
    }
    if value.is_infinite() {
        return Err(Stop::raise(&class::OVERFLOW_ERROR, "cannot convert float infinity to integer"));
    }
    exact_int(value.trunc()).ok_or_else(|| Stop::unsupported(TOO_BIG))
}

/// Refuses an integer that was found too big while reading its text.
pub(crate) fn too_big() -> Box<Stop> {
    Stop::unsupported(TOO_BIG)
}
