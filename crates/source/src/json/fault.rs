//! The messages for texts that are not JSON: what stands there, where, and what to write instead.

use crate::{Span, SyntaxError};

pub(super) fn too_large(size: usize, limit: usize) -> SyntaxError {
    SyntaxError::new(Span::at(0), format!("the text has {size} bytes, more than the {limit} allowed"))
        .help("split it, or write one object a line")
}

pub(super) fn too_many(at: usize, limit: usize) -> SyntaxError {
    SyntaxError::new(Span::at(at), format!("the text holds more than {limit} values"))
        .help("split it, or write one object a line")
}

pub(super) fn too_deep(at: usize, limit: usize) -> SyntaxError {
    SyntaxError::new(Span::new(at, at + 1), format!("objects and arrays are nested more than {limit} deep"))
        .help("flatten the value, or store the inner part as a string")
}

pub(super) fn byte_order_mark() -> SyntaxError {
    SyntaxError::new(Span::new(0, 3), "the text starts with a byte order mark, which JSON does not allow")
        .help("save the file as UTF-8 without BOM")
}

pub(super) fn not_an_object(text: &str, at: usize) -> SyntaxError {
    SyntaxError::new(token(text, at), format!("expected a JSON object, found {}", found(text, at)))
        .help("each record must be one object: `{…}`")
}

pub(super) fn trailing(text: &str, at: usize) -> SyntaxError {
    let error = SyntaxError::new(
        token(text, at),
        format!("expected the end of the text after the value, found {}", found(text, at)),
    );
    match text.as_bytes().get(at) {
        Some(b'{' | b'[') => error.help("write one value a line, or put the values into an array: `[…, …]`"),
        Some(b',') => error.help("remove the comma, or put the values into an array: `[…, …]`"),
        Some(b'}' | b']') => error.help("remove the bracket: nothing is open any more"),
        _ => comment_help(text, at, error),
    }
}

/// Something that is no value stands where one must.
pub(super) fn no_value(text: &str, at: usize, open: &[usize]) -> SyntaxError {
    let Some(&byte) = text.as_bytes().get(at) else {
        return truncated(text, open, "a value");
    };
    let word = word(text, at);
    let span = token(text, at);
    let error = SyntaxError::new(span, format!("expected a value, found {}", found(text, at)));
    match word {
        "True" | "TRUE" | "yes" | "Yes" | "on" => return error.help("write `true`"),
        "False" | "FALSE" | "no" | "No" | "off" => return error.help("write `false`"),
        "None" | "NULL" | "Null" | "nil" | "undefined" => return error.help("write `null`"),
        "NaN" | "Infinity" | "inf" | "nan" => return error.help("JSON has no such number: write `null` or a string"),
        _ => {}
    }
    match byte {
        b'\'' => single_quotes(span),
        b',' => error.help("remove the comma, or write a value in front of it"),
        b'}' | b']' => error.help("write a value, or remove what asks for one"),
        b'+' | b'.' => number(text, at),
        _ if !word.is_empty() => error.help(format!("put text into double quotes: \"{word}\"")),
        _ => comment_help(text, at, error),
    }
}

/// Something that is no string stands where a key must.
pub(super) fn no_key(text: &str, at: usize, open: &[usize]) -> SyntaxError {
    let Some(&byte) = text.as_bytes().get(at) else {
        return truncated(text, open, "a key");
    };
    let word = word(text, at);
    let error =
        SyntaxError::new(token(text, at), format!("expected a key in double quotes, found {}", found(text, at)));
    match byte {
        b'\'' => single_quotes(token(text, at)),
        b',' => error.help("remove the comma"),
        _ if !word.is_empty() => error.help(format!("write \"{word}\"")),
        _ => comment_help(text, at, error),
    }
}

pub(super) fn no_colon(text: &str, at: usize, key: Span, open: &[usize]) -> SyntaxError {
    if at >= text.len() {
        return truncated(text, open, "`:`");
    }
    let error = SyntaxError::new(
        token(text, at),
        format!("expected `:` after the key {}, found {}", key.slice(text), found(text, at)),
    );
    match text.as_bytes().get(at) {
        Some(b'=') => error.help("write `:`"),
        Some(b',' | b'}') => error.help("write a value for the key: `: null`"),
        _ => comment_help(text, at, error),
    }
}

pub(super) fn no_comma(text: &str, at: usize, bracket: u8, open: &[usize]) -> SyntaxError {
    let bracket = char::from(bracket);
    let wanted = format!("`,` or `{bracket}`");
    let Some(&byte) = text.as_bytes().get(at) else {
        return truncated(text, open, &wanted);
    };
    let mut error = SyntaxError::new(token(text, at), format!("expected {wanted}, found {}", found(text, at)));
    if let Some(&opened) = open.last() {
        error = error.related(Span::new(opened, opened + 1), "opened here");
    }
    match byte {
        b'"' | b'{' | b'[' | b'0'..=b'9' => error.help("write a comma between the two"),
        b'}' | b']' => error.help(format!("close with `{bracket}`")),
        b';' => error.help("write `,`"),
        b':' if bracket == ']' => error.help("use an object `{…}` for keys and values"),
        _ => comment_help(text, at, error),
    }
}

pub(super) fn trailing_comma(comma: usize, bracket: u8) -> SyntaxError {
    let bracket = char::from(bracket);
    SyntaxError::new(
        Span::new(comma, comma + 1),
        format!("a comma stands before `{bracket}`, which JSON does not allow"),
    )
    .help("remove the comma")
}

pub(super) fn duplicate_key(name: &str, first: Span, second: Span) -> SyntaxError {
    SyntaxError::new(second, format!("the key \"{}\" occurs twice in one object", shortened(name)))
        .help("remove one of the two: programs disagree on which one counts")
        .related(first, "first here")
}

pub(super) fn unterminated(text: &str, start: usize) -> SyntaxError {
    SyntaxError::new(Span::new(start, text.len()), "the string that starts here never ends").help("close it with `\"`")
}

/// A control character inside the string that starts at `start`.
pub(super) fn control_character(text: &str, start: usize, at: usize, control: u8) -> SyntaxError {
    let span = Span::new(at, at + 1);
    match control {
        b'\n' | b'\r' if !text.get(at..).unwrap_or_default().contains('"') => unterminated(text, start),
        b'\n' | b'\r' => SyntaxError::new(span, "a string must not hold a line break")
            .help("close the string with `\"`, or write the line break as \\n")
            .related(Span::new(start, start + 1), "the string starts here"),
        b'\t' => SyntaxError::new(span, "a string must not hold a tab").help("write it as \\t"),
        0 => SyntaxError::new(span, "a string must not hold a NUL byte")
            .help("is this a text file? write the byte as \\u0000"),
        _ => SyntaxError::new(span, format!("a string must not hold the control character U+{control:04X}"))
            .help(format!("write it as \\u{control:04x}")),
    }
}

pub(super) fn invalid_escape(text: &str, span: Span) -> SyntaxError {
    let written = span.slice(text);
    let error = SyntaxError::new(span, format!("`{written}` is no escape that JSON knows"));
    match written.as_bytes().get(1) {
        Some(b'u') => error.help("write four hexadecimal digits: \\u00e9"),
        Some(b'x') => error.help("write \\u00 and the two digits"),
        Some(b'\'') => error.help("write ' without the backslash"),
        _ => error.help("write a backslash as \\\\"),
    }
}

pub(super) fn lone_surrogate(at: usize) -> SyntaxError {
    SyntaxError::new(Span::new(at, at + 6), "this escape is half of a surrogate pair, which is no character")
        .help("write both halves: \\ud83d\\udd11")
}

/// A number that JSON writes otherwise.
pub(super) fn number(text: &str, start: usize) -> SyntaxError {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c))).unwrap_or(rest.len());
    let written = rest.get(..end).unwrap_or_default();
    let span = Span::new(start, start + end);
    let error = SyntaxError::new(span, format!("`{}` is no number that JSON knows", shortened(written)));
    let bare = written.trim_start_matches(['-', '+']);
    if written.starts_with('+') {
        error.help("remove the plus sign")
    } else if bare.starts_with("0x") || bare.starts_with("0X") {
        error.help("write it in decimal, or as a string")
    } else if bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        error.help("remove the leading zeros, or write it as a string to keep them: account ids are strings")
    } else if bare.starts_with("Infinity") || bare.starts_with("inf") {
        error.help("JSON has no such number: write `null` or a string")
    } else if bare.starts_with('.') || bare.contains(".e") || bare.ends_with('.') {
        error.help("write digits on both sides of the point")
    } else if bare.contains('_') {
        error.help("remove the underscores")
    } else {
        error.help("write digits, or put text into double quotes")
    }
}

/// The text ends too early.
fn truncated(text: &str, open: &[usize], wanted: &str) -> SyntaxError {
    let end = text.trim_ascii_end().len();
    let Some(&opened) = open.last() else {
        return SyntaxError::new(Span::at(end), format!("expected {wanted}, but the text is empty"));
    };
    let what = if text.as_bytes().get(opened) == Some(&b'{') { "object" } else { "array" };
    SyntaxError::new(Span::at(end), format!("the text ends inside an {what}: expected {wanted}"))
        .help("is the file complete? it may have been cut off")
        .related(Span::new(opened, opened + 1), format!("the {what} starts here"))
}

fn single_quotes(span: Span) -> SyntaxError {
    SyntaxError::new(span, "strings and keys must be in double quotes, not in single quotes")
        .help("write \" instead of '")
}

/// Adds the remedy for what looks like a comment or like something binary.
fn comment_help(text: &str, at: usize, error: SyntaxError) -> SyntaxError {
    let rest = text.get(at..).unwrap_or_default();
    if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') {
        error.help("remove the comment: JSON has none")
    } else if rest.starts_with('\0') {
        error.help("is this a text file, in UTF-8?")
    } else if rest.starts_with(['“', '”', '„']) {
        error.help("write straight double quotes: \"")
    } else {
        error
    }
}

/// What stands at `at`, for a message.
fn found(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    if rest.starts_with("//") || rest.starts_with("/*") {
        return "a comment".to_owned();
    }
    let word = word(text, at);
    match rest.chars().next() {
        None => "the end of the text".to_owned(),
        Some(_) if !word.is_empty() => format!("`{}`", shortened(word)),
        Some('"') => "a string".to_owned(),
        Some('0'..='9') => "a number".to_owned(),
        Some('\0') => "a NUL byte".to_owned(),
        Some('\u{feff}') => "a byte order mark".to_owned(),
        Some(character) if character.is_control() || character.is_whitespace() => {
            format!("U+{:04X}", u32::from(character))
        }
        Some(character) => format!("`{character}`"),
    }
}

/// The bytes to underline at `at`: a word or one character.
fn token(text: &str, at: usize) -> Span {
    let character = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Span::new(at, at + word(text, at).len().max(character))
}

/// The word at `at`; empty where it is punctuation.
fn word(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
        return "";
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || "_$-.".contains(c))).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Whether a byte behind a literal or number belongs to it: `truely`, `1x`.
pub(super) fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_.+-".contains(&byte)
}

/// At most forty characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
