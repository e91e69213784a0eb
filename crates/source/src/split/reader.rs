//! Reads a stream block by block, each ending where a record ends.

use super::cutter::{Cut, Cutter};
use super::form::{Beginning, Form};
use super::{Limits, SplitError};
use std::io::{ErrorKind, Read};

/// Reads until this much is there before it looks for records: a pipe gives little at a time.
const LITTLE: usize = 64 << 10;
/// How far the buffer is filled at first, so that the first records come at once; each time it is four times as far.
const FIRST: usize = 8 << 10;
/// Blocks kept for reuse.
const SPARE: usize = 16;

/// The blocks of a stream, in order.
///
/// After an error about one record the next blocks follow; after any other error nothing does.
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    limits: Limits,
    /// Always as long as what was allocated, so that nothing is cleared twice; `filled` bytes of it count.
    buffer: Vec<u8>,
    filled: usize,
    /// The buffer is not filled farther than this, until it grows.
    reach: usize,
    ended: bool,
    /// The line of the buffer's first byte, where lines are cut.
    line: u64,
    mode: Mode,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Mode {
    Start,
    Lines,
    /// In a line that is too long.
    Skip,
    Documents(Cutter),
    Over,
}

/// A stretch of the stream that holds whole records.
#[derive(Debug)]
pub struct Block {
    pub(super) buffer: Vec<u8>,
    pub(super) length: usize,
    pub(super) line: u64,
    /// Where the records stand; `None` where each line is one.
    pub(super) cuts: Option<Vec<Cut>>,
}

type Step = Result<Option<Block>, SplitError>;

impl<R: Read> Blocks<R> {
    /// Reads with the default [`Limits`].
    pub fn new(reader: R) -> Self {
        Self::with_limits(reader, Limits::default())
    }

    /// Reads within the limits given.
    pub fn with_limits(reader: R, limits: Limits) -> Self {
        let limits = Limits { block: limits.block.max(16), record: limits.record.max(16) };
        let buffer = vec![0; limits.block];
        Self {
            reader,
            limits,
            buffer,
            filled: 0,
            reach: FIRST,
            ended: false,
            line: 1,
            mode: Mode::Start,
            spare: Vec::new(),
        }
    }

    /// Takes back a block that is done with, so that its memory is used again.
    pub fn recycle(&mut self, block: Block) {
        if self.spare.len() < SPARE && block.buffer.len() == self.limits.block {
            self.spare.push(block.buffer);
        }
    }

    fn step(&mut self) -> Step {
        match &self.mode {
            Mode::Start => self.start(),
            Mode::Lines => self.lines(),
            Mode::Skip => self.skip_line(),
            Mode::Documents(_) => self.documents(),
            Mode::Over => Ok(None),
        }
    }

    /// Looks at the beginning and finds out what it is.
    fn start(&mut self) -> Step {
        let mut more = self.fill()?;
        if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] = self.text() {
            return Err(SplitError::Utf16);
        }
        if self.text().starts_with("\u{feff}".as_bytes()) {
            self.drop_front(3);
        }
        let mut beginning = Beginning::new();
        let form = loop {
            if let Some(form) = beginning.look(self.text(), more) {
                break form;
            }
            if !self.grow(self.filled) {
                // A line that is longer than a record may be: it is skipped, and the next ones are read.
                break Form::Lines;
            }
            more = self.fill()?;
        };
        self.mode = match form {
            Form::Lines => Mode::Lines,
            Form::Documents => Mode::Documents(Cutter::new()),
        };
        self.step()
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.filled, 0);
        self.filled -= count;
    }

    fn text(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Reads more; false at the end of the stream.
    fn fill(&mut self) -> Result<bool, SplitError> {
        if self.ended {
            return Ok(false);
        }
        let most = self.buffer.len().min(self.reach.max(self.filled + 1));
        let wanted = most.min(self.filled + LITTLE);
        self.reach = self.reach.saturating_mul(4);
        while self.filled < wanted {
            let free = self.buffer.get_mut(self.filled..most).unwrap_or_default();
            match self.reader.read(free) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => self.filled += count.min(free.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(SplitError::Io { line: self.last_line(), source }),
            }
        }
        Ok(!self.ended)
    }

    fn last_line(&self) -> u64 {
        match &self.mode {
            Mode::Documents(cutter) => cutter.line(),
            _ => self.line + count_lines(self.text()),
        }
    }

    /// Makes room behind the bytes that are there; false where the record is too long.
    fn grow(&mut self, record: usize) -> bool {
        if self.filled < self.buffer.len() {
            return true;
        }
        if record > self.limits.record {
            return false;
        }
        // One byte more than a record may have, to see whether it is too long.
        let length = (self.buffer.len() * 2).min(self.limits.record + self.limits.block).max(self.filled + 1);
        self.buffer.resize(length, 0);
        true
    }

    fn lines(&mut self) -> Step {
        // Bytes known to hold no line break.
        let mut searched = 0;
        loop {
            let more = self.fill()?;
            let text = self.text();
            let newline = memchr::memrchr(b'\n', text.get(searched..).unwrap_or_default());
            let end = if more { newline.map_or(0, |newline| searched + newline + 1) } else { text.len() };
            searched = text.len();
            if end > 0 {
                return Ok(Some(self.take(end, None)));
            }
            if !more {
                return Ok(None);
            }
            if !self.grow(self.filled) {
                let error = SplitError::TooLong { line: self.line, limit: self.limits.record };
                self.mode = Mode::Skip;
                return Err(error);
            }
        }
    }

    fn skip_line(&mut self) -> Step {
        loop {
            if let Some(newline) = memchr::memchr(b'\n', self.text()) {
                self.drop_front(newline + 1);
                self.line += 1;
                self.mode = Mode::Lines;
                return self.lines();
            }
            self.filled = 0;
            if !self.fill()? && self.filled == 0 {
                return Ok(None);
            }
        }
    }

    fn documents(&mut self) -> Step {
        let mut cuts = Vec::new();
        loop {
            let more = self.fill()?;
            let text = self.buffer.get(..self.filled).unwrap_or_default();
            let Mode::Documents(cutter) = &mut self.mode else { return Ok(None) };
            let mut result = cutter.cut(text, more, &mut cuts);
            if result.is_ok() && !more {
                result = cutter.finish(text, &mut cuts);
            }
            if !cuts.is_empty() {
                // What is wrong behind these records is found again next time.
                return Ok(Some(self.take_documents(cuts)));
            }
            result?;
            if !more {
                return Ok(None);
            }
            self.make_way()?;
        }
    }

    fn take_documents(&mut self, cuts: Vec<Cut>) -> Block {
        let Mode::Documents(cutter) = &mut self.mode else { return self.take(0, Some(cuts)) };
        let end = cutter.needed();
        cutter.shift(self.buffer.get(..self.filled).unwrap_or_default(), end);
        self.take(end, Some(cuts))
    }

    /// Drops what is not needed from the buffer, or makes it larger.
    fn make_way(&mut self) -> Result<(), SplitError> {
        let Mode::Documents(cutter) = &mut self.mode else { return Ok(()) };
        let needed = cutter.needed();
        cutter.shift(self.buffer.get(..self.filled).unwrap_or_default(), needed);
        let line = cutter.line();
        self.drop_front(needed);
        if self.grow(self.filled) { Ok(()) } else { Err(SplitError::TooLong { line, limit: self.limits.record }) }
    }

    /// The first `end` bytes as a block; the rest moves to a new buffer.
    fn take(&mut self, end: usize, cuts: Option<Vec<Cut>>) -> Block {
        let rest = self.filled - end;
        let mut fresh = self.spare.pop().unwrap_or_else(|| vec![0; self.limits.block]);
        if fresh.len() < rest {
            fresh.resize(rest, 0);
        }
        if let (Some(to), Some(from)) = (fresh.get_mut(..rest), self.buffer.get(end..self.filled)) {
            to.copy_from_slice(from);
        }
        let buffer = std::mem::replace(&mut self.buffer, fresh);
        self.filled = rest;
        let block = Block { buffer, length: end, line: self.line, cuts };
        self.line += count_lines(block.bytes());
        block
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.step();
        match &result {
            Ok(Some(_)) => {}
            Err(SplitError::TooLong { .. }) if matches!(self.mode, Mode::Skip) => {}
            _ => self.mode = Mode::Over,
        }
        result.transpose()
    }
}

impl Block {
    /// The block's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// The line where the block starts, from 1.
    pub fn first_line(&self) -> u64 {
        self.line
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    // So many at once that the compiler makes vectors of them, and that a byte can count them.
    const CHUNK: usize = 192;
    let in_chunk = |chunk: &[u8]| chunk.iter().map(|&byte| u8::from(byte == b'\n')).fold(0, u8::wrapping_add);
    bytes.chunks(CHUNK).map(|chunk| u64::from(in_chunk(chunk))).sum()
}
