//! The shapes of records met before: which keys in which order, and the exact bytes between their values.

use super::values::Key;
use crate::escape::unescape;
use std::borrow::Cow;

/// Names the keys of a record and their order. Two records with the same id have the same keys in the same order.
///
/// The reverse holds too, except for records of unusual size or variety: those get an id of their own each time, and the memory of
/// shapes starts anew after some thousands of them. Whoever keeps something by shape should keep it for a few shapes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub(super) u64);

/// No more shapes than this are remembered, whatever the input.
const MAX_SHAPES: usize = 8192;
/// Members beyond this many are read without the help of shapes.
const MAX_MEMBERS: u32 = 128;
/// Ways on from one shape.
const MAX_EDGES: usize = 48;
/// The longest key with its separators that is remembered.
const MAX_GAP: usize = 512;
/// Records that did not fit the shapes remembered, after which all are forgotten: the file may have changed its ways.
const MAX_MISSES: u32 = 1024;

/// Shapes as a tree: each stands for the keys on the path from the root.
#[derive(Debug)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    /// The id of the root, which grows whenever all shapes are forgotten, so that ids are never given twice.
    base: u64,
    misses: u32,
    loose: u64,
}

#[derive(Debug)]
struct Shape {
    /// The way on that was learned first, which is mostly the right one.
    first: Gap,
    key: Box<str>,
    parent: u32,
    members: u32,
    edges: Vec<Edge>,
}

/// Bytes that the text is compared with all at once; without a length it matches nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Gap {
    words: [u64; WORDS],
    /// Ones where the bytes count.
    masks: [u64; WORDS],
    length: u32,
    shape: u32,
}

/// Longer gaps are left to the slower comparison of edges.
const WORDS: usize = 5;

impl Gap {
    fn new(gap: &[u8], shape: u32) -> Self {
        let mut new = Self { length: 0, shape, ..Self::default() };
        for (place, &byte) in gap.iter().enumerate() {
            let (Some(word), Some(mask)) = (new.words.get_mut(place / 8), new.masks.get_mut(place / 8)) else {
                return Self::default();
            };
            *word |= u64::from(byte) << (place % 8 * 8);
            *mask |= 0xFF << (place % 8 * 8);
            new.length += 1;
        }
        new
    }

    #[inline]
    fn matches(&self, text: &[u8; WORDS * 8]) -> bool {
        let words = text.as_chunks::<8>().0;
        let mut differ = 0;
        for ((word, own), mask) in words.iter().zip(&self.words).zip(&self.masks) {
            differ |= (u64::from_le_bytes(*word) ^ own) & mask;
        }
        differ == 0 && self.length != 0
    }
}

#[derive(Debug)]
struct Edge {
    /// All bytes from the end of the previous value to the start of this key's: `, "KeyId": `.
    gap: Box<[u8]>,
    shape: u32,
}

/// The shape of no members.
pub(super) const ROOT: u32 = 0;

/// What a key means for the record it stands in.
pub(super) enum Learned {
    /// The record has this shape up to here.
    Shape(u32),
    /// The key occurred before.
    Duplicate,
    /// Nothing is remembered: too many, too long, not decodable.
    Loose,
}

impl Shapes {
    pub(super) fn new() -> Self {
        Self { shapes: vec![Shape::new("", ROOT, 0)], base: 0, misses: 0, loose: 0 }
    }

    /// Makes room; only between records, because it forgets all shapes.
    #[inline]
    pub(super) fn make_room(&mut self) {
        if self.shapes.len() > MAX_SHAPES - MAX_MEMBERS as usize || self.misses >= MAX_MISSES {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        self.base += self.shapes.len() as u64;
        self.misses = 0;
        self.shapes.truncate(1);
        if let Some(root) = self.shapes.first_mut() {
            *root = Shape::new("", ROOT, 0);
        }
    }

    /// The next shape and where its value starts, if the text at `at` goes on as a record met before did.
    #[inline]
    pub(super) fn predict(&self, shape: u32, bytes: &[u8], at: usize) -> Option<(u32, usize)> {
        let shape = self.shapes.get(shape as usize)?;
        let rest = bytes.get(at..)?;
        if let Some(head) = rest.first_chunk()
            && shape.first.matches(head)
        {
            return Some((shape.first.shape, at + shape.first.length as usize));
        }
        Self::predict_slowly(shape, rest, at)
    }

    #[inline(never)]
    fn predict_slowly(shape: &Shape, rest: &[u8], at: usize) -> Option<(u32, usize)> {
        let edge = shape.edges.iter().find(|edge| rest.starts_with(&edge.gap))?;
        Some((edge.shape, at + edge.gap.len()))
    }

    /// Remembers that `key` follows `shape`, with the bytes `at..key.value` between the values.
    #[cold]
    pub(super) fn learn(&mut self, shape: u32, text: &str, at: usize, start: usize, key: &Key) -> Learned {
        let inside = text.get(start + 1..key.end).unwrap_or_default();
        let mut name = Cow::Borrowed(inside);
        if key.escaped {
            let mut decoded = String::new();
            if unescape(inside, &mut decoded).is_err() {
                return Learned::Loose;
            }
            name = Cow::Owned(decoded);
        }
        let gap = text.as_bytes().get(at..key.value).unwrap_or_default();
        let next = match self.child(shape, &name) {
            Some(next) => next,
            None if self.on_path(shape, &name) => return Learned::Duplicate,
            None => match self.grow(shape, &name, gap) {
                Some(next) => next,
                None => return Learned::Loose,
            },
        };
        self.connect(shape, gap, next);
        Learned::Shape(next)
    }

    fn child(&self, shape: u32, name: &str) -> Option<u32> {
        let edges = &self.shapes.get(shape as usize)?.edges;
        edges.iter().map(|edge| edge.shape).find(|&next| self.key(next) == name)
    }

    /// Whether a key belongs to a shape.
    fn on_path(&self, mut shape: u32, name: &str) -> bool {
        while shape != ROOT {
            if self.key(shape) == name {
                return true;
            }
            shape = self.shapes.get(shape as usize).map_or(ROOT, |shape| shape.parent);
        }
        false
    }

    fn grow(&mut self, shape: u32, name: &str, gap: &[u8]) -> Option<u32> {
        let parent = self.shapes.get(shape as usize)?;
        // The gap is longer than the name, unless that has escapes; it also holds all white space, of which there may be megabytes.
        if parent.members >= MAX_MEMBERS || parent.edges.len() >= MAX_EDGES || name.len().max(gap.len()) > MAX_GAP {
            return None;
        }
        let next = u32::try_from(self.shapes.len()).ok()?;
        let members = parent.members + 1;
        self.shapes.push(Shape::new(name, shape, members));
        Some(next)
    }

    fn connect(&mut self, shape: u32, gap: &[u8], next: u32) {
        let Some(shape) = self.shapes.get_mut(shape as usize) else { return };
        // The first edge to a shape is always made, because `child` finds shapes through edges.
        let first = shape.edges.iter().all(|edge| edge.shape != next);
        if first || (shape.edges.len() < MAX_EDGES && gap.len() <= MAX_GAP) {
            if shape.edges.is_empty() {
                shape.first = Gap::new(gap, next);
            }
            shape.edges.push(Edge { gap: gap.into(), shape: next });
        }
    }

    pub(super) fn key(&self, shape: u32) -> &str {
        self.shapes.get(shape as usize).map(|shape| &*shape.key).unwrap_or_default()
    }

    pub(super) fn id(&self, shape: u32) -> ShapeId {
        ShapeId(self.base + u64::from(shape))
    }

    /// An id of its own for a record without a remembered shape.
    pub(super) fn loose_id(&mut self) -> ShapeId {
        self.misses += 1;
        self.loose += 1;
        ShapeId(u64::MAX - self.loose)
    }
}

impl Shape {
    fn new(key: &str, parent: u32, members: u32) -> Self {
        Self { first: Gap::default(), key: key.into(), parent, members, edges: Vec::new() }
    }
}
