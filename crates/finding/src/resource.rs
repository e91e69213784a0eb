//! A resource: one scanned record with its unknown facts, its account and its computed fields.

pub mod catalogue;
mod computed;
mod key;
mod page;
mod policy;
mod projection;
mod reference;
mod schema;
mod store;
mod unknown;

use std::sync::Arc;

use jiff::Timestamp;
use source::record::{Raw, Record};
use thiserror::Error;

use crate::UnknownFact;
use crate::account::{AccountLine, Accounts};
use computed::Computed;
pub(crate) use projection::Own;
use projection::Special;

pub use computed::Small;
pub use key::{KEY_SPECS, KEY_USAGES};
pub use page::resource_page;
pub use policy::{PolicyAnswer, PolicyInput, PolicyQuestion, PolicyReader};
pub use projection::{Projection, View};
pub use schema::resource_schema;

/// Members of a resource. AWS's have some dozens; an object of millions is something else, and would be searched for every field.
pub const MAX_MEMBERS: usize = 4096;
/// Facts of one resource that can be unknown: more than any resource has fields.
pub const MAX_UNKNOWN_FACTS: usize = 256;

/// Why a record is not a resource that can be judged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ResourceError {
    #[error("{what} must be {expected}, not {found}")]
    Shape { what: String, expected: &'static str, found: String },
    #[error("the object does not say its type: give it a `ResourceType`, such as \"AWS.KMS.Key\"")]
    NoType,
    #[error("the object wraps {what} in `{member}`: give what stands in it, one object a line (`jq -c '{path}'`)")]
    Wrapped { what: &'static str, member: &'static str, path: &'static str },
    #[error("the resource has no id: give it an `Arn`, a `ResourceId` or a `KeyId` that is a string")]
    NoId,
    #[error(
        "the object has {0} members, more than the {MAX_MEMBERS} of a resource: write one object for each resource"
    )]
    TooManyMembers(usize),
    #[error(
        "`Unknown` lists more than {MAX_UNKNOWN_FACTS} fields: list each field that could not be read once, under its own name"
    )]
    TooManyUnknownFacts,
}

/// What a resource says about one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<'s> {
    /// The field is not there.
    Absent,
    /// Its value, as written.
    Json(Raw<'s>),
    /// Its value, computed.
    Computed(Small),
    /// It could not be read, or is computed from a fact that could not be read.
    Unknown(&'s UnknownFact),
    /// What was found, in sentences.
    Listed(Arc<[String]>),
    /// It is computed from a value that cannot be understood. As good as unknown, and the resource's own fault.
    Invalid(Box<InvalidFact>),
    /// It is not found out. As good as unknown, and nobody's fault.
    Open(Box<OpenFact>),
}

/// A computed field that cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} cannot be computed: {source_field} is {value}, not {expected}")]
pub struct InvalidFact {
    /// The computed field.
    pub field: &'static str,
    /// The field that it is computed from.
    pub source_field: String,
    /// The value of that field, cut where it is long.
    pub value: String,
    /// What it should be.
    pub expected: &'static str,
}

/// A computed field that is not found out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} is not found out: {why}")]
pub struct OpenFact {
    /// The computed field.
    pub field: &'static str,
    /// Why, in words.
    pub why: String,
}

/// What computed fields need beside the resource.
#[derive(Debug, Clone, Copy)]
pub struct FactContext<'c> {
    /// The time of judging: the snapshot's, so that it gives the same findings next year.
    pub now: Timestamp,
    /// The accounts known, and what the configuration says about accounts.
    pub accounts: &'c Accounts,
    /// Who reads key policies; without, what follows from them is not found out.
    pub policies: Option<&'c dyn PolicyReader>,
}

impl<'c> FactContext<'c> {
    /// A clock and accounts, and nobody who reads key policies.
    #[must_use]
    pub fn new(now: Timestamp, accounts: &'c Accounts) -> Self {
        Self { now, accounts, policies: None }
    }

    /// The same with somebody who reads key policies.
    #[must_use]
    pub fn reading(self, policies: &'c dyn PolicyReader) -> Self {
        Self { policies: Some(policies), ..self }
    }
}

/// One record seen as a resource.
#[derive(Debug)]
pub struct Resource<'a> {
    record: Record<'a>,
    view: View<'a>,
    /// Mostly empty, and then without memory of its own.
    unknown: Vec<UnknownFact>,
}

impl<'a> Resource<'a> {
    /// The resource that a record is, with the projection's view of that record.
    ///
    /// # Errors
    /// Where `Unknown` is not what it must be: a fact that is unknown in a way nobody understands may not count as known. And where
    /// the record is far larger than any resource.
    pub fn new(record: Record<'a>, view: View<'a>) -> Result<Self, ResourceError> {
        if record.len() > MAX_MEMBERS {
            return Err(ResourceError::TooManyMembers(record.len()));
        }
        let unknown = match view.own(Own::Unknown) {
            Some(index) => unknown::unknown_facts(record.value(index))?,
            None => Vec::new(),
        };
        Ok(Self { record, view, unknown })
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// The facts that could not be read.
    #[must_use]
    pub fn unknown_facts(&self) -> &[UnknownFact] {
        &self.unknown
    }

    /// Why a field could not be read; `None` where it could.
    #[must_use]
    pub fn unknown_fact(&self, field: &str) -> Option<&UnknownFact> {
        self.unknown.iter().find(|fact| fact.field == field)
    }

    /// The fact of a projected field, by its place in the projection's list.
    #[inline]
    pub fn fact_at<'s>(&'s self, index: usize, context: &FactContext<'s>) -> Fact<'s> {
        match self.known_at(index) {
            Some(value) => Fact::Json(value),
            None => self.any_fact_at(index, context),
        }
    }

    /// The value of a projected field in the common case: the record has it, nothing is unknown, and it is not null.
    /// Otherwise only [`Resource::fact_at`] knows.
    #[inline]
    pub fn known_at(&self, index: usize) -> Option<Raw<'a>> {
        let member = if self.unknown.is_empty() { self.view.wanted(index)? } else { return None };
        Some(self.record.value(member)).filter(|value| !value.is_null())
    }

    fn any_fact_at<'s>(&'s self, index: usize, context: &FactContext<'s>) -> Fact<'s> {
        let Some(wanted) = self.view.wanted.get(index) else { return Fact::Absent };
        self.resolve(&wanted.name, self.view.wanted(index), wanted.special, context)
    }

    /// The fact of any field by name: for those who cannot say beforehand which they want.
    pub fn fact<'s>(&'s self, name: &str, context: &FactContext<'s>) -> Fact<'s> {
        self.resolve(name, self.record.index_of(name), projection::special(name), context)
    }

    fn resolve<'s>(
        &'s self,
        name: &str,
        member: Option<usize>,
        special: Option<Special>,
        context: &FactContext<'s>,
    ) -> Fact<'s> {
        if let Some(unknown) = self.unknown_fact(name) {
            return Fact::Unknown(unknown);
        }
        let own = member.map(|member| self.record.value(member));
        match (own, special) {
            // An account of null says nothing, so that the account line may.
            (Some(value), Some(Special::Account)) if value.is_null() => {
                self.joined(context).unwrap_or(Fact::Json(value))
            }
            (Some(value), _) => Fact::Json(value),
            (None, Some(Special::Account)) => self.joined(context).unwrap_or(Fact::Absent),
            (None, Some(Special::Computed(field))) if self.has_computed(field) => self.compute(field, context),
            (None, Some(Special::Computed(_))) => Fact::Absent,
            (None, None) => Fact::Absent,
        }
    }

    /// The resource's `Account` from the account line.
    fn joined<'s>(&'s self, context: &FactContext<'s>) -> Option<Fact<'s>> {
        self.account_line(context.accounts).map(|line| Fact::Json(line.context()))
    }

    fn account_line<'s>(&self, accounts: &'s Accounts) -> Option<&'s AccountLine> {
        if accounts.is_empty() { None } else { accounts.get(&self.account_id()?) }
    }

    /// Every member of the resource with its fact, as a body sees it that looks at the whole of it: the record's own in order, then
    /// the account where it is joined in, then unknown facts that the record has no member for, then the computed fields of its type.
    /// What belongs to the line and not to the resource (`kind`, `Unknown`) is not among them.
    pub fn facts<'s>(&'s self, context: &FactContext<'s>) -> Vec<(&'s str, Fact<'s>)> {
        let mut facts: Vec<(&str, Fact<'_>)> = (0..self.record.len())
            .map(|index| (index, self.record.key(index)))
            .filter(|(_, name)| !matches!(*name, "kind" | "Unknown"))
            .map(|(index, name)| (name, self.resolve(name, Some(index), projection::special(name), context)))
            .collect();
        if self.own(Own::Account).is_none()
            && self.unknown_fact("Account").is_none()
            && let Some(joined) = self.joined(context)
        {
            facts.push(("Account", joined));
        }
        for unknown in &self.unknown {
            if self.record.index_of(&unknown.field).is_none() {
                facts.push((&unknown.field, Fact::Unknown(unknown)));
            }
        }
        for field in Computed::all().filter(|field| self.has_computed(*field)) {
            let name = field.name();
            if self.record.index_of(name).is_none() && self.unknown_fact(name).is_none() {
                let fact = self.compute(field, context);
                if fact != Fact::Absent {
                    facts.push((name, fact));
                }
            }
        }
        facts
    }

    /// The value of a field of the resource's own, whether it counts or not.
    #[inline]
    fn own(&self, field: Own) -> Option<Raw<'a>> {
        self.view.own(field).map(|index| self.record.value(index))
    }
}
