//! Why a stream cannot be cut into records.

/// What went wrong while reading records, and in which line.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The reader failed.
    #[error("cannot read on after line {line}")]
    Io {
        /// The last line begun.
        line: u64,
        /// The reader's own error.
        source: std::io::Error,
    },
    /// A line, or an object of a document, is longer than allowed.
    #[error("line {line}: the record has more than {limit} bytes; split it into several records")]
    TooLong {
        /// Where the record starts.
        line: u64,
        /// The bytes allowed.
        limit: usize,
    },
    /// The stream ends inside an object or array.
    #[error("line {line}: the {what} that starts here never ends; the file may have been cut off")]
    Truncated {
        /// Where it starts.
        line: u64,
        /// `object`, `array` or `string`.
        what: &'static str,
    },
    /// Something other than a record stands between records.
    #[error("line {line}, column {column}: expected {expected}, found {found}; {help}")]
    Unexpected {
        /// From 1.
        line: u64,
        /// From 1, in characters.
        column: u64,
        /// `a JSON object` and the like.
        expected: &'static str,
        /// What stands there.
        found: String,
        /// The remedy.
        help: &'static str,
    },
    /// The bytes of a record are not UTF-8.
    #[error("line {line}, byte {byte}: invalid UTF-8 (0x{value:02x}); save the file as UTF-8")]
    Utf8 {
        /// The line of the byte.
        line: u64,
        /// The byte's place in its line, from 1.
        byte: u64,
        /// The byte.
        value: u8,
    },
    /// The stream is UTF-16, as some shells write it.
    #[error("the text is UTF-16; save it as UTF-8 (PowerShell: `Out-File -Encoding utf8`)")]
    Utf16,
}

impl SplitError {
    /// The line that the error is about; `None` where it is about the whole stream.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Io { line, .. }
            | Self::TooLong { line, .. }
            | Self::Truncated { line, .. }
            | Self::Unexpected { line, .. }
            | Self::Utf8 { line, .. } => Some(*line),
            Self::Utf16 => None,
        }
    }
}
