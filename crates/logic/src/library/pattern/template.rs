//! Replacement templates of `sub` and `expand`.

use super::parse::is_identifier;
use super::tokens::{Token, Tokens};
use super::{Match, Pattern, escape};
use crate::library::{Failure, PythonError, repr};

/// The least number that CPython takes for no group at all.
const MAXGROUPS: u64 = 1_073_741_823;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(u32),
}

/// A template made ready for one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `re.error` and `IndexError` as CPython words them.
    pub fn new(source: &str, pattern: &Pattern) -> Result<Self, Failure> {
        let mut reader = Reader { tokens: Tokens::new(source)?, pattern, pieces: Vec::new(), text: String::new() };
        while let Some(token) = reader.tokens.get()? {
            match token.escape() {
                Some(letter) => reader.escape(token, letter)?,
                None => reader.text.extend(token.plain()),
            }
        }
        reader.flush();
        Ok(Self(reader.pieces))
    }

    /// Writes what a match makes of it.
    pub fn expand_into(&self, out: &mut String, found: &Match, text: &str) {
        for piece in &self.0 {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(group) => found.group(text, *group).unwrap_or(""),
            });
        }
    }
}

struct Reader<'p> {
    tokens: Tokens,
    pattern: &'p Pattern,
    pieces: Vec<Piece>,
    text: String,
}

impl Reader<'_> {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn group(&mut self, number: u64, before: usize) -> Result<(), Failure> {
        match u32::try_from(number) {
            Ok(group) if group <= self.pattern.groups() => {
                self.flush();
                self.pieces.push(Piece::Group(group));
                Ok(())
            }
            _ => Err(self.tokens.error(&format!("invalid group reference {number}"), before).into()),
        }
    }

    fn character(&mut self, code: u32) {
        self.text.extend(char::from_u32(code));
    }

    fn escape(&mut self, token: Token, letter: char) -> Result<(), Failure> {
        let is_octal = |c: char| matches!(c, '0'..='7');
        match letter {
            'g' => self.named(),
            '0' => {
                let digits = self.tokens.take_while(2, is_octal)?;
                self.character(u32::from_str_radix(&format!("0{digits}"), 8).unwrap_or(0) & 0xff);
                Ok(())
            }
            '1'..='9' => self.numbered(letter),
            _ => match escape::control(letter) {
                Some(code) => {
                    self.character(code);
                    Ok(())
                }
                None if letter.is_ascii_alphabetic() => {
                    Err(self.tokens.error(&format!("bad escape \\{letter}"), token.len()).into())
                }
                None => {
                    self.text.push_str(&token.text());
                    Ok(())
                }
            },
        }
    }

    fn numbered(&mut self, first: char) -> Result<(), Failure> {
        let is_octal = |c: char| matches!(c, '0'..='7');
        let mut escape = format!("\\{first}");
        if let Some(second) = self.tokens.peek_if(|c| c.is_ascii_digit()) {
            escape.push(second);
            self.tokens.get()?;
            if let (true, true, Some(third)) = (is_octal(first), is_octal(second), self.tokens.peek_if(is_octal)) {
                escape.push(third);
                self.tokens.get()?;
                let code = escape::octal(&self.tokens, &escape)?;
                self.character(code);
                return Ok(());
            }
        }
        self.group(escape[1..].parse().unwrap_or(0), escape.len() - 1)
    }

    /// `\g<name>` or `\g<1>`, its first two characters taken.
    fn named(&mut self) -> Result<(), Failure> {
        if !self.tokens.take('<')? {
            return Err(self.tokens.error("missing <", 0).into());
        }
        let name = self.tokens.take_until('>', "group name")?;
        if !name.is_ascii() {
            return Err(Failure::unsupported("regular expression: group name beyond ASCII"));
        }
        let before = name.len() + 1;
        if is_identifier(&name) {
            let Some(number) = self.pattern.group_named(&name) else {
                let message = format!("unknown group name {}", repr::string(&name));
                return Err(PythonError::new("IndexError", message).into());
            };
            return self.group(number.into(), before);
        }
        if !name.bytes().all(|b| b.is_ascii_digit()) {
            let negative = name
                .strip_prefix('-')
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()) && rest.parse() != Ok(0));
            let numeric =
                |b: u8| b.is_ascii_digit() || b.is_ascii_whitespace() || matches!(b, b'+' | b'-' | b'_' | 0x0b..=0x1f);
            if !negative && name.bytes().any(|b| b.is_ascii_digit()) && name.bytes().all(numeric) {
                // `int()` reads signs, spaces and underscores too.
                return Err(Failure::unsupported("regular expression: group number with more than digits"));
            }
            let message = format!("bad character in group name {}", repr::string(&name));
            return Err(self.tokens.error(&message, before).into());
        }
        match name.parse() {
            Ok(number) if number < MAXGROUPS => self.group(number, before),
            _ if name.len() > 4000 => {
                Err(Failure::unsupported("regular expression: a group number of thousands of digits"))
            }
            _ => {
                let digits = name.trim_start_matches('0');
                Err(self.tokens.error(&format!("invalid group reference {digits}"), before).into())
            }
        }
    }
}
