//! What is told to people, as data: tickets, comments and mails are rendered from it, each in its own markup, and nothing
//! that a stranger wrote is ever markup.

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
