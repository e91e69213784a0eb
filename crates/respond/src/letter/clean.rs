//! Text that a stranger may have written, made safe to show: nothing in it controls a terminal, a line, a header or the direction of reading.

use std::borrow::Cow;

/// Whether a character shows nothing and does something: control characters, separators of lines, marks of direction, tags,
/// and what is invisible.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Arabic letter mark, Mongolian vowel separator; zero-width space and joiners' neighbours; directions and isolates.
            '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // Byte order mark, interlinear annotations, noncharacters; tags.
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// One line: line breaks become spaces, other hidden characters are written out (`\u{202e}`).
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' | '\t' | '\u{0085}' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            '\r' => {}
            hidden if is_hidden(hidden) => clean.extend(hidden.escape_unicode()),
            shown => clean.push(shown),
        }
    }
    Cow::Owned(clean)
}

/// Several lines: each ends with `\n`, tabs stay, other hidden characters are written out.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| is_hidden(character) && !matches!(character, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\n' | '\t' => clean.push(character),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\u{0085}' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            hidden if is_hidden(hidden) => clean.extend(hidden.escape_unicode()),
            shown => clean.push(shown),
        }
    }
    Cow::Owned(clean)
}

/// At most so many characters; what is cut off is marked by `…`.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", text[..end].trim_end()))
        }
    }
}

/// At most so many characters of one line.
pub(crate) fn title(text: &str, most: usize) -> String {
    cut(line(text).trim(), most).into_owned()
}

/// The address of a link, if it is one that may be followed: `http` or `https`, with a host and no password. All that could end
/// it early is escaped.
pub(crate) fn address(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.has_host()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    let mut address = String::with_capacity(url.as_str().len());
    for character in url.as_str().chars() {
        match character {
            // What a URL may have, and wiki text or HTML would take for its own.
            '"' | '\'' | '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' | '!' | '*' | '(' | ')' | ' ' => {
                address.push_str(&format!("%{:02X}", u32::from(character)));
            }
            _ => address.push(character),
        }
    }
    (address.len() <= 2000).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_hidden_is_written_out_and_lines_stay_lines() {
        assert_eq!(line("a\r\nBcc: x\0\u{202e}y\u{2028}z"), "a Bcc: x\\u{0}\\u{202e}y z");
        assert_eq!(lines("a\r\nb\rc\u{2029}d\te\u{7f}"), "a\nb\nc\nd\te\\u{7f}");
        assert_eq!(line("nothing to do: åäö 鍵 👩‍🔬"), "nothing to do: åäö 鍵 👩‍🔬");
    }

    #[test]
    fn a_title_is_cut_at_a_character() {
        assert_eq!(title("  ååååå ", 4), "ååå…");
        assert_eq!(title("åååå", 4), "åååå");
        assert_eq!(title("👩‍🔬👩‍🔬", 2), "👩…");
    }

    #[test]
    fn only_web_addresses_are_links() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//x",
            "https://",
            "mailto:a@b.c",
            "https://u:p@h/",
            "https://u@h/",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
        assert_eq!(address("https://h/a|b]{c}\"<x>").as_deref(), Some("https://h/a%7Cb%5D%7Bc%7D%22%3Cx%3E"));
    }

    proptest! {
        #[test]
        fn cleaned_text_has_nothing_hidden_and_cleaning_it_again_changes_nothing(text in any::<String>()) {
            let one = line(&text);
            prop_assert!(!one.chars().any(is_hidden));
            prop_assert_eq!(line(&one), one.as_ref());
            let many = lines(&text);
            prop_assert!(!many.chars().any(|character| is_hidden(character) && !matches!(character, '\n' | '\t')));
            prop_assert_eq!(lines(&many), many.as_ref());
        }

        #[test]
        fn a_cut_holds(text in any::<String>(), most in 1_usize..50) {
            prop_assert!(cut(&text, most).chars().count() <= most);
        }
    }
}
