//! The grammar of JSON, over whatever is built from it.

use super::{Limits, fault};
use crate::bytes::{skip_space, string_stop};
use crate::escape::{self, Fault};
use crate::{Span, SyntaxError};
use std::borrow::Cow;

/// What a parse makes.
pub(super) trait Build {
    type Value;
    type Member;

    /// Whether strings are wanted decoded; otherwise half surrogate pairs pass, except in keys.
    const DECODES: bool;

    fn object_only(&self) -> bool {
        false
    }
    fn string(&self, span: Span, text: Cow<'_, str>) -> Self::Value;
    fn plain(&self, span: Span, text: &str) -> Self::Value;
    fn sequence(&self, span: Span, items: Vec<Self::Value>) -> Self::Value;
    fn member(&self, key: Self::Value, value: Self::Value) -> Self::Member;
    fn mapping(&self, span: Span, entries: Vec<Self::Member>) -> Self::Value;
}

/// A key already seen in the object being read.
struct Seen<'t> {
    text: Cow<'t, str>,
    span: Span,
}

pub(super) struct Parser<'t, B> {
    text: &'t str,
    at: usize,
    /// Where the objects and arrays around `at` were opened.
    open: Vec<usize>,
    nodes: usize,
    limits: Limits,
    /// Whether equal keys in one object are an error.
    unique: bool,
    build: B,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'t, B: Build> Parser<'t, B> {
    pub(super) fn new(text: &'t str, limits: Limits, build: B) -> Self {
        Self { text, at: 0, open: Vec::new(), nodes: 0, limits, unique: true, build }
    }

    /// Lets equal keys in one object pass.
    pub(super) fn keep_repeated(self) -> Self {
        Self { unique: false, ..self }
    }

    /// The one value of the text.
    pub(super) fn document(mut self) -> Parsed<B::Value> {
        if self.text.len() > self.limits.size {
            return Err(fault::too_large(self.text.len(), self.limits.size));
        }
        if self.text.starts_with('\u{feff}') {
            return Err(fault::byte_order_mark());
        }
        self.space();
        if self.build.object_only() && self.peek().is_some_and(|byte| byte != b'{') {
            return Err(fault::not_an_object(self.text, self.at));
        }
        let value = self.value()?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(fault::trailing(self.text, self.at)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        self.at = skip_space(self.text.as_bytes(), self.at);
    }

    /// Takes one byte if it comes next.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Parsed<B::Value> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(fault::too_many(self.at, self.limits.nodes));
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::mapping),
            Some(b'[') => self.nested(Self::sequence),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(fault::no_value(self.text, self.at, &self.open)),
        }
    }

    /// Reads what stands between two brackets; `at` is on the first.
    fn nested(&mut self, inside: fn(&mut Self, usize) -> Parsed<B::Value>) -> Parsed<B::Value> {
        if self.open.len() >= self.limits.depth {
            return Err(fault::too_deep(self.at, self.limits.depth));
        }
        let start = self.at;
        self.open.push(start);
        self.at += 1;
        let value = inside(self, start)?;
        self.open.pop();
        Ok(value)
    }

    fn sequence(&mut self, start: usize) -> Parsed<B::Value> {
        let mut items = Vec::new();
        self.space();
        if !self.eat(b']') {
            loop {
                items.push(self.value()?);
                if self.ends(b']')? {
                    break;
                }
            }
        }
        Ok(self.build.sequence(Span::new(start, self.at), items))
    }

    fn mapping(&mut self, start: usize) -> Parsed<B::Value> {
        let mut entries = Vec::new();
        let mut seen = Vec::new();
        self.space();
        if !self.eat(b'}') {
            loop {
                entries.push(self.member(&mut seen)?);
                if self.ends(b'}')? {
                    break;
                }
            }
        }
        match duplicate(seen) {
            Some((name, first, second)) if self.unique => Err(fault::duplicate_key(&name, first, second)),
            _ => Ok(self.build.mapping(Span::new(start, self.at), entries)),
        }
    }

    fn member(&mut self, seen: &mut Vec<Seen<'t>>) -> Parsed<B::Member> {
        self.nodes += 1;
        if self.peek() != Some(b'"') {
            return Err(fault::no_key(self.text, self.at, &self.open));
        }
        let (span, text) = self.text_of_string(true)?;
        let key = self.build.string(span, Cow::Borrowed(&text));
        seen.push(Seen { text, span });
        self.space();
        if !self.eat(b':') {
            return Err(fault::no_colon(self.text, self.at, span, &self.open));
        }
        self.space();
        let value = self.value()?;
        Ok(self.build.member(key, value))
    }

    /// Past the separator behind a member or an item; true when that was the closing bracket.
    fn ends(&mut self, bracket: u8) -> Parsed<bool> {
        self.space();
        if self.eat(bracket) {
            return Ok(true);
        }
        let comma = self.at;
        if !self.eat(b',') {
            return Err(fault::no_comma(self.text, self.at, bracket, &self.open));
        }
        self.space();
        match self.peek() {
            Some(byte) if byte == bracket => Err(fault::trailing_comma(comma, bracket)),
            _ => Ok(false),
        }
    }

    fn string(&mut self) -> Parsed<B::Value> {
        let (span, text) = self.text_of_string(B::DECODES)?;
        Ok(self.build.string(span, text))
    }

    /// The string at `at`; without `whole`, half surrogate pairs pass and the text is not to be used.
    fn text_of_string(&mut self, whole: bool) -> Parsed<(Span, Cow<'t, str>)> {
        let start = self.at;
        let (end, escaped) = self.string_end(start)?;
        self.at = end;
        let span = Span::new(start, end);
        let inside = self.text.get(start + 1..end - 1).unwrap_or_default();
        if !escaped {
            return Ok((span, Cow::Borrowed(inside)));
        }
        let mut text = String::new();
        match escape::unescape(inside, &mut text) {
            Ok(()) => Ok((span, Cow::Owned(text))),
            Err(Fault::Invalid { at, end }) => {
                Err(fault::invalid_escape(self.text, Span::new(at, end).shifted(start + 1)))
            }
            Err(Fault::LoneSurrogate { at }) if whole => Err(fault::lone_surrogate(start + 1 + at)),
            Err(Fault::LoneSurrogate { .. }) => match invalid_escape(inside) {
                Some(span) => Err(fault::invalid_escape(self.text, span.shifted(start + 1))),
                None => Ok((span, Cow::Borrowed(inside))),
            },
        }
    }

    /// Past the closing quote of the string at `start`, and whether it has escapes.
    fn string_end(&self, start: usize) -> Parsed<(usize, bool)> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            at = string_stop(bytes, at);
            match bytes.get(at) {
                Some(b'"') => return Ok((at + 1, escaped)),
                Some(b'\\') if at + 1 < bytes.len() => {
                    escaped = true;
                    at += 2;
                }
                Some(b'\\') | None => return Err(fault::unterminated(self.text, start)),
                Some(&control) => return Err(fault::control_character(self.text, start, at, control)),
            }
        }
    }

    fn number(&mut self) -> Parsed<B::Value> {
        let start = self.at;
        self.eat(b'-');
        let whole = self.digits();
        let leading = self.text.as_bytes().get(self.at - whole) == Some(&b'0');
        if whole == 0 || (whole > 1 && leading) {
            return Err(fault::number(self.text, start));
        }
        if self.eat(b'.') && self.digits() == 0 {
            return Err(fault::number(self.text, start));
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            if self.digits() == 0 {
                return Err(fault::number(self.text, start));
            }
        }
        match self.peek() {
            Some(byte) if fault::continues_word(byte) => Err(fault::number(self.text, start)),
            _ => Ok(self.plain(start)),
        }
    }

    fn digits(&mut self) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn literal(&mut self, word: &str) -> Parsed<B::Value> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let behind = rest.as_bytes().get(word.len()).copied();
        if !rest.starts_with(word) || behind.is_some_and(fault::continues_word) {
            return Err(fault::no_value(self.text, start, &self.open));
        }
        self.at += word.len();
        Ok(self.plain(start))
    }

    fn plain(&self, start: usize) -> B::Value {
        let span = Span::new(start, self.at);
        self.build.plain(span, span.slice(self.text))
    }
}

/// The first invalid escape of a string that also has half surrogate pairs.
fn invalid_escape(inside: &str) -> Option<Span> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'\\', inside.as_bytes().get(at..)?)?;
        let mut end = at + 2;
        if inside.as_bytes().get(at + 1) == Some(&b'u') {
            end = at + 6;
        }
        match escape::unescape(
            inside.get(at..end).unwrap_or_else(|| inside.get(at..).unwrap_or_default()),
            &mut String::new(),
        ) {
            Err(Fault::Invalid { at: from, end }) => return Some(Span::new(from, end).shifted(at)),
            _ => at = end,
        }
    }
}

/// The two places of a key that occurs twice, the earliest such: sorting takes no hash table that a stranger could choose keys for.
fn duplicate(mut seen: Vec<Seen<'_>>) -> Option<(String, Span, Span)> {
    seen.sort_by(|a, b| a.text.cmp(&b.text).then(a.span.cmp(&b.span)));
    let pairs = seen.windows(2).filter_map(|pair| match pair {
        [first, second] if first.text == second.text => Some((first, second)),
        _ => None,
    });
    let (first, second) = pairs.min_by_key(|(_, second)| second.span)?;
    Some((first.text.to_string(), first.span, second.span))
}
