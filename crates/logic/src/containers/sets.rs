//! The methods and operators of `set` and `frozenset`.

use std::rc::Rc;

use super::{Key, Members, Set};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::object::{Object, View};
use crate::stop::{R, Stop};
use crate::tree::BinaryOp;
use crate::value::Value;

impl Machine<'_> {
    /// A method of a set or frozenset.
    pub(crate) fn set_method(&mut self, receiver: &Value, set: &Rc<Set>, method: Method, call: Call) -> R<Value> {
        let frozen = matches!(receiver, Value::FrozenSet(_));
        if frozen && method.mutates() {
            return Err(self.no_method(receiver, method));
        }
        let kind = receiver.type_name();
        let name = format!("{kind}.{}", method.name());
        match method {
            Method::Union | Method::Intersection | Method::Difference => {
                call.no_keywords(&name)?;
                let mut members = set.members().clone();
                for other in &call.args {
                    members = combined(method, &members, &self.members(other)?);
                }
                self.charge_values(members.len())?;
                Ok(like(frozen, members))
            }
            Method::SymmetricDifference => {
                let [other] = call.exactly(&name)?;
                let other = self.members(&other)?;
                let members = combined(method, &set.members(), &other);
                Ok(like(frozen, members))
            }
            Method::IsSubset | Method::IsSuperset | Method::IsDisjoint => {
                let [other] = call.exactly(&name)?;
                let other = self.members(&other)?;
                let own = set.members();
                Ok(Value::Bool(match method {
                    Method::IsSubset => own.iter().all(|key| other.contains(key)),
                    Method::IsSuperset => other.iter().all(|key| own.contains(key)),
                    _ => !own.iter().any(|key| other.contains(key)),
                }))
            }
            Method::Copy => {
                let [] = call.exactly(&name)?;
                let members = set.members().clone();
                Ok(like(frozen, members))
            }
            method => self.change_set(receiver, set, method, call, &name),
        }
    }

    fn change_set(&mut self, receiver: &Value, set: &Rc<Set>, method: Method, call: Call, name: &str) -> R<Value> {
        match method {
            Method::Add => {
                let [item] = call.exactly(name)?;
                self.charge_values(1)?;
                set.members_mut().insert(Key::new(item)?);
            }
            Method::Discard | Method::Remove => {
                let [item] = call.exactly(name)?;
                let removed = set.members_mut().shift_remove(&Key::new(item.clone())?);
                if !removed && method == Method::Remove {
                    return Err(Stop::key_error(item));
                }
            }
            Method::Pop => {
                let [] = call.exactly(name)?;
                let popped = set.members_mut().shift_remove_index(0);
                return match popped {
                    Some(key) => Ok(key.into_value()),
                    None => Err(Stop::key_error(Value::str("pop from an empty set"))),
                };
            }
            Method::Clear => {
                let [] = call.exactly(name)?;
                set.members_mut().clear();
            }
            Method::Update | Method::IntersectionUpdate | Method::DifferenceUpdate => {
                call.no_keywords(name)?;
                let plain = match method {
                    Method::Update => Method::Union,
                    Method::IntersectionUpdate => Method::Intersection,
                    _ => Method::Difference,
                };
                for other in &call.args {
                    let other = self.members(other)?;
                    self.charge_values(other.len())?;
                    let members = combined(plain, &set.members(), &other);
                    *set.members_mut() = members;
                }
            }
            Method::SymmetricDifferenceUpdate => {
                let [other] = call.exactly(name)?;
                let other = self.members(&other)?;
                let members = combined(Method::SymmetricDifference, &set.members(), &other);
                *set.members_mut() = members;
            }
            method => return Err(self.no_method(receiver, method)),
        }
        Ok(Value::None)
    }

    /// The members of anything that can be gone through.
    pub(crate) fn members(&mut self, value: &Value) -> R<Members> {
        if let Value::Set(set) | Value::FrozenSet(set) = value {
            return Ok(set.members().clone());
        }
        if let Value::Dict(dict) = value {
            return Ok(dict.entries().keys().cloned().collect());
        }
        self.collect(value)?.into_iter().map(Key::new).collect()
    }

    /// `a | b` and its like for sets and the keys of dicts.
    pub(crate) fn set_binary(&mut self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        let frozen = matches!(a, Value::FrozenSet(_));
        let view = is_view(a) || is_view(b);
        let acts = |value: &Value| matches!(value, Value::Set(_) | Value::FrozenSet(_)) || is_view(value);
        // A dict's view combines with anything that can be gone through.
        if !(acts(a) && acts(b) || is_view(a) && !matches!(b, Value::Unknown(_))) {
            return Ok(None);
        }
        let method = match op {
            BinaryOp::BitOr => Method::Union,
            BinaryOp::BitAnd => Method::Intersection,
            BinaryOp::Sub => Method::Difference,
            BinaryOp::BitXor => Method::SymmetricDifference,
            _ => return Ok(None),
        };
        let (a, b) = (self.members(a)?, self.members(b)?);
        self.charge_values(a.len() + b.len())?;
        Ok(Some(like(frozen && !view, combined(method, &a, &b))))
    }
}

fn is_view(value: &Value) -> bool {
    matches!(value, Value::Object(object) if matches!(**object, Object::View(View::Keys | View::Items, _)))
}

fn like(frozen: bool, members: Members) -> Value {
    let set = Rc::new(Set::new(members));
    if frozen { Value::FrozenSet(set) } else { Value::Set(set) }
}

fn combined(method: Method, a: &Members, b: &Members) -> Members {
    match method {
        Method::Union => a.iter().chain(b).cloned().collect(),
        Method::Intersection => a.iter().filter(|key| b.contains(*key)).cloned().collect(),
        Method::Difference => a.iter().filter(|key| !b.contains(*key)).cloned().collect(),
        _ => {
            let (left, right) = (a.iter().filter(|key| !b.contains(*key)), b.iter().filter(|key| !a.contains(*key)));
            left.chain(right).cloned().collect()
        }
    }
}
