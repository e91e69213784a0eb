//! Why an evaluation stops before it has a value.

use crate::class::{self, Class};
use crate::object::{Object, Raised};
use crate::tree::At;
use crate::value::Value;
use crate::worlds::{Fork, Symbol};

/// A value, or why there is none.
pub(crate) type R<T> = Result<T, Box<Stop>>;

/// Only [`Stop::Raised`] is an exception of Python's: no handler of the detection's sees the others.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A Python exception, and where it was raised.
    Raised(Value, Option<At>),
    /// Something this evaluator does not hold exactly.
    Unsupported(String, Option<At>),
    /// A bound was reached.
    Exceeded(&'static str),
    /// The value of an unknown is needed where only a value will do.
    Needs(Symbol),
    /// An unknown's truth or value is needed: the worlds to go on in.
    Fork(Fork),
}

impl Stop {
    pub(crate) fn raise(class: &'static Class, message: impl Into<String>) -> Box<Self> {
        Self::raise_with(class, vec![Value::from(message.into())])
    }

    pub(crate) fn raise_with(class: &'static Class, args: Vec<Value>) -> Box<Self> {
        Box::new(Self::Raised(Value::object(Object::Exception(Raised { class, args })), None))
    }

    pub(crate) fn type_error(message: impl Into<String>) -> Box<Self> {
        Self::raise(&class::TYPE_ERROR, message)
    }

    pub(crate) fn value_error(message: impl Into<String>) -> Box<Self> {
        Self::raise(&class::VALUE_ERROR, message)
    }

    pub(crate) fn key_error(key: Value) -> Box<Self> {
        Self::raise_with(&class::KEY_ERROR, vec![key])
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Box<Self> {
        Box::new(Self::Unsupported(what.into(), None))
    }

    pub(crate) fn exceeded(limit: &'static str) -> Box<Self> {
        Box::new(Self::Exceeded(limit))
    }

    pub(crate) fn needs(symbol: Symbol) -> Box<Self> {
        Box::new(Self::Needs(symbol))
    }

    /// A `TypeError` about the type of `value`, unless it is an unknown, which may have any type.
    pub(crate) fn wrong(value: &Value, message: impl FnOnce(&str) -> String) -> Box<Self> {
        match value {
            Value::Unknown(symbol) => Self::needs(*symbol),
            known => Self::type_error(message(known.type_name())),
        }
    }

    /// Like [`Self::wrong`], about two values.
    pub(crate) fn wrong_pair(a: &Value, b: &Value, message: impl FnOnce(&str, &str) -> String) -> Box<Self> {
        match (a, b) {
            (Value::Unknown(symbol), _) | (_, Value::Unknown(symbol)) => Self::needs(*symbol),
            _ => Self::type_error(message(a.type_name(), b.type_name())),
        }
    }

    /// Notes where it happened, unless an inner place is known.
    pub(crate) fn place(&mut self, here: At) {
        match self {
            Self::Raised(_, at) | Self::Unsupported(_, at) => {
                at.get_or_insert(here);
            }
            Self::Exceeded(_) | Self::Needs(_) | Self::Fork(_) => {}
        }
    }
}
