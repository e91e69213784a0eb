//! Python's values: JSON's six kinds and what Python code makes of them.

use std::rc::Rc;

use smol_str::SmolStr;

use crate::builtin::Builtin;
use crate::class::{self, Class};
use crate::containers::{Dict, Key, List, Set, Tuple};
use crate::object::Object;
use crate::stop::R;
use crate::tree::{Const, FunctionId};
use crate::worlds::Symbol;

/// A value. Containers are shared and mutable, as Python's are: a clone is the same object.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// `None`.
    #[default]
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer; beyond 128 bits is refused, never wrapped.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text; no lone surrogates.
    Str(SmolStr),
    /// `bytes`.
    Bytes(Rc<[u8]>),
    /// `list`.
    List(Rc<List>),
    /// `tuple`.
    Tuple(Rc<Tuple>),
    /// `dict`.
    Dict(Rc<Dict>),
    /// `set`.
    Set(Rc<Set>),
    /// `frozenset`.
    FrozenSet(Rc<Set>),
    /// A function of the module.
    Function(FunctionId),
    /// A builtin or library function.
    Builtin(&'static Builtin),
    /// A class.
    Class(&'static Class),
    /// Everything rarer: iterators, dates, patterns, exceptions …
    Object(Rc<Object>),
    /// What an unknown fact has to do with.
    Unknown(Symbol),
}

const _: () = assert!(size_of::<Value>() <= 32);

impl Value {
    /// A string.
    pub fn str(text: impl AsRef<str>) -> Self {
        Self::Str(SmolStr::new(text))
    }

    /// A new list.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(List::new(items)))
    }

    /// A new tuple.
    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(Rc::new(Tuple::new(items)))
    }

    /// A new dict with text keys; a later entry replaces an earlier one of the same key.
    pub fn dict(entries: impl IntoIterator<Item = (SmolStr, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (Key::text(key), value)).collect();
        Self::Dict(Rc::new(Dict::new(entries)))
    }

    pub(crate) fn object(object: Object) -> Self {
        Self::Object(Rc::new(object))
    }

    /// A new set of hashable values.
    pub(crate) fn set(items: impl IntoIterator<Item = Self>) -> R<Self> {
        let keys: R<_> = items.into_iter().map(Key::new).collect();
        Ok(Self::Set(Rc::new(Set::new(keys?))))
    }

    /// The value of a constant of the tree.
    pub(crate) fn from_const(constant: &Const) -> Self {
        match constant {
            Const::None => Self::None,
            Const::Bool(value) => Self::Bool(*value),
            Const::Int(value) => Self::Int(*value),
            Const::Float(value) => Self::Float(*value),
            Const::Str(text) => Self::Str(text.clone()),
            Const::Bytes(bytes) => Self::Bytes(Rc::from(&bytes[..])),
        }
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a `bool`; no other value has one here.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The class, as `type(value)` gives it. `None` for an unknown.
    pub fn class(&self) -> Option<&'static Class> {
        Some(match self {
            Self::None => &class::NONE_TYPE,
            Self::Bool(_) => &class::BOOL,
            Self::Int(_) => &class::INT,
            Self::Float(_) => &class::FLOAT,
            Self::Str(_) => &class::STR,
            Self::Bytes(_) => &class::BYTES,
            Self::List(_) => &class::LIST,
            Self::Tuple(_) => &class::TUPLE,
            Self::Dict(dict) => dict.class(),
            Self::Set(_) => &class::SET,
            Self::FrozenSet(_) => &class::FROZEN_SET,
            Self::Function(_) => &class::FUNCTION,
            Self::Builtin(_) => &class::BUILTIN_FUNCTION,
            Self::Class(_) => &class::TYPE,
            Self::Object(object) => object.class(),
            Self::Unknown(_) => return None,
        })
    }

    /// The name of its type as Python's own errors have it: `str`, `datetime.date`.
    pub fn type_name(&self) -> &'static str {
        self.class().map_or("unknown", Class::full_name)
    }

    /// The truth of a known value; `None` for an unknown.
    pub(crate) fn known_truth(&self) -> Option<bool> {
        Some(match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.items().is_empty(),
            Self::Tuple(tuple) => !tuple.items().is_empty(),
            Self::Dict(dict) => !dict.entries().is_empty(),
            Self::Set(set) | Self::FrozenSet(set) => !set.members().is_empty(),
            Self::Function(_) | Self::Builtin(_) | Self::Class(_) => true,
            Self::Object(object) => object.truth(),
            Self::Unknown(_) => return None,
        })
    }

    /// Whether both are the very same object, as far as Python's own rules or CPython's caching say so:
    /// `None`, `True`, `False`, integers and text are the same when equal and of one type (CPython interns what the
    /// front end lets through), containers and objects when shared.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => Rc::ptr_eq(a, b),
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Tuple(a), Self::Tuple(b)) => Rc::ptr_eq(a, b) || a.items().is_empty() && b.items().is_empty(),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Set(a), Self::Set(b)) | (Self::FrozenSet(a), Self::FrozenSet(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => a == b,
            (Self::Builtin(a), Self::Builtin(b)) => std::ptr::eq(*a, *b),
            (Self::Class(a), Self::Class(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            (Self::Unknown(a), Self::Unknown(b)) => a == b,
            _ => false,
        }
    }

    /// Whether dropping this may drop further values.
    pub(crate) fn is_nested(&self) -> bool {
        matches!(
            self,
            Self::List(_) | Self::Tuple(_) | Self::Dict(_) | Self::Set(_) | Self::FrozenSet(_) | Self::Object(_)
        )
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(SmolStr::from(text))
    }
}

impl From<i128> for Value {
    fn from(value: i128) -> Self {
        Self::Int(value)
    }
}
