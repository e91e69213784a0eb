//! Characters as CPython 3.11's library sees them: what `str` says of them, and what `re` alone does.

mod tables;

use std::cmp::Ordering;

use crate::unicode;

fn within(ranges: &[(u32, u32)], c: u32) -> bool {
    let order = |&(first, last): &(u32, u32)| match () {
        () if last < c => Ordering::Less,
        () if first > c => Ordering::Greater,
        () => Ordering::Equal,
    };
    ranges.binary_search_by(order).is_ok()
}

/// Whether `str` gives one of the properties to the character; half of a surrogate pair has none.
fn has(c: u32, properties: u16) -> bool {
    char::from_u32(c).is_some_and(|c| unicode::has(c, properties))
}

/// `str.isalnum` of one character.
pub fn is_alnum(c: u32) -> bool {
    has(c, unicode::ALNUM)
}

/// `str.isdecimal` of one character: what `\d` matches.
pub fn is_decimal(c: u32) -> bool {
    has(c, unicode::DECIMAL)
}

/// The digit that a decimal character stands for, in any script.
pub fn decimal(c: u32) -> Option<u32> {
    char::from_u32(c).and_then(unicode::decimal_value)
}

/// `str.isspace` of one character: what `\s` matches and `str.split()` splits at.
pub fn is_space(c: u32) -> bool {
    has(c, unicode::SPACE)
}

/// `str.isprintable` of one character: what `repr` leaves as it is.
pub fn is_printable(c: u32) -> bool {
    has(c, unicode::PRINTABLE)
}

/// What `\w` matches.
pub fn is_word(c: u32) -> bool {
    c == u32::from(b'_') || is_alnum(c)
}

/// The one-to-one lower case that `re.IGNORECASE` compares by.
pub fn lower(c: u32) -> u32 {
    if c < 0x80 {
        return u32::from((c as u8).to_ascii_lowercase());
    }
    let after = tables::LOWER.partition_point(|&(first, ..)| first <= c);
    let Some(&(first, last, step, delta)) = after.checked_sub(1).and_then(|i| tables::LOWER.get(i)) else { return c };
    if c <= last && (c - first).is_multiple_of(step) { c.wrapping_add_signed(delta) } else { c }
}

/// Whether `re` holds the character to have a case.
pub fn is_cased(c: u32) -> bool {
    match c {
        0..=0x7f => (c as u8).is_ascii_alphabetic(),
        _ => within(tables::CASED, c),
    }
}

/// Other lower-case characters that `re.IGNORECASE` holds equal to this lower-case one.
pub fn extra_cases(c: u32) -> &'static [u32] {
    tables::EXTRA_CASES.binary_search_by_key(&c, |&(key, _)| key).map_or(&[], |i| tables::EXTRA_CASES[i].1)
}
