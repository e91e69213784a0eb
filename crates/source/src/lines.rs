//! Lines and columns of byte offsets.

/// A place in a text, counted from 1; columns in characters (code points).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Knows where the lines of a text start, and finds the position of any byte in logarithmic time, however long its line is.
///
/// A line ends with `\n`; the `\r` of a `\r\n` counts as the last character of its line. Building costs one pass over the text, and
/// four bytes a line, plus an eighth of the text where it is not all ASCII. The text itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<usize>,
    length: usize,
    continuations: Continuations,
}

impl LineIndex {
    /// The index of a text, which may be invalid UTF-8: then each byte that does not continue a character counts as one.
    pub fn new(text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|newline| newline + 1));
        Self { starts, length: text.len(), continuations: Continuations::new(text) }
    }

    /// Where a byte stands. An offset past the end means the end; one inside a character means that character.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.length);
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or_default();
        // The byte itself is counted, so that an offset inside a character gives that character.
        let continuations = self.continuations.before(offset + 1) - self.continuations.before(start);
        Position { line: saturate(line + 1), column: saturate((offset + 1 - start).saturating_sub(continuations)) }
    }

    /// The number of lines; an empty text has one, and so has the emptiness behind a final line break.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line, counted from 1, with its line break.
    pub fn line_span(&self, line: u32) -> Option<crate::Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        Some(crate::Span::new(start, self.starts.get(index + 1).copied().unwrap_or(self.length)))
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Which bytes of a text continue a character, as a bit map with running counts; empty for ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Continuations {
    words: Vec<u64>,
    /// How many bits are set in front of each group of [`GROUP`] words.
    counts: Vec<usize>,
}

const GROUP: usize = 8;

impl Continuations {
    fn new(text: &[u8]) -> Self {
        if text.is_ascii() {
            return Self { words: Vec::new(), counts: vec![0] };
        }
        let words: Vec<u64> = text.chunks(64).map(word).collect();
        let mut counts = Vec::with_capacity(words.len() / GROUP + 2);
        let mut total = 0;
        for group in words.chunks(GROUP) {
            counts.push(total);
            total += ones(group);
        }
        counts.push(total);
        Self { words, counts }
    }

    /// How many of the first `length` bytes continue a character.
    fn before(&self, length: usize) -> usize {
        let full = (length / 64).min(self.words.len());
        let group = full / GROUP;
        let counted = self.counts.get(group).copied().unwrap_or_default();
        let rest = self.words.get(group * GROUP..full).map_or(0, ones);
        let last = self.words.get(full).map_or(0, |word| word & ((1_u64 << (length % 64)) - 1));
        counted + rest + last.count_ones() as usize
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 1 | u64::from(byte & 0xC0 == 0x80))
}

fn ones(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    /// The slow and obvious way.
    fn counted(text: &str, offset: usize) -> Position {
        let before = &text[..offset];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        at(before.matches('\n').count() as u32 + 1, before[line..].chars().count() as u32 + 1)
    }

    #[test]
    fn columns_count_characters() {
        let index = LineIndex::new("a\né🔑x\r\nz");
        assert_eq!(index.position(0), at(1, 1));
        assert_eq!(index.position(2), at(2, 1));
        assert_eq!(index.position(4), at(2, 2));
        assert_eq!(index.position(6), at(2, 2), "inside the key sign");
        assert_eq!(index.position(8), at(2, 3));
        assert_eq!(index.position(9), at(2, 4), "the carriage return ends its line");
        assert_eq!(index.position(11), at(3, 1));
        assert_eq!(index.position(12), at(3, 2), "the end");
        assert_eq!(index.position(999), at(3, 2), "past the end");
        assert_eq!(index.line_count(), 3);
        assert_eq!(index.line_span(2), Some(crate::Span::new(2, 11)));
        assert_eq!(index.line_span(4), None);
        assert_eq!(index.line_span(0), None);
    }

    #[test]
    fn the_empty_text_has_one_position() {
        let index = LineIndex::new("");
        assert_eq!(index.position(0), at(1, 1));
        assert_eq!(index.position(7), at(1, 1));
    }

    #[test]
    fn every_offset_of_long_texts_agrees_with_counting() {
        for unit in ["ascii only, one line. ", "héé🔑ß\n", "é", "🔑", "\r\n", "x\n"] {
            for times in [1, 7, 31, 64, 129, 600] {
                let text = unit.repeat(times);
                let index = LineIndex::new(&text);
                for (offset, _) in text.char_indices().step_by(1 + times / 40) {
                    assert_eq!(index.position(offset), counted(&text, offset), "{unit:?} x {times} at {offset}");
                }
                assert_eq!(index.position(text.len()), counted(&text, text.len()), "{unit:?} x {times} at its end");
            }
        }
    }
}
