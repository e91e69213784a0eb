//! What is wrong with a `suppress_when`, where, and what to write instead.

use source::{Position, Span};

/// Something wrong, or something doubtful, in a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is wrong, in lower case, without its place.
    pub message: String,
    /// The bytes of the text.
    pub span: Span,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The line and column of a byte of a `suppress_when`, in which `\n`, `\r\n` and `\r` all end a line.
#[must_use]
pub fn place_of(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let breaks = before.matches('\n').count() + before.matches('\r').count() - before.matches("\r\n").count();
    let column = before.rsplit(['\n', '\r']).next().unwrap_or_default().chars().count();
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    Position { line: number(breaks), column: number(column) }
}

/// A text as it stands in a message: short, and nothing in it that acts.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
