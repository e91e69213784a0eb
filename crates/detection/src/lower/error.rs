//! Why a body does not lower.

use super::python::TextRange;

/// The construct that the expression tree cannot hold, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {construct} ({why})")]
pub struct NotLowered {
    /// What it is, in the plural or as a name: `class definitions`, `import of policyuniverse`.
    pub construct: String,
    /// The file that it stands in.
    pub file: String,
    /// Byte offset of its first character.
    pub start: u32,
    /// Byte offset past its last character.
    pub end: u32,
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// What is in the way.
    pub why: String,
}

/// The result of lowering something.
pub(crate) type Lowered<T> = Result<T, Box<NotLowered>>;

/// Line and column, from 1, of a byte offset.
pub(crate) fn position(text: &str, offset: u32) -> (u32, u32) {
    let offset = (offset as usize).min(text.len());
    let before = text.get(..offset).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

impl NotLowered {
    /// `construct` at `range` of the file `file`, whose text is `text`.
    pub(crate) fn new(
        construct: impl Into<String>,
        why: impl Into<String>,
        file: &str,
        text: &str,
        range: TextRange,
    ) -> Box<Self> {
        let (start, end) = (range.start().to_u32(), range.end().to_u32());
        let (line, column) = position(text, start);
        Box::new(Self { construct: construct.into(), file: file.to_owned(), start, end, line, column, why: why.into() })
    }
}
