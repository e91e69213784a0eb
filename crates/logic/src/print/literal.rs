//! Constants as Python literals that read back as the same constant.

use crate::tree::Const;

/// A way to quote a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    Double,
    Single,
    TripleDouble,
    TripleSingle,
}

impl Quote {
    /// In the order in which they are tried.
    pub(super) const ALL: [Self; 4] = [Self::Double, Self::Single, Self::TripleDouble, Self::TripleSingle];

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Double => "\"",
            Self::Single => "'",
            Self::TripleDouble => "\"\"\"",
            Self::TripleSingle => "'''",
        }
    }

    fn character(self) -> char {
        match self {
            Self::Double | Self::TripleDouble => '"',
            Self::Single | Self::TripleSingle => '\'',
        }
    }
}

/// Which quotes may be used, and whether a backslash may: before Python 3.12 the braces of an f-string hold neither its
/// own quote, in any place, nor a backslash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    /// The quotes of the f-strings around, one bit each.
    outer: u8,
    /// The quotes that may still be used, one bit each.
    quotes: u8,
    /// Whether a backslash may stand here.
    pub(super) escapes: bool,
}

impl Allowed {
    /// Outside any f-string.
    pub(super) const ALL: Self = Self { outer: 0, quotes: 0b1111, escapes: true };

    pub(super) fn contains(self, quote: Quote) -> bool {
        self.quotes & (1 << quote as u8) != 0
    }

    /// What is allowed within the braces of an f-string quoted so.
    pub(super) fn within(self, outer: Quote) -> Self {
        let inner: u8 = match outer {
            Quote::Double => 0b1010,
            Quote::Single => 0b0101,
            Quote::TripleDouble => 0b1011,
            Quote::TripleSingle => 0b0111,
        };
        Self { outer: self.outer | (1 << outer as u8), quotes: self.quotes & inner, escapes: false }
    }

    /// Whether the text can stand between these quotes as it is.
    pub(super) fn fits_unescaped(self, text: &str, quote: Quote) -> bool {
        let free = |outer: Quote| self.outer & (1 << outer as u8) == 0 || !text.contains(outer.text());
        Quote::ALL.into_iter().all(free) && text.chars().all(|c| c != quote.character() && c != '\\' && is_printable(c))
    }
}

/// A constant as Python writes it. NaN has no literal: it prints as the call that makes one.
pub(super) fn constant(value: &Const, allowed: Allowed) -> Option<String> {
    Some(match value {
        Const::None => "None".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Int(int) => int.to_string(),
        Const::Float(float) => return float_literal(*float, allowed),
        Const::Str(text) => return string(text, allowed),
        Const::Bytes(bytes) => return bytes_literal(bytes, allowed),
    })
}

/// Whether the literal begins with a sign, which binds less tightly than a call or a power.
pub(super) fn is_signed(value: &Const) -> bool {
    match value {
        Const::Int(int) => *int < 0,
        Const::Float(float) => float.is_sign_negative() && !float.is_nan(),
        _ => false,
    }
}

/// `1e999` overflows to infinity when read, exactly; every other number is the shortest that reads back.
fn float_literal(value: f64, allowed: Allowed) -> Option<String> {
    if value.is_nan() {
        return Some(format!("float({})", string("nan", allowed)?));
    }
    if value.is_infinite() {
        return Some(if value < 0.0 { "-1e999" } else { "1e999" }.to_owned());
    }
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return Some(if plain.contains('.') { plain } else { format!("{plain}.0") });
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}

/// A string literal, or `None` where no allowed quote can hold the text.
pub(super) fn string(text: &str, allowed: Allowed) -> Option<String> {
    if allowed.escapes {
        let quote = if text.contains('"') && !text.contains('\'') { Quote::Single } else { Quote::Double };
        return Some(format!("{}{}{}", quote.text(), escaped(text, quote), quote.text()));
    }
    let quote =
        Quote::ALL.into_iter().find(|quote| allowed.contains(*quote) && allowed.fits_unescaped(text, *quote))?;
    Some(format!("{}{text}{}", quote.text(), quote.text()))
}

/// The text with everything escaped that cannot stand between these quotes, or that a reader could not see.
pub(super) fn escaped(text: &str, quote: Quote) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote.character() => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escape(c)),
        }
    }
    out
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Whether the character shows as itself: no control, format, combining, private or unassigned character, and no blank
/// but the space. What `escape_debug` leaves alone, and the characters that it escapes only for being quotes.
fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'') || (c != '\\' && c.escape_debug().len() == 1)
}

fn bytes_literal(bytes: &[u8], allowed: Allowed) -> Option<String> {
    let printable = |b: &u8| (0x20..0x7f).contains(b) && *b != b'\\';
    if !allowed.escapes {
        let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.iter().all(printable))?;
        return Some(format!("b{}", string(text, allowed)?));
    }
    let quote = if bytes.contains(&b'"') && !bytes.contains(&b'\'') { '\'' } else { '"' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        let c = char::from(*byte);
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if printable(byte) => out.push(c),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    Some(out)
}
