//! Lists, tuples, dicts and sets: shared, mutable, in insertion order, and dropped without recursion.

pub(crate) mod dicts;
mod lists;
pub(crate) mod sets;
pub(crate) mod tallies;

use std::cell::{Ref, RefCell, RefMut};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use indexmap::{Equivalent, IndexMap, IndexSet};
use smol_str::SmolStr;

use crate::class::{self, Class};
use crate::number;
use crate::object::Object;
use crate::order;
use crate::stop::{R, Stop};
use crate::value::Value;

/// A `list`.
#[derive(Debug, Default)]
pub struct List {
    items: RefCell<Vec<Value>>,
}

/// A `tuple`.
#[derive(Debug, Default)]
pub struct Tuple {
    items: Vec<Value>,
}

/// The entries of a dict in the order in which their keys came.
pub(crate) type Entries = IndexMap<Key, Value>;

/// The members of a set in the order in which they came.
pub(crate) type Members = IndexSet<Key>;

/// A `dict`, or one of its subclasses.
#[derive(Debug, Default)]
pub struct Dict {
    entries: RefCell<Entries>,
    flavour: Flavour,
}

/// Which subclass of `dict`.
#[derive(Debug, Clone, Default)]
pub(crate) enum Flavour {
    /// `dict` itself.
    #[default]
    Plain,
    /// `defaultdict`; the factory may be `None`.
    Default(Value),
    /// `OrderedDict`.
    Ordered,
    /// `Counter`.
    Counter,
}

/// A `set` or `frozenset`.
#[derive(Debug, Default)]
pub struct Set {
    members: RefCell<Members>,
}

impl List {
    pub(crate) fn new(items: Vec<Value>) -> Self {
        Self { items: RefCell::new(items) }
    }

    /// The items. Must not be held while Python code runs.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.items.borrow()
    }

    pub(crate) fn items_mut(&self) -> RefMut<'_, Vec<Value>> {
        self.items.borrow_mut()
    }
}

impl Tuple {
    pub(crate) fn new(items: Vec<Value>) -> Self {
        Self { items }
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

impl Dict {
    pub(crate) fn new(entries: Entries) -> Self {
        Self::of(entries, Flavour::Plain)
    }

    pub(crate) fn of(entries: Entries, flavour: Flavour) -> Self {
        Self { entries: RefCell::new(entries), flavour }
    }

    pub(crate) fn flavour(&self) -> &Flavour {
        &self.flavour
    }

    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.flavour, Flavour::Plain)
    }

    pub(crate) fn class(&self) -> &'static Class {
        match self.flavour {
            Flavour::Plain => &class::DICT,
            Flavour::Default(_) => &class::DEFAULT_DICT,
            Flavour::Ordered => &class::ORDERED_DICT,
            Flavour::Counter => &class::COUNTER,
        }
    }

    /// The entries. Must not be held while Python code runs.
    pub fn entries(&self) -> Ref<'_, IndexMap<Key, Value>> {
        self.entries.borrow()
    }

    pub(crate) fn entries_mut(&self) -> RefMut<'_, Entries> {
        self.entries.borrow_mut()
    }

    /// The value of a text key.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().get(key).cloned()
    }
}

impl Set {
    pub(crate) fn new(members: Members) -> Self {
        Self { members: RefCell::new(members) }
    }

    /// The members. Must not be held while Python code runs.
    pub fn members(&self) -> Ref<'_, IndexSet<Key>> {
        self.members.borrow()
    }

    pub(crate) fn members_mut(&self) -> RefMut<'_, Members> {
        self.members.borrow_mut()
    }
}

/// A hashable value: equal keys are those Python holds equal (`1`, `1.0` and `True` are one key).
#[derive(Debug, Clone)]
pub struct Key(Value);

impl Key {
    /// The key for `value`; `TypeError` when it is not hashable.
    pub(crate) fn new(value: Value) -> R<Self> {
        check_hashable(&value)?;
        Ok(Self(value))
    }

    pub(crate) fn text(text: SmolStr) -> Self {
        Self(Value::Str(text))
    }

    /// The value that is the key.
    pub fn value(&self) -> &Value {
        &self.0
    }

    pub(crate) fn into_value(self) -> Value {
        self.0
    }
}

fn check_hashable(value: &Value) -> R<()> {
    match value {
        Value::Tuple(tuple) => tuple.items().iter().try_for_each(check_hashable),
        Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(unhashable(value)),
        Value::Object(object) if !object.is_hashable() => Err(unhashable(value)),
        Value::Float(float) if float.is_nan() => Err(Stop::unsupported("nan as a key")),
        Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
        _ => Ok(()),
    }
}

fn unhashable(value: &Value) -> Box<Stop> {
    Stop::type_error(format!("unhashable type: '{}'", value.type_name()))
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Str(a), Value::Str(b)) => a == b,
            (a, b) => order::equal_known(a, b),
        }
    }
}

impl Eq for Key {}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(&key.0, Value::Str(text) if text == self)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_value(&self.0, state);
    }
}

/// A text key hashes like the `str` it is, so that a lookup by `&str` makes no value.
fn hash_value<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Str(text) => text.as_str().hash(state),
        Value::Bool(value) => i128::from(*value).hash(state),
        Value::Int(value) => value.hash(state),
        Value::Float(value) => match number::exact_int(*value) {
            Some(int) => int.hash(state),
            None => value.to_bits().hash(state),
        },
        Value::Bytes(bytes) => bytes.hash(state),
        Value::Tuple(tuple) => tuple.items().iter().for_each(|item| hash_value(item, state)),
        Value::FrozenSet(set) => state.write_usize(set.members().len()),
        Value::Function(id) => id.hash(state),
        Value::Builtin(builtin) => builtin.name.hash(state),
        Value::Class(class) => class.path.hash(state),
        Value::Object(object) => object.hash(state),
        Value::None | Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::Unknown(_) => state.write_u8(0),
    }
}

/// Takes nested values apart one by one: a list nested a hundred thousand deep must not exhaust the stack when dropped.
pub(crate) fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::List(list) => {
                if let Some(list) = Rc::into_inner(list) {
                    pending.append(&mut list.items.take());
                }
            }
            Value::Tuple(tuple) => {
                if let Some(mut tuple) = Rc::into_inner(tuple) {
                    pending.append(&mut tuple.items);
                }
            }
            Value::Dict(dict) => {
                if let Some(dict) = Rc::into_inner(dict) {
                    for (key, value) in dict.entries.take() {
                        pending.push(key.into_value());
                        pending.push(value);
                    }
                }
            }
            Value::Set(set) | Value::FrozenSet(set) => {
                if let Some(set) = Rc::into_inner(set) {
                    pending.extend(set.members.take().into_iter().map(Key::into_value));
                }
            }
            Value::Object(object) => {
                if let Some(mut object) = Rc::into_inner(object) {
                    object.take_values(&mut pending);
                }
            }
            _ => {}
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let items = self.items.get_mut();
        if items.iter().any(Value::is_nested) {
            dismantle(std::mem::take(items));
        }
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        if self.items.iter().any(Value::is_nested) {
            dismantle(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if entries.iter().any(|(key, value)| value.is_nested() || key.0.is_nested()) {
            let entries = std::mem::take(entries);
            dismantle(entries.into_iter().flat_map(|(key, value)| [key.0, value]).collect());
        }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        let members = self.members.get_mut();
        if members.iter().any(|key| key.0.is_nested()) {
            dismantle(std::mem::take(members).into_iter().map(Key::into_value).collect());
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.take_values(&mut pending);
        dismantle(pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_one_and_one_point_zero_are_one_key() {
        let mut entries = Entries::new();
        for value in [Value::Bool(true), Value::Int(1), Value::Float(1.0)] {
            entries.insert(Key::new(value).unwrap(), Value::None);
        }
        assert_eq!(entries.len(), 1);
    }

    #[test]
    fn a_list_is_no_key() {
        let error = Key::new(Value::tuple(vec![Value::list(Vec::new())])).unwrap_err();
        assert!(format!("{error:?}").contains("unhashable type: 'list'"));
    }

    #[test]
    fn a_deeply_nested_list_drops_without_recursion() {
        let mut value = Value::None;
        for _ in 0..1_000_000 {
            value = Value::list(vec![value]);
        }
        drop(value);
        let mut value = Value::None;
        for _ in 0..100_000 {
            value = Value::tuple(vec![Value::dict([(SmolStr::new("a"), value)])]);
        }
        drop(value);
    }
}
