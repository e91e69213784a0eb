//! What a regular expression says, before it is made ready to run.

/// Which characters a class escape stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    Space,
    Word,
}

/// A member of a character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Literal(u32),
    Range(u32, u32),
    /// `\d`, or negated `\D`.
    Class(Class, bool),
}

/// A position that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// `^`.
    Beginning,
    /// `$`.
    End,
    /// `\A`.
    BeginningString,
    /// `\Z`.
    EndString,
    /// `\b`.
    Boundary,
    /// `\B`.
    NonBoundary,
}

/// What a quantifier does when what follows does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    /// Takes as much as it can, gives back one by one.
    Greedy,
    /// Takes as little as it can, takes one more.
    Lazy,
    /// Takes as much as it can, gives nothing back.
    Possessive,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Literal(u32),
    NotLiteral(u32),
    Any,
    Set {
        negate: bool,
        items: Vec<Item>,
    },
    At(At),
    Branch(Vec<Vec<Node>>),
    Repeat {
        min: u32,
        /// `None`: without bound.
        max: Option<u32>,
        greed: Greed,
        body: Vec<Node>,
    },
    /// A group with its number, or one that only changes flags.
    Group {
        number: Option<u32>,
        add: u32,
        del: u32,
        body: Vec<Node>,
    },
    Atomic(Vec<Node>),
    Backreference(u32),
    /// `(?!)`: matches nowhere.
    Never,
}

impl Node {
    /// Whether it matches exactly one character and sets no group.
    pub(super) fn is_single(&self) -> bool {
        match self {
            Self::Literal(_) | Self::NotLiteral(_) | Self::Any | Self::Set { .. } => true,
            Self::Group { number: None, body, .. } => matches!(body.as_slice(), [only] if only.is_single()),
            _ => false,
        }
    }

    /// Whether there is one way to match it at most, and it sets no group.
    pub(super) fn is_straight(&self) -> bool {
        match self {
            Self::Group { number: None, body, .. } => body.iter().all(Self::is_straight),
            Self::At(_) | Self::Never => true,
            _ => self.is_single(),
        }
    }
}
