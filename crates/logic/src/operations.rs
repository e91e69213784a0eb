//! Operators, indexing and attributes of known values.

use std::rc::Rc;

use smol_str::SmolStr;

use crate::class;
use crate::containers::{Dict, Flavour, Key, List, Set};
use crate::evaluate::calls::{bound, call_of};
use crate::evaluate::expressions::no_attribute;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::number::{self, Number};
use crate::object::{Object, View};
use crate::order;
use crate::stop::{R, Stop};
use crate::tree::{BinaryOp, UnaryOp};
use crate::value::Value;
use crate::worlds::Op;

impl Machine<'_> {
    /// Does an operation on operands; one that needs the value of an unknown stops.
    pub(crate) fn apply(&mut self, op: &Op, operands: &[Value]) -> R<Value> {
        match (op, operands) {
            (Op::Binary(op), [a, b]) => self.binary(*op, a, b),
            (Op::Unary(op), [operand]) => unary(*op, operand),
            (Op::Compare(op), [a, b]) => self.compare(*op, a, b).map(Value::Bool),
            (Op::Attribute(name), [value]) => self.attribute(value, name),
            (Op::Subscript, [container, index]) => self.subscript(container, index),
            (Op::Method(method, names), [receiver, ..]) => {
                if let Value::Unknown(symbol) = receiver {
                    return Err(Stop::needs(*symbol));
                }
                self.method(receiver, *method, call_of(names, operands))
            }
            (Op::Call(names), [callee, ..]) => self.call_known(callee, call_of(names, operands)),
            (Op::Format, [value, spec]) => self.format(value, spec),
            (Op::Join, pieces) => self.join_pieces(pieces),
            (Op::Str, [value]) => self.text(value).map(Value::Str),
            (Op::Repr, [value]) => self.repr(value).map(Value::from),
            (Op::Ascii, [value]) => self.ascii(value).map(Value::from),
            _ => Err(Stop::unsupported("an operation on these operands")),
        }
    }

    /// The pieces of an f-string as one text.
    fn join_pieces(&mut self, pieces: &[Value]) -> R<Value> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Value::Str(piece) => text.push_str(piece),
                other => return Err(Stop::wrong(other, |name| format!("expected str, not {name}"))),
            }
        }
        Ok(Value::from(text))
    }

    fn binary(&mut self, op: BinaryOp, a: &Value, b: &Value) -> R<Value> {
        if let (Value::Str(format), BinaryOp::Mod) = (a, op) {
            return self.percent(format, b);
        }
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            return self.number_binary(op, (a, b), x, y);
        }
        match (op, a, b) {
            (BinaryOp::Add, Value::Str(a), Value::Str(b)) => {
                self.charge(a.len() + b.len())?;
                Ok(Value::from([a.as_str(), b.as_str()].concat()))
            }
            (BinaryOp::Add, Value::Bytes(a), Value::Bytes(b)) => {
                self.charge(a.len() + b.len())?;
                Ok(Value::Bytes([&a[..], &b[..]].concat().into()))
            }
            (BinaryOp::Add, Value::List(a), Value::List(b)) => {
                self.charge_values(a.items().len() + b.items().len())?;
                Ok(Value::list([&a.items()[..], &b.items()[..]].concat()))
            }
            (BinaryOp::Add, Value::Tuple(a), Value::Tuple(b)) => {
                self.charge_values(a.items().len() + b.items().len())?;
                Ok(Value::tuple([a.items(), b.items()].concat()))
            }
            (BinaryOp::Mult, sequence, Value::Int(_) | Value::Bool(_)) if is_sequence(sequence) => {
                self.repeat(sequence, b)
            }
            (BinaryOp::Mult, Value::Int(_) | Value::Bool(_), sequence) if is_sequence(sequence) => {
                self.repeat(sequence, a)
            }
            (_, Value::Dict(a), Value::Dict(b))
                if matches!((a.flavour(), b.flavour()), (Flavour::Counter, _) | (_, Flavour::Counter)) =>
            {
                if let (Flavour::Counter, Flavour::Counter) = (a.flavour(), b.flavour())
                    && let Some(result) = self.counter_binary(op, a, b)?
                {
                    return Ok(result);
                }
                Err(Stop::unsupported(format!("'{}' of a Counter and something else", sign(op))))
            }
            (BinaryOp::BitOr, Value::Dict(a), Value::Dict(b)) => {
                let flavour = if a.is_plain() { b.flavour() } else { a.flavour() }.clone();
                let mut entries = a.entries().clone();
                self.charge_values(2 * (entries.len() + b.entries().len()))?;
                entries.extend(b.entries().iter().map(|(key, value)| (key.clone(), value.clone())));
                Ok(Value::Dict(Rc::new(Dict::of(entries, flavour))))
            }
            _ => self.other_binary(op, a, b),
        }
    }

    fn number_binary(&mut self, op: BinaryOp, (a, b): (&Value, &Value), x: Number, y: Number) -> R<Value> {
        let bitwise =
            matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::LShift | BinaryOp::RShift);
        match (a, b) {
            (Value::Float(_), _) | (_, Value::Float(_)) if bitwise => Err(no_operator(op, a, b)),
            (Value::Bool(a), Value::Bool(b)) if op == BinaryOp::BitAnd => Ok(Value::Bool(*a && *b)),
            (Value::Bool(a), Value::Bool(b)) if op == BinaryOp::BitOr => Ok(Value::Bool(*a || *b)),
            (Value::Bool(a), Value::Bool(b)) if op == BinaryOp::BitXor => Ok(Value::Bool(a != b)),
            _ => number::binary(op, x, y),
        }
    }

    fn other_binary(&mut self, op: BinaryOp, a: &Value, b: &Value) -> R<Value> {
        if matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::Sub)
            && let Some(result) = self.set_binary(op, a, b)?
        {
            return Ok(result);
        }
        match (op, a, b) {
            (BinaryOp::Mod, Value::Bytes(_), _) => return Err(Stop::unsupported("formatting bytes")),
            (BinaryOp::BitOr, Value::Class(_), Value::Class(_) | Value::None)
            | (BinaryOp::BitOr, Value::None, Value::Class(_)) => {
                return Err(Stop::unsupported("a union of classes"));
            }
            _ => {}
        }
        if let Some(result) = self.library_binary(op, a, b)? {
            return Ok(result);
        }
        match (op, a) {
            (BinaryOp::Add, Value::Str(_)) => {
                Err(Stop::wrong(b, |name| format!("can only concatenate str (not \"{name}\") to str")))
            }
            (BinaryOp::Add, Value::Bytes(_)) => Err(Stop::wrong(b, |name| format!("can't concat {name} to bytes"))),
            (BinaryOp::Add, Value::List(_)) => {
                Err(Stop::wrong(b, |name| format!("can only concatenate list (not \"{name}\") to list")))
            }
            (BinaryOp::Add, Value::Tuple(_)) => {
                Err(Stop::wrong(b, |name| format!("can only concatenate tuple (not \"{name}\") to tuple")))
            }
            (BinaryOp::Mult, sequence) if is_sequence(sequence) => {
                Err(Stop::wrong(b, |name| format!("can't multiply sequence by non-int of type '{name}'")))
            }
            (BinaryOp::Mult, _) if is_sequence(b) => {
                Err(Stop::wrong(a, |name| format!("can't multiply sequence by non-int of type '{name}'")))
            }
            _ => Err(no_operator(op, a, b)),
        }
    }

    fn repeat(&mut self, sequence: &Value, times: &Value) -> R<Value> {
        let times = match Number::of(times) {
            Some(Number::Int(times)) if i64::try_from(times).is_err() => {
                return Err(Stop::raise(&class::OVERFLOW_ERROR, "cannot fit 'int' into an index-sized integer"));
            }
            Some(Number::Int(times)) => usize::try_from(times.max(0)).unwrap_or(usize::MAX),
            _ => return Err(no_operator(BinaryOp::Mult, sequence, times)),
        };
        match sequence {
            Value::Str(text) => {
                self.charge(text.len().saturating_mul(times))?;
                Ok(Value::from(text.repeat(times)))
            }
            Value::Bytes(bytes) => {
                self.charge(bytes.len().saturating_mul(times))?;
                Ok(Value::Bytes(bytes.repeat(times).into()))
            }
            Value::Tuple(tuple) => {
                self.charge_values(tuple.items().len().saturating_mul(times))?;
                Ok(Value::tuple(repeated(tuple.items(), times)))
            }
            Value::List(list) => {
                self.charge_values(list.items().len().saturating_mul(times))?;
                Ok(Value::list(repeated(&list.items(), times)))
            }
            other => Err(no_operator(BinaryOp::Mult, other, &Value::Int(1))),
        }
    }

    /// `item in container`.
    pub(crate) fn contains(&mut self, container: &Value, item: &Value) -> R<bool> {
        match container {
            Value::Str(text) => match item {
                Value::Str(item) => {
                    self.tick(text.len() as u64 / 64)?;
                    Ok(text.contains(item.as_str()))
                }
                Value::Unknown(_) => self.decide_contains(container, item),
                other => {
                    Err(Stop::wrong(other, |name| format!("'in <string>' requires string as left operand, not {name}")))
                }
            },
            Value::Dict(dict) => {
                if let Value::Str(item) = item {
                    return Ok(dict.entries().contains_key(item.as_str()));
                }
                let keys: Vec<_> = match item {
                    Value::Unknown(_) => dict.entries().keys().map(|key| key.value().clone()).collect(),
                    _ => return Ok(dict.entries().contains_key(&Key::new(item.clone())?)),
                };
                self.decide_among(item, &keys)
            }
            Value::Set(set) | Value::FrozenSet(set) => {
                let members: Vec<_> = match item {
                    Value::Str(item) => return Ok(set.members().contains(item.as_str())),
                    Value::Unknown(_) => set.members().iter().map(|key| key.value().clone()).collect(),
                    _ => return Ok(set.members().contains(&member_key(item)?)),
                };
                self.decide_among(item, &members)
            }
            Value::List(list) => {
                let items = list.items().clone();
                self.contains_item(&items, item)
            }
            Value::Tuple(tuple) => self.contains_item(tuple.items(), item),
            Value::Unknown(_) => self.decide_contains(container, item),
            Value::Bytes(bytes) => bytes_contain(bytes, item),
            Value::Object(object) => self.object_contains(container, object, item),
            other => Err(not_container(other)),
        }
    }

    fn contains_item(&mut self, items: &[Value], item: &Value) -> R<bool> {
        self.tick(items.len() as u64 / 8)?;
        if let Value::Unknown(_) = item
            && items.iter().all(|item| !item.is_nested() && !matches!(item, Value::Unknown(_)))
        {
            return self.decide_among(item, items);
        }
        for other in items {
            if other.same(item) || order::equal(other, item, self)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn object_contains(&mut self, container: &Value, object: &Rc<Object>, item: &Value) -> R<bool> {
        match &**object {
            Object::Range(range) => match Number::of(item) {
                Some(Number::Int(value)) => Ok(range.contains(value)),
                Some(Number::Float(value)) => Ok(number::exact_int(value).is_some_and(|value| range.contains(value))),
                None => match item {
                    Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
                    _ => Ok(false),
                },
            },
            Object::View(View::Keys, dict) => self.contains(&Value::Dict(dict.clone()), item),
            Object::Sealed(sealed) => self.sealed_contains(sealed, item),
            Object::View(..) | Object::Iterator(_) => {
                let mut iter = self.iter(container)?;
                while let Some(other) = self.advance(&mut iter)? {
                    if other.same(item) || order::equal(&other, item, self)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => match self.library_contains(object, item)? {
                Some(found) => Ok(found),
                None => Err(not_container(container)),
            },
        }
    }

    /// `container[index]`.
    pub(crate) fn subscript(&mut self, container: &Value, index: &Value) -> R<Value> {
        match container {
            Value::Dict(dict) => self.dict_item(dict, index),
            Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
            Value::Object(object) if let Object::Sealed(sealed) = &**object => self.sealed_item(sealed, index),
            _ if is_slice(index) => self.slice(container, index),
            Value::List(list) => {
                let at = position(index, list.items().len(), "list")?;
                Ok(list.items()[at].clone())
            }
            Value::Tuple(tuple) => {
                let at = position(index, tuple.items().len(), "tuple")?;
                Ok(tuple.items()[at].clone())
            }
            Value::Str(text) => {
                let at = position(index, text.chars().count(), "string")?;
                let character = text.chars().nth(at).unwrap_or_default();
                Ok(Value::str(character.encode_utf8(&mut [0; 4])))
            }
            Value::Bytes(bytes) => {
                let at = position(index, bytes.len(), "bytes")?;
                Ok(Value::Int(i128::from(bytes[at])))
            }
            Value::Class(class) if is_generic(class) => Ok(container.clone()),
            Value::Object(object) => match self.object_item(object, index)? {
                Some(item) => Ok(item),
                None => Err(not_subscriptable(container)),
            },
            other => Err(not_subscriptable(other)),
        }
    }

    fn dict_item(&mut self, dict: &Rc<Dict>, index: &Value) -> R<Value> {
        if let Value::Str(key) = index
            && let Some(value) = dict.entries().get(key.as_str())
        {
            return Ok(value.clone());
        }
        let key = Key::new(index.clone())?;
        if let Some(value) = dict.entries().get(&key) {
            return Ok(value.clone());
        }
        match dict.flavour() {
            Flavour::Counter => Ok(Value::Int(0)),
            Flavour::Plain | Flavour::Ordered | Flavour::Default(Value::None) => Err(Stop::key_error(index.clone())),
            Flavour::Default(factory) => {
                let made = self.call_value(&factory.clone(), crate::evaluate::arguments::Call::default())?;
                dict.entries_mut().insert(key, made.clone());
                Ok(made)
            }
        }
    }

    pub(crate) fn set_list_item(&mut self, list: &List, index: &Value, value: Value) -> R<()> {
        if let Value::Object(object) = index
            && let Object::Slice { start, stop, step } = &**object
        {
            return self.set_list_slice(list, [start, stop, step], &value);
        }
        let Some(at) = offset(index, list.items().len(), "list")? else {
            return Err(Stop::raise(&class::INDEX_ERROR, "list assignment index out of range"));
        };
        list.items_mut()[at] = value;
        Ok(())
    }

    fn set_list_slice(&mut self, list: &List, bounds: [&Value; 3], value: &Value) -> R<()> {
        // A value that is no list is gone through before the bounds are applied, as it may be the list itself that grows.
        picked(bounds, list.items().len())?;
        let new = self.collect(value)?;
        let (start, picked) = picked(bounds, list.items().len())?;
        if bound_of(bounds[2])?.unwrap_or(1) == 1 {
            list.items_mut().splice(start..start + picked.len(), new);
            return Ok(());
        }
        if new.len() != picked.len() {
            let (new, picked) = (new.len(), picked.len());
            let message = format!("attempt to assign sequence of size {new} to extended slice of size {picked}");
            return Err(Stop::value_error(message));
        }
        let mut items = list.items_mut();
        for (at, item) in picked.into_iter().zip(new) {
            items[at] = item;
        }
        Ok(())
    }

    /// `del container[index]`.
    pub(crate) fn delete_item(&mut self, container: &Value, index: &Value) -> R<()> {
        match container {
            Value::Dict(dict) => {
                let key = Key::new(index.clone())?;
                let removed = dict.entries_mut().shift_remove(&key);
                if let Flavour::Counter = dict.flavour() {
                    return Ok(());
                }
                removed.map(drop).ok_or_else(|| Stop::key_error(index.clone()))
            }
            Value::List(list) => {
                if let Value::Object(object) = index
                    && let Object::Slice { start, stop, step } = &**object
                {
                    let (_, mut picked) = picked([start, stop, step], list.items().len())?;
                    picked.sort_unstable();
                    picked.into_iter().rev().for_each(|at| drop(list.items_mut().remove(at)));
                    return Ok(());
                }
                let Some(at) = offset(index, list.items().len(), "list")? else {
                    return Err(Stop::raise(&class::INDEX_ERROR, "list assignment index out of range"));
                };
                list.items_mut().remove(at);
                Ok(())
            }
            other => Err(Stop::wrong(other, |name| format!("'{name}' object doesn't support item deletion"))),
        }
    }

    fn slice(&mut self, container: &Value, index: &Value) -> R<Value> {
        let Value::Object(slice) = index else { return Err(not_subscriptable(container)) };
        let Object::Slice { start, stop, step } = &**slice else { return Err(not_subscriptable(container)) };
        let bounds = [start, stop, step];
        match container {
            Value::List(list) => {
                let (_, picked) = picked(bounds, list.items().len())?;
                self.charge_values(picked.len())?;
                let items = list.items();
                Ok(Value::list(picked.into_iter().map(|at| items[at].clone()).collect()))
            }
            Value::Tuple(tuple) => {
                let (_, picked) = picked(bounds, tuple.items().len())?;
                self.charge_values(picked.len())?;
                Ok(Value::tuple(picked.into_iter().map(|at| tuple.items()[at].clone()).collect()))
            }
            Value::Bytes(bytes) => {
                let (_, picked) = picked(bounds, bytes.len())?;
                Ok(Value::Bytes(picked.into_iter().map(|at| bytes[at]).collect()))
            }
            Value::Str(text) => {
                let characters: Vec<char> = text.chars().collect();
                let (_, picked) = picked(bounds, characters.len())?;
                self.charge(text.len())?;
                Ok(Value::from(picked.into_iter().map(|at| characters[at]).collect::<String>()))
            }
            Value::Object(object) => match (&**object, bounds) {
                (Object::Range(_) | Object::Url(_), _) => Err(Stop::unsupported("a slice of this")),
                _ => Err(not_subscriptable(container)),
            },
            other => Err(not_subscriptable(other)),
        }
    }

    /// `old op= value` for what changes in place; whether it did.
    pub(crate) fn augment_in_place(&mut self, op: BinaryOp, old: &Value, value: &Value) -> R<bool> {
        match (op, old) {
            (BinaryOp::Add, Value::List(list)) => {
                let mut more = self.collect(value)?;
                list.items_mut().append(&mut more);
                Ok(true)
            }
            (BinaryOp::Mult, Value::List(list)) => {
                let repeated = self.binary(op, old, value)?;
                if let Value::List(repeated) = repeated {
                    let items = repeated.items().clone();
                    *list.items_mut() = items;
                }
                Ok(true)
            }
            (_, Value::Dict(dict)) if matches!(dict.flavour(), Flavour::Counter) => {
                let Value::Dict(changed) = self.binary(op, old, value)? else { return Ok(false) };
                let entries = changed.entries().clone();
                *dict.entries_mut() = entries;
                Ok(true)
            }
            (BinaryOp::BitOr, Value::Dict(dict)) => {
                let entries = self.entries_of(value)?;
                dict.entries_mut().extend(entries);
                Ok(true)
            }
            (BinaryOp::BitOr | BinaryOp::BitAnd | BinaryOp::Sub | BinaryOp::BitXor, Value::Set(set)) => {
                let Some(Value::Set(result)) = self.set_binary(op, old, value)? else { return Ok(false) };
                let members = result.members().clone();
                *set.members_mut() = members;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// An attribute of a value, or a method not called yet.
    pub(crate) fn attribute_of(&mut self, value: &Value, name: &SmolStr) -> R<Option<Value>> {
        if let Value::Unknown(symbol) = value {
            return Err(Stop::needs(*symbol));
        }
        if let Some(found) = self.library_attribute(value, name)? {
            return Ok(Some(found));
        }
        if let Value::Class(class) = value {
            return match Method::from_name(name) {
                Some(method) if crate::names::has(class, name) => {
                    Ok(Some(Value::object(Object::Unbound { class, method })))
                }
                _ if crate::names::has(class, name) => Err(Stop::unsupported(format!("the attribute '{name}'"))),
                _ => Ok(None),
            };
        }
        let Some(class) = value.class() else { return Ok(None) };
        if !crate::names::has(class, name) {
            return Ok(None);
        }
        match Method::from_name(name) {
            Some(method) => Ok(Some(bound(value, method))),
            None => Err(Stop::unsupported(format!("the attribute '{name}' of '{}'", class.name()))),
        }
    }

    /// The error for a method that a value lacks, or that this evaluator does not have for it.
    pub(crate) fn no_method(&self, receiver: &Value, method: Method) -> Box<Stop> {
        match receiver.class() {
            Some(class) if crate::names::has(class, method.name()) => {
                Stop::unsupported(format!("the method '{}' of '{}'", method.name(), class.name()))
            }
            _ => no_attribute(receiver, method.name()),
        }
    }
}

/// A set looked for in a set is looked for as if frozen.
fn member_key(item: &Value) -> R<Key> {
    match item {
        Value::Set(set) => Key::new(Value::FrozenSet(Rc::new(Set::new(set.members().clone())))),
        item => Key::new(item.clone()),
    }
}

fn bytes_contain(bytes: &[u8], item: &Value) -> R<bool> {
    match item {
        Value::Bytes(item) => Ok(item.is_empty() || bytes.windows(item.len()).any(|window| *window == **item)),
        Value::Bool(byte) => Ok(bytes.contains(&u8::from(*byte))),
        Value::Int(byte) => match u8::try_from(*byte) {
            Ok(byte) => Ok(bytes.contains(&byte)),
            Err(_) => Err(Stop::value_error("byte must be in range(0, 256)")),
        },
        other => Err(Stop::wrong(other, |name| format!("a bytes-like object is required, not '{name}'"))),
    }
}

fn repeated(items: &[Value], times: usize) -> Vec<Value> {
    // Nothing, however often, would never end.
    let times = if items.is_empty() { 0 } else { times };
    std::iter::repeat_n(items, times).flatten().cloned().collect()
}

fn is_sequence(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_))
}

fn is_slice(value: &Value) -> bool {
    matches!(value, Value::Object(object) if matches!(**object, Object::Slice { .. }))
}

/// `list[str]` and the like is the class as far as running goes.
fn is_generic(class: &class::Class) -> bool {
    matches!(
        class.kind,
        class::Kind::List | class::Kind::Dict | class::Kind::Set | class::Kind::FrozenSet | class::Kind::Tuple
    )
}

fn unary(op: UnaryOp, operand: &Value) -> R<Value> {
    match (op, Number::of(operand)) {
        (UnaryOp::Plus, Some(Number::Int(value))) => Ok(Value::Int(value)),
        (UnaryOp::Minus, Some(Number::Int(value))) => value.checked_neg().map(Value::Int).ok_or_else(number::too_big),
        (UnaryOp::Invert, Some(Number::Int(value))) => Ok(Value::Int(!value)),
        (UnaryOp::Plus, Some(Number::Float(value))) => Ok(Value::Float(value)),
        (UnaryOp::Minus, Some(Number::Float(value))) => Ok(Value::Float(-value)),
        _ => {
            if let Some(value) = crate::modules::unary(op, operand)? {
                return Ok(value);
            }
            let sign = match op {
                UnaryOp::Minus => "-",
                UnaryOp::Plus => "+",
                UnaryOp::Invert => "~",
            };
            Err(Stop::wrong(operand, |name| format!("bad operand type for unary {sign}: '{name}'")))
        }
    }
}

/// How an operator reads in a `TypeError`.
fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mult => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "** or pow()",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::LShift => "<<",
        BinaryOp::RShift => ">>",
    }
}

pub(crate) fn no_operator(op: BinaryOp, a: &Value, b: &Value) -> Box<Stop> {
    Stop::wrong_pair(a, b, |a, b| format!("unsupported operand type(s) for {}: '{a}' and '{b}'", sign(op)))
}

fn not_container(value: &Value) -> Box<Stop> {
    Stop::wrong(value, |name| format!("argument of type '{name}' is not iterable"))
}

fn not_subscriptable(value: &Value) -> Box<Stop> {
    match value {
        Value::Class(class) => Stop::type_error(format!("type '{}' is not subscriptable", class.name())),
        other => Stop::wrong(other, |name| format!("'{name}' object is not subscriptable")),
    }
}

/// Where an index points, counted from the end if negative; `None` beyond.
fn offset(index: &Value, len: usize, what: &str) -> R<Option<usize>> {
    let index = match index {
        Value::Int(index) => *index,
        Value::Bool(index) => i128::from(*index),
        other => {
            let what = if what == "bytes" { "byte" } else { what };
            return Err(Stop::wrong(other, |name| format!("{what} indices must be integers or slices, not {name}")));
        }
    };
    let at = if index < 0 { index.saturating_add(len as i128) } else { index };
    Ok(usize::try_from(at).ok().filter(|at| *at < len))
}

fn position(index: &Value, len: usize, what: &str) -> R<usize> {
    if what == "string" && !matches!(index, Value::Int(_) | Value::Bool(_)) {
        return Err(Stop::wrong(index, |name| format!("string indices must be integers, not '{name}'")));
    }
    let what_index = if what == "bytes" { "index".to_owned() } else { format!("{what} index") };
    match offset(index, len, what)? {
        Some(at) => Ok(at),
        None => Err(Stop::raise(&class::INDEX_ERROR, format!("{what_index} out of range"))),
    }
}

/// Where a slice begins, and the indices that it picks.
fn picked([start, stop, step]: [&Value; 3], len: usize) -> R<(usize, Vec<usize>)> {
    let step = bound_of(step)?.unwrap_or(1);
    if step == 0 {
        return Err(Stop::value_error("slice step cannot be zero"));
    }
    let len = len as i128;
    let clamp = |bound: i128| {
        let bound = if bound < 0 { bound.saturating_add(len) } else { bound };
        if step > 0 { bound.clamp(0, len) } else { bound.clamp(-1, len - 1) }
    };
    let (first, last) = if step > 0 { (0, len) } else { (len - 1, -1) };
    let mut at = bound_of(start)?.map_or(first, clamp);
    let end = bound_of(stop)?.map_or(last, clamp);
    let first = usize::try_from(at).unwrap_or(0);
    let mut picked = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        picked.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    Ok((first, picked))
}

fn bound_of(value: &Value) -> R<Option<i128>> {
    match value {
        Value::None => Ok(None),
        Value::Int(value) => Ok(Some(*value)),
        Value::Bool(value) => Ok(Some(i128::from(*value))),
        other => {
            Err(Stop::wrong(other, |_| "slice indices must be integers or None or have an __index__ method".to_owned()))
        }
    }
}
