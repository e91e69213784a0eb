//! Whose a finding is: the class of environment, the facts that rules ask about, and who gets the ticket.

use std::collections::BTreeMap;

use finding::environment::AccountEvidence;
use finding::{Account, Environment};

use crate::incoming::Incoming;
use crate::key::Key;
use crate::settings::Settings;
use crate::suppress::{Dimension, Facts};

/// The name of the innermost unit of a path of organisational units, as the original knows it: `ROOT` for the root itself.
#[must_use]
pub fn unit_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().map(str::trim).filter(|name| !name.is_empty())?;
    Some(if path.trim() == "Root" { "ROOT" } else { name })
}

/// Who is to act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The team.
    pub team: Option<String>,
    /// Where mail goes.
    pub email: Option<String>,
    /// The project or queue of the ticket.
    pub project: Option<String>,
    /// What said so.
    pub source: OwnerSource,
}

/// What said who is to act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnerSource {
    /// The key's own tags: the account is shared by several teams.
    Key,
    /// The account's tags.
    Account,
    /// Nothing: the configured defaults.
    #[default]
    Default,
}

impl OwnerSource {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Account => "account",
            Self::Default => "default",
        }
    }
}

/// An account, key and finding seen together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) finding: &'a Incoming,
    pub(crate) account: Option<&'a Account>,
    pub(crate) key: Option<&'a Key>,
    pub(crate) settings: &'a Settings,
    /// Whether the account's keys belong to several teams, so that their own tags are asked first.
    shared: bool,
}

impl<'a> Whose<'a> {
    pub(crate) fn new(
        finding: &'a Incoming,
        account: Option<&'a Account>,
        key: Option<&'a Key>,
        settings: &'a Settings,
    ) -> Self {
        let mut whose = Self { finding, account, key, settings, shared: false };
        whose.shared = settings.environments.is_shared(&whose.evidence());
        whose
    }

    fn evidence(&self) -> AccountEvidence<'a> {
        let declared = self.finding.says.environment.as_deref();
        match self.account {
            Some(account) => account.evidence(&self.settings.tags),
            None => AccountEvidence {
                id: Some(&self.finding.account_id),
                name: self.finding.says.account_name.as_deref(),
                declared,
                ..AccountEvidence::default()
            },
        }
    }

    /// A tag of the key: of the facts read last, else of the finding.
    fn key_tag(&self, name: &str) -> Option<&'a str> {
        let read = self.key.and_then(|key| key.tags.as_ref());
        let tags: &BTreeMap<String, String> = match read {
            Some(tags) => tags,
            None => &self.finding.resource()?.tags,
        };
        tags.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The class of environment, by the one function that says it.
    pub(crate) fn class(&self) -> Environment {
        let rules = &self.settings.environments;
        // A finding of ours has asked the key's tags already.
        let said = || self.finding.says.environment.as_deref().and_then(Environment::parse);
        let tag = self.key_tag(&self.settings.tags.environment).map(|tag| rules.class_of_word(tag));
        let own = tag.or_else(said).unwrap_or(Environment::Unknown);
        rules.class(&self.evidence(), own)
    }

    /// What rules ask about. Where the account is shared, the key's own tags answer first.
    pub(crate) fn facts(&self, class: Environment) -> Facts<'a> {
        let names = &self.settings.tags;
        let shared = self.shared;
        let tag = |name: &str| {
            let own = if shared { self.key_tag(name) } else { None };
            own.or_else(|| self.account.and_then(|account| account.tag(name)))
        };
        let resource = self.finding.resource();
        let mut facts = Facts::default()
            .with(Dimension::AccountId, Some(&self.finding.account_id))
            .with(Dimension::Region, self.finding.region.as_deref())
            .with(Dimension::Client, tag(&names.client))
            .with(Dimension::Environment, tag(&names.environment))
            .with(Dimension::EnvironmentClass, Some(class.name()))
            .with(Dimension::ProjectName, tag(&names.project))
            .with(Dimension::Team, tag(&names.team))
            .with(Dimension::PolicyName, resource.and_then(|resource| resource.policy_name.as_deref()));
        if let Some(account) = self.account {
            facts.set(Dimension::OrganizationalUnit, unit_name(&account.ou));
            facts.ou_path = Some(&account.ou);
        }
        facts
    }

    /// Who is to act: the account's owner, or the key's where the account is shared.
    pub(crate) fn owner(&self) -> Owner {
        let settings = self.settings;
        let app = self.finding.domain.as_deref() == Some("APP");
        let account_tag = |name: &str| self.account.and_then(|account| account.tag(name));
        let own_team = if self.shared { self.key_tag(&settings.tags.team) } else { None };
        let from_key = |name: &str| if self.shared { self.key_tag(name) } else { None };
        let of = |name: &str| {
            let application = app.then(|| format!("{name}:app"));
            let by = |name: &str| from_key(name).or_else(|| account_tag(name));
            application.as_deref().and_then(by).or_else(|| by(name)).map(str::to_owned)
        };
        let team = own_team.or_else(|| account_tag(&settings.tags.team)).or(self.finding.says.team.as_deref());
        let project = settings.project_tags.iter().find_map(|tag| of(tag));
        let from = if own_team.is_some() || settings.project_tags.iter().any(|tag| from_key(tag).is_some()) {
            OwnerSource::Key
        } else if team.is_some() || project.is_some() {
            OwnerSource::Account
        } else {
            OwnerSource::Default
        };
        let mailbox = || self.account.map(|account| account.email.clone()).filter(|email| !email.is_empty());
        Owner {
            team: team.map(str::to_owned),
            email: of(&settings.email_tag).or_else(|| settings.default_email.clone()).or_else(mailbox),
            project: project.or_else(|| settings.default_project.clone()),
            source: from,
        }
    }
}
