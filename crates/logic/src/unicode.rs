//! What CPython 3.11 knows of characters: Unicode 14, whichever Unicode the Rust toolchain has.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Written by `tests/data/unicode14.py`, which says what is in it.
const DATA: &str = include_str!("unicode/unicode14.txt");

pub(crate) const ALPHA: u16 = 1;
pub(crate) const DECIMAL: u16 = 1 << 1;
pub(crate) const DIGIT: u16 = 1 << 2;
pub(crate) const NUMERIC: u16 = 1 << 3;
pub(crate) const UPPER: u16 = 1 << 4;
pub(crate) const LOWER: u16 = 1 << 5;
pub(crate) const TITLE: u16 = 1 << 6;
pub(crate) const SPACE: u16 = 1 << 7;
pub(crate) const PRINTABLE: u16 = 1 << 8;
pub(crate) const CASED: u16 = 1 << 9;
pub(crate) const CASE_IGNORABLE: u16 = 1 << 10;
pub(crate) const IDENTIFIER_START: u16 = 1 << 11;
pub(crate) const IDENTIFIER: u16 = 1 << 12;
/// `str.isalnum`, and with the underscore `\w`.
pub(crate) const ALNUM: u16 = ALPHA | DECIMAL | DIGIT | NUMERIC;

/// A mapping of characters to text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    Lower,
    Upper,
    Title,
    Fold,
}

/// One run of characters with the same properties.
struct Run {
    first: u32,
    last: u32,
    properties: u16,
}

struct Tables {
    runs: Vec<Run>,
    mappings: [Map; 4],
}

#[derive(Default)]
struct Map {
    simple: HashMap<char, char>,
    special: HashMap<char, &'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(read_tables);

fn read_tables() -> Tables {
    let mut sections = DATA.split("\n\n");
    let mut runs = Vec::new();
    let mut end = 0;
    for word in words(sections.next().unwrap_or_default()) {
        if let [gap, length, properties] = numbers(word)[..] {
            let first = (end + gap).cast_unsigned();
            let last = first + length.cast_unsigned() - 1;
            runs.push(Run { first, last, properties: u16::try_from(properties).unwrap_or(0) });
            end = last.cast_signed() + 1;
        }
    }
    let mappings = std::array::from_fn(|_| read_map(sections.next().unwrap_or_default()));
    Tables { runs, mappings }
}

fn words(section: &'static str) -> impl Iterator<Item = &'static str> {
    section.lines().flat_map(|line| line.split(',')).filter(|word| !word.is_empty())
}

fn numbers(word: &str) -> Vec<i32> {
    word.split(' ').filter_map(|number| i32::from_str_radix(number, 16).ok()).collect()
}

fn read_map(section: &'static str) -> Map {
    let mut map = Map::default();
    let mut end = 0;
    for word in words(section) {
        if let Some((code, text)) = word.split_once('=') {
            map.special.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).map(|code| (code, text)));
        } else if let [gap, count, step, delta] = numbers(word)[..] {
            let first = end + gap;
            for code in (0..count).map(|index| first + index * step) {
                let pair = (char::from_u32(code.cast_unsigned()), char::from_u32((code + delta).cast_unsigned()));
                if let (Some(from), Some(to)) = pair {
                    map.simple.insert(from, to);
                }
            }
            end = first;
        }
    }
    map
}

/// The properties of a character.
pub(crate) fn properties(character: char) -> u16 {
    let code = u32::from(character);
    let runs = &TABLES.runs;
    match runs.partition_point(|run| run.last < code) {
        index if index < runs.len() && runs[index].first <= code => runs[index].properties,
        _ => 0,
    }
}

/// Whether a character has one of these properties.
pub(crate) fn has(character: char, wanted: u16) -> bool {
    if character.is_ascii() {
        return ascii_has(character, wanted);
    }
    properties(character) & wanted != 0
}

/// Without the tables, which most runs never need.
fn ascii_has(character: char, wanted: u16) -> bool {
    let byte = character as u8;
    let mut properties = 0;
    if byte.is_ascii_digit() {
        properties |= DECIMAL | DIGIT | NUMERIC | IDENTIFIER;
    }
    if byte.is_ascii_alphabetic() {
        properties |= ALPHA | CASED | IDENTIFIER | IDENTIFIER_START;
        properties |= if byte.is_ascii_uppercase() { UPPER } else { LOWER };
    }
    match byte {
        b'_' => properties |= IDENTIFIER | IDENTIFIER_START,
        b'\'' | b'.' | b':' | b'^' | b'`' => properties |= CASE_IGNORABLE,
        b'\t'..=b'\r' | 0x1c..=0x1f | b' ' => properties |= SPACE,
        _ => {}
    }
    if (0x20..0x7f).contains(&byte) {
        properties |= PRINTABLE;
    }
    if byte == b'_' {
        properties &= !CASE_IGNORABLE;
    }
    properties & wanted != 0
}

/// Appends what a character maps to.
pub(crate) fn push_mapped(mapping: Mapping, character: char, text: &mut String) {
    if character.is_ascii() {
        text.push(match mapping {
            Mapping::Lower | Mapping::Fold => character.to_ascii_lowercase(),
            Mapping::Upper | Mapping::Title => character.to_ascii_uppercase(),
        });
        return;
    }
    let map = &TABLES.mappings[mapping as usize];
    match map.special.get(&character) {
        Some(special) => text.push_str(special),
        None => text.push(map.simple.get(&character).copied().unwrap_or(character)),
    }
}

/// The value of a decimal digit of any script.
pub(crate) fn decimal_value(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let code = u32::from(character);
    let runs = &TABLES.runs;
    let index = runs.partition_point(|run| run.last < code);
    let run = runs.get(index).filter(|run| run.first <= code && run.properties & DECIMAL != 0)?;
    // Digits come in tens from zero on, and nothing else stands between two tens that touch.
    Some((code - run.first) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `digest` in `tests/data/unicode14.py`.
    fn digest(values: impl Fn(char, &mut Vec<u32>)) -> u64 {
        let mut state = 0xCBF2_9CE4_8422_2325_u64;
        let mut numbers = Vec::new();
        for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
            numbers.push(u32::from(character));
            values(character, &mut numbers);
            for number in numbers.drain(..) {
                state = (state ^ u64::from(number)).wrapping_mul(0x0100_0000_01B3);
            }
        }
        state
    }

    fn mapped(mapping: Mapping) -> u64 {
        digest(|character, numbers| {
            let mut text = String::new();
            push_mapped(mapping, character, &mut text);
            numbers.extend(text.chars().map(u32::from));
        })
    }

    #[test]
    fn every_character_has_the_properties_that_cpython_gives_it() {
        let found = digest(|character, numbers| numbers.push(u32::from(properties(character))));
        assert_eq!(found, 0x0c02_c99d_4da4_8585);
    }

    #[test]
    fn every_character_maps_as_in_cpython() {
        assert_eq!(mapped(Mapping::Lower), 0xc098_2e78_2a22_1690);
        assert_eq!(mapped(Mapping::Upper), 0x436e_f8c2_da99_6062);
        assert_eq!(mapped(Mapping::Title), 0xd024_ab71_633b_f6aa);
        assert_eq!(mapped(Mapping::Fold), 0x019d_fd68_69ad_6ceb);
    }

    #[test]
    fn ascii_needs_no_tables() {
        for character in (0..128_u8).map(char::from) {
            for bit in 0..13 {
                assert_eq!(has(character, 1 << bit), properties(character) & (1 << bit) != 0, "{character:?} {bit}");
            }
        }
    }
}
