//! What the evaluator implements, so that the front end can refuse the rest where it stands.

use crate::method::Method;
use crate::{builtin, class};

/// Whether a builtin function of that name is implemented; classes (`str`, `list`, `range` …) are not functions.
pub fn is_builtin(name: &str) -> bool {
    !name.contains('.') && builtin::by_name(name).is_some()
}

/// Whether a function or constant of the standard library is implemented: `json.loads`, `re.IGNORECASE`,
/// `datetime.datetime.now`. A constant may stand in the tree as a `Callable` of that name; its value is the constant's.
pub fn is_library(path: &str) -> bool {
    path.contains('.') && builtin::by_name(path).is_some()
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
