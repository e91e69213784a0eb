//! The facts that a resource says could not be read.

use source::record::{Kind, Raw};

use super::{MAX_UNKNOWN_FACTS, ResourceError};
use crate::UnknownFact;

/// The unknown facts under `Unknown`, in the order written.
pub(super) fn unknown_facts(raw: Raw<'_>) -> Result<Vec<UnknownFact>, ResourceError> {
    if raw.kind() != Kind::Object {
        return Err(wrong("`Unknown`", "an object from field to fact", raw));
    }
    if raw.members().nth(MAX_UNKNOWN_FACTS).is_some() {
        return Err(ResourceError::TooManyUnknownFacts);
    }
    raw.members().map(|(field, fact)| unknown_fact(&field, fact)).collect()
}

fn unknown_fact(field: &str, raw: Raw<'_>) -> Result<UnknownFact, ResourceError> {
    const MEMBERS: &str = "an object of the strings `operation`, `code` and `message`";
    let refuse = || wrong(&format!("`Unknown.{field}`"), MEMBERS, raw);
    if raw.kind() != Kind::Object {
        return Err(refuse());
    }
    let (mut operation, mut code, mut message) = (None, None, None);
    for (name, value) in raw.members() {
        let slot = match &*name {
            "operation" => &mut operation,
            "code" => &mut code,
            "message" => &mut message,
            _ => return Err(refuse()),
        };
        *slot = Some(value.as_str().and_then(Result::ok).ok_or_else(refuse)?.into_owned());
    }
    match (operation, code, message) {
        (Some(operation), Some(code), Some(message)) => {
            Ok(UnknownFact { field: field.to_owned(), operation, code, message, expected: None })
        }
        _ => Err(refuse()),
    }
}

fn wrong(what: &str, expected: &'static str, raw: Raw<'_>) -> ResourceError {
    ResourceError::Shape { what: what.to_owned(), expected, found: shown(raw) }
}

/// A value as a message repeats it: whole where it is short.
pub(super) fn shown(raw: Raw<'_>) -> String {
    const MOST: usize = 60;
    let text = raw.text();
    if text.chars().nth(MOST).is_none() {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
