//! The methods of `str` and `bytes`.

mod cases;
mod format;
mod percent;
mod search;
mod splits;

use smol_str::SmolStr;

use crate::containers::Key;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::stop::{R, Stop};
use crate::unicode;
use crate::value::Value;

pub(crate) use splits::is_space;

impl Machine<'_> {
    /// A method of a `str`.
    pub(crate) fn text_method(&mut self, text: &SmolStr, method: Method, call: Call) -> R<Value> {
        self.tick(text.len() as u64 / 64)?;
        self.charge(text.len())?;
        match method {
            Method::Lower
            | Method::Upper
            | Method::Casefold
            | Method::Capitalize
            | Method::Title
            | Method::SwapCase => cases::converted(text, method, call),
            Method::IsAlpha
            | Method::IsAlnum
            | Method::IsDecimal
            | Method::IsDigit
            | Method::IsNumeric
            | Method::IsSpace
            | Method::IsPrintable
            | Method::IsAscii
            | Method::IsIdentifier
            | Method::IsUpper
            | Method::IsLower
            | Method::IsTitle => {
                let [] = call.exactly(&format!("str.{}", method.name()))?;
                Ok(Value::Bool(cases::question(text, method)))
            }
            Method::StartsWith | Method::EndsWith => search::affix(text, method, call),
            Method::Find | Method::Rfind | Method::Index | Method::Rindex | Method::Count => {
                search::search(text, method, call)
            }
            Method::Strip | Method::Lstrip | Method::Rstrip => splits::strip(text, method, call),
            Method::Split | Method::Rsplit => splits::split(text, method, call),
            Method::SplitLines => splits::lines(text, call),
            Method::Partition | Method::Rpartition => splits::partition(text, method, call),
            Method::Replace => self.replace(text, call),
            Method::RemovePrefix | Method::RemoveSuffix => remove_affix(text, method, call),
            Method::Join => self.join(text, call),
            Method::Zfill | Method::Ljust | Method::Rjust | Method::Center => self.pad(text, method, call),
            Method::ExpandTabs => self.expand_tabs(text, call),
            Method::Encode => encode(text, call),
            Method::Format => self.format_method(text, call),
            Method::FormatMap => {
                let [map] = call.exactly("format_map")?;
                let keyword = self.entries_of(&map)?.into_iter().filter_map(|(key, value)| match key.into_value() {
                    Value::Str(name) => Some((name, value)),
                    _ => None,
                });
                let call = Call { args: Vec::new(), keyword: keyword.collect() };
                self.format_method(text, call)
            }
            method => Err(self.no_method(&Value::Str(text.clone()), method)),
        }
    }

    fn replace(&mut self, text: &str, call: Call) -> R<Value> {
        let [old, new, count] = call.between("replace", 2)?;
        let (old, new) = (wanted("replace", 1, old.as_ref())?, wanted("replace", 2, new.as_ref())?);
        let count = count.map_or(Ok(-1), |count| size(&count))?;
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old.as_str()).count() };
        self.charge(text.len().saturating_add(found.min(limit).saturating_mul(new.len())))?;
        Ok(Value::from(text.replacen(old.as_str(), &new, limit)))
    }

    fn join(&mut self, separator: &str, call: Call) -> R<Value> {
        let [items] = call.exactly("str.join")?;
        let items = match self.collect(&items) {
            Ok(items) => items,
            Err(stop) => return Err(not_joinable(stop, &items)),
        };
        let mut joined = String::new();
        for (index, item) in items.iter().enumerate() {
            let piece = match item {
                Value::Str(piece) => piece.as_str(),
                Value::Unknown(_) if self.context.describe_unknown => "unknown",
                other => {
                    return Err(Stop::wrong(other, |name| {
                        format!("sequence item {index}: expected str instance, {name} found")
                    }));
                }
            };
            if index > 0 {
                joined.push_str(separator);
            }
            self.charge(piece.len() + separator.len())?;
            joined.push_str(piece);
        }
        Ok(Value::from(joined))
    }

    fn pad(&mut self, text: &str, method: Method, call: Call) -> R<Value> {
        let name = method.name();
        let [width, fill] = call.between(name, 1)?;
        if method == Method::Zfill && fill.is_some() {
            return Err(Stop::type_error("str.zfill() takes exactly one argument (2 given)"));
        }
        let width = size(width.as_ref().unwrap_or(&Value::None))?;
        let fill = match &fill {
            None => ' ',
            Some(Value::Str(fill)) => single_character(fill)?,
            Some(other) => {
                return Err(Stop::wrong(other, |name| {
                    format!("The fill character must be a unicode character, not {name}")
                }));
            }
        };
        let length = text.chars().count();
        let missing = usize::try_from(width).unwrap_or(0).saturating_sub(length);
        self.charge(missing)?;
        if missing == 0 {
            return Ok(Value::str(text));
        }
        Ok(Value::from(match method {
            Method::Ljust => format!("{text}{}", repeated(fill, missing)),
            Method::Rjust => format!("{}{text}", repeated(fill, missing)),
            Method::Zfill => zero_filled(text, missing),
            _ => {
                let width = length + missing;
                let left = missing / 2 + (missing & width & 1);
                format!("{}{text}{}", repeated(fill, left), repeated(fill, missing - left))
            }
        }))
    }

    fn expand_tabs(&mut self, text: &str, call: Call) -> R<Value> {
        let [size] = call.named("expandtabs", ["tabsize"], 0, 0)?;
        let size = size.map_or(Ok(8), |size| index(&size))?;
        if i32::try_from(size).is_err() {
            return Err(Stop::raise(&crate::class::OVERFLOW_ERROR, "Python int too large to convert to C int"));
        }
        let size = usize::try_from(size).unwrap_or(0);
        self.charge(text.matches('\t').count().saturating_mul(size))?;
        let (mut out, mut column) = (String::new(), 0);
        for character in text.chars() {
            match character {
                '\t' if size > 0 => {
                    let width = size - column % size;
                    out.push_str(&repeated(' ', width));
                    column += width;
                }
                '\t' => {}
                '\n' | '\r' => {
                    out.push(character);
                    column = 0;
                }
                _ => {
                    out.push(character);
                    column += 1;
                }
            }
        }
        Ok(Value::from(out))
    }

    /// The entries of a dict, or of pairs, as `dict.update` takes them.
    pub(crate) fn entries_of(&mut self, value: &Value) -> R<Vec<(Key, Value)>> {
        if let Some(entries) = value.mapping() {
            self.charge_values(2 * entries.len())?;
            return Ok(entries.into_iter().collect());
        }
        let mut entries = Vec::new();
        for (index, pair) in self.collect(value)?.into_iter().enumerate() {
            let items = match self.collect(&pair) {
                Ok(items) => items,
                Err(stop) => return Err(not_a_pair(stop, &pair, index)),
            };
            match <[Value; 2]>::try_from(items) {
                Ok([key, value]) => entries.push((Key::new(key)?, value)),
                Err(items) => {
                    let message = format!(
                        "dictionary update sequence element #{index} has length {}; 2 is required",
                        items.len()
                    );
                    return Err(Stop::value_error(message));
                }
            }
        }
        Ok(entries)
    }

    /// A method of `None`, numbers, bytes, functions.
    pub(crate) fn scalar_method(&mut self, receiver: &Value, method: Method, call: Call) -> R<Value> {
        match (receiver, method) {
            (Value::Bytes(bytes), Method::Decode) => decode(bytes, call),
            (Value::Bytes(bytes), Method::Hex) => {
                let [] = call.exactly("bytes.hex")?;
                Ok(Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
            }
            (Value::Bytes(bytes), Method::StartsWith | Method::EndsWith) => bytes_affix(bytes, method, call),
            (Value::Float(value), Method::IsInteger) => {
                let [] = call.exactly("float.is_integer")?;
                Ok(Value::Bool(value.fract() == 0.0))
            }
            (Value::Int(value), Method::BitLength) => {
                let [] = call.exactly("int.bit_length")?;
                Ok(Value::Int(i128::from(128 - value.unsigned_abs().leading_zeros())))
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }
}

fn bytes_affix(bytes: &[u8], method: Method, call: Call) -> R<Value> {
    let name = method.name();
    let [affix, start, end] = call.between(name, 1)?;
    if start.is_some() || end.is_some() {
        return Err(Stop::unsupported(format!("the bounds of '{name}' of 'bytes'")));
    }
    let affix = affix.unwrap_or_default();
    let affixes = if let Value::Tuple(affixes) = &affix { affixes.items() } else { std::slice::from_ref(&affix) };
    for wanted in affixes {
        let Value::Bytes(wanted) = wanted else {
            return Err(Stop::wrong(wanted, |kind| match &affix {
                Value::Tuple(_) => format!("a bytes-like object is required, not '{kind}'"),
                _ => format!("{name} first arg must be bytes or a tuple of bytes, not {kind}"),
            }));
        };
        if if method == Method::StartsWith { bytes.starts_with(wanted) } else { bytes.ends_with(wanted) } {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn not_joinable(stop: Box<Stop>, items: &Value) -> Box<Stop> {
    match (&*stop, items) {
        (_, Value::Object(_) | Value::List(_) | Value::Tuple(_)) | (Stop::Needs(_) | Stop::Fork(_), _) => stop,
        (Stop::Raised(..), items) => Stop::wrong(items, |_| "can only join an iterable".to_owned()),
        _ => stop,
    }
}

fn not_a_pair(stop: Box<Stop>, pair: &Value, index: usize) -> Box<Stop> {
    match *stop {
        Stop::Raised(..) => {
            Stop::wrong(pair, |_| format!("cannot convert dictionary update sequence element #{index} to a sequence"))
        }
        _ => stop,
    }
}

/// The text argument at `position` of a method.
fn wanted(method: &str, position: usize, value: Option<&Value>) -> R<SmolStr> {
    match value {
        Some(Value::Str(text)) => Ok(text.clone()),
        Some(other) => {
            Err(Stop::wrong(other, |name| format!("{method}() argument {position} must be str, not {name}")))
        }
        None => Ok(SmolStr::default()),
    }
}

/// An integer argument.
pub(crate) fn index(value: &Value) -> R<i128> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::Bool(value) => Ok(i128::from(*value)),
        other => Err(Stop::wrong(other, |name| format!("'{name}' object cannot be interpreted as an integer"))),
    }
}

/// An integer argument that C holds as a size.
pub(crate) fn size(value: &Value) -> R<i128> {
    let value = index(value)?;
    match i64::try_from(value) {
        Ok(_) => Ok(value),
        Err(_) => Err(Stop::raise(&crate::class::OVERFLOW_ERROR, "Python int too large to convert to C ssize_t")),
    }
}

fn single_character(text: &str) -> R<char> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(Stop::type_error("The fill character must be exactly one character long")),
    }
}

fn repeated(character: char, count: usize) -> String {
    std::iter::repeat_n(character, count).collect()
}

fn zero_filled(text: &str, missing: usize) -> String {
    let zeros = repeated('0', missing);
    match text.chars().next() {
        Some(sign @ ('+' | '-')) => format!("{sign}{zeros}{}", &text[1..]),
        _ => format!("{zeros}{text}"),
    }
}

fn remove_affix(text: &str, method: Method, call: Call) -> R<Value> {
    let name = method.name();
    let [affix] = call.exactly(&format!("str.{name}"))?;
    let Value::Str(affix) = &affix else {
        return Err(Stop::wrong(&affix, |kind| format!("{name}() argument must be str, not {kind}")));
    };
    let rest = match method {
        Method::RemovePrefix => text.strip_prefix(affix.as_str()),
        _ => text.strip_suffix(affix.as_str()),
    };
    Ok(Value::str(rest.unwrap_or(text)))
}

/// The encodings in which every character of Python's text that can be encoded encodes as here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
}

fn encoding(function: &str, value: Option<&Value>) -> R<Encoding> {
    let Some(value) = value else { return Ok(Encoding::Utf8) };
    let Value::Str(name) = value else {
        return Err(Stop::wrong(value, |name| format!("{function}() argument 'encoding' must be str, not {name}")));
    };
    match name.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
        "utf_8" | "utf8" | "u8" | "utf" => Ok(Encoding::Utf8),
        "ascii" | "us_ascii" | "646" => Ok(Encoding::Ascii),
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "8859" | "l1" => Ok(Encoding::Latin1),
        _ => Err(Stop::unsupported(format!("the encoding '{name}'"))),
    }
}

fn handling(function: &str, value: Option<&Value>) -> R<SmolStr> {
    match value {
        None => Ok(SmolStr::new_static("strict")),
        Some(Value::Str(name)) if matches!(name.as_str(), "strict" | "ignore" | "replace") => Ok(name.clone()),
        Some(Value::Str(name)) => Err(Stop::unsupported(format!("the error handler '{name}'"))),
        Some(other) => {
            Err(Stop::wrong(other, |name| format!("{function}() argument 'errors' must be str, not {name}")))
        }
    }
}

fn encode(text: &str, call: Call) -> R<Value> {
    let [name, errors] = call.named("encode", ["encoding", "errors"], 0, 0)?;
    let (encoding, errors) = (encoding("encode", name.as_ref())?, handling("encode", errors.as_ref())?);
    let limit = match encoding {
        Encoding::Utf8 => return Ok(Value::Bytes(text.as_bytes().into())),
        Encoding::Ascii => 128,
        Encoding::Latin1 => 256,
    };
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match (u8::try_from(u32::from(character)), errors.as_str()) {
            (Ok(byte), _) if u32::from(byte) < limit => bytes.push(byte),
            (_, "ignore") => {}
            (_, "replace") => bytes.push(b'?'),
            _ => return Err(Stop::raise(&crate::class::UNICODE_ENCODE_ERROR, unencodable(text, limit))),
        }
    }
    Ok(Value::Bytes(bytes.into()))
}

fn unencodable(text: &str, limit: u32) -> String {
    let codec = if limit == 128 { "ascii" } else { "latin-1" };
    let bad = |character: char| u32::from(character) >= limit;
    let start = text.chars().position(bad).unwrap_or(0);
    let run: Vec<char> = text.chars().skip(start).take_while(|character| bad(*character)).collect();
    let reason = format!("ordinal not in range({limit})");
    if let [only] = run[..] {
        let code = u32::from(only);
        let shown = match code {
            0..=0xff => format!("\\x{code:02x}"),
            0x100..=0xffff => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        return format!("'{codec}' codec can't encode character '{shown}' in position {start}: {reason}");
    }
    format!("'{codec}' codec can't encode characters in position {start}-{}: {reason}", start + run.len() - 1)
}

fn decode(bytes: &[u8], call: Call) -> R<Value> {
    let [name, errors] = call.named("decode", ["encoding", "errors"], 0, 0)?;
    let (encoding, errors) = (encoding("decode", name.as_ref())?, handling("decode", errors.as_ref())?);
    match encoding {
        Encoding::Latin1 => Ok(Value::from(bytes.iter().copied().map(char::from).collect::<String>())),
        Encoding::Ascii => decode_ascii(bytes, &errors),
        Encoding::Utf8 => decode_utf8(bytes, &errors),
    }
}

fn decode_ascii(bytes: &[u8], errors: &str) -> R<Value> {
    if errors == "strict"
        && let Some(at) = bytes.iter().position(|byte| !byte.is_ascii())
    {
        let byte = bytes[at];
        let message =
            format!("'ascii' codec can't decode byte 0x{byte:02x} in position {at}: ordinal not in range(128)");
        return Err(Stop::raise(&crate::class::UNICODE_DECODE_ERROR, message));
    }
    let text = bytes.iter().filter_map(|byte| match byte {
        byte if byte.is_ascii() => Some(char::from(*byte)),
        _ if errors == "replace" => Some('\u{fffd}'),
        _ => None,
    });
    Ok(Value::from(text.collect::<String>()))
}

/// Rust and CPython both take the longest valid prefix of a sequence for one error.
fn decode_utf8(bytes: &[u8], errors: &str) -> R<Value> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Ok(Value::str(text));
    }
    let mut text = String::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        if chunk.invalid().is_empty() {
            continue;
        }
        match errors {
            "strict" => {
                return Err(Stop::raise(&crate::class::UNICODE_DECODE_ERROR, undecodable(bytes, at, chunk.invalid())));
            }
            "replace" => text.push('\u{fffd}'),
            _ => {}
        }
        at += chunk.invalid().len();
    }
    Ok(Value::from(text))
}

fn undecodable(bytes: &[u8], at: usize, invalid: &[u8]) -> String {
    let byte = invalid[0];
    let starts = matches!(byte, 0xc2..=0xf4);
    if starts && at + invalid.len() == bytes.len() {
        let place = match invalid.len() {
            1 => format!("byte 0x{byte:02x} in position {at}"),
            n => format!("bytes in position {at}-{}", at + n - 1),
        };
        return format!("'utf-8' codec can't decode {place}: unexpected end of data");
    }
    if starts && invalid.len() > 1 {
        let last = at + invalid.len() - 1;
        return format!("'utf-8' codec can't decode bytes in position {at}-{last}: invalid continuation byte");
    }
    let reason = if starts { "invalid continuation byte" } else { "invalid start byte" };
    format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {reason}")
}

/// Whether all characters, and at least one, have a property.
fn all(text: &str, property: u16) -> bool {
    !text.is_empty() && text.chars().all(|character| unicode::has(character, property))
}
