//! Properties of all requests: proved, refuted with a request that [`crate::decide`] confirms, or left open with the reason.

mod answer;
mod atom;
mod automata;
mod cell;
mod chain;
mod compare;
mod domain;
mod guess;
mod literal;
mod lower;
mod manageable;
mod memo;
mod pair;
mod presets;
mod scenario;
mod search;
mod security_hub;
mod shape;
mod spent;
pub mod who;
mod witness;
mod world;

#[cfg(test)]
#[path = "../tests/generated/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the crate")]
mod generated;
#[cfg(test)]
mod tests;

pub use compare::{Change, Difference, Standing, diff};
pub use spent::MOST_STEPS;

use crate::policy::Effect;
use crate::request::Request;
use crate::rules::Rules;
use crate::setting::Setting;
use crate::{Action, ActionSet};
use std::collections::BTreeSet;

/// What is to be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// Nobody whom the policy does not name, by account, organisation, network or service, can do anything.
    NotPublic,
    /// Nobody outside the own and the trusted accounts and organisations can do anything of this.
    NoOutsideAccess(ActionSet),
    /// Security Hub's control KMS.5 will pass.
    PassesKms5,
    /// The policy can be changed, and does not hang on one principal.
    Manageable,
    /// No principal but through the account root holds both administration and cryptographic use.
    Separated,
    /// Nobody has access but through the own account's root principal.
    RootOnly,
}

/// Whether a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// For every request.
    Proved,
    /// Not for the witness.
    Refuted,
    /// That is not found out.
    Unknown,
}

/// How well a policy can be managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Through the account, or by two or more principals.
    Manageable,
    /// By one principal only, or by whoever fits a pattern.
    Fragile,
    /// By nobody.
    LockedOut,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whether it holds.
    pub verdict: Verdict,
    /// A request that shows that it does not.
    pub witness: Option<Request>,
    /// A second request of the same caller, where two are needed to show it.
    pub second: Option<Request>,
    /// In words.
    pub why: String,
    /// The statements by which the witness is allowed, from 0.
    pub statements: Vec<usize>,
    /// For [`Property::Manageable`].
    pub grade: Option<Grade>,
    /// For [`Property::Manageable`]: whether the account as a whole can change the policy, as its IAM policies say.
    pub by_account: bool,
    /// What it cost: at most [`MOST_STEPS`] and what one step more brought.
    pub steps: u64,
}

/// What is known besides the policy when something is proved.
#[derive(Debug, Clone, Default)]
pub struct Assumptions<'a> {
    /// Only requests at this time; else at any time.
    pub now: Option<&'a str>,
    /// The ARNs of all roles and users of the account, where known.
    pub existing: Option<&'a BTreeSet<String>>,
    /// Whether the root user of the account can be used.
    pub root_usable: Option<bool>,
}

/// Proves or refutes a property of a policy.
pub fn prove(rules: &Rules, setting: &Setting, assumptions: &Assumptions<'_>, property: &Property) -> Proof {
    let world = world::World::new(&[rules], setting, assumptions);
    let proof = match property {
        Property::NotPublic => presets::not_public(&world, rules),
        Property::NoOutsideAccess(actions) => presets::no_outside_access(&world, rules, *actions),
        Property::PassesKms5 => security_hub::passes(&world, rules),
        Property::Manageable => manageable::manageable(&world, rules, assumptions),
        Property::Separated => pair::separated(&world, rules),
        Property::RootOnly => presets::root_only(&world, rules),
    };
    let proof = match open(rules) {
        Some(what) if proof.verdict == Verdict::Proved && *property != Property::Manageable => {
            Proof::unknown(&BTreeSet::from([what]))
        }
        _ => proof,
    };
    Proof { steps: world.spent.steps(), ..proof }
}

/// Of statements that allow, by their positions: whether anybody whom the policy does not name can do something by that one alone; what
/// is denied counts.
pub fn open_to_all(rules: &Rules, indices: &[usize], setting: &Setting) -> Vec<(usize, Proof)> {
    let world = world::World::new(&[rules], setting, &Assumptions::default());
    let of = |effect| rules.rules.iter().filter(move |rule| rule.effect == effect);
    let mut alone = Rules { rules: of(Effect::Deny).cloned().collect(), inert: Vec::new() };
    let mut made = Vec::new();
    for rule in of(Effect::Allow).filter(|rule| indices.contains(&rule.index)) {
        world.spent.forget();
        alone.rules.push(rule.clone());
        made.push((rule.index, presets::not_public(&world, &alone)));
        alone.rules.pop();
    }
    made
}

/// Whether a principal, by its ARN, can change the policy by some request.
pub fn can_change(rules: &Rules, setting: &Setting, assumptions: &Assumptions<'_>, arn: &str) -> Verdict {
    manageable::by(&world::World::new(&[rules], setting, assumptions), rules, arn)
}

/// A statement that does nothing as it stands, but was perhaps meant, or once taken, to give something.
fn open(rules: &Rules) -> Option<String> {
    let inert = rules.inert.iter().find(|inert| inert.effect != Some(Effect::Deny))?;
    Some(format!("statement {}, which does nothing as it stands ({})", inert.index + 1, inert.why))
}

impl Verdict {
    /// As in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "PROVED",
            Self::Refuted => "REFUTED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Grade {
    /// As in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manageable => "manageable",
            Self::Fragile => "fragile",
            Self::LockedOut => "locked-out",
        }
    }
}

impl Proof {
    fn proved(why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Proved,
            witness: None,
            second: None,
            why: why.into(),
            statements: Vec::new(),
            grade: None,
            by_account: false,
            steps: 0,
        }
    }

    fn unknown(constructs: &BTreeSet<String>) -> Self {
        let list: Vec<&str> = constructs.iter().map(String::as_str).collect();
        let why = format!("it depends on {}", list.join("; "));
        Self { verdict: Verdict::Unknown, ..Self::proved(why) }
    }

    fn refuted(witness: Request, statements: Vec<usize>, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Refuted, witness: Some(witness), statements, ..Self::proved(why) }
    }
}

/// `kms:PutKeyPolicy`.
fn put_key_policy() -> ActionSet {
    Action::named("PutKeyPolicy").map_or(ActionSet::EMPTY, ActionSet::only)
}
