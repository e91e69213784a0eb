//! The grammar of JSON values, checked without building anything.
//!
//! Functions return where the value ends, or `None` where the text is not JSON; why, the strict parser says.

use super::keys::Keys;
use crate::bytes::{skip_space, string_stop, string_stop_near};
use crate::escape::hex4;

/// Checks values and the keys inside them.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) keys: Keys,
    depth: usize,
}

/// Where a value ends, and whether it is a string with escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) at: usize,
    pub(super) escaped: bool,
}

impl Values {
    pub(super) fn new(depth: usize) -> Self {
        Self { keys: Keys::default(), depth }
    }

    /// The value at `at`, inside `depth` objects and arrays.
    #[inline]
    pub(super) fn value(&mut self, text: &str, at: usize, depth: usize) -> Option<Ended> {
        let bytes = text.as_bytes();
        match *bytes.get(at)? {
            b'"' => string(bytes, at + 1),
            b'n' => literal(bytes, at, *b"null").map(|at| Ended { at, escaped: false }),
            byte => self.other(text, at, depth, byte).map(|at| Ended { at, escaped: false }),
        }
    }

    #[inline(never)]
    fn other(&mut self, text: &str, at: usize, depth: usize, byte: u8) -> Option<usize> {
        let bytes = text.as_bytes();
        match byte {
            b't' => literal(bytes, at, *b"true"),
            b'f' => literal(bytes, at + 1, *b"alse"),
            b'-' | b'0'..=b'9' => number(bytes, at),
            b'{' if depth < self.depth => self.mapping(text, at + 1, depth + 1),
            b'[' if depth < self.depth => self.sequence(text, at + 1, depth + 1),
            _ => None,
        }
    }

    fn sequence(&mut self, text: &str, at: usize, depth: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, at);
        if bytes.get(at) == Some(&b']') {
            return Some(at + 1);
        }
        loop {
            at = skip_space(bytes, self.value(text, at, depth)?.at);
            match bytes.get(at)? {
                b',' => at = skip_space(bytes, at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn mapping(&mut self, text: &str, at: usize, depth: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, at);
        if bytes.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        let base = self.keys.base();
        loop {
            at = self.key(text, at)?;
            at = skip_space(bytes, self.value(text, at, depth)?.at);
            match bytes.get(at)? {
                b',' => at = skip_space(bytes, at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        self.keys.close(base, text)?;
        Some(at + 1)
    }

    /// The key at `at`, put on the stack; returns where its value starts.
    #[inline]
    pub(super) fn key(&mut self, text: &str, at: usize) -> Option<usize> {
        let key = key(text.as_bytes(), at)?;
        self.keys.push(text, at + 1, key.end, key.escaped)?;
        Some(key.value)
    }
}

/// A key with what stands behind it.
pub(super) struct Key {
    /// The closing quote.
    pub(super) end: usize,
    pub(super) escaped: bool,
    /// Where the value starts.
    pub(super) value: usize,
}

/// The key whose opening quote stands at `at`.
#[inline]
pub(super) fn key(bytes: &[u8], at: usize) -> Option<Key> {
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let Ended { at, escaped } = string(bytes, at + 1)?;
    let colon = skip_space(bytes, at);
    let found = *bytes.get(colon)? == b':';
    found.then(|| Key { end: at - 1, escaped, value: skip_space(bytes, colon + 1) })
}

/// The rest of a string whose opening quote stands before `at`.
#[inline]
pub(super) fn string(bytes: &[u8], at: usize) -> Option<Ended> {
    let at = string_stop(bytes, at);
    match *bytes.get(at)? {
        b'"' => Some(Ended { at: at + 1, escaped: false }),
        b'\\' => escaped_string(bytes, at).map(|at| Ended { at, escaped: true }),
        _ => None,
    }
}

/// The rest of a string from its first backslash on.
#[inline(never)]
fn escaped_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += match *bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => hex4(bytes, at + 2).map(|_| 6)?,
            _ => return None,
        };
        at = string_stop_near(bytes, at);
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => {}
            _ => return None,
        }
    }
}

#[inline]
fn literal(bytes: &[u8], at: usize, word: [u8; 4]) -> Option<usize> {
    let found = bytes.get(at..)?.first_chunk::<4>()?;
    (u32::from_le_bytes(*found) == u32::from_le_bytes(word)).then_some(at + 4)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut at = digits(bytes, start)?;
    if at > start + 1 && bytes.get(start) == Some(&b'0') {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(bytes, at + 1 + sign)?;
    }
    Some(at)
}

/// Past one or more digits.
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}
