//! `re`: patterns of CPython 3.11, read and run with its own rules, places of errors and group numbers included.
//!
//! Look-around, conditional groups, characters by name, `re.LOCALE`, `re.DEBUG` and `re.TEMPLATE` are refused, and so
//! are the few corners that CPython 3.11.2 itself gets wrong. Backtracking is bounded by [`Steps`].

mod engine;
mod escape;
pub mod flags;
mod matched;
mod parse;
mod program;
mod set;
mod template;
mod tokens;
mod tree;

pub use matched::Match;
pub use template::Template;

use super::{Failure, Steps, repr};
use engine::{Demand, Engine};
use program::Program;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    flags: u32,
    groups: u32,
    names: Vec<(String, u32)>,
    program: Program,
}

/// Two patterns are equal when they were made of the same text and flags.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (self.flags, &self.source) == (other.flags, &other.source)
    }
}

impl Pattern {
    /// `re.compile(source, flags)`.
    ///
    /// # Errors
    /// `re.error` and others as CPython words them; what is not reproduced.
    pub fn new(source: &str, flags: u32) -> Result<Self, Failure> {
        if flags & (flags::DEBUG | flags::TEMPLATE) != 0 {
            return Err(Failure::unsupported("regular expression: re.DEBUG and re.TEMPLATE"));
        }
        let parsed = parse::parse(source, flags)?;
        let program = Program::new(&parsed.body, parsed.flags)?;
        let (groups, names) = (parsed.groups, parsed.names);
        Ok(Self { source: source.to_owned(), flags: parsed.flags, groups, names, program })
    }

    /// `.pattern`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// `.flags`.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// `.groups`.
    pub fn groups(&self) -> u32 {
        self.groups
    }

    /// `.groupindex`, in order of the groups.
    pub fn group_index(&self) -> &[(String, u32)] {
        &self.names
    }

    /// The number of a named group.
    pub fn group_named(&self, name: &str) -> Option<u32> {
        self.names.iter().find(|(known, _)| known == name).map(|&(_, number)| number)
    }

    /// `repr(pattern)`.
    pub fn repr(&self) -> String {
        const NAMES: [(u32, &str); 6] = [
            (flags::IGNORECASE, "re.IGNORECASE"),
            (flags::MULTILINE, "re.MULTILINE"),
            (flags::DOTALL, "re.DOTALL"),
            (flags::VERBOSE, "re.VERBOSE"),
            (flags::ASCII, "re.ASCII"),
            (0, ""),
        ];
        let mut shown: Vec<String> =
            NAMES.iter().filter(|(flag, _)| self.flags & flag != 0).map(|(_, name)| (*name).to_owned()).collect();
        let rest = self.flags & !(NAMES.iter().fold(flags::UNICODE, |known, (flag, _)| known | flag));
        if rest != 0 {
            shown.push(format!("{rest:#x}"));
        }
        let source: String = repr::string(&self.source).chars().take(200).collect();
        if shown.is_empty() {
            return format!("re.compile({source})");
        }
        format!("re.compile({source}, {})", shown.join("|"))
    }

    fn engine<'a>(&'a self, text: &'a str) -> Engine<'a> {
        Engine::new(&self.program, self.groups, text)
    }

    /// `.match(text)`.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn match_start(&self, text: &str, steps: &mut Steps) -> Result<Option<Match>, Failure> {
        let mut engine = self.engine(text);
        let end = engine.match_at(0, Demand::default(), steps)?;
        Ok(end.map(|end| Match::new(&engine, (0, end))))
    }

    /// `.fullmatch(text)`.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn full_match(&self, text: &str, steps: &mut Steps) -> Result<Option<Match>, Failure> {
        let mut engine = self.engine(text);
        let end = engine.match_at(0, Demand { whole: true, advance: false }, steps)?;
        Ok(end.map(|end| Match::new(&engine, (0, end))))
    }

    /// `.search(text)`.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn search(&self, text: &str, steps: &mut Steps) -> Result<Option<Match>, Failure> {
        let mut engine = self.engine(text);
        let span = engine.search(0, false, steps)?;
        Ok(span.map(|span| Match::new(&engine, span)))
    }

    /// `list(pattern.finditer(text))`, at most so many: what `findall`, `sub` and `split` go by as well.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn find_all(&self, text: &str, most: usize, steps: &mut Steps) -> Result<Vec<Match>, Failure> {
        let mut engine = self.engine(text);
        let mut found: Vec<Match> = Vec::new();
        let (mut from, mut advance) = (0, false);
        while found.len() < most
            && let Some((start, end)) = engine.search(from, advance, steps)?
        {
            steps.take(4 + u64::from(self.groups))?;
            found.push(Match::new(&engine, (start, end)));
            (from, advance) = (end, start == end);
        }
        Ok(found)
    }

    /// `.split(text, maxsplit)`: pieces, and what the groups between them matched.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn split<'t>(&self, text: &'t str, maxsplit: i128, steps: &mut Steps) -> Result<Vec<Option<&'t str>>, Failure> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for found in self.find_all(text, at_most(maxsplit), steps)? {
            let (start, end) = found.span();
            pieces.push(text.get(from..start));
            pieces.extend((1..=self.groups).map(|group| found.group(text, group)));
            from = end;
        }
        pieces.push(text.get(from..));
        Ok(pieces)
    }

    /// `.subn(template, text, count)`.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn sub(
        &self,
        template: &Template,
        text: &str,
        count: i128,
        steps: &mut Steps,
    ) -> Result<(String, usize), Failure> {
        let found = self.find_all(text, at_most(count), steps)?;
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for one in &found {
            let (start, end) = one.span();
            out.push_str(&text[from..start]);
            let before = out.len();
            template.expand_into(&mut out, one, text);
            steps.take((out.len() - before) as u64 / 8)?;
            from = end;
        }
        out.push_str(&text[from..]);
        Ok((out, found.len()))
    }
}

/// The number of times that `count` or `maxsplit` stands for: 0 means all, less means none.
pub fn at_most(count: i128) -> usize {
    match count {
        0 => usize::MAX,
        ..0 => 0,
        _ => usize::try_from(count).unwrap_or(usize::MAX),
    }
}

/// `re.escape(text)`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
