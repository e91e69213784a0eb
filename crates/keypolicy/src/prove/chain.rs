//! A pattern as a chain of pieces: what stands before, between and behind its wildcards, one position each.

use super::atom::{Lift, Pat};
use crate::pattern::{Glob, Pattern, Token};

/// What a wildcard does not stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Except {
    colon: bool,
    slash: bool,
}

impl Except {
    const NOTHING: Self = Self { colon: false, slash: false };
    const COLON: Self = Self { colon: true, slash: false };
    const SLASH: Self = Self { colon: false, slash: true };

    fn and(self, other: Self) -> Self {
        Self { colon: self.colon || other.colon, slash: self.slash || other.slash }
    }

    /// Whether a wildcard stands for the character.
    pub(super) fn admits(self, c: char) -> bool {
        !(self.colon && c == ':' || self.slash && c == '/')
    }

    /// Whether it stands for all that another stands for.
    fn covers(self, other: Self) -> bool {
        (!self.colon || other.colon) && (!self.slash || other.slash)
    }
}

/// A piece of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character.
    Char(char),
    /// This letter, in either case.
    Either(char),
    /// Any one character.
    One(Except),
    /// Any run of characters.
    Many(Except),
}

impl Piece {
    /// Whether it is one character, and this one fits it.
    pub(super) fn fits(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::Either(own) => own.eq_ignore_ascii_case(&c),
            Self::One(except) => except.admits(c),
            Self::Many(_) => false,
        }
    }

    /// Whether a run of what `self`, a wildcard, stands for holds whatever the other stands for.
    fn swallows(self, other: Self) -> bool {
        let Self::Many(own) = self else { return false };
        match other {
            Self::Char(c) | Self::Either(c) => own.admits(c),
            Self::One(except) | Self::Many(except) => own.covers(except),
        }
    }
}

/// A pattern on a function of a value, as a chain over the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) pieces: Vec<Piece>,
    /// Where reading begins; position `i` stands before piece `i`.
    pub(super) starts: Vec<usize>,
    /// Where it may end.
    pub(super) ends: Vec<usize>,
}

impl Chain {
    /// The chain of a pattern; `None` where it fits no text.
    pub(super) fn of(pat: &Pat) -> Option<Self> {
        let (inner, except) = (pieces(&pat.pattern)?, barrier(pat.lift));
        if inner.iter().any(|piece| matches!(piece, Piece::Char(c) | Piece::Either(c) if !except.admits(*c))) {
            return None;
        }
        let inner = inner.into_iter().map(|piece| match piece {
            Piece::One(own) => Piece::One(own.and(except)),
            Piece::Many(own) => Piece::Many(own.and(except)),
            other => other,
        });
        let field = [Piece::Many(Except::COLON), Piece::Char(':')];
        let mut made: Vec<Piece> = Vec::new();
        let mut starts = vec![0];
        match pat.lift {
            Lift::Whole | Lift::Organization => {}
            Lift::Account => made.extend(field.iter().cycle().take(8)),
            Lift::Session => made.extend(field),
            // Behind the last slash, or all of a text without one.
            Lift::Name => {
                made.extend([Piece::Many(Except::NOTHING), Piece::Char('/')]);
                starts.push(2);
            }
            Lift::Epoch => return None,
        }
        made.extend(inner);
        let mut ends = vec![made.len()];
        let rest = match pat.lift {
            Lift::Account => Some(':'),
            Lift::Organization => Some('/'),
            _ => None,
        };
        if let Some(separator) = rest {
            made.extend([Piece::Char(separator), Piece::Many(Except::NOTHING)]);
            ends.push(made.len());
        }
        Some(Self { pieces: made, starts, ends })
    }

    /// For a wildcard at a position: the first position from which on all is held by it. Who is at the wildcard can read whatever is
    /// read from there.
    pub(super) fn held_from(&self, at: usize) -> usize {
        let Some(wildcard) = self.pieces.get(at) else { return at };
        let before = self.pieces.get(..at).unwrap_or_default();
        at - before.iter().rev().take_while(|piece| wildcard.swallows(**piece)).count()
    }

    /// Whether everything fits from a position on.
    pub(super) fn is_forever(&self, at: usize) -> bool {
        at + 1 == self.pieces.len() && self.pieces.get(at) == Some(&Piece::Many(Except::NOTHING))
    }
}

/// What the part of a value that a function gives cannot hold.
fn barrier(lift: Lift) -> Except {
    match lift {
        Lift::Account => Except::COLON,
        Lift::Name | Lift::Organization => Except::SLASH,
        Lift::Whole | Lift::Session | Lift::Epoch => Except::NOTHING,
    }
}

/// The pieces of a pattern; `None` where it fits no text.
fn pieces(pattern: &Pattern) -> Option<Vec<Piece>> {
    Some(match pattern {
        Pattern::Exact(text) => text.chars().map(Piece::Char).collect(),
        Pattern::IgnoreCase(text) => text.chars().map(Piece::Either).collect(),
        Pattern::Bool(value) => value.to_string().chars().map(Piece::Either).collect(),
        Pattern::Glob(glob) => of_glob(glob, Except::NOTHING).collect(),
        Pattern::Arn(fields) => {
            let (first, others) = fields.split_first()?;
            if !first.fits("arn") {
                return None;
            }
            let mut made: Vec<Piece> = "arn".chars().map(Piece::Char).collect();
            for (at, glob) in others.iter().enumerate() {
                made.push(Piece::Char(':'));
                made.extend(of_glob(glob, if at == 4 { Except::NOTHING } else { Except::COLON }));
            }
            made
        }
        Pattern::AnyArn => {
            let mut made: Vec<Piece> = "arn:".chars().map(Piece::Char).collect();
            for _ in 0..4 {
                made.extend([Piece::Many(Except::COLON), Piece::Char(':')]);
            }
            made.push(Piece::Many(Except::NOTHING));
            made
        }
        Pattern::Number(..) | Pattern::Date(..) | Pattern::Net(_) | Pattern::Nothing => return None,
    })
}

fn of_glob(glob: &Glob, except: Except) -> impl Iterator<Item = Piece> + '_ {
    glob.0.iter().map(move |token| match token {
        Token::Char(c) => Piece::Char(*c),
        Token::One => Piece::One(except),
        Token::Any => Piece::Many(except),
    })
}
