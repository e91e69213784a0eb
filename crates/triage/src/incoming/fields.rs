//! Taking fields out of a JSON object, with the path and the byte of whatever is not what it must be.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use source::record::{Kind, Raw};

/// Why a finding cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Problem {
    /// `Findings[3].Severity.Label`; empty for the text as a whole.
    pub path: String,
    /// The byte of the text.
    pub offset: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Something wrong with a value, before it is known where in the text that value stands.
#[derive(Debug)]
pub(super) struct Bad<'a> {
    path: String,
    value: &'a str,
    message: String,
}

impl Bad<'_> {
    /// The problem it is in that text, which the value is a part of.
    pub(super) fn in_text(self, text: &str) -> Problem {
        Problem { path: self.path, offset: offset_in(text, self.value), message: self.message }
    }
}

/// Where a part of a text begins in it.
pub(super) fn offset_in(text: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if offset <= text.len() { offset } else { 0 }
}

/// The way to a value from the top of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Top,
    Name(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    pub(super) const TOP: Path<'static> = Path { parent: None, step: Step::Top };

    pub(super) fn name(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Name(name) }
    }

    pub(super) fn index(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.parent.map(Path::text).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = match self.step {
            Step::Top => Ok(()),
            Step::Name(name) => write!(text, "{}{name}", if text.is_empty() { "" } else { "." }),
            Step::Index(index) => write!(text, "[{index}]"),
        };
        text
    }

    pub(super) fn bad<'a>(&self, value: Raw<'a>, message: impl Into<String>) -> Bad<'a> {
        Bad { path: self.text(), value: value.text(), message: message.into() }
    }
}

/// An object whose members were found once.
#[derive(Debug)]
pub(super) struct Object<'a, 'p> {
    raw: Raw<'a>,
    members: Vec<(Cow<'a, str>, Raw<'a>)>,
    path: Path<'p>,
}

impl<'a, 'p> Object<'a, 'p> {
    pub(super) fn new(raw: Raw<'a>, path: Path<'p>) -> Result<Self, Bad<'a>> {
        match raw.kind() {
            Kind::Object => Ok(Self { raw, members: raw.members().collect(), path }),
            other => Err(path.bad(raw, format!("expected an object, not {}", described(other)))),
        }
    }

    /// The object's own place.
    pub(super) fn bad(&self, message: impl Into<String>) -> Bad<'a> {
        self.path.bad(self.raw, message)
    }

    pub(super) fn path(&self) -> &Path<'p> {
        &self.path
    }

    /// A member; `null` is none.
    pub(super) fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.members.iter().find(|(key, value)| key == name && !value.is_null()).map(|(_, value)| *value)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Bad<'a>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_str() {
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(error)) => Err(self.path.name(name).bad(value, error.to_string())),
            None => Err(self.path.name(name).bad(value, format!("expected a string, not {}", described(value.kind())))),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<Cow<'a, str>, Bad<'a>> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(self.path.name(name).bad(self.raw, "is empty")),
            None => Err(self.bad(format!("`{name}` is missing"))),
        }
    }

    /// A text that decides nothing: whatever is no string is left out, and stays in the finding's own text.
    pub(super) fn loose(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str()?.ok().map(Cow::into_owned)
    }

    /// The members of an object that decides nothing.
    pub(super) fn loose_object(&self, name: &str) -> Option<Raw<'a>> {
        self.get(name).filter(|value| value.kind() == Kind::Object)
    }

    pub(super) fn loose_time(&self, name: &str) -> Option<Timestamp> {
        self.loose(name)?.parse().ok()
    }

    pub(super) fn object<'s>(&'s self, name: &'s str) -> Result<Option<Object<'a, 's>>, Bad<'a>> {
        self.get(name).map(|value| Object::new(value, self.path.name(name))).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Result<Vec<Raw<'a>>, Bad<'a>> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        match value.kind() {
            Kind::Array => Ok(value.elements().collect()),
            other => Err(self.path.name(name).bad(value, format!("expected a list, not {}", described(other)))),
        }
    }

    /// The strings of a list that decides nothing.
    pub(super) fn loose_list(&self, name: &str) -> Vec<String> {
        let Some(value) = self.get(name) else { return Vec::new() };
        value.elements().filter_map(|item| item.as_str()?.ok().map(Cow::into_owned)).collect()
    }
}

/// A text member of an object that decides nothing.
pub(super) fn loose(raw: Raw<'_>, name: &str) -> Option<String> {
    raw.get(name)?.as_str()?.ok().map(Cow::into_owned)
}

/// What a value is, in words.
pub(super) fn described(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool(_) => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}
