//! `ipaddress` as detections call it.

use crate::builtin::Builtin;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::library::PythonError;
use crate::library::ip::{self, Address, Network, Source, Version};
use crate::method::Method;
use crate::object::Object;
use crate::stop::{R, Stop};
use crate::text::index;
use crate::tree::CompareOp;
use crate::value::Value;

use super::{exception, raised};

/// The functions of `ipaddress`.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("ipaddress.ip_address", |machine, call| {
        let [source] = call.named("ip_address", ["address"], 0, 1)?;
        let address = machine.sourced(&source.unwrap_or_default(), ip::ip_address)?;
        Ok(Value::object(Object::Address(address)))
    }),
    Builtin::function("ipaddress.ip_network", |machine, call| {
        let [source, strict] = call.named("ip_network", ["address", "strict"], 0, 1)?;
        machine.network(source, strict, None)
    }),
];

impl Machine<'_> {
    /// Hands a value to a constructor in the form in which it reads it.
    fn sourced<T>(&mut self, value: &Value, make: impl FnOnce(Source<'_>) -> Result<T, PythonError>) -> R<T> {
        match value {
            Value::Str(text) => make(Source::Text(text)),
            Value::Int(number) => make(Source::Int(*number)),
            Value::Bool(number) => make(Source::Int(i128::from(*number))),
            Value::Bytes(bytes) => make(Source::Packed(bytes)),
            other => {
                let (text, repr) = (self.text(other)?, self.repr(other)?);
                make(Source::Other { text: &text, repr: &repr })
            }
        }
        .map_err(exception)
    }

    /// `IPv4Address(source)` and its like.
    pub(super) fn construct_network(&mut self, version: Version, is_network: bool, call: Call) -> R<Value> {
        if is_network {
            let [source, strict] = call.named("__init__", ["address", "strict"], 0, 1)?;
            return self.network(source, strict, Some(version));
        }
        let [source] = call.named("__init__", ["address"], 0, 1)?;
        let address = self.sourced(&source.unwrap_or_default(), |source| Address::new(version, source))?;
        Ok(Value::object(Object::Address(address)))
    }

    fn network(&mut self, source: Option<Value>, strict: Option<Value>, version: Option<Version>) -> R<Value> {
        let strict = match strict {
            Some(strict) => self.truth(&strict)?,
            None => true,
        };
        let source = source.unwrap_or_default();
        if let Value::Tuple(_) = source {
            return Err(Stop::unsupported("a network from a pair"));
        }
        let network = self.sourced(&source, |source| match version {
            Some(version) => Network::new(version, source, strict),
            None => ip::ip_network(source, strict),
        })?;
        Ok(Value::object(Object::Network(network)))
    }

    /// A method of a network; addresses have none that are implemented.
    pub(super) fn network_method(
        &mut self,
        receiver: &Value,
        network: &Network,
        method: Method,
        call: Call,
    ) -> R<Value> {
        match method {
            Method::Overlaps | Method::SubnetOf | Method::SupernetOf => {
                let [other] = call.named(method.name(), ["other"], 0, 1)?;
                let other = other.unwrap_or_default();
                let Some(other) = as_network(&other) else { return Err(self.not_a_network(network, method, &other)?) };
                match method {
                    Method::Overlaps => Ok(network.overlaps(other)),
                    Method::SubnetOf => network.subnet_of(other),
                    _ => network.supernet_of(other),
                }
                .map(Value::Bool)
                .map_err(exception)
            }
            Method::Hosts => {
                let [] = call.exactly("hosts")?;
                let hosts = network.hosts().map_err(raised)?;
                self.listed(hosts.into_iter().map(Object::Address).collect())
            }
            Method::Subnets => {
                let (by, prefix) = differences(call, "subnets")?;
                let subnets = network.subnets(by, prefix).map_err(raised)?;
                self.listed(subnets.into_iter().map(Object::Network).collect())
            }
            Method::Supernet => {
                let (by, prefix) = differences(call, "supernet")?;
                network.supernet(by, prefix).map(|network| Value::object(Object::Network(network))).map_err(raised)
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }

    fn not_a_network(&mut self, network: &Network, method: Method, other: &Value) -> R<Box<Stop>> {
        if method != Method::Overlaps {
            let other = self.text(other)?;
            let message = format!("Unable to test subnet containment between {network} and {other}");
            return Ok(Stop::type_error(message));
        }
        match other {
            Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Set(_) => {
                Err(Stop::unsupported("overlaps of a network with something else"))
            }
            other => Ok(Stop::wrong(other, |name| format!("argument of type '{name}' is not iterable"))),
        }
    }

    fn listed(&mut self, objects: Vec<Object>) -> R<Value> {
        self.charge_values(4 * objects.len())?;
        self.tick(objects.len() as u64)?;
        let items: Vec<_> = objects.into_iter().map(Value::object).collect();
        self.iterator(&crate::class::GENERATOR, crate::iterate::Iter::Items(items.into_iter()))
    }
}

fn differences(call: Call, function: &str) -> R<(i128, Option<i128>)> {
    let [by, prefix] = call.named(function, ["prefixlen_diff", "new_prefix"], 0, 0)?;
    let prefix = match prefix {
        None | Some(Value::None) => None,
        Some(prefix) => Some(index(&prefix)?),
    };
    Ok((by.map_or(Ok(1), |by| index(&by))?, prefix))
}

fn as_network(value: &Value) -> Option<&Network> {
    match value {
        Value::Object(object) => match &**object {
            Object::Network(network) => Some(network),
            _ => None,
        },
        _ => None,
    }
}

/// `item in network`.
pub(super) fn contains(network: &Network, item: &Value) -> R<bool> {
    match item {
        Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
        Value::Object(object) => match &**object {
            Object::Address(address) => Ok(network.contains(address)),
            // A network is never in a network.
            Object::Network(_) => Ok(false),
            _ => Err(crate::evaluate::expressions::no_attribute(item, "_version")),
        },
        other => Err(crate::evaluate::expressions::no_attribute(other, "_version")),
    }
}

/// An attribute of an address that is no method.
pub(super) fn address_attribute(address: &Address, name: &str) -> R<Option<Value>> {
    let optional =
        |address: Option<Address>| address.map_or(Value::None, |address| Value::object(Object::Address(address)));
    let is_v6 = address.version() == Version::V6;
    Ok(Some(match name {
        "version" => Value::Int(i128::from(address.version().number())),
        "max_prefixlen" => Value::Int(i128::from(address.version().width())),
        "compressed" => Value::from(address.to_string()),
        "exploded" => Value::from(address.exploded().map_err(exception)?),
        "reverse_pointer" => Value::from(address.reverse_pointer().map_err(exception)?),
        "packed" => Value::Bytes(address.packed().into()),
        "is_private" => Value::Bool(address.is_private()),
        "is_global" => Value::Bool(address.is_global()),
        "is_multicast" => Value::Bool(address.is_multicast()),
        "is_reserved" => Value::Bool(address.is_reserved()),
        "is_link_local" => Value::Bool(address.is_link_local()),
        "is_loopback" => Value::Bool(address.is_loopback()),
        "is_unspecified" => Value::Bool(address.is_unspecified()),
        "is_site_local" if is_v6 => Value::Bool(address.is_site_local().unwrap_or(false)),
        "scope_id" if is_v6 => address.scope_id().map_or(Value::None, Value::str),
        "ipv4_mapped" if is_v6 => optional(address.ipv4_mapped()),
        "sixtofour" if is_v6 => optional(address.sixtofour()),
        "teredo" if is_v6 => match address.teredo() {
            Some((server, client)) => Value::tuple(vec![optional(Some(server)), optional(Some(client))]),
            None => Value::None,
        },
        _ => return Ok(None),
    }))
}

/// An attribute of a network that is no method.
pub(super) fn network_attribute(network: &Network, name: &str) -> R<Option<Value>> {
    let address = |address: Address| Value::object(Object::Address(address));
    Ok(Some(match name {
        "version" => Value::Int(i128::from(network.version().number())),
        "max_prefixlen" => Value::Int(i128::from(network.version().width())),
        "network_address" => address(network.network_address().clone()),
        "broadcast_address" => address(network.broadcast_address()),
        "netmask" => address(network.netmask()),
        "hostmask" => address(network.hostmask()),
        "prefixlen" => Value::Int(i128::from(network.prefixlen())),
        "num_addresses" => match network.num_addresses().and_then(|count| i128::try_from(count).ok()) {
            Some(count) => Value::Int(count),
            None => return Err(crate::number::too_big()),
        },
        "compressed" => Value::from(network.to_string()),
        "exploded" => Value::from(network.exploded().map_err(exception)?),
        "reverse_pointer" => Value::from(network.reverse_pointer().map_err(exception)?),
        "with_prefixlen" => Value::from(network.to_string()),
        "with_netmask" => Value::from(network.with_netmask()),
        "with_hostmask" => Value::from(network.with_hostmask()),
        "is_private" => Value::Bool(network.is_private()),
        "is_global" => Value::Bool(network.is_global()),
        "is_multicast" => Value::Bool(network.is_multicast()),
        "is_reserved" => Value::Bool(network.is_reserved()),
        "is_link_local" => Value::Bool(network.is_link_local()),
        "is_loopback" => Value::Bool(network.is_loopback()),
        "is_unspecified" => Value::Bool(network.is_unspecified()),
        "is_site_local" if network.version() == Version::V6 => Value::Bool(network.is_site_local().unwrap_or(false)),
        _ => return Ok(None),
    }))
}

/// `a < b` and its like of two addresses.
pub(super) fn addresses_ordered(op: CompareOp, a: &Address, b: &Address) -> R<bool> {
    match op {
        CompareOp::Lt => a.less(b),
        CompareOp::LtE => a.less_or_equal(b),
        CompareOp::Gt => a.greater(b),
        _ => a.greater_or_equal(b),
    }
    .map_err(exception)
}

/// `a < b` and its like of two networks.
pub(super) fn networks_ordered(op: CompareOp, a: &Network, b: &Network) -> R<bool> {
    match op {
        CompareOp::Lt => a.less(b),
        CompareOp::LtE => a.less_or_equal(b),
        CompareOp::Gt => a.greater(b),
        _ => a.greater_or_equal(b),
    }
    .map_err(exception)
}

/// `address + number`, `address - number`.
pub(super) fn shifted(address: &Address, number: &Value, forward: bool) -> R<Option<Value>> {
    let number = match number {
        Value::Int(number) => *number,
        Value::Bool(number) => i128::from(*number),
        Value::Unknown(symbol) => return Err(Stop::needs(*symbol)),
        _ => return Ok(None),
    };
    let number = if forward { Some(number) } else { number.checked_neg() };
    let Some(number) = number else { return Err(crate::number::too_big()) };
    address.plus(number).map(|address| Some(Value::object(Object::Address(address)))).map_err(exception)
}
