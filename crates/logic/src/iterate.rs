//! Iterators: what `for` and `next` go through.

use std::rc::Rc;
use std::vec::IntoIter;

use smol_str::SmolStr;

use crate::class::{self, Class};
use crate::containers::{Dict, List, Set, Tuple};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::object::{Home, Iterator, Object, Range, View};
use crate::stop::{R, Stop};
use crate::value::Value;
use crate::worlds::Shape;

/// How many iterators may stand within each other.
const DEPTH: u32 = 40;

/// The state of an iterator.
#[derive(Debug, Default)]
pub enum Iter {
    /// Used up.
    #[default]
    Done,
    /// Advancing right now.
    Running,
    List(Rc<List>, usize),
    Tuple(Rc<Tuple>, usize),
    /// Another iterator, which it shares.
    Of(Value),
    /// Characters from a byte offset on.
    Str(SmolStr, usize),
    Bytes(Rc<[u8]>, usize),
    Range(Range, i128),
    /// A dict's side, the next index, and the size it must keep.
    Dict(View, Rc<Dict>, usize, usize),
    Set(Rc<Set>, usize, usize),
    /// A list from its end; the next index.
    Reversed(Rc<List>, usize),
    Items(IntoIter<Value>),
    Enumerate(Value, i128),
    Zip(Vec<Value>, bool),
    Map(Value, Vec<Value>),
    Filter(Value, Value),
    Generator(Box<Generator>),
}

/// A generator expression under way.
#[derive(Debug)]
pub struct Generator {
    pub(crate) comprehension: u32,
    pub(crate) home: Home,
    /// What its targets were bound to when it paused.
    pub(crate) saved: Vec<Option<Value>>,
    /// One iterator for each clause entered.
    pub(crate) levels: Vec<Iter>,
}

impl Iter {
    /// Moves the values within into `pending`.
    pub(crate) fn take_values(&mut self, pending: &mut Vec<Value>) {
        match std::mem::take(self) {
            Self::List(list, _) | Self::Reversed(list, _) => pending.push(Value::List(list)),
            Self::Tuple(tuple, _) => pending.push(Value::Tuple(tuple)),
            Self::Dict(_, dict, ..) => pending.push(Value::Dict(dict)),
            Self::Set(set, ..) => pending.push(Value::Set(set)),
            Self::Items(items) => pending.extend(items),
            Self::Enumerate(inner, _) | Self::Of(inner) => pending.push(inner),
            Self::Zip(inner, _) => pending.extend(inner),
            Self::Map(function, inner) => {
                pending.push(function);
                pending.extend(inner);
            }
            Self::Filter(function, inner) => pending.extend([function, inner]),
            Self::Generator(generator) => {
                pending.extend(generator.saved.into_iter().flatten());
                for mut level in generator.levels {
                    level.take_values(pending);
                }
            }
            Self::Done | Self::Running | Self::Str(..) | Self::Bytes(..) | Self::Range(..) => {}
        }
    }

    fn depth(&self) -> u32 {
        let inner = |value: &Value| match value {
            Value::Object(object) => match &**object {
                Object::Iterator(iterator) => iterator.depth,
                _ => 0,
            },
            _ => 0,
        };
        match self {
            Self::Enumerate(value, _) | Self::Filter(_, value) | Self::Of(value) => inner(value),
            Self::Zip(values, _) | Self::Map(_, values) => values.iter().map(inner).max().unwrap_or(0),
            Self::Generator(generator) => generator.levels.iter().map(Self::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    pub(crate) fn shape(&self, machine: &Machine<'_>, depth: u32) -> Option<Shape> {
        let (name, position, values) = match self {
            Self::Done => ("done", 0, Vec::new()),
            Self::List(list, index) => ("list", *index, vec![Value::List(list.clone())]),
            Self::Reversed(list, index) => ("reversed", *index, vec![Value::List(list.clone())]),
            Self::Tuple(tuple, index) => ("tuple", *index, vec![Value::Tuple(tuple.clone())]),
            Self::Str(text, index) => ("str", *index, vec![Value::Str(text.clone())]),
            Self::Dict(_, dict, index, _) => ("dict", *index, vec![Value::Dict(dict.clone())]),
            Self::Set(set, index, _) => ("set", *index, vec![Value::Set(set.clone())]),
            Self::Items(items) => ("items", 0, items.as_slice().to_vec()),
            Self::Of(inner) => ("of", 0, vec![inner.clone()]),
            Self::Enumerate(inner, count) => ("enumerate", usize::try_from(*count).ok()?, vec![inner.clone()]),
            Self::Zip(inner, _) => ("zip", 0, inner.clone()),
            Self::Map(function, inner) => ("map", 0, [vec![function.clone()], inner.clone()].concat()),
            Self::Filter(function, inner) => ("filter", 0, vec![function.clone(), inner.clone()]),
            Self::Range(range, next) => {
                ("range", 0, [range.start, range.stop, range.step, *next].map(Value::Int).into())
            }
            Self::Generator(generator) => {
                let mut seen = machine.frame_shapes(generator.home, depth + 1)?;
                for value in &generator.saved {
                    seen.push(machine.shape_within(value.as_ref().unwrap_or(&Value::None), depth)?);
                }
                for level in &generator.levels {
                    seen.push(machine.iterator_shape(level, depth + 1)?);
                }
                return Some(Shape::Code("generator", u64::from(generator.comprehension), seen));
            }
            Self::Running | Self::Bytes(..) => return None,
        };
        let values = values.iter().map(|value| machine.shape_within(value, depth)).collect::<Option<_>>()?;
        Some(Shape::Code(name, position as u64, values))
    }
}

impl<'a> Machine<'a> {
    /// An iterator over a value, as `iter(value)` makes one.
    pub(crate) fn iter(&mut self, value: &Value) -> R<Iter> {
        Ok(match value {
            Value::List(list) => Iter::List(list.clone(), 0),
            Value::Tuple(tuple) => Iter::Tuple(tuple.clone(), 0),
            Value::Str(text) => Iter::Str(text.clone(), 0),
            Value::Bytes(bytes) => Iter::Bytes(bytes.clone(), 0),
            Value::Dict(dict) => Iter::Dict(View::Keys, dict.clone(), 0, dict.entries().len()),
            Value::Set(set) | Value::FrozenSet(set) => Iter::Set(set.clone(), 0, set.members().len()),
            Value::Object(object) => match &**object {
                Object::Range(range) => Iter::Range(*range, 0),
                Object::Sealed(sealed) => self.sealed_iter(sealed)?,
                Object::View(view, dict) => Iter::Dict(*view, dict.clone(), 0, dict.entries().len()),
                // Going through an iterator is going through that very one.
                Object::Iterator(_) => Iter::Of(value.clone()),
                _ => return self.library_iter(object).unwrap_or_else(|| Err(not_iterable(value))),
            },
            _ => return Err(not_iterable(value)),
        })
    }

    /// The value of an iterator of that class.
    pub(crate) fn iterator(&mut self, class: &'static Class, state: Iter) -> R<Value> {
        let depth = state.depth() + 1;
        if depth > DEPTH {
            return Err(Stop::exceeded("depth of iterators"));
        }
        Ok(Value::object(Object::Iterator(Iterator { class, state: state.into(), depth })))
    }

    /// `iter(value)` as a value: an iterator is its own.
    pub(crate) fn iterator_of(&mut self, value: &Value) -> R<Value> {
        if let Value::Object(object) = value
            && matches!(**object, Object::Iterator(_))
        {
            return Ok(value.clone());
        }
        let state = self.iter(value)?;
        self.iterator(&class::LIST_ITERATOR, state)
    }

    /// The next value of an iterator value.
    pub(crate) fn next(&mut self, iterator: &Iterator) -> R<Option<Value>> {
        let mut state = match iterator.state.try_borrow_mut() {
            Ok(mut place) => std::mem::replace(&mut *place, Iter::Running),
            Err(_) => Iter::Running,
        };
        let next = match state {
            Iter::Running => return Err(Stop::value_error("generator already executing")),
            ref mut state => self.deeper(1, |this| this.advance(state)),
        };
        if let Ok(mut place) = iterator.state.try_borrow_mut() {
            *place = if matches!(next, Ok(Some(_))) { state } else { Iter::Done };
        }
        next
    }

    fn next_value(&mut self, iterator: &Value) -> R<Option<Value>> {
        match iterator {
            Value::Object(object) => match &**object {
                Object::Iterator(iterator) => self.next(iterator),
                _ => Err(not_iterable(iterator)),
            },
            _ => Err(not_iterable(iterator)),
        }
    }

    /// The next value.
    pub(crate) fn advance(&mut self, iter: &mut Iter) -> R<Option<Value>> {
        self.tick(1)?;
        Ok(match iter {
            Iter::Done => None,
            Iter::Running => return Err(Stop::value_error("generator already executing")),
            Iter::List(list, index) => {
                let item = list.items().get(*index).cloned();
                *index += 1;
                item
            }
            Iter::Reversed(list, index) => match index.checked_sub(1) {
                Some(at) => {
                    *index = at;
                    list.items().get(at).cloned()
                }
                None => None,
            },
            Iter::Tuple(tuple, index) => {
                let item = tuple.items().get(*index).cloned();
                *index += 1;
                item
            }
            Iter::Str(text, offset) => {
                let next = text.get(*offset..).and_then(|rest| rest.chars().next());
                *offset += next.map_or(0, char::len_utf8);
                next.map(|character| Value::str(character.encode_utf8(&mut [0; 4])))
            }
            Iter::Bytes(bytes, index) => {
                let byte = bytes.get(*index).map(|byte| Value::Int(i128::from(*byte)));
                *index += 1;
                byte
            }
            Iter::Range(range, index) => {
                let next = (*index < range.len()).then(|| Value::Int(range.at(*index)));
                *index += 1;
                next
            }
            Iter::Dict(view, dict, index, size) => next_entry(*view, dict, index, *size)?,
            Iter::Set(set, index, size) => {
                let members = set.members();
                if members.len() != *size {
                    return Err(Stop::raise(&class::RUNTIME_ERROR, "Set changed size during iteration"));
                }
                let member = members.get_index(*index).map(|key| key.value().clone());
                *index += 1;
                member
            }
            Iter::Items(items) => items.next(),
            Iter::Of(inner) => self.next_value(inner)?,
            Iter::Enumerate(inner, count) => {
                let next = self.next_value(inner)?;
                let index = *count;
                *count += 1;
                next.map(|value| Value::tuple(vec![Value::Int(index), value]))
            }
            Iter::Zip(inner, strict) => self.next_of_all(inner, *strict)?.map(Value::tuple),
            Iter::Map(function, inner) => match self.next_of_all(inner, false)? {
                Some(args) => Some(self.call_value(function, Call::of(args))?),
                None => None,
            },
            Iter::Filter(function, inner) => self.next_filtered(function, inner)?,
            Iter::Generator(generator) => self.resume(generator)?,
        })
    }

    fn next_of_all(&mut self, iterators: &[Value], strict: bool) -> R<Option<Vec<Value>>> {
        let mut items = Vec::with_capacity(iterators.len());
        for (index, iterator) in iterators.iter().enumerate() {
            match self.next_value(iterator)? {
                Some(item) => items.push(item),
                None if strict => return self.check_strict(iterators, index),
                None => return Ok(None),
            }
        }
        Ok((!iterators.is_empty()).then_some(items))
    }

    /// `zip(…, strict=True)`: all must end together.
    fn check_strict(&mut self, iterators: &[Value], ended: usize) -> R<Option<Vec<Value>>> {
        let others = |count: usize| if count == 1 { "argument 1".to_owned() } else { format!("arguments 1-{count}") };
        if ended > 0 {
            let message = format!("zip() argument {} is shorter than {}", ended + 1, others(ended));
            return Err(Stop::value_error(message));
        }
        for (index, iterator) in iterators.iter().enumerate().skip(1) {
            if self.next_value(iterator)?.is_some() {
                let message = format!("zip() argument {} is longer than {}", index + 1, others(index));
                return Err(Stop::value_error(message));
            }
        }
        Ok(None)
    }

    fn next_filtered(&mut self, function: &Value, inner: &Value) -> R<Option<Value>> {
        while let Some(item) = self.next_value(inner)? {
            let keep = match function {
                Value::None => self.truth(&item)?,
                function => {
                    let verdict = self.call_value(function, Call::of(vec![item.clone()]))?;
                    self.truth(&verdict)?
                }
            };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// All that a value yields.
    pub(crate) fn collect(&mut self, value: &Value) -> R<Vec<Value>> {
        match value {
            Value::List(list) => {
                let items = list.items();
                self.charge_values(items.len())?;
                return Ok(items.clone());
            }
            Value::Tuple(tuple) => {
                self.charge_values(tuple.items().len())?;
                return Ok(tuple.items().to_vec());
            }
            _ => {}
        }
        let mut iter = self.iter(value)?;
        let mut items = Vec::new();
        while let Some(item) = self.advance(&mut iter)? {
            self.charge_values(1)?;
            items.push(item);
        }
        Ok(items)
    }
}

fn next_entry(view: View, dict: &Dict, index: &mut usize, size: usize) -> R<Option<Value>> {
    let entries = dict.entries();
    if entries.len() != size {
        return Err(Stop::raise(&class::RUNTIME_ERROR, "dictionary changed size during iteration"));
    }
    let entry = entries.get_index(*index);
    *index += 1;
    Ok(entry.map(|(key, value)| match view {
        View::Keys => key.value().clone(),
        View::Values => value.clone(),
        View::Items => Value::tuple(vec![key.value().clone(), value.clone()]),
    }))
}

fn not_iterable(value: &Value) -> Box<Stop> {
    Stop::wrong(value, |name| format!("'{name}' object is not iterable"))
}
