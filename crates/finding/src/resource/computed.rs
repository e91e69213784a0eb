//! The computed fields: what a detection's body cannot work out itself, made from other facts and the clock.

use std::borrow::Cow;

use jiff::Timestamp;
use source::record::{Kind, Raw};

use super::key::KEY;
use super::policy::PolicyQuestion;
use super::projection::Own;
use super::store::CUSTOM_KEY_STORE;
use super::unknown::shown;
use super::{Fact, FactContext, InvalidFact, Resource};
use crate::account::Accounts;
use crate::environment::{AccountEvidence, Environment};

/// A field that is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Computed {
    Environment,
    DaysUntilDeletion,
    LastUse,
    DaysSinceLastUse,
    DaysSinceCreation,
    DaysUntilMaterialExpires,
    DaysUntilNextRotation,
    Policy(PolicyQuestion),
}

impl Computed {
    const PLAIN: [Self; 7] = [
        Self::Environment,
        Self::DaysUntilDeletion,
        Self::LastUse,
        Self::DaysSinceLastUse,
        Self::DaysSinceCreation,
        Self::DaysUntilMaterialExpires,
        Self::DaysUntilNextRotation,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::DaysUntilDeletion => "DaysUntilDeletion",
            Self::LastUse => "LastUse",
            Self::DaysSinceLastUse => "DaysSinceLastUse",
            Self::DaysSinceCreation => "DaysSinceCreation",
            Self::DaysUntilMaterialExpires => "DaysUntilMaterialExpires",
            Self::DaysUntilNextRotation => "DaysUntilNextRotation",
            Self::Policy(question) => question.field(),
        }
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(PolicyQuestion::ALL.map(Self::Policy))
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::all().find(|computed| computed.name() == name)
    }
}

/// A value that was computed: small, so that it needs no memory of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Small {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'static str),
}

/// A value that something is computed from, or the fact that stands in the way.
type Input<'s, T> = Result<T, Fact<'s>>;

impl Resource<'_> {
    /// Whether resources of this type have the computed field: every one of them is made for keys, some for key stores too. A record
    /// that does not say its type counts as a key, as the short resources of unit tests do.
    pub(super) fn has_computed(&self, field: Computed) -> bool {
        let of_store = matches!(field, Computed::Environment | Computed::DaysSinceCreation);
        match self.own(Own::ResourceType).filter(|kind| !kind.is_null()) {
            Some(kind) => kind.is_str(KEY.name) || of_store && kind.is_str(CUSTOM_KEY_STORE.name),
            None => {
                of_store
                    || self.own(Own::CustomKeyStoreName).is_none()
                    || self.kind().is_ok_and(|kind| kind == KEY.name)
            }
        }
    }

    /// The value of a computed field that the record does not give itself.
    pub(super) fn compute<'s>(&'s self, field: Computed, context: &FactContext<'s>) -> Fact<'s> {
        let made = match field {
            Computed::Environment => self.environment_class(context).map(|class| Small::Text(class.name())),
            Computed::LastUse => self.last_use(),
            Computed::DaysSinceLastUse => self.last_used(field).map(|used| days_since(used, context.now)),
            Computed::DaysSinceCreation => {
                self.date(field, Own::CreationDate).map(|made| days_since(made, context.now))
            }
            Computed::DaysUntilDeletion => self.days_until(field, Own::DeletionDate, context),
            Computed::DaysUntilMaterialExpires => self.days_until(field, Own::ValidTo, context),
            Computed::DaysUntilNextRotation => self.days_until(field, Own::NextRotationDate, context),
            Computed::Policy(question) => return self.policy_fact(question, context),
        };
        made.map_or_else(|fact| fact, Fact::Computed)
    }

    fn days_until<'s>(&'s self, field: Computed, date: Own, context: &FactContext<'s>) -> Input<'s, Small> {
        Ok(self.date(field, date)?.map_or(Small::Null, |date| Small::Int(whole_days(context.now, date))))
    }

    /// A field of the record, where it is there and not null.
    pub(super) fn input(&self, field: Own) -> Input<'_, Option<Raw<'_>>> {
        match self.unknown_fact(field.name()) {
            Some(fact) => Err(Fact::Unknown(fact)),
            None => Ok(self.own(field).filter(|raw| !raw.is_null())),
        }
    }

    fn date(&self, computed: Computed, field: Own) -> Input<'_, Option<Timestamp>> {
        self.input(field)?.map(|raw| timestamp(computed, field.name(), raw)).transpose()
    }

    /// When the key was last used, if a use was seen.
    fn last_used(&self, computed: Computed) -> Input<'_, Option<Timestamp>> {
        let Some(usage) = self.input(Own::KeyLastUsage)? else { return Ok(None) };
        // An empty object is how GetKeyLastUsage itself says that it has seen none.
        if usage.kind() == Kind::Object && usage.members().next().is_none() {
            return Ok(None);
        }
        match usage.get("Timestamp") {
            Some(time) => timestamp(computed, "KeyLastUsage.Timestamp", time).map(Some),
            None => Err(invalid(computed, "KeyLastUsage", usage, "an object with a `Timestamp`, or null")),
        }
    }

    /// The three verdicts: used; never used since it was made; not used since tracking began, and before that nobody knows.
    fn last_use(&self) -> Input<'_, Small> {
        if self.last_used(Computed::LastUse)?.is_some() {
            return Ok(Small::Text("USED"));
        }
        let untracked = Small::Text("UNTRACKED");
        let created = self.date(Computed::LastUse, Own::CreationDate);
        let tracked = self.date(Computed::LastUse, Own::TrackingStartDate);
        match (created, tracked) {
            // Without either date nothing proves that the key was never used, whatever the other date is.
            (Ok(None), _) | (_, Ok(None)) => Ok(untracked),
            (Ok(Some(created)), Ok(Some(tracked))) if created >= tracked => Ok(Small::Text("NEVER")),
            (Ok(Some(_)), Ok(Some(_))) => Ok(untracked),
            (_, Err(fact)) | (Err(fact), _) => Err(fact),
        }
    }

    /// The class of environment, or the fact that would be needed to tell.
    pub(super) fn environment_class<'s>(&'s self, context: &FactContext<'s>) -> Input<'s, Environment> {
        let accounts = context.accounts;
        let key = || {
            let tag = self.key_tag(&accounts.tags.environment)?;
            Ok(tag.map_or(Environment::Unknown, |tag| accounts.environments.class_of_word(&tag)))
        };
        match self.input(Own::Account) {
            Ok(None) => self.class_by_line(key, accounts),
            _ => self.class_by_own_account(key(), accounts),
        }
    }

    /// The class where the record itself says nothing about its account.
    fn class_by_line<'s>(
        &'s self,
        key: impl FnOnce() -> Input<'s, Environment>,
        accounts: &'s Accounts,
    ) -> Input<'s, Environment> {
        match self.account_line(accounts) {
            Some(line) => line.settled_class().map_or_else(|| key().map(|key| line.class(key)), Ok),
            None => self.class_by_own_account(key(), accounts),
        }
    }

    fn class_by_own_account<'s>(
        &'s self,
        key: Input<'s, Environment>,
        accounts: &'s Accounts,
    ) -> Input<'s, Environment> {
        let rules = &accounts.environments;
        let id = self.account_id();
        let account = match self.account_evidence(accounts) {
            Ok(account) => account,
            Err(fact) => {
                // Only the configuration can settle it without the account's own word.
                let known = AccountEvidence { id: id.as_deref(), ..AccountEvidence::default() };
                return rules.settled_without_account(&known, key.ok()).ok_or(fact);
            }
        };
        let account = AccountEvidence { id: id.as_deref(), ..account.borrowed() };
        match key {
            Ok(key) => Ok(rules.class(&account, key)),
            Err(fact) => {
                let class = rules.class(&account, Environment::Unknown);
                let settled = Environment::ALL.into_iter().all(|key| rules.class(&account, key) == class);
                if settled { Ok(class) } else { Err(fact) }
            }
        }
    }

    /// The value of a tag of the resource's own, where it is set.
    pub(super) fn key_tag(&self, name: &str) -> Input<'_, Option<Cow<'_, str>>> {
        let Some(tags) = self.input(Own::Tags)? else { return Ok(None) };
        tag_value(Computed::Environment, "Tags", tags, name)
    }

    /// Whether the account's keys have owners of their own.
    pub(super) fn is_in_shared_account(&self, accounts: &Accounts) -> bool {
        let id = self.account_id();
        self.account_evidence(accounts).is_ok_and(|account| {
            accounts.environments.is_shared(&AccountEvidence { id: id.as_deref(), ..account.borrowed() })
        })
    }

    /// What the account says about its environment: the record's own `Account`, else the account line's.
    fn account_evidence<'s>(&'s self, accounts: &'s Accounts) -> Input<'s, OwnedEvidence<'s>> {
        let Some(account) = self.input(Own::Account)? else {
            let line = self.account_line(accounts).map(|line| line.account().evidence(&accounts.tags));
            return Ok(line.map(OwnedEvidence::of_line).unwrap_or_default());
        };
        let refuse = || invalid(Computed::Environment, "Account", account, "an object, or null");
        if account.kind() != Kind::Object {
            return Err(refuse());
        }
        let mut evidence = OwnedEvidence::default();
        for (name, value) in account.members().filter(|(_, value)| !value.is_null()) {
            match &*name {
                "Name" => evidence.name = Some(text(Computed::Environment, "Account.Name", value)?),
                "Environment" => evidence.declared = Some(text(Computed::Environment, "Account.Environment", value)?),
                "OuPath" => evidence.ou_path = Some(text(Computed::Environment, "Account.OuPath", value)?),
                "Tags" => {
                    let tag = &accounts.tags.environment;
                    evidence.tag = tag_value(Computed::Environment, "Account.Tags", value, tag)?;
                }
                _ => {}
            }
        }
        Ok(evidence)
    }
}

/// [`AccountEvidence`] that may own its texts, because a JSON string with escapes has to be decoded.
#[derive(Debug, Default)]
struct OwnedEvidence<'s> {
    name: Option<Cow<'s, str>>,
    declared: Option<Cow<'s, str>>,
    tag: Option<Cow<'s, str>>,
    ou_path: Option<Cow<'s, str>>,
}

impl<'s> OwnedEvidence<'s> {
    fn of_line(line: AccountEvidence<'s>) -> Self {
        let own = |text: Option<&'s str>| text.map(Cow::Borrowed);
        Self { name: own(line.name), declared: own(line.declared), tag: own(line.tag), ou_path: own(line.ou_path) }
    }

    fn borrowed(&self) -> AccountEvidence<'_> {
        AccountEvidence {
            id: None,
            name: self.name.as_deref(),
            declared: self.declared.as_deref(),
            tag: self.tag.as_deref(),
            ou_path: self.ou_path.as_deref(),
        }
    }
}

/// The value of one tag of a map from name to value.
fn tag_value<'s>(computed: Computed, what: &str, tags: Raw<'s>, name: &str) -> Input<'s, Option<Cow<'s, str>>> {
    if tags.kind() != Kind::Object {
        return Err(invalid(computed, what, tags, "an object from name to value, or null"));
    }
    match tags.get(name) {
        Some(value) if !value.is_null() => text(computed, &format!("{what}.{name}"), value).map(Some),
        _ => Ok(None),
    }
}

fn text<'s>(computed: Computed, what: &str, raw: Raw<'s>) -> Input<'s, Cow<'s, str>> {
    raw.as_str().and_then(Result::ok).ok_or_else(|| invalid(computed, what, raw, "a string, or null"))
}

fn timestamp<'s>(computed: Computed, what: &str, raw: Raw<'s>) -> Input<'s, Timestamp> {
    let parsed = raw.as_str().and_then(Result::ok).and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| invalid(computed, what, raw, "a date such as \"2026-05-06T07:08:09Z\""))
}

fn invalid<'s>(computed: Computed, source: &str, raw: Raw<'_>, expected: &'static str) -> Fact<'s> {
    Fact::Invalid(Box::new(InvalidFact {
        field: computed.name(),
        source_field: source.to_owned(),
        value: shown(raw),
        expected,
    }))
}

fn days_since(then: Option<Timestamp>, now: Timestamp) -> Small {
    then.map_or(Small::Null, |then| Small::Int(whole_days(then, now)))
}

/// Whole days from one time to another, rounded down.
fn whole_days(from: Timestamp, to: Timestamp) -> i64 {
    const DAY: i128 = 86_400 * 1_000_000_000;
    let days = (to.as_nanosecond() - from.as_nanosecond()).div_euclid(DAY);
    i64::try_from(days).unwrap_or(i64::MAX)
}
