//! `re` and `fnmatch` as detections call them.

use std::rc::Rc;

use smol_str::SmolStr;

use super::{Cached, raised};
use crate::builtin::Builtin;
use crate::class;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::library::glob::{self, Glob};
use crate::library::pattern::{self, Match, Pattern, Template};
use crate::method::Method;
use crate::object::{Found, Object};
use crate::stop::{R, Stop};
use crate::text::{index, size};
use crate::value::Value;

/// The functions of `re` and `fnmatch`.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("re.compile", |machine, call| {
        let [pattern, flags] = call.named("compile", ["pattern", "flags"], 0, 1)?;
        machine.pattern(pattern, flags).map(|pattern| Value::object(Object::Pattern(pattern)))
    }),
    Builtin::function("re.match", |machine, call| find(machine, call, Method::Match)),
    Builtin::function("re.search", |machine, call| find(machine, call, Method::Search)),
    Builtin::function("re.fullmatch", |machine, call| find(machine, call, Method::FullMatch)),
    Builtin::function("re.findall", |machine, call| find(machine, call, Method::FindAll)),
    Builtin::function("re.finditer", |machine, call| find(machine, call, Method::FindIter)),
    Builtin::function("re.split", |machine, call| {
        let [pattern, text, most, flags] = call.named("split", ["pattern", "string", "maxsplit", "flags"], 0, 2)?;
        let pattern = machine.pattern(pattern, flags)?;
        machine.split_by(&pattern, &text.unwrap_or_default(), most)
    }),
    Builtin::function("re.sub", |machine, call| replace(machine, call, Method::Sub)),
    Builtin::function("re.subn", |machine, call| replace(machine, call, Method::Subn)),
    Builtin::function("re.escape", |_, call| {
        let [text] = call.exactly("escape")?;
        match &text {
            Value::Str(text) => Ok(Value::from(pattern::escape(text))),
            Value::Bytes(_) => Err(Stop::unsupported("a pattern of bytes")),
            other => Err(Stop::wrong(other, |name| format!("decoding to str: need a bytes-like object, {name} found"))),
        }
    }),
    Builtin::constant("re.A", || Value::Int(256)),
    Builtin::constant("re.ASCII", || Value::Int(256)),
    Builtin::constant("re.DOTALL", || Value::Int(16)),
    Builtin::constant("re.I", || Value::Int(2)),
    Builtin::constant("re.IGNORECASE", || Value::Int(2)),
    Builtin::constant("re.M", || Value::Int(8)),
    Builtin::constant("re.MULTILINE", || Value::Int(8)),
    Builtin::constant("re.S", || Value::Int(16)),
    Builtin::constant("re.U", || Value::Int(32)),
    Builtin::constant("re.UNICODE", || Value::Int(32)),
    Builtin::constant("re.VERBOSE", || Value::Int(64)),
    Builtin::constant("re.X", || Value::Int(64)),
    Builtin::function("fnmatch.fnmatch", |machine, call| glob_matches(machine, call, "fnmatch")),
    Builtin::function("fnmatch.fnmatchcase", |machine, call| glob_matches(machine, call, "fnmatchcase")),
    Builtin::function("fnmatch.filter", |machine, call| {
        let [names, pattern] = call.named("filter", ["names", "pat"], 0, 2)?;
        let glob = machine.glob(&pattern.unwrap_or_default())?;
        let mut kept = Vec::new();
        for name in machine.collect(&names.unwrap_or_default())? {
            if machine.glob_matches(&glob, &name)? {
                kept.push(name);
            }
        }
        Ok(Value::list(kept))
    }),
    Builtin::function("fnmatch.translate", |_, call| {
        let [pattern] = call.named("translate", ["pat"], 0, 1)?;
        match pattern.unwrap_or_default() {
            Value::Str(pattern) => Ok(Value::from(glob::translate(&pattern))),
            other => Err(Stop::wrong(&other, |name| format!("object of type '{name}' has no len()"))),
        }
    }),
];

fn find(machine: &mut Machine<'_>, call: Call, method: Method) -> R<Value> {
    let [pattern, text, flags] = call.named(method.name(), ["pattern", "string", "flags"], 0, 2)?;
    let pattern = machine.pattern(pattern, flags)?;
    machine.find_by(&pattern, method, &text.unwrap_or_default())
}

fn replace(machine: &mut Machine<'_>, call: Call, method: Method) -> R<Value> {
    let names = ["pattern", "repl", "string", "count", "flags"];
    let [pattern, by, text, count, flags] = call.named(method.name(), names, 0, 3)?;
    let pattern = machine.pattern(pattern, flags)?;
    machine.replace_by(&pattern, method, &by.unwrap_or_default(), &text.unwrap_or_default(), count)
}

fn glob_matches(machine: &mut Machine<'_>, call: Call, function: &str) -> R<Value> {
    let [name, pattern] = call.named(function, ["name", "pat"], 0, 2)?;
    let name = name.unwrap_or_default();
    let glob = machine.glob(&pattern.unwrap_or_default())?;
    machine.glob_matches(&glob, &name).map(Value::Bool)
}

/// The text a pattern is applied to.
fn subject(value: &Value) -> R<SmolStr> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Bytes(_) => Err(Stop::type_error("cannot use a string pattern on a bytes-like object")),
        other => Err(Stop::wrong(other, |name| format!("expected string or bytes-like object, got '{name}'"))),
    }
}

impl Machine<'_> {
    /// The compiled pattern that the arguments mean: compiled before, or text.
    fn pattern(&mut self, pattern: Option<Value>, flags: Option<Value>) -> R<Rc<Pattern>> {
        let flags = flags.map_or(Ok(0), |flags| index(&flags))?;
        let source = match pattern.unwrap_or_default() {
            Value::Str(source) => source,
            Value::Object(object) => match &*object {
                Object::Pattern(_) if flags != 0 => {
                    return Err(Stop::value_error("cannot process flags argument with a compiled pattern"));
                }
                Object::Pattern(pattern) => return Ok(pattern.clone()),
                _ => return Err(Stop::type_error("first argument must be string or compiled pattern")),
            },
            Value::Bytes(_) => return Err(Stop::unsupported("a pattern of bytes")),
            other => {
                return Err(Stop::wrong(&other, |_| "first argument must be string or compiled pattern".to_owned()));
            }
        };
        let flags = u32::try_from(flags).map_err(|_| Stop::unsupported("these flags of a pattern"))?;
        let key = (source, flags);
        if let Some(Cached::Pattern(known)) = self.state.cache.get(&key) {
            return Ok(known.clone());
        }
        self.tick(key.0.len() as u64)?;
        let made = Rc::new(Pattern::new(&key.0, flags).map_err(raised)?);
        self.remember(key, Cached::Pattern(made.clone()));
        Ok(made)
    }

    fn glob(&mut self, pattern: &Value) -> R<Rc<Glob>> {
        let Value::Str(source) = pattern else {
            return Err(Stop::wrong(pattern, |name| format!("expected str, bytes or os.PathLike object, not {name}")));
        };
        let key = (source.clone(), u32::MAX);
        if let Some(Cached::Glob(known)) = self.state.cache.get(&key) {
            return Ok(known.clone());
        }
        let made = Rc::new(Glob::new(source).map_err(raised)?);
        self.remember(key, Cached::Glob(made.clone()));
        Ok(made)
    }

    fn glob_matches(&mut self, glob: &Glob, name: &Value) -> R<bool> {
        let Value::Str(name) = name else {
            return Err(Stop::wrong(name, |name| format!("expected str, bytes or os.PathLike object, not {name}")));
        };
        self.granted(|steps| glob.matches(name, steps))
    }

    fn find_by(&mut self, pattern: &Rc<Pattern>, method: Method, text: &Value) -> R<Value> {
        let text = subject(text)?;
        match method {
            Method::FindAll => {
                let found = self.granted(|steps| pattern.find_all(&text, usize::MAX, steps))?;
                self.charge_values(found.len())?;
                let items = found.iter().map(|found| {
                    let mut groups: Vec<Value> = found.found(&text).into_iter().map(Value::str).collect();
                    match (groups.len(), groups.pop()) {
                        (1, Some(only)) => only,
                        (_, last) => {
                            groups.extend(last);
                            Value::tuple(groups)
                        }
                    }
                });
                Ok(Value::list(items.collect()))
            }
            Method::FindIter => {
                let found = self.granted(|steps| pattern.find_all(&text, usize::MAX, steps))?;
                self.charge_values(found.len())?;
                let items: Vec<_> = found.into_iter().map(|found| match_value(pattern, &text, found)).collect();
                self.iterator(&class::LIST_ITERATOR, Iter::Items(items.into_iter()))
            }
            method => {
                let found = self.granted(|steps| match method {
                    Method::Match => pattern.match_start(&text, steps),
                    Method::Search => pattern.search(&text, steps),
                    _ => pattern.full_match(&text, steps),
                })?;
                Ok(found.map_or(Value::None, |found| match_value(pattern, &text, found)))
            }
        }
    }

    fn split_by(&mut self, pattern: &Pattern, text: &Value, most: Option<Value>) -> R<Value> {
        let text = subject(text)?;
        let most = most.map_or(Ok(0), |most| size(&most))?;
        let pieces = self.granted(|steps| pattern.split(&text, most, steps))?;
        self.charge_values(pieces.len())?;
        Ok(Value::list(pieces.into_iter().map(|piece| piece.map_or(Value::None, Value::str)).collect()))
    }

    fn replace_by(
        &mut self,
        pattern: &Rc<Pattern>,
        method: Method,
        by: &Value,
        text: &Value,
        count: Option<Value>,
    ) -> R<Value> {
        let subject = subject(text)?;
        let count = count.map_or(Ok(0), |count| size(&count))?;
        let (text, made) = match by {
            Value::Str(template) => {
                let template = Template::new(template, pattern).map_err(raised)?;
                self.granted(|steps| pattern.sub(&template, &subject, count, steps))?
            }
            function if !crate::builtins::is_callable(function) => {
                return Err(Stop::wrong(function, |name| {
                    format!("decoding to str: need a bytes-like object, {name} found")
                }));
            }
            function => self.replace_calling(pattern, function, &subject, count)?,
        };
        self.charge(text.len())?;
        match method {
            Method::Sub => Ok(Value::from(text)),
            _ => Ok(Value::tuple(vec![Value::from(text), Value::Int(made as i128)])),
        }
    }

    fn replace_calling(
        &mut self,
        pattern: &Rc<Pattern>,
        by: &Value,
        text: &SmolStr,
        count: i128,
    ) -> R<(String, usize)> {
        let found = self.granted(|steps| pattern.find_all(text, pattern::at_most(count), steps))?;
        let made = found.len();
        let (mut out, mut from) = (String::new(), 0);
        for found in found {
            let (start, end) = found.span();
            out.push_str(text.get(from..start).unwrap_or_default());
            from = end;
            match self.call_value(by, Call::of(vec![match_value(pattern, text, found)]))? {
                Value::Str(piece) => out.push_str(&piece),
                Value::None => {}
                other => {
                    return Err(Stop::wrong(&other, |name| format!("expected str instance, {name} found")));
                }
            }
            self.charge(out.len().saturating_sub(from))?;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Ok((out, made))
    }

    /// A method of a compiled pattern.
    pub(super) fn pattern_method(
        &mut self,
        receiver: &Value,
        pattern: &Rc<Pattern>,
        method: Method,
        call: Call,
    ) -> R<Value> {
        match method {
            Method::Match | Method::Search | Method::FullMatch | Method::FindAll | Method::FindIter => {
                let names = ["string", "pos", "endpos"];
                let [text, from, to] = call.named(method.name(), names, 0, 1)?;
                if from.is_some_and(|from| !matches!(from, Value::Int(0))) || to.is_some() {
                    return Err(Stop::unsupported("matching a part of a text"));
                }
                self.find_by(pattern, method, &text.unwrap_or_default())
            }
            Method::Split => {
                let [text, most] = call.named("split", ["string", "maxsplit"], 0, 1)?;
                self.split_by(pattern, &text.unwrap_or_default(), most)
            }
            Method::Sub | Method::Subn => {
                let [by, text, count] = call.named(method.name(), ["repl", "string", "count"], 0, 2)?;
                self.replace_by(pattern, method, &by.unwrap_or_default(), &text.unwrap_or_default(), count)
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }

    /// A method of a match.
    pub(super) fn match_method(&mut self, receiver: &Value, found: &Found, method: Method, call: Call) -> R<Value> {
        match method {
            Method::Group => {
                call.no_keywords("group")?;
                let mut groups = Vec::with_capacity(call.args.len());
                for group in &call.args {
                    groups.push(found.item(group)?);
                }
                Ok(match groups.len() {
                    0 => found.text(0),
                    1 => groups.pop().unwrap_or_default(),
                    _ => Value::tuple(groups),
                })
            }
            Method::Groups => {
                let [default] = call.named("groups", ["default"], 0, 0)?;
                let default = default.unwrap_or_default();
                let groups = found.found.groups(&found.subject);
                Ok(Value::tuple(groups.into_iter().map(|group| group.map_or(default.clone(), Value::str)).collect()))
            }
            Method::GroupDict => {
                let [default] = call.named("groupdict", ["default"], 0, 0)?;
                let default = default.unwrap_or_default();
                let groups = found.found.named(&found.pattern, &found.subject);
                let entries = groups
                    .into_iter()
                    .map(|(name, group)| (SmolStr::new(name), group.map_or(default.clone(), Value::str)));
                Ok(Value::dict(entries))
            }
            Method::Start | Method::End | Method::Span => {
                let [group] = call.between(method.name(), 0)?;
                let group = group.map_or(Ok(0), |group| found.number(&group))?;
                let (start, end) = found.found.char_span(&found.subject, group);
                Ok(match method {
                    Method::Start => Value::Int(start),
                    Method::End => Value::Int(end),
                    _ => Value::tuple(vec![Value::Int(start), Value::Int(end)]),
                })
            }
            Method::Expand => {
                let [template] = call.exactly("expand")?;
                let template = subject(&template)?;
                found.found.expand(&found.pattern, &template, &found.subject).map(Value::from).map_err(raised)
            }
            _ => Err(self.no_method(receiver, method)),
        }
    }
}

impl Found {
    /// The group that `match[index]` and `match.group(index)` ask for.
    pub(super) fn item(&self, group: &Value) -> R<Value> {
        self.number(group).map(|group| self.text(group))
    }

    fn text(&self, group: u32) -> Value {
        self.found.group(&self.subject, group).map_or(Value::None, Value::str)
    }

    fn number(&self, group: &Value) -> R<u32> {
        let number = match group {
            Value::Int(number) => self.found.numbered(*number),
            Value::Bool(number) => self.found.numbered(i128::from(*number)),
            Value::Str(name) => self.found.numbered_by_name(&self.pattern, name),
            other => return Err(Stop::wrong(other, |_| "no such group".to_owned())),
        };
        number.map_err(super::exception)
    }

    /// An attribute that is no method.
    pub(super) fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "string" => Value::Str(self.subject.clone()),
            "re" => Value::object(Object::Pattern(self.pattern.clone())),
            "pos" => Value::Int(0),
            "endpos" => Value::Int(self.subject.chars().count() as i128),
            "lastindex" => self.found.lastindex().map_or(Value::None, |group| Value::Int(i128::from(group))),
            "lastgroup" => self.found.lastgroup(&self.pattern).map_or(Value::None, Value::str),
            _ => return None,
        })
    }
}

/// An attribute of a pattern that is no method.
pub(super) fn pattern_attribute(pattern: &Pattern, name: &str) -> Option<Value> {
    Some(match name {
        "pattern" => Value::str(pattern.source()),
        "flags" => Value::Int(i128::from(pattern.flags())),
        "groups" => Value::Int(i128::from(pattern.groups())),
        _ => return None,
    })
}

fn match_value(pattern: &Rc<Pattern>, subject: &SmolStr, found: Match) -> Value {
    Value::object(Object::Match(Found { pattern: pattern.clone(), subject: subject.clone(), found }))
}
