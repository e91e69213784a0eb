//! The methods of `list` and `tuple`, and sorting.

use std::cmp::Ordering;
use std::rc::Rc;

use super::List;
use crate::class;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::order;
use crate::stop::{R, Stop};
use crate::text::{index, size};
use crate::tree::CompareOp;
use crate::value::Value;

impl Machine<'_> {
    /// A method of a list.
    pub(crate) fn list_method(&mut self, receiver: &Value, list: &Rc<List>, method: Method, call: Call) -> R<Value> {
        let name = format_name("list", method);
        match method {
            Method::Append => {
                let [item] = call.exactly(&name)?;
                self.charge_values(1)?;
                list.items_mut().push(item);
            }
            Method::Extend => {
                let [items] = call.exactly(&name)?;
                let mut items = self.collect(&items)?;
                list.items_mut().append(&mut items);
            }
            Method::Insert => {
                if call.args.len() != 2 {
                    return Err(Stop::type_error(format!("insert expected 2 arguments, got {}", call.args.len())));
                }
                let [at, item] = call.between("insert", 2)?;
                let length = list.items().len();
                let at = clamp(size(&at.unwrap_or_default())?, length);
                self.charge_values(1)?;
                list.items_mut().insert(at, item.unwrap_or_default());
            }
            Method::Remove => {
                let [item] = call.exactly(&name)?;
                let items = list.items().clone();
                match self.find_item(&items, &item)? {
                    Some(at) => drop(list.items_mut().remove(at)),
                    None => return Err(Stop::value_error("list.remove(x): x not in list")),
                }
            }
            Method::Pop => return pop(list, call),
            Method::Clear => {
                let [] = call.exactly(&name)?;
                list.items_mut().clear();
            }
            Method::Reverse => {
                let [] = call.exactly(&name)?;
                list.items_mut().reverse();
            }
            Method::Sort => {
                call_is_keywords_only(&call)?;
                let items = std::mem::take(&mut *list.items_mut());
                let kept = items.clone();
                match self.sorted(items, call) {
                    Ok(sorted) => *list.items_mut() = sorted,
                    Err(stop) => {
                        *list.items_mut() = kept;
                        return Err(stop);
                    }
                }
            }
            Method::Copy => {
                let [] = call.exactly(&name)?;
                self.charge_values(list.items().len())?;
                return Ok(Value::list(list.items().clone()));
            }
            Method::Index | Method::Count => {
                let items = list.items().clone();
                return self.sequence_method(receiver, &items, method, call);
            }
            method => return Err(self.no_method(receiver, method)),
        }
        Ok(Value::None)
    }

    /// A method of a tuple.
    pub(crate) fn tuple_method(&mut self, receiver: &Value, items: &[Value], method: Method, call: Call) -> R<Value> {
        self.sequence_method(receiver, items, method, call)
    }

    fn sequence_method(&mut self, receiver: &Value, items: &[Value], method: Method, call: Call) -> R<Value> {
        match method {
            Method::Count => {
                let [wanted] = call.exactly(&format_name(receiver.type_name(), method))?;
                let mut count = 0;
                for item in items {
                    count += i128::from(item.same(&wanted) || order::equal(item, &wanted, self)?);
                }
                Ok(Value::Int(count))
            }
            Method::Index => {
                let [wanted, start, stop] = call.between("index", 1)?;
                let wanted = wanted.unwrap_or_default();
                let bound = |value: Option<Value>, default: usize| match value {
                    Some(value) => index(&value).map(|at| clamp(at, items.len())),
                    None => Ok(default),
                };
                let (start, stop) = (bound(start, 0)?, bound(stop, items.len())?);
                let part = items.get(start..stop).unwrap_or_default();
                match self.find_item(part, &wanted)? {
                    Some(at) => Ok(Value::Int((start + at) as i128)),
                    None if matches!(receiver, Value::Tuple(_)) => {
                        Err(Stop::value_error("tuple.index(x): x not in tuple"))
                    }
                    None => {
                        let wanted = self.repr(&wanted)?;
                        Err(Stop::value_error(format!("{wanted} is not in list")))
                    }
                }
            }
            method => Err(self.no_method(receiver, method)),
        }
    }

    fn find_item(&mut self, items: &[Value], wanted: &Value) -> R<Option<usize>> {
        self.tick(items.len() as u64 / 8)?;
        for (at, item) in items.iter().enumerate() {
            if item.same(wanted) || order::equal(item, wanted, self)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Sorts as `sorted(items, key=…, reverse=…)` does: stable, comparing only with `<`.
    pub(crate) fn sorted(&mut self, items: Vec<Value>, call: Call) -> R<Vec<Value>> {
        let [key, reverse] = call.named("sort", ["key", "reverse"], 0, 0)?;
        let reverse = match reverse {
            Some(reverse) => self.truth(&reverse)?,
            None => false,
        };
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let sort_key = match &key {
                None | Some(Value::None) => item.clone(),
                Some(key) => self.call_value(key, Call::of(vec![item.clone()]))?,
            };
            keyed.push((sort_key, item));
        }
        self.sorted_by(keyed, reverse)
    }

    /// What stands beside the keys, in the keys' order.
    pub(crate) fn sorted_by(&mut self, mut keyed: Vec<(Value, Value)>, reverse: bool) -> R<Vec<Value>> {
        // Equal items keep their order under `reverse` too.
        if reverse {
            keyed.reverse();
        }
        self.merge_sort(&mut keyed)?;
        if reverse {
            keyed.reverse();
        }
        Ok(keyed.into_iter().map(|(_, item)| item).collect())
    }

    fn merge_sort(&mut self, items: &mut Vec<(Value, Value)>) -> R<()> {
        self.tick(items.len() as u64)?;
        self.charge_values(items.len())?;
        if items.len() < 2 {
            return Ok(());
        }
        if let Some(sorted) = quick_order(items) {
            *items = sorted;
            return Ok(());
        }
        let mut right = items.split_off(items.len() / 2);
        self.merge_sort(items)?;
        self.merge_sort(&mut right)?;
        let (mut left, mut right) = (std::mem::take(items).into_iter().peekable(), right.into_iter().peekable());
        while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
            let swap = self.ordered(CompareOp::Lt, b, a)?;
            items.extend(if swap { right.next() } else { left.next() });
        }
        items.extend(left);
        items.extend(right);
        Ok(())
    }
}

/// The order where all keys are text or all are integers, so that nothing can go wrong.
fn quick_order(items: &[(Value, Value)]) -> Option<Vec<(Value, Value)>> {
    let plain = items.iter().all(|(key, _)| matches!(key, Value::Str(_)))
        || items.iter().all(|(key, _)| matches!(key, Value::Int(_)));
    if !plain {
        return None;
    }
    let mut items = items.to_vec();
    items.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    Some(items)
}

fn call_is_keywords_only(call: &Call) -> R<()> {
    if call.args.is_empty() {
        return Ok(());
    }
    Err(Stop::type_error("sort() takes no positional arguments"))
}

fn format_name(kind: &str, method: Method) -> String {
    format!("{kind}.{}", method.name())
}

/// Where an index of `insert` or a bound of `index` points, kept within.
fn clamp(at: i128, length: usize) -> usize {
    let at = if at < 0 { at.saturating_add(length as i128).max(0) } else { at };
    usize::try_from(at).unwrap_or(usize::MAX).min(length)
}

fn pop(list: &List, call: Call) -> R<Value> {
    let [at] = call.between("pop", 0)?;
    let at = at.map_or(Ok(-1), |at| size(&at))?;
    let mut items = list.items_mut();
    if items.is_empty() {
        return Err(Stop::raise(&class::INDEX_ERROR, "pop from empty list"));
    }
    let at = if at < 0 { at.saturating_add(items.len() as i128) } else { at };
    match usize::try_from(at) {
        Ok(at) if at < items.len() => Ok(items.remove(at)),
        _ => Err(Stop::raise(&class::INDEX_ERROR, "pop index out of range")),
    }
}
