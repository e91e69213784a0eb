//! The escapes of a pattern, within character sets and outside.

use super::tokens::Tokens;
use super::tree::{At, Class, Item, Node};
use crate::library::{Failure, PythonError};

/// What an escape outside a set says.
pub(super) enum Escape {
    Node(Node),
    /// A group number; whether there is such a group is for the caller to say.
    Group {
        number: u32,
        length: usize,
    },
}

/// The control character of `\a`, `\n` …
pub(super) fn control(letter: char) -> Option<u32> {
    Some(match letter {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' => 92,
        _ => return None,
    })
}

fn class(letter: char) -> Option<Item> {
    Some(match letter {
        'd' => Item::Class(Class::Digit, false),
        'D' => Item::Class(Class::Digit, true),
        's' => Item::Class(Class::Space, false),
        'S' => Item::Class(Class::Space, true),
        'w' => Item::Class(Class::Word, false),
        'W' => Item::Class(Class::Word, true),
        _ => return None,
    })
}

fn position(letter: char) -> Option<At> {
    Some(match letter {
        'A' => At::BeginningString,
        'Z' => At::EndString,
        'b' => At::Boundary,
        'B' => At::NonBoundary,
        _ => return None,
    })
}

fn is_octal(c: char) -> bool {
    matches!(c, '0'..='7')
}

fn bad(tokens: &Tokens, escape: &str) -> PythonError {
    tokens.error(&format!("bad escape {escape}"), escape.chars().count())
}

/// Reads an escape within a set, whose first two characters were taken.
pub(super) fn in_set(tokens: &mut Tokens, letter: char) -> Result<Item, Failure> {
    if let Some(code) = control(letter) {
        return Ok(Item::Literal(code));
    }
    if let Some(item) = class(letter) {
        return Ok(item);
    }
    if is_octal(letter) {
        let escape = format!("\\{letter}") + &tokens.take_while(2, is_octal)?;
        return Ok(Item::Literal(octal(tokens, &escape)?));
    }
    if letter.is_ascii_digit() {
        return Err(bad(tokens, &format!("\\{letter}")).into());
    }
    Ok(Item::Literal(literal(tokens, letter)?))
}

/// Reads an escape outside sets, whose first two characters were taken.
pub(super) fn outside(tokens: &mut Tokens, letter: char) -> Result<Escape, Failure> {
    if let Some(at) = position(letter) {
        return Ok(Escape::Node(Node::At(at)));
    }
    if let Some(item) = class(letter) {
        return Ok(Escape::Node(Node::Set { negate: false, items: vec![item] }));
    }
    if letter == '0' {
        let digits = tokens.take_while(2, is_octal)?;
        return Ok(Escape::Node(Node::Literal(u32::from_str_radix(&format!("0{digits}"), 8).unwrap_or(0))));
    }
    if letter.is_ascii_digit() {
        return number(tokens, letter);
    }
    let code = match control(letter) {
        Some(code) => code,
        None => literal(tokens, letter)?,
    };
    Ok(Escape::Node(Node::Literal(code)))
}

/// `\1` to `\99`, unless three octal digits make it a character.
fn number(tokens: &mut Tokens, first: char) -> Result<Escape, Failure> {
    let mut escape = format!("\\{first}");
    if let Some(second) = tokens.peek_if(|c| c.is_ascii_digit()) {
        escape.push(second);
        tokens.get()?;
        if let (true, true, Some(third)) = (is_octal(first), is_octal(second), tokens.peek_if(is_octal)) {
            escape.push(third);
            tokens.get()?;
            return Ok(Escape::Node(Node::Literal(octal(tokens, &escape)?)));
        }
    }
    let number = escape[1..].parse().unwrap_or(0);
    Ok(Escape::Group { number, length: escape.len() })
}

/// The character of an octal escape with its backslash.
pub(super) fn octal(tokens: &Tokens, escape: &str) -> Result<u32, PythonError> {
    let code = u32::from_str_radix(&escape[1..], 8).unwrap_or(u32::MAX);
    if code > 0o377 {
        let message = format!("octal escape value {escape} outside of range 0-0o377");
        return Err(tokens.error(&message, escape.len()));
    }
    Ok(code)
}

/// `\x41`, `\u0041`, `\U00000041`, or the character itself where it is no ASCII letter.
fn literal(tokens: &mut Tokens, letter: char) -> Result<u32, Failure> {
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'N' => return Err(Failure::unsupported("regular expression: characters by name")),
        c if c.is_ascii_alphabetic() => return Err(bad(tokens, &format!("\\{c}")).into()),
        c => return Ok(c.into()),
    };
    let escape = format!("\\{letter}") + &tokens.take_while(digits, |c| c.is_ascii_hexdigit())?;
    if escape.len() != digits + 2 {
        return Err(tokens.error(&format!("incomplete escape {escape}"), escape.len()).into());
    }
    match u32::from_str_radix(&escape[2..], 16) {
        Ok(code @ 0..=0x10_ffff) => Ok(code),
        Ok(0x11_0000..=0x7fff_ffff) => Err(bad(tokens, &escape).into()),
        _ => Err(PythonError::overflow("Python int too large to convert to C int").into()),
    }
}
