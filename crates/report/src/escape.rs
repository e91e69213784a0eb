//! What a stranger wrote, made harmless for one medium each.
//!
//! Aliases, descriptions, tags, policies and error messages are written by people who may wish the reader ill. A format shows
//! them through one of these functions, never raw.

use std::borrow::Cow;
use std::fmt::Write as _;

/// For one line of a terminal or a log: whatever could move the cursor, colour, reorder or hide text is written as `\n`,
/// `\t`, `\r` or `\u{202e}`.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || !text.chars().any(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if is_treacherous(character) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
            }
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// Controls, noncharacters, and characters that have no width of their own or change the order of others.
pub(crate) fn is_treacherous(character: char) -> bool {
    character.is_control()
        || u32::from(character) & 0xfffe == 0xfffe
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_what_would_have_acted() {
        assert_eq!(terminal("plain, grün, 鍵, 🔑"), "plain, grün, 鍵, 🔑");
        assert_eq!(terminal("\u{1b}[31mred\u{1b}[0m"), "\\u{1b}[31mred\\u{1b}[0m");
        assert_eq!(terminal("a\u{202e}b\u{200b}c\u{9b}d\u{7f}"), "a\\u{202e}b\\u{200b}c\\u{9b}d\\u{7f}");
        assert_eq!(terminal("one\r\n\ttwo"), "one\\r\\n\\ttwo");
        assert_eq!(terminal("tag\u{e0041}\u{ffff}"), "tag\\u{e0041}\\u{ffff}");
    }
}
