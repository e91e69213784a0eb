//! Atoms: what one test asks of one independent value of a request.

use crate::pattern::{Glob, Pattern, Token};
use std::rc::Rc;

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
    Key(String),
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
    pub(super) fn of(self, value: &str) -> Option<std::borrow::Cow<'_, str>> {
        use std::borrow::Cow;
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
    pub(super) pattern: Pattern,
}

impl Pat {
    pub(super) fn exact(lift: Lift, text: &str) -> Self {
        Self { lift, pattern: Pattern::Exact(text.to_owned()) }
    }

    pub(super) fn fits(&self, value: &str) -> bool {
        self.lift.of(value).is_some_and(|it| self.pattern.fits(&it))
    }

    /// The account that every fitting ARN has, where that is one.
    pub(super) fn account(&self) -> Option<String> {
        match (self.lift, &self.pattern) {
            (Lift::Account, Pattern::Exact(text)) => Some(text.clone()),
            (Lift::Whole, Pattern::Exact(text)) => text.split(':').nth(4).map(str::to_owned),
            (Lift::Whole, Pattern::Arn(fields)) => fields.get(4)?.literal(),
            (Lift::Whole, Pattern::Glob(glob)) => {
                // The fields in front of the first wildcard.
                let prefix = glob.literal_prefix();
                let fields: Vec<&str> = prefix.split(':').collect();
                (fields.len() > 5).then(|| fields.get(4).map(|it| (*it).to_owned())).flatten()
            }
            _ => None,
        }
    }

    /// Whether the language is one of texts, not of numbers, times or addresses.
    pub(super) fn is_textual(&self) -> bool {
        self.lift != Lift::Epoch && !matches!(self.pattern, Pattern::Number(..) | Pattern::Date(..) | Pattern::Net(_))
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
pub(super) fn anything() -> Pattern {
    Pattern::Glob(Glob(vec![Token::Any]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_are_the_documented_functions() {
        let of = |lift: Lift, value: &str| lift.of(value).map(std::borrow::Cow::into_owned).unwrap_or_default();
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
