//! Finding text within text, in code points.

use smol_str::SmolStr;

use crate::evaluate::arguments::Call;
use crate::method::Method;
use crate::stop::{R, Stop};
use crate::value::Value;

/// The part of a text that `start` and `end` leave: bytes from and to, and where it begins in code points.
struct Window {
    from: usize,
    to: usize,
    first: usize,
    /// Whether the bounds are in order, so that even nothing can be found.
    valid: bool,
}

fn window(text: &str, start: Option<&Value>, end: Option<&Value>) -> R<Window> {
    let bounds = (bound(start)?, bound(end)?);
    if bounds == (None, None) {
        return Ok(Window { from: 0, to: text.len(), first: 0, valid: true });
    }
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    let place = |bound: i128| {
        let bound = if bound < 0 { bound.saturating_add(length as i128).max(0) } else { bound };
        usize::try_from(bound).unwrap_or(usize::MAX)
    };
    let (start, end) = (bounds.0.map_or(0, place), bounds.1.map_or(length, place).min(length));
    if start > end {
        return Ok(Window { from: 0, to: 0, first: 0, valid: false });
    }
    Ok(Window { from: byte(text, start), to: byte(text, end), first: start, valid: true })
}

fn bound(value: Option<&Value>) -> R<Option<i128>> {
    match value {
        None | Some(Value::None) => Ok(None),
        Some(Value::Int(value)) => Ok(Some(*value)),
        Some(Value::Bool(value)) => Ok(Some(i128::from(*value))),
        Some(other) => {
            Err(Stop::wrong(other, |_| "slice indices must be integers or None or have an __index__ method".to_owned()))
        }
    }
}

/// The byte at which that code point begins.
fn byte(text: &str, position: usize) -> usize {
    if text.is_ascii() {
        return position.min(text.len());
    }
    text.char_indices().nth(position).map_or(text.len(), |(at, _)| at)
}

/// `startswith`, `endswith`.
pub(super) fn affix(text: &str, method: Method, call: Call) -> R<Value> {
    let name = method.name();
    let [affix, start, end] = call.between(name, 1)?;
    let window = window(text, start.as_ref(), end.as_ref())?;
    let part = text.get(window.from..window.to).unwrap_or_default();
    let holds = |affix: &SmolStr| {
        window.valid
            && match method {
                Method::StartsWith => part.starts_with(affix.as_str()),
                _ => part.ends_with(affix.as_str()),
            }
    };
    match affix.as_ref().unwrap_or(&Value::None) {
        Value::Str(affix) => Ok(Value::Bool(holds(affix))),
        Value::Tuple(affixes) => {
            for affix in affixes.items() {
                match affix {
                    Value::Str(affix) if holds(affix) => return Ok(Value::Bool(true)),
                    Value::Str(_) => {}
                    other => {
                        return Err(Stop::wrong(other, |kind| {
                            format!("tuple for {name} must only contain str, not {kind}")
                        }));
                    }
                }
            }
            Ok(Value::Bool(false))
        }
        other => Err(Stop::wrong(other, |kind| format!("{name} first arg must be str or a tuple of str, not {kind}"))),
    }
}

/// `find`, `rfind`, `index`, `rindex`, `count`.
pub(super) fn search(text: &str, method: Method, call: Call) -> R<Value> {
    let name = method.name();
    let [wanted, start, end] = call.between(name, 1)?;
    let wanted = match wanted.as_ref().unwrap_or(&Value::None) {
        Value::Str(wanted) => wanted.clone(),
        other => return Err(Stop::wrong(other, |kind| format!("must be str, not {kind}"))),
    };
    let window = window(text, start.as_ref(), end.as_ref())?;
    let part = text.get(window.from..window.to).unwrap_or_default();
    if method == Method::Count {
        let count = match wanted.is_empty() {
            _ if !window.valid => 0,
            true => part.chars().count() + 1,
            false => part.matches(wanted.as_str()).count(),
        };
        return Ok(Value::Int(count as i128));
    }
    let found = match method {
        _ if !window.valid => None,
        Method::Find | Method::Index => part.find(wanted.as_str()),
        _ => part.rfind(wanted.as_str()),
    };
    match found {
        Some(at) => {
            let before = part.get(..at).unwrap_or_default();
            Ok(Value::Int((window.first + before.chars().count()) as i128))
        }
        None if matches!(method, Method::Index | Method::Rindex) => Err(Stop::value_error("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}
