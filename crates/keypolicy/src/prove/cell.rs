//! What has been asked of one slot so far, and values that satisfy it.

use super::atom::{Atom, Lang, Lift, Pat};
use super::automata::{self, Found};
use super::domain::Domain;
use crate::key::Presence;
use crate::pattern::{Glob, Net, Pattern, Token, address, decimal, decimal_text, moment, moment_text};
use std::collections::BTreeSet;

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
    /// How often automata were needed.
    automata: usize,
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
            automata: 0,
        };
        if !cell.missing {
            cell.values = cell.domain.samples(fresh).into_iter().take(1).collect();
        }
        cell
    }

    /// The values found; none means missing.
    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    /// How often automata were needed so far.
    pub(super) fn automata(&self) -> usize {
        self.automata
    }

    /// Asks for one thing more.
    pub(super) fn add(&mut self, atom: &Atom, fresh: &[String]) -> Outcome {
        self.missing &= atom.when_missing;
        match &atom.lang {
            Lang::All => {}
            Lang::None => self.present = false,
            lang if self.many && !atom.every => self.some.push(lang.clone()),
            lang => self.every.push(lang.clone()),
        }
        let stands = if self.values.is_empty() { self.missing } else { self.present && atom.holds(&self.values) };
        if stands { Outcome::Possible } else { self.solve(fresh) }
    }

    fn solve(&mut self, fresh: &[String]) -> Outcome {
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
            let solved = match quick(&self.domain, &langs, fresh) {
                Some(solved) => solved,
                None => {
                    self.automata += 1;
                    by_kind(&self.domain, &langs)
                }
            };
            match solved {
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

/// Whether some value of a domain is in all of some languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Solved {
    /// This one is.
    Value(String),
    /// None is.
    Nothing,
    /// That is not found out.
    Unclear(String),
}

/// A value of the domain that is in all of the languages, found in a cheap way; `None` where that settles nothing.
fn quick(domain: &Domain, langs: &[&Lang], fresh: &[String]) -> Option<Solved> {
    let holds = |value: &str| domain.admits(value) && langs.iter().all(|lang| lang.holds(value));
    let pick = |mut values: &mut dyn Iterator<Item = String>| Iterator::find(&mut values, |value| holds(value));
    if let Some(mut values) = finite(langs) {
        return Some(pick(&mut values).map_or(Solved::Nothing, Solved::Value));
    }
    if let Domain::OneOf(values) = domain {
        return Some(pick(&mut values.iter().cloned()).map_or(Solved::Nothing, Solved::Value));
    }
    let accounts = match accounts(langs) {
        Some(accounts) if accounts.is_empty() && matches!(domain, Domain::PrincipalArn(..)) => {
            return Some(Solved::Nothing);
        }
        Some(accounts) => accounts.into_iter().collect(),
        None => fresh.to_vec(),
    };
    if let Some(value) = pick(&mut domain.samples(&accounts).into_iter()) {
        return Some(Solved::Value(value));
    }
    if let Some(value) = pick(&mut guesses(langs, &accounts)) {
        return Some(Solved::Value(value));
    }
    if let Domain::Number(least, most) = domain
        && most - least <= 5000
    {
        return Some(
            pick(&mut (*least..=*most).map(|number| number.to_string())).map_or(Solved::Nothing, Solved::Value),
        );
    }
    None
}

/// What is left when guessing has failed: automata for texts; for values that are compared by size, guessing was exhaustive.
fn by_kind(domain: &Domain, langs: &[&Lang]) -> Solved {
    let pats = || langs.iter().flat_map(|lang| pats(lang));
    let unclear = |what: &str| Solved::Unclear(what.to_owned());
    if let Some(expression) = domain.expression()
        && pats().all(Pat::is_textual)
    {
        let within: Vec<&[Pat]> = langs.iter().filter_map(|lang| inside(lang)).collect();
        let without: Vec<&[Pat]> = langs.iter().filter_map(|lang| outside(lang)).collect();
        return match automata::find(&expression, &within, &without) {
            Found::Text(text) => Solved::Value(text),
            Found::Nothing => Solved::Nothing,
            Found::TooLarge => unclear("patterns whose automata are too large"),
        };
    }
    let by_size =
        |pat: &Pat| !pat.is_textual() || matches!(pat.pattern, Pattern::Exact(_) | Pattern::Bool(_) | Pattern::Nothing);
    if pats().all(by_size) { Solved::Nothing } else { unclear("texts and sizes asked of one key") }
}

fn pats(lang: &Lang) -> &[Pat] {
    match lang {
        Lang::In(pats) | Lang::NotIn(pats) => pats,
        _ => &[],
    }
}

fn inside(lang: &Lang) -> Option<&[Pat]> {
    match lang {
        Lang::In(pats) => Some(pats),
        _ => None,
    }
}

fn outside(lang: &Lang) -> Option<&[Pat]> {
    match lang {
        Lang::NotIn(pats) => Some(pats),
        _ => None,
    }
}

/// All candidates, where one language has only finitely many values.
fn finite<'a>(langs: &[&'a Lang]) -> Option<impl Iterator<Item = String> + use<'a>> {
    let exact = |pat: &Pat| pat.lift == Lift::Whole && matches!(pat.pattern, Pattern::Exact(_) | Pattern::Nothing);
    let pats = langs.iter().filter_map(|lang| inside(lang)).find(|pats| pats.iter().all(exact))?;
    Some(pats.iter().filter_map(|pat| pat.pattern.exact().map(str::to_owned)))
}

/// The accounts that an ARN can still have, where the languages leave only some.
fn accounts(langs: &[&Lang]) -> Option<BTreeSet<String>> {
    let mut left: Option<BTreeSet<String>> = None;
    for pats in langs.iter().filter_map(|lang| inside(lang)) {
        let Some(these) = pats.iter().map(Pat::account).collect::<Option<BTreeSet<String>>>() else { continue };
        left = Some(left.map_or_else(|| these.clone(), |earlier| earlier.intersection(&these).cloned().collect()));
    }
    let mut left = left?;
    for pat in langs.iter().filter_map(|lang| outside(lang)).flatten() {
        if let (Lift::Account, Pattern::Exact(account)) = (pat.lift, &pat.pattern) {
            left.remove(account);
        }
    }
    Some(left)
}

/// Values made from the patterns: each wildcard filled with a few things, each limit with what lies on, below and above it.
fn guesses(langs: &[&Lang], accounts: &[String]) -> impl Iterator<Item = String> {
    let mut made = Vec::new();
    for pat in langs.iter().flat_map(|lang| pats(lang)) {
        guess(pat, accounts, &mut made);
    }
    made.into_iter()
}

const FILLINGS: [(&str, char); 5] = [("", 'x'), ("x", 'x'), ("0", '0'), ("x/x", 'x'), ("us-east-1", 'a')];

fn guess(pat: &Pat, accounts: &[String], made: &mut Vec<String>) {
    const STEP: i128 = 1_000_000_000;
    let around = |at: i128, step: i128| [at, at - step, at + step, at - 1, at + 1];
    match (&pat.pattern, pat.lift) {
        (Pattern::Number(_, number), Lift::Epoch) => {
            // Billionths of a second are nanoseconds.
            made.extend(around(*number, STEP).into_iter().filter_map(moment_text));
        }
        (Pattern::Date(_, time), Lift::Epoch | Lift::Whole) => {
            made.extend(around(*time, STEP).into_iter().filter_map(moment_text));
        }
        (Pattern::Number(_, number), _) => made.extend(around(*number, STEP).into_iter().map(decimal_text)),
        (Pattern::Net(net), _) => {
            let near = [net.first, net.last, net.first.wrapping_sub(1), net.last.wrapping_add(1)];
            made.extend(near.into_iter().filter_map(|bits| address(net.six, bits)).map(|it| it.to_string()));
        }
        (Pattern::Exact(text) | Pattern::IgnoreCase(text), Lift::Whole) => {
            made.push(text.clone());
            near(text, made);
        }
        (Pattern::Exact(text), Lift::Organization) => made.push(format!("{text}/r-root/ou-root-witness1/")),
        (Pattern::Exact(text), Lift::Session) => made.push(format!("AROAWITNESS0000000001:{text}")),
        (Pattern::Glob(glob), Lift::Whole) => {
            for (many, one) in FILLINGS {
                made.push(fill(glob, many, one));
            }
            with_accounts(&fill(glob, "*", 'x'), accounts, made);
        }
        (Pattern::Glob(glob), Lift::Organization) => {
            made.push(format!("{}/r-root/", fill(glob, "witness", '0')));
        }
        (Pattern::Arn(fields), Lift::Whole) => {
            for (many, one) in FILLINGS {
                let mut parts: Vec<String> = fields.iter().map(|glob| fill(glob, many, one)).collect();
                let Some(field) = fields.get(4) else { continue };
                for account in accounts.iter().filter(|account| field.fits(account)) {
                    if let Some(part) = parts.get_mut(4) {
                        part.clone_from(account);
                    }
                    made.push(parts.join(":"));
                }
                made.push(parts.join(":"));
            }
        }
        (Pattern::Bool(value), Lift::Whole) => made.push(value.to_string()),
        _ => {}
    }
}

/// What lies beside a number, a time or an address, so that a gap between excluded ones is found.
fn near(text: &str, made: &mut Vec<String>) {
    const STEP: i128 = 1_000_000_000;
    if let Some(number) = decimal(text) {
        made.extend([number - STEP, number + STEP, number - 1, number + 1].into_iter().map(decimal_text));
    } else if let Some(net) = Net::parse(text) {
        let beside = [net.first.wrapping_sub(1), net.last.wrapping_add(1)];
        made.extend(beside.into_iter().filter_map(|bits| address(net.six, bits)).map(|it| it.to_string()));
    } else if text.contains('-')
        && let Some(time) = moment(text)
    {
        made.extend([time - STEP, time + STEP, time - 1, time + 1].into_iter().filter_map(moment_text));
    }
}

/// A glob over a whole ARN: the `*` left in it become an account, then plain text.
fn with_accounts(text: &str, accounts: &[String], made: &mut Vec<String>) {
    for account in accounts.iter().take(4) {
        let first = text.replacen('*', account, 1);
        made.push(first.replace('*', "x"));
        made.push(first.replace('*', ""));
        made.push(text.replacen('*', &format!("arn:aws:iam::{account}:role/x"), 1).replace('*', "x"));
        made.push(text.replacen('*', &format!("aws:iam::{account}:role/x"), 1).replace('*', "x"));
        made.push(text.replacen('*', &format!("{account}:role/x"), 1).replace('*', "x"));
    }
}

fn fill(glob: &Glob, many: &str, one: char) -> String {
    let mut made = String::new();
    for token in &glob.0 {
        match token {
            Token::Char(c) => made.push(*c),
            Token::One => made.push(one),
            Token::Any => made.push_str(many),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::super::atom::Slot;
    use super::super::domain::Form;
    use super::*;
    use crate::operator::{Comparison, Relation};
    use crate::pattern::tokens;
    use crate::request::Class;

    fn pat(comparison: Comparison, text: &str) -> Pat {
        Pat { lift: Lift::Whole, pattern: Pattern::new(comparison, &tokens(text).collect::<Vec<_>>()) }
    }

    fn within(pats: Vec<Pat>) -> Lang {
        Lang::In(pats.into())
    }

    fn without(pats: Vec<Pat>) -> Lang {
        Lang::NotIn(pats.into())
    }

    fn solved(domain: Domain, langs: &[Lang]) -> Solved {
        let langs: Vec<&Lang> = langs.iter().collect();
        quick(&domain, &langs, &["999999999999".to_owned()]).unwrap_or_else(|| by_kind(&domain, &langs))
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
        let slot = Slot::Key("aws:calledvia".to_owned());
        let ask = |every, lang| Atom { slot: slot.clone(), when_missing: false, every, lang };
        let mut cell = Cell::new(Domain::Form(Form::Service), true, Presence::Sometimes, &[]);
        let exact = |text| vec![Pat::exact(Lift::Whole, text)];
        assert_eq!(cell.add(&ask(false, within(exact("s3.amazonaws.com"))), &[]), Outcome::Possible);
        assert_eq!(cell.add(&ask(false, without(exact("s3.amazonaws.com"))), &[]), Outcome::Possible);
        assert_eq!(cell.values().len(), 2);
        assert_eq!(cell.add(&ask(true, within(exact("s3.amazonaws.com"))), &[]), Outcome::Impossible);
    }
}
