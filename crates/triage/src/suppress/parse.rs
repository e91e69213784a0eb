//! The strict dialect's grammar: everything that the original silently ignores is an error with a place.

use finding::Environment;
use source::Span;

use super::condition::{Clause, Condition, Line, Operator, Word};
use super::dimension::Dimension;
use super::fault::{Fault, quoted};

/// The longest text, in bytes.
pub const MAX_TEXT: usize = 64 << 10;
/// The most lines that are not blank.
pub const MAX_LINES: usize = 1_000;
/// The most values of one clause.
pub const MAX_VALUES: usize = 2_000;
/// Faults that are reported of one text.
const MAX_FAULTS: usize = 50;

/// A text that follows the grammar, and what is doubtful about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What it means.
    pub condition: Condition,
    /// What a reader should look at: it is accepted all the same.
    pub remarks: Vec<Fault>,
}

/// Reads a text.
///
/// # Errors
/// Everything that is wrong, in the order of the text.
pub fn parse(text: &str) -> Result<Parsed, Vec<Fault>> {
    if text.len() > MAX_TEXT {
        let message = format!("the text has {} bytes, more than the {MAX_TEXT} of a rule", text.len());
        return Err(vec![Fault::new(Span::at(0), message).help("split it into several rules")]);
    }
    let mut reading = Reading { text, lines: Vec::new(), faults: Vec::new(), remarks: Vec::new() };
    for span in lines(text) {
        reading.line(span);
        if reading.faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if reading.faults.is_empty() {
        Ok(Parsed { condition: Condition { lines: reading.lines }, remarks: reading.remarks })
    } else {
        Err(reading.faults)
    }
}

/// The lines, without what ends them: `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> impl Iterator<Item = Span> {
    let mut start = 0;
    text.split(['\n', '\r']).map(move |line| {
        let span = Span::new(start, start + line.len());
        start = span.end + 1;
        span
    })
}

struct Reading<'a> {
    text: &'a str,
    lines: Vec<Line>,
    faults: Vec<Fault>,
    remarks: Vec<Fault>,
}

impl<'a> Reading<'a> {
    fn of(&self, span: Span) -> &'a str {
        span.slice(self.text)
    }

    /// The span without the blanks around it.
    fn trimmed(&self, span: Span) -> Span {
        let text = self.of(span);
        let start = span.start + (text.len() - text.trim_start().len());
        Span::new(start, start + text.trim().len())
    }

    fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::new(span, message).help(help));
    }

    fn line(&mut self, span: Span) {
        let text = self.of(span);
        let strange = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        if let Some((at, c)) = text.char_indices().find(|(_, c)| strange(*c)) {
            let place = Span::new(span.start + at, span.start + at + c.len_utf8());
            let message = format!("the character U+{:04X} has no place in a rule", u32::from(c));
            return self.fault(place, message, "end a line with a line feed, and write blanks as spaces");
        }
        let whole = self.trimmed(span);
        if whole.is_empty() {
            return;
        }
        if self.lines.len() >= MAX_LINES {
            return self.fault(whole, format!("the rule has more than {MAX_LINES} lines"), "split it into several");
        }
        let before = self.faults.len();
        let clauses: Vec<Clause> =
            self.clause_spans(whole).into_iter().filter_map(|clause| self.clause(clause)).collect();
        if self.faults.len() == before {
            self.lines.push(Line { clauses });
        }
    }

    /// The clauses of a line: what stands between `AND`, as a word of its own.
    fn clause_spans(&self, line: Span) -> Vec<Span> {
        let text = self.of(line);
        let mut spans = Vec::new();
        let mut start = line.start;
        for (at, word) in text.match_indices("AND") {
            let before = text[..at].chars().next_back().is_none_or(char::is_whitespace);
            let after = text[at + word.len()..].chars().next().is_none_or(char::is_whitespace);
            if before && after {
                spans.push(Span::new(start, line.start + at));
                start = line.start + at + word.len();
            }
        }
        spans.push(Span::new(start, line.end));
        spans
    }

    fn clause(&mut self, span: Span) -> Option<Clause> {
        let span = self.trimmed(span);
        let text = self.of(span);
        if text.is_empty() {
            let help = "write a clause such as `environment = DEV` on both sides of AND, in one line";
            self.fault(span, "a clause is missing before or after AND", help);
            return None;
        }
        if text == "always" {
            return Some(Clause::Always);
        }
        let Some(equals) = text.find('=') else {
            self.no_operator(span, text);
            return None;
        };
        let (operator, left_end) = match text[..equals].strip_suffix('!') {
            Some(left) => (Operator::IsNot, left.len()),
            None => (Operator::Is, equals),
        };
        let left = self.trimmed(Span::new(span.start, span.start + left_end));
        let right = self.trimmed(Span::new(span.start + equals + 1, span.end));
        let dimension = self.dimension(left)?;
        self.test(dimension, operator, right)
    }

    fn no_operator(&mut self, span: Span, text: &str) {
        let message = format!("{} is no clause: it has neither `=` nor `!=`", quoted(text));
        let help = match text {
            "*" | "true" | "Always" | "ALWAYS" => "write `always` to suppress everywhere".to_owned(),
            _ if text.starts_with('#') => "there are no comments: write the rule's `reason` field".to_owned(),
            _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("write `account_id = {}`", quoted(text).trim_matches('`'))
            }
            _ => "write a clause such as `environment = DEV`".to_owned(),
        };
        self.fault(span, message, help);
    }

    fn dimension(&mut self, span: Span) -> Option<Dimension> {
        let name = self.of(span);
        let found = Dimension::parse(name);
        if found.is_none() {
            let (message, help) = unknown_dimension(name);
            self.fault(span, message, help);
        }
        found
    }

    fn test(&mut self, dimension: Dimension, operator: Operator, right: Span) -> Option<Clause> {
        let text = self.of(right);
        if let Some(at) = text.find('=') {
            let place = Span::new(right.start + at, right.start + at + 1);
            let help = "one clause has one `=`: join clauses with AND in capitals, as a word of its own, and write \
                        alternatives as a list (`environment = DEV, TEST`) or on lines of their own";
            self.fault(place, "a second `=` in one clause", help);
            return None;
        }
        let (right, or_missing) = match text.strip_suffix("missing").map(str::trim_end) {
            Some("or") => (Span::at(right.start), true),
            Some(rest) if rest.ends_with(" or") || rest.ends_with("\tor") => {
                (self.trimmed(Span::new(right.start, right.start + rest.len() - 2)), true)
            }
            _ => (right, false),
        };
        let values = self.values(dimension, operator, right)?;
        if dimension == Dimension::PolicyName && operator == Operator::IsNot {
            let help = "only IAM policies have one: for every other resource this clause does not hold";
            let message = "`policy_name !=` says nothing about resources without a policy name";
            self.remarks.push(Fault::new(right, message).help(help));
        }
        Some(Clause::Test { dimension, operator, values, or_missing })
    }

    fn values(&mut self, dimension: Dimension, operator: Operator, right: Span) -> Option<Vec<Word>> {
        let mut values = Vec::new();
        let mut start = right.start;
        let faults = self.faults.len();
        for item in self.of(right).split(',') {
            let span = self.trimmed(Span::new(start, start + item.len()));
            start += item.len() + 1;
            if span.is_empty() {
                let help = "remove the comma; a value that is not there is written `or missing`";
                self.remarks.push(Fault::new(span, "an empty value in a list matches nothing").help(help));
            } else {
                self.value(dimension, operator, span);
                values.push(Word { text: self.of(span).to_owned(), span });
            }
        }
        if values.is_empty() {
            self.fault(right, format!("no value for `{}`", dimension.name()), "write one or more, with commas between");
        } else if values.len() > MAX_VALUES {
            self.fault(right, format!("more than {MAX_VALUES} values in one clause"), "split it into several lines");
        }
        (self.faults.len() == faults).then_some(values)
    }

    /// Refuses what looks like a language that this one is not.
    fn value(&mut self, dimension: Dimension, operator: Operator, span: Span) {
        let text = self.of(span);
        let shown = quoted(text);
        let comment = text
            .char_indices()
            .any(|(at, c)| c == '#' && text[..at].chars().next_back().is_none_or(char::is_whitespace));
        let refused = if text.contains('"') || text.starts_with('\'') || text.ends_with('\'') {
            Some(("quotes have no meaning here", "write the value without them"))
        } else if text.contains('*') {
            Some(("there are no wildcards", "list the values; for all of them leave the clause out"))
        } else if comment {
            Some(("there are no comments", "say it in the rule's `reason` field"))
        } else if text.starts_with('!') {
            Some(("a value cannot be negated", "write `!=` between name and values"))
        } else {
            None
        };
        if let Some((what, help)) = refused {
            return self.fault(span, format!("{what}: {shown}"), help);
        }
        match dimension {
            Dimension::AccountId if !finding::is_account_id(text) => self.account(operator, span, &shown),
            Dimension::EnvironmentClass if Environment::parse(text).is_none() => {
                let names = Environment::ALL.map(Environment::name).join(", ");
                let message = format!("{shown} is no class of environment");
                let help = match nearest(text, Environment::ALL.map(Environment::name)) {
                    Some(near) => format!("did you mean `{near}`? There are {names}"),
                    None => format!("there are {names}"),
                };
                self.fault(span, message, help);
            }
            _ => {}
        }
    }

    fn account(&mut self, operator: Operator, span: Span, shown: &str) {
        let message = format!("{shown} is no account id: it does not have 12 digits");
        match operator {
            Operator::IsNot => {
                self.fault(span, message, "if every account is meant, write `always`; else name the accounts");
            }
            Operator::Is => self.remarks.push(Fault::new(span, message).help("it matches no account")),
        }
    }
}

fn unknown_dimension(name: &str) -> (String, String) {
    let names = Dimension::ALL.map(Dimension::name);
    let known = format!("there are {}", names.join(", "));
    if name.is_empty() {
        return ("the clause has no name before its `=`".to_owned(), known);
    }
    let message = format!("{} is nothing that a rule can ask about", quoted(name));
    let words: Vec<&str> = name.split_whitespace().collect();
    let help = match words.as_slice() {
        ["NOT" | "not", ..] => "there is no NOT: write `!=`".to_owned(),
        [first, "!"] if names.contains(first) => format!("write `{first} !=` without a blank between `!` and `=`"),
        _ if name.starts_with('(') => "there are no parentheses: write one line for each alternative".to_owned(),
        _ if name.starts_with('#') => "there are no comments: say it in the rule's `reason` field".to_owned(),
        _ => match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`? Names are written in lower case; {known}"),
            None => known,
        },
    };
    (message, help)
}

/// The candidate that was probably meant.
pub(super) fn nearest<'n>(text: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if text.len() > 200 {
        return None;
    }
    let folded = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
