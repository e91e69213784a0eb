//! Calling a class.

use std::rc::Rc;

use smol_str::SmolStr;

use crate::class::{self, Class, Kind};
use crate::containers::{Dict, Entries, Flavour, Set};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::number;
use crate::object::{Object, Raised, Range};
use crate::stop::{R, Stop};
use crate::text::{index, is_space};
use crate::unicode;
use crate::value::Value;

impl Machine<'_> {
    /// A new instance of a class.
    pub(crate) fn construct(&mut self, class: &'static Class, call: Call) -> R<Value> {
        let name = class.name();
        match class.kind {
            Kind::Bool => {
                let [value] = call.between(name, 0)?;
                value.map_or(Ok(false), |value| self.truth(&value)).map(Value::Bool)
            }
            Kind::Int => int(call),
            Kind::Float => {
                let [value] = call.between(name, 0)?;
                value.map_or(Ok(0.0), |value| float(&value)).map(Value::Float)
            }
            Kind::Str => self.str(call),
            Kind::Bytes => bytes(call),
            Kind::List | Kind::Tuple => {
                let [items] = call.between(name, 0)?;
                if let (Kind::Tuple, Some(Value::Tuple(_))) = (class.kind, &items) {
                    return Ok(items.unwrap_or_default());
                }
                let items = items.map_or(Ok(Vec::new()), |items| self.collect(&items))?;
                Ok(if class.kind == Kind::List { Value::list(items) } else { Value::tuple(items) })
            }
            Kind::Set | Kind::FrozenSet => {
                let [items] = call.between(name, 0)?;
                if let (Kind::FrozenSet, Some(Value::FrozenSet(_))) = (class.kind, &items) {
                    return Ok(items.unwrap_or_default());
                }
                let members = items.map_or(Ok(Default::default()), |items| self.members(&items))?;
                let set = Rc::new(Set::new(members));
                Ok(if class.kind == Kind::Set { Value::Set(set) } else { Value::FrozenSet(set) })
            }
            Kind::Dict => {
                let dict = Dict::new(Entries::new());
                self.update_dict(&dict, call)?;
                Ok(Value::Dict(Rc::new(dict)))
            }
            Kind::DefaultDict => self.default_dict(call),
            Kind::OrderedDict => {
                let dict = Dict::of(Entries::new(), Flavour::Ordered);
                self.update_dict(&dict, call)?;
                Ok(Value::Dict(Rc::new(dict)))
            }
            Kind::Counter => {
                let dict = Rc::new(Dict::of(Entries::new(), Flavour::Counter));
                self.tally(&dict, call, crate::tree::BinaryOp::Add)?;
                Ok(Value::Dict(dict))
            }
            Kind::Range => range(call),
            Kind::Iterator if class != &class::GENERATOR && class != &class::LIST_ITERATOR => {
                crate::builtins::lazy(self, class, call)
            }
            Kind::Exception => exception(class, call),
            Kind::Type => match &call.args[..] {
                [value] => match value {
                    Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
                    value => Ok(value.class().map_or(Value::None, Value::Class)),
                },
                _ => Err(Stop::unsupported("making a class")),
            },
            Kind::Object => {
                let [] = call.exactly(name)?;
                Err(Stop::unsupported("a bare object"))
            }
            _ => self.library_construct(class, call),
        }
    }

    fn str(&mut self, call: Call) -> R<Value> {
        let [value, encoding, errors] = call.named("str", ["object", "encoding", "errors"], 0, 0)?;
        match (value, encoding, errors) {
            (None, None, None) => Ok(Value::str("")),
            (Some(value), None, None) => self.text(&value).map(Value::Str),
            (Some(value @ Value::Bytes(_)), encoding, errors) => {
                let names = ["encoding", "errors"].map(SmolStr::new_static);
                let given = names.into_iter().zip([encoding, errors]);
                let keyword = given.filter_map(|(name, value)| value.map(|value| (name, value))).collect();
                self.scalar_method(&value, crate::method::Method::Decode, Call { args: Vec::new(), keyword })
            }
            (Some(Value::Str(_)), ..) => Err(Stop::type_error("decoding str is not supported")),
            (value, ..) => {
                let value = value.unwrap_or_default();
                Err(Stop::wrong(&value, |name| format!("decoding to str: need a bytes-like object, {name} found")))
            }
        }
    }

    fn default_dict(&mut self, mut call: Call) -> R<Value> {
        let factory = if call.args.is_empty() { Value::None } else { call.args.remove(0) };
        let dict = Dict::of(Entries::new(), Flavour::Default(factory));
        self.update_dict(&dict, call)?;
        Ok(Value::Dict(Rc::new(dict)))
    }
}

fn int(call: Call) -> R<Value> {
    if let Some((name, _)) = call.keyword.iter().find(|(name, _)| name != "base") {
        return Err(Stop::type_error(format!("'{name}' is an invalid keyword argument for int()")));
    }
    let [value, base] = call.named("int", ["", "base"], 1, 0)?;
    match (value, base) {
        (None, None) => Ok(Value::Int(0)),
        (None, Some(_)) => Err(Stop::type_error("int() missing string argument")),
        (Some(Value::Str(text)), base) => {
            let base = base.map_or(Ok(10), |base| index(&base))?;
            parse_int(&text, base).map(Value::Int)
        }
        (Some(Value::Bytes(_)), _) => Err(Stop::unsupported("an integer from bytes")),
        (Some(value), Some(_)) => {
            Err(Stop::wrong(&value, |_| "int() can't convert non-string with explicit base".to_owned()))
        }
        (Some(value), None) if crate::modules::whole(&value).is_some() => {
            crate::modules::whole(&value).unwrap_or(Ok(0)).map(Value::Int)
        }
        (Some(value), None) => match number::Number::of(&value) {
            Some(number::Number::Int(int)) => Ok(Value::Int(int)),
            Some(number::Number::Float(float)) => number::truncate(float).map(Value::Int),
            None => Err(Stop::wrong(&value, |name| {
                format!("int() argument must be a string, a bytes-like object or a real number, not '{name}'")
            })),
        },
    }
}

/// `int(text, base)`: signs, underscores between digits, digits of any script.
fn parse_int(text: &str, base: i128) -> R<i128> {
    if base != 0 && !(2..=36).contains(&base) {
        return Err(Stop::value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    let invalid = || {
        let quoted = crate::library::repr::string(text);
        Stop::value_error(format!("invalid literal for int() with base {base}: {quoted}"))
    };
    let body = text.trim_matches(is_space);
    let (negative, mut body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let mut radix = u32::try_from(base).unwrap_or(10);
    let prefix = body.get(..2).map(str::to_ascii_lowercase);
    let of_prefix = match prefix.as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    if of_prefix != 0 && (base == 0 || radix == of_prefix) {
        radix = of_prefix;
        body = &body[2..];
        body = body.strip_prefix('_').unwrap_or(body);
    } else if base == 0 {
        radix = 10;
        let zeros = body.chars().all(|character| character == '0' || character == '_');
        if body.starts_with('0') && !zeros {
            return Err(invalid());
        }
    }
    let digits = plain_digits(body, radix).ok_or_else(invalid)?;
    // CPython refuses to read more decimal digits than this.
    if !radix.is_power_of_two() && digits.len() > 4300 {
        let message = format!(
            "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        );
        return Err(Stop::value_error(message));
    }
    let signed = if negative { format!("-{digits}") } else { digits };
    i128::from_str_radix(&signed, radix).map_err(|_| number::too_big())
}

/// The digits in ASCII, without underscores; `None` where something else stands among them.
fn plain_digits(text: &str, radix: u32) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let mut after_digit = false;
    for character in text.chars() {
        if character == '_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
            continue;
        }
        let value = match unicode::decimal_value(character) {
            Some(value) => value,
            None => character.to_digit(36).filter(|_| character.is_ascii())?,
        };
        digits.push(char::from_digit(value, radix)?);
        after_digit = true;
    }
    after_digit.then_some(digits)
}

/// `float(value)`.
pub(crate) fn float(value: &Value) -> R<f64> {
    if let Some(number) = number::Number::of(value) {
        return Ok(number.to_float());
    }
    if let Value::Bytes(_) = value {
        return Err(Stop::unsupported("a float from bytes"));
    }
    let Value::Str(text) = value else {
        return Err(Stop::wrong(value, |name| {
            format!("float() argument must be a string or a real number, not '{name}'")
        }));
    };
    parse_float(text).ok_or_else(|| {
        let quoted = crate::library::repr::string(text);
        Stop::value_error(format!("could not convert string to float: {quoted}"))
    })
}

fn parse_float(text: &str) -> Option<f64> {
    let mut body = String::with_capacity(text.len());
    let mut previous = ' ';
    for character in text.trim_matches(is_space).chars() {
        let character =
            unicode::decimal_value(character).and_then(|value| char::from_digit(value, 10)).unwrap_or(character);
        match character {
            '_' if previous.is_ascii_digit() => {}
            '_' => return None,
            _ if previous == '_' && !character.is_ascii_digit() => return None,
            _ => body.push(character),
        }
        previous = character;
    }
    if previous == '_' {
        return None;
    }
    let lower = body.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    match unsigned {
        "inf" | "infinity" | "nan" => {}
        _ if unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {}
        _ => return None,
    }
    if body.is_empty() { None } else { lower.parse().ok() }
}

fn bytes(call: Call) -> R<Value> {
    let [value, encoding, errors] = call.named("bytes", ["source", "encoding", "errors"], 0, 0)?;
    match (value, encoding, errors) {
        (None, None, None) => Ok(Value::Bytes(Rc::from(&[][..]))),
        (Some(value @ Value::Bytes(_)), None, None) => Ok(value),
        (Some(Value::Str(_)), None, _) => Err(Stop::type_error("string argument without an encoding")),
        _ => Err(Stop::unsupported("bytes from this")),
    }
}

fn range(call: Call) -> R<Value> {
    let given = call.args.len();
    let [first, second, third] = call.between("range", 1)?;
    let bound = |value: Option<Value>| value.map_or(Ok(0), |value| index(&value));
    let (start, stop) = if given == 1 { (0, bound(first)?) } else { (bound(first)?, bound(second)?) };
    let step = third.map_or(Ok(1), |step| index(&step))?;
    if step == 0 {
        return Err(Stop::value_error("range() arg 3 must not be zero"));
    }
    let limit = 1_i128 << 100;
    if [start, stop, step].iter().any(|bound| !(-limit..limit).contains(bound)) {
        return Err(number::too_big());
    }
    Ok(Value::object(Object::Range(Range { start, stop, step })))
}

fn exception(class: &'static Class, call: Call) -> R<Value> {
    if !call.keyword.is_empty() {
        return Err(Stop::type_error(format!("{}() takes no keyword arguments", class.name())));
    }
    if class == &class::UNICODE_DECODE_ERROR
        || class == &class::UNICODE_ENCODE_ERROR
        || class == &class::JSON_DECODE_ERROR
    {
        return Err(Stop::unsupported(format!("making a '{}'", class.name())));
    }
    Ok(Value::object(Object::Exception(Raised { class, args: call.args })))
}
