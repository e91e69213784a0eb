//! `json`: the findings document, and the way all our JSON is written.

use std::io;

use finding::Document;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::escape::is_treacherous;

/// Writes the findings document.
pub(crate) fn write(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    pretty(document, out)
}

/// Indented by two spaces, with a line feed at the end.
pub(crate) fn pretty(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    print(value, PrettyFormatter::new(), out)
}

/// On one line, with a line feed at the end.
pub(crate) fn compact(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    print(value, CompactFormatter, out)
}

/// On one line, with nothing behind it: a part of a document.
pub(crate) fn one(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> io::Result<()> {
    Ok(value.serialize(&mut serde_json::Serializer::with_formatter(out, Ascii(CompactFormatter)))?)
}

fn print(value: &impl Serialize, layout: impl Formatter, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Ascii(layout));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes characters that could act on a terminal as `\u202e`: the same JSON value, and safe to look at.
struct Ascii<F>(F);

impl<F: Formatter> Formatter for Ascii<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (start, character) in fragment.char_indices().filter(|(_, character)| is_treacherous(*character)) {
            writer.write_all(&fragment.as_bytes()[plain..start])?;
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = start + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn treacherous_characters_are_written_as_escapes_and_read_back() {
        let text = "a\u{202e}b\u{9b}31mc\u{7f}\u{e0041}鍵\n\"\\";
        let mut out = Vec::new();
        compact(&text, &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, "\"a\\u202eb\\u009b31mc\\u007f\\udb40\\udc41鍵\\n\\\"\\\\\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
