//! `repr` and `str` of values, to the letter.

use std::fmt::Write as _;
use std::rc::Rc;

use smol_str::SmolStr;

use crate::class::{self, Class};
use crate::containers::{Dict, Flavour, Key};
use crate::evaluate::machine::Machine;
use crate::library::repr as text;
use crate::object::{Object, Raised, View};
use crate::stop::{R, Stop};
use crate::value::Value;

/// How deep containers may nest in a `repr`.
const DEPTH: usize = 200;

struct Writer<'m, 'a> {
    machine: &'m mut Machine<'a>,
    text: String,
    /// The containers being written, so that one within itself shows as `[...]`.
    within: Vec<*const ()>,
}

impl Machine<'_> {
    /// `repr(value)`.
    pub(crate) fn repr(&mut self, value: &Value) -> R<String> {
        let mut writer = Writer { machine: self, text: String::new(), within: Vec::new() };
        writer.value(value)?;
        let text = writer.text;
        self.charge(text.len())?;
        Ok(text)
    }

    /// `ascii(value)`.
    pub(crate) fn ascii(&mut self, value: &Value) -> R<String> {
        let repr = self.repr(value)?;
        let mut text = String::with_capacity(repr.len());
        for character in repr.chars() {
            if character.is_ascii() { text.push(character) } else { push_escaped(character, &mut text) }
        }
        Ok(text)
    }

    /// `str(value)`.
    pub(crate) fn text(&mut self, value: &Value) -> R<SmolStr> {
        match value {
            Value::Str(text) => Ok(text.clone()),
            Value::Unknown(symbol) if self.context.describe_unknown => match self.state.worlds.refusal(*symbol) {
                Some(_) => Err(Stop::needs(*symbol)),
                None => Ok(SmolStr::new_static("unknown")),
            },
            Value::Object(object) => match &**object {
                Object::Exception(raised) => self.exception_text(raised),
                object => match object.text() {
                    Some(text) => Ok(SmolStr::from(text)),
                    None => self.repr(value).map(SmolStr::from),
                },
            },
            value => self.repr(value).map(SmolStr::from),
        }
    }

    fn exception_text(&mut self, raised: &Raised) -> R<SmolStr> {
        if raised.class == &class::JSON_DECODE_ERROR || raised.class == &class::RE_ERROR {
            return match raised.first() {
                Some(message) => self.text(&message.clone()),
                None => Ok(SmolStr::default()),
            };
        }
        if raised.class.derives(&class::OS_ERROR) && raised.args.len() >= 2 {
            let (number, message) = (self.text(&raised.args[0])?, self.text(&raised.args[1])?);
            return Ok(SmolStr::from(format!("[Errno {number}] {message}")));
        }
        match &raised.args[..] {
            [] => Ok(SmolStr::default()),
            // A key error shows its key as code does, so that an empty one is seen.
            [key] if raised.class == &class::KEY_ERROR => self.repr(key).map(SmolStr::from),
            [only] => self.text(only),
            args => self.repr(&Value::tuple(args.to_vec())).map(SmolStr::from),
        }
    }
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value) -> R<()> {
        match value {
            Value::None => self.text.push_str("None"),
            Value::Bool(true) => self.text.push_str("True"),
            Value::Bool(false) => self.text.push_str("False"),
            Value::Int(int) => {
                let _ = write!(self.text, "{int}");
            }
            Value::Float(float) => self.text.push_str(&text::float(*float)),
            Value::Str(text) => self.text.push_str(&text::string(text)),
            Value::Bytes(bytes) => self.text.push_str(&text::bytes(bytes)),
            Value::List(list) => self.nested(Rc::as_ptr(list).cast(), "[...]", |this| {
                let items = list.items().clone();
                this.items("[", &items, "]")
            })?,
            Value::Tuple(tuple) => self.nested(Rc::as_ptr(tuple).cast(), "(...)", |this| {
                this.items("(", tuple.items(), if tuple.items().len() == 1 { ",)" } else { ")" })
            })?,
            Value::Dict(dict) => {
                match dict.flavour() {
                    Flavour::Plain => {}
                    Flavour::Default(factory) => {
                        self.text.push_str("defaultdict(");
                        self.value(&factory.clone())?;
                        self.text.push_str(", ");
                    }
                    Flavour::Ordered => self.text.push_str("OrderedDict("),
                    Flavour::Counter => self.text.push_str("Counter("),
                }
                self.nested(Rc::as_ptr(dict).cast(), "{...}", |this| this.dict(dict))?;
                if !dict.is_plain() {
                    self.text.push(')');
                }
            }
            Value::Set(set) => self.members("set()", "{", &members(&set.members()), "}")?,
            Value::FrozenSet(set) => self.members("frozenset()", "frozenset({", &members(&set.members()), "})")?,
            Value::Class(class) => self.text.push_str(&class_text(class)),
            Value::Builtin(builtin) => {
                let name = builtin.name.rsplit('.').next().unwrap_or(builtin.name);
                let _ = write!(self.text, "<built-in function {name}>");
            }
            Value::Function(_) => return Err(Stop::unsupported("the address of a function in text")),
            Value::Object(object) => self.object(object)?,
            Value::Unknown(symbol) if self.machine.context.describe_unknown => {
                if self.machine.state.worlds.refusal(*symbol).is_some() {
                    return Err(Stop::needs(*symbol));
                }
                self.text.push_str("unknown");
            }
            Value::Unknown(symbol) => return Err(Stop::needs(*symbol)),
        }
        self.machine.tick(1)
    }

    fn nested(&mut self, pointer: *const (), again: &str, write: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        if self.within.contains(&pointer) {
            self.text.push_str(again);
            return Ok(());
        }
        if self.within.len() >= DEPTH {
            return Err(Stop::exceeded("depth of a repr"));
        }
        self.within.push(pointer);
        let result = write(self);
        self.within.pop();
        result
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str) -> R<()> {
        self.text.push_str(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.value(item)?;
        }
        self.text.push_str(close);
        Ok(())
    }

    fn dict(&mut self, dict: &Dict) -> R<()> {
        if dict.entries().is_empty() && matches!(dict.flavour(), Flavour::Ordered | Flavour::Counter) {
            return Ok(());
        }
        let pair = |(key, value): (&Key, &Value)| (key.clone(), value.clone());
        let mut entries: Vec<(Key, Value)> = dict.entries().iter().map(pair).collect();
        match dict.flavour() {
            Flavour::Ordered => {
                let pairs = entries.into_iter().map(|(key, value)| Value::tuple(vec![key.into_value(), value]));
                return self.items("[", &pairs.collect::<Vec<_>>(), "]");
            }
            // Counts that have no order are written in that of the entries.
            Flavour::Counter => match self.machine.by_count(dict) {
                Ok(sorted) => entries = sorted,
                Err(stop) if matches!(*stop, Stop::Raised(..)) => {}
                Err(stop) => return Err(stop),
            },
            Flavour::Plain | Flavour::Default(_) => {}
        }
        self.entries(&entries)
    }

    fn entries(&mut self, entries: &[(Key, Value)]) -> R<()> {
        self.text.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.value(key.value())?;
            self.text.push_str(": ");
            self.value(value)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn members(&mut self, empty: &str, open: &str, members: &[Value], close: &str) -> R<()> {
        if members.is_empty() {
            self.text.push_str(empty);
            return Ok(());
        }
        self.items(open, members, close)
    }

    fn object(&mut self, object: &Rc<Object>) -> R<()> {
        match &**object {
            Object::Range(range) if range.step == 1 => {
                let _ = write!(self.text, "range({}, {})", range.start, range.stop);
            }
            Object::Range(range) => {
                let _ = write!(self.text, "range({}, {}, {})", range.start, range.stop, range.step);
            }
            Object::Slice { start, stop, step } => {
                self.items("slice(", &[start.clone(), stop.clone(), step.clone()], ")")?;
            }
            // Those of an ordered dict and of an event have names of their own.
            Object::View(_, dict) if matches!(dict.flavour(), Flavour::Ordered) => {
                return Err(Stop::unsupported("the text of such a view"));
            }
            Object::View(view, dict) => {
                let dict = dict.clone();
                let items: Vec<_> = dict.entries().iter().map(|(key, value)| view.item(key, value)).collect();
                let _ = write!(self.text, "{}(", object.class().name());
                self.items("[", &items, "])")?;
            }
            Object::Sealed(sealed) => {
                self.text.push_str(sealed.class().name());
                self.items("(", &[sealed.shown()], ")")?;
            }
            Object::Exception(raised) => {
                self.text.push_str(raised.class.name());
                self.items("(", &raised.args, ")")?;
            }
            object => match object.repr() {
                Some(text) => self.text.push_str(&text),
                None => {
                    let name = object.class().name();
                    return Err(Stop::unsupported(format!("the address of a '{name}' object in text")));
                }
            },
        }
        Ok(())
    }
}

impl View {
    /// What this side shows of an entry.
    pub(crate) fn item(self, key: &Key, value: &Value) -> Value {
        match self {
            Self::Keys => key.value().clone(),
            Self::Values => value.clone(),
            Self::Items => Value::tuple(vec![key.value().clone(), value.clone()]),
        }
    }
}

fn push_escaped(character: char, out: &mut String) {
    let code = u32::from(character);
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn members(members: &crate::containers::Members) -> Vec<Value> {
    members.iter().map(|key| key.value().clone()).collect()
}

fn class_text(class: &Class) -> String {
    let path = if class.path.starts_with("types.") { class.name } else { class.path };
    format!("<class '{path}'>")
}

impl Value {
    /// `repr(self)`; `None` where that would show an address, an unknown, or no end.
    pub fn repr(&self) -> Option<String> {
        crate::evaluate::alone(|machine| machine.repr(self))
    }

    /// `str(self)`; `None` as for [`Self::repr`].
    pub fn text(&self) -> Option<SmolStr> {
        crate::evaluate::alone(|machine| machine.text(self))
    }
}
