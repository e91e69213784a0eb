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

const MODULES: &[&str] = &[
    "base64",
    "binascii",
    "collections",
    "collections.abc",
    "datetime",
    "dateutil",
    "dateutil.parser",
    "fnmatch",
    "functools",
    "ipaddress",
    "json",
    "json.decoder",
    "numbers",
    "re",
    "typing",
    "urllib",
    "urllib.parse",
];

const ATTRIBUTES: &[&str] = &[
    "args",
    "broadcast_address",
    "day",
    "days",
    "hour",
    "is_global",
    "is_link_local",
    "is_loopback",
    "is_multicast",
    "is_private",
    "is_reserved",
    "is_unspecified",
    "microsecond",
    "microseconds",
    "minute",
    "month",
    "network_address",
    "num_addresses",
    "pattern",
    "prefixlen",
    "second",
    "seconds",
    "tzinfo",
    "version",
    "year",
];

/// Methods that change their receiver.
const MUTATING: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "insert",
    "intersection_update",
    "move_to_end",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "subtract",
    "symmetric_difference_update",
    "update",
];

/// Calls that return something nobody else holds.
const FRESH_CALLS: &[&str] = &[
    "bool",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "dict",
    "float",
    "int",
    "json.loads",
    "len",
    "list",
    "set",
    "sorted",
    "str",
    "tuple",
];

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
    if MODULES.contains(&path) {
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
    ATTRIBUTES.contains(&name)
}

/// Whether a method of that name can change its receiver.
pub(super) fn mutates(method: &str) -> bool {
    MUTATING.contains(&method)
}

/// Whether a call returns something nobody else holds.
pub(super) fn fresh(callable: &str) -> bool {
    FRESH_CALLS.contains(&callable)
}
