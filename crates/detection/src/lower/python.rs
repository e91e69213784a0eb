//! Python source into a syntax tree: the one place that knows which parser reads it.
//!
//! The parser descends once per nested construct, so text is measured before it is parsed ([`super::depth`]):
//! ten thousand parentheses are an error with a place, not the end of the stack.

use super::depth;

pub(crate) use ruff_python_ast as ast;
pub(crate) use ruff_python_ast::visitor;
pub(crate) use ruff_text_size::{Ranged, TextRange, TextSize};

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

/// The longest source file that is read, in bytes.
pub const MAX_SOURCE: usize = 4 << 20;

/// Why source text is not a Python module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Byte offset of the first character concerned.
    pub start: u32,
    /// Byte offset past the last character concerned.
    pub end: u32,
}

impl SyntaxError {
    pub(super) fn new(message: impl Into<String>, range: TextRange) -> Self {
        Self { message: message.into(), start: range.start().to_u32(), end: range.end().to_u32() }
    }
}

/// The statements of a module, as CPython 3.11 would accept them.
pub(crate) fn parse(source: &str) -> Result<ast::Suite, SyntaxError> {
    if source.len() > MAX_SOURCE {
        let message = format!("the file has {} bytes and may have {MAX_SOURCE}", source.len());
        return Err(SyntaxError { message, start: 0, end: 0 });
    }
    depth::check(source)?;
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY311);
    let parsed = parse_unchecked(source, options);
    if let Some(error) = parsed.errors().first() {
        return Err(SyntaxError::new(error.error.to_string(), error.location));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Err(SyntaxError::new(error.to_string(), error.range()));
    }
    match parsed.try_into_module() {
        Some(module) => Ok(module.into_suite()),
        None => Err(SyntaxError { message: "the text is not a module".to_owned(), start: 0, end: 0 }),
    }
}
