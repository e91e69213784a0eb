//! Finds the records of whole JSON documents, however the stream is chopped.

use super::SplitError;
use crate::bytes::string_stop;

/// Where a record stands in a block, and in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: u64,
    /// From 1, in characters.
    pub(super) column: u64,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between documents.
    Between,
    /// In a top-level array, where an element must start; `true` when the array may end instead.
    Element(bool),
    /// In a top-level array, behind an element.
    Behind,
    /// In the record that started at the cut.
    Inside { cut: Cut, depth: usize, text: Text },
    /// In a number or literal that is an element of a top-level array.
    Word { cut: Cut },
}

/// Whether the next byte of a record belongs to a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    No,
    String,
    /// It does, and a backslash stands in front of it.
    Escaped,
}

/// Follows brackets and strings. It checks nothing else: the scanner does.
#[derive(Debug)]
pub(super) struct Cutter {
    state: State,
    /// Bytes of the buffer already looked at.
    at: usize,
    place: Place,
    /// Where the top-level array was opened, while one is open.
    array: Option<u64>,
}

/// A place in the stream, kept while going on.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The bytes of the buffer that are counted.
    counted: usize,
    line: u64,
    column: u64,
}

impl Cutter {
    pub(super) fn new() -> Self {
        let place = Place { counted: 0, line: 1, column: 1 };
        Self { state: State::Between, at: 0, place, array: None }
    }

    /// Adds the records that end within `bytes`, the whole buffer so far, behind which more may come.
    pub(super) fn cut(&mut self, bytes: &[u8], more: bool, cuts: &mut Vec<Cut>) -> Result<(), SplitError> {
        while self.at < bytes.len() && !(more && self.is_before_half_a_character(bytes)) {
            match self.state {
                State::Inside { cut, depth, text } => self.inside(bytes, cut, depth, text, cuts),
                State::Word { cut } => self.word(bytes, cut, cuts),
                _ => self.outside(bytes)?,
            }
        }
        Ok(())
    }

    /// Whether the next bytes are the beginning of a character, which a message will need whole.
    fn is_before_half_a_character(&self, bytes: &[u8]) -> bool {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let length = match rest.first() {
            Some(0xC0..=0xDF) => 2,
            Some(0xE0..=0xEF) => 3,
            Some(0xF0..) => 4,
            _ => 1,
        };
        rest.len() < length && !matches!(self.state, State::Inside { .. } | State::Word { .. })
    }

    /// The first byte still needed: where the record being read starts.
    pub(super) fn needed(&self) -> usize {
        match self.state {
            State::Inside { cut, .. } | State::Word { cut } => cut.start,
            _ => self.at,
        }
    }

    /// The line where the record being read starts, or the current one.
    pub(super) fn line(&self) -> u64 {
        match self.state {
            State::Inside { cut, .. } | State::Word { cut } => cut.line,
            _ => self.place.line,
        }
    }

    /// The first `count` bytes of the buffer go away. They are counted first: they will not be seen again.
    pub(super) fn shift(&mut self, bytes: &[u8], count: usize) {
        self.place.advance(bytes, self.place.counted.max(count));
        self.at -= count;
        self.place.counted -= count;
        if let State::Inside { cut, .. } | State::Word { cut } = &mut self.state {
            cut.start -= count;
        }
    }

    /// What the end of the stream means here; `bytes` is the buffer.
    pub(super) fn finish(&mut self, bytes: &[u8], cuts: &mut Vec<Cut>) -> Result<(), SplitError> {
        let truncated = |line, what| Err(SplitError::Truncated { line, what });
        match self.state {
            State::Inside { cut, .. } => {
                truncated(cut.line, if bytes.get(cut.start) == Some(&b'"') { "string" } else { "object" })
            }
            State::Word { cut } => {
                cuts.push(Cut { end: bytes.len(), ..cut });
                self.state = State::Behind;
                truncated(self.array.unwrap_or(cut.line), "array")
            }
            _ => self.array.map_or(Ok(()), |line| truncated(line, "array")),
        }
    }

    fn outside(&mut self, bytes: &[u8]) -> Result<(), SplitError> {
        let Some(&byte) = bytes.get(self.at) else { return Ok(()) };
        match (self.state, byte) {
            (_, b' ' | b'\t' | b'\r' | b'\n') => {}
            (State::Between, b'[') => {
                self.place.advance(bytes, self.at);
                self.array = Some(self.place.line);
                self.state = State::Element(true);
            }
            (State::Element(true) | State::Behind, b']') => {
                self.array = None;
                self.state = State::Between;
            }
            (State::Behind, b',') => self.state = State::Element(false),
            (State::Between, b'{') | (State::Element(_), b'{' | b'[') => {
                self.state = State::Inside { cut: self.start(bytes), depth: 1, text: Text::No };
            }
            (State::Element(_), b'"') => {
                self.state = State::Inside { cut: self.start(bytes), depth: 0, text: Text::String }
            }
            (State::Element(_), byte) if byte.is_ascii_alphanumeric() || byte == b'-' => {
                self.state = State::Word { cut: self.start(bytes) };
            }
            _ => return Err(self.unexpected(bytes)),
        }
        self.at += 1;
        Ok(())
    }

    /// A record starts here.
    fn start(&mut self, bytes: &[u8]) -> Cut {
        self.place.advance(bytes, self.at);
        Cut { start: self.at, end: 0, line: self.place.line, column: self.place.column }
    }

    fn inside(&mut self, bytes: &[u8], cut: Cut, mut depth: usize, mut text: Text, cuts: &mut Vec<Cut>) {
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            match (text, byte) {
                (Text::No, b'"') => text = Text::String,
                (Text::No, b'{' | b'[') => depth += 1,
                (Text::No, b'}' | b']') => depth = depth.saturating_sub(1),
                (Text::String, b'"') => text = Text::No,
                (Text::Escaped, _) => text = Text::String,
                (Text::String, b'\\') => text = Text::Escaped,
                (Text::String, _) => self.at = string_stop(bytes, self.at),
                (Text::No, _) => {}
            }
            if depth == 0 && text == Text::No {
                cuts.push(Cut { end: self.at, ..cut });
                self.state = self.behind_record();
                return;
            }
        }
        self.state = State::Inside { cut, depth, text };
    }

    fn word(&mut self, bytes: &[u8], cut: Cut, cuts: &mut Vec<Cut>) {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| b",]}{[\" \t\r\n".contains(byte));
        self.at += length.unwrap_or(rest.len());
        if length.is_some() {
            cuts.push(Cut { end: self.at, ..cut });
            self.state = self.behind_record();
        }
    }

    fn behind_record(&self) -> State {
        if self.array.is_some() { State::Behind } else { State::Between }
    }

    #[cold]
    fn unexpected(&mut self, bytes: &[u8]) -> SplitError {
        self.place.advance(bytes, self.at);
        let rest = bytes.get(self.at..).unwrap_or_default();
        let (expected, help) = match (self.state, rest.first()) {
            (State::Between, Some(b',')) => {
                ("the next object", "remove the comma, or put all objects into an array: `[…, …]`")
            }
            (State::Between, Some(b'}' | b']')) => ("the next object", "remove the bracket: nothing is open any more"),
            (State::Between, _) => ("a JSON object or an array of objects", "is it JSON or JSON Lines?"),
            (State::Behind, _) => ("`,` or `]` behind an element of the array", "write a comma between the elements"),
            (_, Some(b']')) => ("an element behind the comma", "remove the comma"),
            _ => ("an element of the array", "write an object: `{…}`"),
        };
        let Place { line, column, .. } = self.place;
        SplitError::Unexpected { line, column, expected, found: describe(rest), help }
    }
}

impl Place {
    /// Goes on to a byte of the buffer.
    fn advance(&mut self, bytes: &[u8], to: usize) {
        let passed = bytes.get(self.counted..to).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        let last = match memchr::memrchr(b'\n', passed) {
            Some(newline) => {
                self.column = 1;
                passed.get(newline + 1..).unwrap_or_default()
            }
            None => passed,
        };
        self.column += last.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u64;
        self.counted = self.counted.max(to);
    }
}

/// The first character of what stands there.
fn describe(rest: &[u8]) -> String {
    let head = rest.get(..rest.len().min(4)).unwrap_or_default();
    match head.utf8_chunks().next().map(|chunk| (chunk.valid().chars().next(), chunk.invalid().first())) {
        Some((Some('"'), _)) => "a string".to_owned(),
        Some((Some('\u{feff}'), _)) => "a byte order mark".to_owned(),
        Some((Some(character), _)) if character.is_control() => format!("U+{:04X}", u32::from(character)),
        Some((Some(character), _)) => format!("`{character}`"),
        Some((None, Some(byte))) => format!("byte 0x{byte:02x}"),
        _ => "nothing".to_owned(),
    }
}
