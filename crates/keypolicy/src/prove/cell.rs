//! What has been asked of one slot so far, and values that satisfy it.

use super::atom::{Atom, Lang, Pat};
use super::automata::{self, Found};
use super::domain::Domain;
use super::literal::{self, Solved};
use super::spent::Spent;
use crate::key::Presence;
use crate::pattern::Pattern;

/// One slot during a search.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    domain: Domain,
    many: bool,
    missing: bool,
    present: bool,
    /// What every value must satisfy.
    every: Vec<Lang>,
    /// What one value must satisfy, each.
    some: Vec<Lang>,
    /// Values that satisfy all of it; none means missing.
    values: Vec<String>,
}

/// Whether what is asked of a slot can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It can.
    Possible,
    /// It cannot.
    Impossible,
    /// That is not found out, with the reason.
    Unclear(String),
}

impl Cell {
    /// A slot of which nothing is asked yet; `None` where it cannot have any value.
    pub(super) fn new(domain: Domain, many: bool, presence: Presence, fresh: &[String]) -> Self {
        let mut cell = Self {
            domain,
            many,
            missing: presence != Presence::Always,
            present: presence != Presence::Never,
            every: Vec::new(),
            some: Vec::new(),
            values: Vec::new(),
        };
        if !cell.missing {
            cell.values = cell.domain.samples(fresh.get(..1).unwrap_or_default()).into_iter().take(1).collect();
        }
        cell
    }

    /// The values found; none means missing.
    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    /// Asks for one thing more.
    pub(super) fn add(&mut self, atom: &Atom, fresh: &[String], spent: &Spent) -> Outcome {
        spent.add(atom.size());
        self.missing &= atom.when_missing;
        match &atom.lang {
            Lang::All => {}
            Lang::None => self.present = false,
            lang if self.many && !atom.every => self.some.push(lang.clone()),
            lang => self.every.push(lang.clone()),
        }
        let stands = if self.values.is_empty() { self.missing } else { self.present && atom.holds(&self.values) };
        if stands { Outcome::Possible } else { self.solve(fresh, spent) }
    }

    fn solve(&mut self, fresh: &[String], spent: &Spent) -> Outcome {
        if self.missing {
            self.values.clear();
            return Outcome::Possible;
        }
        if !self.present {
            return Outcome::Impossible;
        }
        let every: Vec<&Lang> = self.every.iter().collect();
        let mut values = Vec::new();
        // For each that one value must satisfy, a value; where none asks, any value.
        let wanted: Vec<Option<&Lang>> =
            if self.some.is_empty() { vec![None] } else { self.some.iter().map(Some).collect() };
        for lang in wanted {
            let mut langs = every.clone();
            langs.extend(lang);
            match solved(&self.domain, &langs, fresh, spent) {
                Solved::Value(value) if values.contains(&value) => {}
                Solved::Value(value) => values.push(value),
                Solved::Nothing => return Outcome::Impossible,
                Solved::Unclear(why) => return Outcome::Unclear(why),
            }
        }
        self.values = values;
        Outcome::Possible
    }
}

/// A value of the domain that is in all of the languages: from literals where they settle it; else by automata for texts; for values
/// that are compared by size, guessing was exhaustive.
fn solved(domain: &Domain, langs: &[&Lang], fresh: &[String], spent: &Spent) -> Solved {
    if let Some(solved) = literal::settled(domain, langs, fresh, spent) {
        return solved;
    }
    let unclear = |what: &str| Solved::Unclear(what.to_owned());
    let pats = || langs.iter().flat_map(|lang| lang.pats());
    if domain.is_textual() && pats().all(Pat::is_textual) {
        let within: Vec<&[Pat]> = langs.iter().filter_map(|lang| lang.inside()).collect();
        let without: Vec<&[Pat]> = langs.iter().filter_map(|lang| lang.outside()).collect();
        return match automata::find(domain, &within, &without, spent) {
            Found::Text(text) if domain.admits(&text) => Solved::Value(text),
            Found::Nothing => Solved::Nothing,
            Found::Text(_) | Found::TooLarge => unclear("patterns whose automata are too large"),
        };
    }
    let by_size = |pat: &Pat| {
        !pat.is_textual() || matches!(*pat.pattern, Pattern::Exact(_) | Pattern::Bool(_) | Pattern::Nothing)
    };
    if pats().all(by_size) { Solved::Nothing } else { unclear("texts and sizes asked of one key") }
}

#[cfg(test)]
mod tests {
    use super::super::atom::{Lift, Slot};
    use super::super::domain::Form;
    use super::*;
    use crate::operator::{Comparison, Relation};
    use crate::pattern::tokens;
    use crate::request::Class;

    fn pat(comparison: Comparison, text: &str) -> Pat {
        Pat { lift: Lift::Whole, pattern: Pattern::new(comparison, &tokens(text).collect::<Vec<_>>()).into() }
    }

    fn within(pats: Vec<Pat>) -> Lang {
        Lang::In(pats.into())
    }

    fn without(pats: Vec<Pat>) -> Lang {
        Lang::NotIn(pats.into())
    }

    fn solved(domain: Domain, langs: &[Lang]) -> Solved {
        let langs: Vec<&Lang> = langs.iter().collect();
        super::solved(&domain, &langs, &["999999999999".to_owned()], &Spent::default())
    }

    #[test]
    fn sizes_are_solved_exactly() {
        let number = |relation, at: &str| pat(Comparison::Numeric(relation), at);
        let days = Domain::Number(7, 30);
        assert_eq!(
            solved(
                days.clone(),
                &[within(vec![number(Relation::Greater, "12")]), within(vec![number(Relation::Less, "14")])]
            ),
            Solved::Value("13".into())
        );
        assert_eq!(solved(days, &[within(vec![number(Relation::Less, "7")])]), Solved::Nothing);
        let net = |text| pat(Comparison::IpAddress, text);
        let hole = [within(vec![net("10.0.0.0/8")]), without(vec![net("10.0.0.0/9"), net("10.128.0.0/10")])];
        assert_eq!(solved(Domain::Address, &hole), Solved::Value("10.255.255.255".into()));
        let closed = [within(vec![net("10.0.0.0/8")]), without(vec![net("10.0.0.0/9"), net("10.128.0.0/9")])];
        assert_eq!(solved(Domain::Address, &closed), Solved::Nothing);
        let date = |relation, at: &str| pat(Comparison::Date(relation), at);
        let never =
            [within(vec![date(Relation::Less, "2020-01-01")]), within(vec![date(Relation::Greater, "2020-01-01")])];
        assert_eq!(solved(Domain::Date, &never), Solved::Nothing);
    }

    #[test]
    fn gaps_between_excluded_values_are_found() {
        let number = |relation, at: &str| within(vec![pat(Comparison::Numeric(relation), at)]);
        let not = |text: &str| without(vec![pat(Comparison::StringEquals, text)]);
        let langs = [number(Relation::Greater, "4"), number(Relation::Less, "8"), not("5"), not("7")];
        assert_eq!(solved(Domain::Number(0, 129_600), &langs), Solved::Value("6".into()));
        let net = within(vec![pat(Comparison::IpAddress, "10.0.0.0/30")]);
        let langs = [net, not("10.0.0.0"), not("10.0.0.1"), not("10.0.0.3")];
        assert_eq!(solved(Domain::Address, &langs), Solved::Value("10.0.0.2".into()));
    }

    #[test]
    fn arns_are_solved_through_their_accounts_and_through_automata() {
        let roles = || Domain::PrincipalArn(Class::Role, "aws".to_owned());
        let arn = |text| within(vec![pat(Comparison::Arn, text)]);
        let account = |text| Pat::exact(Lift::Account, text);
        let anywhere = arn("arn:aws:iam::*:role/Admin*");
        assert!(matches!(solved(roles(), std::slice::from_ref(&anywhere)), Solved::Value(_)));
        let fixed = arn("arn:aws:iam::111122223333:role/*");
        assert_eq!(solved(roles(), &[fixed.clone(), without(vec![account("111122223333")])]), Solved::Nothing);
        assert!(matches!(solved(roles(), &[anywhere.clone(), fixed]), Solved::Value(_)));
        let like = without(vec![pat(Comparison::StringLike, "*Adm*")]);
        assert_eq!(solved(roles(), &[anywhere, like]), Solved::Nothing);
    }

    #[test]
    fn lists_get_a_value_for_each_that_must_be_there() {
        let (slot, spent) = (Slot::Key("aws:calledvia".into()), Spent::default());
        let ask = |every, lang| Atom { slot: slot.clone(), when_missing: false, every, lang };
        let mut cell = Cell::new(Domain::Form(Form::Service), true, Presence::Sometimes, &[]);
        let exact = |text| vec![Pat::exact(Lift::Whole, text)];
        assert_eq!(cell.add(&ask(false, within(exact("s3.amazonaws.com"))), &[], &spent), Outcome::Possible);
        assert_eq!(cell.add(&ask(false, without(exact("s3.amazonaws.com"))), &[], &spent), Outcome::Possible);
        assert_eq!(cell.values().len(), 2);
        assert_eq!(cell.add(&ask(true, within(exact("s3.amazonaws.com"))), &[], &spent), Outcome::Impossible);
    }
}
