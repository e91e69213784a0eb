//! Events as the peer hands them to rules: read-only, with keys in any case; what is taken out of one is sealed too.

use std::rc::Rc;

use smol_str::SmolStr;

use crate::class::{self, Class};
use crate::containers::{Dict, Entries, Flavour, Key};
use crate::evaluate::DataModel;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::method::Method;
use crate::object::{Object, View};
use crate::order;
use crate::stop::{R, Stop};
use crate::value::Value;

/// A container behind glass.
#[derive(Debug)]
pub struct Sealed {
    face: Face,
    /// The dict or list within; what it holds is not sealed before it is taken out.
    within: Value,
}

/// What a sealed container shows itself as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// `PantherEvent`: the whole event.
    Event,
    /// `ImmutableCaseInsensitiveDict`.
    Dict,
    /// `ImmutableList`.
    List,
}

impl Sealed {
    pub(crate) fn class(&self) -> &'static Class {
        match self.face {
            Face::Event => &class::PANTHER_EVENT,
            Face::Dict => &class::SEALED_DICT,
            Face::List => &class::SEALED_LIST,
        }
    }

    pub(crate) fn is_list(&self) -> bool {
        self.face == Face::List
    }

    pub(crate) fn take(&mut self) -> Value {
        std::mem::take(&mut self.within)
    }

    pub(crate) fn len(&self) -> usize {
        match &self.within {
            Value::Dict(dict) => dict.entries().len(),
            Value::List(list) => list.items().len(),
            _ => 0,
        }
    }

    /// The container within as its `repr` shows it: a list is kept as a tuple.
    pub(crate) fn shown(&self) -> Value {
        match &self.within {
            Value::List(list) => Value::tuple(list.items().clone()),
            within => within.clone(),
        }
    }

    /// The entries of a mapping, each value sealed.
    pub(crate) fn entries(&self) -> Option<Entries> {
        let Value::Dict(dict) = &self.within else { return None };
        Some(dict.entries().iter().map(|(key, value)| (key.clone(), seal(value.clone()))).collect())
    }

    /// The items of a list, each sealed.
    fn items(&self) -> Vec<Value> {
        let Value::List(list) = &self.within else { return Vec::new() };
        list.items().iter().cloned().map(seal).collect()
    }
}

/// A container that is taken out of a sealed one; anything else is as it is.
pub(crate) fn seal(value: Value) -> Value {
    let face = match &value {
        Value::Dict(dict) if dict.is_plain() => Face::Dict,
        Value::List(_) => Face::List,
        _ => return value,
    };
    Value::object(Object::Sealed(Sealed { face, within: value }))
}

/// The event that a rule's functions get.
pub(crate) fn event(input: Value) -> Value {
    Value::object(Object::Sealed(Sealed { face: Face::Event, within: input }))
}

/// What is sealed in a value, if it is.
pub(crate) fn sealed(value: &Value) -> Option<&Sealed> {
    match value {
        Value::Object(object) => match &**object {
            Object::Sealed(sealed) => Some(sealed),
            _ => None,
        },
        _ => None,
    }
}

impl Value {
    /// The entries of a mapping: a dict, or a sealed one, whose values are then sealed.
    pub(crate) fn mapping(&self) -> Option<Entries> {
        match self {
            Self::Dict(dict) => Some(dict.entries().clone()),
            other => sealed(other).and_then(Sealed::entries),
        }
    }

    /// The container that an event, or a part of one, shows; any other value as it is.
    #[must_use]
    pub fn unsealed(&self) -> Self {
        sealed(self).map_or_else(|| self.clone(), |sealed| sealed.within.clone())
    }
}

/// `a == b` where `a` is sealed: mappings compare by what they give, lists by what they hold.
pub(crate) fn equal(a: &Sealed, b: &Value, judge: &mut dyn order::Judge, depth: u32) -> R<bool> {
    let other = sealed(b);
    match (&a.within, other.map_or(b, |other| &other.within)) {
        (Value::List(a), Value::List(b)) => order::sequences_equal(&a.items(), &b.items(), judge, depth),
        (Value::List(a), Value::Tuple(b)) => order::sequences_equal(&a.items(), b.items(), judge, depth),
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.entries(), b.entries());
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.iter() {
                let Some(found) = b.get(key) else { return Ok(false) };
                let found = if other.is_some() { seal(found.clone()) } else { found.clone() };
                if !order::equal_at(&seal(value.clone()), &found, judge, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

impl Machine<'_> {
    pub(crate) fn sealed_iter(&mut self, sealed: &Sealed) -> R<Iter> {
        self.charge_values(sealed.len())?;
        let items: Vec<Value> = match &sealed.within {
            Value::Dict(dict) => dict.entries().keys().map(|key| key.value().clone()).collect(),
            _ => sealed.items(),
        };
        Ok(Iter::Items(items.into_iter()))
    }

    /// `sealed[index]`.
    pub(crate) fn sealed_item(&mut self, sealed: &Sealed, index: &Value) -> R<Value> {
        match &sealed.within {
            Value::Dict(dict) => match self.sealed_find(dict, index)? {
                Some(value) => Ok(value),
                None => Err(Stop::key_error(index.clone())),
            },
            // A part of a list comes out as a plain tuple of what is within.
            Value::List(_) => self.subscript(&sealed.shown(), index).map(seal),
            _ => Err(Stop::unsupported("an event that is no object")),
        }
    }

    /// The value of a key, in its own spelling first, then of the first key that differs only in case.
    fn sealed_find(&mut self, dict: &Rc<Dict>, key: &Value) -> R<Option<Value>> {
        let found = match key {
            Value::Str(text) => dict.entries().get(text.as_str()).cloned(),
            _ => dict.entries().get(&Key::new(key.clone())?).cloned(),
        };
        if found.is_some() || dict.entries().is_empty() {
            return Ok(found.map(seal));
        }
        let wanted = self.lowered(key)?;
        let count = dict.entries().len();
        for index in 0..count {
            let Some((other, value)) =
                dict.entries().get_index(index).map(|(key, value)| (key.value().clone(), value.clone()))
            else {
                break;
            };
            self.tick(1)?;
            if self.lowered(&other)? == wanted {
                return Ok(Some(seal(value)));
            }
        }
        Ok(None)
    }

    fn lowered(&mut self, key: &Value) -> R<SmolStr> {
        match key {
            Value::Str(text) if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Ok(text.clone())
            }
            Value::Str(text) if text.is_ascii() => Ok(SmolStr::from(text.to_ascii_lowercase())),
            Value::Str(text) => match self.text_method(text, Method::Lower, Call::default())? {
                Value::Str(text) => Ok(text),
                other => Err(Stop::wrong(&other, |name| format!("lower() gave {name}"))),
            },
            other => Err(crate::evaluate::expressions::no_attribute(other, "lower")),
        }
    }

    /// `item in sealed`.
    pub(crate) fn sealed_contains(&mut self, sealed: &Sealed, item: &Value) -> R<bool> {
        match &sealed.within {
            Value::Dict(dict) => Ok(self.sealed_find(dict, item)?.is_some()),
            _ => self.contains(&Value::list(sealed.items()), item),
        }
    }

    pub(crate) fn sealed_method(
        &mut self,
        receiver: &Value,
        sealed: &Sealed,
        method: Method,
        mut call: Call,
    ) -> R<Value> {
        let args = |call: &mut Call| std::mem::take(&mut call.args);
        match (&sealed.within, method) {
            (Value::Dict(dict), Method::Get) => {
                let [key, default] = call.named("get", ["key", "default"], 0, 1)?;
                let found = self.sealed_find(dict, &key.unwrap_or_default())?;
                Ok(found.or(default).unwrap_or_default())
            }
            (Value::Dict(_), Method::Keys | Method::Values | Method::Items) => {
                let [] = call.exactly(method.name())?;
                let view = match method {
                    Method::Keys => View::Keys,
                    Method::Values => View::Values,
                    _ => View::Items,
                };
                self.charge_values(2 * sealed.len())?;
                let entries = sealed.entries().unwrap_or_default();
                Ok(Value::object(Object::View(view, Rc::new(Dict::of(entries, Flavour::Ordered)))))
            }
            (Value::Dict(_), Method::DeepGet) => {
                let keys = args(&mut call);
                let [default] = call.named("deep_get", ["default"], 0, 0)?;
                self.deep_get(receiver, &keys, default.unwrap_or_default())
            }
            (Value::Dict(_), Method::Copy | Method::ToDict) | (Value::List(_), Method::Copy | Method::AsList) => {
                let [] = call.exactly(method.name())?;
                self.deep_copy(&sealed.within)
            }
            (Value::Dict(_), Method::RawView) => {
                let [] = call.exactly("raw_view")?;
                Ok(sealed.within.clone())
            }
            (Value::List(_), Method::Index | Method::Count) => {
                let items = sealed.items();
                self.tuple_method(receiver, &items, method, call)
            }
            (Value::Dict(_), _) if sealed.face == Face::Event => self.event_method(receiver, sealed, method, call),
            _ => Err(self.no_method(receiver, method)),
        }
    }

    /// The methods that only the whole event has.
    fn event_method(&mut self, receiver: &Value, sealed: &Sealed, method: Method, mut call: Call) -> R<Value> {
        match method {
            Method::DeepWalk => {
                let keys = std::mem::take(&mut call.args);
                let [default, wanted] = call.named("deep_walk", ["default", "return_val"], 0, 0)?;
                let wanted = wanted.unwrap_or_else(|| Value::str("all"));
                self.deep_walk(&sealed.within, &keys, &default.unwrap_or_default(), &wanted)
            }
            Method::Udm => {
                let keys = std::mem::take(&mut call.args);
                let [default] = call.named("udm", ["default"], 0, 0)?;
                self.udm(receiver, sealed, &keys, default.unwrap_or_default())
            }
            Method::UdmPath => {
                let [key] = call.named("udm_path", ["key"], 0, 1)?;
                self.udm_path(sealed, &key.unwrap_or_default())
            }
            Method::Lookup => {
                let [table, key] = call.named("lookup", ["lookup_name", "lookup_key"], 0, 2)?;
                let keys = [Value::str("_mocked_lookup_data_"), table.unwrap_or_default(), key.unwrap_or_default()];
                self.deep_get(receiver, &keys, Value::None)
            }
            Method::EventTimeEpoch => self.event_time_epoch(receiver, call),
            _ => Err(self.no_method(receiver, method)),
        }
    }

    /// What lies at a path of keys, or the default where something on the way is no mapping.
    fn deep_get(&mut self, event: &Value, keys: &[Value], default: Value) -> R<Value> {
        let mut found = event.clone();
        for key in keys {
            found = match (&found, sealed(&found)) {
                (_, Some(Sealed { within: Value::Dict(dict), .. })) => {
                    self.sealed_find(dict, key)?.unwrap_or_else(|| default.clone())
                }
                (Value::Dict(dict), _) => {
                    let key = Key::new(key.clone())?;
                    dict.entries().get(&key).cloned().unwrap_or_else(|| default.clone())
                }
                _ => default.clone(),
            };
        }
        Ok(if matches!(found, Value::None) { default } else { found })
    }

    /// What lies at a path of keys, through lists too; what comes out is not sealed, and keys match exactly.
    fn deep_walk(&mut self, value: &Value, keys: &[Value], default: &Value, wanted: &Value) -> R<Value> {
        self.deeper(1, |this| this.deep_walk_on(value, keys, default, wanted))
    }

    fn deep_walk_on(&mut self, value: &Value, keys: &[Value], default: &Value, wanted: &Value) -> R<Value> {
        self.tick(1)?;
        let Some((key, rest)) = keys.split_first() else {
            let nothing = matches!(value, Value::None) || is_empty_list(value, 0);
            return if nothing { Ok(default.clone()) } else { self.shallow_copy(value) };
        };
        let items = match value {
            Value::Dict(dict) => {
                let key = Key::new(key.clone())?;
                let next = dict.entries().get(&key).cloned().unwrap_or_else(|| default.clone());
                return self.deep_walk(&next, rest, default, wanted);
            }
            Value::List(list) => list.items().clone(),
            Value::Tuple(tuple) => tuple.items().to_vec(),
            _ => return Ok(default.clone()),
        };
        let mut found = Entries::new();
        for item in items {
            match self.deep_walk(&item, keys, default, wanted)? {
                Value::None => {}
                Value::List(list) => {
                    for item in list.items().iter() {
                        found.insert(Key::new(item.clone())?, Value::None);
                    }
                }
                Value::Tuple(tuple) => {
                    for item in tuple.items() {
                        found.insert(Key::new(item.clone())?, Value::None);
                    }
                }
                value => {
                    found.insert(Key::new(value)?, Value::None);
                }
            }
        }
        self.charge_values(found.len())?;
        let found: Vec<Value> = found.into_keys().map(Key::into_value).collect();
        Ok(match (found.first(), found.last(), wanted.as_str()) {
            (Some(first), Some(last), wanted) => match wanted {
                Some("first") => first.clone(),
                Some("last") => last.clone(),
                Some("all") if found.len() == 1 => first.clone(),
                Some("all") => Value::list(found),
                _ => Value::str("all"),
            },
            _ => default.clone(),
        })
    }

    fn shallow_copy(&mut self, value: &Value) -> R<Value> {
        self.charge_values(1)?;
        Ok(match value {
            Value::Dict(dict) => Value::Dict(Rc::new(Dict::of(dict.entries().clone(), dict.flavour().clone()))),
            Value::List(list) => Value::list(list.items().clone()),
            other => other.clone(),
        })
    }

    fn deep_copy(&mut self, value: &Value) -> R<Value> {
        self.deeper(1, |this| match value {
            Value::Dict(dict) => {
                let pairs: Vec<_> = dict.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                this.charge_values(2 * pairs.len())?;
                let copied: R<Entries> =
                    pairs.into_iter().map(|(key, value)| Ok((key, this.deep_copy(&value)?))).collect();
                Ok(Value::Dict(Rc::new(Dict::of(copied?, dict.flavour().clone()))))
            }
            Value::List(list) => {
                let items = list.items().clone();
                this.charge_values(items.len())?;
                let copied: R<Vec<Value>> = items.iter().map(|item| this.deep_copy(item)).collect();
                Ok(Value::list(copied?))
            }
            other => Ok(other.clone()),
        })
    }

    /// The unified field of that name: from the data model of the event's log type, else from `p_udm` or the event.
    fn udm(&mut self, event: &Value, sealed: &Sealed, keys: &[Value], default: Value) -> R<Value> {
        let code = self.code;
        if let (Some(model), [key]) = (&code.model, keys) {
            let name = model_key(key)?;
            if let Some(found) = self.at_path(model, sealed, name)? {
                return Ok(seal(found));
            }
            if let Some((_, function)) = model.methods.iter().find(|(known, _)| known == name) {
                let Some(function) = function else { return Err(no_method_of_model(model, name)) };
                let argument = seal(sealed.within.clone());
                let made = self.call_function(*function, Call::of(vec![argument]))?;
                // What the method keeps may change later; what was handed out does not.
                return self.shallow_copy(&made).map(seal);
            }
            if model.paths.iter().any(|(known, _)| known == name) {
                return Ok(default);
            }
        }
        if !keys.is_empty() {
            let standard: Vec<Value> = std::iter::once(Value::str("p_udm")).chain(keys.iter().cloned()).collect();
            for keys in [&standard[..], keys] {
                let found = self.deep_get(event, keys, Value::None)?;
                if self.truth(&found)? {
                    return Ok(found);
                }
            }
        }
        Ok(default)
    }

    fn udm_path(&mut self, sealed: &Sealed, key: &Value) -> R<Value> {
        let code = self.code;
        // The peer raises an error of its own here, which no detection can name.
        let Some(model) = &code.model else { return Err(Stop::unsupported("udm_path without a data model")) };
        let name = model_key(key)?;
        if self.at_path(model, sealed, name)?.is_some() {
            let path = model.paths.iter().find(|(known, _)| known == name);
            return Ok(path.map_or(Value::None, |(_, path)| Value::from(path.join("."))));
        }
        let method = model.methods.iter().find(|(known, _)| known == name);
        Ok(match method.and_then(|(_, function)| *function) {
            Some(id) => match code.functions.get(id.0 as usize) {
                Some(function) => Value::str(function.name.rsplit('.').next().unwrap_or_default()),
                None => Value::None,
            },
            None if method.is_some() => return Err(no_method_of_model(model, name)),
            None => Value::None,
        })
    }

    /// What the data model's path leads to; keys match exactly here.
    fn at_path(&mut self, model: &DataModel, sealed: &Sealed, name: &str) -> R<Option<Value>> {
        let Some((_, path)) = model.paths.iter().find(|(known, _)| known == name) else { return Ok(None) };
        let mut found = sealed.within.clone();
        for key in path {
            self.tick(1)?;
            let next = match &found {
                Value::Dict(dict) => dict.entries().get(key.as_str()).cloned(),
                _ => None,
            };
            let Some(next) = next else { return Ok(None) };
            found = next;
        }
        Ok(Some(found))
    }

    /// The event's time in seconds, or 0 without one.
    fn event_time_epoch(&mut self, event: &Value, call: Call) -> R<Value> {
        let [_] = call.named("event_time_epoch", ["force_utc"], 0, 0)?;
        let time = self.deep_get(event, &[Value::str("p_event_time")], Value::None)?;
        if self.truth(&time)? {
            return Err(Stop::unsupported("reading the event's time"));
        }
        Ok(Value::Int(0))
    }
}

fn model_key(key: &Value) -> R<&str> {
    key.as_str().ok_or_else(|| Stop::unsupported("a unified field whose name is no text"))
}

fn no_method_of_model(model: &DataModel, name: &str) -> Box<Stop> {
    Stop::unsupported(format!("the method for `{name}` of the data model {}", model.id))
}

/// A list of nothing but such lists.
fn is_empty_list(value: &Value, depth: u32) -> bool {
    depth < 200
        && match value {
            Value::List(list) => list.items().iter().all(|item| is_empty_list(item, depth + 1)),
            Value::Tuple(tuple) => tuple.items().iter().all(|item| is_empty_list(item, depth + 1)),
            _ => false,
        }
}
