//! Looking for a request that some statements fit and others do not, over all kinds of requests.

use super::atom::{Atom, Lang, Lift, Pat, Slot};
use super::cell::{Cell, Outcome};
use super::lower::{self, Lowered, Reading};
use super::scenario::{Mode, Scenario, Source};
use super::witness;
use super::world::World;
use crate::request::{Class, Request};
use crate::rules::{Bit, Fit, Form, Rule, Test};
use crate::{Action, ActionSet, key};
use std::cell::Cell as Count;
use std::collections::{BTreeMap, BTreeSet};

/// How many things may be asked of slots in one search, and in all searches of a proof.
const MOST_STEPS: (usize, usize) = (40_000, 80_000);

/// How often automata may be needed in one search, and in all searches of a proof: they are what takes time.
const MOST_AUTOMATA: (usize, usize) = (100, 200);

/// What all searches of one proof have spent, so that many searches together take no longer than a few.
#[derive(Debug, Default)]
pub(super) struct Spent {
    steps: Count<usize>,
    automata: Count<usize>,
}

impl Spent {
    /// Another proof begins.
    pub(super) fn forget(&self) {
        self.steps.set(0);
        self.automata.set(0);
    }
}

/// A statement in a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) rule: &'a Rule,
    pub(super) reading: Reading,
    /// How it must fit the caller, at least.
    pub(super) least: Fit,
}

/// Whose the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Of the key's own account.
    Own,
    /// Of another one.
    Other,
    /// Either.
    Any,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Query<'a> {
    /// All of these fit.
    pub(super) fit: Vec<Part<'a>>,
    /// None of these fits.
    pub(super) unfit: Vec<Part<'a>>,
    /// All of these hold besides.
    pub(super) tests: Vec<&'a Test>,
    pub(super) classes: &'a [Class],
    pub(super) relation: Relation,
    pub(super) actions: ActionSet,
    pub(super) unknown_keys: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// This request.
    Request(Box<Request>),
    /// There is none.
    Nothing,
    /// That is not found out, with the reasons.
    Unclear(BTreeSet<String>),
}

pub(super) type Cells = BTreeMap<Slot, Cell>;

/// Looks for a request.
pub(super) fn find(world: &World<'_>, query: &Query<'_>) -> Found {
    let keys = keys(query);
    let mut search = Search::of(&world.spent);
    for action in groups(query, &keys) {
        for scenario in scenarios(world, query, &keys, action) {
            let Some(problem) = problem(query, &scenario) else { continue };
            if let Some(cells) = search.solve(&problem, &world.fresh, &|slot| scenario.cell(slot)) {
                return Found::Request(Box::new(witness::request(&scenario, &cells)));
            }
        }
    }
    if search.unclear.is_empty() { Found::Nothing } else { Found::Unclear(search.unclear) }
}

/// The keys that the query speaks of, in lower case.
pub(super) fn keys<'a>(query: &'a Query<'_>) -> BTreeSet<&'a str> {
    let rules = query.fit.iter().chain(&query.unfit).flat_map(|part| part.rule.tests.iter());
    let mut keys = BTreeSet::new();
    for test in rules.chain(query.tests.iter().copied()) {
        keys.insert(test.key.as_str());
        for value in &test.values {
            if let Form::Variable(bits) = &value.form {
                keys.extend(bits.iter().filter_map(|bit| match bit {
                    Bit::Key { key, .. } => Some(key.as_str()),
                    Bit::Fixed(_) => None,
                }));
            }
        }
    }
    keys
}

/// One action of each group that the query cannot tell apart.
pub(super) fn groups(query: &Query<'_>, keys: &BTreeSet<&str>) -> Vec<Action> {
    let carried: Vec<ActionSet> = keys
        .iter()
        .filter_map(|key| key::find(key))
        .filter(|info| info.actions != key::Carried::ByAll)
        .map(|info| info.action_set())
        .collect();
    let spoken = |part: &Part<'_>| lower::actions(part.rule, part.reading);
    let fit: Vec<ActionSet> = query.fit.iter().map(spoken).collect();
    let unfit: Vec<ActionSet> = query.unfit.iter().map(spoken).collect();
    let wanted = fit.iter().fold(query.actions, |all, set| all.meet(*set));
    let mut seen = BTreeSet::new();
    let mut made = Vec::new();
    // Reading plaintext is what people understand at once.
    let first = Action::named("Decrypt").into_iter();
    for action in first.chain(Action::all()).filter(|action| wanted.has(*action)) {
        let mut signature: Vec<bool> = unfit.iter().chain(&carried).map(|set| set.has(action)).collect();
        signature.push(action.info().cross_account);
        if seen.insert(signature) && !made.contains(&action) {
            made.push(action);
        }
    }
    made
}

pub(super) fn scenarios<'a>(
    world: &'a World<'_>,
    query: &Query<'_>,
    keys: &BTreeSet<&str>,
    action: Action,
) -> Vec<Scenario<'a>> {
    const MODAL: [&str; 14] = [
        "aws:viaawsservice",
        "kms:viaservice",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "kms:grantisforawsresource",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "aws:sourcevpcarn",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
    ];
    let modal = MODAL.iter().any(|key| keys.contains(key));
    let modes: &[Mode] = if modal { &[Mode::Direct, Mode::Mediated, Mode::Endpoint] } else { &[Mode::Direct] };
    let organizations: &[Option<bool>] =
        if keys.contains("aws:principalorgmasteraccount") { &[Some(false), Some(true)] } else { &[None] };
    let both = keys.contains("aws:sourcearn") && keys.contains("aws:sourceaccount");
    let sources: &[Source] =
        if both { &[Source::NoArn, Source::Tied, Source::ArnOnly, Source::Bucket] } else { &[Source::Free] };
    let mut made = Vec::new();
    for &class in query.classes {
        let service = class == Class::Service;
        let base = Scenario {
            class,
            mode: Mode::Direct,
            organization: None,
            source: Source::Free,
            action,
            unknown_keys: query.unknown_keys,
            setting: &world.setting,
            owner_organization: world.resource_organization(),
            now: world.now,
            fresh: &world.fresh,
        };
        if service {
            made.extend(sources.iter().map(|&source| Scenario { source, ..base }));
            continue;
        }
        for &mode in modes {
            made.extend(organizations.iter().map(|&organization| Scenario { mode, organization, ..base }));
        }
    }
    made
}

/// What a search asks of the slots of one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Problem {
    /// All of these hold.
    pub(super) atoms: Vec<Atom>,
    /// Of each, one of the conjunctions holds.
    pub(super) alternatives: Vec<Vec<Vec<Atom>>>,
    /// Of each, one atom holds.
    pub(super) clauses: Vec<Vec<Atom>>,
}

/// A query in one scenario; `None` where nothing fits.
pub(super) fn problem(query: &Query<'_>, scenario: &Scenario<'_>) -> Option<Problem> {
    let mut made = Problem { atoms: relation(query.relation, scenario)?, ..Problem::default() };
    for test in &query.tests {
        match lower::lower_test(test, scenario, Reading::May) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(atom) => made.atoms.push(atom),
        }
    }
    for part in &query.fit {
        let lowered = lower::rule(part.rule, scenario, part.reading, part.least)?;
        made.atoms.extend(lowered.tests);
        made.alternatives.push(lowered.who);
    }
    for part in &query.unfit {
        if lower::actions(part.rule, part.reading).has(scenario.action)
            && let Some(lowered) = lower::rule(part.rule, scenario, part.reading, part.least)
        {
            made.clauses.extend(misfits(&lowered));
        }
    }
    (!made.clauses.iter().any(Vec::is_empty)).then_some(made)
}

/// A search, with what it could not find out.
#[derive(Debug)]
pub(super) struct Search<'w> {
    steps: usize,
    automata: usize,
    /// Of all searches of the proof, this one too.
    spent: &'w Spent,
    pub(super) unclear: BTreeSet<String>,
}

/// Makes the cell of a slot of which nothing is asked yet.
type Maker<'m> = &'m dyn Fn(&Slot) -> Cell;

impl<'w> Search<'w> {
    /// A search of a proof that has spent so much.
    pub(super) fn of(spent: &'w Spent) -> Self {
        Self { steps: 0, automata: 0, spent, unclear: BTreeSet::new() }
    }

    /// Whether it, or its proof, has taken as long as it may.
    fn is_exhausted(&self) -> bool {
        self.steps > MOST_STEPS.0
            || self.automata > MOST_AUTOMATA.0
            || self.spent.steps.get() > MOST_STEPS.1
            || self.spent.automata.get() > MOST_AUTOMATA.1
    }

    /// Notes that automata were needed so often more.
    fn needed(&mut self, automata: usize) {
        self.automata += automata;
        self.spent.automata.set(self.spent.automata.get() + automata);
    }

    /// The slots of a request; `None` where there is none, or it is not found out.
    pub(super) fn solve(&mut self, problem: &Problem, fresh: &[String], cell: Maker<'_>) -> Option<Cells> {
        let mut cells = Cells::new();
        for atom in &problem.atoms {
            if !self.ask(&mut cells, atom, fresh, cell) {
                return None;
            }
        }
        self.choose(&cells, &problem.alternatives, &problem.clauses, fresh, cell)
    }

    /// Goes through the ways in which the callers fit.
    fn choose(
        &mut self,
        cells: &Cells,
        alternatives: &[Vec<Vec<Atom>>],
        clauses: &[Vec<Atom>],
        fresh: &[String],
        cell: Maker<'_>,
    ) -> Option<Cells> {
        let Some((first, rest)) = alternatives.split_first() else { return self.satisfy(cells, clauses, fresh, cell) };
        for way in first {
            let mut tried = cells.clone();
            if way.iter().all(|atom| self.ask(&mut tried, atom, fresh, cell))
                && let Some(found) = self.choose(&tried, rest, clauses, fresh, cell)
            {
                return Some(found);
            }
        }
        None
    }

    /// Takes the first clause that the values at hand break, and tries each way to keep it.
    fn satisfy(&mut self, cells: &Cells, clauses: &[Vec<Atom>], fresh: &[String], cell: Maker<'_>) -> Option<Cells> {
        let mut all = cells.clone();
        for atom in clauses.iter().flatten() {
            all.entry(atom.slot.clone()).or_insert_with(|| cell(&atom.slot));
        }
        let holds = |atom: &Atom| all.get(&atom.slot).is_some_and(|cell| atom.holds(cell.values()));
        let Some(broken) = clauses.iter().position(|clause| !clause.iter().any(holds)) else { return Some(all) };
        for atom in clauses.get(broken)? {
            let mut tried = all.clone();
            if self.ask(&mut tried, atom, fresh, cell)
                && let Some(found) = self.satisfy(&tried, clauses, fresh, cell)
            {
                return Some(found);
            }
        }
        None
    }

    /// Asks one thing of its slot; false where that cannot be, or is not found out.
    fn ask(&mut self, cells: &mut Cells, atom: &Atom, fresh: &[String], cell: Maker<'_>) -> bool {
        self.steps += 1;
        self.spent.steps.set(self.spent.steps.get() + 1);
        if self.is_exhausted() {
            self.unclear.insert("so many statements that not all combinations were looked at".to_owned());
            return false;
        }
        let cell = cells.entry(atom.slot.clone()).or_insert_with(|| cell(&atom.slot));
        let before = cell.automata();
        let outcome = cell.add(atom, fresh);
        let more = cell.automata().saturating_sub(before);
        self.needed(more);
        match outcome {
            Outcome::Possible => true,
            Outcome::Impossible => false,
            Outcome::Unclear(why) => {
                // What was too large once will be again, and each time is a long one.
                self.needed(MOST_AUTOMATA.0 / 4);
                self.unclear.insert(why);
                false
            }
        }
    }
}

/// Ways of not fitting a statement: for each alternative, one of its atoms or one of the tests is false.
fn misfits(lowered: &Lowered) -> Vec<Vec<Atom>> {
    let tests: Vec<Atom> = lowered.tests.iter().map(Atom::negated).collect();
    lowered.who.iter().map(|way| way.iter().map(Atom::negated).chain(tests.iter().cloned()).collect()).collect()
}

/// What the relation asks of the caller; `None` where it cannot be.
fn relation(relation: Relation, scenario: &Scenario<'_>) -> Option<Vec<Atom>> {
    if scenario.class == Class::Service {
        return Some(Vec::new());
    }
    let own = |account: &String| Atom {
        slot: Slot::Arn,
        when_missing: false,
        every: false,
        lang: Lang::In(vec![Pat::exact(Lift::Account, account)].into()),
    };
    match (relation, &scenario.setting.account) {
        (Relation::Any, _) | (Relation::Other, None) => Some(Vec::new()),
        (Relation::Own, None) => None,
        (Relation::Own, Some(account)) => Some(vec![own(account)]),
        (Relation::Other, Some(account)) => Some(vec![own(account).negated()]),
    }
}
