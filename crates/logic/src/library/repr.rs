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
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let (digits, exponent) = shortest(number.abs());
    if !(-4..16).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.unsigned_abs());
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(-exponent as usize - 1));
    }
    let whole = exponent as usize + 1;
    match digits.split_at_checked(whole) {
        Some((whole, rest)) if !rest.is_empty() => format!("{sign}{whole}.{rest}"),
        _ => format!("{sign}{digits:0<whole$}.0"),
    }
}

/// The shortest digits and the decimal exponent of the first.
fn shortest(number: f64) -> (String, i32) {
    let (mut digits, exponent) = scientific(&format!("{number:e}"));
    // Between two shortest texts equally near, Rust takes the upper, CPython the one that ends in an even digit.
    if digits.ends_with(['1', '3', '5', '7', '9']) {
        let last = digits.pop().unwrap_or('1');
        let below = digits.clone() + &char::from(last as u8 - 1).to_string();
        let tie = below.clone() + "5";
        if exact(number, digits.len() + 3) == tie && exact(number, 770) == tie {
            return (below, exponent);
        }
        digits.push(last);
    }
    (digits, exponent)
}

fn scientific(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// So many digits of the number, zeros at the end left out.
fn exact(number: f64, digits: usize) -> String {
    let (digits, _) = scientific(&format!("{number:.*e}", digits - 1));
    digits.trim_end_matches('0').to_owned()
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
        assert_eq!(float(5e-324), "5e-324");
        assert_eq!(float(120.0), "120.0");
    }

    #[test]
    fn a_tie_goes_to_the_even_digit() {
        assert_eq!(float(253_401_024_537.703_13), "253401024537.70312");
        assert_eq!(float(-82_353_405_937.209_38), "-82353405937.20938");
    }
}
