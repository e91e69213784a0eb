//! What names outside the module mean: builtins, the library, methods and attributes that the evaluator implements.

use logic::known as evaluator;
use smol_str::SmolStr;

/// What a builtin or library name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// A module: only its parts have a meaning.
    Module,
    /// A function or constant, by its canonical name.
    Callable(SmolStr),
    /// A class, by its canonical name.
    Class(SmolStr),
    /// Only annotations use it.
    Typing,
}

/// Functions of other packages that bodies fall back on when all else fails. They lower, so that the rest of the body runs;
/// calling one is beyond the evaluator, and the outcome says so.
const LAST_RESORTS: &[&str] = &["dateutil.parser.parse"];

/// Exception classes that only last resorts raise.
const NEVER_RAISED: &[&str] = &["dateutil.parser.ParserError"];

/// Modules of which only last resorts are known.
const LAST_MODULES: &[&str] = &["dateutil", "dateutil.parser"];

/// What a builtin name is.
pub(super) fn builtin(name: &str) -> Option<Known> {
    if name.contains('.') {
        return None;
    }
    if evaluator::is_builtin(name) {
        return Some(Known::Callable(SmolStr::new(name)));
    }
    evaluator::is_class(name).then(|| Known::Class(SmolStr::new(name)))
}

/// What a dotted library path is.
pub(super) fn library(path: &str) -> Option<Known> {
    if evaluator::is_library(path) || LAST_RESORTS.contains(&path) {
        return Some(Known::Callable(SmolStr::new(path)));
    }
    if path.contains('.') && (evaluator::is_class(path) || never_raised(path)) {
        return Some(Known::Class(SmolStr::new(path)));
    }
    if evaluator::is_module(path) || LAST_MODULES.contains(&path) {
        return Some(Known::Module);
    }
    let root = path.split('.').next().unwrap_or(path);
    matches!(root, "typing" | "typing_extensions" | "panther_core" | "panther_sdk").then_some(Known::Typing)
}

/// Whether nothing that the evaluator implements raises an exception of that class.
pub(super) fn never_raised(path: &str) -> bool {
    NEVER_RAISED.contains(&path)
}

/// Whether some value that the evaluator has knows this method.
pub(super) fn method(name: &str) -> bool {
    evaluator::is_method(name)
}

/// Whether some value that the evaluator has knows this attribute.
pub(super) fn attribute(name: &str) -> bool {
    evaluator::is_attribute(name)
}

/// Whether a method of that name can change its receiver.
pub(super) fn mutates(method: &str) -> bool {
    evaluator::mutates(method)
}

/// Whether a call returns something nobody else holds.
pub(super) fn fresh(callable: &str) -> bool {
    evaluator::makes_fresh(callable)
}
