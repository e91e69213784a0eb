//! What the configuration says about accounts: names of tags, words for environments.

use anyhow::{Context as _, bail};
use finding::{Accounts, Environment, EnvironmentRules, TagNames};

use crate::config::Config;

/// No accounts yet, and what the configuration says about them.
pub fn configured(config: &Config) -> anyhow::Result<Accounts> {
    let mut names = TagNames::default();
    for (what, tag) in &config.accounts.tags {
        let slot = match what.as_str() {
            "environment" => &mut names.environment,
            "team" => &mut names.team,
            "client" => &mut names.client,
            "project" => &mut names.project,
            other => bail!("accounts.tags.{other}: expected environment, team, client or project"),
        };
        slot.clone_from(tag);
    }
    let mut rules = EnvironmentRules::default();
    for (name, words) in &config.accounts.environments {
        let class = class(name).with_context(|| format!("accounts.environments.{name}"))?;
        for word in words {
            rules.add_word(word, class);
        }
    }
    for (account, name) in &config.accounts.named {
        rules.add_account(account, class(name).with_context(|| format!("accounts.named.{account}"))?);
    }
    for account in &config.accounts.shared {
        rules.add_shared_account(account);
    }
    Ok(Accounts::new(names, rules))
}

fn class(name: &str) -> anyhow::Result<Environment> {
    match Environment::parse(name) {
        Some(class) if class != Environment::Unknown => Ok(class),
        _ => bail!("expected production, staging or development, not {name}"),
    }
}
