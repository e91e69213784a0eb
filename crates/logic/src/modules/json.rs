//! `json.loads` and `json.dumps`.

use std::fmt::Write as _;
use std::rc::Rc;

use smol_str::SmolStr;

use crate::builtin::Builtin;
use crate::containers::Key;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::library::repr::float;
use crate::stop::{R, Stop};
use crate::tree::CompareOp;
use crate::value::Value;

/// How deep values may nest in what is written.
const DEPTH: usize = 200;

/// The functions of `json`.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("json.loads", |machine, call| {
        if !call.keyword.is_empty() {
            return Err(Stop::unsupported("json.loads with options"));
        }
        let [text] = call.exactly("loads")?;
        let text = match &text {
            Value::Str(text) => text.clone(),
            Value::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) if !bytes.contains(&0) => SmolStr::new(text.strip_prefix('\u{feff}').unwrap_or(text)),
                _ => return Err(Stop::unsupported("JSON in bytes that are not UTF-8")),
            },
            other => {
                return Err(Stop::wrong(other, |_| {
                    format!("the JSON object must be str, bytes or bytearray, not {}", class_name(other))
                }));
            }
        };
        machine.tick(text.len() as u64 / 16)?;
        machine.charge(text.len().saturating_mul(4))?;
        crate::json::loads(&text)
    }),
    Builtin::function("json.dumps", dumps),
];

struct Writer<'m, 'a> {
    machine: &'m mut Machine<'a>,
    out: String,
    ascii: bool,
    skip_keys: bool,
    allow_nan: bool,
    sort_keys: bool,
    indent: Option<String>,
    item_separator: SmolStr,
    key_separator: SmolStr,
    default: Option<Value>,
    /// The containers being written.
    within: Vec<*const ()>,
}

fn dumps(machine: &mut Machine<'_>, mut call: Call) -> R<Value> {
    if call.args.len() != 1 {
        let given = call.args.len();
        return Err(Stop::type_error(format!("dumps() takes 1 positional argument but {given} were given")));
    }
    let value = call.args.remove(0);
    let names = [
        "skipkeys",
        "ensure_ascii",
        "check_circular",
        "allow_nan",
        "cls",
        "indent",
        "separators",
        "default",
        "sort_keys",
    ];
    let [skip_keys, ascii, circular, allow_nan, cls, indent, separators, default, sort_keys] =
        call.named("dumps", names, 0, 0)?;
    let mut truth = |value: Option<Value>, default: bool| match value {
        Some(value) => machine.truth(&value),
        None => Ok(default),
    };
    let (skip_keys, ascii, allow_nan, sort_keys) =
        (truth(skip_keys, false)?, truth(ascii, true)?, truth(allow_nan, true)?, truth(sort_keys, false)?);
    if !truth(circular, true)? || cls.is_some_and(|cls| !matches!(cls, Value::None)) {
        return Err(Stop::unsupported("these options of json.dumps"));
    }
    let indent = match indent {
        None | Some(Value::None) => None,
        Some(Value::Str(text)) => Some(text.to_string()),
        Some(count) => {
            let count = usize::try_from(crate::text::index(&count)?).unwrap_or(0);
            Some(" ".repeat(count.min(1_000)))
        }
    };
    let (item_separator, key_separator) = match separators {
        None | Some(Value::None) => {
            let item = if indent.is_some() { "," } else { ", " };
            (SmolStr::new_static(item), SmolStr::new_static(": "))
        }
        Some(pair) => match &machine.collect(&pair)?[..] {
            [Value::Str(item), Value::Str(key)] => (item.clone(), key.clone()),
            _ => return Err(Stop::unsupported("separators that are not two texts")),
        },
    };
    let default = default.filter(|default| !matches!(default, Value::None));
    let out = String::new();
    let within = Vec::new();
    let mut writer = Writer {
        machine,
        out,
        ascii,
        skip_keys,
        allow_nan,
        sort_keys,
        indent,
        item_separator,
        key_separator,
        default,
        within,
    };
    writer.value(&value)?;
    let out = writer.out;
    Ok(Value::from(out))
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value) -> R<()> {
        let before = self.out.len();
        match value {
            Value::None => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Int(value) => {
                let _ = write!(self.out, "{value}");
            }
            Value::Float(value) => {
                let text = self.float(*value)?;
                self.out.push_str(&text);
            }
            Value::Str(text) => push_string(text, self.ascii, &mut self.out),
            Value::List(list) => {
                let items = list.items().clone();
                self.array(Rc::as_ptr(list).cast(), &items)?;
            }
            Value::Tuple(tuple) => self.array(Rc::as_ptr(tuple).cast(), tuple.items())?,
            Value::Dict(dict) => {
                let entries: Vec<_> = dict.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                self.object(Rc::as_ptr(dict).cast(), entries)?;
            }
            Value::Unknown(_) if self.machine.context.describe_unknown => {
                let text = self.machine.text(value)?;
                push_string(&text, self.ascii, &mut self.out);
            }
            Value::Unknown(symbol) => return Err(Stop::needs(*symbol)),
            other => self.other(other)?,
        }
        self.machine.charge(self.out.len() - before)?;
        self.machine.tick(1)
    }

    fn float(&self, value: f64) -> R<String> {
        if value.is_finite() {
            return Ok(float(value));
        }
        if !self.allow_nan {
            return Err(Stop::value_error("Out of range float values are not JSON compliant"));
        }
        Ok(match value {
            _ if value.is_nan() => "NaN",
            _ if value > 0.0 => "Infinity",
            _ => "-Infinity",
        }
        .to_owned())
    }

    fn other(&mut self, value: &Value) -> R<()> {
        let Some(default) = self.default.clone() else {
            return Err(Stop::wrong(value, |_| {
                format!("Object of type {} is not JSON serializable", class_name(value))
            }));
        };
        if self.within.len() >= DEPTH {
            return Err(Stop::exceeded("depth of JSON"));
        }
        self.within.push(std::ptr::from_ref(value).cast());
        let made = self.machine.call_value(&default, Call::of(vec![value.clone()]))?;
        self.value(&made)?;
        self.within.pop();
        Ok(())
    }

    fn nested(&mut self, pointer: *const (), write: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        if self.within.contains(&pointer) {
            return Err(Stop::value_error("Circular reference detected"));
        }
        if self.within.len() >= DEPTH {
            return Err(Stop::exceeded("depth of JSON"));
        }
        self.within.push(pointer);
        write(self)?;
        self.within.pop();
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(depth));
        }
    }

    fn array(&mut self, pointer: *const (), items: &[Value]) -> R<()> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.nested(pointer, |this| {
            let depth = this.within.len();
            this.out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    this.out.push_str(&this.item_separator);
                }
                this.line(depth);
                this.value(item)?;
            }
            this.line(depth - 1);
            this.out.push(']');
            Ok(())
        })
    }

    fn object(&mut self, pointer: *const (), mut entries: Vec<(Key, Value)>) -> R<()> {
        if entries.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        if self.sort_keys {
            entries = self.sorted(entries)?;
        }
        self.nested(pointer, |this| {
            let depth = this.within.len();
            this.out.push('{');
            let mut first = true;
            for (key, value) in entries {
                let Some(key) = this.key(key.value())? else { continue };
                if !first {
                    this.out.push_str(&this.item_separator);
                }
                first = false;
                this.line(depth);
                push_string(&key, this.ascii, &mut this.out);
                this.out.push_str(&this.key_separator);
                this.value(&value)?;
            }
            this.line(depth - 1);
            this.out.push('}');
            Ok(())
        })
    }

    fn sorted(&mut self, entries: Vec<(Key, Value)>) -> R<Vec<(Key, Value)>> {
        let mut sorted: Vec<(Key, Value)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut at = sorted.len();
            while at > 0 && self.machine.ordered(CompareOp::Lt, entry.0.value(), sorted[at - 1].0.value())? {
                at -= 1;
            }
            sorted.insert(at, entry);
        }
        Ok(sorted)
    }

    fn key(&self, key: &Value) -> R<Option<SmolStr>> {
        Ok(Some(match key {
            Value::Str(text) => text.clone(),
            Value::None => SmolStr::new_static("null"),
            Value::Bool(true) => SmolStr::new_static("true"),
            Value::Bool(false) => SmolStr::new_static("false"),
            Value::Int(value) => SmolStr::from(value.to_string()),
            Value::Float(value) => SmolStr::from(self.float(*value)?),
            _ if self.skip_keys => return Ok(None),
            other => {
                return Err(Stop::wrong(other, |_| {
                    format!("keys must be str, int, float, bool or None, not {}", class_name(other))
                }));
            }
        }))
    }
}

fn class_name(value: &Value) -> &'static str {
    value.class().map_or("unknown", crate::class::Class::name)
}

fn push_string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}' if ascii || character < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ if character.is_ascii() || !ascii => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
