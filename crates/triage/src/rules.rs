//! The rules by which findings are suppressed: read with the place of every mistake, compiled once, asked often.

mod file;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::control::ControlId;
use crate::suppress::{Condition, Facts};

pub use file::{MAX_RULES, Read, Remark, read};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The control, detection or incident type it is for; `KMS.*` for all that begin so.
    pub id: String,
    /// The text as written.
    pub suppress_when: String,
    /// What it means.
    pub condition: Condition,
    /// What it withholds.
    pub withholds: Withholds,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When it ends.
    pub expires: Option<Expiry>,
    /// Changes with its meaning, and with nothing else.
    pub version: String,
    /// The line of its file.
    pub line: u32,
}

/// What a rule withholds where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withholds {
    /// Everything: the finding is suppressed.
    Finding,
    /// Only the automatic fix: a team gets a ticket instead.
    Remediation,
}

/// When a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// After that day, UTC.
    Day(Date),
    /// At that time.
    Time(Timestamp),
}

impl Expiry {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        match self {
            Self::Day(last) => now.to_zoned(TimeZone::UTC).date() > last,
            Self::Time(end) => now >= end,
        }
    }

    /// The moment it is over.
    #[must_use]
    pub fn end(self) -> Option<Timestamp> {
        match self {
            Self::Day(last) => Some(last.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()),
            Self::Time(end) => Some(end),
        }
    }
}

impl std::fmt::Display for Expiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

impl Rule {
    /// Whether somebody answers for it, says why, and until when: what it takes to accept a public key.
    #[must_use]
    pub fn is_accountable(&self) -> bool {
        let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        said(&self.owner) && said(&self.reason) && self.expires.is_some()
    }

    /// The beginning that an id must have, for a rule such as `KMS.*`.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.id.strip_suffix('*')
    }
}

/// Rules that can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    by_id: HashMap<String, Vec<usize>>,
    prefixed: Vec<usize>,
    /// Whether any rule withholds only the fix.
    has_fix_rules: bool,
}

impl Rules {
    /// These rules, in their order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut prefixed = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match rule.prefix() {
                Some(_) => prefixed.push(index),
                None => by_id.entry(ControlId::resolve(&rule.id, "").as_str().to_owned()).or_default().push(index),
            }
        }
        let has_fix_rules = rules.iter().any(|rule| rule.withholds == Withholds::Remediation);
        Self { rules, by_id, prefixed, has_fix_rules }
    }

    /// All, in order.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The first rule in force for one of these ids that withholds that and holds.
    #[must_use]
    pub fn hit(&self, ids: &[&str], withholds: Withholds, facts: &Facts<'_>, now: Timestamp) -> Option<&Rule> {
        if withholds == Withholds::Remediation && !self.has_fix_rules {
            return None;
        }
        let exact = ids.iter().filter_map(|id| self.by_id.get(*id)).flatten();
        let prefixed = self.prefixed.iter().filter(|index| {
            let prefix = self.rules.get(**index).and_then(Rule::prefix);
            prefix.is_some_and(|prefix| ids.iter().any(|id| id.starts_with(prefix)))
        });
        exact.chain(prefixed).filter_map(|index| self.rules.get(*index)).find(|rule| {
            rule.withholds == withholds
                && !rule.expires.is_some_and(|expiry| expiry.is_over(now))
                && rule.condition.holds(facts)
        })
    }
}
