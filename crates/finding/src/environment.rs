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
pub(crate) const WORDS: [(Environment, &[&str]); 3] = [
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

/// What is known about an account that could say its class.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountEvidence<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Its name.
    pub name: Option<&'a str>,
    /// What the resource's own `Account` says its environment is (`Account.Environment`).
    pub declared: Option<&'a str>,
    /// The value of its environment tag.
    pub tag: Option<&'a str>,
    /// The path of organisational units above it: `Root/Workloads/Prod`.
    pub ou_path: Option<&'a str>,
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

    /// The class of environment of an account or key: the only place where that is decided. `key` is the class that the key's own
    /// tag means, `Unknown` without one. The first that says a class wins:
    ///
    /// 1. the configuration, for the account by id or name;
    /// 2. the key's tag, where the account is shared (its own tag says `SHARED`, or the configuration does);
    /// 3. what the resource's `Account.Environment` says;
    /// 4. the account's tag;
    /// 5. the path of organisational units, innermost first;
    /// 6. the key's tag, unless the account's tag or `Account.Environment` holds a word that nobody knows.
    ///
    /// So a key's tag, which whoever may tag a key can write, never takes a key out of an account that says production, be it in a
    /// word that has yet to be configured.
    #[must_use]
    pub fn class(&self, account: &AccountEvidence<'_>, key: Environment) -> Environment {
        let word = |text: Option<&str>| text.and_then(|text| self.class_of_word(text).known());
        self.configured(account)
            .or_else(|| if self.is_shared(account) { key.known() } else { None })
            .or_else(|| word(account.declared))
            .or_else(|| word(account.tag))
            .or_else(|| self.class_of_path(account.ou_path?))
            .unwrap_or_else(|| if says_something(account) { Environment::Unknown } else { key })
    }

    /// The class, where it is the same whatever the account's tags, path and declaration turn out to be; `key` is `None` where
    /// the key's tag is not known either.
    #[must_use]
    pub fn settled_without_account(
        &self,
        account: &AccountEvidence<'_>,
        key: Option<Environment>,
    ) -> Option<Environment> {
        let shared = self.is_shared(account);
        self.configured(account).or_else(|| if shared { key?.known() } else { None })
    }

    /// Whether the account's keys belong to several environments and teams, so that their own tags are asked first.
    #[must_use]
    pub fn is_shared(&self, account: &AccountEvidence<'_>) -> bool {
        account.tag.is_some_and(|tag| folded(tag) == SHARED)
            || (!self.shared.is_empty() && names(account).any(|name| self.shared.contains(&folded(name))))
    }

    fn configured(&self, account: &AccountEvidence<'_>) -> Option<Environment> {
        if self.accounts.is_empty() {
            return None;
        }
        names(account).find_map(|name| self.accounts.get(&folded(name)).copied())
    }

    fn class_of_path(&self, path: &str) -> Option<Environment> {
        path.rsplit('/').find_map(|unit| self.class_of_word(unit).known())
    }
}

/// Whether the account says something about its environment, though in a word that means no class.
fn says_something(account: &AccountEvidence<'_>) -> bool {
    let words = [account.declared, account.tag].into_iter().flatten().map(folded);
    words.into_iter().any(|word| !matches!(word.as_str(), "" | "UNKNOWN" | SHARED))
}

fn names<'a>(account: &AccountEvidence<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    account.id.into_iter().chain(account.name)
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

    fn account<'a>(tag: &'a str, ou_path: &'a str) -> AccountEvidence<'a> {
        let said = |text: &'a str| (!text.is_empty()).then_some(text);
        AccountEvidence { tag: said(tag), ou_path: said(ou_path), ..AccountEvidence::default() }
    }

    /// Who is heard first.
    #[test]
    fn the_order_of_the_sources_is_frozen() {
        let table = [
            ("PROD", "Root/Dev", Development, Production),
            ("DEV", "Root/Prod", Production, Development),
            ("shared", "Root/Prod", Development, Development),
            (" Shared ", "Root/Prod", Unknown, Production),
            ("shared", "Root/Infra", Unknown, Unknown),
            ("blue", "Root/Prod", Development, Production),
            ("blue", "Root/Workloads", Development, Unknown),
            ("unknown", "Root/Workloads", Development, Development),
            (" ", "Root/Workloads", Development, Development),
            ("", "Root/Prod", Development, Production),
            ("", "Root/Prod/Test", Unknown, Staging),
            ("", "Root/Test/Workloads", Production, Staging),
            ("", "Root/Workloads", Development, Development),
            ("", "Root/NonProd", Unknown, Unknown),
            ("", "", Staging, Staging),
            ("", "", Unknown, Unknown),
        ];
        for (tag, path, key, expected) in table {
            let class = EnvironmentRules::default().class(&account(tag, path), key);
            assert_eq!(class, expected, "account tag {tag:?}, path {path:?}, key's tag {key}");
        }
        let declared = AccountEvidence { declared: Some("production"), ..account("DEV", "Root/Dev") };
        assert_eq!(EnvironmentRules::default().class(&declared, Development), Production);
        let undecided = AccountEvidence { declared: Some("unknown"), ..account("DEV", "") };
        assert_eq!(EnvironmentRules::default().class(&undecided, Production), Development);
    }

    #[test]
    fn a_configuration_adds_words_accounts_and_shared_accounts() {
        let mut rules = EnvironmentRules::default();
        rules.add_word("pre-prod", Staging);
        rules.add_word("Test", Development);
        rules.add_account("acme billing", Production);
        rules.add_shared_account("111122223333");
        assert_eq!(rules.class_of_word("PRE-PROD"), Staging);
        assert_eq!(rules.class(&account("TEST", ""), Unknown), Development);
        let named = AccountEvidence { name: Some("Acme Billing"), ..account("DEV", "") };
        assert_eq!(rules.class(&named, Development), Production);
        let shared = AccountEvidence { id: Some("111122223333"), ..account("PROD", "") };
        assert_eq!(rules.class(&shared, Development), Development);
    }

    /// An account that could not be read could still turn out to be anything, unless the configuration speaks.
    #[test]
    fn only_the_configuration_settles_a_class_without_the_account() {
        let mut rules = EnvironmentRules::default();
        rules.add_account("111111111111", Staging);
        rules.add_shared_account("222222222222");
        let account = |id| AccountEvidence { id: Some(id), ..AccountEvidence::default() };
        assert_eq!(rules.settled_without_account(&account("111111111111"), None), Some(Staging));
        assert_eq!(rules.settled_without_account(&account("222222222222"), Some(Production)), Some(Production));
        assert_eq!(rules.settled_without_account(&account("222222222222"), Some(Unknown)), None);
        assert_eq!(rules.settled_without_account(&account("222222222222"), None), None);
        assert_eq!(rules.settled_without_account(&account("333333333333"), Some(Production)), None);
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
