//! The one function that says what class of environment an account or key belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The class of an environment. What nothing says, or says in a word nobody knows, is `Unknown`, which counts as production
/// wherever that is the safe side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Environment {
    Production,
    Staging,
    Development,
    Unknown,
}

/// The words that mean a class, in upper case. Frozen by a test: what is called a production key may not change unseen.
const WORDS: [(Environment, &[&str]); 3] = [
    (Environment::Production, &["PROD", "PRD", "PRODUCTION", "LIVE"]),
    (
        Environment::Staging,
        &["STAGING", "STG", "PREPROD", "PP", "TEST", "TESTING", "QA", "UAT", "SIT", "SYSTEMTEST", "INTEGRATION"],
    ),
    (Environment::Development, &["DEV", "DEVELOPMENT", "DEVINT", "DI"]),
];

/// The value of an account's environment tag that says: this account holds several, ask each key.
const SHARED: &str = "SHARED";

impl Environment {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Production, Self::Staging, Self::Development, Self::Unknown];

    /// The name as it is written in documents: `production`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Unknown => "unknown",
        }
    }

    /// The class of that name, as written in documents and configurations: exact.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether to treat it as production where a mistake would hurt: production, and unknown.
    #[must_use]
    pub fn counts_as_production(self) -> bool {
        matches!(self, Self::Production | Self::Unknown)
    }

    fn known(self) -> Option<Self> {
        (self != Self::Unknown).then_some(self)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The word without its spaces, in upper case: how two words are compared.
fn folded(word: &str) -> String {
    word.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// What is known about the account of a key, and about the key, that could say its class.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// The account's id.
    pub account_id: Option<&'a str>,
    /// The account's name.
    pub account_name: Option<&'a str>,
    /// What the resource's own `Account` says its environment is (`Account.Environment`).
    pub declared: Option<&'a str>,
    /// The value of the account's environment tag.
    pub account_tag: Option<&'a str>,
    /// The path of organisational units above the account: `Root/Workloads/Prod`.
    pub ou_path: Option<&'a str>,
    /// The value of the key's own environment tag.
    pub key_tag: Option<&'a str>,
}

/// What a configuration adds: more words, accounts whose class is settled by name, accounts that several environments share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentRules {
    words: BTreeMap<String, Environment>,
    accounts: BTreeMap<String, Environment>,
    shared: BTreeSet<String>,
}

impl EnvironmentRules {
    /// Lets `word`, in a tag or as the name of an organisational unit, mean `class`; before the built-in words.
    pub fn add_word(&mut self, word: &str, class: Environment) {
        self.words.insert(folded(word), class);
    }

    /// Settles the class of an account, given by id or name.
    pub fn add_account(&mut self, account: &str, class: Environment) {
        self.accounts.insert(folded(account), class);
    }

    /// Says that the keys of an account, given by id or name, belong to several environments: their own tags are asked first.
    pub fn add_shared_account(&mut self, account: &str) {
        self.shared.insert(folded(account));
    }

    /// The class that a word means; `Unknown` for a word that means none. Case and spaces are ignored.
    #[must_use]
    pub fn class_of_word(&self, word: &str) -> Environment {
        let word = folded(word);
        if let Some(class) = self.words.get(&word) {
            return *class;
        }
        let built_in = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()));
        built_in.map_or(Environment::Unknown, |(class, _)| *class)
    }

    /// The class of environment of an account or key: the only place where that is decided. The first that says a class wins:
    ///
    /// 1. the configuration, for the account by id or name;
    /// 2. the key's tag, where the account is shared (its own tag says `SHARED`, or the configuration does);
    /// 3. what the resource's `Account.Environment` says;
    /// 4. the account's tag;
    /// 5. the path of organisational units, innermost first;
    /// 6. the key's tag, where nothing above says anything.
    ///
    /// So a key's tag, which whoever may tag a key can write, never takes a key out of an account that says production.
    #[must_use]
    pub fn class(&self, evidence: &Evidence<'_>) -> Environment {
        let word = |text: Option<&str>| text.and_then(|text| self.class_of_word(text).known());
        let from_key = || word(evidence.key_tag);
        self.configured(evidence)
            .or_else(|| if self.is_shared(evidence) { from_key() } else { None })
            .or_else(|| word(evidence.declared))
            .or_else(|| word(evidence.account_tag))
            .or_else(|| self.class_of_path(evidence.ou_path?))
            .or_else(from_key)
            .unwrap_or(Environment::Unknown)
    }

    fn names<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a str> {
        evidence.account_id.into_iter().chain(evidence.account_name)
    }

    fn configured(&self, evidence: &Evidence<'_>) -> Option<Environment> {
        if self.accounts.is_empty() {
            return None;
        }
        Self::names(evidence).find_map(|name| self.accounts.get(&folded(name)).copied())
    }

    fn is_shared(&self, evidence: &Evidence<'_>) -> bool {
        evidence.account_tag.is_some_and(|tag| folded(tag) == SHARED)
            || (!self.shared.is_empty() && Self::names(evidence).any(|name| self.shared.contains(&folded(name))))
    }

    fn class_of_path(&self, path: &str) -> Option<Environment> {
        path.rsplit('/').find_map(|unit| self.class_of_word(unit).known())
    }
}

#[cfg(test)]
mod tests {
    use super::Environment::{Development, Production, Staging, Unknown};
    use super::*;

    /// What every part of Keyreeve calls these words. A change here changes verdicts, tickets and penalties.
    #[test]
    fn the_words_are_frozen() {
        let table: [(Environment, &[&str]); 4] = [
            (Production, &["PROD", "PRD", "PRODUCTION", "LIVE", "prod", "Production", " prod ", "pro d", "\tLive\n"]),
            (
                Staging,
                &[
                    "STAGING",
                    "STG",
                    "PREPROD",
                    "PP",
                    "TEST",
                    "TESTING",
                    "QA",
                    "UAT",
                    "SIT",
                    "SYSTEMTEST",
                    "INTEGRATION",
                    "System Test",
                    "pre prod",
                    "qa",
                    "\u{a0}uat",
                ],
            ),
            (Development, &["DEV", "DEVELOPMENT", "DEVINT", "DI", "dev", "Dev Int", "DEV "]),
            (
                Unknown,
                &[
                    "",
                    " ",
                    "Unspecified",
                    "SHARED",
                    "SANDBOX",
                    "NONPROD",
                    "non-prod",
                    "pre-prod",
                    "PRODUCTIONS",
                    "PROD1",
                    "prod,dev",
                    "unknown",
                    "D E V 2",
                    "null",
                ],
            ),
        ];
        for (class, words) in table {
            for word in words {
                assert_eq!(EnvironmentRules::default().class_of_word(word), class, "{word:?}");
            }
        }
    }

    fn evidence<'a>(tag: &'a str, path: &'a str, key: &'a str) -> Evidence<'a> {
        let said = |text: &'a str| (!text.is_empty()).then_some(text);
        Evidence { account_tag: said(tag), ou_path: said(path), key_tag: said(key), ..Evidence::default() }
    }

    /// Who is heard first.
    #[test]
    fn the_order_of_the_sources_is_frozen() {
        let table = [
            ("PROD", "Root/Dev", "DEV", Production),
            ("DEV", "Root/Prod", "PROD", Development),
            ("shared", "Root/Prod", "dev", Development),
            (" Shared ", "Root/Prod", "", Production),
            ("shared", "Root/Prod", "blue", Production),
            ("shared", "Root/Infra", "", Unknown),
            ("blue", "Root/Prod", "DEV", Production),
            ("", "Root/Prod", "DEV", Production),
            ("", "Root/Prod/Test", "", Staging),
            ("", "Root/Test/Workloads", "PROD", Staging),
            ("", "Root/Workloads", "DEV", Development),
            ("", "Root/NonProd", "", Unknown),
            ("", "", "uat", Staging),
            ("", "", "", Unknown),
        ];
        for (tag, path, key, expected) in table {
            let class = EnvironmentRules::default().class(&evidence(tag, path, key));
            assert_eq!(class, expected, "account tag {tag:?}, path {path:?}, key tag {key:?}");
        }
        let declared = Evidence { declared: Some("production"), ..evidence("DEV", "Root/Dev", "DEV") };
        assert_eq!(EnvironmentRules::default().class(&declared), Production);
        let undecided = Evidence { declared: Some("unknown"), ..evidence("DEV", "", "") };
        assert_eq!(EnvironmentRules::default().class(&undecided), Development);
    }

    #[test]
    fn a_configuration_adds_words_accounts_and_shared_accounts() {
        let mut rules = EnvironmentRules::default();
        rules.add_word("pre-prod", Staging);
        rules.add_word("Test", Development);
        rules.add_account("acme billing", Production);
        rules.add_shared_account("111122223333");
        assert_eq!(rules.class_of_word("PRE-PROD"), Staging);
        assert_eq!(rules.class(&evidence("TEST", "", "")), Development);
        let named = Evidence { account_name: Some("Acme Billing"), ..evidence("DEV", "", "") };
        assert_eq!(rules.class(&named), Production);
        let shared = Evidence { account_id: Some("111122223333"), ..evidence("PROD", "", "dev") };
        assert_eq!(rules.class(&shared), Development);
    }

    #[test]
    fn unknown_counts_as_production() {
        let counting: Vec<_> = Environment::ALL.into_iter().filter(|class| class.counts_as_production()).collect();
        assert_eq!(counting, [Production, Unknown]);
        for class in Environment::ALL {
            assert_eq!(Environment::parse(class.name()), Some(class));
        }
    }
}
