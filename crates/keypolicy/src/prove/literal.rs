//! What literals settle, without automata: a value of a finite set that passes all else, a wanted pattern that lies within an excluded
//! one, a function of the value that has nothing left.

use super::atom::{Lang, Lift, Pat};
use super::domain::Domain;
use super::guess::guesses;
use super::spent::{Spent, TOO_MUCH};
use crate::pattern::Pattern;
use std::borrow::Cow;

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

/// A value of the domain that is in all of the languages, or that there is none; `None` where this settles nothing.
pub(super) fn settled(domain: &Domain, langs: &[&Lang], fresh: &[String], spent: &Spent) -> Option<Solved> {
    match tried(domain, langs, fresh, spent) {
        // Who stopped early has not looked at everything.
        Some(Solved::Nothing) | None if spent.is_exhausted() => Some(Solved::Unclear(TOO_MUCH.to_owned())),
        settled => settled,
    }
}

fn tried(domain: &Domain, langs: &[&Lang], fresh: &[String], spent: &Spent) -> Option<Solved> {
    let size: usize = langs.iter().map(|lang| lang.size()).sum();
    let holds = |value: &str| {
        spent.add(size);
        !spent.is_exhausted() && domain.admits(value) && langs.iter().all(|lang| lang.holds(value))
    };
    let pick = |values: &mut dyn Iterator<Item = String>| {
        let mut values = values;
        Iterator::find(&mut values, |value| holds(value))
    };
    let all_of = |values: &mut dyn Iterator<Item = String>| pick(values).map_or(Solved::Nothing, Solved::Value);
    if let Some(literals) = langs.iter().find_map(|lang| literals(lang)) {
        return Some(all_of(&mut literals.map(str::to_owned)));
    }
    if let Domain::OneOf(values) = domain {
        return Some(all_of(&mut values.iter().cloned()));
    }
    spent.add(size);
    if [Lift::Account, Lift::Organization, Lift::Session]
        .into_iter()
        .any(|lift| left(lift, langs, spent).is_some_and(|it| it.is_empty()))
    {
        return Some(Solved::Nothing);
    }
    let accounts = match left(Lift::Account, langs, spent) {
        Some(accounts) => accounts.into_iter().map(Cow::into_owned).collect(),
        None => fresh.to_vec(),
    };
    if let Some(value) = pick(&mut domain.samples(&accounts).into_iter()) {
        return Some(Solved::Value(value));
    }
    if langs.iter().any(|lang| is_spent(lang, domain, langs, spent)) {
        return Some(Solved::Nothing);
    }
    if let Some(value) = pick(&mut guesses(langs, &accounts)) {
        return Some(Solved::Value(value));
    }
    match domain {
        Domain::Number(least, most) if most - least <= 5000 => {
            Some(all_of(&mut (*least..=*most).map(|number| number.to_string())))
        }
        _ => None,
    }
}

/// All values of a language, where they are finitely many.
fn literals<'a>(lang: &'a Lang) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
    let exact = |pat: &Pat| pat.lift == Lift::Whole && matches!(*pat.pattern, Pattern::Exact(_) | Pattern::Nothing);
    let pats = lang.inside()?;
    pats.iter().all(exact).then(|| pats.iter().filter_map(|pat| pat.pattern.exact()))
}

/// The values that a function can still have, where the languages leave only some: a language leaves them where each of its patterns
/// fixes the function; those go that another language about the function alone excludes.
fn left<'a>(lift: Lift, langs: &[&'a Lang], spent: &Spent) -> Option<Vec<Cow<'a, str>>> {
    let mut left: Option<Vec<Cow<'a, str>>> = None;
    for pats in langs.iter().filter_map(|lang| lang.inside()) {
        let Some(mut these) = pats.iter().map(|pat| pat.fixed(lift)).collect::<Option<Vec<_>>>() else { continue };
        if let Some(earlier) = &mut left {
            these.sort_unstable();
            earlier.retain(|it| these.binary_search(it).is_ok());
        } else {
            left = Some(these);
        }
    }
    let mut left = left?;
    let excluding = langs.iter().filter_map(|lang| lang.outside()).flatten().filter(|pat| pat.lift == lift);
    for pat in excluding {
        spent.add(left.len());
        if spent.is_exhausted() {
            return None;
        }
        left.retain(|value| !pat.pattern.fits(value));
    }
    Some(left)
}

/// Whether no pattern of a wanted language can be fitted: each lies within an excluded one, or apart from the domain or from all
/// patterns of another wanted language.
fn is_spent(lang: &Lang, domain: &Domain, langs: &[&Lang], spent: &Spent) -> bool {
    let Some(pats) = lang.inside() else { return false };
    let own = domain.frame();
    pats.iter().all(|pat| {
        own.as_ref().is_some_and(|frame| frame.is_apart(pat))
            || langs.iter().any(|other| {
                spent.add(other.size());
                match other {
                    _ if spent.is_exhausted() => false,
                    Lang::NotIn(excluded) => excluded.iter().any(|it| it.covers(pat)),
                    Lang::In(wanted) if !std::ptr::eq(*other, lang) => wanted.iter().all(|it| it.is_apart(pat)),
                    _ => false,
                }
            })
    })
}

#[cfg(test)]
mod tests {
    use super::super::automata::{self, Found};
    use super::super::domain::Form;
    use super::*;
    use crate::operator::Comparison;
    use crate::pattern::{Token, tokens};
    use crate::prove::generated::Dice;
    use crate::request::Class;

    const ARNS: [&str; 14] = [
        "arn:aws:iam::111122223333:role/a",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:*",
        "arn:aws:iam::*:role/a*",
        "arn:aws:iam::*:role/*/b",
        "arn:aws:iam::444455556666:role/p/?",
        "arn:aws:iam::4*:role/p/a",
        "arn:aws:iam::????????????:role/?",
        "arn:aws-cn:iam::111122223333:role/a",
        "arn:*:user/*",
        "*:role/a",
        "*",
        "arn:aws:iam::111122223333:root",
        "arn:aws:s3:::*",
    ];
    const ORGANIZATIONS: [&str; 8] =
        ["o-1/r-1/", "o-1/*", "o-1/r-1/*", "o-?/r-1/ou-1/", "o-*", "o-2/*", "o-22/r-2/", "*/ou-1/*"];
    const ACCOUNTS: [&str; 4] = ["111122223333", "444455556666", "4*", "*5*"];
    const IDS: [&str; 4] = ["o-1", "o-2", "o-*", "o-?"];

    fn pat(dice: &mut Dice, arn: bool) -> Pat {
        let (lift, text) = match (arn, dice.below(4)) {
            (true, 0) => (Lift::Account, dice.one(&ACCOUNTS)),
            (false, 0) => (Lift::Organization, dice.one(&IDS)),
            (true, _) => (Lift::Whole, dice.one(&ARNS)),
            (false, _) => (Lift::Whole, dice.one(&ORGANIZATIONS)),
        };
        let comparison = match dice.below(3) {
            0 if arn && lift == Lift::Whole => Comparison::Arn,
            1 => Comparison::StringEquals,
            _ => Comparison::StringLike,
        };
        let tokens: Vec<Token> = tokens(text).collect();
        Pat { lift, pattern: Pattern::new(comparison, &tokens).into() }
    }

    #[test]
    fn what_literals_settle_is_what_automata_find() {
        let (mut dice, fresh) = (Dice(0xD134_2543_DE82_EF95), ["999999999999".to_owned()]);
        let roles = Domain::PrincipalArn(Class::Role, "aws".to_owned());
        let (mut nothing, mut open) = (0, 0);
        for case in 0..4000 {
            let arn = dice.below(2) == 0;
            let domain = if arn { roles.clone() } else { Domain::Form(Form::OrganizationPath) };
            let langs: Vec<Lang> = (0..1 + dice.below(4))
                .map(|_| {
                    let pats: Vec<Pat> = (0..1 + dice.below(3)).map(|_| pat(&mut dice, arn)).collect();
                    if dice.below(2) == 0 { Lang::In(pats.into()) } else { Lang::NotIn(pats.into()) }
                })
                .collect();
            let refs: Vec<&Lang> = langs.iter().collect();
            let within: Vec<&[Pat]> = langs.iter().filter_map(Lang::inside).collect();
            let without: Vec<&[Pat]> = langs.iter().filter_map(Lang::outside).collect();
            let settled = settled(&domain, &refs, &fresh, &Spent::default());
            let found = automata::find(&domain, &within, &without, &Spent::default());
            match settled {
                Some(Solved::Value(value)) => {
                    assert!(langs.iter().all(|lang| lang.holds(&value)) && domain.admits(&value), "case {case}");
                    assert!(matches!(found, Found::Text(_)), "case {case}: {value} {langs:?}");
                }
                Some(Solved::Nothing) => {
                    nothing += 1;
                    assert_eq!(found, Found::Nothing, "case {case}: {langs:?}");
                }
                Some(Solved::Unclear(why)) => panic!("case {case}: {why}"),
                None => open += 1,
            }
        }
        assert!(nothing > 500 && open < 1200, "most is settled: {nothing} {open}");
    }
}
