//! A strict JSON parser that keeps places and says what is wrong in a way that helps.
//!
//! Strict means RFC 8259 and more: equal keys in one object, half surrogate pairs, and nesting deeper than [`Limits::depth`] are errors.

mod fault;
mod parser;
mod write;

use crate::error::utf8_error;
use crate::tree::{Entry, Node, NodeKind, Resolved, Scalar, Style};
use crate::{Span, SyntaxError};
use parser::{Build, Parser};
use std::borrow::Cow;

/// How much a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text. 64 MiB by default.
    pub size: usize,
    /// Objects and arrays inside one another. 128 by default.
    pub depth: usize,
    /// Values in the tree, keys included, because each costs some 150 bytes. 1 million by default.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 64 << 20, depth: 128, nodes: 1_000_000 }
    }
}

/// The tree of a JSON text.
///
/// # Errors
/// Where the text is not JSON, or goes past the default [`Limits`].
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    parse_with(text, Limits::default())
}

/// The tree of a JSON text of bytes.
///
/// # Errors
/// As [`parse`], and where the bytes are not UTF-8.
pub fn parse_bytes(text: &[u8]) -> Result<Node, SyntaxError> {
    match std::str::from_utf8(text) {
        Ok(text) => parse(text),
        Err(_) => Err(utf8_error(text).unwrap_or_else(|| SyntaxError::new(Span::at(0), "invalid UTF-8"))),
    }
}

/// The tree of a JSON text, within the limits given.
///
/// # Errors
/// Where the text is not JSON, or goes past the limits.
pub fn parse_with(text: &str, limits: Limits) -> Result<Node, SyntaxError> {
    Parser::new(text, limits, Tree).document()
}

/// As [`parse_with`], but a key that occurs twice in an object is kept twice, for readers who report that themselves.
///
/// # Errors
/// As [`parse_with`], equal keys excepted.
pub fn parse_repeating(text: &str, limits: Limits) -> Result<Node, SyntaxError> {
    Parser::new(text, limits, Tree).keep_repeated().document()
}

/// What is wrong with a text that a faster reader refused; `None` when nothing is. Takes no memory for values.
///
/// Half surrogate pairs in values are let pass, as the record scanner does: it does not decode what nobody reads.
pub(crate) fn diagnose(text: &str, depth: usize, object_only: bool) -> Option<SyntaxError> {
    let limits = Limits { size: usize::MAX, depth, nodes: usize::MAX };
    Parser::new(text, limits, Nothing { object_only }).document().err()
}

/// Makes the tree.
struct Tree;

impl Build for Tree {
    type Value = Node;
    type Member = Entry;

    const DECODES: bool = true;

    fn string(&self, span: Span, text: Cow<'_, str>) -> Node {
        scalar(span, text.into_owned(), Style::Double, Resolved::String)
    }

    fn plain(&self, span: Span, text: &str) -> Node {
        scalar(span, text.to_owned(), Style::Plain, resolve(text))
    }

    fn sequence(&self, span: Span, items: Vec<Node>) -> Node {
        Node::new(span, NodeKind::Sequence(items))
    }

    fn member(&self, key: Node, value: Node) -> Entry {
        Entry { key, value }
    }

    fn mapping(&self, span: Span, entries: Vec<Entry>) -> Node {
        Node::new(span, NodeKind::Mapping(entries))
    }
}

/// Makes nothing.
struct Nothing {
    object_only: bool,
}

impl Build for Nothing {
    type Value = ();
    type Member = ();

    const DECODES: bool = false;

    fn object_only(&self) -> bool {
        self.object_only
    }

    fn string(&self, _: Span, _: Cow<'_, str>) {}

    fn plain(&self, _: Span, _: &str) {}

    fn sequence(&self, _: Span, _: Vec<()>) {}

    fn member(&self, (): (), (): ()) {}

    fn mapping(&self, _: Span, _: Vec<()>) {}
}

fn scalar(span: Span, text: String, style: Style, resolved: Resolved) -> Node {
    Node::new(span, NodeKind::Scalar(Scalar { text, style, resolved }))
}

/// What a valid literal or number means.
fn resolve(text: &str) -> Resolved {
    match text {
        "null" => Resolved::Null,
        "true" => Resolved::Bool(true),
        "false" => Resolved::Bool(false),
        _ if text.contains(['.', 'e', 'E']) => Resolved::Float(text.parse().unwrap_or(f64::NAN)),
        _ => text.parse().map_or_else(|_| Resolved::BigInt(text.to_owned()), Resolved::Int),
    }
}

#[cfg(test)]
mod tests;
