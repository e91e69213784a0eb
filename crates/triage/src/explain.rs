//! What a rule hits: which accounts and findings, today, and where the original would have answered otherwise.

use finding::{Account, Environment};
use jiff::Timestamp;

use crate::Settings;
use crate::account::unit_name;
use crate::case::Case;
use crate::decide::Triage;
use crate::decision::Action;
use crate::rules::{Rule, Rules};
use crate::suppress::{Dimension, Facts, legacy};

/// What one rule hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Places of accounts in the list given: of those that the rule holds for whatever region and policy it is.
    pub accounts: Vec<usize>,
    /// Places of cases in the list given: of those that the rule suppresses.
    pub findings: Vec<usize>,
    /// Accounts about which the original answers otherwise, and what it answers.
    pub differs: Vec<(usize, legacy::Verdict)>,
}

/// What the rule hits at that time.
#[must_use]
pub fn hits(rule: &Rule, settings: &Settings, accounts: &[Account], cases: &[Case<'_>], now: Timestamp) -> Hits {
    let mut found = Hits::default();
    let over = rule.expires.is_some_and(|expiry| expiry.is_over(now));
    for (place, account) in accounts.iter().enumerate() {
        let class = settings.environments.class(&account.evidence(&settings.tags), Environment::Unknown);
        let holds = !over && rule.condition.holds(&strict_facts(account, class, settings));
        if holds {
            found.accounts.push(place);
        }
        let original = legacy::evaluate(&rule.suppress_when, &legacy_facts(account, settings));
        if (original == legacy::Verdict::Suppress) != holds || original == legacy::Verdict::Raises {
            found.differs.push((place, original));
        }
    }
    let alone = Triage::new(settings.clone(), Rules::new(vec![rule.clone()]));
    let hit = |case: &Case<'_>| alone.decide(case).action == Action::Suppress;
    found.findings = cases.iter().enumerate().filter(|(_, case)| hit(case)).map(|(place, _)| place).collect();
    found
}

fn strict_facts<'a>(account: &'a Account, class: Environment, settings: &'a Settings) -> Facts<'a> {
    let tags = &settings.tags;
    let mut facts = Facts::default()
        .with(Dimension::AccountId, Some(account.id.as_str()))
        .with(Dimension::Client, account.tag(&tags.client))
        .with(Dimension::Environment, account.tag(&tags.environment))
        .with(Dimension::EnvironmentClass, Some(class.name()))
        .with(Dimension::OrganizationalUnit, unit_name(&account.ou))
        .with(Dimension::ProjectName, account.tag(&tags.project))
        .with(Dimension::Team, account.tag(&tags.team));
    facts.ou_path = Some(&account.ou);
    facts
}

/// What the original caches of an account: tags as they are, and words where there is nothing.
fn legacy_facts<'a>(account: &'a Account, settings: &'a Settings) -> Facts<'a> {
    let tag = |name: &str| Some(account.tags.get(name).map_or("Unspecified", String::as_str));
    let tags = &settings.tags;
    Facts::default()
        .with(Dimension::AccountId, Some(account.id.as_str()))
        .with(Dimension::Client, tag(&tags.client))
        .with(Dimension::Environment, tag(&tags.environment))
        .with(Dimension::OrganizationalUnit, Some(unit_name(&account.ou).unwrap_or("UNKNOWN_OU")))
        .with(Dimension::ProjectName, tag(&tags.project))
        .with(Dimension::Team, tag(&tags.team))
}
