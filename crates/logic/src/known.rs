//! What the evaluator implements, so that the front end can refuse the rest where it stands.

use crate::method::Method;
use crate::{builtin, class};

/// The modules of the standard library of which something is implemented.
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
    "numbers",
    "re",
    "typing",
    "urllib",
    "urllib.parse",
];

/// The attributes that are no methods, of whatever value.
const ATTRIBUTES: &[&str] = &[
    "args",
    "broadcast_address",
    "colno",
    "compressed",
    "day",
    "days",
    "doc",
    "exploded",
    "fragment",
    "hostmask",
    "hostname",
    "hour",
    "is_global",
    "is_link_local",
    "is_loopback",
    "is_multicast",
    "is_private",
    "is_reserved",
    "is_site_local",
    "is_unspecified",
    "lineno",
    "max_prefixlen",
    "microsecond",
    "microseconds",
    "minute",
    "month",
    "msg",
    "netloc",
    "netmask",
    "network_address",
    "num_addresses",
    "path",
    "pattern",
    "port",
    "prefixlen",
    "query",
    "scheme",
    "second",
    "seconds",
    "tzinfo",
    "version",
    "with_netmask",
    "with_prefixlen",
    "year",
];

/// Methods that change what they are called on.
const MUTATORS: &[&str] = &[
    "add",
    "append",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "insert",
    "intersection_update",
    "move_to_end",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "subtract",
    "symmetric_difference_update",
    "update",
];

/// Calls whose result nobody else holds, though what it contains may be held.
const FRESH: &[&str] = &[
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

/// Whether a module has something that is implemented: `json`, `collections.abc`.
pub fn is_module(path: &str) -> bool {
    MODULES.contains(&path)
}

/// Whether any value has an attribute of that name that is no method.
pub fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name)
}

/// Whether a method of that name can change its receiver.
pub fn mutates(method: &str) -> bool {
    MUTATORS.contains(&method)
}

/// Whether a call of that builtin, class or library function makes something that nobody else holds.
pub fn makes_fresh(callable: &str) -> bool {
    FRESH.contains(&callable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{alone, arguments::Call};
    use crate::stop::Stop;
    use crate::value::Value;

    /// What a call of a class or function gives for texts.
    fn made(path: &str, args: &[&str]) -> Value {
        alone(|machine| {
            let call = Call::of(args.iter().map(Value::str).collect());
            match builtin::by_name(path) {
                Some(builtin) => builtin.call(machine, call),
                None => machine.construct(class::by_path(path).unwrap(), call),
            }
        })
        .unwrap()
    }

    #[test]
    fn every_attribute_that_is_listed_is_one_of_some_value() {
        let error = alone(|machine| {
            let loads = builtin::by_name("json.loads").unwrap();
            match loads.call(machine, Call::of(vec![Value::str("{")])).map_err(|stop| *stop) {
                Err(Stop::Raised(error, _)) => Ok(error),
                _ => Ok(Value::None),
            }
        })
        .unwrap();
        let values = [
            error,
            made("datetime.datetime.fromisoformat", &["2026-05-06T07:08:09"]),
            alone(|machine| machine.construct(&class::TIME_DELTA, Call::default())).unwrap(),
            made("ipaddress.ip_network", &["10.0.0.0/8"]),
            made("ipaddress.ip_address", &["::1"]),
            made("re.compile", &["a"]),
            made("urllib.parse.urlparse", &["https://user@host:1/path?query#fragment"]),
        ];
        for name in ATTRIBUTES {
            let name = smol_str::SmolStr::new_static(name);
            let has = |value: &Value| alone(|machine| machine.library_attribute(value, &name)).flatten().is_some();
            assert!(values.iter().any(has), "{name}");
        }
    }

    #[test]
    fn what_is_said_of_methods_and_modules_is_said_of_real_ones() {
        for name in MUTATORS {
            assert!(is_method(name), "{name}");
        }
        for name in FRESH {
            assert!(is_builtin(name) || is_library(name) || is_class(name), "{name}");
        }
        for module in MODULES.iter().filter(|module| !["typing", "urllib"].contains(module)) {
            let within = |path: &str| path.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
            assert!(class::paths().any(within) || builtin::tables().any(|builtin| within(builtin.name)), "{module}");
        }
    }
}
