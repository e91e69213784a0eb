//! Reads a pattern as CPython 3.11's `re` does, errors and their places included.

use super::escape::{self, Escape};
use super::flags::{self, TEMPLATE, TYPE_FLAGS, VERBOSE};
use super::tokens::{Token, Tokens};
use super::tree::{At, Greed, Item, Node};
use crate::library::{Failure, PythonError, repr};

/// How deep groups may lie in one another. CPython's own limit is its recursion limit, which is not reproduced.
const DEPTH: usize = 100;
/// Repetitions from which on CPython refuses.
const MAXREPEAT: u32 = u32::MAX;

/// A pattern that was read.
pub(super) struct Parsed {
    pub(super) body: Vec<Node>,
    /// The flags given and those the pattern sets.
    pub(super) flags: u32,
    /// The number of groups.
    pub(super) groups: u32,
    /// Named groups in order.
    pub(super) names: Vec<(String, u32)>,
}

/// Reads a pattern.
pub(super) fn parse(source: &str, flags: u32) -> Result<Parsed, Failure> {
    let tokens = Tokens::new(source)?;
    let mut parser = Parser { tokens, flags, closed: Vec::new(), names: Vec::new() };
    let body = parser.alternatives(flags & VERBOSE != 0, 0)?;
    let flags = fixed(parser.flags)?;
    if parser.tokens.peek().is_some() {
        return Err(parser.tokens.error("unbalanced parenthesis", 0).into());
    }
    let groups = u32::try_from(parser.closed.len()).map_err(|_| Failure::Exceeded("groups of a regular expression"))?;
    Ok(Parsed { body, flags, groups, names: parser.names })
}

fn fixed(flags: u32) -> Result<u32, Failure> {
    if flags & flags::LOCALE != 0 {
        return Err(PythonError::value("cannot use LOCALE flag with a str pattern").into());
    }
    if flags & flags::ASCII == 0 {
        return Ok(flags | flags::UNICODE);
    }
    if flags & flags::UNICODE != 0 {
        return Err(PythonError::value("ASCII and UNICODE flags are incompatible").into());
    }
    Ok(flags)
}

struct Parser {
    tokens: Tokens,
    flags: u32,
    /// For each group whether it was closed.
    closed: Vec<bool>,
    names: Vec<(String, u32)>,
}

/// What an opening parenthesis turned out to be.
enum Opened {
    Group {
        capture: bool,
        name: Option<String>,
        add: u32,
        del: u32,
    },
    Atomic,
    Node(Node),
    /// A comment or global flags.
    Nothing,
    Never,
}

impl Parser {
    fn error(&self, message: &str, before: usize) -> Failure {
        self.tokens.error(message, before).into()
    }

    fn error_from(&self, message: &str, start: usize) -> Failure {
        self.tokens.error_at(message, start).into()
    }

    /// `a|b|c`.
    fn alternatives(&mut self, mut verbose: bool, nested: usize) -> Result<Vec<Node>, Failure> {
        if nested > DEPTH {
            return Err(Failure::Exceeded("depth of a regular expression"));
        }
        let mut branches: Vec<Vec<Node>> = Vec::new();
        loop {
            let first = nested == 0 && branches.is_empty();
            branches.push(self.sequence(verbose, nested + 1, first)?);
            if !self.tokens.take('|')? {
                break;
            }
            if nested == 0 {
                verbose = self.flags & VERBOSE != 0;
            }
        }
        if branches.len() == 1 {
            return Ok(branches.remove(0));
        }
        Ok(vec![as_set(&branches).unwrap_or(Node::Branch(branches))])
    }

    fn sequence(&mut self, mut verbose: bool, nested: usize, first: bool) -> Result<Vec<Node>, Failure> {
        let mut out: Vec<Node> = Vec::new();
        while let Some(token) = self.tokens.peek() {
            if matches!(token.plain(), Some('|' | ')')) {
                break;
            }
            self.tokens.get()?;
            if verbose && self.is_blank(token)? {
                continue;
            }
            match token.plain() {
                None => {
                    let node = self.escape(token)?;
                    out.push(node);
                }
                Some('[') => out.push(self.set()?),
                Some(c @ ('*' | '+' | '?' | '{')) => self.quantifier(c, &mut out)?,
                Some('.') => out.push(Node::Any),
                Some('^') => out.push(Node::At(At::Beginning)),
                Some('$') => out.push(Node::At(At::End)),
                Some('(') => {
                    out.extend(self.parenthesis(verbose, nested, first && out.is_empty())?);
                    if first && out.is_empty() {
                        verbose = self.flags & VERBOSE != 0;
                    }
                }
                Some(c) => out.push(Node::Literal(c.into())),
            }
        }
        Ok(unpacked(out))
    }

    /// Whether verbose mode ignores it; a comment is taken whole.
    fn is_blank(&mut self, token: Token) -> Result<bool, Failure> {
        match token.plain() {
            Some(' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') => Ok(true),
            Some('#') => loop {
                match self.tokens.get()?.map(Token::plain) {
                    None | Some(Some('\n')) => break Ok(true),
                    Some(_) => {}
                }
            },
            _ => Ok(false),
        }
    }

    fn escape(&mut self, token: Token) -> Result<Node, Failure> {
        let letter = token.escape().unwrap_or_default();
        match escape::outside(&mut self.tokens, letter)? {
            Escape::Node(node) => Ok(node),
            Escape::Group { number, length } => match self.closed.get(number as usize - 1) {
                Some(true) => Ok(Node::Backreference(number)),
                Some(false) => Err(self.error("cannot refer to an open group", length)),
                None => Err(self.error(&format!("invalid group reference {number}"), length - 1)),
            },
        }
    }

    /// `[…]`, its bracket taken.
    fn set(&mut self) -> Result<Node, Failure> {
        let here = self.tokens.tell() - 1;
        let negate = self.tokens.take('^')?;
        let mut items: Vec<Item> = Vec::new();
        loop {
            let this = self.set_token(here)?;
            if this.plain() == Some(']') && !items.is_empty() {
                break;
            }
            let low = self.set_item(this)?;
            if !self.tokens.take('-')? {
                push_new(&mut items, low);
                continue;
            }
            let that = self.set_token(here)?;
            if that.plain() == Some(']') {
                push_new(&mut items, low);
                push_new(&mut items, Item::Literal('-'.into()));
                break;
            }
            let high = self.set_item(that)?;
            match (low, high) {
                (Item::Literal(low), Item::Literal(high)) if low <= high => {
                    push_new(&mut items, Item::Range(low, high));
                }
                _ => {
                    let message = format!("bad character range {}-{}", this.text(), that.text());
                    return Err(self.error(&message, this.len() + 1 + that.len()));
                }
            }
        }
        Ok(match (items.as_slice(), negate) {
            (&[Item::Literal(c)], false) => Node::Literal(c),
            (&[Item::Literal(c)], true) => Node::NotLiteral(c),
            _ => Node::Set { negate, items },
        })
    }

    fn set_token(&mut self, here: usize) -> Result<Token, Failure> {
        let token = self.tokens.get()?;
        token.ok_or_else(|| self.error_from("unterminated character set", here))
    }

    fn set_item(&mut self, token: Token) -> Result<Item, Failure> {
        match (token.escape(), token.plain()) {
            (Some(letter), _) => escape::in_set(&mut self.tokens, letter),
            (None, plain) => Ok(Item::Literal(plain.unwrap_or_default().into())),
        }
    }

    fn quantifier(&mut self, this: char, out: &mut Vec<Node>) -> Result<(), Failure> {
        let here = self.tokens.tell();
        let (min, max) = match this {
            '?' => (0, Some(1)),
            '*' => (0, None),
            '+' => (1, None),
            _ => match self.braces(here)? {
                Some(bounds) => bounds,
                None => {
                    out.push(Node::Literal('{'.into()));
                    return Ok(());
                }
            },
        };
        let body = match out.pop() {
            None | Some(Node::At(_)) => return Err(self.error_from("nothing to repeat", here - 1)),
            Some(Node::Repeat { .. }) => return Err(self.error_from("multiple repeat", here - 1)),
            Some(Node::Group { number: None, add: 0, del: 0, body }) => body,
            Some(node) => vec![node],
        };
        let greed = if self.tokens.take('?')? {
            Greed::Lazy
        } else if self.tokens.take('+')? {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        out.push(Node::Repeat { min, max, greed, body });
        Ok(())
    }

    /// `{2,3}` after its brace, or `None` where the brace stands for itself.
    fn braces(&mut self, here: usize) -> Result<Option<(u32, Option<u32>)>, Failure> {
        if self.tokens.at('}') {
            return Ok(None);
        }
        let low = self.tokens.take_while(usize::MAX, |c| c.is_ascii_digit())?;
        let high = if self.tokens.take(',')? {
            self.tokens.take_while(usize::MAX, |c| c.is_ascii_digit())?
        } else {
            low.clone()
        };
        if !self.tokens.take('}')? {
            self.tokens.seek(here)?;
            return Ok(None);
        }
        let (min, max) = (count(&low)?, count(&high)?);
        if max.is_some_and(|max| max < min.unwrap_or(0)) {
            return Err(self.error_from("min repeat greater than max repeat", here));
        }
        Ok(Some((min.unwrap_or(0), max)))
    }

    fn parenthesis(&mut self, verbose: bool, nested: usize, first: bool) -> Result<Option<Node>, Failure> {
        let start = self.tokens.tell() - 1;
        let mut opened = Opened::Group { capture: true, name: None, add: 0, del: 0 };
        if self.tokens.take('?')? {
            opened = self.extension(start, first)?;
        }
        let (capture, name, add, del) = match opened {
            Opened::Nothing => return Ok(None),
            Opened::Node(node) => return Ok(Some(node)),
            Opened::Never => return Ok(Some(Node::Never)),
            Opened::Atomic => {
                let body = self.alternatives(verbose, nested + 1)?;
                self.close(start)?;
                return Ok(Some(Node::Atomic(body)));
            }
            Opened::Group { capture, name, add, del } => (capture, name, add, del),
        };
        let number = if capture { Some(self.open(name)?) } else { None };
        let verbose = (verbose || add & VERBOSE != 0) && del & VERBOSE == 0;
        let body = self.alternatives(verbose, nested + 1)?;
        self.close(start)?;
        if let Some(closed) = number.and_then(|number| self.closed.get_mut(number as usize - 1)) {
            *closed = true;
        }
        Ok(Some(Node::Group { number, add, del, body }))
    }

    fn close(&mut self, start: usize) -> Result<(), Failure> {
        match self.tokens.take(')')? {
            true => Ok(()),
            false => Err(self.error_from("missing ), unterminated subpattern", start)),
        }
    }

    /// A new group, which gets the next number.
    fn open(&mut self, name: Option<String>) -> Result<u32, Failure> {
        self.closed.push(false);
        let number = self.closed.len() as u32;
        if let Some(name) = name {
            if let Some((_, other)) = self.names.iter().find(|(known, _)| *known == name) {
                let message =
                    format!("redefinition of group name {} as group {number}; was group {other}", repr::string(&name));
                return Err(self.error(&message, name.len() + 1));
            }
            self.names.push((name, number));
        }
        Ok(number)
    }

    /// What follows `(?`.
    fn extension(&mut self, start: usize, first: bool) -> Result<Opened, Failure> {
        let Some(token) = self.tokens.get()? else {
            return Err(self.error("unexpected end of pattern", 0));
        };
        match token.plain() {
            Some('P') => self.python_extension(),
            Some(':') => Ok(Opened::Group { capture: false, name: None, add: 0, del: 0 }),
            Some('#') => self.comment(start),
            Some('>') => Ok(Opened::Atomic),
            Some('!') if self.tokens.take(')')? => Ok(Opened::Never),
            Some('=' | '!') => Err(Failure::unsupported("regular expression: look-ahead")),
            Some('<') => self.look_behind(),
            Some('(') => Err(Failure::unsupported("regular expression: conditional group")),
            Some(c) if c == '-' || flags::of_letter(c).is_some() => self.inline_flags(c, start, first),
            _ => {
                let text = token.text();
                Err(self.error(&format!("unknown extension ?{text}"), token.len() + 1))
            }
        }
    }

    fn look_behind(&mut self) -> Result<Opened, Failure> {
        let Some(token) = self.tokens.get()? else {
            return Err(self.error("unexpected end of pattern", 0));
        };
        match token.plain() {
            Some('=' | '!') => Err(Failure::unsupported("regular expression: look-behind")),
            _ => Err(self.error(&format!("unknown extension ?<{}", token.text()), token.len() + 2)),
        }
    }

    fn comment(&mut self, start: usize) -> Result<Opened, Failure> {
        loop {
            match self.tokens.get()? {
                None => return Err(self.error_from("missing ), unterminated comment", start)),
                Some(token) if token.plain() == Some(')') => return Ok(Opened::Nothing),
                Some(_) => {}
            }
        }
    }

    fn python_extension(&mut self) -> Result<Opened, Failure> {
        if self.tokens.take('<')? {
            let name = self.tokens.take_until('>', "group name")?;
            self.check_name(&name)?;
            return Ok(Opened::Group { capture: true, name: Some(name), add: 0, del: 0 });
        }
        if self.tokens.take('=')? {
            let name = self.tokens.take_until(')', "group name")?;
            self.check_name(&name)?;
            let Some(&(_, number)) = self.names.iter().find(|(known, _)| *known == name) else {
                let message = format!("unknown group name {}", repr::string(&name));
                return Err(self.error(&message, name.len() + 1));
            };
            if self.closed.get(number as usize - 1) != Some(&true) {
                return Err(self.error("cannot refer to an open group", name.len() + 1));
            }
            return Ok(Opened::Node(Node::Backreference(number)));
        }
        match self.tokens.get()? {
            None => Err(self.error("unexpected end of pattern", 0)),
            Some(token) => Err(self.error(&format!("unknown extension ?P{}", token.text()), token.len() + 2)),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), Failure> {
        if !name.is_ascii() {
            return Err(Failure::unsupported("regular expression: group name beyond ASCII"));
        }
        if is_identifier(name) {
            return Ok(());
        }
        Err(self.error(&format!("bad character in group name {}", repr::string(name)), name.len() + 1))
    }

    /// `i-s:` or `i)` after its first letter.
    fn inline_flags(&mut self, letter: char, start: usize, first: bool) -> Result<Opened, Failure> {
        let (mut add, mut del) = (0, 0);
        let mut end = letter;
        if letter != '-' {
            (add, end) = self.flags_on(letter)?;
        }
        if end == ')' {
            self.flags |= add;
            if add & TEMPLATE != 0 {
                return Err(Failure::unsupported("regular expression: flag t"));
            }
            return match first {
                true => Ok(Opened::Nothing),
                false => Err(self.error_from("global flags not at the start of the expression", start)),
            };
        }
        if add & TEMPLATE != 0 {
            return Err(self.error("bad inline flags: cannot turn on global flag", 1));
        }
        if end == '-' {
            del = self.flags_off()?;
        }
        if del & TEMPLATE != 0 {
            return Err(self.error("bad inline flags: cannot turn off global flag", 1));
        }
        if add & del != 0 {
            return Err(self.error("bad inline flags: flag turned on and off", 1));
        }
        Ok(Opened::Group { capture: false, name: None, add, del })
    }

    fn flags_on(&mut self, mut letter: char) -> Result<(u32, char), Failure> {
        const MISSING: &str = "missing -, : or )";
        let mut add = 0;
        loop {
            let flag = flags::of_letter(letter).unwrap_or(0);
            if flag == flags::LOCALE {
                return Err(self.error("bad inline flags: cannot use 'L' flag with a str pattern", 0));
            }
            add |= flag;
            if flag & TYPE_FLAGS != 0 && add & TYPE_FLAGS != flag {
                return Err(self.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible", 0));
            }
            letter = match self.flag_letter(MISSING, MISSING, ")-:")? {
                c @ (')' | '-' | ':') => return Ok((add, c)),
                c => c,
            };
        }
    }

    fn flags_off(&mut self) -> Result<u32, Failure> {
        let mut del = 0;
        let mut letter = self.flag_letter("missing flag", "missing flag", "")?;
        loop {
            let flag = flags::of_letter(letter).unwrap_or(0);
            if flag & TYPE_FLAGS != 0 {
                return Err(self.error("bad inline flags: cannot turn off flags 'a', 'u' and 'L'", 0));
            }
            del |= flag;
            letter = match self.flag_letter("missing :", "missing :", ":")? {
                ':' => return Ok(del),
                c => c,
            };
        }
    }

    /// The next flag or one of the characters that end them.
    fn flag_letter(&mut self, at_end: &str, otherwise: &str, ends: &str) -> Result<char, Failure> {
        let Some(token) = self.tokens.get()? else { return Err(self.error(at_end, 0)) };
        match token.plain() {
            Some(c) if ends.contains(c) || flags::of_letter(c).is_some() => Ok(c),
            Some(c) if !c.is_ascii() => Err(Failure::unsupported("regular expression: flag beyond ASCII")),
            Some(c) if c.is_ascii_alphabetic() => Err(self.error("unknown flag", 1)),
            _ => Err(self.error(otherwise, token.len())),
        }
    }
}

/// Whether it is a Python identifier; for ASCII text.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
}

fn push_new(items: &mut Vec<Item>, item: Item) {
    if !items.contains(&item) {
        items.push(item);
    }
}

fn count(digits: &str) -> Result<Option<u32>, Failure> {
    if digits.len() > 4000 {
        return Err(Failure::unsupported("regular expression: a repetition number of thousands of digits"));
    }
    match digits.trim_start_matches('0').parse() {
        _ if digits.is_empty() => Ok(None),
        Ok(MAXREPEAT) => Err(PythonError::overflow("the repetition number is too large").into()),
        Ok(count) => Ok(Some(count)),
        Err(_) if digits.bytes().all(|b| b == b'0') => Ok(Some(0)),
        Err(_) => Err(PythonError::overflow("the repetition number is too large").into()),
    }
}

/// Alternatives that are single characters are one set.
fn as_set(branches: &[Vec<Node>]) -> Option<Node> {
    let mut items = Vec::new();
    for branch in branches {
        match branch.as_slice() {
            [Node::Literal(c)] => push_new(&mut items, Item::Literal(*c)),
            [Node::Set { negate: false, items: more }] => {
                for item in more {
                    push_new(&mut items, *item);
                }
            }
            _ => return None,
        }
    }
    Some(Node::Set { negate: false, items })
}

/// Groups that neither capture nor change flags dissolve.
fn unpacked(nodes: Vec<Node>) -> Vec<Node> {
    let mut out = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Group { number: None, add: 0, del: 0, body } => out.extend(body),
            other => out.push(other),
        }
    }
    out
}
