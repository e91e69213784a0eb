//! Upper and lower case, and questions about characters.

use crate::evaluate::arguments::Call;
use crate::method::Method;
use crate::stop::R;
use crate::unicode::{self, Mapping};
use crate::value::Value;

/// `text.lower()` and its like.
pub(super) fn converted(text: &str, method: Method, call: Call) -> R<Value> {
    let [] = call.exactly(&format!("str.{}", method.name()))?;
    if text.is_ascii() {
        match method {
            Method::Lower | Method::Casefold => {
                return Ok(ascii(text, str::to_ascii_lowercase, u8::is_ascii_uppercase));
            }
            Method::Upper => return Ok(ascii(text, str::to_ascii_uppercase, u8::is_ascii_lowercase)),
            _ => {}
        }
    }
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut after_cased = false;
    for (index, character) in characters.iter().copied().enumerate() {
        let mapping = match method {
            Method::Lower => Mapping::Lower,
            Method::Upper => Mapping::Upper,
            Method::Casefold => Mapping::Fold,
            Method::Capitalize if index == 0 => Mapping::Title,
            Method::Title if !after_cased => Mapping::Title,
            Method::SwapCase if unicode::has(character, unicode::LOWER) => Mapping::Upper,
            Method::SwapCase if !unicode::has(character, unicode::UPPER) => {
                out.push(character);
                continue;
            }
            _ => Mapping::Lower,
        };
        after_cased = unicode::has(character, unicode::CASED);
        if character == 'Σ' && mapping == Mapping::Lower {
            out.push(if is_final(&characters, index) { 'ς' } else { 'σ' });
        } else {
            unicode::push_mapped(mapping, character, &mut out);
        }
    }
    Ok(Value::from(out))
}

fn ascii(text: &str, convert: impl Fn(&str) -> String, changes: impl Fn(&u8) -> bool) -> Value {
    if text.bytes().any(|byte| changes(&byte)) { Value::from(convert(text)) } else { Value::str(text) }
}

/// Whether a capital sigma ends a word: a cased character stands before it and none after, not counting ignorable ones.
fn is_final(characters: &[char], index: usize) -> bool {
    let cased = |character: Option<&char>| character.is_some_and(|character| unicode::has(*character, unicode::CASED));
    let counts = |character: &&char| !unicode::has(**character, unicode::CASE_IGNORABLE);
    cased(characters[..index].iter().rev().find(counts)) && !cased(characters[index + 1..].iter().find(counts))
}

/// `text.isalpha()` and its like.
pub(super) fn question(text: &str, method: Method) -> bool {
    match method {
        Method::IsAlpha => super::all(text, unicode::ALPHA),
        Method::IsAlnum => super::all(text, unicode::ALNUM),
        Method::IsDecimal => super::all(text, unicode::DECIMAL),
        Method::IsDigit => super::all(text, unicode::DIGIT),
        Method::IsNumeric => super::all(text, unicode::NUMERIC),
        Method::IsSpace => super::all(text, unicode::SPACE),
        Method::IsPrintable => text.is_empty() || super::all(text, unicode::PRINTABLE),
        Method::IsAscii => text.is_ascii(),
        Method::IsIdentifier => {
            let mut characters = text.chars();
            characters.next().is_some_and(|first| unicode::has(first, unicode::IDENTIFIER_START))
                && characters.all(|character| unicode::has(character, unicode::IDENTIFIER))
        }
        Method::IsUpper => of_one_case(text, unicode::UPPER, unicode::LOWER),
        Method::IsLower => of_one_case(text, unicode::LOWER, unicode::UPPER),
        _ => is_title(text),
    }
}

fn of_one_case(text: &str, case: u16, other: u16) -> bool {
    let mut any = false;
    for character in text.chars() {
        if unicode::has(character, other | unicode::TITLE) {
            return false;
        }
        any |= unicode::has(character, case);
    }
    any
}

fn is_title(text: &str) -> bool {
    let (mut any, mut after_cased) = (false, false);
    for character in text.chars() {
        if unicode::has(character, unicode::UPPER | unicode::TITLE) {
            if after_cased {
                return false;
            }
            (any, after_cased) = (true, true);
        } else if unicode::has(character, unicode::LOWER) {
            if !after_cased {
                return false;
            }
            any = true;
        } else {
            after_cased = false;
        }
    }
    any
}
