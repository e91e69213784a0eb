//! Letters as plain text: ServiceNow, the text part of a mail, files.

use super::fit::fit;
use super::{Block, Letter, clean};

/// The body of a letter, of at most so many characters.
#[must_use]
pub fn body(letter: &Letter, most: usize) -> String {
    let pieces = fit(&letter.body, most, block, |piece| piece.chars().count());
    pieces.concat().trim_end().to_owned()
}

/// One line of at most so many characters.
#[must_use]
pub fn title(letter: &Letter, most: usize) -> String {
    clean::title(&letter.title, most)
}

/// Each block ends with an empty line.
fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => {
            let text = clean::line(text);
            format!("{text}\n{}\n\n", "-".repeat(text.chars().count().min(72)))
        }
        Block::Paragraph(text) => format!("{}\n\n", clean::lines(text).trim_end()),
        Block::Facts(facts) => {
            let lines = facts.iter().map(|(name, value)| {
                let (name, value) = (clean::line(name), clean::lines(value));
                format!("{name}: {}\n", value.trim_end().replace('\n', "\n    "))
            });
            lines.collect::<String>() + "\n"
        }
        Block::List(items) => {
            let lines = items.iter().map(|item| format!("- {}\n", clean::lines(item).trim_end().replace('\n', "\n  ")));
            lines.collect::<String>() + "\n"
        }
        Block::Code(text) => {
            let lines: String = clean::lines(text).lines().map(|line| format!("    {line}\n")).collect();
            lines + "\n"
        }
        Block::Link { text, address } => match clean::address(address) {
            Some(address) => format!("{}: {address}\n\n", clean::line(text)),
            None => format!("{}: {}\n\n", clean::line(text), clean::line(address)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_reads_well_as_text() {
        let letter = super::super::samples::letter();
        assert_eq!(
            body(&letter, 10_000),
            "What happened\n-------------\n\nThe key will be deleted.\nNobody can undo that.\n\n\
             Key: arn:aws:kms:eu-north-1:111111111111:key/abc\nPolicy: a\n    b\n\n- one\n- two\n\n    {\n      \"a\": 1\n    }\n\n\
             The finding: https://keyreeve.example/findings/1\n\nNot a link: javascript:alert(1)"
        );
    }
}
