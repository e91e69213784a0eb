//! One concrete request judged: allowed, left to IAM, not allowed, or denied; by which statements, and why not by the others.

use crate::Action;
use crate::action::Group;
use crate::policy::Effect;
use crate::request::{Class, Request, account_of};
use crate::rules::{Fit, Rule, Rules};
use std::collections::BTreeMap;

/// What a key policy says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    /// A statement denies it.
    ExplicitDeny,
    /// Nothing allows it.
    ImplicitDeny,
    /// The key policy opens the way, and an IAM policy must allow it too.
    NeedsIam,
    /// The key policy is enough.
    Allow,
}

impl Decision {
    /// As in documents: `NEEDS_IAM`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExplicitDeny => "EXPLICIT_DENY",
            Self::ImplicitDeny => "IMPLICIT_DENY",
            Self::NeedsIam => "NEEDS_IAM",
            Self::Allow => "ALLOW",
        }
    }

    /// Whether the key policy lets it through, alone or together with IAM.
    pub fn allows(self) -> bool {
        matches!(self, Self::Allow | Self::NeedsIam)
    }
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What is decided.
    pub decision: Decision,
    /// The statements that decided.
    pub deciding: Vec<Place>,
    /// Every other statement, and why it did not.
    pub others: Vec<(Place, String)>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// Where a permission comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A statement of the key's own policy.
    Policy(usize),
    /// A statement of the policy `AWS_RAM`.
    Ram(usize),
    /// A grant, by its position.
    Grant(usize),
}

/// A grant on the key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// Who may use it: an ARN or a service's name.
    pub grantee: String,
    /// Who may retire it besides.
    pub retiring: Option<String>,
    /// What it allows.
    pub operations: crate::ActionSet,
    /// The encryption context must be this.
    pub context_equals: Option<BTreeMap<String, String>>,
    /// The encryption context must hold this.
    pub context_subset: Option<BTreeMap<String, String>>,
    /// The request must be made on behalf of this resource.
    pub source_arn: Option<String>,
}

/// Everything that gives access to a key.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The key's own policy.
    pub policy: &'a Rules,
    /// The policy `AWS_RAM`.
    pub ram: Option<&'a Rules>,
    /// The grants.
    pub grants: &'a [Grant],
    /// The account that owns the key.
    pub owner: Option<&'a str>,
}

impl<'a> Sources<'a> {
    /// A key's own policy and nothing else.
    pub fn of(policy: &'a Rules, owner: Option<&'a str>) -> Self {
        Self { policy, ram: None, grants: &[], owner }
    }

    fn rules(&self) -> impl Iterator<Item = (Place, &'a Rule)> {
        let own = self.policy.rules.iter().map(|rule| (Place::Policy(rule.index), rule));
        let ram = self.ram.into_iter().flat_map(|it| it.rules.iter()).map(|rule| (Place::Ram(rule.index), rule));
        own.chain(ram)
    }
}

/// Only the decision; the fast way.
pub fn decision(sources: &Sources<'_>, request: &Request) -> Decision {
    if !governed(request.action) {
        return Decision::ImplicitDeny;
    }
    let mut best = Decision::ImplicitDeny;
    for (_, rule) in sources.rules() {
        if !rule.actions.has(request.action) {
            continue;
        }
        let fit = rule.fit(request);
        if fit == Fit::No || rule.failing(request).is_some() {
            continue;
        }
        match rule.effect {
            Effect::Deny => return Decision::ExplicitDeny,
            Effect::Allow => best = best.max(strength(request, sources.owner, fit)),
        }
    }
    for grant in sources.grants {
        if let Ok(fit) = grant.fit(request) {
            best = best.max(strength(request, sources.owner, fit));
        }
    }
    best
}

/// What a matching Allow is worth.
pub fn strength(request: &Request, owner: Option<&str>, fit: Fit) -> Decision {
    let class = request.class();
    if class == Class::Service {
        return if fit == Fit::Direct { Decision::Allow } else { Decision::ImplicitDeny };
    }
    let same = owner.is_some() && request.account.as_deref() == owner;
    match fit {
        Fit::No => Decision::ImplicitDeny,
        _ if !same && !request.action.info().cross_account => Decision::ImplicitDeny,
        _ if class == Class::Root => Decision::Allow,
        Fit::Direct if same => Decision::Allow,
        _ => Decision::NeedsIam,
    }
}

fn governed(action: Action) -> bool {
    action.info().group != Group::IamOnly
}

/// The decision with its reasons.
pub fn judge(sources: &Sources<'_>, request: &Request) -> Judgement {
    let decision = decision(sources, request);
    let mut made = Judgement { decision, deciding: Vec::new(), others: Vec::new(), note: note(sources, request) };
    for (place, rule) in sources.rules() {
        match verdict(rule, request) {
            Err(why) => made.others.push((place, why)),
            Ok(_) if !governed(request.action) => {
                made.others.push((place, "key policies do not govern this action".to_owned()))
            }
            Ok(_) if rule.effect == Effect::Deny => made.deciding.push(place),
            Ok(_) if decision == Decision::ExplicitDeny => {
                made.others.push((place, "it allows this, but a Deny beats every Allow".to_owned()));
            }
            Ok(fit) => match strength(request, sources.owner, fit) {
                Decision::ImplicitDeny => made.others.push((place, without_effect(request))),
                found if found == decision => made.deciding.push(place),
                _ => {
                    made.others.push((place, "it leaves this to IAM, another statement allows it outright".to_owned()))
                }
            },
        }
    }
    for (at, grant) in sources.grants.iter().enumerate() {
        match grant.fit(request) {
            Ok(fit) if decision != Decision::ExplicitDeny && strength(request, sources.owner, fit) == decision => {
                made.deciding.push(Place::Grant(at));
            }
            Ok(_) => made.others.push((Place::Grant(at), "it does not decide".to_owned())),
            Err(why) => made.others.push((Place::Grant(at), why)),
        }
    }
    let inert = sources.policy.inert.iter().map(|it| (Place::Policy(it.index), format!("it does nothing: {}", it.why)));
    made.others.extend(inert);
    let ram = sources.ram.into_iter().flat_map(|ram| ram.inert.iter());
    made.others.extend(ram.map(|it| (Place::Ram(it.index), format!("it does nothing: {}", it.why))));
    made.others.sort();
    made
}

fn note(sources: &Sources<'_>, request: &Request) -> Option<String> {
    if !governed(request.action) {
        return Some(format!("{} names no key: IAM policies alone decide about it", request.action));
    }
    (sources.owner.is_none() && request.class() != Class::Service)
        .then(|| "the key's own account is not known, so the caller counts as one of another account".to_owned())
}

fn without_effect(request: &Request) -> String {
    format!("{} has no effect for callers of another account", request.action)
}

/// How a statement fits, or why it does not.
fn verdict(rule: &Rule, request: &Request) -> Result<Fit, String> {
    if let Some(why) = &rule.dormant {
        return Err(format!("it does nothing: {why}"));
    }
    if !rule.actions.has(request.action) {
        return Err(format!("its actions do not include {}", request.action));
    }
    let fit = rule.fit(request);
    if fit == Fit::No {
        return Err(match rule.negated {
            true => format!("its NotPrincipal exempts {}", request.principal),
            false => format!("its principals do not include {}", request.principal),
        });
    }
    match rule.failing(request) {
        None => Ok(fit),
        Some(test) => Err(match request.values(&test.key) {
            None => format!("its condition {} does not hold: the request has no {}", test.title(), test.key_name),
            Some(values) => format!("its condition {} does not hold for {}", test.title(), values.join(", ")),
        }),
    }
}

impl Grant {
    /// How it fits a request, or why it does not.
    fn fit(&self, request: &Request) -> Result<Fit, String> {
        let retire = Action::named("RetireGrant") == Some(request.action);
        let principal = match (&self.retiring, retire) {
            (Some(retiring), true) => retiring,
            _ => &self.grantee,
        };
        let gives = self.operations.has(request.action) || (retire && self.retiring.is_some());
        if !gives {
            return Err(format!("its operations do not include {}", request.action));
        }
        let arn = request.value("aws:principalarn");
        let account = account_of(principal).filter(|_| principal.ends_with(":root"));
        let fit = if request.principal == *principal || arn == Some(principal) {
            Fit::Direct
        } else if account.is_some() && account == request.account.as_deref() {
            Fit::Account
        } else {
            return Err(format!("its principal is {principal}"));
        };
        self.constraints(request)?;
        Ok(fit)
    }

    fn constraints(&self, request: &Request) -> Result<(), String> {
        let value = |key: &str| request.value(&format!("kms:encryptioncontext:{}", key.to_ascii_lowercase()));
        let given = || request.context.keys().filter(|key| key.starts_with("kms:encryptioncontext:")).count();
        let holds = |wanted: &BTreeMap<String, String>| wanted.iter().all(|(key, it)| value(key) == Some(it));
        if self.context_subset.as_ref().is_some_and(|wanted| !holds(wanted)) {
            return Err("the encryption context lacks what the grant wants".to_owned());
        }
        if self.context_equals.as_ref().is_some_and(|wanted| !holds(wanted) || wanted.len() != given()) {
            return Err("the encryption context is not the grant's".to_owned());
        }
        if self.source_arn.is_some() && self.source_arn.as_deref() != request.value("aws:sourcearn") {
            return Err("the source ARN is not the grant's".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
