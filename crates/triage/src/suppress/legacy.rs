//! The legacy dialect: what OpenSecOps SOAR 3.1.9 makes of a text, faults included, to be compared with and never used.

use super::dimension::{Dimension, Facts};

/// What the original does with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It suppresses the finding.
    Suppress,
    /// It keeps it.
    Keep,
    /// Its function ends with an exception, and with it the run.
    Raises,
}

/// Where Python's `str.splitlines` ends a line; `\r\n` ends one line, not two, which makes no difference here.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// What the original answers.
#[must_use]
pub fn evaluate(text: &str, facts: &Facts<'_>) -> Verdict {
    for line in strip(text).split(LINE_ENDS) {
        match line_holds(line, facts) {
            Ok(true) => return Verdict::Suppress,
            Ok(false) => {}
            Err(Raised) => return Verdict::Raises,
        }
    }
    Verdict::Keep
}

struct Raised;

/// All clauses, cut at the three letters wherever they stand; the first false one ends it.
fn line_holds(line: &str, facts: &Facts<'_>) -> Result<bool, Raised> {
    for clause in line.split("AND") {
        if !clause_holds(strip(clause), facts)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn clause_holds(clause: &str, facts: &Facts<'_>) -> Result<bool, Raised> {
    let Some((left, right)) = clause.split_once('=') else { return Ok(false) };
    let (left, negated) = left.strip_suffix('!').map_or((left, false), |left| (left, true));
    if right.contains('=') || right.is_empty() {
        return Ok(false);
    }
    let Some(dimension) = Dimension::parse(strip(left)).filter(|it| *it != Dimension::EnvironmentClass) else {
        return Ok(false);
    };
    let value = facts.raw(dimension);
    // Region and policy name are passed as null; what the account does not have is a missing key of a dictionary.
    if value.is_none() && !matches!(dimension, Dimension::Region | Dimension::PolicyName) {
        return Err(Raised);
    }
    let listed = value.is_some_and(|value| right.split(',').any(|item| strip(item) == value));
    Ok(listed != negated)
}

/// Python's `str.strip`, which also takes the four separators U+001C to U+001F.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}
