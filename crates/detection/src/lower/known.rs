//! What names outside the module mean: builtins, the library, methods and attributes that the evaluator implements.

/// What a builtin or library name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A module: only its parts have a meaning.
    Module,
    /// Something to call, by its canonical name.
    Callable(&'static str),
    /// A class, by its canonical name.
    Class(&'static str),
    /// A number: the flags of `re`.
    Int(i128),
    /// Only annotations use it.
    Typing,
}

const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "callable",
    "chr",
    "divmod",
    "enumerate",
    "filter",
    "format",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "map",
    "max",
    "min",
    "next",
    "oct",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "sorted",
    "sum",
    "type",
    "zip",
];

const CLASSES: &[&str] = &[
    "bool",
    "bytes",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "set",
    "str",
    "tuple",
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "Exception",
    "IndexError",
    "KeyError",
    "LookupError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "StopIteration",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
];

const LIBRARY: &[(&str, Known)] = &[
    ("base64.b64decode", Known::Callable("base64.b64decode")),
    ("base64.b64encode", Known::Callable("base64.b64encode")),
    ("binascii.Error", Known::Class("binascii.Error")),
    ("collections.Counter", Known::Class("collections.Counter")),
    ("collections.OrderedDict", Known::Class("collections.OrderedDict")),
    ("collections.defaultdict", Known::Class("collections.defaultdict")),
    ("collections.abc.Iterable", Known::Class("collections.abc.Iterable")),
    ("collections.abc.Mapping", Known::Class("collections.abc.Mapping")),
    ("collections.abc.Sequence", Known::Class("collections.abc.Sequence")),
    ("datetime.date", Known::Class("datetime.date")),
    ("datetime.datetime", Known::Class("datetime.datetime")),
    ("datetime.datetime.fromisoformat", Known::Callable("datetime.datetime.fromisoformat")),
    ("datetime.datetime.fromtimestamp", Known::Callable("datetime.datetime.fromtimestamp")),
    ("datetime.datetime.now", Known::Callable("datetime.datetime.now")),
    ("datetime.datetime.strptime", Known::Callable("datetime.datetime.strptime")),
    ("datetime.datetime.utcfromtimestamp", Known::Callable("datetime.datetime.utcfromtimestamp")),
    ("datetime.datetime.utcnow", Known::Callable("datetime.datetime.utcnow")),
    ("datetime.timedelta", Known::Class("datetime.timedelta")),
    ("datetime.timezone", Known::Class("datetime.timezone")),
    ("datetime.timezone.utc", Known::Callable("datetime.timezone.utc")),
    ("fnmatch.fnmatch", Known::Callable("fnmatch.fnmatch")),
    ("fnmatch.fnmatchcase", Known::Callable("fnmatch.fnmatchcase")),
    ("functools.reduce", Known::Callable("functools.reduce")),
    ("ipaddress.IPv4Address", Known::Class("ipaddress.IPv4Address")),
    ("ipaddress.IPv4Network", Known::Class("ipaddress.IPv4Network")),
    ("ipaddress.IPv6Address", Known::Class("ipaddress.IPv6Address")),
    ("ipaddress.IPv6Network", Known::Class("ipaddress.IPv6Network")),
    ("ipaddress.AddressValueError", Known::Class("ipaddress.AddressValueError")),
    ("ipaddress.NetmaskValueError", Known::Class("ipaddress.NetmaskValueError")),
    ("ipaddress.ip_address", Known::Callable("ipaddress.ip_address")),
    ("ipaddress.ip_network", Known::Callable("ipaddress.ip_network")),
    ("json.JSONDecodeError", Known::Class("json.JSONDecodeError")),
    ("json.decoder.JSONDecodeError", Known::Class("json.JSONDecodeError")),
    ("json.dumps", Known::Callable("json.dumps")),
    ("json.loads", Known::Callable("json.loads")),
    ("re.A", Known::Int(256)),
    ("re.ASCII", Known::Int(256)),
    ("re.DOTALL", Known::Int(16)),
    ("re.I", Known::Int(2)),
    ("re.IGNORECASE", Known::Int(2)),
    ("re.M", Known::Int(8)),
    ("re.MULTILINE", Known::Int(8)),
    ("re.S", Known::Int(16)),
    ("re.VERBOSE", Known::Int(64)),
    ("re.X", Known::Int(64)),
    ("re.compile", Known::Callable("re.compile")),
    ("re.error", Known::Class("re.error")),
    ("re.escape", Known::Callable("re.escape")),
    ("re.findall", Known::Callable("re.findall")),
    ("re.finditer", Known::Callable("re.finditer")),
    ("re.fullmatch", Known::Callable("re.fullmatch")),
    ("re.match", Known::Callable("re.match")),
    ("re.search", Known::Callable("re.search")),
    ("re.split", Known::Callable("re.split")),
    ("re.sub", Known::Callable("re.sub")),
    ("str.casefold", Known::Callable("str.casefold")),
    ("str.lower", Known::Callable("str.lower")),
    ("str.strip", Known::Callable("str.strip")),
    ("str.upper", Known::Callable("str.upper")),
    ("typing.Mapping", Known::Class("collections.abc.Mapping")),
    ("typing.Sequence", Known::Class("collections.abc.Sequence")),
    ("typing.Iterable", Known::Class("collections.abc.Iterable")),
];

const MODULES: &[&str] = &[
    "base64",
    "binascii",
    "collections",
    "collections.abc",
    "datetime",
    "fnmatch",
    "functools",
    "ipaddress",
    "json",
    "json.decoder",
    "re",
];

const METHODS: &[&str] = &[
    "add",
    "append",
    "astimezone",
    "capitalize",
    "casefold",
    "center",
    "clear",
    "copy",
    "count",
    "date",
    "decode",
    "difference",
    "difference_update",
    "discard",
    "encode",
    "end",
    "endswith",
    "expandtabs",
    "extend",
    "find",
    "findall",
    "finditer",
    "format",
    "fromkeys",
    "fullmatch",
    "get",
    "group",
    "groupdict",
    "groups",
    "hosts",
    "index",
    "insert",
    "intersection",
    "intersection_update",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isdisjoint",
    "isidentifier",
    "islower",
    "isnumeric",
    "isoformat",
    "isprintable",
    "isspace",
    "issubset",
    "issuperset",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "match",
    "most_common",
    "overlaps",
    "partition",
    "pop",
    "popitem",
    "remove",
    "removeprefix",
    "removesuffix",
    "replace",
    "reverse",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "search",
    "setdefault",
    "sort",
    "span",
    "split",
    "splitlines",
    "start",
    "startswith",
    "strftime",
    "strip",
    "sub",
    "subnet_of",
    "supernet_of",
    "swapcase",
    "symmetric_difference",
    "symmetric_difference_update",
    "timestamp",
    "title",
    "total_seconds",
    "translate",
    "union",
    "update",
    "upper",
    "values",
    "weekday",
    "zfill",
];

/// Methods of a rule's `event`.
const EVENT_METHODS: &[&str] = &["deep_get", "deep_walk", "event_time_epoch", "get", "items", "keys", "udm", "values"];

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
    if let Some(name) = BUILTINS.iter().find(|it| **it == name) {
        return Some(Known::Callable(name));
    }
    CLASSES.iter().find(|it| **it == name).map(|name| Known::Class(name))
}

/// What a dotted library path is.
pub(super) fn library(path: &str) -> Option<Known> {
    if let Some((_, known)) = LIBRARY.iter().find(|(name, _)| *name == path) {
        return Some(*known);
    }
    if MODULES.contains(&path) {
        return Some(Known::Module);
    }
    let root = path.split('.').next().unwrap_or(path);
    matches!(root, "typing" | "typing_extensions" | "panther_core" | "panther_sdk").then_some(Known::Typing)
}

/// Whether some value that the evaluator has knows this method.
pub(super) fn method(name: &str) -> bool {
    METHODS.contains(&name)
}

/// Whether a rule's event knows this method.
pub(super) fn event_method(name: &str) -> bool {
    EVENT_METHODS.contains(&name)
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
