//! Which arguments of a call are used up or called before the call returns.
//!
//! A generator or lambda reads the variables of the function that it stands in, so it must not be kept: it may only stand
//! where it is used up at once.

/// What becomes of a value in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It may be kept.
    Value,
    /// It is gone through at once.
    Consumed,
    /// It is called, if at all, before the call that it is given to returns.
    Called,
}

/// Which argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument<'n> {
    /// By position, of so many.
    Positional(usize, usize),
    /// By name; `None` for `**`.
    Named(Option<&'n str>),
}

/// What becomes of an argument of a builtin or library function that stands in `place` itself.
pub(super) fn of_function(name: &str, argument: Argument<'_>, place: Place) -> Place {
    use Argument::{Named, Positional};
    // A lazy iterator uses its arguments when it is used up itself.
    let lazily = |what| if place == Place::Consumed { what } else { Place::Value };
    match (name, argument) {
        (
            "all"
            | "any"
            | "collections.Counter"
            | "collections.OrderedDict"
            | "dict"
            | "frozenset"
            | "list"
            | "next"
            | "set"
            | "sorted"
            | "sum"
            | "tuple",
            Positional(0, _),
        )
        | ("max" | "min", Positional(0, 1))
        | ("functools.reduce", Positional(1, _)) => Place::Consumed,
        ("max" | "min" | "sorted", Named(Some("key")))
        | ("functools.reduce", Positional(0, _))
        | ("re.sub", Positional(1, _)) => Place::Called,
        ("filter" | "map", Positional(0, _)) => lazily(Place::Called),
        ("filter" | "map", Positional(..))
        | ("enumerate" | "iter" | "reversed", Positional(0, _))
        | ("zip", Positional(..)) => lazily(Place::Consumed),
        _ => Place::Value,
    }
}

/// What becomes of an argument of a method.
pub(super) fn of_method(name: &str, argument: Argument<'_>) -> Place {
    match (name, argument) {
        ("extend" | "join", Argument::Positional(0, _))
        | (
            "difference"
            | "difference_update"
            | "intersection"
            | "intersection_update"
            | "isdisjoint"
            | "issubset"
            | "issuperset"
            | "symmetric_difference"
            | "symmetric_difference_update"
            | "union"
            | "update",
            Argument::Positional(..),
        ) => Place::Consumed,
        ("sort", Argument::Named(Some("key"))) => Place::Called,
        _ => Place::Value,
    }
}
