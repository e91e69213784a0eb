//! What a body asks, as predicates on paths of the input joined by and, or, not and quantifiers.

use logic::tree::Const;

/// A statement about the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// Always or never so.
    Constant(bool),
    /// A single test.
    Predicate(Predicate),
    /// The opposite.
    Not(Box<Self>),
    /// All of them, at least two.
    And(Vec<Self>),
    /// At least one of them, of at least two.
    Or(Vec<Self>),
    /// A statement about the items of a list.
    Over(Box<Over>),
}

/// A statement about every item of a list, or about at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    /// Whether it is about every item.
    pub every: bool,
    /// What an item is called in the body.
    pub variable: String,
    /// The list.
    pub list: Subject,
    /// What is said of an item.
    pub body: Formula,
}

/// A single test of something.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// What is tested.
    pub subject: Subject,
    /// How.
    pub operator: Operator,
    /// Against what.
    pub operand: Operand,
}

/// What is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As the condition names it: `grant.Operations`.
    pub text: String,
    /// As a table of its own names it, where the condition's variables are unknown: `Grants[].Operations`.
    pub path: String,
    /// As a sentence names it: `the length of Description`.
    pub words: String,
}

impl Subject {
    /// A subject of the same name in both places.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: text.clone(), words: text.clone(), text }
    }

    /// An item of a list, under the name that it has in the body.
    pub fn item(variable: &str, list: &Self) -> Self {
        Self { text: variable.to_owned(), path: format!("{}[]", list.path), words: variable.to_owned() }
    }

    /// The subject with something made of its text.
    pub fn map(&self, make: impl Fn(&str) -> String) -> Self {
        Self { text: make(&self.text), path: make(&self.path), words: make(&self.words) }
    }

    /// Something made of several subjects' texts.
    pub fn of(parts: &[Self], make: impl Fn(&[&str]) -> String) -> Self {
        let each = |part: fn(&Self) -> &str| make(&parts.iter().map(part).collect::<Vec<_>>());
        Self { text: each(|p| &p.text), path: each(|p| &p.path), words: each(|p| &p.words) }
    }
}

/// What a subject is tested against.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Nothing: the operator says it all.
    None,
    /// A constant.
    Value(Const),
    /// Several constants.
    Values(Vec<Const>),
    /// Another subject.
    Subject(Subject),
}

/// How a subject is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `==`.
    Eq,
    /// `!=`.
    Ne,
    /// `is` with `True` or `False`.
    Is,
    /// `is not` with `True` or `False`.
    IsNot,
    /// `<`.
    Lt,
    /// `<=`.
    Lte,
    /// `>`.
    Gt,
    /// `>=`.
    Gte,
    /// One of several.
    In,
    /// None of several.
    NotIn,
    /// Has an element, a key or a part.
    Contains,
    /// Has no such element, key or part.
    NotContains,
    /// Begins with.
    StartsWith,
    /// Ends with.
    EndsWith,
    /// Fits a regular expression.
    Matches,
    /// Fits a pattern with `*` and `?`.
    Like,
    /// Is an instance of a class.
    IsA,
    /// Is there at all.
    Exists,
    /// Is not there.
    NotExists,
    /// Is `None`: null, or absent where `.get` reads it.
    IsNull,
    /// Is not `None`.
    IsNotNull,
    /// Is truthy: neither absent, null, false, zero nor empty.
    IsSet,
    /// Is falsy.
    IsNotSet,
    /// A call whose answer is the test.
    Holds,
}

impl Operator {
    /// The word of the dialect. `is` is `eq` there: the dialect does not tell `True` from 1.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eq | Self::Is => "eq",
            Self::Ne | Self::IsNot => "ne",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
            Self::Matches => "matches",
            Self::Like => "like",
            Self::IsA => "is_a",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
            Self::IsNull => "is_null",
            Self::IsNotNull => "is_not_null",
            Self::IsSet => "is_set",
            Self::IsNotSet => "is_not_set",
            Self::Holds => "holds",
        }
    }

    /// The operator that says the opposite of the same values, exactly. `lt` has none: NaN is neither less nor not less.
    pub fn opposite(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::Contains => Self::NotContains,
            Self::NotContains => Self::Contains,
            Self::Exists => Self::NotExists,
            Self::NotExists => Self::Exists,
            Self::IsNull => Self::IsNotNull,
            Self::IsNotNull => Self::IsNull,
            Self::IsSet => Self::IsNotSet,
            Self::IsNotSet => Self::IsSet,
            _ => return None,
        })
    }
}

impl Formula {
    /// The opposite, by the operator that says it where there is one.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::Not(inner) => *inner,
            Self::Predicate(Predicate { subject, operator, operand }) => match operator.opposite() {
                Some(operator) => Self::Predicate(Predicate { subject, operator, operand }),
                None => Self::Not(Box::new(Self::Predicate(Predicate { subject, operator, operand }))),
            },
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, true)
    }

    /// At least one of them.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(parts, false)
    }

    /// And (`all`) or or, flat, without what decides nothing and without repetitions.
    fn joined(parts: impl IntoIterator<Item = Self>, all: bool) -> Self {
        let mut kept: Vec<Self> = Vec::new();
        for part in parts {
            let inner = match part {
                Self::And(inner) if all => inner,
                Self::Or(inner) if !all => inner,
                other => vec![other],
            };
            for part in inner {
                match part {
                    Self::Constant(value) if value == all => {}
                    Self::Constant(value) => return Self::Constant(value),
                    other if kept.contains(&other) => {}
                    other => kept.push(other),
                }
            }
        }
        match (kept.len(), all) {
            (0, _) => Self::Constant(all),
            (1, _) => kept.swap_remove(0),
            (_, true) => Self::And(kept),
            (_, false) => Self::Or(kept),
        }
    }

    /// `then` where `test` holds, `otherwise` where it does not, without a constant branch.
    #[must_use]
    pub fn choice(test: Self, then: Self, otherwise: Self) -> Self {
        match (test, then, otherwise) {
            (Self::Constant(true), then, _) => then,
            (Self::Constant(false), _, otherwise) => otherwise,
            (_, then, otherwise) if then == otherwise => then,
            (test, Self::Constant(true), otherwise) => Self::any([test, otherwise]),
            (test, Self::Constant(false), otherwise) => Self::all([test.negated(), otherwise]),
            (test, then, Self::Constant(true)) => Self::any([test.negated(), then]),
            (test, then, Self::Constant(false)) => Self::all([test, then]),
            (test, then, otherwise) => {
                Self::any([Self::all([test.clone(), then]), Self::all([test.negated(), otherwise])])
            }
        }
    }

    /// The formula with every `not` at a single test or a quantifier, by the laws that hold for statements. What is not so
    /// of any item stays that.
    #[must_use]
    pub fn with_nots_inside(self, negate: bool) -> Self {
        match (self, negate) {
            (Self::Not(inner), _) => inner.with_nots_inside(!negate),
            (Self::And(parts), false) | (Self::Or(parts), true) => {
                Self::all(parts.into_iter().map(|part| part.with_nots_inside(negate)))
            }
            (Self::Or(parts), false) | (Self::And(parts), true) => {
                Self::any(parts.into_iter().map(|part| part.with_nots_inside(negate)))
            }
            (Self::Over(over), _) => {
                let over = Self::Over(Box::new(Over { body: over.body.with_nots_inside(false), ..*over }));
                if negate { Self::Not(Box::new(over)) } else { over }
            }
            (leaf, false) => leaf,
            (leaf, true) => leaf.negated(),
        }
    }

    /// The single tests in order, each with whether it stands under an odd number of `not`.
    pub fn leaves<'a>(&'a self, negated: bool, visit: &mut dyn FnMut(&'a Predicate, bool)) {
        match self {
            Self::Constant(_) => {}
            Self::Predicate(predicate) => visit(predicate, negated),
            Self::Not(inner) => inner.leaves(!negated, visit),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.leaves(negated, visit)),
            Self::Over(over) => over.body.leaves(negated, visit),
        }
    }

    /// How many single tests there are.
    #[must_use]
    pub fn size(&self) -> usize {
        let mut size = 0;
        self.leaves(false, &mut |_, _| size += 1);
        size
    }
}
