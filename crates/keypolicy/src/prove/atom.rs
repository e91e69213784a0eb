//! Atoms: what one test asks of one independent value of a request.

use crate::pattern::{Glob, Pattern, Token};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A value of a request that can be chosen independently of the others; correlated keys are functions of one slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Slot {
    /// `aws:PrincipalArn`; the account, the user's name and the role's name follow from it.
    Arn,
    /// `aws:userid`; the session's name follows from it.
    UserId,
    /// The one `aws:PrincipalOrgPaths`; the organisation follows from it.
    OrgPath,
    /// The name of the calling service.
    Service,
    /// `aws:SourceArn`; in some scenarios the source account follows from it.
    SourceArn,
    /// The one `aws:SourceOrgPaths`.
    SourceOrgPath,
    /// The moment.
    Time,
    /// Any other key, in lower case.
    Key(SmolStr),
    /// A slot of a second request of the same caller.
    Second(Box<Slot>),
}

impl Slot {
    /// Whether it belongs to the caller, not to one request: two requests of one caller share it.
    pub(super) fn is_of_caller(&self) -> bool {
        match self {
            Self::Arn | Self::UserId | Self::OrgPath | Self::Service => true,
            Self::Key(key) => key.starts_with("aws:principaltag/") || key == "aws:principalorgmasteraccount",
            _ => false,
        }
    }
}

/// Which function of a slot's value a pattern speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lift {
    /// The value itself.
    Whole,
    /// The account field of an ARN.
    Account,
    /// What stands behind the last slash: a user's name, a role's name.
    Name,
    /// What stands before the first slash: the organisation of a path.
    Organization,
    /// What stands behind the first colon: the session of a user id.
    Session,
    /// The seconds since 1970 of a time.
    Epoch,
}

impl Lift {
    /// The function.
    pub(super) fn of(self, value: &str) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Whole => Cow::Borrowed(value),
            Self::Account => Cow::Borrowed(value.split(':').nth(4)?),
            Self::Name => Cow::Borrowed(value.rsplit('/').next()?),
            Self::Organization => Cow::Borrowed(value.split('/').next()?),
            Self::Session => Cow::Borrowed(value.split_once(':')?.1),
            Self::Epoch => Cow::Owned(crate::pattern::moment(value)?.div_euclid(1_000_000_000).to_string()),
        })
    }
}

/// A pattern on a function of a slot's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pat {
    pub(super) lift: Lift,
    pub(super) pattern: Arc<Pattern>,
}

impl Pat {
    pub(super) fn exact(lift: Lift, text: &str) -> Self {
        Self { lift, pattern: Arc::new(Pattern::Exact(text.to_owned())) }
    }

    pub(super) fn fits(&self, value: &str) -> bool {
        self.lift.of(value).is_some_and(|it| self.pattern.fits(&it))
    }

    /// The value that a function has for every value that fits, where that is one.
    pub(super) fn fixed(&self, lift: Lift) -> Option<Cow<'_, str>> {
        match (self.lift, &*self.pattern) {
            (own, Pattern::Exact(text)) if own == lift => Some(Cow::Borrowed(text)),
            (Lift::Whole, Pattern::Exact(text)) => lift.of(text),
            (Lift::Whole, Pattern::Arn(fields)) if lift == Lift::Account => fields.get(4)?.literal().map(Cow::Owned),
            // What stands in front of the first wildcard, if that goes past the part.
            (Lift::Whole, Pattern::Glob(glob)) => {
                let prefix = glob.literal_prefix();
                let part = match lift {
                    Lift::Account => {
                        prefix.splitn(6, ':').collect::<Vec<_>>().get(4..6)?.first().map(|it| (*it).to_owned())
                    }
                    Lift::Organization => prefix.split_once('/').map(|(part, _)| part.to_owned()),
                    _ => None,
                };
                part.map(Cow::Owned)
            }
            _ => None,
        }
    }

    /// Whether whatever fits the other fits this; false where that is not seen at once.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.lift == other.lift && self.pattern.covers(&other.pattern)
    }

    /// Whether nothing fits both; false where that is not seen at once.
    pub(super) fn is_apart(&self, other: &Self) -> bool {
        self.lift == other.lift && self.pattern.is_apart(&other.pattern)
    }

    /// How much there is to compare.
    fn size(&self) -> usize {
        match &*self.pattern {
            Pattern::Exact(_) => 1,
            Pattern::Glob(glob) => 1 + glob.0.len(),
            Pattern::Arn(fields) => 6 + fields.iter().map(|glob| glob.0.len()).sum::<usize>(),
            _ => 4,
        }
    }

    /// Whether the language is one of texts, not of numbers, times or addresses.
    pub(super) fn is_textual(&self) -> bool {
        self.lift != Lift::Epoch && !matches!(*self.pattern, Pattern::Number(..) | Pattern::Date(..) | Pattern::Net(_))
    }
}

/// A set of values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lang {
    /// Every value.
    All,
    /// No value.
    None,
    /// What fits one of these.
    In(Rc<[Pat]>),
    /// What fits none of these.
    NotIn(Rc<[Pat]>),
}

impl Lang {
    pub(super) fn holds(&self, value: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::In(pats) => pats.iter().any(|pat| pat.fits(value)),
            Self::NotIn(pats) => !pats.iter().any(|pat| pat.fits(value)),
        }
    }

    /// The patterns it speaks of.
    pub(super) fn pats(&self) -> &[Pat] {
        match self {
            Self::In(pats) | Self::NotIn(pats) => pats,
            Self::All | Self::None => &[],
        }
    }

    /// The patterns of which one must fit.
    pub(super) fn inside(&self) -> Option<&[Pat]> {
        if let Self::In(pats) = self { Some(pats) } else { None }
    }

    /// The patterns of which none may fit.
    pub(super) fn outside(&self) -> Option<&[Pat]> {
        if let Self::NotIn(pats) = self { Some(pats) } else { None }
    }

    /// How much there is to compare.
    pub(super) fn size(&self) -> usize {
        1 + self.pats().iter().map(Pat::size).sum::<usize>()
    }

    fn negated(&self) -> Self {
        match self {
            Self::All => Self::None,
            Self::None => Self::All,
            Self::In(pats) => Self::NotIn(Rc::clone(pats)),
            Self::NotIn(pats) => Self::In(Rc::clone(pats)),
        }
    }
}

/// What one test asks of one slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) slot: Slot,
    /// Whether it holds when there is no value.
    pub(super) when_missing: bool,
    /// Whether every value must be in the language, or one.
    pub(super) every: bool,
    pub(super) lang: Lang,
}

impl Atom {
    /// That the value is there and fits one of these.
    pub(super) fn within(slot: Slot, pats: Vec<Pat>) -> Self {
        Self { slot, when_missing: false, every: false, lang: Lang::In(pats.into()) }
    }

    pub(super) fn negated(&self) -> Self {
        Self {
            slot: self.slot.clone(),
            when_missing: !self.when_missing,
            every: !self.every,
            lang: self.lang.negated(),
        }
    }

    /// How much there is to compare.
    pub(super) fn size(&self) -> usize {
        self.lang.size()
    }

    /// Whether it holds for these values; none at all means missing.
    pub(super) fn holds(&self, values: &[String]) -> bool {
        match (values.is_empty(), self.every) {
            (true, _) => self.when_missing,
            (false, true) => values.iter().all(|value| self.lang.holds(value)),
            (false, false) => values.iter().any(|value| self.lang.holds(value)),
        }
    }
}

/// The pattern that fits every text.
pub(super) fn anything() -> Arc<Pattern> {
    Arc::new(Pattern::Glob(Glob(vec![Token::Any])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_are_the_documented_functions() {
        let of = |lift: Lift, value: &str| lift.of(value).map(Cow::into_owned).unwrap_or_default();
        assert_eq!(of(Lift::Account, "arn:aws:iam::111122223333:role/a/b"), "111122223333");
        assert_eq!(of(Lift::Name, "arn:aws:iam::111122223333:role/a/b"), "b");
        assert_eq!(of(Lift::Organization, "o-1/r-2/"), "o-1");
        assert_eq!(of(Lift::Session, "AROAX:me"), "me");
        assert_eq!(of(Lift::Epoch, "1970-01-01T00:01:00Z"), "60");
    }

    #[test]
    fn negation_turns_every_answer_around() {
        let atom = Atom::within(Slot::Time, vec![Pat::exact(Lift::Whole, "a"), Pat::exact(Lift::Whole, "b")]);
        let negated = atom.negated();
        for values in [vec![], vec!["a"], vec!["c"], vec!["a", "c"], vec!["c", "d"]] {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            assert_ne!(atom.holds(&values), negated.holds(&values), "{values:?}");
        }
    }
}
