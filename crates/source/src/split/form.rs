//! Tells JSON Lines from whole documents by how a stream begins, however long its first line is.

use super::cutter::Cutter;

/// What the lines of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Each is a record.
    Lines,
    /// They belong to objects or arrays.
    Documents,
}

/// The beginning of a stream, looked at again whenever there is more of it. No byte is looked at twice for the same thing, so that a
/// long line costs no more than its length.
#[derive(Debug)]
pub(super) struct Beginning {
    cutter: Cutter,
    /// Where the first line with something in it starts; so far, where the blank ones end.
    start: usize,
    /// Where that line ends, and how far that was looked for.
    end: Option<usize>,
    searched: usize,
    /// Where the object ends that the line starts with.
    object: Option<usize>,
    /// How far there is nothing but white space behind the object, or behind the line.
    blank: usize,
}

impl Beginning {
    pub(super) fn new() -> Self {
        Self { cutter: Cutter::new(), start: 0, end: None, searched: 0, object: None, blank: 0 }
    }

    /// The form, once it can be told: each line is a record where the first is an object by itself, or is broken and the second looks
    /// like a record too. `text` is the stream so far, and `more` whether it may go on.
    pub(super) fn look(&mut self, text: &[u8], more: bool) -> Option<Form> {
        let first = skip_blank(text, &mut self.start);
        match first {
            None if more => return None,
            None => return Some(Form::Lines),
            Some(b'{') => {}
            Some(_) => return Some(Form::Documents),
        }
        self.searched = self.searched.max(self.start);
        let line = self.line(text);
        let is_whole = self.end.is_some() || !more;
        if self.object.is_none() {
            let mut cuts = Vec::new();
            if self.cutter.cut(line, false, &mut cuts).is_err() {
                return Some(Form::Documents);
            }
            self.object = cuts.first().map(|cut| self.start + cut.end);
        }
        match self.object {
            Some(object) => self.behind_object(line, object).or(is_whole.then_some(Form::Lines)),
            None if !is_whole => None,
            None if goes_on(line) => Some(Form::Documents),
            None => self.second_line(text, more),
        }
    }

    /// The first line, as far as it is there.
    fn line<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        if self.end.is_none() {
            let rest = text.get(self.searched..).unwrap_or_default();
            self.end = memchr::memchr(b'\n', rest).map(|newline| self.searched + newline);
            self.searched = text.len();
        }
        text.get(self.start..self.end.unwrap_or(text.len())).unwrap_or_default()
    }

    /// Documents, where something follows the object on its line.
    fn behind_object(&mut self, line: &[u8], object: usize) -> Option<Form> {
        let mut blank = self.blank.max(object) - self.start;
        let found = skip_blank(line, &mut blank);
        self.blank = self.start + blank;
        found.map(|_| Form::Documents)
    }

    fn second_line(&mut self, text: &[u8], more: bool) -> Option<Form> {
        self.blank = self.blank.max(self.end.unwrap_or(text.len()));
        match skip_blank(text, &mut self.blank) {
            Some(b'{') => Some(Form::Lines),
            None if more => None,
            _ => Some(Form::Documents),
        }
    }
}

/// Goes on to the next byte that is no white space, and gives it.
fn skip_blank(text: &[u8], at: &mut usize) -> Option<u8> {
    let rest = text.get(*at..).unwrap_or_default();
    let blank = rest.iter().position(|byte| !byte.is_ascii_whitespace());
    *at += blank.unwrap_or(rest.len());
    blank.and_then(|blank| rest.get(blank)).copied()
}

/// Whether an object that is open at the end of its line is meant to go on behind it.
fn goes_on(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end().last(), Some(b'{' | b'[' | b':' | b','))
}
