//! Values by structure: what makes two operations on unknowns the same operation.

use std::rc::Rc;

use smol_str::SmolStr;

use super::Symbol;
use crate::containers::{Dict, Entries, Key};
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::object::{Home, Object};
use crate::tree::FunctionId;
use crate::value::Value;

/// How deep a value may nest to have a shape.
const DEPTH: u32 = 20;

/// A value at one moment, by structure. `1`, `1.0` and `True` are three shapes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    None,
    Bool(bool),
    Int(i128),
    Float(u64),
    Str(SmolStr),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Tuple(Vec<Self>),
    Set(Vec<Self>),
    FrozenSet(Vec<Self>),
    Dict(Vec<(Self, Self)>),
    Function(FunctionId),
    Builtin(&'static str),
    Class(&'static str),
    Symbol(Symbol),
    /// A lambda or the state of an iterator, with what it sees.
    Code(&'static str, u64, Vec<Self>),
    /// An immutable object of the library.
    Object(String),
}

impl Shape {
    /// Calls `visit` with each symbol within.
    pub(super) fn each_symbol(&self, visit: &mut dyn FnMut(Symbol)) {
        match self {
            Self::Symbol(symbol) => visit(*symbol),
            Self::List(items)
            | Self::Tuple(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Code(_, _, items) => {
                items.iter().for_each(|item| item.each_symbol(visit));
            }
            Self::Dict(entries) => entries.iter().for_each(|(key, value)| {
                key.each_symbol(visit);
                value.each_symbol(visit);
            }),
            _ => {}
        }
    }

    /// A value of this shape; `None` for what cannot be made again.
    pub(super) fn value(&self, resolve: &mut dyn FnMut(Symbol) -> Option<Value>) -> Option<Value> {
        let mut all = |items: &[Self]| items.iter().map(|item| item.value(resolve)).collect::<Option<Vec<_>>>();
        Some(match self {
            Self::None => Value::None,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Self::Str(text) => Value::Str(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(Rc::from(&bytes[..])),
            Self::List(items) => Value::list(all(items)?),
            Self::Tuple(items) => Value::tuple(all(items)?),
            Self::Set(items) => Value::set(all(items)?).ok()?,
            Self::Dict(entries) => {
                let mut made = Entries::new();
                for (key, value) in entries {
                    made.insert(Key::new(key.value(resolve)?).ok()?, value.value(resolve)?);
                }
                Value::Dict(Rc::new(Dict::new(made)))
            }
            Self::Function(id) => Value::Function(*id),
            Self::Builtin(name) => Value::Builtin(crate::builtin::by_name(name)?),
            Self::Class(path) => Value::Class(crate::class::by_path(path)?),
            Self::Symbol(symbol) => resolve(*symbol)?,
            Self::FrozenSet(_) | Self::Code(..) | Self::Object(_) => return None,
        })
    }
}

impl Machine<'_> {
    /// The shape of a value; `None` where it has none that says all that matters.
    pub(crate) fn shape(&self, value: &Value) -> Option<Shape> {
        self.shape_at(value, 0)
    }

    fn shapes<'v>(&self, values: impl IntoIterator<Item = &'v Value>, depth: u32) -> Option<Vec<Shape>> {
        values.into_iter().map(|value| self.shape_at(value, depth + 1)).collect()
    }

    fn shape_at(&self, value: &Value, depth: u32) -> Option<Shape> {
        if depth > DEPTH {
            return None;
        }
        Some(match value {
            Value::None => Shape::None,
            Value::Bool(value) => Shape::Bool(*value),
            Value::Int(value) => Shape::Int(*value),
            Value::Float(value) => Shape::Float(value.to_bits()),
            Value::Str(text) => Shape::Str(text.clone()),
            Value::Bytes(bytes) => Shape::Bytes(bytes.to_vec()),
            Value::List(list) => Shape::List(self.shapes(list.items().iter(), depth)?),
            Value::Tuple(tuple) => Shape::Tuple(self.shapes(tuple.items(), depth)?),
            Value::Set(set) => Shape::Set(self.shapes(set.members().iter().map(Key::value), depth)?),
            Value::FrozenSet(set) => Shape::FrozenSet(self.shapes(set.members().iter().map(Key::value), depth)?),
            Value::Dict(dict) if dict.is_plain() => {
                let entries = dict.entries();
                let shapes = entries.iter().map(|(key, value)| {
                    Some((self.shape_at(key.value(), depth + 1)?, self.shape_at(value, depth + 1)?))
                });
                Shape::Dict(shapes.collect::<Option<_>>()?)
            }
            Value::Dict(_) => return None,
            Value::Function(id) if !self.code.stateful => Shape::Function(*id),
            Value::Function(_) => return None,
            Value::Builtin(builtin) => Shape::Builtin(builtin.name),
            Value::Class(class) => Shape::Class(class.path),
            Value::Unknown(symbol) => Shape::Symbol(*symbol),
            Value::Object(object) => self.object_shape(object, depth)?,
        })
    }

    fn object_shape(&self, object: &Object, depth: u32) -> Option<Shape> {
        match object {
            Object::Iterator(iterator) => {
                let state = iterator.state.try_borrow().ok()?;
                self.iterator_shape(&state, depth + 1)
            }
            Object::Lambda(closure) => {
                let mut seen = self.frame_shapes(closure.frame, depth + 1)?;
                seen.extend(self.shapes(&closure.defaults, depth)?);
                Some(Shape::Code("lambda", u64::from(closure.lambda), seen))
            }
            Object::View(view, dict) => {
                let dict = self.shape_at(&Value::Dict(dict.clone()), depth + 1)?;
                Some(Shape::Code("view", *view as u64, vec![dict]))
            }
            Object::Slice { start, stop, step } => {
                Some(Shape::Code("slice", 0, self.shapes([start, stop, step], depth)?))
            }
            Object::Bound { receiver, method } => {
                Some(Shape::Code(method.name(), 0, vec![self.shape_at(receiver, depth + 1)?]))
            }
            Object::Exception(raised) => Some(Shape::Code(raised.class.path, 0, self.shapes(&raised.args, depth)?)),
            // The rest never changes.
            object => Some(Shape::Object(format!("{object:?}"))),
        }
    }

    /// What code in that frame can see: all its locals.
    pub(crate) fn frame_shapes(&self, home: Home, depth: u32) -> Option<Vec<Shape>> {
        if self.code.stateful {
            return None;
        }
        let function = self.code.functions.get(home.function as usize)?;
        let slots = self.state.stack.get(home.base..home.base + function.locals.len())?;
        slots
            .iter()
            .map(|slot| match slot {
                None => Some(Shape::Code("unbound", 0, Vec::new())),
                // A lambda bound to a local may call itself: its own shape would have no end.
                Some(Value::Object(object)) if matches!(&**object, Object::Lambda(_)) => {
                    let Object::Lambda(closure) = &**object else { return None };
                    Some(Shape::Code("lambda", u64::from(closure.lambda), Vec::new()))
                }
                Some(value) => self.shape_at(value, depth + 1),
            })
            .collect()
    }

    pub(crate) fn iterator_shape(&self, iter: &Iter, depth: u32) -> Option<Shape> {
        if depth > DEPTH {
            return None;
        }
        iter.shape(self, depth)
    }

    pub(crate) fn shape_within(&self, value: &Value, depth: u32) -> Option<Shape> {
        self.shape_at(value, depth + 1)
    }
}
