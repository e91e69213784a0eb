//! Which single characters a piece of a pattern matches, case ignored or not.

use super::flags::{ASCII, IGNORECASE};
use super::tree::{Class, Item};
use crate::library::{Failure, unicode};

/// How a character is folded before it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    None,
    Ascii,
    Unicode,
}

impl Fold {
    /// What the flags ask for.
    pub(super) fn of(flags: u32) -> Self {
        match (flags & IGNORECASE != 0, flags & ASCII != 0) {
            (false, _) => Self::None,
            (true, true) => Self::Ascii,
            (true, false) => Self::Unicode,
        }
    }

    /// The character as it is compared.
    pub(super) fn lower(self, c: u32) -> u32 {
        match self {
            Self::None => c,
            Self::Ascii if c < 0x80 => u32::from((c as u8).to_ascii_lowercase()),
            Self::Ascii => c,
            Self::Unicode => unicode::lower(c),
        }
    }

    fn is_cased(self, c: u32) -> bool {
        match self {
            Self::None => false,
            Self::Ascii => c < 0x80 && (c as u8).is_ascii_alphabetic(),
            Self::Unicode => unicode::is_cased(c),
        }
    }

    fn equals(self, c: u32) -> &'static [u32] {
        if self == Self::Unicode { unicode::extra_cases(c) } else { &[] }
    }
}

/// A set of characters.
#[derive(Debug, Clone)]
pub(super) struct Set {
    /// The answer for ASCII.
    ascii: u128,
    negate: bool,
    fold: Fold,
    ascii_classes: bool,
    /// Sorted and apart.
    ranges: Vec<(u32, u32)>,
    classes: Vec<(Class, bool)>,
}

impl Set {
    /// The set of items under flags.
    pub(super) fn new(negate: bool, items: &[Item], flags: u32) -> Result<Self, Failure> {
        let (ranges, fold) = ranges(items, Fold::of(flags))?;
        let classes = items.iter().filter_map(|item| match item {
            Item::Class(class, negated) => Some((*class, *negated)),
            _ => None,
        });
        let ascii_classes = flags & ASCII != 0;
        let mut set = Self { ascii: 0, negate, fold, ascii_classes, ranges, classes: classes.collect() };
        set.ascii = (0..0x80).filter(|&c| set.holds(c)).fold(0, |bits, c| bits | 1 << c);
        Ok(set)
    }

    fn holds(&self, c: u32) -> bool {
        let c = self.fold.lower(c);
        let after = self.ranges.partition_point(|&(first, _)| first <= c);
        let found = after > 0 && c <= self.ranges[after - 1].1
            || self.classes.iter().any(|&(class, negated)| in_class(class, c, self.ascii_classes) != negated);
        found != self.negate
    }

    /// Whether the character is in it.
    pub(super) fn contains(&self, c: u32) -> bool {
        if c < 0x80 { self.ascii >> c & 1 == 1 } else { self.holds(c) }
    }
}

/// Whether a character is of a class.
pub(super) fn in_class(class: Class, c: u32, ascii: bool) -> bool {
    match (class, ascii) {
        (_, true) if c >= 0x80 => false,
        (Class::Digit, true) => (c as u8).is_ascii_digit(),
        (Class::Space, true) => matches!(c, 0x09..=0x0d | 0x20),
        (Class::Word, true) => c == 0x5f || (c as u8).is_ascii_alphanumeric(),
        (Class::Digit, false) => unicode::is_decimal(c),
        (Class::Space, false) => unicode::is_space(c),
        (Class::Word, false) => unicode::is_word(c),
    }
}

/// The ranges of a set, folded where one of its characters has a case at all, as CPython does it.
fn ranges(items: &[Item], fold: Fold) -> Result<(Vec<(u32, u32)>, Fold), Failure> {
    let mut ranges = Vec::new();
    let mut cased = false;
    for item in items {
        let (first, last) = match *item {
            Item::Literal(c) => (c, c),
            Item::Range(first, last) => (first, last),
            Item::Class(..) => continue,
        };
        if fold == Fold::None {
            ranges.push((first, last));
        } else if last <= 0xffff {
            push_folded(&mut ranges, (first, last), fold);
            cased = cased || (first..=last).any(|c| fold.is_cased(c));
        } else if first == last && !fold.is_cased(first) {
            // CPython compares folded from here on, which changes nothing for a character without case.
            ranges.push((first, last));
            cased = true;
        } else {
            return Err(Failure::unsupported("regular expression: a set beyond U+FFFF that ignores case"));
        }
    }
    Ok((merged(ranges), if cased { fold } else { Fold::None }))
}

fn push_folded(ranges: &mut Vec<(u32, u32)>, (first, last): (u32, u32), fold: Fold) {
    for c in first..=last {
        let lower = fold.lower(c);
        match ranges.last_mut() {
            Some((_, end)) if lower == *end + 1 => *end = lower,
            _ => ranges.push((lower, lower)),
        }
        ranges.extend(fold.equals(lower).iter().map(|&other| (other, other)));
    }
}

fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => out.push((first, last)),
        }
    }
    out
}

/// A matcher of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum One {
    Char(u32),
    Not(u32),
    Folded(Fold, u32),
    NotFolded(Fold, u32),
    /// All but a line feed.
    Any,
    AnyAll,
    /// Index into the program's sets.
    Set(usize),
}

/// A matcher of a literal character under flags: itself, folded, or a set of all that equal it.
pub(super) enum Literal {
    One(One),
    Set(Set),
}

impl Literal {
    /// The matcher of a character, or of all others.
    pub(super) fn new(c: u32, negate: bool, flags: u32) -> Self {
        let fold = Fold::of(flags);
        if !fold.is_cased(c) {
            return Self::One(if negate { One::Not(c) } else { One::Char(c) });
        }
        let lower = fold.lower(c);
        if fold.equals(lower).is_empty() {
            return Self::One(if negate { One::NotFolded(fold, lower) } else { One::Folded(fold, lower) });
        }
        let mut ranges = vec![(lower, lower)];
        ranges.extend(fold.equals(lower).iter().map(|&other| (other, other)));
        let ranges = merged(ranges);
        let mut set = Set { ascii: 0, negate, fold, ascii_classes: false, ranges, classes: Vec::new() };
        set.ascii = (0..0x80).filter(|&c| set.holds(c)).fold(0, |bits, c| bits | 1 << c);
        Self::Set(set)
    }
}

impl One {
    /// Whether it matches the character.
    pub(super) fn matches(self, c: u32, sets: &[Set]) -> bool {
        match self {
            Self::Char(one) => c == one,
            Self::Not(one) => c != one,
            Self::Folded(fold, one) => fold.lower(c) == one,
            Self::NotFolded(fold, one) => fold.lower(c) != one,
            Self::Any => c != 0x0a,
            Self::AnyAll => true,
            Self::Set(index) => sets.get(index).is_some_and(|set| set.contains(c)),
        }
    }
}
