//! What is told to people, as data: tickets, comments and mails are rendered from it, each in its own markup, and nothing
//! that a stranger wrote is ever markup.

pub mod adf;
pub(crate) mod clean;
mod fit;
pub mod html;
pub mod text;
pub mod wiki;

/// A text for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// One line, without control characters; cut by whoever has less room.
    pub title: String,
    /// What follows.
    pub body: Vec<Block>,
}

/// A part of a letter. All texts are plain: no markup in them means anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// Names and their values.
    Facts(Vec<(String, String)>),
    /// Lines with a dot before each.
    List(Vec<String>),
    /// Text as it is: a patch, a policy.
    Code(String),
    /// A link; its address is `https:` or `http:`, or it is printed as text.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads.
        address: String,
    },
}

#[cfg(test)]
pub(crate) mod samples {
    //! Letters for tests: an ordinary one, and one with the same text in every place.

    use super::{Block, Letter};

    pub(crate) fn letter() -> Letter {
        Letter {
            title: "TEAM FIX: KMS.3: a key will be deleted".to_owned(),
            body: vec![
                Block::Heading("What happened".to_owned()),
                Block::Paragraph("The key will be deleted.\nNobody can undo that.".to_owned()),
                Block::Facts(vec![
                    ("Key".to_owned(), "arn:aws:kms:eu-north-1:111111111111:key/abc".to_owned()),
                    ("Policy".to_owned(), "a\nb".to_owned()),
                ]),
                Block::List(vec!["one".to_owned(), "two".to_owned()]),
                Block::Code("{\n  \"a\": 1\n}\n".to_owned()),
                Block::Link {
                    text: "The finding".to_owned(),
                    address: "https://keyreeve.example/findings/1".to_owned(),
                },
                Block::Link { text: "Not a link".to_owned(), address: "javascript:alert(1)".to_owned() },
            ],
        }
    }

    pub(crate) fn everywhere(text: &str) -> Letter {
        let text = text.to_owned();
        Letter {
            title: text.clone(),
            body: vec![
                Block::Heading(text.clone()),
                Block::Paragraph(text.clone()),
                Block::Facts(vec![(text.clone(), text.clone()), ("second".to_owned(), text.clone())]),
                Block::List(vec![text.clone(), text.clone()]),
                Block::Code(text.clone()),
                Block::Link { text: text.clone(), address: "https://keyreeve.example/".to_owned() },
                Block::Link { text: text.clone(), address: text },
            ],
        }
    }

    /// What strangers try, in one markup or another.
    pub(crate) const HOSTILE: [&str; 34] = [
        "{code}",
        "{noformat}{color:red}x{color}",
        "{NoFormat}",
        "[~admin]",
        "[click|https://evil.example]",
        "[^secret.txt]",
        "[#anchor]",
        "h1. big",
        "bq. quoted",
        "# one",
        "* dot",
        "- dash",
        "----",
        "||head||",
        "|cell|",
        "!https://evil.example/x.png!",
        "*bold* _it_ -no- +in+ ^up^ ~dn~ ??cite??",
        "{{mono}}",
        "\\\\",
        "a \\{code\\}",
        "(!) :) (/)",
        "https://evil.example/a",
        "mailto:a@evil.example",
        "SEC-1",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "&lt;b&gt; &#123; &amp;",
        "a\r\nBcc: evil@example.com",
        "\u{202e}gnp.exe",
        "line\u{2028}h1. big\u{2029}{code}",
        "nul\0",
        "\\ud800",
        "@here <!channel>",
        "[code]<img src=x>[/code]",
    ];
}
