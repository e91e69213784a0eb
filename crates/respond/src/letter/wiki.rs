//! Letters as Jira's wiki text, for REST version 2. What a stranger wrote is made of letters, digits and character references only:
//! no macro, link, mention, image, list or smiley can come of it.

use super::fit::fit;
use super::{Block, Letter, clean};

/// The body of a letter, of at most so many characters.
#[must_use]
pub fn body(letter: &Letter, most: usize) -> String {
    fit(&letter.body, most, block, |piece| piece.chars().count()).concat().trim_end().to_owned()
}

/// Each block ends with an empty line, so that the next begins anew.
fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("h3. {}\n\n", line(text)),
        Block::Paragraph(text) => format!("{}\n\n", lines(text)),
        Block::Facts(facts) => {
            // An empty cell would end its row.
            let cell = |text: String| if text.trim().is_empty() { "&nbsp;".to_owned() } else { text };
            let rows = facts.iter().map(|(name, value)| format!("||{}|{}|\n", cell(line(name)), cell(lines(value))));
            rows.collect::<String>() + "\n"
        }
        Block::List(items) => items.iter().map(|item| format!("* {}\n", lines(item))).collect::<String>() + "\n",
        Block::Code(text) => format!("{{noformat}}\n{}\n{{noformat}}\n\n", verbatim(text)),
        Block::Link { text, address } => match clean::address(address) {
            Some(address) => format!("[{}|{address}]\n\n", line(text)),
            None => format!("{}&#58; {}\n\n", line(text), line(address)),
        },
    }
}

fn line(text: &str) -> String {
    escaped(clean::line(text).trim())
}

/// Lines within one paragraph, cell or item. An empty line would end it, so there is none.
fn lines(text: &str) -> String {
    let text = clean::lines(text);
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(escaped).collect();
    lines.join("\n")
}

/// All punctuation that means something somewhere, as character references. `,`, `/`, `'`, `"`, `$` and `;` mean nothing alone.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        match character {
            ',' | '/' | '\'' | '"' | '$' | ';' => escaped.push(character),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            special if special.is_ascii_punctuation() => escaped.push_str(&format!("&#{};", u32::from(special))),
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Text between `{noformat}` and `{noformat}`, which nothing but that word ends.
fn verbatim(text: &str) -> String {
    let text = clean::lines(text);
    let mut rest = text.trim_end_matches('\n');
    let mut verbatim = String::with_capacity(rest.len());
    while let Some(place) = rest.find('{') {
        let (before, after) = rest.split_at(place + 1);
        verbatim.push_str(before);
        if after.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("noformat")) {
            verbatim.push(' ');
        }
        rest = after;
    }
    verbatim.push_str(rest);
    verbatim
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    #[test]
    fn a_letter_is_wiki_text() {
        assert_eq!(
            body(&samples::letter(), 32_767),
            "h3. What happened\n\nThe key will be deleted&#46;\nNobody can undo that&#46;\n\n\
             ||Key|arn&#58;aws&#58;kms&#58;eu&#45;north&#45;1&#58;111111111111&#58;key/abc|\n||Policy|a\nb|\n\n* one\n* two\n\n\
             {noformat}\n{\n  \"a\": 1\n}\n{noformat}\n\n[The finding|https://keyreeve.example/findings/1]\n\n\
             Not a link&#58; javascript&#58;alert&#40;1&#41;"
        );
    }

    /// The text without our own markup: what is left of it has no markup at all.
    fn strangers(letter: &Letter) -> Vec<String> {
        let whole = body(letter, 1 << 20);
        let mut outside = Vec::new();
        for (place, part) in whole.split("{noformat}").enumerate() {
            if place % 2 == 1 {
                continue;
            }
            for line in part.lines() {
                let line = line.strip_prefix("h3. ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
                let line = line.strip_prefix("||").unwrap_or(line);
                let line = line
                    .strip_suffix("|https://keyreeve.example/]")
                    .and_then(|line| line.strip_prefix('['))
                    .unwrap_or(line);
                outside.extend(line.split('|').map(str::to_owned));
            }
        }
        outside
    }

    fn is_harmless(text: &str) -> bool {
        let mut rest = text;
        while let Some(place) = rest.find(|character: char| character.is_ascii_punctuation()) {
            let found = &rest[place..];
            let reference = found.strip_prefix('&').and_then(|found| found.split_once(';'));
            rest = match reference {
                Some((name, after)) if ["amp", "lt", "gt", "nbsp"].contains(&name) => after,
                Some((name, after)) if name.strip_prefix('#').is_some_and(|digits| digits.parse::<u8>().is_ok()) => {
                    after
                }
                _ if found.starts_with([',', '/', '\'', '"', '$', ';']) => &found[1..],
                _ => return false,
            };
        }
        true
    }

    #[test]
    fn hostile_text_makes_no_markup() {
        for hostile in samples::HOSTILE {
            let letter = samples::everywhere(hostile);
            if clean::address(hostile).is_some() {
                // A link block whose address is a web address is a link by right.
                continue;
            }
            for text in strangers(&letter) {
                assert!(is_harmless(&text), "{hostile:?}: {text:?}");
            }
            let macros = body(&letter, 1 << 20).to_ascii_lowercase().matches("{noformat}").count();
            assert_eq!(macros, 2, "{hostile:?}");
        }
    }

    #[test]
    fn the_field_is_never_too_long() {
        let letter = samples::everywhere(&"{é👩‍🔬[".repeat(20_000));
        assert!(body(&letter, 32_767).chars().count() <= 32_767);
        assert!(body(&letter, 32_767).contains("cut off"));
    }

    proptest! {
        #[test]
        fn no_text_makes_markup(text in any::<String>(), tail in "[\\[\\]{}|!*_#~^?@:./\\\\\n -]{0,20}") {
            let text = text + &tail;
            prop_assume!(clean::address(&text).is_none());
            for part in strangers(&samples::everywhere(&text)) {
                prop_assert!(is_harmless(&part), "{part:?}");
            }
        }

        #[test]
        fn code_ends_where_we_end_it(before in any::<String>(), word in "\\{?[nN]o[fF]ormat:?x?\\}?", after in any::<String>()) {
            let letter = Letter { title: String::new(), body: vec![Block::Code(format!("{before}{word}{after}"))] };
            prop_assert_eq!(body(&letter, 1 << 20).to_ascii_lowercase().matches("{noformat").count(), 2);
        }
    }
}
