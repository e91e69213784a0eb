//! `repr` of text, bytes and floats.

use super::unicode::is_printable;
use std::fmt::Write;

/// `repr(text)`.
pub fn string(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c.into()) => out.push(c),
            c => push_escape(&mut out, c.into()),
        }
    }
    out.push(quote);
    out
}

fn push_escape(out: &mut String, c: u32) {
    let _infallible = match c {
        0..=0xff => write!(out, "\\x{c:02x}"),
        0x100..=0xffff => write!(out, "\\u{c:04x}"),
        _ => write!(out, "\\U{c:08x}"),
    };
}

/// `repr(bytes)`.
pub fn bytes(data: &[u8]) -> String {
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = String::with_capacity(data.len() + 3);
    out.push('b');
    out.push(quote.into());
    for &byte in data {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if b == quote => out.extend(['\\', b.into()]),
            0x20..=0x7e => out.push(byte.into()),
            _ => push_escape(&mut out, byte.into()),
        }
    }
    out.push(quote.into());
    out
}

/// `repr(number)`: the shortest digits that read back as the same float.
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    // Rust's `{:e}` gives the same shortest digits as CPython's dtoa: `d.ddde±x`.
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_python_does() {
        assert_eq!(string("it's"), r#""it's""#);
        assert_eq!(string(r#"it's "x""#), r#"'it\'s "x"'"#);
        assert_eq!(string("a\u{7f}\u{e9}\u{ad}\u{200b}\u{1f600}\u{e0001}"), "'a\\x7fé\\xad\\u200b😀\\U000e0001'");
    }

    #[test]
    fn floats_turn_to_exponents_where_python_does() {
        for (number, text) in [(1e16, "1e+16"), (1e15, "1000000000000000.0"), (0.0001, "0.0001"), (0.00001, "1e-05")] {
            assert_eq!(float(number), text);
        }
        assert_eq!(float(-0.0), "-0.0");
        assert_eq!(float(1.5e300), "1.5e+300");
    }
}
