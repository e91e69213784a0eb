//! The values that the organisation really has: a rule that names another one is probably mistyped.

use std::collections::{BTreeMap, BTreeSet};

use finding::{Account, TagNames};

use super::condition::{Clause, Condition, Word};
use super::dimension::Dimension;
use super::fault::{Fault, quoted};
use super::parse::nearest;

/// The values seen, by dimension. About a dimension without values nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    seen: BTreeMap<Dimension, BTreeSet<String>>,
}

impl Vocabulary {
    /// Adds a value.
    pub fn add(&mut self, dimension: Dimension, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.seen.entry(dimension).or_default().insert(value.to_owned());
        }
    }

    /// Adds everything that an account says about itself.
    pub fn add_account(&mut self, account: &Account, tags: &TagNames) {
        self.add(Dimension::AccountId, account.id.as_str());
        let named = [
            (Dimension::Client, &tags.client),
            (Dimension::Environment, &tags.environment),
            (Dimension::ProjectName, &tags.project),
            (Dimension::Team, &tags.team),
        ];
        for (dimension, tag) in named {
            self.add(dimension, account.tag(tag).unwrap_or("Unspecified"));
        }
        self.add(Dimension::OrganizationalUnit, crate::account::unit_name(&account.ou).unwrap_or_default());
        if account.ou.contains('/') {
            self.add(Dimension::OrganizationalUnit, &account.ou);
        }
    }

    /// The values of the condition that nobody has, each with the one that was probably meant.
    #[must_use]
    pub fn remarks(&self, condition: &Condition) -> Vec<Fault> {
        let tests = condition.clauses().filter_map(|clause| match clause {
            Clause::Always => None,
            Clause::Test { dimension, values, .. } => Some((*dimension, values)),
        });
        tests
            .flat_map(|(dimension, values)| values.iter().filter_map(move |word| self.remark(dimension, word)))
            .collect()
    }

    fn remark(&self, dimension: Dimension, word: &Word) -> Option<Fault> {
        let seen = self.seen.get(&dimension)?;
        if seen.contains(&word.text) {
            return None;
        }
        let message = format!("no account or finding has the {} {}", dimension.name(), quoted(&word.text));
        let fault = Fault::new(word.span, message);
        Some(match nearest(&word.text, seen.iter().map(String::as_str)) {
            Some(near) => fault.help(format!("did you mean {}? Values are compared letter by letter", quoted(near))),
            None => fault,
        })
    }
}
