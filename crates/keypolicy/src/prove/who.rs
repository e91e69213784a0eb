//! Who can do what: every principal that a statement or a grant names, with what the denies leave of it.

use super::Assumptions;
use super::answer::{ALL, Answer, Asked, IDENTITIES, allowed, test};
use super::lower::Reading;
use super::search::{self, Found, Part, Query, Relation};
use super::world::World;
use crate::action::Group;
use crate::decide::{Grant, Place};
use crate::policy::Effect;
use crate::request::Class;
use crate::rules::{Fit, Rule, Rules, Test, Who};
use crate::setting::{Setting, account_principal};
use crate::{Action, ActionSet, describe, key};
use std::collections::BTreeMap;

/// Whom a permission is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The key's own account: its IAM policies, and its root user.
    OwnAccount(String),
    /// Another account, or one of which nobody knows whether it is the own one.
    Account(String),
    /// Everybody; but these, where they are listed.
    Everybody(Vec<String>),
    /// A role, a user, a session, a federated user.
    Identity(String),
    /// An AWS service.
    Service(String),
    /// What a template fills in.
    Unknown(String),
}

/// A principal with what it can do, under the same conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub subject: Subject,
    /// What must hold, in words; all of it.
    pub conditions: Vec<String>,
    /// What denies take of it, in words.
    pub exceptions: Vec<String>,
    /// What it can do by some request.
    pub rights: ActionSet,
    /// Where it is not found out whether it can.
    pub open: ActionSet,
    /// What a statement allows it and denies take away altogether.
    pub denied: ActionSet,
    /// What says so.
    pub places: Vec<Place>,
}

/// What a search over all principals came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The principals, the account first.
    pub holders: Vec<Holder>,
    /// What names nobody, or does nothing, and why.
    pub idle: Vec<(Place, String)>,
}

/// Everything that gives access, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The key's own policy.
    pub policy: &'a Rules,
    /// The policy `AWS_RAM`.
    pub ram: Option<&'a Rules>,
    /// The grants.
    pub grants: &'a [Grant],
}

/// Who can do what with the key.
pub fn who_can(given: &Given<'_>, setting: &Setting, assumptions: &Assumptions<'_>) -> Access {
    let granted: Vec<Rule> = given.grants.iter().enumerate().map(|(at, grant)| as_rule(at, grant)).collect();
    let whole = Rules { rules: granted, inert: Vec::new() };
    let mut policies = vec![given.policy, &whole];
    policies.extend(given.ram);
    let world = World::new(&policies, setting, assumptions);
    let denies: Vec<(Place, &Rule)> = placed(given, &whole).filter(|(_, rule)| rule.effect == Effect::Deny).collect();
    let mut rows: Rows = BTreeMap::new();
    let mut idle = Vec::new();
    for (place, rule) in placed(given, &whole).filter(|(_, rule)| rule.effect == Effect::Allow) {
        if let Some(why) = &rule.dormant {
            idle.push((place, format!("it does nothing: {why}")));
            continue;
        }
        for one in singles(rule) {
            world.spent.forget();
            match subject(&one, &world) {
                Err(why) => idle.push((place, why)),
                Ok(subject) => add(&mut rows, found(&world, &one, place, subject, &denies)),
            }
        }
    }
    idle.extend(given.policy.inert.iter().map(|it| (Place::Policy(it.index), format!("it does nothing: {}", it.why))));
    let ram = given.ram.into_iter().flat_map(|ram| &ram.inert);
    idle.extend(ram.map(|it| (Place::Ram(it.index), format!("it does nothing: {}", it.why))));
    idle.sort();
    Access { holders: rows.into_values().collect(), idle }
}

fn placed<'a>(given: &Given<'a>, grants: &'a Rules) -> impl Iterator<Item = (Place, &'a Rule)> {
    let own = given.policy.rules.iter().map(|rule| (Place::Policy(rule.index), rule));
    let ram = given.ram.into_iter().flat_map(|ram| &ram.rules).map(|rule| (Place::Ram(rule.index), rule));
    own.chain(ram).chain(grants.rules.iter().map(|rule| (Place::Grant(rule.index), rule)))
}

/// A grant as the statement that it is like.
fn as_rule(index: usize, grant: &Grant) -> Rule {
    let context = grant.context_equals.iter().chain(&grant.context_subset).flatten();
    let mut tests: Vec<Test> = context
        .map(|(name, value)| test(&format!("kms:EncryptionContext:{name}"), "StringEquals", &[value.as_str()]))
        .collect();
    tests.extend(grant.source_arn.as_deref().map(|arn| test("aws:SourceArn", "StringEquals", &[arn])));
    let who = match account_principal(&grant.grantee) {
        Some(account) => Who::Account(account.to_owned()),
        None => match crate::request::class_of(&grant.grantee) {
            Some(Class::Service) => Who::Service(grant.grantee.clone()),
            Some(_) => crate::rules::identity(grant.grantee.clone()),
            None => Who::Nobody(format!("`{}` is no principal", grant.grantee)),
        },
    };
    Rule {
        index,
        effect: Effect::Allow,
        actions: grant.operations,
        not_action: false,
        negated: false,
        who: vec![who],
        tests,
        dormant: None,
        doubts: Vec::new(),
    }
}

/// A statement for each of its principals; one with `NotPrincipal` is for all others at once.
fn singles(rule: &Rule) -> Vec<Rule> {
    if rule.negated {
        return vec![rule.clone()];
    }
    rule.who.iter().map(|who| Rule { who: vec![who.clone()], ..rule.clone() }).collect()
}

fn subject(rule: &Rule, world: &World<'_>) -> Result<Subject, String> {
    if rule.negated {
        return Ok(Subject::Everybody(rule.who.iter().map(shown).collect()));
    }
    Ok(match rule.who.first() {
        Some(Who::Everybody) => Subject::Everybody(Vec::new()),
        Some(Who::Account(account)) if world.account_known && world.owner() == Some(account) => {
            Subject::OwnAccount(account.clone())
        }
        Some(Who::Account(account)) => Subject::Account(account.clone()),
        Some(Who::Service(name)) => Subject::Service(name.clone()),
        Some(Who::Unknown(what)) => Subject::Unknown(what.clone()),
        Some(Who::Nobody(why)) => return Err(why.clone()),
        Some(who) => Subject::Identity(shown(who)),
        None => return Err("it names no principal".to_owned()),
    })
}

fn shown(who: &Who) -> String {
    match who {
        Who::Everybody => "*".to_owned(),
        Who::Account(text) | Who::Arn(text) | Who::Service(text) | Who::Nobody(text) | Who::Unknown(text) => {
            text.clone()
        }
        Who::Session { account, role, session } => format!("session {session} of role {role} of account {account}"),
    }
}

/// What one principal of one statement can do.
fn found(world: &World<'_>, rule: &Rule, place: Place, subject: Subject, denies: &[(Place, &Rule)]) -> Holder {
    let asked = rule.actions.meet(ActionSet::governed());
    let mut made = Holder {
        subject,
        conditions: rule.tests.iter().map(describe::test).collect(),
        exceptions: Vec::new(),
        rights: ActionSet::EMPTY,
        open: ActionSet::EMPTY,
        denied: ActionSet::EMPTY,
        places: vec![place],
    };
    if matches!(made.subject, Subject::Unknown(_)) {
        made.open = asked;
        return made;
    }
    let mut rules = vec![rule.clone()];
    rules.extend(denies.iter().map(|(_, deny)| (*deny).clone()));
    let alone = Rules { rules, inert: Vec::new() };
    let free = Rules { rules: vec![rule.clone()], inert: Vec::new() };
    for group in alike(asked, &alone) {
        let Some(action) = group.iter().next() else { continue };
        match reachable(world, &alone, action, rule) {
            Some(true) => made.rights = made.rights.union(group),
            None => made.open = made.open.union(group),
            Some(false) if denies.is_empty() || reachable(world, &free, action, rule) == Some(false) => {}
            Some(false) => made.denied = made.denied.union(group),
        }
    }
    let held = made.rights.union(made.open);
    for (place, deny) in denies {
        if bites(world, rule, deny, held) {
            made.exceptions.push(exception(*place, deny));
        }
    }
    made
}

/// The actions in groups that the rules cannot tell apart.
fn alike(actions: ActionSet, rules: &Rules) -> Vec<ActionSet> {
    let mut telling: Vec<ActionSet> = rules.rules.iter().map(|rule| rule.actions).collect();
    telling.push(ActionSet::cross_account());
    let keys = rules.rules.iter().flat_map(|rule| &rule.tests).filter_map(|test| key::find(&test.key));
    telling.extend(keys.map(|info| info.actions).filter(|actions| *actions != ActionSet::ALL));
    actions.parted(telling)
}

/// Whether some request of the action is allowed; `None` where that is not found out.
fn reachable(world: &World<'_>, rules: &Rules, action: Action, rule: &Rule) -> Option<bool> {
    let mut clear = true;
    for (classes, relation) in ways(rule) {
        let actions = ActionSet::only(action);
        let asked = Asked { classes, relation, actions, tests: Vec::new(), least: Fit::Account };
        match allowed(world, rules, &asked) {
            Answer::Yes(..) => return Some(true),
            Answer::No => {}
            Answer::Unclear(_) => clear = false,
        }
    }
    clear.then_some(false)
}

/// The kinds of callers that the principal can be.
fn ways(rule: &Rule) -> Vec<(&'static [Class], Relation)> {
    let service: (&'static [Class], Relation) = (&[Class::Service], Relation::Any);
    let identities = [(IDENTITIES, Relation::Own), (IDENTITIES, Relation::Other)];
    match rule.who.first() {
        Some(Who::Service(_)) if !rule.negated => vec![service],
        Some(Who::Everybody) | None => identities.into_iter().chain([service]).collect(),
        Some(_) if rule.negated => identities.into_iter().chain([service]).collect(),
        Some(_) => identities.to_vec(),
    }
}

/// Whether a Deny takes away a part of what is held.
fn bites(world: &World<'_>, rule: &Rule, deny: &Rule, held: ActionSet) -> bool {
    if held.meet(deny.actions).is_empty() {
        return false;
    }
    let part = |rule| Part { rule, reading: Reading::May, least: Fit::Account };
    let query = Query {
        fit: vec![part(rule), part(deny)],
        unfit: Vec::new(),
        tests: Vec::new(),
        classes: ALL,
        relation: Relation::Any,
        actions: held.meet(deny.actions),
        unknown_keys: true,
    };
    search::find(world, &query) != Found::Nothing
}

fn exception(place: Place, deny: &Rule) -> String {
    let name = match place {
        Place::Policy(index) => format!("statement {}", index + 1),
        Place::Ram(index) => format!("statement {} of AWS_RAM", index + 1),
        Place::Grant(index) => format!("grant {}", index + 1),
    };
    let actions: Vec<&str> = deny.actions.meet(ActionSet::governed()).iter().map(Action::name).take(4).collect();
    let more = deny.actions.meet(ActionSet::governed()).len().saturating_sub(actions.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let when: Vec<String> = deny.tests.iter().map(describe::test).collect();
    let when = if when.is_empty() { String::new() } else { format!(" where {}", when.join(" and ")) };
    format!("except what {name} denies: {}{more}{when}", actions.join(", "))
}

/// Holders by what tells them apart.
type Rows = BTreeMap<(Subject, Vec<String>, Vec<String>), Holder>;

fn add(rows: &mut Rows, holder: Holder) {
    let key = (holder.subject.clone(), holder.conditions.clone(), holder.exceptions.clone());
    match rows.get_mut(&key) {
        None => drop(rows.insert(key, holder)),
        Some(row) => {
            row.rights = row.rights.union(holder.rights);
            row.open = row.open.union(holder.open).without(row.rights);
            row.denied = row.denied.union(holder.denied).without(row.rights);
            row.places.extend(holder.places);
        }
    }
}

/// Administering: the policy and the key's life.
pub fn administering() -> ActionSet {
    super::pair::administration()
}

/// Cryptographic use.
pub fn using() -> ActionSet {
    ActionSet::group(Group::Use)
}

/// Giving access on by grants, or taking such access away.
pub fn granting() -> ActionSet {
    ["CreateGrant", "RevokeGrant", "RetireGrant"].into_iter().filter_map(Action::named).collect()
}
