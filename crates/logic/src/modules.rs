//! The standard library as detections call it: values in, values out; what it does is in [`crate::library`].

mod clock;
mod collections;
mod encoding;
mod json;
mod network;
mod regex;

use std::rc::Rc;

use smol_str::SmolStr;

use crate::builtin::Builtin;
use crate::class::{self, Class, Kind};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::library::glob::Glob;
use crate::library::ip::Version;
use crate::library::pattern::Pattern;
use crate::library::time::Strptime;
use crate::library::{Failure, PythonError, Steps};
use crate::method::Method;
use crate::object::{Object, Raised};
use crate::stop::{R, Stop};
use crate::tree::{BinaryOp, CompareOp, UnaryOp};
use crate::value::Value;

/// The functions of each module.
pub(crate) static TABLES: &[&[Builtin]] =
    &[clock::TABLE, collections::TABLE, encoding::TABLE, json::TABLE, network::TABLE, regex::TABLE];

/// How many compiled patterns a session keeps.
const CACHE: usize = 256;

/// A step of the evaluator's is worth so many of the library's.
const STEPS: u64 = 25;

/// What is compiled once and used again, by source and flags.
#[derive(Debug, Clone)]
pub(crate) enum Cached {
    Pattern(Rc<Pattern>),
    Glob(Rc<Glob>),
    Strptime(Rc<Strptime>),
}

/// The exception that the library says Python raises.
pub(crate) fn exception(error: PythonError) -> Box<Stop> {
    match class::by_path(error.class) {
        Some(class) => Stop::raise(class, error.message),
        None => Stop::unsupported(format!("the exception '{}'", error.class)),
    }
}

/// Why the library has no answer.
pub(crate) fn raised(failure: Failure) -> Box<Stop> {
    match failure {
        Failure::Raised(error) => exception(error),
        Failure::Unsupported(what) => Stop::unsupported(what),
        Failure::Exceeded(limit) => Stop::exceeded(limit),
    }
}

/// `-value` and its like for objects of the library.
pub(crate) fn unary(op: UnaryOp, operand: &Value) -> R<Option<Value>> {
    let Value::Object(object) = operand else { return Ok(None) };
    let Object::Delta(length) = &**object else { return Ok(None) };
    match op {
        UnaryOp::Minus => length.negated().map(|length| Some(Value::object(Object::Delta(length)))).map_err(exception),
        UnaryOp::Plus => Ok(Some(operand.clone())),
        UnaryOp::Invert => Ok(None),
    }
}

/// `abs(value)` for objects of the library.
pub(crate) fn absolute(value: &Value) -> R<Option<Value>> {
    let Value::Object(object) = value else { return Ok(None) };
    let Object::Delta(length) = &**object else { return Ok(None) };
    length.magnitude().map(|length| Some(Value::object(Object::Delta(length)))).map_err(exception)
}

/// `int(value)` for objects of the library.
pub(crate) fn whole(value: &Value) -> Option<R<i128>> {
    let Value::Object(object) = value else { return None };
    let Object::Address(address) = &**object else { return None };
    Some(i128::try_from(address.bits()).map_err(|_| crate::number::too_big()))
}

/// `format(object, spec)`; `None` where the object takes no spec.
pub(crate) fn formatted(object: &Object, spec: &str) -> Option<R<String>> {
    match object {
        Object::DateTime(time) => Some(time.strftime(spec).map_err(raised)),
        Object::Date(date) => Some(date.strftime(spec).map_err(raised)),
        Object::Address(address) if spec == "s" => Some(Ok(address.to_string())),
        Object::Address(_) if spec.ends_with(['b', 'n', 'x', 'X']) => {
            Some(Err(Stop::unsupported("the number of an address as text")))
        }
        _ => None,
    }
}

impl Object {
    /// `str(self)` where that is not its `repr`.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Self::DateTime(time) => time.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Delta(length) => length.to_string(),
            Self::Zone(zone) => zone.to_string(),
            Self::Address(address) => address.to_string(),
            Self::Network(network) => network.to_string(),
            _ => return None,
        })
    }

    /// `repr(self)`.
    pub(crate) fn repr(&self) -> Option<String> {
        Some(match self {
            Self::DateTime(time) => time.repr(),
            Self::Date(date) => date.repr(),
            Self::Delta(length) => length.repr(),
            Self::Zone(zone) => zone.repr(),
            Self::Address(address) => address.repr(),
            Self::Network(network) => network.repr(),
            Self::Pattern(pattern) => pattern.repr(),
            Self::Match(found) => found.found.repr(&found.subject),
            Self::Url(url) => url.repr(),
            _ => return None,
        })
    }

    /// `self < other` and its like; `None` where the two have no order.
    pub(crate) fn ordered(&self, op: CompareOp, other: &Self) -> R<Option<bool>> {
        match (self, other) {
            (Self::Address(a), Self::Address(b)) => network::addresses_ordered(op, a, b).map(Some),
            (Self::Network(a), Self::Network(b)) => network::networks_ordered(op, a, b).map(Some),
            (Self::Url(_), Self::Url(_)) => Err(Stop::unsupported("the order of parsed URLs")),
            _ => clock::ordered(op, self, other),
        }
    }
}

impl Machine<'_> {
    /// Lets the library work within the steps that are left.
    pub(crate) fn granted<T>(&mut self, work: impl FnOnce(&mut Steps) -> Result<T, Failure>) -> R<T> {
        let grant = self.state.steps.saturating_mul(STEPS);
        let mut steps = Steps::new(grant);
        let result = work(&mut steps);
        self.tick((grant - steps.left()) / STEPS)?;
        result.map_err(raised)
    }

    /// Keeps something compiled for the next time.
    pub(crate) fn remember(&mut self, key: (SmolStr, u32), made: Cached) {
        if self.state.cache.len() >= CACHE {
            self.state.cache.clear();
        }
        self.state.cache.insert(key, made);
    }

    /// An iterator over an object of the library.
    pub(crate) fn library_iter(&mut self, object: &Object) -> Option<R<Iter>> {
        if let Object::Url(url) = object {
            return Some(Ok(Iter::Items(url.parts().map(Value::str).to_vec().into_iter())));
        }
        let Object::Network(network) = object else { return None };
        Some(network.addresses().map_err(raised).and_then(|addresses| {
            self.charge_values(4 * addresses.len())?;
            let addresses: Vec<_> =
                addresses.into_iter().map(|address| Value::object(Object::Address(address))).collect();
            Ok(Iter::Items(addresses.into_iter()))
        }))
    }

    /// `a op b` where one is an object of the library.
    pub(crate) fn library_binary(&mut self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        if let Value::Object(object) = a
            && let Object::Address(address) = &**object
            && matches!(op, BinaryOp::Add | BinaryOp::Sub)
        {
            return network::shifted(address, b, op == BinaryOp::Add);
        }
        clock::binary(op, a, b)
    }

    /// `item in object`.
    pub(crate) fn library_contains(&mut self, object: &Object, item: &Value) -> R<Option<bool>> {
        match object {
            Object::Network(network) => network::contains(network, item).map(Some),
            _ => Ok(None),
        }
    }

    /// `object[index]`.
    pub(crate) fn object_item(&mut self, object: &Object, index: &Value) -> R<Option<Value>> {
        match object {
            Object::Range(range) => {
                let at = crate::text::index(index)?;
                let at = if at < 0 { at.saturating_add(range.len()) } else { at };
                if (0..range.len()).contains(&at) {
                    return Ok(Some(Value::Int(range.at(at))));
                }
                Err(Stop::raise(&class::INDEX_ERROR, "range object index out of range"))
            }
            Object::Match(found) => found.item(index).map(Some),
            Object::Url(url) => {
                let parts = Value::tuple(url.parts().map(Value::str).to_vec());
                self.subscript(&parts, index).map(Some)
            }
            Object::Network(network) => {
                let at = crate::text::index(index)?;
                network.nth(at).map(|address| Some(Value::object(Object::Address(address)))).map_err(exception)
            }
            _ => Ok(None),
        }
    }

    /// An attribute that is no method.
    pub(crate) fn library_attribute(&mut self, value: &Value, name: &SmolStr) -> R<Option<Value>> {
        let name = name.as_str();
        Ok(match value {
            _ if name == "__class__" => value.class().map(Value::Class),
            Value::Class(class) => match name {
                "__name__" | "__qualname__" => Some(Value::str(class.name())),
                _ => crate::builtin::by_name(&format!("{}.{name}", class.path)).map(Builtin::value),
            },
            Value::Int(_) | Value::Float(_) if name == "real" => Some(value.clone()),
            Value::Object(object) => match &**object {
                Object::Exception(raised) => exception_attribute(raised, name),
                Object::Pattern(pattern) => regex::pattern_attribute(pattern, name),
                Object::Match(found) => found.attribute(name),
                Object::Url(url) => encoding::url_attribute(url, name)?,
                Object::Address(address) => network::address_attribute(address, name)?,
                Object::Network(network) => network::network_attribute(network, name)?,
                object => clock::attribute(object, name),
            },
            _ => None,
        })
    }

    /// A method of an object.
    pub(crate) fn library_method(&mut self, receiver: &Value, object: &Object, method: Method, call: Call) -> R<Value> {
        match object {
            Object::Pattern(pattern) => self.pattern_method(receiver, pattern, method, call),
            Object::Match(found) => self.match_method(receiver, found, method, call),
            Object::Network(network) => self.network_method(receiver, network, method, call),
            Object::Exception(_) if method == Method::WithTraceback => {
                let [_] = call.exactly("BaseException.with_traceback")?;
                Ok(receiver.clone())
            }
            object => self.time_method(receiver, object, method, call),
        }
    }

    /// A new instance of a class of the library.
    pub(crate) fn library_construct(&mut self, class: &'static Class, call: Call) -> R<Value> {
        match class.kind {
            Kind::DateTime | Kind::Date | Kind::TimeDelta | Kind::TimeZone => self.construct_time(class, call),
            Kind::Address4 => self.construct_network(Version::V4, false, call),
            Kind::Address6 => self.construct_network(Version::V6, false, call),
            Kind::Network4 => self.construct_network(Version::V4, true, call),
            Kind::Network6 => self.construct_network(Version::V6, true, call),
            _ => Err(Stop::unsupported(format!("making a '{}'", class.path()))),
        }
    }
}

fn exception_attribute(raised: &Raised, name: &str) -> Option<Value> {
    if raised.class == &class::JSON_DECODE_ERROR {
        let index = ["", "msg", "doc", "pos", "lineno", "colno"].iter().position(|known| *known == name);
        if let Some(index @ 1..) = index {
            return raised.args.get(index).cloned();
        }
        if name == "args" {
            return Some(Value::tuple(raised.args.iter().take(1).cloned().collect()));
        }
    }
    (name == "args").then(|| Value::tuple(raised.args.clone()))
}
