//! What a scalar means to Panther's loader: PyYAML's rules, with YAML 1.2's booleans and whole numbers.
//!
//! `yes` and `on` stay strings, so do dates; `0644` is 644, and `1:30` a string, but `1:30.5` is 90.5; `1e3` is a string, because
//! PyYAML wants a point and a sign: `1.0e+3`.

use crate::tree::{Resolved, Style};

const CORE: &str = "tag:yaml.org,2002:";

/// Numbers with more digits are texts: Python refuses to read them, and writing them in decimal takes quadratic time.
const MAX_DIGITS: usize = 4300;

/// The meaning of a scalar, or `None` where its tag asks for one that the text has not.
pub(super) fn scalar(text: &str, style: Style, tag: Option<&str>) -> Option<Resolved> {
    match tag {
        None if style == Style::Plain => Some(plain(text)),
        None => Some(Resolved::String),
        Some(tag) => match tag.strip_prefix(CORE) {
            Some("null") => Some(Resolved::Null),
            Some("bool") => Some(boolean(text).unwrap_or(Resolved::String)),
            Some("int") if text.contains(':') => Some(Resolved::String),
            Some("int") => whole(text),
            Some("float") => tagged_float(text),
            // `!!str`, dates, and every tag of an application.
            _ => Some(Resolved::String),
        },
    }
}

fn plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => {
            let numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
            let number = || if is_float(text) { float(text) } else { whole_if_plain(text) };
            boolean(text).or_else(|| numeric.then(number).flatten()).unwrap_or(Resolved::String)
        }
    }
}

fn boolean(text: &str) -> Option<Resolved> {
    match text {
        "true" | "True" | "TRUE" => Some(Resolved::Bool(true)),
        "false" | "False" | "FALSE" => Some(Resolved::Bool(false)),
        _ => None,
    }
}

/// The sign taken off.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn all(text: &str, accepts: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|byte| byte == b'_' || accepts(byte))
}

/// Whole numbers as PyYAML finds them among plain scalars. `08` is none: neither octal nor decimal.
fn whole_if_plain(text: &str) -> Option<Resolved> {
    let digits = unsigned(text);
    let found = if let Some(binary) = digits.strip_prefix("0b") {
        !binary.is_empty() && all(binary, |byte| matches!(byte, b'0' | b'1'))
    } else if let Some(hex) = digits.strip_prefix("0x") {
        !hex.is_empty() && all(hex, |byte| byte.is_ascii_hexdigit())
    } else if let Some(octal) = digits.strip_prefix('0') {
        all(octal, |byte| matches!(byte, b'0'..=b'7'))
    } else {
        digits.starts_with(|c: char| c.is_ascii_digit()) && all(digits, |byte| byte.is_ascii_digit())
    };
    found.then(|| whole(text)).flatten()
}

/// The value of a whole number: hexadecimal, binary or decimal, even with leading zeros.
fn whole(text: &str) -> Option<Resolved> {
    let negative = text.starts_with('-');
    let digits = unsigned(text).replace('_', "");
    let lower = digits.to_ascii_lowercase();
    let (digits, base) = match (lower.strip_prefix("0x"), lower.strip_prefix("0b")) {
        (Some(hex), _) => (hex, 16),
        (_, Some(binary)) => (binary, 2),
        _ => (lower.as_str(), 10),
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    match i128::from_str_radix(&format!("{}{digits}", if negative { "-" } else { "" }), base) {
        Ok(value) => Some(Resolved::Int(value)),
        Err(_) => Some(Resolved::BigInt(format!("{}{}", if negative { "-" } else { "" }, decimal(digits, base)))),
    }
}

/// The decimal digits of a number of any size, in quadratic time.
fn decimal(digits: &str, base: u32) -> String {
    if base == 10 {
        return digits.trim_start_matches('0').to_owned();
    }
    // Groups of nine decimal digits, the lowest first.
    let mut groups: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|digit| digit.to_digit(base)) {
        let mut carry = u64::from(digit);
        for group in &mut groups {
            let value = *group * u64::from(base) + carry;
            *group = value % 1_000_000_000;
            carry = value / 1_000_000_000;
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let text: String = groups.iter().rev().map(|group| format!("{group:09}")).collect();
    text.trim_start_matches('0').to_owned()
}

/// Whether PyYAML finds a float in a plain scalar.
fn is_float(text: &str) -> bool {
    let digits = unsigned(text);
    match digits {
        ".inf" | ".Inf" | ".INF" => return true,
        ".nan" | ".NaN" | ".NAN" => return digits == text,
        _ => {}
    }
    let Some((whole, rest)) = digits.split_once('.') else { return false };
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let digit = |byte: u8| byte.is_ascii_digit();
    if !all(fraction, digit) || !(exponent.is_empty() || is_exponent(exponent)) {
        return false;
    }
    if whole.is_empty() {
        return digits == text && fraction.starts_with(|c: char| c.is_ascii_digit());
    }
    let mut parts = whole.split(':');
    let head = parts.next().unwrap_or_default();
    let sexagesimal = whole.contains(':');
    head.starts_with(|c: char| c.is_ascii_digit())
        && all(head, digit)
        && (!sexagesimal || (exponent.is_empty() && parts.all(is_sixtieth)))
}

/// `e+3`: the sign must be there.
fn is_exponent(text: &str) -> bool {
    let digits = text.get(1..).unwrap_or_default();
    digits.starts_with(['+', '-']) && digits.len() > 1 && digits.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

/// The value of a float that PyYAML finds.
fn float(text: &str) -> Option<Resolved> {
    let digits = unsigned(text).replace('_', "").to_ascii_lowercase();
    let value = match digits.as_str() {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if digits.contains(':') => {
            // PyYAML adds from the last part on, and so the sums round alike.
            let mut total = 0.0;
            let mut base = 1.0;
            for part in digits.split(':').rev() {
                total += part.parse::<f64>().ok()? * base;
                base *= 60.0;
            }
            total
        }
        _ => digits.parse().ok()?,
    };
    Some(Resolved::Float(if text.starts_with('-') { -value } else { value }))
}

/// The value of any text that Python's `float` takes and a tag asks for.
fn tagged_float(text: &str) -> Option<Resolved> {
    let fits = |byte: u8| byte.is_ascii_digit() || b".eE+-:".contains(&byte);
    let named = is_float(text);
    (named || (!text.is_empty() && all(text, fits))).then(|| float(text)).flatten()
}
