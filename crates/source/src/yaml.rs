//! YAML into the spanned tree, with the meaning that Panther's own loader gives it.
//!
//! Stricter than that loader where it hides mistakes: equal keys in one mapping are errors, and so are keys that are no scalars.
//! Aliases and merge keys are expanded within a budget, so that a few lines cannot become billions. Comments are passed over.

mod build;
mod fault;
mod merge;
mod resolve;

use crate::error::utf8_error;
use crate::tree::{Node, NodeKind, Resolved, Scalar, Style};
use crate::{Span, SyntaxError};

/// How much a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text. 16 MiB by default.
    pub size: usize,
    /// Collections inside one another, after aliases are expanded. 128 by default; more than 255 is never reached.
    pub depth: usize,
    /// Values as written, keys included. 1 million by default.
    pub nodes: usize,
    /// Values that aliases and merge keys add. 100,000 by default.
    pub expanded: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 16 << 20, depth: 128, nodes: 1_000_000, expanded: 100_000 }
    }
}

/// The tree of the one document of a YAML text; null where there is nothing in it.
///
/// # Errors
/// Where the text is not YAML, holds several documents, has equal keys in a mapping, or goes past the default [`Limits`].
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    only(parse_all(text, Limits::default())?)
}

/// As [`parse`], within the limits given, but a key that occurs twice in a mapping is kept twice, for readers who report that themselves.
///
/// # Errors
/// As [`parse`], equal keys excepted.
pub fn parse_repeating(text: &str, limits: Limits) -> Result<Node, SyntaxError> {
    if text.len() > limits.size {
        return Err(fault::too_large(text.len(), limits.size));
    }
    only(build::documents(text, limits, Keys::Repeated)?)
}

/// Whether equal keys in one mapping are an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    Unique,
    Repeated,
}

/// The one document there may be.
fn only(mut documents: Vec<Node>) -> Result<Node, SyntaxError> {
    if let Some(second) = documents.get(1) {
        let error = SyntaxError::new(second.span, "a second document starts here, but only one is expected");
        return Err(error.help("put it into a file of its own"));
    }
    Ok(documents.pop().unwrap_or_else(nothing))
}

/// The tree of the one document of a YAML text of bytes.
///
/// # Errors
/// As [`parse`], and where the bytes are not UTF-8.
pub fn parse_bytes(text: &[u8]) -> Result<Node, SyntaxError> {
    match std::str::from_utf8(text) {
        Ok(text) => parse(text),
        Err(_) => Err(utf8_error(text).unwrap_or_else(|| SyntaxError::new(Span::at(0), "invalid UTF-8"))),
    }
}

/// The trees of all documents of a YAML text.
///
/// # Errors
/// Where the text is not YAML, has equal keys in a mapping, or goes past the limits.
pub fn parse_all(text: &str, limits: Limits) -> Result<Vec<Node>, SyntaxError> {
    if text.len() > limits.size {
        return Err(fault::too_large(text.len(), limits.size));
    }
    build::documents(text, limits, Keys::Unique)
}

/// What an empty text means.
fn nothing() -> Node {
    Node::new(
        Span::at(0),
        NodeKind::Scalar(Scalar { text: String::new(), style: Style::Plain, resolved: Resolved::Null }),
    )
}

#[cfg(test)]
mod tests;
