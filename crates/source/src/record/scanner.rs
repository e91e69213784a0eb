//! The scanner, and the record it hands out.

use super::keys::Keys;
use super::shapes::{Learned, ROOT, ShapeId, Shapes};
use super::values::{self, Values};
use super::{Limits, Raw};
use crate::bytes::skip_space;
use crate::error::utf8_error;
use crate::json::diagnose;
use crate::{Span, SyntaxError};

/// Reads records. Keep one for each thread: it reuses its memory and remembers shapes.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    shapes: Shapes,
    values: Values,
    members: Vec<Member>,
}

/// Where a member's value stands, and which key it has.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: u32,
    end: u32,
    /// A shape, whose last key it is; or with [`LOOSE`] the place of the key on the stack of keys.
    key: u32,
}

/// Marks keys that no shape knows.
const LOOSE: u32 = 1 << 31;
/// Marks the end of a string value that has escapes.
const ESCAPED: u32 = 1 << 31;
/// Offsets must leave room for the mark.
const MAX_SIZE: usize = 1 << 30;

/// One object: its members in the order written.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    text: &'a str,
    members: &'a [Member],
    shapes: &'a Shapes,
    keys: &'a Keys,
    shape: ShapeId,
}

/// What comes behind a value.
enum Next {
    End(usize),
    Member { key: u32, value: usize },
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Scanner {
    /// A scanner that has met nothing yet.
    pub fn new(limits: Limits) -> Self {
        let limits = Limits { size: limits.size.min(MAX_SIZE), depth: limits.depth };
        Self { limits, shapes: Shapes::new(), values: Values::new(limits.depth), members: Vec::new() }
    }

    /// Checks one object of bytes.
    ///
    /// # Errors
    /// Where the bytes are not UTF-8, or not one JSON object within the limits.
    pub fn scan<'a>(&'a mut self, text: &'a [u8]) -> Result<Record<'a>, SyntaxError> {
        match simdutf8::basic::from_utf8(text) {
            Ok(text) => self.scan_str(text),
            Err(_) => Err(utf8_error(text).unwrap_or_else(|| SyntaxError::new(Span::at(0), "invalid UTF-8"))),
        }
    }

    /// Checks one object of text: for those who have checked a whole block for UTF-8 at once.
    ///
    /// # Errors
    /// Where the text is not one JSON object within the limits.
    pub fn scan_str<'a>(&'a mut self, text: &'a str) -> Result<Record<'a>, SyntaxError> {
        if text.len() > self.limits.size {
            let message = format!("the record has {} bytes, more than the {} allowed", text.len(), self.limits.size);
            return Err(SyntaxError::new(Span::at(0), message).help("split it into several records"));
        }
        match self.object(text) {
            Some(shape) => {
                let Self { shapes, values, members, .. } = self;
                Ok(Record { text, members, shapes, keys: &values.keys, shape })
            }
            None => Err(self.refusal(text)),
        }
    }

    #[cold]
    fn refusal(&self, text: &str) -> SyntaxError {
        diagnose(text, self.limits.depth, true)
            .unwrap_or_else(|| SyntaxError::new(Span::new(0, text.len()), "the text is not one valid JSON object"))
    }

    /// The shape of the object that is the text, with its members in `self.members`.
    #[inline]
    fn object(&mut self, text: &str) -> Option<ShapeId> {
        self.shapes.make_room();
        self.members.clear();
        self.values.keys.clear();
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, 0);
        if *bytes.get(at)? != b'{' || self.limits.depth == 0 {
            return None;
        }
        at += 1;
        let mut key = ROOT;
        loop {
            let value = match self.shapes.predict(key, bytes, at) {
                Some((next, value)) => {
                    key = next;
                    value
                }
                None => match self.unpredicted(text, at, key)? {
                    Next::End(end) => {
                        at = end;
                        break;
                    }
                    Next::Member { key: next, value } => {
                        key = next;
                        value
                    }
                },
            };
            // There may be more space than when the shape was met.
            let value = if bytes.get(value) == Some(&b' ') { skip_space(bytes, value) } else { value };
            let ended = self.values.value(text, value, 1)?;
            let mark = if ended.escaped { ESCAPED } else { 0 };
            self.members.push(Member { start: offset(value), end: offset(ended.at) | mark, key });
            at = ended.at;
        }
        (skip_space(bytes, at) == bytes.len()).then_some(())?;
        self.shape_of(text, key)
    }

    /// What stands at `at`, behind a value or the opening bracket, where no shape says it.
    #[inline(never)]
    fn unpredicted(&mut self, text: &str, at: usize, shape: u32) -> Option<Next> {
        let bytes = text.as_bytes();
        let mut start = skip_space(bytes, at);
        match *bytes.get(start)? {
            b'}' => return Some(Next::End(start + 1)),
            b',' if !self.members.is_empty() => start = skip_space(bytes, start + 1),
            b'"' if self.members.is_empty() => {}
            _ => return None,
        }
        let key = values::key(bytes, start)?;
        if shape & LOOSE == 0 {
            match self.shapes.learn(shape, text, at, start, &key) {
                Learned::Shape(next) => return Some(Next::Member { key: next, value: key.value }),
                Learned::Duplicate => return None,
                Learned::Loose => {}
            }
        }
        let loose = u32::try_from(self.values.keys.len()).ok()? | LOOSE;
        self.values.keys.push(text, start + 1, key.end, key.escaped)?;
        Some(Next::Member { key: loose, value: key.value })
    }

    /// The id of the record read, whose last key is given.
    #[inline]
    fn shape_of(&mut self, text: &str, last: u32) -> Option<ShapeId> {
        if last & LOOSE == 0 {
            return Some(self.shapes.id(last));
        }
        let id = self.shapes.loose_id();
        let Self { shapes, values, members, .. } = self;
        let record = Record { text, members, shapes, keys: &values.keys, shape: id };
        record.has_unique_keys().then_some(id)
    }
}

impl<'a> Record<'a> {
    /// Names the keys and their order, so that what was looked up for one record serves the next.
    pub fn shape(&self) -> ShapeId {
        self.shape
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it is `{}`.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The text that was scanned.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// A member's key, decoded; empty past the last member.
    pub fn key(&self, index: usize) -> &'a str {
        match self.members.get(index) {
            Some(member) if member.key & LOOSE == 0 => self.shapes.key(member.key),
            Some(member) => self.keys.get((member.key & !LOOSE) as usize, self.text),
            None => "",
        }
    }

    /// A member's value; `null` past the last member.
    #[inline]
    pub fn value(&self, index: usize) -> Raw<'a> {
        self.members.get(index).map_or(Raw::NULL, |member| {
            let range = member.start as usize..(member.end & !ESCAPED) as usize;
            Raw::new(self.text.get(range).unwrap_or_default(), member.end & ESCAPED != 0)
        })
    }

    /// Where a member's value stands in the record's text.
    pub fn value_span(&self, index: usize) -> Span {
        self.members.get(index).map_or(Span::at(self.text.len()), |member| {
            Span::new(member.start as usize, (member.end & !ESCAPED) as usize)
        })
    }

    /// Which member has this key. Looks at one key after the other: keep the answer by [`Record::shape`].
    pub fn index_of(&self, key: &str) -> Option<usize> {
        (0..self.len()).find(|&index| self.key(index) == key)
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<Raw<'a>> {
        self.index_of(key).map(|index| self.value(index))
    }

    /// All members in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&'a str, Raw<'a>)> + use<'a> {
        let record = *self;
        (0..record.len()).map(move |index| (record.key(index), record.value(index)))
    }

    fn has_unique_keys(&self) -> bool {
        let mut keys: Vec<&str> = (0..self.len()).map(|index| self.key(index)).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair.first() != pair.last())
    }
}

/// Texts are shorter than [`MAX_SIZE`].
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "texts are shorter than MAX_SIZE")]
fn offset(at: usize) -> u32 {
    at as u32
}
