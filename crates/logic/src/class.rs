//! The classes a detection can name, and which of them is a subclass of which.

/// A class of Python's, by identity: two classes are the same when they are the same static.
#[derive(Debug)]
pub struct Class {
    /// The canonical name, as `known::is_class` knows it: `dict`, `datetime.datetime`.
    pub(crate) path: &'static str,
    /// `__name__`.
    pub(crate) name: &'static str,
    /// What instances are.
    pub(crate) kind: Kind,
    /// The one base class that matters for `isinstance`.
    pub(crate) base: Option<&'static Class>,
}

/// What a class's instances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    NoneType,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    List,
    Tuple,
    Dict,
    DefaultDict,
    OrderedDict,
    Counter,
    Set,
    FrozenSet,
    Range,
    Function,
    Builtin,
    Type,
    View,
    Iterator,
    Slice,
    Exception,
    Pattern,
    Match,
    DateTime,
    Date,
    Time,
    TimeDelta,
    TimeZone,
    Address4,
    Address6,
    Network4,
    Network6,
    UrlParts,
    Sealed,
    /// An abstract class: `Mapping`, `Sequence` …; it has no instances of its own.
    Abstract(Protocol),
}

/// What an abstract class asks of its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Mapping,
    MutableMapping,
    Sequence,
    MutableSequence,
    Set,
    MutableSet,
    Iterable,
    Collection,
    Sized,
    Container,
    Hashable,
    Callable,
    Iterator,
    Number,
}

impl PartialEq for Class {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Class {}

impl Class {
    /// Whether `self` is `other` or derives from it.
    pub(crate) fn derives(&'static self, other: &'static Class) -> bool {
        let mut class = Some(self);
        while let Some(current) = class {
            if current == other {
                return true;
            }
            class = current.base;
        }
        other == &OBJECT
    }

    /// `__name__`: `KeyError`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name as CPython's own errors have it: with its module where the class is written in C.
    pub(crate) fn full_name(&self) -> &'static str {
        match self.kind {
            Kind::DateTime | Kind::Date | Kind::Time | Kind::TimeDelta | Kind::TimeZone => self.path,
            Kind::Pattern | Kind::Match | Kind::DefaultDict | Kind::OrderedDict => self.path,
            _ => self.name,
        }
    }

    /// The canonical name: `datetime.datetime`.
    pub fn path(&self) -> &'static str {
        self.path
    }
}

macro_rules! classes {
    ($($ident:ident $path:literal $name:literal $kind:expr, $base:expr;)*) => {
        $(pub(crate) static $ident: Class = Class { path: $path, name: $name, kind: $kind, base: $base };)*
        static ALL: &[&Class] = &[$(&$ident),*];
    };
}

classes! {
    OBJECT "object" "object" Kind::Object, None;
    NONE_TYPE "types.NoneType" "NoneType" Kind::NoneType, None;
    INT "int" "int" Kind::Int, None;
    BOOL "bool" "bool" Kind::Bool, Some(&INT);
    FLOAT "float" "float" Kind::Float, None;
    STR "str" "str" Kind::Str, None;
    BYTES "bytes" "bytes" Kind::Bytes, None;
    LIST "list" "list" Kind::List, None;
    TUPLE "tuple" "tuple" Kind::Tuple, None;
    DICT "dict" "dict" Kind::Dict, None;
    DEFAULT_DICT "collections.defaultdict" "defaultdict" Kind::DefaultDict, Some(&DICT);
    ORDERED_DICT "collections.OrderedDict" "OrderedDict" Kind::OrderedDict, Some(&DICT);
    COUNTER "collections.Counter" "Counter" Kind::Counter, Some(&DICT);
    SET "set" "set" Kind::Set, None;
    FROZEN_SET "frozenset" "frozenset" Kind::FrozenSet, None;
    RANGE "range" "range" Kind::Range, None;
    SLICE "slice" "slice" Kind::Slice, None;
    TYPE "type" "type" Kind::Type, None;
    FUNCTION "types.FunctionType" "function" Kind::Function, None;
    BUILTIN_FUNCTION "types.BuiltinFunctionType" "builtin_function_or_method" Kind::Builtin, None;
    METHOD "types.MethodType" "method" Kind::Function, None;
    GENERATOR "types.GeneratorType" "generator" Kind::Iterator, None;
    DICT_KEYS "dict_keys" "dict_keys" Kind::View, None;
    DICT_VALUES "dict_values" "dict_values" Kind::View, None;
    DICT_ITEMS "dict_items" "dict_items" Kind::View, None;
    ENUMERATE "enumerate" "enumerate" Kind::Iterator, None;
    ZIP "zip" "zip" Kind::Iterator, None;
    MAP "map" "map" Kind::Iterator, None;
    FILTER "filter" "filter" Kind::Iterator, None;
    REVERSED "reversed" "reversed" Kind::Iterator, None;
    LIST_ITERATOR "list_iterator" "list_iterator" Kind::Iterator, None;
    PATTERN "re.Pattern" "Pattern" Kind::Pattern, None;
    MATCH "re.Match" "Match" Kind::Match, None;
    DATE "datetime.date" "date" Kind::Date, None;
    DATE_TIME "datetime.datetime" "datetime" Kind::DateTime, Some(&DATE);
    TIME "datetime.time" "time" Kind::Time, None;
    TIME_DELTA "datetime.timedelta" "timedelta" Kind::TimeDelta, None;
    TIME_ZONE "datetime.timezone" "timezone" Kind::TimeZone, None;
    ADDRESS4 "ipaddress.IPv4Address" "IPv4Address" Kind::Address4, None;
    ADDRESS6 "ipaddress.IPv6Address" "IPv6Address" Kind::Address6, None;
    NETWORK4 "ipaddress.IPv4Network" "IPv4Network" Kind::Network4, None;
    NETWORK6 "ipaddress.IPv6Network" "IPv6Network" Kind::Network6, None;
    URL_PARTS "urllib.parse.ParseResult" "ParseResult" Kind::UrlParts, Some(&TUPLE);

    PANTHER_EVENT "panther_core.enriched_event.PantherEvent" "PantherEvent" Kind::Sealed, Some(&SEALED_DICT);
    SEALED_DICT "panther_core.immutable.ImmutableCaseInsensitiveDict" "ImmutableCaseInsensitiveDict" Kind::Sealed, None;
    SEALED_LIST "panther_core.immutable.ImmutableList" "ImmutableList" Kind::Sealed, None;

    MAPPING "collections.abc.Mapping" "Mapping" Kind::Abstract(Protocol::Mapping), None;
    MUTABLE_MAPPING "collections.abc.MutableMapping" "MutableMapping" Kind::Abstract(Protocol::MutableMapping), None;
    SEQUENCE "collections.abc.Sequence" "Sequence" Kind::Abstract(Protocol::Sequence), None;
    MUTABLE_SEQUENCE "collections.abc.MutableSequence" "MutableSequence" Kind::Abstract(Protocol::MutableSequence), None;
    ABSTRACT_SET "collections.abc.Set" "Set" Kind::Abstract(Protocol::Set), None;
    MUTABLE_SET "collections.abc.MutableSet" "MutableSet" Kind::Abstract(Protocol::MutableSet), None;
    ITERABLE "collections.abc.Iterable" "Iterable" Kind::Abstract(Protocol::Iterable), None;
    COLLECTION "collections.abc.Collection" "Collection" Kind::Abstract(Protocol::Collection), None;
    SIZED "collections.abc.Sized" "Sized" Kind::Abstract(Protocol::Sized), None;
    CONTAINER "collections.abc.Container" "Container" Kind::Abstract(Protocol::Container), None;
    HASHABLE "collections.abc.Hashable" "Hashable" Kind::Abstract(Protocol::Hashable), None;
    CALLABLE "collections.abc.Callable" "Callable" Kind::Abstract(Protocol::Callable), None;
    ITERATOR "collections.abc.Iterator" "Iterator" Kind::Abstract(Protocol::Iterator), None;
    NUMBER "numbers.Number" "Number" Kind::Abstract(Protocol::Number), None;

    BASE_EXCEPTION "BaseException" "BaseException" Kind::Exception, None;
    SYSTEM_EXIT "SystemExit" "SystemExit" Kind::Exception, Some(&BASE_EXCEPTION);
    KEYBOARD_INTERRUPT "KeyboardInterrupt" "KeyboardInterrupt" Kind::Exception, Some(&BASE_EXCEPTION);
    GENERATOR_EXIT "GeneratorExit" "GeneratorExit" Kind::Exception, Some(&BASE_EXCEPTION);
    EXCEPTION "Exception" "Exception" Kind::Exception, Some(&BASE_EXCEPTION);
    ARITHMETIC_ERROR "ArithmeticError" "ArithmeticError" Kind::Exception, Some(&EXCEPTION);
    OVERFLOW_ERROR "OverflowError" "OverflowError" Kind::Exception, Some(&ARITHMETIC_ERROR);
    ZERO_DIVISION_ERROR "ZeroDivisionError" "ZeroDivisionError" Kind::Exception, Some(&ARITHMETIC_ERROR);
    ASSERTION_ERROR "AssertionError" "AssertionError" Kind::Exception, Some(&EXCEPTION);
    ATTRIBUTE_ERROR "AttributeError" "AttributeError" Kind::Exception, Some(&EXCEPTION);
    EOF_ERROR "EOFError" "EOFError" Kind::Exception, Some(&EXCEPTION);
    IMPORT_ERROR "ImportError" "ImportError" Kind::Exception, Some(&EXCEPTION);
    MODULE_NOT_FOUND_ERROR "ModuleNotFoundError" "ModuleNotFoundError" Kind::Exception, Some(&IMPORT_ERROR);
    LOOKUP_ERROR "LookupError" "LookupError" Kind::Exception, Some(&EXCEPTION);
    INDEX_ERROR "IndexError" "IndexError" Kind::Exception, Some(&LOOKUP_ERROR);
    KEY_ERROR "KeyError" "KeyError" Kind::Exception, Some(&LOOKUP_ERROR);
    MEMORY_ERROR "MemoryError" "MemoryError" Kind::Exception, Some(&EXCEPTION);
    NAME_ERROR "NameError" "NameError" Kind::Exception, Some(&EXCEPTION);
    UNBOUND_LOCAL_ERROR "UnboundLocalError" "UnboundLocalError" Kind::Exception, Some(&NAME_ERROR);
    OS_ERROR "OSError" "OSError" Kind::Exception, Some(&EXCEPTION);
    FILE_NOT_FOUND_ERROR "FileNotFoundError" "FileNotFoundError" Kind::Exception, Some(&OS_ERROR);
    PERMISSION_ERROR "PermissionError" "PermissionError" Kind::Exception, Some(&OS_ERROR);
    CONNECTION_ERROR "ConnectionError" "ConnectionError" Kind::Exception, Some(&OS_ERROR);
    TIMEOUT_ERROR "TimeoutError" "TimeoutError" Kind::Exception, Some(&OS_ERROR);
    RUNTIME_ERROR "RuntimeError" "RuntimeError" Kind::Exception, Some(&EXCEPTION);
    NOT_IMPLEMENTED_ERROR "NotImplementedError" "NotImplementedError" Kind::Exception, Some(&RUNTIME_ERROR);
    RECURSION_ERROR "RecursionError" "RecursionError" Kind::Exception, Some(&RUNTIME_ERROR);
    STOP_ITERATION "StopIteration" "StopIteration" Kind::Exception, Some(&EXCEPTION);
    SYNTAX_ERROR "SyntaxError" "SyntaxError" Kind::Exception, Some(&EXCEPTION);
    TYPE_ERROR "TypeError" "TypeError" Kind::Exception, Some(&EXCEPTION);
    VALUE_ERROR "ValueError" "ValueError" Kind::Exception, Some(&EXCEPTION);
    UNICODE_ERROR "UnicodeError" "UnicodeError" Kind::Exception, Some(&VALUE_ERROR);
    UNICODE_DECODE_ERROR "UnicodeDecodeError" "UnicodeDecodeError" Kind::Exception, Some(&UNICODE_ERROR);
    UNICODE_ENCODE_ERROR "UnicodeEncodeError" "UnicodeEncodeError" Kind::Exception, Some(&UNICODE_ERROR);
    JSON_DECODE_ERROR "json.decoder.JSONDecodeError" "JSONDecodeError" Kind::Exception, Some(&VALUE_ERROR);
    RE_ERROR "re.error" "error" Kind::Exception, Some(&EXCEPTION);
    BINASCII_ERROR "binascii.Error" "Error" Kind::Exception, Some(&VALUE_ERROR);
    ADDRESS_VALUE_ERROR "ipaddress.AddressValueError" "AddressValueError" Kind::Exception, Some(&VALUE_ERROR);
    NETMASK_VALUE_ERROR "ipaddress.NetmaskValueError" "NetmaskValueError" Kind::Exception, Some(&VALUE_ERROR);
    WARNING "Warning" "Warning" Kind::Exception, Some(&EXCEPTION);
    USER_WARNING "UserWarning" "UserWarning" Kind::Exception, Some(&WARNING);
    DEPRECATION_WARNING "DeprecationWarning" "DeprecationWarning" Kind::Exception, Some(&WARNING);
}

/// Other names by which source code reaches a class.
const ALIASES: &[(&str, &str)] = &[
    ("IOError", "OSError"),
    ("EnvironmentError", "OSError"),
    ("json.JSONDecodeError", "json.decoder.JSONDecodeError"),
    ("re.PatternError", "re.error"),
    ("typing.Mapping", "collections.abc.Mapping"),
    ("typing.MutableMapping", "collections.abc.MutableMapping"),
    ("typing.Sequence", "collections.abc.Sequence"),
    ("typing.MutableSequence", "collections.abc.MutableSequence"),
    ("typing.AbstractSet", "collections.abc.Set"),
    ("typing.MutableSet", "collections.abc.MutableSet"),
    ("typing.Iterable", "collections.abc.Iterable"),
    ("typing.Collection", "collections.abc.Collection"),
    ("typing.Sized", "collections.abc.Sized"),
    ("typing.Container", "collections.abc.Container"),
    ("typing.Hashable", "collections.abc.Hashable"),
    ("typing.Callable", "collections.abc.Callable"),
    ("typing.Iterator", "collections.abc.Iterator"),
    ("typing.Dict", "dict"),
    ("typing.List", "list"),
    ("typing.Tuple", "tuple"),
    ("typing.Set", "set"),
    ("typing.FrozenSet", "frozenset"),
    ("typing.Pattern", "re.Pattern"),
    ("typing.Match", "re.Match"),
];

/// Internal names that source code cannot reach.
const HIDDEN: &[&str] = &["dict_keys", "dict_values", "dict_items", "list_iterator"];

/// The class of that canonical name or alias.
pub(crate) fn by_path(path: &str) -> Option<&'static Class> {
    let path = ALIASES.iter().find(|(alias, _)| *alias == path).map_or(path, |(_, target)| target);
    if HIDDEN.contains(&path) {
        return None;
    }
    ALL.iter().copied().find(|class| class.path == path)
}

/// The paths of all classes.
#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|class| class.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_error_is_a_lookup_error_and_an_exception() {
        let class = by_path("KeyError").unwrap();
        assert!(class.derives(&LOOKUP_ERROR));
        assert!(class.derives(&EXCEPTION));
        assert!(class.derives(&OBJECT));
        assert!(!class.derives(&VALUE_ERROR));
    }

    #[test]
    fn an_alias_is_the_same_class() {
        assert_eq!(by_path("json.JSONDecodeError"), by_path("json.decoder.JSONDecodeError"));
        assert_eq!(by_path("typing.Mapping"), by_path("collections.abc.Mapping"));
    }

    #[test]
    fn no_two_classes_share_a_path() {
        for (index, class) in ALL.iter().enumerate() {
            assert!(ALL[index + 1..].iter().all(|other| other.path != class.path), "{}", class.path);
        }
    }
}
