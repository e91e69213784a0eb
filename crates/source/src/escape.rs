//! Undoing the escapes of JSON strings.

/// Why the inside of a JSON string has no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A `\` before something that cannot be escaped, or `\u` without four hexadecimal digits.
    Invalid { at: usize, end: usize },
    /// Half of a surrogate pair, which is no character.
    LoneSurrogate { at: usize },
}

/// Appends the text of a string's inside (without its quotes) to `out`.
pub(crate) fn unescape(inside: &str, out: &mut String) -> Result<(), Fault> {
    let mut rest = 0;
    while let Some(found) = memchr::memchr(b'\\', inside.as_bytes().get(rest..).unwrap_or_default()) {
        let at = rest + found;
        out.push_str(inside.get(rest..at).unwrap_or_default());
        let (character, end) = escaped(inside, at)?;
        out.push(character);
        rest = end;
    }
    out.push_str(inside.get(rest..).unwrap_or_default());
    Ok(())
}

/// The character of the escape that starts at `at`, and where it ends.
fn escaped(inside: &str, at: usize) -> Result<(char, usize), Fault> {
    let simple = match inside.as_bytes().get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(inside.as_bytes(), at),
        _ => {
            return Err(Fault::Invalid { at, end: at + 1 + inside[at + 1..].chars().next().map_or(0, char::len_utf8) });
        }
    };
    Ok((simple, at + 2))
}

fn unicode(inside: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let invalid = |at: usize| {
        let digits = inside.iter().skip(at + 2).take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
        Fault::Invalid { at, end: at + 2 + digits }
    };
    let high = hex4(inside, at + 2).ok_or_else(|| invalid(at))?;
    if let Some(character) = char::from_u32(high) {
        return Ok((character, at + 6));
    }
    let pair = matches!((high, inside.get(at + 6), inside.get(at + 7)), (0xD800..=0xDBFF, Some(b'\\'), Some(b'u')));
    if !pair {
        return Err(Fault::LoneSurrogate { at });
    }
    let low = hex4(inside, at + 8).ok_or_else(|| invalid(at + 6))?;
    if !(0xDC00..=0xDFFF).contains(&low) {
        return Err(Fault::LoneSurrogate { at });
    }
    let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    char::from_u32(code).map(|character| (character, at + 12)).ok_or(Fault::LoneSurrogate { at })
}

/// Four hexadecimal digits.
pub(crate) fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(rest..at).unwrap_or_default());
        match escape {
            "" => out.push_str(&format!("\\u{byte:04x}")),
            _ => out.push_str(escape),
        }
        rest = at + 1;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(inside: &str) -> Result<String, Fault> {
        let mut out = String::new();
        unescape(inside, &mut out).map(|()| out)
    }

    #[test]
    fn escapes_become_characters() {
        assert_eq!(text(r#"a\"\\\/\b\f\n\r\tz"#).unwrap(), "a\"\\/\u{8}\u{c}\n\r\tz");
        assert_eq!(text(r"\u00e9\u00E9é").unwrap(), "ééé");
        assert_eq!(text(r"\ud83d\udd11").unwrap(), "🔑");
    }

    #[test]
    fn faults_have_places() {
        assert_eq!(text(r"ab\x").unwrap_err(), Fault::Invalid { at: 2, end: 4 });
        assert_eq!(text("ab\\é").unwrap_err(), Fault::Invalid { at: 2, end: 5 });
        assert_eq!(text(r"\u12g4").unwrap_err(), Fault::Invalid { at: 0, end: 4 });
        assert_eq!(text(r"\ud83d").unwrap_err(), Fault::LoneSurrogate { at: 0 });
        assert_eq!(text(r"\ud83dx").unwrap_err(), Fault::LoneSurrogate { at: 0 });
        assert_eq!(text(r"\ud83d\u0041").unwrap_err(), Fault::LoneSurrogate { at: 0 });
        assert_eq!(text(r"\ud83d\u00").unwrap_err(), Fault::Invalid { at: 6, end: 10 });
        assert_eq!(text(r"x\udd11").unwrap_err(), Fault::LoneSurrogate { at: 1 });
        assert_eq!(text("\\").unwrap_err(), Fault::Invalid { at: 0, end: 1 });
    }

    #[test]
    fn quoting_and_unescaping_are_inverse() {
        let every: String = (0..0x250_u32).chain([0x1f511, 0xffff]).filter_map(char::from_u32).collect();
        let mut quoted = String::new();
        quote(&every, &mut quoted);
        assert_eq!(text(&quoted[1..quoted.len() - 1]).unwrap(), every);
    }
}
