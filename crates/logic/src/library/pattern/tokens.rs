//! A pattern or template cut into characters and escapes, and the errors that point into it.

use crate::library::PythonError;

/// A character, or a backslash with the character after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    escaped: bool,
    char: char,
}

impl Token {
    /// The character, when it stands by itself.
    pub(super) fn plain(self) -> Option<char> {
        (!self.escaped).then_some(self.char)
    }

    /// The character after the backslash.
    pub(super) fn escape(self) -> Option<char> {
        self.escaped.then_some(self.char)
    }

    /// Its length in characters.
    pub(super) fn len(self) -> usize {
        1 + usize::from(self.escaped)
    }

    /// As it is written.
    pub(super) fn text(self) -> String {
        if self.escaped { format!("\\{}", self.char) } else { self.char.to_string() }
    }
}

/// Goes through a pattern. Positions count characters, as CPython's do.
pub(super) struct Tokens {
    source: Vec<char>,
    index: usize,
    next: Option<Token>,
}

impl Tokens {
    pub(super) fn new(source: &str) -> Result<Self, PythonError> {
        let mut tokens = Self { source: source.chars().collect(), index: 0, next: None };
        tokens.advance()?;
        Ok(tokens)
    }

    fn advance(&mut self) -> Result<(), PythonError> {
        self.next = match self.source.get(self.index) {
            None => None,
            Some('\\') => match self.source.get(self.index + 1) {
                Some(&char) => Some(Token { escaped: true, char }),
                None => return Err(self.error_at("bad escape (end of pattern)", self.source.len() - 1)),
            },
            Some(&char) => Some(Token { escaped: false, char }),
        };
        self.index += self.next.map_or(0, Token::len);
        Ok(())
    }

    /// The next token, which stays.
    pub(super) fn peek(&self) -> Option<Token> {
        self.next
    }

    /// Whether the next token is this plain character.
    pub(super) fn at(&self, char: char) -> bool {
        self.next == Some(Token { escaped: false, char })
    }

    /// The next plain character when it passes a test.
    pub(super) fn peek_if(&self, test: impl Fn(char) -> bool) -> Option<char> {
        self.next.and_then(Token::plain).filter(|&c| test(c))
    }

    /// Takes the next token.
    pub(super) fn get(&mut self) -> Result<Option<Token>, PythonError> {
        let token = self.next;
        self.advance()?;
        Ok(token)
    }

    /// Takes the next token when it is this plain character.
    pub(super) fn take(&mut self, char: char) -> Result<bool, PythonError> {
        let found = self.at(char);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Takes up to `most` plain characters that pass a test.
    pub(super) fn take_while(&mut self, most: usize, test: impl Fn(char) -> bool) -> Result<String, PythonError> {
        let mut out = String::new();
        while out.len() < most {
            let Some(c) = self.peek_if(&test) else { break };
            out.push(c);
            self.advance()?;
        }
        Ok(out)
    }

    /// Takes all up to a terminator, which is taken too.
    pub(super) fn take_until(&mut self, terminator: char, name: &str) -> Result<String, PythonError> {
        let mut out = String::new();
        loop {
            let token = self.get()?;
            match token {
                None if out.is_empty() => return Err(self.error(&format!("missing {name}"), 0)),
                None => {
                    let message = format!("missing {terminator}, unterminated name");
                    return Err(self.error(&message, out.chars().count()));
                }
                Some(token) if token.plain() == Some(terminator) => break,
                Some(token) => out.push_str(&token.text()),
            }
        }
        if out.is_empty() { Err(self.error(&format!("missing {name}"), 1)) } else { Ok(out) }
    }

    /// Where the next token starts.
    pub(super) fn tell(&self) -> usize {
        self.index - self.next.map_or(0, Token::len)
    }

    /// Goes back to a place that [`Self::tell`] gave.
    pub(super) fn seek(&mut self, index: usize) -> Result<(), PythonError> {
        self.index = index;
        self.advance()
    }

    /// A `re.error` so many characters before the next token.
    pub(super) fn error(&self, message: &str, before: usize) -> PythonError {
        self.error_at(message, self.tell().saturating_sub(before))
    }

    /// A `re.error` at a place.
    pub(super) fn error_at(&self, message: &str, at: usize) -> PythonError {
        let before = &self.source[..at.min(self.source.len())];
        let place = if self.source.contains(&'\n') {
            let line = before.iter().filter(|&&c| c == '\n').count() + 1;
            let column = before.iter().rev().take_while(|&&c| c != '\n').count() + 1;
            format!(" (line {line}, column {column})")
        } else {
            String::new()
        };
        PythonError::new("re.error", format!("{message} at position {at}{place}"))
    }
}
