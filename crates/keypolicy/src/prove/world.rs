//! What all searches of one proof share: whose key it is, and names that nobody mentions.

use super::Assumptions;
use super::spent::Spent;
use crate::pattern::{Glob, Pattern};
use crate::rules::{Form, Rules, Test, Who};
use crate::setting::{Setting, digits};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What all searches of one proof share.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) setting: Setting,
    /// Whether the account of the key is known, not assumed.
    pub(super) account_known: bool,
    /// The organisation of the key's account, where it is in one.
    pub(super) owner_organization: String,
    /// Whether that may as well be one that the policy names.
    owner_organization_open: bool,
    pub(super) now: Option<&'a str>,
    /// Accounts that nobody mentions.
    pub(super) fresh: Vec<String>,
    pub(super) mentioned: Mentioned,
    /// What its searches have spent.
    pub(super) spent: Spent,
}

/// What the policies mention.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    pub(super) accounts: BTreeSet<String>,
    pub(super) organizations: BTreeSet<String>,
    pub(super) services: BTreeSet<String>,
    /// Unique ids of principals.
    pub(super) ids: BTreeSet<String>,
    /// Whether a caller's organisation is named by its id.
    organization_named: bool,
    /// Whether the key's organisation is spoken of by its variable.
    organization_by_variable: bool,
    /// Whether values of `aws:ResourceOrgID` are named, which may be the key's own or not.
    resource_organizations: bool,
    /// VPCs and their endpoints.
    pub(super) networks: BTreeSet<String>,
    /// Literal ARNs of roles and users.
    pub(super) arns: BTreeSet<String>,
    /// Values of `aws:SourceArn` that name one resource or one account.
    pub(super) source_patterns: BTreeSet<String>,
    /// Condition keys, in lower case.
    pub(super) keys: BTreeSet<String>,
}

impl<'a> World<'a> {
    pub(super) fn new(policies: &[&Rules], setting: &Setting, assumptions: &Assumptions<'a>) -> Self {
        let mut mentioned = Mentioned::default();
        for rules in policies {
            mentioned.read(rules);
        }
        mentioned.accounts.extend(setting.account.iter().cloned());
        mentioned.accounts.extend(setting.trusted.accounts.iter().cloned());
        mentioned.organizations.extend(setting.trusted.organizations.iter().cloned());
        let mut fresh = unmentioned(&mentioned.accounts);
        let account_known = setting.account.is_some();
        let mut setting = setting.clone();
        if !account_known {
            setting.account = fresh.pop();
            mentioned.accounts.extend(setting.account.clone());
        }
        // Who trusts one organisation means the own one.
        let only = setting.trusted.organizations.first().filter(|_| setting.trusted.organizations.len() == 1);
        let owner_organization_open = only.is_none()
            && (mentioned.resource_organizations || mentioned.organization_named && mentioned.organization_by_variable);
        let owner_organization = only.cloned().unwrap_or_else(|| unmentioned_organization(&mentioned.organizations));
        mentioned.organizations.insert(owner_organization.clone());
        Self {
            setting,
            account_known,
            owner_organization,
            owner_organization_open,
            now: assumptions.now,
            fresh,
            mentioned,
            spent: Spent::default(),
        }
    }

    /// The account of the key, known or assumed.
    pub(super) fn owner(&self) -> Option<&str> {
        self.setting.account.as_deref()
    }

    /// The one value that `aws:ResourceOrgID` can have, where there is only one.
    pub(super) fn resource_organization(&self) -> Option<&str> {
        (!self.owner_organization_open).then_some(self.owner_organization.as_str())
    }
}

impl Mentioned {
    fn read(&mut self, rules: &Rules) {
        for rule in &rules.rules {
            for who in &rule.who {
                match who {
                    Who::Account(account) | Who::Session { account, .. } => {
                        self.accounts.insert(account.clone());
                    }
                    Who::Arn(arn) => {
                        self.arns.insert(arn.clone());
                        self.text(arn);
                    }
                    Who::Service(name) => {
                        self.services.insert(name.clone());
                    }
                    _ => {}
                }
            }
            for test in &rule.tests {
                self.test(test);
            }
        }
    }

    fn test(&mut self, test: &Test) {
        self.keys.insert(test.key.clone());
        let of_somebody = matches!(test.key.as_str(), "aws:principalorgid" | "aws:sourceorgid");
        for value in &test.values {
            // A named organisation may be the key's own where another condition speaks of that by the variable.
            match &value.form {
                Form::Fixed(_) => self.organization_named |= of_somebody,
                _ => self.organization_by_variable |= value.raw.to_ascii_lowercase().contains("aws:resourceorgid"),
            }
            self.text(&value.raw);
            if let Form::Fixed(pattern) = &value.form {
                self.pattern(&test.key, &value.raw, pattern);
            }
        }
    }

    /// What a pattern mentions that its text does not: templates were filled in, and their accounts stand in the pattern only.
    fn pattern(&mut self, key: &str, raw: &str, pattern: &Pattern) {
        self.resource_organizations |= key == "aws:resourceorgid";
        let shown = shown(pattern);
        if shown != raw {
            self.accounts.extend(digits(&shown).map(str::to_owned));
        }
        if let Pattern::Exact(text) = pattern {
            if text != raw {
                self.text(text);
            }
            let named = match key {
                "aws:principalarn" => Some(&mut self.arns),
                "aws:principalservicename" | "aws:principalservicenameslist" => Some(&mut self.services),
                _ => None,
            };
            named.into_iter().for_each(|named| named.extend([text.clone()]));
        }
        if key == "aws:sourcearn" {
            let account = shown.split(':').nth(4).is_some_and(finding::is_account_id);
            if account || !shown.contains(['*', '?']) {
                self.source_patterns.insert(shown.into_owned());
            }
        }
    }

    fn text(&mut self, text: &str) {
        for account in digits(text) {
            if !self.accounts.contains(account) {
                self.accounts.insert(account.to_owned());
            }
        }
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
            let set = match word {
                _ if word.starts_with("o-") => &mut self.organizations,
                _ if word.starts_with("vpc-") || word.starts_with("vpce-") => &mut self.networks,
                _ if word.starts_with("AROA") || word.starts_with("AIDA") => &mut self.ids,
                _ => continue,
            };
            set.insert(word.to_owned());
        }
    }
}

/// A pattern's text, wildcards as they are written.
fn shown(pattern: &Pattern) -> Cow<'_, str> {
    match pattern {
        Pattern::Exact(text) | Pattern::IgnoreCase(text) => Cow::Borrowed(text),
        Pattern::Glob(glob) => Cow::Owned(glob.to_string()),
        Pattern::Arn(fields) => Cow::Owned(fields.iter().map(Glob::to_string).collect::<Vec<_>>().join(":")),
        _ => Cow::Borrowed(""),
    }
}

/// Account numbers that nobody mentions, easy to recognise.
fn unmentioned(mentioned: &BTreeSet<String>) -> Vec<String> {
    let plain = (1..=9).rev().map(|digit: u8| digit.to_string().repeat(12));
    let more = (0..).map(|number: u64| format!("8{number:011}"));
    plain.chain(more).filter(|account| !mentioned.contains(account)).take(4).collect()
}

fn unmentioned_organization(mentioned: &BTreeSet<String>) -> String {
    let mut names = (0..).map(|number: u32| format!("o-owner{number:05}"));
    names.find(|name| !mentioned.contains(name)).unwrap_or_default()
}
