//! The spanned tree that JSON and YAML texts become.

use crate::Span;

/// One value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value's bytes, quotes and brackets included, tag and anchor not. A value that came through an alias has the alias's bytes;
    /// what lies inside it keeps the bytes where it is written.
    pub span: Span,
    /// `!Sub` and the like; `None` in JSON.
    pub tag: Option<Tag>,
    /// The value.
    pub kind: NodeKind,
}

/// A YAML tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// `!Sub`, or the whole name of a tag whose handle was resolved: `tag:yaml.org,2002:str`.
    pub name: String,
    /// Its bytes.
    pub span: Span,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A string, number, boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order written; keys are unique, unless it was read with `parse_repeating`.
    Mapping(Vec<Entry>),
}

/// One member of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// A scalar.
    pub key: Node,
    /// Its value.
    pub value: Node,
}

/// A string, number, boolean or null.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text: as written where plain (`3.10` stays `3.10`), with escapes and folding undone where quoted or a block.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// What it means.
    pub resolved: Resolved,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// `text`, and JSON's literals and numbers.
    Plain,
    /// `'text'`.
    Single,
    /// `"text"`, and every JSON string.
    Double,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// What a scalar means: for YAML what Panther's loader makes of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A whole number beyond 128 bits, in decimal digits with an optional minus.
    BigInt(String),
    /// A number with a fraction or an exponent, infinite, or not a number.
    Float(f64),
    /// Its text.
    String,
}

impl Node {
    /// A node without a tag.
    pub fn new(span: Span, kind: NodeKind) -> Self {
        Self { span, tag: None, kind }
    }

    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that means a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().filter(|scalar| scalar.resolved == Resolved::String).map(|scalar| scalar.text.as_str())
    }

    /// The text of any scalar, as written: `3.10`.
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_scalar()?.resolved {
            Resolved::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one that fits.
    pub fn as_int(&self) -> Option<i128> {
        match self.as_scalar()?.resolved {
            Resolved::Int(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.resolved == Resolved::Null)
    }

    /// The items of a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The members of a mapping.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// A mapping's member by its key's text.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key.text() == Some(key))
    }

    /// A mapping's value by its key's text.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// How many values it holds: itself, keys, and all that is inside.
    pub fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(_) => 0,
            NodeKind::Sequence(items) => items.iter().map(Self::size).sum(),
            NodeKind::Mapping(entries) => entries.iter().map(|entry| entry.key.size() + entry.value.size()).sum(),
        }
    }

    /// How many sequences and mappings lie inside one another; 0 for a scalar.
    pub fn depth(&self) -> usize {
        match &self.kind {
            NodeKind::Scalar(_) => 0,
            NodeKind::Sequence(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            NodeKind::Mapping(entries) => 1 + entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0),
        }
    }

    /// What kind of value it is, with an article, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(scalar) => match scalar.resolved {
                Resolved::Null => "null",
                Resolved::Bool(_) => "a boolean",
                Resolved::Int(_) | Resolved::BigInt(_) => "a whole number",
                Resolved::Float(_) => "a number",
                Resolved::String => "a string",
            },
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }
}
