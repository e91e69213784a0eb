//! Looking for a request that some statements fit and others do not, over all kinds of requests.

use super::atom::{Atom, Lang, Lift, Pat, Slot};
use super::cell::{Cell, Outcome};
use super::lower::{self, Lowered, Reading};
use super::memo::Memo;
use super::scenario::{Mode, Scenario, Source};
use super::spent::{Spent, TOO_MUCH};
use super::witness;
use super::world::World;
use crate::request::{Class, Request};
use crate::rules::{Bit, Fit, Form, Rule, Test};
use crate::{Action, ActionSet, key};
use std::collections::{BTreeMap, BTreeSet};

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
    if world.spent.is_over() {
        return Found::Unclear(BTreeSet::from([TOO_MUCH.to_owned()]));
    }
    let classes: Vec<Class> = query.classes.iter().copied().filter(|class| somebody(world, query, *class)).collect();
    if classes.is_empty() { Found::Nothing } else { among(world, query, &classes) }
}

/// Looks for a request of a caller of one of these classes.
fn among(world: &World<'_>, query: &Query<'_>, classes: &[Class]) -> Found {
    let mut search = Search::of(&world.spent);
    world.spent.add(query.size());
    let (keys, memo) = (keys(query), Memo::default());
    for action in groups(query, &keys) {
        for scenario in scenarios(world, query, &keys, action).iter().filter(|it| classes.contains(&it.class)) {
            if search.gives_up() {
                return Found::Unclear(search.unclear);
            }
            if let Some(cells) = search.within(world, query, scenario, &memo) {
                return Found::Request(Box::new(witness::request(scenario, &cells)));
            }
        }
    }
    if search.unclear.is_empty() { Found::Nothing } else { Found::Unclear(search.unclear) }
}

/// Whether anybody of a class can be meant at all. What a query asks of the caller as such is the same for every action and in every
/// scenario of the class, so where it cannot be, no scenario need be looked at: most statements that name their principals end here.
pub(super) fn somebody(world: &World<'_>, query: &Query<'_>, class: Class) -> bool {
    let Some(action) = query.actions.first() else { return false };
    let scenario = Scenario::open(world, query, class, action);
    let Some(problem) = of_caller(query, &scenario, &world.spent) else { return false };
    let mut search = Search::of(&world.spent);
    search.solve(&problem, &world.fresh, &|slot| scenario.cell(slot)).is_some() || !search.unclear.is_empty()
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
    let carried = keys.iter().filter_map(|key| key::find(key)).map(|info| info.actions);
    let spoken = |part: &Part<'_>| lower::actions(part.rule, part.reading);
    let wanted = query.fit.iter().map(spoken).fold(query.actions, ActionSet::meet);
    let apart = query.unfit.iter().map(spoken).chain(carried).chain([ActionSet::cross_account()]);
    let parts = wanted.parted(apart);
    // Reading plaintext is what people understand at once.
    let first = Action::named("Decrypt").filter(|action| wanted.has(*action));
    let others =
        parts.into_iter().filter(|part| first.is_none_or(|first| !part.has(first))).filter_map(ActionSet::first);
    first.into_iter().chain(others).collect()
}

/// Keys whose values depend on how a request reaches KMS.
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

/// Keys whose values depend on what a service says of the resource on whose behalf it calls.
const OF_SOURCE: [&str; 2] = ["aws:sourcearn", "aws:sourceaccount"];

pub(super) fn scenarios<'a>(
    world: &'a World<'_>,
    query: &Query<'_>,
    keys: &BTreeSet<&str>,
    action: Action,
) -> Vec<Scenario<'a>> {
    let modal = MODAL.iter().any(|key| keys.contains(key));
    let modes: &[Mode] = if modal { &[Mode::Direct, Mode::Mediated, Mode::Endpoint] } else { &[Mode::Direct] };
    let organizations: &[Option<bool>] =
        if keys.contains("aws:principalorgmasteraccount") { &[Some(false), Some(true)] } else { &[None] };
    let both = OF_SOURCE.iter().all(|key| keys.contains(key));
    let sources: &[Source] =
        if both { &[Source::NoArn, Source::Tied, Source::ArnOnly, Source::Bucket] } else { &[Source::Free] };
    let mut made = Vec::new();
    for &class in query.classes {
        let service = class == Class::Service;
        let base = Scenario::open(world, query, class, action);
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
pub(super) fn problem<'q>(
    query: &Query<'q>,
    scenario: &Scenario<'_>,
    spent: &Spent,
    memo: &Memo<'q>,
) -> Option<Problem> {
    let made = fitting(query, scenario, spent, &|_| true, memo)?;
    Some(Problem { clauses: misfitting(query, scenario, spent, memo)?, ..made })
}

/// What keeps the statements away that must not fit, of each clause one atom; `None` where nothing does.
fn misfitting<'q>(
    query: &Query<'q>,
    scenario: &Scenario<'_>,
    spent: &Spent,
    memo: &Memo<'q>,
) -> Option<Vec<Vec<Atom>>> {
    let mut clauses = Vec::new();
    for part in query.unfit.iter().filter(|it| lower::actions(it.rule, it.reading).has(scenario.action)) {
        spent.add(part.size());
        let Some(lowered) = lower::rule(part, scenario, &|_| true, memo) else { continue };
        let ways = misfits(&lowered);
        if ways.iter().any(Vec::is_empty) {
            return None;
        }
        clauses.extend(ways);
    }
    Some(clauses)
}

/// What a query asks of the caller as such, whatever the scenario; `None` where nobody of the class fits.
fn of_caller(query: &Query<'_>, scenario: &Scenario<'_>, spent: &Spent) -> Option<Problem> {
    let same = |test: &Test| {
        let key = test.key.as_str();
        test.info.is_none_or(|info| info.actions == ActionSet::ALL)
            && !MODAL.contains(&key)
            && !OF_SOURCE.contains(&key)
            && !test.has_variables()
    };
    fitting(query, scenario, spent, &same, &Memo::default())
}

/// What must hold, as far as tests of some kind are looked at.
fn fitting<'q>(
    query: &Query<'q>,
    scenario: &Scenario<'_>,
    spent: &Spent,
    looked_at: &dyn Fn(&Test) -> bool,
    memo: &Memo<'q>,
) -> Option<Problem> {
    let mut made = Problem { atoms: relation(query.relation, scenario)?, ..Problem::default() };
    for test in query.tests.iter().filter(|test| looked_at(test)) {
        spent.add(1 + test.values.len());
        match lower::lower_test(test, scenario, Reading::May, memo) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(atom) => made.atoms.push(atom),
        }
    }
    for part in &query.fit {
        spent.add(part.size());
        let lowered = lower::rule(part, scenario, looked_at, memo)?;
        made.atoms.extend(lowered.tests);
        made.alternatives.push(lowered.who);
    }
    Some(made)
}

impl Query<'_> {
    /// How much there is to lower.
    pub(super) fn size(&self) -> usize {
        self.fit.iter().chain(&self.unfit).map(Part::size).sum()
    }
}

impl Part<'_> {
    /// How much there is to lower.
    fn size(&self) -> usize {
        self.rule.who.len() + self.rule.tests.iter().map(|test| 2 + test.values.len()).sum::<usize>()
    }
}

/// A search, with what it could not find out.
#[derive(Debug)]
pub(super) struct Search<'w> {
    /// By all searches of the proof, this one too.
    spent: &'w Spent,
    pub(super) unclear: BTreeSet<String>,
}

/// Makes the cell of a slot of which nothing is asked yet.
type Maker<'m> = &'m dyn Fn(&Slot) -> Cell;

impl<'w> Search<'w> {
    /// A search of a proof that has spent so much.
    pub(super) fn of(spent: &'w Spent) -> Self {
        spent.begin();
        Self { spent, unclear: BTreeSet::new() }
    }

    /// Whether it, or its proof, has taken as long as it may; then that is why nothing is found out.
    pub(super) fn gives_up(&mut self) -> bool {
        let exhausted = self.spent.is_exhausted();
        if exhausted {
            self.unclear.insert(TOO_MUCH.to_owned());
        }
        exhausted
    }

    /// The slots of a request in a scenario. Statements that must not fit are looked at only where the others fit.
    fn within<'q>(
        &mut self,
        world: &World<'_>,
        query: &Query<'q>,
        scenario: &Scenario<'_>,
        memo: &Memo<'q>,
    ) -> Option<Cells> {
        let (fresh, make): (_, Maker<'_>) = (&world.fresh, &|slot| scenario.cell(slot));
        let problem = fitting(query, scenario, self.spent, &|_| true, memo)?;
        let cells = self.asked(&problem.atoms, fresh, make)?;
        let clauses = misfitting(query, scenario, self.spent, memo)?;
        self.choose(&cells, &problem.alternatives, &clauses, fresh, make)
    }

    /// The slots of a request; `None` where there is none, or it is not found out.
    pub(super) fn solve(&mut self, problem: &Problem, fresh: &[String], cell: Maker<'_>) -> Option<Cells> {
        let cells = self.asked(&problem.atoms, fresh, cell)?;
        self.choose(&cells, &problem.alternatives, &problem.clauses, fresh, cell)
    }

    /// The slots of which all of this is asked.
    fn asked(&mut self, atoms: &[Atom], fresh: &[String], cell: Maker<'_>) -> Option<Cells> {
        let mut cells = Cells::new();
        atoms.iter().all(|atom| self.ask(&mut cells, atom, fresh, cell)).then_some(cells)
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
            self.spent.add(4 * cells.len());
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
            if !all.contains_key(&atom.slot) {
                all.insert(atom.slot.clone(), cell(&atom.slot));
            }
        }
        self.spent.add(4 * all.len());
        let holds = |atom: &Atom| {
            self.spent.add(atom.size());
            all.get(&atom.slot).is_some_and(|cell| atom.holds(cell.values()))
        };
        let Some(broken) = clauses.iter().position(|clause| !clause.iter().any(holds)) else { return Some(all) };
        for atom in clauses.get(broken)? {
            let mut tried = all.clone();
            self.spent.add(4 * all.len());
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
        if self.gives_up() {
            return false;
        }
        if !cells.contains_key(&atom.slot) {
            cells.insert(atom.slot.clone(), cell(&atom.slot));
        }
        match cells.get_mut(&atom.slot).map(|cell| cell.add(atom, fresh, self.spent)) {
            Some(Outcome::Possible) => true,
            Some(Outcome::Unclear(why)) => {
                self.unclear.insert(why);
                false
            }
            Some(Outcome::Impossible) | None => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::Assumptions;
    use crate::prove::answer::{ALL, test};
    use crate::prove::generated::{Dice, OTHER, OWN, policy, setting, statements};
    use crate::{parse, rules};

    #[test]
    fn asking_the_callers_first_changes_no_answer() {
        let mut dice = Dice(0x5851_F42D_4C95_7F2D);
        let tests = [test("aws:PrincipalAccount", "StringNotEquals", &[OWN, OTHER])];
        let (mut nobody, mut nothing) = (0, 0);
        for case in 0..400 {
            let text = policy(&statements(&mut dice));
            let rules = rules::compile(&parse(&text).unwrap(), &setting());
            let world = World::new(&[&rules], &setting(), &Assumptions::default());
            let part = |rule| Part { rule, reading: Reading::May, least: Fit::Account };
            let query = Query {
                fit: rules.rules.iter().take(1).map(part).collect(),
                unfit: rules.rules.iter().skip(1).map(|rule| Part { reading: Reading::Must, ..part(rule) }).collect(),
                tests: tests.iter().filter(|_| case % 2 == 0).collect(),
                classes: ALL,
                relation: [Relation::Own, Relation::Other, Relation::Any][case % 3],
                actions: ActionSet::governed(),
                unknown_keys: case % 5 > 0,
            };
            let found = find(&world, &query);
            assert_eq!(found, among(&world, &query, query.classes), "case {case}: {text}");
            nobody += usize::from(!query.classes.iter().any(|class| somebody(&world, &query, *class)));
            nothing += usize::from(found == Found::Nothing);
        }
        assert!(nobody > 40 && nothing > nobody, "both ways are gone: {nobody} {nothing}");
    }
}
