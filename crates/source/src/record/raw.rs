//! The text of one valid JSON value, parsed when somebody asks.

use super::Limits;
use super::values::Values;
use crate::bytes::{skip_space, string_stop, string_stop_near};
use crate::escape::unescape;
use crate::json::diagnose;
use crate::{Span, SyntaxError};
use std::borrow::Cow;

/// One JSON value that is known to be valid. Equal when written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    text: &'a str,
    /// Whether it is a string with escapes.
    escaped: bool,
}

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// `-1.5e3`
    Number,
    /// `"text"`
    String,
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

/// A string that is no text, because an escape in it is half of a surrogate pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the string holds half of a surrogate pair (\\ud800 to \\udfff alone), which is no character")]
pub struct LoneSurrogate;

impl<'a> Raw<'a> {
    pub(super) const NULL: Raw<'static> = Raw { text: "null", escaped: false };

    #[inline]
    pub(super) const fn new(text: &'a str, escaped: bool) -> Self {
        Self { text, escaped }
    }

    /// Checks a text that is one JSON value, with the same rules as a record.
    ///
    /// # Errors
    /// Where the text is not one JSON value within the limits.
    pub fn parse(text: &'a str, limits: Limits) -> Result<Self, SyntaxError> {
        if text.len() > limits.size {
            let message = format!("the value has {} bytes, more than the {} allowed", text.len(), limits.size);
            return Err(SyntaxError::new(Span::at(0), message));
        }
        let start = skip_space(text.as_bytes(), 0);
        let ended = Values::new(limits.depth).value(text, start, 0);
        match ended.filter(|ended| skip_space(text.as_bytes(), ended.at) == text.len()) {
            Some(ended) => Ok(Self::new(text.get(start..ended.at).unwrap_or_default(), ended.escaped)),
            None => Err(diagnose(text, limits.depth, false)
                .unwrap_or_else(|| SyntaxError::new(Span::new(0, text.len()), "the text is not one valid JSON value"))),
        }
    }

    pub(super) fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// The value as written.
    #[inline]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What kind of value it is.
    #[inline]
    pub fn kind(&self) -> Kind {
        match self.text.as_bytes().first() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Whether it is null.
    #[inline]
    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a string; borrowed where it has no escapes.
    pub fn as_str(&self) -> Option<Result<Cow<'a, str>, LoneSurrogate>> {
        match self.as_plain_str() {
            Some(text) => Some(Ok(Cow::Borrowed(text))),
            None if self.kind() == Kind::String => Some(self.unescaped()),
            None => None,
        }
    }

    /// The text of a string without escapes: the cheap case of [`Raw::as_str`].
    #[inline]
    pub fn as_plain_str(&self) -> Option<&'a str> {
        if self.escaped {
            return None;
        }
        self.inside()
    }

    /// Whether it is a string with this text.
    pub fn is_str(&self, text: &str) -> bool {
        matches!(self.as_str(), Some(Ok(own)) if own == text)
    }

    #[inline]
    fn inside(&self) -> Option<&'a str> {
        match self.text.as_bytes() {
            [b'"', .., b'"'] => self.text.get(1..self.text.len() - 1),
            _ => None,
        }
    }

    #[cold]
    fn unescaped(&self) -> Result<Cow<'a, str>, LoneSurrogate> {
        let mut text = String::new();
        unescape(self.inside().unwrap_or_default(), &mut text).map_err(|_| LoneSurrogate)?;
        Ok(Cow::Owned(text))
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind() {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The text of a number.
    pub fn as_number(&self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then_some(self.text)
    }

    /// Whether it is a number without fraction and exponent, of any size: what Python makes an `int` of.
    pub fn is_whole(&self) -> bool {
        self.as_number().is_some_and(|text| !text.contains(['.', 'e', 'E']))
    }

    /// A whole number that fits; `1.0` and `1e3` are not whole.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.parse().ok()
    }

    /// A whole number that fits; `1.0` and `1e3` are not whole.
    pub fn as_i128(&self) -> Option<i128> {
        self.as_number()?.parse().ok()
    }

    /// The nearest double of any number; infinite where it is too large.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The items of an array; none for any other value.
    pub fn elements(&self) -> Elements<'a> {
        Elements { walk: Walk::new(self.text, b'[') }
    }

    /// The members of an object; none for any other value.
    pub fn members(&self) -> Members<'a> {
        Members { walk: Walk::new(self.text, b'{') }
    }

    /// The value of an object's key.
    pub fn get(&self, key: &str) -> Option<Raw<'a>> {
        self.members().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// The items of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    walk: Walk<'a>,
}

/// The members of an object, keys decoded.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        self.walk.more().then(|| self.walk.value())
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.walk.more() {
            return None;
        }
        let key = self.walk.value();
        self.walk.colon();
        // The scanner lets no half surrogate pass in a key.
        let name = key.as_str().and_then(Result::ok).unwrap_or_default();
        Some((name, self.walk.value()))
    }
}

/// A place inside a valid array or object.
#[derive(Debug, Clone)]
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, bracket: u8) -> Self {
        let at = if text.as_bytes().first() == Some(&bracket) { 1 } else { text.len() };
        Self { text, at }
    }

    /// Goes to the next item; false where there is none.
    fn more(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        self.at = skip_space(bytes, self.at);
        if bytes.get(self.at) == Some(&b',') {
            self.at = skip_space(bytes, self.at + 1);
        }
        !matches!(bytes.get(self.at), None | Some(b']' | b'}'))
    }

    fn colon(&mut self) {
        let bytes = self.text.as_bytes();
        self.at = skip_space(bytes, skip_space(bytes, self.at) + 1);
    }

    /// Takes the value that starts here.
    fn value(&mut self) -> Raw<'a> {
        let start = self.at;
        let (end, escaped) = skip_value(self.text.as_bytes(), start);
        self.at = end;
        Raw::new(self.text.get(start..end).unwrap_or_default(), escaped)
    }
}

/// Past a valid value, and whether it is a string with escapes.
fn skip_value(bytes: &[u8], at: usize) -> (usize, bool) {
    match bytes.get(at) {
        Some(b'"') => skip_string(bytes, at),
        Some(b'{' | b'[') => (skip_nested(bytes, at), false),
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(rest.len());
            (at + end, false)
        }
    }
}

fn skip_string(bytes: &[u8], at: usize) -> (usize, bool) {
    let mut at = string_stop(bytes, at + 1);
    let escaped = bytes.get(at) == Some(&b'\\');
    while bytes.get(at) == Some(&b'\\') {
        at = string_stop_near(bytes, at + 2);
    }
    ((at + 1).min(bytes.len()), escaped)
}

fn skip_nested(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = skip_string(bytes, at).0;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
