//! What the evaluator implements, so that the front end can refuse the rest where it stands.

use crate::method::Method;
use crate::{builtin, class};

/// Whether a builtin function of that name is implemented; classes (`str`, `list`, `range` …) are not functions.
pub fn is_builtin(name: &str) -> bool {
    !name.contains('.') && builtin::by_name(name).is_some()
}

/// Whether a function or constant of the standard library is implemented: `json.loads`, `re.IGNORECASE`,
/// `datetime.datetime.now`, and methods by the name of their class: `str.lower`. A constant may stand in the tree as a `Callable` of that name; its value is the constant's.
pub fn is_library(path: &str) -> bool {
    let method = |(owner, name): (&str, &str)| {
        Method::from_name(name).is_some() && class::by_path(owner).is_some_and(|class| crate::names::has(class, name))
    };
    path.contains('.') && (builtin::by_name(path).is_some() || path.rsplit_once('.').is_some_and(method))
}

/// Whether any type that is implemented has a method of that name.
pub fn is_method(name: &str) -> bool {
    Method::from_name(name).is_some()
}

/// Whether a class is implemented, by its canonical name: `dict`, `KeyError`, `datetime.datetime`,
/// `collections.abc.Mapping`, `typing.Mapping`.
pub fn is_class(path: &str) -> bool {
    class::by_path(path).is_some()
}
