//! What is wrong with a text, where, and what to do about it.

use crate::Span;

/// A text that does not follow its grammar, or goes past a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, in lower case, without its place.
    pub message: String,
    /// The bytes at fault.
    pub span: Span,
    /// What to write instead.
    pub help: Option<String>,
    /// A second place that belongs to it: the first of two equal keys, the bracket that was never closed. Boxed because it is rare.
    pub related: Option<Box<Related>>,
}

/// A second place that an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The bytes.
    pub span: Span,
    /// What stands there.
    pub message: String,
}

impl SyntaxError {
    /// An error without help.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None, related: None }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some(Box::new(Related { span, message: message.into() }));
        self
    }
}

/// The error for bytes that are not UTF-8; `None` when they are.
pub(crate) fn utf8_error(text: &[u8]) -> Option<SyntaxError> {
    if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] = text {
        let help = "save the file as UTF-8 (PowerShell: `Out-File -Encoding utf8`)";
        return Some(SyntaxError::new(Span::new(0, 2), "the text is UTF-16, not UTF-8").help(help));
    }
    let error = simdutf8::compat::from_utf8(text).err()?;
    let start = error.valid_up_to();
    let end = error.error_len().map_or(text.len(), |length| start + length);
    let byte = text.get(start).copied().unwrap_or_default();
    let message = match error.error_len() {
        Some(_) => format!("invalid UTF-8: byte 0x{byte:02x} does not belong here"),
        None => "the text ends in the middle of a UTF-8 character".to_owned(),
    };
    Some(SyntaxError::new(Span::new(start, end), message).help("save the file as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_errors_name_the_byte() {
        assert_eq!(utf8_error("é".as_bytes()), None);
        let error = utf8_error(b"ab\xffc").unwrap();
        assert_eq!(error.span, Span::new(2, 3));
        assert_eq!(error.message, "invalid UTF-8: byte 0xff does not belong here");
        assert_eq!(utf8_error(b"ab\xc3").unwrap().message, "the text ends in the middle of a UTF-8 character");
        assert_eq!(utf8_error(b"\xff\xfe{\0").unwrap().message, "the text is UTF-16, not UTF-8");
    }
}
