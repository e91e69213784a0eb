//! The strict dialect as data: it holds or it does not, and it prints as text that parses back to it.

use std::fmt;

use source::Span;

use super::dimension::{Dimension, Facts};

/// A whole `suppress_when`. It holds where any of its lines does; without lines it never holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The lines that are not blank.
    pub lines: Vec<Line>,
}

/// One line: it holds where all its clauses do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// At least one.
    pub clauses: Vec<Clause>,
}

/// One clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// `always`.
    Always,
    /// `environment != PROD, LIVE or missing`.
    Test {
        /// What is asked about.
        dimension: Dimension,
        /// `=` or `!=`.
        operator: Operator,
        /// At least one, none empty.
        values: Vec<Word>,
        /// Whether it holds, too, where the value is not known.
        or_missing: bool,
    },
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`: the value is one of these.
    Is,
    /// `!=`: the value is known, and none of these.
    IsNot,
}

/// A value and its place, which equality does not look at.
#[derive(Debug, Clone)]
pub struct Word {
    /// The value.
    pub text: String,
    /// Its bytes in the text of the rule.
    pub span: Span,
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Word {}

impl Condition {
    /// Whether it holds. What is not known never makes it hold, unless the rule says `or missing`.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        self.hit(facts).is_some()
    }

    /// The first line that holds.
    #[must_use]
    pub fn hit(&self, facts: &Facts<'_>) -> Option<&Line> {
        self.lines.iter().find(|line| line.clauses.iter().all(|clause| clause.holds(facts)))
    }

    /// The clauses of all lines.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.lines.iter().flat_map(|line| &line.clauses)
    }
}

impl Clause {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Test { dimension, operator, values, or_missing } => {
                let value = facts.value(*dimension);
                let is = value.is_some_and(|value| values.iter().any(|word| word.text == value))
                    || is_path(*dimension, values, facts);
                match operator {
                    Operator::Is => is || (*or_missing && facts.is_missing(*dimension)),
                    Operator::IsNot => !is && (*or_missing || !facts.is_missing(*dimension)),
                }
            }
        }
    }
}

/// A value with a `/` is a whole path of organisational units, which tells units of equal names apart.
fn is_path(dimension: Dimension, values: &[Word], facts: &Facts<'_>) -> bool {
    dimension == Dimension::OrganizationalUnit
        && facts.ou_path.is_some_and(|path| values.iter().any(|word| word.text.contains('/') && word.text == path))
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            write!(f, "{}{line}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.clauses.iter().enumerate() {
            write!(f, "{}{clause}", if index == 0 { "" } else { " AND " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Test { dimension, operator, values, or_missing } => {
                let sign = if *operator == Operator::Is { "=" } else { "!=" };
                let values: Vec<&str> = values.iter().map(|word| word.text.as_str()).collect();
                let missing = if *or_missing { " or missing" } else { "" };
                write!(f, "{} {sign} {}{missing}", dimension.name(), values.join(", "))
            }
        }
    }
}
