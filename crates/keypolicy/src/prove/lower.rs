//! Statements as formulas over slots, in two readings: the most requests they may fit, and the requests they must fit.

use super::atom::{Atom, Lang, Lift, Pat, Slot, anything};
use super::memo::Memo;
use super::scenario::{Carrier, Scenario};
use super::search::Part;
use crate::ActionSet;
use crate::operator::{Comparison, Quantifier};
use crate::pattern::{Pattern, Token};
use crate::request::{Class, class_of};
use crate::rules::{About, Bit, Fit, Form, Rule, Test, Who, instance};
use std::sync::Arc;

/// How a construct that leaves something open is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// For what fits the most requests.
    May,
    /// For what fits the fewest.
    Must,
}

/// A statement in one scenario: any of the alternatives, and all of the tests.
#[derive(Debug, Clone)]
pub(super) struct Lowered {
    /// Each a conjunction about the caller.
    pub(super) who: Vec<Vec<Atom>>,
    pub(super) tests: Vec<Atom>,
}

/// The actions of a statement.
pub(super) fn actions(rule: &Rule, reading: Reading) -> ActionSet {
    if ambiguous(rule) {
        return if reading == Reading::May { ActionSet::ALL } else { ActionSet::EMPTY };
    }
    if rule.dormant.is_some() && reading == Reading::Must {
        return ActionSet::EMPTY;
    }
    let open = rule.doubts.iter().any(|doubt| doubt.about == About::Actions);
    match (open, reading) {
        (false, _) => rule.actions,
        (true, Reading::May) => {
            if rule.not_action {
                rule.actions
            } else {
                ActionSet::ALL
            }
        }
        (true, Reading::Must) => {
            if rule.not_action {
                ActionSet::EMPTY
            } else {
                rule.actions
            }
        }
    }
}

/// A statement that speaks of the scenario's action, with those of its tests that are looked at; `None` where it fits no request.
pub(super) fn rule<'q>(
    &Part { rule, reading, least }: &Part<'q>,
    scenario: &Scenario<'_>,
    looked_at: &dyn Fn(&Test) -> bool,
    memo: &Memo<'q>,
) -> Option<Lowered> {
    if ambiguous(rule) {
        return (reading == Reading::May).then(|| Lowered { who: vec![Vec::new()], tests: Vec::new() });
    }
    let who =
        if rule.negated { not_principals(rule, scenario, reading) } else { principals(rule, scenario, reading, least) };
    if who.is_empty() {
        return None;
    }
    let mut tests = Vec::new();
    for (at, test) in rule.tests.iter().enumerate() {
        // Of two lines on one key either may count: reading neither fits the most.
        let open = rule.doubts.iter().any(|doubt| doubt.about == About::Test(at));
        if open && reading == Reading::May || !looked_at(test) {
            continue;
        }
        match lower_test(test, scenario, reading, memo) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(atom) => tests.push(atom),
        }
    }
    Some(Lowered { who, tests })
}

/// Whether it says two things at once, so that it may fit anything and must fit nothing.
fn ambiguous(rule: &Rule) -> bool {
    rule.doubts.iter().any(|doubt| doubt.about == About::Everything)
}

fn principals(rule: &Rule, scenario: &Scenario<'_>, reading: Reading, least: Fit) -> Vec<Vec<Atom>> {
    let mut simple = Vec::new();
    let mut made = Vec::new();
    for who in &rule.who {
        match who {
            Who::Everybody => return vec![Vec::new()],
            Who::Unknown(_) if reading == Reading::May => return vec![Vec::new()],
            Who::Unknown(_) | Who::Nobody(_) => {}
            Who::Account(_) if least == Fit::Direct && scenario.class != Class::Root => {}
            Who::Session { .. } if scenario.class == Class::Role => made.push(session(who)),
            other => simple.extend(pat(other, scenario.class)),
        }
    }
    if !simple.is_empty() {
        made.insert(0, vec![Atom::within(slot(scenario.class), simple)]);
    }
    made
}

/// What a principal asks of the caller's name; `None` where it is of another class.
fn pat(who: &Who, class: Class) -> Option<Pat> {
    match who {
        Who::Service(name) if class == Class::Service => Some(Pat::exact(Lift::Whole, name)),
        Who::Account(account) if class != Class::Service => Some(Pat::exact(Lift::Account, account)),
        Who::Arn(arn) if class_of(arn) == Some(class) => Some(Pat::exact(Lift::Whole, arn)),
        _ => None,
    }
}

fn slot(class: Class) -> Slot {
    if class == Class::Service { Slot::Service } else { Slot::Arn }
}

fn session(who: &Who) -> Vec<Atom> {
    let Who::Session { account, role, session } = who else { return Vec::new() };
    vec![
        Atom::within(Slot::Arn, vec![Pat::exact(Lift::Account, account)]),
        Atom::within(Slot::Arn, vec![Pat::exact(Lift::Name, role)]),
        Atom::within(Slot::UserId, vec![Pat::exact(Lift::Session, session)]),
    ]
}

/// `NotPrincipal` fits whoever has an identity that is not listed.
fn not_principals(rule: &Rule, scenario: &Scenario<'_>, reading: Reading) -> Vec<Vec<Atom>> {
    if rule.who.contains(&Who::Everybody) {
        return Vec::new();
    }
    if reading == Reading::Must && rule.who.iter().any(|who| matches!(who, Who::Unknown(_))) {
        return Vec::new();
    }
    let class = scenario.class;
    let pats = |wanted: fn(&Who) -> bool| -> Vec<Pat> {
        rule.who.iter().filter(|who| wanted(who)).filter_map(|who| pat(who, class)).collect()
    };
    let not_in = |pats: Vec<Pat>| vec![Atom::within(slot(class), pats).negated()];
    if class == Class::Service {
        return vec![not_in(pats(|who| matches!(who, Who::Service(_))))];
    }
    let mut made = vec![not_in(pats(|who| matches!(who, Who::Account(_))))];
    if class != Class::Root {
        made.push(not_in(pats(|who| matches!(who, Who::Arn(_)))));
    }
    if class == Class::Role {
        let sessions: Vec<Vec<Atom>> = rule.who.iter().map(session).filter(|atoms| !atoms.is_empty()).collect();
        match none_of(&sessions) {
            Some(ways) => made.extend(ways),
            None if reading == Reading::May => return vec![Vec::new()],
            None => {}
        }
    }
    made
}

/// Ways in which none of some conjunctions holds; `None` where they are too many.
fn none_of(conjunctions: &[Vec<Atom>]) -> Option<Vec<Vec<Atom>>> {
    const MOST: usize = 256;
    let mut made = vec![Vec::new()];
    for conjunction in conjunctions {
        let mut longer = Vec::new();
        for way in &made {
            for atom in conjunction {
                let mut way: Vec<Atom> = way.clone();
                way.push(atom.negated());
                longer.push(way);
            }
        }
        if longer.len() > MOST {
            return None;
        }
        made = longer;
    }
    Some(made)
}

/// A test as an atom, or its truth where the scenario settles it.
pub(super) fn lower_test<'q>(
    test: &'q Test,
    scenario: &Scenario<'_>,
    reading: Reading,
    memo: &Memo<'q>,
) -> Result<bool, Atom> {
    let carrier = scenario.carrier_of(&test.key, test.info);
    if test.operator.comparison == Comparison::Null {
        return null(test, carrier, reading);
    }
    // A value that may fit widens a positive test and narrows a negated one.
    let wide = (reading == Reading::May) != test.operator.negated;
    match carrier {
        Carrier::Missing => Ok(test.holds_when_missing()),
        Carrier::Constant(value) => {
            let fits = patterns(test, scenario, wide).iter().any(|pattern| pattern.fits(&value));
            Ok(fits != test.operator.negated)
        }
        Carrier::Slot(slot, lift) => {
            let make = || patterns(test, scenario, wide).into_iter().map(|pattern| Pat { lift, pattern }).collect();
            let pats = if test.has_variables() { make() } else { memo.patterns((test, lift, wide), make) };
            let lang = if test.operator.negated { Lang::NotIn(pats) } else { Lang::In(pats) };
            let every = test.quantifier() == Quantifier::ForAllValues;
            Err(Atom { slot, when_missing: test.holds_when_missing(), every, lang })
        }
    }
}

fn null(test: &Test, carrier: Carrier, reading: Reading) -> Result<bool, Atom> {
    let fits = |missing: &str| {
        test.values.iter().any(|value| match &value.form {
            Form::Fixed(pattern) => pattern.fits(missing),
            _ => reading == Reading::May,
        })
    };
    let (when_missing, when_present) = (fits("true"), fits("false"));
    match carrier {
        Carrier::Missing => Ok(when_missing),
        Carrier::Constant(_) => Ok(when_present),
        Carrier::Slot(slot, _) => {
            Err(Atom { slot, when_missing, every: true, lang: if when_present { Lang::All } else { Lang::None } })
        }
    }
}

/// What the values of a test fit: the most they may fit, or the least.
fn patterns(test: &Test, scenario: &Scenario<'_>, wide: bool) -> Vec<Arc<Pattern>> {
    let mut made = Vec::with_capacity(test.values.len());
    for value in &test.values {
        match &value.form {
            Form::Fixed(pattern) if **pattern == Pattern::AnyArn && !wide => {}
            Form::Fixed(pattern) => made.push(Arc::clone(pattern)),
            Form::Unknown(_) if wide => made.push(anything()),
            Form::Unknown(_) => {}
            Form::Variable(bits) => made.extend(variable(test, bits, scenario, wide)),
        }
    }
    made
}

fn variable(test: &Test, bits: &[Bit], scenario: &Scenario<'_>, wide: bool) -> Option<Arc<Pattern>> {
    let comparison = test.operator.comparison;
    let carriers: Vec<(&str, Carrier)> = bits
        .iter()
        .filter_map(|bit| match bit {
            Bit::Key { key, .. } => Some((key.as_str(), scenario.carrier(key))),
            Bit::Fixed(_) => None,
        })
        .collect();
    if carriers.iter().all(|(_, carrier)| !matches!(carrier, Carrier::Slot(..))) {
        let value_of = |key: &str| {
            carriers.iter().find(|(name, _)| *name == key).and_then(|(_, carrier)| match carrier {
                Carrier::Constant(value) => Some(value.as_str()),
                _ => None,
            })
        };
        return instance(bits, value_of).map(|tokens| Pattern::new(comparison, &tokens).into());
    }
    if !wide {
        return None;
    }
    let sole: Option<Vec<(&str, String)>> =
        carriers.iter().map(|(key, _)| scenario.sole_value(key).map(|value| (*key, value))).collect();
    if let Some(sole) = sole {
        let value_of = |key: &str| sole.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str());
        return instance(bits, value_of).map(|tokens| Pattern::new(comparison, &tokens).into());
    }
    // What is fixed still narrows. A `*` of a text without wildcards widens, which is the safe side.
    let tokens: Vec<Token> = bits
        .iter()
        .flat_map(|bit| match bit {
            Bit::Fixed(tokens) => tokens.clone(),
            Bit::Key { .. } => vec![Token::Any],
        })
        .collect();
    Some(match comparison {
        Comparison::StringEquals | Comparison::StringLike => Pattern::new(Comparison::StringLike, &tokens).into(),
        _ => anything(),
    })
}
