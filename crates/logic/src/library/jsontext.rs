//! Text and numbers as `json.dumps` writes them.

use super::{PythonError, repr};
use std::fmt::Write;

/// A string with its quotes. With `ensure_ascii`, which is the default, all else is escaped.
pub fn string(text: &str, ensure_ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text, ensure_ascii);
    out
}

/// Writes what [`string`] gives.
pub fn push_string(out: &mut String, text: &str, ensure_ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' => push_unit(out, c as u16),
            ' '..='~' => out.push(c),
            c if ensure_ascii => c.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| push_unit(out, unit)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push_unit(out: &mut String, unit: u16) {
    let _infallible = write!(out, "\\u{unit:04x}");
}

/// A float; the three that JSON does not know by Python's names for them.
///
/// # Errors
/// `ValueError` for those without `allow_nan`.
pub fn float(number: f64, allow_nan: bool) -> Result<String, PythonError> {
    let name = match number {
        n if n.is_finite() => return Ok(repr::float(number)),
        n if n.is_nan() => "NaN",
        n if n > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    match allow_nan {
        true => Ok(name.to_owned()),
        false => Err(PythonError::value("Out of range float values are not JSON compliant")),
    }
}
