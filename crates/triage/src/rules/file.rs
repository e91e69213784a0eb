//! The file of rules: a JSON list, checked field by field, every mistake with its line and column.

use jiff::civil::Date;
use source::{LineIndex, Node, NodeKind, Position, Span};

use super::{Expiry, Rule, Withholds};
use crate::suppress::{self, Vocabulary};

/// The most rules of one file.
pub const MAX_RULES: usize = 100_000;
/// The largest file, in bytes.
const MAX_BYTES: usize = 64 << 20;
const FIELDS: [&str; 6] = ["id", "suppress_when", "owner", "reason", "expires", "withholds"];

/// Something to say about a file of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", at(.place), .help.as_ref().map(|help| format!(": {help}")).unwrap_or_default())]
pub struct Remark {
    /// Where; `None` for the file as a whole.
    pub place: Option<Position>,
    /// The rule, by its id, where it has one.
    pub rule: Option<String>,
    /// What.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

fn at(place: &Option<Position>) -> String {
    place.map(|place| format!("{}:{}: ", place.line, place.column)).unwrap_or_default()
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The rules that are right.
    pub rules: Vec<Rule>,
    /// What is wrong. A file with a fault is not to be used.
    pub faults: Vec<Remark>,
    /// What is doubtful.
    pub remarks: Vec<Remark>,
}

/// Reads a file of rules: `[{"id": "KMS.3", "suppress_when": "environment = DEV", "owner": "…", "reason": "…",
/// "expires": null}]`. What values the organisation has, where that is known, shows rules that name others.
#[must_use]
pub fn read(text: &str, vocabulary: &Vocabulary) -> Read {
    let mut reading = Reading { text, lines: LineIndex::new(text), vocabulary, read: Read::default(), rule: None };
    reading.file();
    reading.read
}

struct Reading<'a> {
    text: &'a str,
    lines: LineIndex,
    vocabulary: &'a Vocabulary,
    read: Read,
    /// The id of the rule that is being read.
    rule: Option<String>,
}

impl Reading<'_> {
    fn remark(&self, offset: usize, message: impl Into<String>, help: Option<String>) -> Remark {
        let place = Some(self.lines.position(offset));
        Remark { place, rule: self.rule.clone(), message: message.into(), help }
    }

    fn fault(&mut self, offset: usize, message: impl Into<String>, help: &str) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        let remark = self.remark(offset, message, help);
        self.read.faults.push(remark);
    }

    fn doubt(&mut self, offset: usize, message: impl Into<String>, help: &str) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        let remark = self.remark(offset, message, help);
        self.read.remarks.push(remark);
    }

    fn file(&mut self) {
        if self.text.len() > MAX_BYTES {
            return self.fault(0, format!("the file has more than {MAX_BYTES} bytes"), "");
        }
        let root = match source::json::parse(self.text) {
            Ok(root) => root,
            Err(error) => {
                let help = error.help.clone().unwrap_or_default();
                return self.fault(error.span.start, error.message, &help);
            }
        };
        match &root.kind {
            NodeKind::Sequence(rules) if rules.len() > MAX_RULES => {
                self.fault(root.span.start, format!("the file has more than {MAX_RULES} rules"), "");
            }
            NodeKind::Sequence(rules) => rules.iter().for_each(|rule| self.one(rule)),
            NodeKind::Mapping(_) => self.one(&root),
            NodeKind::Scalar(_) => self.fault(root.span.start, "expected a list of rules", "write `[{\"id\": …}]`"),
        }
        let mut seen = std::collections::BTreeSet::new();
        let twice: Vec<String> = self
            .read
            .rules
            .iter()
            .filter(|rule| !seen.insert((rule.version.clone(), rule.withholds == Withholds::Finding)))
            .map(|rule| format!("line {}: the rule for `{}` stands twice", rule.line, rule.id))
            .collect();
        self.rule = None;
        for message in twice {
            self.read.remarks.push(Remark { place: None, rule: None, message, help: None });
        }
    }

    fn one(&mut self, node: &Node) {
        self.rule = None;
        let Some(entries) = node.as_mapping() else {
            return self.fault(node.span.start, format!("expected a rule, not {}", node.describe()), "");
        };
        let before = self.read.faults.len();
        for entry in entries {
            let name = entry.key.text().unwrap_or_default();
            if !FIELDS.contains(&name) {
                let near = FIELDS.into_iter().find(|field| strsim::damerau_levenshtein(field, name) <= 3);
                let help = near
                    .map_or_else(|| format!("there are {}", FIELDS.join(", ")), |it| format!("did you mean `{it}`?"));
                self.fault(entry.key.span.start, format!("unknown field `{name}`"), &help);
            }
        }
        let id = self.text_of(node, "id").unwrap_or_default();
        if id.trim().is_empty() {
            self.fault(node.span.start, "the rule has no `id`", "name the control or incident type: `KMS.3`");
        } else if id.trim_end_matches('*').contains('*') || id == "*" || id.ends_with("**") {
            self.fault(node.span.start, format!("`{id}` is no id"), "a `*` may only stand at the end: `KMS.*`");
        }
        self.rule = Some(id.clone());
        let condition = self.condition(node);
        let withholds = match self.text_of(node, "withholds").as_deref() {
            None | Some("finding") => Withholds::Finding,
            Some("remediation") => Withholds::Remediation,
            Some(other) => {
                let message = format!("`withholds` is `{other}`");
                self.fault(node.span.start, message, "write \"finding\" or \"remediation\"");
                Withholds::Finding
            }
        };
        let (owner, reason) = (self.text_of(node, "owner"), self.text_of(node, "reason"));
        let expires = self.expires(node);
        if self.read.faults.len() > before {
            return;
        }
        let Some((suppress_when, condition)) = condition else { return };
        let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        for (name, given) in [("owner", said(&owner)), ("reason", said(&reason))] {
            if !given {
                self.doubt(node.span.start, format!("the rule has no `{name}`"), "the next reader will ask");
            }
        }
        let printed = condition.to_string();
        let mut version = finding::fingerprint("suppress_when", &id, &[&printed]);
        version.truncate(12);
        let line = self.lines.position(node.span.start).line;
        self.read.rules.push(Rule { id, suppress_when, condition, withholds, owner, reason, expires, version, line });
    }

    fn text_of(&mut self, node: &Node, name: &str) -> Option<String> {
        let value = node.get(name).filter(|value| !value.is_null())?;
        if value.as_str().is_none() {
            self.fault(value.span.start, format!("`{name}` must be a string, not {}", value.describe()), "");
        }
        value.as_str().map(str::to_owned)
    }

    fn condition(&mut self, node: &Node) -> Option<(String, suppress::Condition)> {
        let Some(value) = node.get("suppress_when") else {
            self.fault(node.span.start, "the rule has no `suppress_when`", "write for example `environment = DEV`");
            return None;
        };
        let Some(text) = value.as_str() else {
            let message = format!("`suppress_when` must be a string, not {}", value.describe());
            self.fault(value.span.start, message, "write for example \"environment = DEV\"");
            return None;
        };
        let written = value.span.slice(self.text).to_owned();
        let place = |offset: usize| value.span.start + offset_in_literal(&written, text, offset);
        match suppress::parse(text) {
            Ok(parsed) => {
                let doubts = parsed.remarks.into_iter().chain(self.vocabulary.remarks(&parsed.condition));
                for doubt in doubts.collect::<Vec<_>>() {
                    self.doubt(place(doubt.span.start), doubt.message, doubt.help.as_deref().unwrap_or_default());
                }
                Some((text.to_owned(), parsed.condition))
            }
            Err(faults) => {
                for fault in faults {
                    self.fault(place(fault.span.start), fault.message, fault.help.as_deref().unwrap_or_default());
                }
                None
            }
        }
    }

    fn expires(&mut self, node: &Node) -> Option<Expiry> {
        let text = self.text_of(node, "expires")?;
        if let Ok(time) = text.parse() {
            return Some(Expiry::Time(time));
        }
        if let Ok(day) = text.parse::<Date>() {
            return Some(Expiry::Day(day));
        }
        let span = node.get("expires").map_or(Span::at(0), |value| value.span);
        self.fault(
            span.start,
            format!("`expires` is `{text}`"),
            "write a day such as 2027-01-31, the last on which it holds",
        );
        None
    }
}

/// Where a byte of a decoded string stands in the JSON literal that it was decoded from.
fn offset_in_literal(literal: &str, text: &str, offset: usize) -> usize {
    let characters = text.get(..offset).unwrap_or(text).chars();
    let mut rest = literal.char_indices().skip(1).peekable();
    for character in characters {
        let Some((_, first)) = rest.next() else { break };
        if first == '\\' && matches!(rest.next(), Some((_, 'u'))) {
            // A character beyond U+FFFF is written as two escapes.
            let units = if character.len_utf16() == 2 { 10 } else { 4 };
            rest.by_ref().take(units).for_each(drop);
        }
    }
    rest.peek().map_or(literal.len().saturating_sub(1), |(at, _)| *at)
}
