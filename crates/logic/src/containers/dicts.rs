//! The methods of `dict` and of its views.

use std::rc::Rc;

use super::{Dict, Flavour, Key, Set};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::object::{Object, View};
use crate::stop::{R, Stop};
use crate::value::Value;

impl Machine<'_> {
    /// A method of a dict.
    pub(crate) fn dict_method(&mut self, receiver: &Value, dict: &Rc<Dict>, method: Method, call: Call) -> R<Value> {
        if !dict.is_plain()
            && let Some(result) = self.flavoured_method(dict, method, &call)
        {
            return result;
        }
        match method {
            Method::Get => {
                call.no_keywords("dict.get")?;
                let [key, default] = call.between("get", 1)?;
                let found = lookup(dict, key.unwrap_or_default())?;
                Ok(found.or(default).unwrap_or_default())
            }
            Method::Keys => view(View::Keys, dict, call),
            Method::Values => view(View::Values, dict, call),
            Method::Items => view(View::Items, dict, call),
            Method::Pop => {
                let [key, default] = call.between("pop", 1)?;
                let key = key.unwrap_or_default();
                // CPython asks no hash of the key where nothing can be found; an ordered dict does.
                let nothing = dict.entries().is_empty() && !matches!(dict.flavour(), Flavour::Ordered);
                let removed = if nothing { None } else { dict.entries_mut().shift_remove(&Key::new(key.clone())?) };
                removed.or(default).ok_or_else(|| Stop::key_error(key))
            }
            Method::PopItem => {
                let [] = call.exactly("dict.popitem")?;
                match dict.entries_mut().pop() {
                    Some((key, value)) => Ok(Value::tuple(vec![key.into_value(), value])),
                    None => Err(Stop::key_error(Value::str("popitem(): dictionary is empty"))),
                }
            }
            Method::SetDefault => {
                let [key, default] = call.between("setdefault", 1)?;
                let key = Key::new(key.unwrap_or_default())?;
                self.charge_values(2)?;
                Ok(dict.entries_mut().entry(key).or_insert_with(|| default.unwrap_or_default()).clone())
            }
            Method::Update => {
                self.update_dict(dict, call)?;
                Ok(Value::None)
            }
            Method::Clear => {
                let [] = call.exactly("dict.clear")?;
                let entries = std::mem::take(&mut *dict.entries_mut());
                drop(entries);
                Ok(Value::None)
            }
            Method::Copy => {
                let [] = call.exactly("dict.copy")?;
                let entries = dict.entries().clone();
                self.charge_values(2 * entries.len())?;
                Ok(Value::Dict(Rc::new(Dict::of(entries, dict.flavour().clone()))))
            }
            Method::FromKeys => self.dict_of_keys(call),
            method => Err(self.no_method(receiver, method)),
        }
    }

    /// `dict.fromkeys(keys, value)`.
    pub(crate) fn dict_of_keys(&mut self, call: Call) -> R<Value> {
        let [keys, value] = call.between("fromkeys", 1)?;
        let (keys, value) = (self.collect(&keys.unwrap_or_default())?, value.unwrap_or_default());
        self.charge_values(2 * keys.len())?;
        let mut entries = super::Entries::new();
        for key in keys {
            entries.insert(Key::new(key)?, value.clone());
        }
        Ok(Value::Dict(Rc::new(Dict::new(entries))))
    }

    /// What `dict(…)` and `update(…)` take: a dict or pairs, and names.
    pub(crate) fn update_dict(&mut self, dict: &Dict, call: Call) -> R<()> {
        let given = call.args.len();
        if given > 1 {
            return Err(Stop::type_error(format!("update expected at most 1 argument, got {given}")));
        }
        if let Some(source) = call.args.first() {
            let entries = self.entries_of(source)?;
            dict.entries_mut().extend(entries);
        }
        self.charge_values(2 * call.keyword.len())?;
        dict.entries_mut().extend(call.keyword.into_iter().map(|(name, value)| (Key::text(name), value)));
        Ok(())
    }

    /// A method of a dict's view.
    pub(crate) fn view_method(&mut self, receiver: &Value, method: Method, call: Call) -> R<Value> {
        let Value::Object(object) = receiver else { return Err(self.no_method(receiver, method)) };
        match (&**object, method) {
            (Object::View(View::Keys, dict), Method::IsDisjoint) => {
                let members = dict.entries().keys().cloned().collect();
                let set = Rc::new(Set::new(members));
                self.set_method(&Value::Set(set.clone()), &set, method, call)
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }
}

fn lookup(dict: &Dict, key: Value) -> R<Option<Value>> {
    if let Value::Str(key) = &key {
        return Ok(dict.entries().get(key.as_str()).cloned());
    }
    let key = Key::new(key)?;
    Ok(dict.entries().get(&key).cloned())
}

fn view(view: View, dict: &Rc<Dict>, call: Call) -> R<Value> {
    let name = match view {
        View::Keys => "dict.keys",
        View::Values => "dict.values",
        View::Items => "dict.items",
    };
    let [] = call.exactly(name)?;
    Ok(Value::object(Object::View(view, dict.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::Entries;
    use crate::evaluate::alone;

    /// Found by random programs (seed `b`, program 488).
    #[test]
    fn an_empty_dict_pops_a_default_for_a_key_that_has_no_hash() {
        let popped = |flavour: Flavour, entries: Entries, default: bool| {
            let dict = Rc::new(Dict::of(entries, flavour));
            let args = std::iter::once(Value::list(Vec::new())).chain(default.then_some(Value::Int(3)));
            alone(|machine| {
                let call = Call::of(args.collect());
                Ok(
                    match machine
                        .dict_method(&Value::Dict(dict.clone()), &dict, Method::Pop, call)
                        .map_err(|stop| *stop)
                    {
                        Ok(value) => value.repr().unwrap_or_default(),
                        Err(Stop::Raised(error, _)) => error.type_name().to_owned(),
                        Err(_) => "stopped".to_owned(),
                    },
                )
            })
            .unwrap()
        };
        assert_eq!(popped(Flavour::Plain, Entries::new(), true), "3");
        assert_eq!(popped(Flavour::Counter, Entries::new(), true), "3");
        assert_eq!(popped(Flavour::Plain, Entries::new(), false), "KeyError");
        assert_eq!(popped(Flavour::Ordered, Entries::new(), true), "TypeError");
        let one = Entries::from_iter([(Key::text("a".into()), Value::None)]);
        assert_eq!(popped(Flavour::Plain, one, true), "TypeError");
    }
}
