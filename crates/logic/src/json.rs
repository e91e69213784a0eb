//! JSON text into values, as `json.loads` reads it.

use smol_str::SmolStr;
use source::record::{Kind, Raw};

use crate::class;
use crate::containers::{Dict, Entries, Key};
use crate::number;
use crate::object::{Object, Raised};
use crate::stop::{R, Stop};
use crate::value::Value;

/// How deep arrays and objects may nest.
const DEPTH: u32 = 200;

/// JSON whose value is not held exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(String);

impl Value {
    /// The value of scanned JSON. Refused: integers beyond 128 bits, lone surrogates.
    pub fn from_json(raw: Raw<'_>) -> Result<Self, Unsupported> {
        match raw.kind() {
            Kind::Null => Ok(Self::None),
            Kind::Bool(value) => Ok(Self::Bool(value)),
            Kind::String => match raw.as_plain_str() {
                Some(text) => Ok(Self::Str(SmolStr::new(text))),
                None => Self::from_json_text(raw.text()),
            },
            _ => Self::from_json_text(raw.text()),
        }
    }

    /// The value of JSON text. Refused: integers beyond 128 bits, lone surrogates, what is not JSON.
    pub fn from_json_text(text: &str) -> Result<Self, Unsupported> {
        Reader::new(text, false).document().map_err(|stop| match *stop {
            Stop::Unsupported(what, _) => Unsupported(what),
            Stop::Exceeded(limit) => Unsupported(format!("JSON beyond the limit on {limit}")),
            Stop::Raised(..) | Stop::Needs(_) | Stop::Fork(_) => Unsupported("text that is not JSON".to_owned()),
        })
    }
}

/// `json.loads(text)`.
pub(crate) fn loads(text: &str) -> R<Value> {
    if text.starts_with('\u{feff}') {
        return Err(decode_error("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0));
    }
    Reader::new(text, true).document()
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: u32,
    /// Whether `NaN` and `Infinity` are read, as Python does.
    lenient: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, lenient: bool) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, lenient }
    }

    fn document(mut self) -> R<Value> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(self.error("Extra data", self.at));
        }
        Ok(value)
    }

    fn error(&self, message: &str, at: usize) -> Box<Stop> {
        decode_error(message, self.text, at)
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> R<Value> {
        let start = self.at;
        match self.bytes.get(self.at) {
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::Str)
            }
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(start),
            _ => {
                for (word, value) in [("null", Value::None), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
                {
                    if self.take(word) {
                        return Ok(value);
                    }
                }
                self.lenient_number().ok_or_else(|| self.error("Expecting value", start))
            }
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn lenient_number(&mut self) -> Option<Value> {
        for (word, value) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY)] {
            if self.lenient && self.take(word) {
                return Some(Value::Float(value));
            }
        }
        None
    }

    fn nested(&mut self, read: fn(&mut Self) -> R<Value>) -> R<Value> {
        if self.depth >= DEPTH {
            return Err(Stop::exceeded("depth of JSON"));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> R<Value> {
        let mut entries = Entries::new();
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(Value::Dict(Dict::new(entries).into()));
        }
        loop {
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.error("Expecting property name enclosed in double quotes", self.at));
            }
            self.at += 1;
            let key = self.string()?;
            self.skip_space();
            if self.bytes.get(self.at) != Some(&b':') {
                return Err(self.error("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.skip_space();
            let value = self.value()?;
            entries.insert(Key::text(key), value);
            self.skip_space();
            match self.bytes.get(self.at) {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Dict(Dict::new(entries).into()));
                }
                Some(b',') => self.at += 1,
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
            let comma = self.at;
            self.skip_space();
            if self.bytes.get(self.at) != Some(&b'"') {
                let _ = comma;
                return Err(self.error("Expecting property name enclosed in double quotes", self.at));
            }
        }
    }

    fn array(&mut self) -> R<Value> {
        let mut items = Vec::new();
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            match self.bytes.get(self.at) {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                Some(b',') => self.at += 1,
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
            self.skip_space();
        }
    }

    /// A string whose opening quote is read.
    fn string(&mut self) -> R<SmolStr> {
        let start = self.at;
        let plain = self.plain_end(start);
        if self.bytes.get(plain) == Some(&b'"') {
            self.at = plain + 1;
            return Ok(SmolStr::new(&self.text[start..plain]));
        }
        let mut text = String::new();
        let mut from = start;
        loop {
            let end = self.plain_end(from);
            text.push_str(&self.text[from..end]);
            match self.bytes.get(end) {
                Some(b'"') => {
                    self.at = end + 1;
                    return Ok(SmolStr::from(text));
                }
                Some(b'\\') => from = self.escape(end, start - 1, &mut text)?,
                Some(_) => return Err(self.error("Invalid control character at", end)),
                None => return Err(self.error("Unterminated string starting at", start - 1)),
            }
        }
    }

    /// Where the run of plain characters from `from` on ends.
    fn plain_end(&self, from: usize) -> usize {
        let rest = &self.bytes[from..];
        from + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
    }

    /// Reads the escape at `at`; where it ends.
    fn escape(&self, at: usize, string: usize, text: &mut String) -> R<usize> {
        let Some(kind) = self.text[at + 1..].chars().next() else {
            return Err(self.error("Unterminated string starting at", string));
        };
        let plain = match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(at, text),
            other => {
                let _ = other;
                return Err(self.error("Invalid \\escape", at));
            }
        };
        text.push(plain);
        Ok(at + 2)
    }

    fn unicode_escape(&self, at: usize, text: &mut String) -> R<usize> {
        let unit = |at: usize| {
            let digits = self.bytes.get(at..at + 4)?;
            let digits =
                str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let Some(high) = unit(at + 2) else { return Err(self.error("Invalid \\uXXXX escape", at + 1)) };
        if let Some(character) = char::from_u32(high) {
            text.push(character);
            return Ok(at + 6);
        }
        let low = match self.bytes.get(at + 6..at + 8) {
            Some(b"\\u") if high < 0xdc00 => unit(at + 8).filter(|low| (0xdc00..0xe000).contains(low)),
            _ => None,
        };
        let joined = low.and_then(|low| char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
        match joined {
            Some(character) => {
                text.push(character);
                Ok(at + 12)
            }
            None => Err(Stop::unsupported("a lone surrogate")),
        }
    }

    fn number(&mut self, start: usize) -> R<Value> {
        let digits = |mut at: usize| {
            while matches!(self.bytes.get(at), Some(b'0'..=b'9')) {
                at += 1;
            }
            at
        };
        let first = start + usize::from(self.bytes.get(start) == Some(&b'-'));
        let whole = if self.bytes.get(first) == Some(&b'0') { first + 1 } else { digits(first) };
        if whole == first {
            if self.lenient && self.text[start..].starts_with("-Infinity") {
                self.at = start + "-Infinity".len();
                return Ok(Value::Float(f64::NEG_INFINITY));
            }
            return Err(self.error("Expecting value", start));
        }
        let mut end = whole;
        if self.bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = end + 1 + usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(sign) > sign {
                end = digits(sign);
            }
        }
        self.at = end;
        let text = &self.text[start..end];
        if end == whole {
            return text.parse().map(Value::Int).map_err(|_| number::too_big());
        }
        text.parse().map(Value::Float).map_err(|_| self.error("Expecting value", start))
    }
}

/// `JSONDecodeError`, with the attributes that go with it.
fn decode_error(message: &str, text: &str, at: usize) -> Box<Stop> {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let position = before.chars().count();
    let column = match before.rfind('\n') {
        Some(newline) => before[newline + 1..].chars().count() + 1,
        None => position + 1,
    };
    let args = vec![
        Value::from(format!("{message}: line {line} column {column} (char {position})")),
        Value::str(message),
        Value::str(text),
        Value::Int(position as i128),
        Value::Int(line as i128),
        Value::Int(column as i128),
    ];
    Box::new(Stop::Raised(Value::object(Object::Exception(Raised { class: &class::JSON_DECODE_ERROR, args })), None))
}
