//! What a pattern matched.

use super::engine::{Engine, UNSET};
use super::{Pattern, Template};
use crate::library::{Failure, PythonError, repr};

/// A match: places in the text it was found in, which the caller keeps and passes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The whole match, then the groups.
    spans: Vec<Option<(usize, usize)>>,
    lastindex: u32,
}

impl Match {
    pub(super) fn new(engine: &Engine<'_>, whole: (usize, usize)) -> Self {
        let groups = engine.marks.chunks_exact(2).map(|marks| match marks {
            &[start, end] if start != UNSET && end != UNSET && start <= end => Some((start, end)),
            _ => None,
        });
        Self { spans: std::iter::once(Some(whole)).chain(groups).collect(), lastindex: engine.lastindex }
    }

    /// Where the match starts and ends, in bytes.
    pub fn span(&self) -> (usize, usize) {
        self.spans.first().copied().flatten().unwrap_or((0, 0))
    }

    /// Where a group starts and ends, in bytes; `None` for one that took no part or does not exist.
    pub fn group_span(&self, group: u32) -> Option<(usize, usize)> {
        self.spans.get(group as usize).copied().flatten()
    }

    /// Where a group starts and ends, in characters, `(-1, -1)` for one that took no part: `.span(group)`.
    pub fn char_span(&self, text: &str, group: u32) -> (i128, i128) {
        let Some((start, end)) = self.group_span(group) else { return (-1, -1) };
        let before = text[..start].chars().count();
        let within = text[start..end].chars().count();
        (before as i128, (before + within) as i128)
    }

    /// What a group matched; the whole for group 0.
    pub fn group<'t>(&self, text: &'t str, group: u32) -> Option<&'t str> {
        self.group_span(group).and_then(|(start, end)| text.get(start..end))
    }

    /// What each group matched: `.groups()`.
    pub fn groups<'t>(&self, text: &'t str) -> Vec<Option<&'t str>> {
        (1..self.spans.len() as u32).map(|group| self.group(text, group)).collect()
    }

    /// What each named group matched: `.groupdict()`.
    pub fn named<'t, 'p>(&self, pattern: &'p Pattern, text: &'t str) -> Vec<(&'p str, Option<&'t str>)> {
        pattern.group_index().iter().map(|(name, number)| (name.as_str(), self.group(text, *number))).collect()
    }

    /// The number that `.group(number)` asks for.
    ///
    /// # Errors
    /// `IndexError` where there is no such group.
    pub fn numbered(&self, number: i128) -> Result<u32, PythonError> {
        let number = u32::try_from(number).ok().filter(|&number| (number as usize) < self.spans.len());
        number.ok_or_else(|| PythonError::new("IndexError", "no such group"))
    }

    /// The number that `.group("name")` asks for.
    ///
    /// # Errors
    /// `IndexError` where there is no such group.
    pub fn numbered_by_name(&self, pattern: &Pattern, name: &str) -> Result<u32, PythonError> {
        pattern.group_named(name).ok_or_else(|| PythonError::new("IndexError", "no such group"))
    }

    /// `.lastindex`: the group closed last.
    pub fn lastindex(&self) -> Option<u32> {
        (self.lastindex != 0).then_some(self.lastindex)
    }

    /// `.lastgroup`: its name.
    pub fn lastgroup<'p>(&self, pattern: &'p Pattern) -> Option<&'p str> {
        let last = self.lastindex()?;
        pattern.group_index().iter().find(|(_, number)| *number == last).map(|(name, _)| name.as_str())
    }

    /// What `.findall` lists for this match: the whole without groups, the group of one, else all groups.
    pub fn found<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let shown = if self.spans.len() == 1 { 0..1 } else { 1..self.spans.len() as u32 };
        shown.map(|group| self.group(text, group).unwrap_or("")).collect()
    }

    /// `.expand(template)`.
    ///
    /// # Errors
    /// As [`Template::new`].
    pub fn expand(&self, pattern: &Pattern, template: &str, text: &str) -> Result<String, Failure> {
        let mut out = String::new();
        Template::new(template, pattern)?.expand_into(&mut out, self, text);
        Ok(out)
    }

    /// `repr(match)`.
    pub fn repr(&self, text: &str) -> String {
        let (start, end) = self.char_span(text, 0);
        let shown: String = repr::string(self.group(text, 0).unwrap_or("")).chars().take(50).collect();
        format!("<re.Match object; span=({start}, {end}), match={shown}>")
    }
}
