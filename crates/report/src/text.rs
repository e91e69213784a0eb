//! Numbers, widths and line breaks for people.

use finding::{Finding, ResourceRef, UnknownFact};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use crate::escape::terminal as line;

/// `61,340`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 fact`, `2 facts`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A share to one decimal, rounded down so that only the whole reads `100 %`; `None` where there is nothing to share.
pub(crate) fn percent(part: u64, whole: u64) -> Option<String> {
    let tenths = u128::from(part) * 1000 / (whole != 0).then_some(u128::from(whole))?;
    Some(if tenths.is_multiple_of(10) {
        format!("{} %", tenths / 10)
    } else {
        format!("{}.{} %", tenths / 10, tenths % 10)
    })
}

/// Columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to so many columns, with `…` where something was cut. Marks without a column of their own are bounded too; so no
/// more of a long text is looked at than is shown.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.len() <= columns {
        return text.to_owned();
    }
    let (mut used, mut last) = (0, 0..0);
    // Where the text would end that leaves a column for the `…`.
    let mut end = 0;
    for (index, (start, character)) in text.char_indices().enumerate() {
        let own = start..start + character.len_utf8();
        used += match character {
            // What asks for the picture of the character before may make that wider.
            '\u{fe0f}' => width(&text[last.start..own.end]).saturating_sub(width(&text[last])),
            _ => character.width().unwrap_or(1),
        };
        if used > columns || index > 4 * columns {
            return format!("{}…", &text[..end]);
        }
        if used < columns {
            end = own.end;
        }
        last = own;
    }
    text.to_owned()
}

/// Columns of one paragraph that a person is shown; a policy of megabytes ends in `…`.
pub(crate) const LONGEST: usize = 4_000;

/// The text as lines of at most so many columns, broken at spaces; a longer word (an ARN) stays whole.
/// A command stays whole too, so that it can be copied. Line feeds of the text are kept; every other character that could move the cursor is escaped.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    cut(text.trim(), LONGEST).split('\n').flat_map(|paragraph| wrap_line(paragraph, columns)).collect()
}

fn wrap_line(paragraph: &str, columns: usize) -> Vec<String> {
    let paragraph = line(paragraph.trim_end_matches('\r'));
    if paragraph.trim_start().starts_with("aws ") {
        return vec![paragraph.into_owned()];
    }
    let indent: String = paragraph.chars().take_while(|character| *character == ' ').collect();
    let mut lines = vec![indent.clone()];
    let mut used = indent.len();
    for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
        let fresh = used == indent.len();
        if !fresh && used + 1 + width(word) > columns {
            lines.push(indent.clone());
            used = indent.len();
        }
        let Some(last) = lines.last_mut() else { continue };
        if used > indent.len() {
            last.push(' ');
            used += 1;
        }
        last.push_str(word);
        used += width(word);
    }
    lines
}

/// A text for one line: escaped, and cut where it is longer than a line may be.
pub(crate) fn brief(text: &str) -> String {
    line(&cut(text, 300)).into_owned()
}

/// The texts that are not empty, escaped, with a separator between.
pub(crate) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, separator: &str) -> String {
    let texts: Vec<_> = texts.into_iter().filter(|text| !text.is_empty()).map(brief).collect();
    texts.join(separator)
}

/// `KeyRotationEnabled could not be read: GetKeyRotationStatus AccessDeniedException User: …`.
pub(crate) fn unreadable(fact: &UnknownFact) -> String {
    let cause = joined([&*fact.operation, &fact.code, &fact.message, &remark(fact.expected.as_deref())], " ");
    format!("{} could not be read: {cause}", line(&fact.field))
}

/// `expected: the vault's keys are sealed`.
pub(crate) fn expected(reason: &str) -> String {
    format!("expected: {}", brief(reason))
}

/// [`expected`] in parentheses, or nothing.
pub(crate) fn remark(reason: Option<&str>) -> String {
    reason.map(|reason| format!("({})", expected(reason))).unwrap_or_default()
}

/// `accepted by legacy-archive`, of a SUPPRESSED finding.
pub(crate) fn accepted(finding: &Finding) -> String {
    format!("accepted by {}", finding.suppressed_by.as_deref().unwrap_or("a suppression"))
}

/// What is known of the stakes: `This is a production key, described as “orders table”.` Empty where nothing is known.
pub(crate) fn context(resource: &ResourceRef) -> String {
    let thing = if resource.kind == "AWS.KMS.Key" { "key" } else { "resource" };
    let described = match resource.description.trim() {
        "" => String::new(),
        description => format!("described as “{}”", line(&cut(description, 200))),
    };
    match (resource.environment.as_str(), described.as_str()) {
        ("", "") => String::new(),
        ("", _) => format!("This {thing} is {described}."),
        ("unknown", "") => format!("This {thing} counts as production: nothing says which environment it belongs to."),
        ("unknown", _) => {
            format!("This {thing}, {described}, counts as production: nothing says which environment it belongs to.")
        }
        (environment, "") => format!("This is a {environment} {thing}."),
        (environment, _) => format!("This is a {environment} {thing}, {described}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let written: Vec<_> = [0, 999, 1000, 61_340, 1_000_000].into_iter().map(number).collect();
        assert_eq!(written, ["0", "999", "1,000", "61,340", "1,000,000"]);
    }

    #[test]
    fn only_the_whole_reads_a_hundred_percent() {
        assert_eq!(percent(99_999, 100_000).as_deref(), Some("99.9 %"));
        assert_eq!(percent(3, 3).as_deref(), Some("100 %"));
        assert_eq!(percent(992, 1000).as_deref(), Some("99.2 %"));
        assert_eq!(percent(u64::MAX, u64::MAX).as_deref(), Some("100 %"));
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a arn:aws:kms:eu-north-1:1 b", 6), ["a", "arn:aws:kms:eu-north-1:1", "b"]);
        assert_eq!(wrap("  keep\r\nthis", 20), ["keep", "this"]);
        assert_eq!(wrap("run\naws kms enable-key --key-id 1", 9), ["run", "aws kms enable-key --key-id 1"]);
        assert_eq!(wrap("first\n  second third", 9), ["first", "  second", "  third"]);
    }

    #[test]
    fn wide_characters_count_two_columns() {
        assert_eq!(width("鍵"), 2);
        assert_eq!(cut("鍵鍵鍵", 5), "鍵鍵…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("鍵鍵", 4), "鍵鍵");
        assert!(cut(&"e\u{301}".repeat(9_000), 10).len() < 100);
        assert_eq!(cut("❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}", 5), "❤\u{fe0f}❤\u{fe0f}…", "a picture is two columns wide");
        assert_eq!(cut("❤\u{fe0f}❤\u{fe0f}", 4), "❤\u{fe0f}❤\u{fe0f}");
        assert_eq!(cut("abc\u{301}d", 3), "ab…");
    }

    /// A description may have megabytes of marks that take no column.
    #[test]
    fn cutting_looks_at_no_more_than_it_shows() {
        let text = format!("{}{}", "e".repeat(LONGEST), "\u{301}".repeat(4 << 20));
        for _ in 0..20 {
            assert!(cut(&text, LONGEST).len() < 64 << 10);
        }
    }
}
