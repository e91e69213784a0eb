//! Taking text apart.

use smol_str::SmolStr;

use super::size;
use crate::evaluate::arguments::Call;
use crate::method::Method;
use crate::stop::{R, Stop};
use crate::unicode;
use crate::value::Value;

/// Whether `str.isspace` and `\s` hold a character for white space.
pub(crate) fn is_space(character: char) -> bool {
    unicode::has(character, unicode::SPACE)
}

fn separator(value: Option<&Value>, what: &str) -> R<Option<SmolStr>> {
    match value {
        None | Some(Value::None) => Ok(None),
        Some(Value::Str(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Stop::wrong(other, |name| format!("{what}, not {name}"))),
    }
}

/// `strip`, `lstrip`, `rstrip`.
pub(super) fn strip(text: &str, method: Method, call: Call) -> R<Value> {
    let name = method.name();
    let [characters] = call.between(name, 0)?;
    let characters = match characters.as_ref() {
        None | Some(Value::None) => None,
        Some(Value::Str(characters)) => Some(characters.clone()),
        Some(other) => return Err(Stop::wrong(other, |_| format!("{name} arg must be None or str"))),
    };
    let drops = |character: char| match &characters {
        None => is_space(character),
        Some(characters) => characters.contains(character),
    };
    let mut rest = text;
    if method != Method::Rstrip {
        rest = rest.trim_start_matches(drops);
    }
    if method != Method::Lstrip {
        rest = rest.trim_end_matches(drops);
    }
    Ok(Value::str(rest))
}

/// `split`, `rsplit`.
pub(super) fn split(text: &str, method: Method, call: Call) -> R<Value> {
    let [wanted, limit] = call.named(method.name(), ["sep", "maxsplit"], 0, 0)?;
    let limit = limit.map_or(Ok(-1), |limit| size(&limit))?;
    let wanted = separator(wanted.as_ref(), "must be str or None")?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let from_right = method == Method::Rsplit;
    let pieces = match wanted {
        Some(wanted) if wanted.is_empty() => return Err(Stop::value_error("empty separator")),
        Some(wanted) => split_by(text, &wanted, limit, from_right),
        None if from_right => split_space_right(text, limit),
        None => split_space(text, limit),
    };
    Ok(Value::list(pieces.into_iter().map(Value::str).collect()))
}

fn split_by<'t>(text: &'t str, separator: &str, limit: usize, from_right: bool) -> Vec<&'t str> {
    let pieces = limit.saturating_add(1);
    if !from_right {
        return text.splitn(pieces, separator).collect();
    }
    let mut pieces: Vec<_> = text.rsplitn(pieces, separator).collect();
    pieces.reverse();
    pieces
}

fn split_space(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if pieces.len() == limit {
            pieces.push(rest);
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        pieces.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    pieces
}

fn split_space_right(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if pieces.len() == limit {
            pieces.push(rest);
            break;
        }
        let start = rest.char_indices().rev().find(|(_, character)| is_space(*character));
        let start = start.map_or(0, |(at, character)| at + character.len_utf8());
        pieces.push(&rest[start..]);
        rest = rest[..start].trim_end_matches(is_space);
    }
    pieces.reverse();
    pieces
}

/// `splitlines`.
pub(super) fn lines(text: &str, call: Call) -> R<Value> {
    let [keep] = call.named("splitlines", ["keepends"], 0, 0)?;
    let keep = keep.is_some_and(|keep| keep.known_truth().unwrap_or(false));
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(ends_line).unwrap_or(rest.len());
        let mut next = end + rest[end..].chars().next().map_or(0, char::len_utf8);
        if rest[end..].starts_with("\r\n") {
            next = end + 2;
        }
        lines.push(Value::str(&rest[..if keep { next } else { end }]));
        rest = &rest[next..];
    }
    Ok(Value::list(lines))
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `partition`, `rpartition`.
pub(super) fn partition(text: &str, method: Method, call: Call) -> R<Value> {
    let [wanted] = call.exactly(&format!("str.{}", method.name()))?;
    let Value::Str(wanted) = &wanted else {
        return Err(Stop::wrong(&wanted, |name| format!("must be str, not {name}")));
    };
    if wanted.is_empty() {
        return Err(Stop::value_error("empty separator"));
    }
    let from_right = method == Method::Rpartition;
    let found = if from_right { text.rfind(wanted.as_str()) } else { text.find(wanted.as_str()) };
    let parts = match found {
        Some(at) => [&text[..at], wanted, &text[at + wanted.len()..]],
        None if from_right => ["", "", text],
        None => [text, "", ""],
    };
    Ok(Value::tuple(parts.into_iter().map(Value::str).collect()))
}
