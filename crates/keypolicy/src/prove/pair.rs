//! Separation of duties: no caller may both administer the key and use it; two requests of one caller are looked for at once.

use super::answer::{Asked, constructs};
use super::atom::{Atom, Slot};
use super::lower::Reading;
use super::memo::Memo;
use super::scenario::Scenario;
use super::search::{self, Cells, Part, Problem, Query, Relation, Search};
use super::spent::TOO_MUCH;
use super::world::World;
use super::{Proof, put_key_policy, witness};
use crate::action::Group;
use crate::decide::{self, Decision, Sources};
use crate::policy::Effect;
use crate::request::{Class, Request};
use crate::rules::{Fit, Rule, Rules};
use crate::{Action, ActionSet};
use std::collections::BTreeSet;

/// What administering is: the policy, and the key's life. Grants are kept apart, because users need them for AWS resources.
pub(super) fn administration() -> ActionSet {
    put_key_policy().union(ActionSet::group(Group::Lifecycle))
}

/// No principal but through the account root holds both administration and cryptographic use.
pub(super) fn separated(world: &World<'_>, rules: &Rules) -> Proof {
    let named: &[Class] = &[Class::Role, Class::User, Class::Federated];
    let ways = [(named, Relation::Own, Fit::Direct), (&[Class::Service], Relation::Any, Fit::Account)];
    let mut unclear = BTreeSet::new();
    for (classes, relation, least) in ways {
        let asked = Asked { classes, relation, actions: ActionSet::ALL, tests: Vec::new(), least };
        for (administer, use_) in pairs(rules) {
            match both(world, rules, &asked, administer, use_) {
                Ok(Some((using, administering))) if confirmed(world, rules, &using, &administering) => {
                    let why = format!(
                        "{} may both {} (statement {}) and {} (statement {})",
                        using.principal,
                        administering.action,
                        administer.index + 1,
                        using.action,
                        use_.index + 1,
                    );
                    let mut proof = Proof::refuted(using, vec![administer.index, use_.index], why);
                    proof.second = Some(administering);
                    return proof;
                }
                Ok(Some(_)) => {
                    unclear.extend(constructs(rules));
                    unclear.insert("whether one caller can be in both statements".to_owned());
                }
                Ok(None) => {}
                Err(why) => unclear.extend(why),
            }
        }
    }
    if !unclear.is_empty() {
        return Proof::unknown(&unclear);
    }
    if !world.account_known {
        return Proof::unknown(&BTreeSet::from(["which account the key is in; give it with --account".to_owned()]));
    }
    Proof::proved(format!("nobody but through the account's root principal holds both.{}", escalation(rules)))
}

/// Pairs of statements of which one gives administration and the other use.
fn pairs(rules: &Rules) -> Vec<(&Rule, &Rule)> {
    let gives = |rule: &&Rule, set: ActionSet| {
        rule.effect == Effect::Allow && !super::lower::actions(rule, Reading::May).meet(set).is_empty()
    };
    let administering: Vec<&Rule> = rules.rules.iter().filter(|rule| gives(rule, administration())).collect();
    let using: Vec<&Rule> = rules.rules.iter().filter(|rule| gives(rule, ActionSet::group(Group::Use))).collect();
    administering.into_iter().flat_map(|a| using.iter().map(move |b| (a, *b))).collect()
}

/// Who can give itself the other half.
fn escalation(rules: &Rules) -> String {
    let names = ["PutKeyPolicy", "CreateGrant"];
    let found: Vec<&str> = names
        .into_iter()
        .filter(|name| {
            Action::named(name).is_some_and(|action| {
                rules.rules.iter().any(|rule| rule.effect == Effect::Allow && rule.actions.has(action))
            })
        })
        .collect();
    match found.as_slice() {
        [] => String::new(),
        list => format!(" Who may kms:{} can give itself more", list.join(" or kms:")),
    }
}

type Two = Option<(Request, Request)>;

/// A request to use the key and one to administer it, by one caller.
fn both(
    world: &World<'_>,
    rules: &Rules,
    asked: &Asked<'_>,
    administer: &Rule,
    use_: &Rule,
) -> Result<Two, BTreeSet<String>> {
    if world.spent.is_over() {
        return Err(BTreeSet::from([TOO_MUCH.to_owned()]));
    }
    let first = query(rules, asked, use_, ActionSet::group(Group::Use));
    let second = query(rules, asked, administer, administration());
    let can_be = |class| search::somebody(world, &first, class) && search::somebody(world, &second, class);
    let classes: Vec<Class> = asked.classes.iter().copied().filter(|class| can_be(*class)).collect();
    if classes.is_empty() {
        return Ok(None);
    }
    let (first, second) = (Query { classes: &classes, ..first }, Query { classes: &classes, ..second });
    let mut keys = search::keys(&first);
    keys.extend(search::keys(&second));
    let (mut search, memo) = (Search::of(&world.spent), Memo::default());
    world.spent.add(first.size() + second.size());
    for one in search::groups(&first, &keys) {
        for two in search::groups(&second, &keys) {
            for using in search::scenarios(world, &first, &keys, one) {
                for administering in search::scenarios(world, &second, &keys, two) {
                    if using.class != administering.class || using.organization != administering.organization {
                        continue;
                    }
                    if search.gives_up() {
                        return Err(search.unclear);
                    }
                    if let Some(found) =
                        together(&mut search, world, &memo, (&first, &using), (&second, &administering))
                    {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }
    if search.unclear.is_empty() { Ok(None) } else { Err(search.unclear) }
}

fn query<'a>(rules: &'a Rules, asked: &Asked<'a>, rule: &'a Rule, actions: ActionSet) -> Query<'a> {
    let denies = rules.rules.iter().filter(|rule| rule.effect == Effect::Deny);
    Query {
        fit: vec![Part { rule, reading: Reading::May, least: asked.least }],
        unfit: denies.map(|rule| Part { rule, reading: Reading::Must, least: Fit::Account }).collect(),
        tests: Vec::new(),
        classes: asked.classes,
        relation: asked.relation,
        actions,
        unknown_keys: true,
    }
}

fn together<'q>(
    search: &mut Search<'_>,
    world: &World<'_>,
    memo: &Memo<'q>,
    (first, using): (&Query<'q>, &Scenario<'_>),
    (second, administering): (&Query<'q>, &Scenario<'_>),
) -> Two {
    let mut whole = search::problem(first, using, &world.spent, memo)?;
    let other = renamed(search::problem(second, administering, &world.spent, memo)?);
    whole.atoms.extend(other.atoms);
    whole.alternatives.extend(other.alternatives);
    whole.clauses.extend(other.clauses);
    let make = |slot: &Slot| match slot {
        Slot::Second(slot) => administering.cell(slot),
        slot => using.cell(slot),
    };
    let cells = search.solve(&whole, &world.fresh, &make)?;
    let mut of_first = Cells::new();
    let mut of_second = Cells::new();
    for (slot, cell) in cells {
        match slot {
            Slot::Second(slot) => drop(of_second.insert(*slot, cell)),
            slot if slot.is_of_caller() => {
                of_second.insert(slot.clone(), cell.clone());
                of_first.insert(slot, cell);
            }
            slot => drop(of_first.insert(slot, cell)),
        }
    }
    Some((witness::request(using, &of_first), witness::request(administering, &of_second)))
}

/// The same of a second request: what belongs to the caller is shared.
fn renamed(problem: Problem) -> Problem {
    let rename = |atom: Atom| match atom.slot.is_of_caller() {
        true => atom,
        false => Atom { slot: Slot::Second(Box::new(atom.slot)), ..atom },
    };
    let conjunction = |atoms: Vec<Atom>| atoms.into_iter().map(rename).collect::<Vec<_>>();
    Problem {
        atoms: conjunction(problem.atoms),
        alternatives: problem
            .alternatives
            .into_iter()
            .map(|ways| ways.into_iter().map(conjunction).collect())
            .collect(),
        clauses: problem.clauses.into_iter().map(conjunction).collect(),
    }
}

fn confirmed(world: &World<'_>, rules: &Rules, using: &Request, administering: &Request) -> bool {
    let allows = |request: &Request| {
        decide::decision(&Sources::of(rules, world.owner()), request) == Decision::Allow
            && request.context.keys().all(|name| crate::key::find(name).is_some())
    };
    allows(using) && allows(administering) && using.principal == administering.principal
}
