//! What each function of a detection may return.

use finding::Severity;
use logic::Value;

/// How deep an alert's context may nest.
const MAX_DEPTH: usize = 200;

/// Whether a function may return that.
///
/// # Errors
/// What is wrong with it, in the peer's sense.
pub(super) fn check(function: &str, value: &Value) -> Result<(), String> {
    match function {
        "policy" | "rule" => expect(value.as_bool().is_some(), value, "bool"),
        "not_applicable" | "reason" => expect(matches!(value, Value::None | Value::Str(_)), value, "str or None"),
        "destinations" => destinations(value),
        "severity" => severity(value),
        "alert_context" => match value.unsealed() {
            within @ Value::Dict(_) => serializable(&within, 0),
            _ => expect(false, value, "a mapping"),
        },
        _ => expect(value.as_str().is_some(), value, "str"),
    }
}

fn expect(fits: bool, value: &Value, expected: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(format!("it returned {}, not {expected}", value.type_name())) }
}

fn destinations(value: &Value) -> Result<(), String> {
    match value {
        Value::None => Ok(()),
        Value::List(list) if list.items().iter().all(|item| item.as_str().is_some()) => Ok(()),
        _ => expect(false, value, "a list of str"),
    }
}

fn severity(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return expect(false, value, "str") };
    let name = text.to_uppercase();
    if name == "DEFAULT" || Severity::ALL.iter().any(|severity| severity.name() == name) {
        Ok(())
    } else {
        Err(format!("it returned `{text}`, which is no severity"))
    }
}

/// Whether `json.dumps(value, allow_nan=False)` would work.
fn serializable(value: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("it nests deeper than {MAX_DEPTH} levels"));
    }
    match &value.unsealed() {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) => Ok(()),
        Value::Float(number) if number.is_finite() => Ok(()),
        Value::Float(_) => Err("JSON has no number for nan or an infinity".to_owned()),
        Value::List(list) => list.items().iter().try_for_each(|item| serializable(item, depth + 1)),
        Value::Tuple(tuple) => tuple.items().iter().try_for_each(|item| serializable(item, depth + 1)),
        Value::Dict(dict) => dict.entries().iter().try_for_each(|(key, item)| match key.value() {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Float(_) => {
                serializable(item, depth + 1)
            }
            other => Err(format!("JSON has no keys of type {}", other.type_name())),
        }),
        other => Err(format!("JSON has nothing for {}", other.type_name())),
    }
}
