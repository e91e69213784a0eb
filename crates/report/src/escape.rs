//! What a stranger wrote, made harmless for one medium each.
//!
//! Aliases, descriptions, tags, policies and error messages are written by people who may wish the reader ill. A format
//! shows them through one of these functions, never raw.

use std::borrow::Cow;
use std::fmt::Write as _;

/// For one line of a terminal or a log: whatever could move the cursor, colour, reorder or hide text is written as
/// `\n`, `\t`, `\r` or `\u{202e}`.
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

/// For Markdown as GitHub and GitLab render it: no structure, no HTML, no link, no mention of a person or an issue.
pub(crate) fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.char_indices().peekable();
    while let Some((start, character)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A zero-width space: mentions are found in the rendered text, where an escape is gone.
            '@' => safe.push_str("@&#8203;"),
            '#' if is_digit(next) => safe.push_str("\\#&#8203;"),
            // GitLab's merge requests and milestones, and GitHub's other way to name an issue.
            '!' | '%' if is_digit(next) => {
                safe.push(character);
                safe.push_str("&#8203;");
            }
            '-' if is_digit(next) && ends_with(&text[..start], "gh") => safe.push_str("-&#8203;"),
            ':' if next == Some('/') => safe.push_str("&#58;"),
            '.' if ends_with(&text[..start], "www") => safe.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => safe.extend(['\\', character]),
            // A list or a heading begins so.
            '-' | '+' | '=' | '#' if start == 0 => safe.extend(['\\', character]),
            '.' | ')' if start > 0 && text[..start].bytes().all(|byte| byte.is_ascii_digit()) => {
                safe.extend(['\\', character]);
            }
            _ => safe.push(character),
        }
    }
    safe
}

/// [`markdown`], set as code.
pub(crate) fn markdown_code(text: &str) -> String {
    format!("<code>{}</code>", markdown(text))
}

/// For text inside HTML inside Markdown, where Markdown itself is not read.
pub(crate) fn markdown_html(text: &str) -> String {
    let text = terminal(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('@', "@&#8203;")
}

/// A block of code in Markdown, in a fence that the text cannot close. Line feeds are kept.
pub(crate) fn fence(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| terminal(line.trim_end_matches('\r'))).collect();
    let text = lines.join("\n");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

fn is_digit(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii_digit())
}

/// Whether a text ends so, in any case.
fn ends_with(text: &str, ending: &str) -> bool {
    let start = text.len().checked_sub(ending.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// For one field of CSV. A spreadsheet runs what begins with `=`, `+`, `-` or `@` as a formula, so that gets an
/// apostrophe in front; what hides or moves text is written out.
pub(crate) fn csv(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(terminal).collect();
    let mut text = lines.join("\n");
    let first = text.trim_start().chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'))
        || text.starts_with(['\t', '\r', '\n'])
    {
        text.insert(0, '\'');
    }
    if text.contains(['"', ',', '\n', '\r', ';', ' ']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// For the message of a GitHub workflow command. Line feeds are kept, as GitHub wants them.
pub(crate) fn github_data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(terminal).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// For a property of a GitHub workflow command.
pub(crate) fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_has_no_structure_left() {
        assert_eq!(markdown("a|b `c` *d* _e_ [f](g) <h>&"), "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\[f\\](g) &lt;h&gt;&amp;");
        assert_eq!(
            markdown("@ops #12 # https://x www.y WWW.y"),
            "@&#8203;ops \\#&#8203;12 # https&#58;//x www&#46;y WWW&#46;y"
        );
        assert_eq!(markdown("!12 ! %3 GH-4 gh-a g-1"), "!&#8203;12 ! %&#8203;3 GH-&#8203;4 gh-a g-1");
        assert_eq!(markdown("# a"), "\\# a");
        assert_eq!(markdown("- a-b"), "\\- a-b");
        assert_eq!(markdown("1. a.b"), "1\\. a.b");
        assert_eq!(markdown("a\nb"), "a\\\\nb");
        assert_eq!(markdown("ü@ü.www.ü"), "ü@&#8203;ü.www&#46;ü");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        assert_eq!(fence("a"), "```\na\n```");
        assert_eq!(fence("```\n````"), "`````\n```\n````\n`````");
    }

    #[test]
    fn a_spreadsheet_sees_no_formula() {
        let cells: Vec<_> = ["=1+1", " =1", "+1", "-1", "@x", "\tx", "\nx", "＝1"].into_iter().map(csv).collect();
        assert_eq!(cells, ["'=1+1", "\"' =1\"", "'+1", "'-1", "'@x", "\\tx", "\"'\nx\"", "'＝1"]);
        assert_eq!(csv("plain"), "plain");
        assert_eq!(csv("say \"x\",\r\nthen"), "\"say \"\"x\"\",\\r\nthen\"");
    }

    #[test]
    fn a_workflow_command_cannot_be_ended_or_begun() {
        assert_eq!(github_data("a%0A\n::error::b"), "a%250A%0A::error::b");
        assert_eq!(github_property("a,b:c\r"), "a%2Cb%3Ac\\r");
    }

    #[test]
    fn a_terminal_shows_what_would_have_acted() {
        assert_eq!(terminal("plain, grün, 鍵, 🔑"), "plain, grün, 鍵, 🔑");
        assert_eq!(terminal("\u{1b}[31mred\u{1b}[0m"), "\\u{1b}[31mred\\u{1b}[0m");
        assert_eq!(terminal("a\u{202e}b\u{200b}c\u{9b}d\u{7f}"), "a\\u{202e}b\\u{200b}c\\u{9b}d\\u{7f}");
        assert_eq!(terminal("one\r\n\ttwo"), "one\\r\\n\\ttwo");
        assert_eq!(terminal("tag\u{e0041}\u{ffff}"), "tag\\u{e0041}\\u{ffff}");
    }
}
