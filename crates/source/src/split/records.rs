//! The records of a block, with their places in the stream.

use super::cutter::Cut;
use super::{Block, SplitError};
use crate::Position;

/// The text of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordText<'a> {
    /// The text. It may have white space around it, and need not be valid JSON.
    pub text: &'a str,
    /// The line where it starts, from 1.
    pub line: u64,
    /// The column where it starts, from 1, in characters.
    pub column: u64,
}

impl RecordText<'_> {
    /// Where a byte of the record stands in the stream.
    pub fn position(&self, offset: usize) -> Position {
        let own = crate::LineIndex::new(self.text).position(offset);
        let column = if own.line == 1 { self.column + u64::from(own.column) - 1 } else { u64::from(own.column) };
        let line = self.line + u64::from(own.line) - 1;
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

/// The records of a block.
#[derive(Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    /// The same, where all of it is UTF-8, so that no record need be checked.
    text: Option<&'a str>,
    next: Next<'a>,
}

#[derive(Debug)]
enum Next<'a> {
    Line { at: usize, line: u64 },
    Cut(std::slice::Iter<'a, Cut>),
}

impl Block {
    /// The records in order. Checks the whole block for UTF-8 at once, so call it once, in the thread that will do the work.
    pub fn records(&self) -> Records<'_> {
        let bytes = self.bytes();
        let next = match &self.cuts {
            Some(cuts) => Next::Cut(cuts.iter()),
            None => Next::Line { at: 0, line: self.line },
        };
        Records { bytes, text: simdutf8::basic::from_utf8(bytes).ok(), next }
    }
}

impl<'a> Records<'a> {
    /// Where the next record stands.
    #[inline]
    fn next_cut(&mut self) -> Option<Cut> {
        match &mut self.next {
            Next::Cut(cuts) => cuts.next().copied(),
            Next::Line { at, line } => loop {
                let start = *at;
                let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let own = *line;
                *at = start + length + 1;
                *line += 1;
                if !is_blank(rest.get(..length).unwrap_or_default()) {
                    return Some(Cut { start, end: start + length, line: own, column: 1 });
                }
            },
        }
    }

    #[cold]
    fn checked(&self, cut: Cut) -> Result<&'a str, SplitError> {
        let bytes = self.bytes.get(cut.start..cut.end).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|error| {
            let (good, bad) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
            let newline = memchr::memrchr(b'\n', good);
            let byte =
                newline.map_or(cut.column - 1 + good.len() as u64, |newline| (good.len() - newline - 1) as u64) + 1;
            let line = cut.line + memchr::memchr_iter(b'\n', good).count() as u64;
            SplitError::Utf8 { line, byte, value: bad.first().copied().unwrap_or_default() }
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordText<'a>, SplitError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let cut = self.next_cut()?;
        let text = match self.text.and_then(|text| text.get(cut.start..cut.end)) {
            Some(text) => Ok(text),
            None => self.checked(cut),
        };
        Some(text.map(|text| RecordText { text, line: cut.line, column: cut.column }))
    }
}

/// Whether a line holds nothing. Most lines start with what they hold.
#[inline]
fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(u8::is_ascii_whitespace) && line.iter().all(u8::is_ascii_whitespace)
}
