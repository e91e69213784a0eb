//! Equality and order of values, by Python's rules.

use std::cmp::Ordering;

use crate::containers::{Dict, Flavour, Set};
use crate::evaluate::machine::Machine;
use crate::number::{self, Number};
use crate::object::{Object, View};
use crate::stop::{R, Stop};
use crate::tree::CompareOp;
use crate::value::Value;

/// How deep containers may nest in a comparison.
const DEPTH: u32 = 200;

/// Who answers where one side is unknown.
pub(crate) trait Judge {
    fn unknown_equal(&mut self, a: &Value, b: &Value) -> R<bool>;
}

/// No unknown can be met: keys of dicts and sets hold none.
struct AllKnown;

impl Judge for AllKnown {
    fn unknown_equal(&mut self, _: &Value, _: &Value) -> R<bool> {
        Ok(false)
    }
}

/// Equality of two values without unknowns.
pub(crate) fn equal_known(a: &Value, b: &Value) -> bool {
    equal(a, b, &mut AllKnown).unwrap_or(false)
}

/// `a == b`.
pub(crate) fn equal(a: &Value, b: &Value, judge: &mut dyn Judge) -> R<bool> {
    equal_at(a, b, judge, 0)
}

pub(crate) fn equal_at(a: &Value, b: &Value, judge: &mut dyn Judge, depth: u32) -> R<bool> {
    if depth > DEPTH {
        return Err(Stop::exceeded("depth of a comparison"));
    }
    match (a, b) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => judge.unknown_equal(a, b),
        (Value::Str(a), Value::Str(b)) => Ok(a == b),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a == b),
        (Value::List(a), Value::List(b)) => sequences_equal(&a.items(), &b.items(), judge, depth),
        (Value::Tuple(a), Value::Tuple(b)) => sequences_equal(a.items(), b.items(), judge, depth),
        (Value::Dict(a), Value::Dict(b)) => dicts_equal(a, b, judge, depth),
        (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => Ok(sets_equal(a, b)),
        (Value::Object(object), other) | (other, Value::Object(object)) if matches!(**object, Object::Sealed(_)) => {
            match &**object {
                Object::Sealed(sealed) => crate::sealed::equal(sealed, other, judge, depth),
                _ => Ok(false),
            }
        }
        (Value::Object(x), Value::Object(y)) => {
            if let (Object::View(kind, a), Object::View(other, b)) = (&**x, &**y) {
                return views_equal((*kind, a), (*other, b), judge, depth);
            }
            Ok(a.same(b) || x.equals(y))
        }
        (Value::Set(set) | Value::FrozenSet(set), Value::Object(view))
        | (Value::Object(view), Value::Set(set) | Value::FrozenSet(set)) => match &**view {
            Object::View(View::Keys, dict) => Ok(keys_equal_set(dict, set)),
            Object::View(View::Items, _) => Err(Stop::unsupported("comparing dict items with a set")),
            _ => Ok(false),
        },
        (Value::Object(url), Value::Tuple(_)) | (Value::Tuple(_), Value::Object(url))
            if matches!(**url, Object::Url(_)) =>
        {
            Err(Stop::unsupported("comparing a parsed URL with a tuple"))
        }
        _ => Ok(match (Number::of(a), Number::of(b)) {
            (Some(a), Some(b)) => number::compare(a, b) == Some(Ordering::Equal),
            _ => a.same(b),
        }),
    }
}

pub(crate) fn sequences_equal(a: &[Value], b: &[Value], judge: &mut dyn Judge, depth: u32) -> R<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !a.same(b) && !equal_at(a, b, judge, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn dicts_equal(a: &Dict, b: &Dict, judge: &mut dyn Judge, depth: u32) -> R<bool> {
    let flavours = (a.flavour(), b.flavour());
    let (a, b) = (a.entries(), b.entries());
    if let (Flavour::Counter, Flavour::Counter) = flavours {
        let none = Value::Int(0);
        let mut keys = a.keys().chain(b.keys());
        return keys.try_fold(true, |same, key| {
            let (one, other) = (a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none));
            Ok(same && (one.same(other) || equal_at(one, other, judge, depth + 1)?))
        });
    }
    if a.len() != b.len() {
        return Ok(false);
    }
    if let (Flavour::Ordered, Flavour::Ordered) = flavours
        && !a.keys().eq(b.keys())
    {
        return Ok(false);
    }
    for (key, value) in a.iter() {
        match b.get(key) {
            Some(other) if value.same(other) || equal_at(value, other, judge, depth + 1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn sets_equal(a: &Set, b: &Set) -> bool {
    let (a, b) = (a.members(), b.members());
    a.len() == b.len() && a.iter().all(|key| b.contains(key))
}

fn keys_equal_set(dict: &Dict, set: &Set) -> bool {
    let (keys, members) = (dict.entries(), set.members());
    keys.len() == members.len() && keys.keys().all(|key| members.contains(key))
}

fn views_equal(a: (View, &Dict), b: (View, &Dict), judge: &mut dyn Judge, depth: u32) -> R<bool> {
    match (a.0, b.0) {
        (View::Keys, View::Keys) => {
            let (a, b) = (a.1.entries(), b.1.entries());
            Ok(a.len() == b.len() && a.keys().all(|key| b.contains_key(key)))
        }
        (View::Items, View::Items) => dicts_equal(a.1, b.1, judge, depth),
        (View::Values, View::Values) => Ok(std::ptr::eq(a.1, b.1)),
        _ => Ok(false),
    }
}

/// How the sign reads in a `TypeError`.
pub(crate) fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "<",
        CompareOp::LtE => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtE => ">=",
        CompareOp::Eq => "==",
        CompareOp::NotEq => "!=",
        CompareOp::Is => "is",
        CompareOp::IsNot => "is not",
        CompareOp::In => "in",
        CompareOp::NotIn => "not in",
    }
}

fn holds(op: CompareOp, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match op {
        CompareOp::Lt => order.is_lt(),
        CompareOp::LtE => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

impl Machine<'_> {
    /// `a < b` and its like.
    pub(crate) fn ordered(&mut self, op: CompareOp, a: &Value, b: &Value) -> R<bool> {
        self.ordered_at(op, a, b, 0)
    }

    fn ordered_at(&mut self, op: CompareOp, a: &Value, b: &Value, depth: u32) -> R<bool> {
        if depth > DEPTH {
            return Err(Stop::exceeded("depth of a comparison"));
        }
        match (a, b) {
            (Value::Unknown(_), _) | (_, Value::Unknown(_)) => self.unknown_ordered(op, a, b),
            (Value::Str(a), Value::Str(b)) => Ok(holds(op, Some(a.as_str().cmp(b.as_str())))),
            (Value::Bytes(a), Value::Bytes(b)) => Ok(holds(op, Some(a.cmp(b)))),
            (Value::List(a), Value::List(b)) => {
                let (a, b) = (a.items().clone(), b.items().clone());
                self.sequences_ordered(op, &a, &b, depth)
            }
            (Value::Tuple(a), Value::Tuple(b)) => self.sequences_ordered(op, a.items(), b.items(), depth),
            (Value::Set(a) | Value::FrozenSet(a), Value::Set(b) | Value::FrozenSet(b)) => Ok(set_ordered(op, a, b)),
            (Value::Dict(a), Value::Dict(b))
                if matches!((a.flavour(), b.flavour()), (Flavour::Counter, Flavour::Counter)) =>
            {
                Err(Stop::unsupported("the order of Counters"))
            }
            (Value::Object(x), Value::Object(y)) => match x.ordered(op, y)? {
                Some(holds) => Ok(holds),
                None => Err(unordered(op, a, b)),
            },
            _ => match (Number::of(a), Number::of(b)) {
                (Some(a), Some(b)) => Ok(holds(op, number::compare(a, b))),
                _ => Err(unordered(op, a, b)),
            },
        }
    }

    fn sequences_ordered(&mut self, op: CompareOp, a: &[Value], b: &[Value], depth: u32) -> R<bool> {
        for (x, y) in a.iter().zip(b) {
            if !x.same(y) && !equal(x, y, self)? {
                return self.ordered_at(op, x, y, depth + 1);
            }
        }
        Ok(holds(op, Some(a.len().cmp(&b.len()))))
    }
}

fn set_ordered(op: CompareOp, a: &Set, b: &Set) -> bool {
    let (a, b) = (a.members(), b.members());
    let (small, large) = if matches!(op, CompareOp::Lt | CompareOp::LtE) { (&a, &b) } else { (&b, &a) };
    let subset = small.iter().all(|key| large.contains(key));
    match op {
        CompareOp::Lt | CompareOp::Gt => subset && small.len() < large.len(),
        _ => subset,
    }
}

fn unordered(op: CompareOp, a: &Value, b: &Value) -> Box<Stop> {
    Stop::wrong_pair(a, b, |a, b| format!("'{}' not supported between instances of '{a}' and '{b}'", sign(op)))
}
