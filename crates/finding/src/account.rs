//! An AWS account as a snapshot describes it, and what its keys take over from it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use source::record::{Limits, OwnedRaw, Raw};

use crate::arn::AccountId;
use crate::environment::{AccountEvidence, Environment, EnvironmentRules};

/// One account: an `account` line of a snapshot, or a file given to `triage --account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `111122223333`.
    #[serde(serialize_with = "as_text", deserialize_with = "parsed")]
    pub id: AccountId,
    /// The name in AWS Organizations.
    #[serde(default)]
    pub name: String,
    /// The address of its root user.
    #[serde(default)]
    pub email: String,
    /// When it joined the organisation.
    #[serde(default, serialize_with = "as_text_or_null", deserialize_with = "parsed_or_null")]
    pub joined: Option<Timestamp>,
    /// The path of organisational units: `Root/Infra`.
    #[serde(default)]
    pub ou: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

fn as_text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_text_or_null<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn parsed_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// The names of the tags that say something about an account or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagNames {
    /// Its environment; `soar:environment`.
    pub environment: String,
    /// The team that owns it; `soar:team`.
    pub team: String,
    /// The client it is run for; `soar:client`.
    pub client: String,
    /// The project it belongs to; `soar:project`.
    pub project: String,
}

impl Default for TagNames {
    fn default() -> Self {
        Self {
            environment: "soar:environment".into(),
            team: "soar:team".into(),
            client: "soar:client".into(),
            project: "soar:project".into(),
        }
    }
}

/// The resource's field `Account`: what a key says about the account it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountContext<'a> {
    /// The account's name.
    pub name: &'a str,
    /// The address of its root user.
    pub email: &'a str,
    /// The path of organisational units.
    pub ou_path: &'a str,
    /// The class of environment, by [`EnvironmentRules::class`], of the account alone.
    pub environment: &'a str,
    /// The owning team, empty where no tag says it.
    pub team: &'a str,
    /// All its tags.
    pub tags: BTreeMap<&'a str, &'a str>,
}

impl Account {
    /// The value of a tag, where it is set to something.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// What the account says about its environment.
    #[must_use]
    pub fn evidence(&self, names: &TagNames) -> AccountEvidence<'_> {
        AccountEvidence {
            id: Some(self.id.as_str()),
            name: Some(&self.name),
            declared: None,
            tag: self.tag(&names.environment),
            ou_path: Some(&self.ou),
        }
    }

    /// The class of environment of the account, without any key's tags.
    #[must_use]
    pub fn environment(&self, names: &TagNames, rules: &EnvironmentRules) -> Environment {
        rules.class(&self.evidence(names), Environment::Unknown)
    }

    /// The field `Account` of a resource of this account.
    #[must_use]
    pub fn context(&self, names: &TagNames, rules: &EnvironmentRules) -> AccountContext<'_> {
        AccountContext {
            name: &self.name,
            email: &self.email,
            ou_path: &self.ou,
            environment: self.environment(names, rules).name(),
            team: self.tag(&names.team).unwrap_or_default(),
            tags: self.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        }
    }
}

/// The accounts of a snapshot, with what a configuration says about accounts.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// The names of the tags that mean something.
    pub tags: TagNames,
    /// What means which class of environment.
    pub environments: EnvironmentRules,
    by_id: HashMap<SmolStr, AccountLine>,
}

/// An account with what its resources take over, made once.
#[derive(Debug, Clone)]
pub struct AccountLine {
    account: Account,
    context: OwnedRaw,
    /// The class of a resource, by the class that its own tag means.
    classes: [(Environment, Environment); 4],
}

impl AccountLine {
    /// The account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The field `Account` of its resources.
    #[must_use]
    pub fn context(&self) -> Raw<'_> {
        self.context.raw()
    }

    /// The class of environment of a resource whose own tag means `key`: what [`EnvironmentRules::class`] says, asked once.
    #[must_use]
    pub fn class(&self, key: Environment) -> Environment {
        let found = self.classes.iter().find(|(own, _)| *own == key);
        found.map_or(Environment::Unknown, |(_, class)| *class)
    }

    /// The class of environment, where it is the same whatever a resource's own tag means.
    #[must_use]
    pub fn settled_class(&self) -> Option<Environment> {
        let [(_, first), rest @ ..] = self.classes;
        rest.iter().all(|(_, class)| *class == first).then_some(first)
    }
}

impl Accounts {
    /// No accounts yet, and what a configuration says.
    #[must_use]
    pub fn new(tags: TagNames, environments: EnvironmentRules) -> Self {
        Self { tags, environments, by_id: HashMap::new() }
    }

    /// Adds an account; a second one of the same id replaces the first.
    pub fn add(&mut self, account: Account) {
        let context = account.context(&self.tags, &self.environments);
        // Strings in maps and structs always have a JSON text; it is checked once, and not for every resource of the account.
        let context = serde_json::to_string(&context).unwrap_or_else(|_| "null".into());
        let context = OwnedRaw::parse(&context, Limits::default()).unwrap_or_else(|_| OwnedRaw::null());
        let evidence = account.evidence(&self.tags);
        let classes = Environment::ALL.map(|key| (key, self.environments.class(&evidence, key)));
        self.by_id.insert(account.id.as_str().into(), AccountLine { account, context, classes });
    }

    /// The account of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&AccountLine> {
        self.by_id.get(id)
    }

    /// Their ids, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(SmolStr::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"111122223333","name":"acme-prod","email":"aws@acme.example","joined":"2024-05-06T00:00:00Z","ou":"Root/Infra","tags":{"soar:environment":"PROD","soar:team":"Platform"}}"#;

    #[test]
    fn an_account_reads_and_writes_the_same() {
        let account: Account = serde_json::from_str(LINE).unwrap();
        assert_eq!(serde_json::to_string(&account).unwrap(), LINE);
    }

    #[test]
    fn its_keys_take_over_name_path_class_team_and_tags() {
        let account: Account = serde_json::from_str(LINE).unwrap();
        let context = account.context(&TagNames::default(), &EnvironmentRules::default());
        assert_eq!(
            serde_json::to_string(&context).unwrap(),
            r#"{"Name":"acme-prod","Email":"aws@acme.example","OuPath":"Root/Infra","Environment":"production","Team":"Platform","Tags":{"soar:environment":"PROD","soar:team":"Platform"}}"#
        );
    }

    #[test]
    fn only_the_id_is_needed_and_wrong_types_are_refused() {
        let account: Account = serde_json::from_str(r#"{"id":"1122334455"}"#).unwrap();
        assert_eq!(account.environment(&TagNames::default(), &EnvironmentRules::default()), Environment::Unknown);
        for wrong in [
            r#"{}"#,
            r#"{"id":1122334455}"#,
            r#"{"id":"acme"}"#,
            r#"{"id":"1","joined":"yesterday"}"#,
            r#"{"id":"1","tags":[]}"#,
            r#"{"id":"1","tags":{"a":1}}"#,
        ] {
            assert!(serde_json::from_str::<Account>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_names_of_the_tags_can_be_configured() {
        let account: Account = serde_json::from_str(r#"{"id":"1","tags":{"env":"dev"}}"#).unwrap();
        let names = TagNames { environment: "env".into(), ..TagNames::default() };
        assert_eq!(account.environment(&names, &EnvironmentRules::default()), Environment::Development);
    }
}
