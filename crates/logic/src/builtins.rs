//! The builtin functions.

use crate::builtin::Builtin;
use crate::class::{self, Class, Kind, Protocol};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::number::{self, Number};
use crate::object::{Object, View};
use crate::stop::{R, Stop};
use crate::text::index;
use crate::tree::{BinaryOp, CompareOp};
use crate::value::Value;
use crate::worlds::Kinds;

/// The builtin functions by name.
pub(crate) static TABLE: &[Builtin] = &[
    Builtin::function("abs", abs),
    Builtin::function("all", |machine, call| any_all(machine, call, "all", false)),
    Builtin::function("any", |machine, call| any_all(machine, call, "any", true)),
    Builtin::function("ascii", |machine, call| {
        let [value] = call.exactly("ascii")?;
        machine.ascii(&value).map(Value::from)
    }),
    Builtin::function("bin", |_, call| based(call, "bin", "0b", |value| format!("{value:b}"))),
    Builtin::function("callable", callable),
    Builtin::function("chr", chr),
    Builtin::function("dict.fromkeys", |machine, call| machine.dict_of_keys(call)),
    Builtin::function("divmod", divmod),
    Builtin::function("format", |machine, call| {
        let [value, spec] = call.between("format", 1)?;
        machine.format(&value.unwrap_or_default(), &spec.unwrap_or_else(|| Value::str("")))
    }),
    Builtin::function("getattr", getattr),
    Builtin::function("hasattr", hasattr),
    Builtin::function("hex", |_, call| based(call, "hex", "0x", |value| format!("{value:x}"))),
    Builtin::function("isinstance", isinstance),
    Builtin::function("issubclass", issubclass),
    Builtin::function("iter", |machine, call| {
        let [value] = call.exactly("iter")?;
        machine.iterator_of(&value)
    }),
    Builtin::function("len", len),
    Builtin::function("max", |machine, call| extreme(machine, call, "max", CompareOp::Gt)),
    Builtin::function("min", |machine, call| extreme(machine, call, "min", CompareOp::Lt)),
    Builtin::function("next", next),
    Builtin::function("oct", |_, call| based(call, "oct", "0o", |value| format!("{value:o}"))),
    Builtin::function("ord", ord),
    Builtin::function("pow", pow),
    Builtin::function("print", |_, _| Ok(Value::None)),
    Builtin::function("repr", |machine, call| {
        let [value] = call.exactly("repr")?;
        machine.repr(&value).map(Value::from)
    }),
    Builtin::function("round", round),
    Builtin::function("sorted", |machine, mut call| {
        if call.args.len() != 1 {
            return Err(Stop::type_error(format!("sorted expected 1 argument, got {}", call.args.len())));
        }
        let items = machine.collect(&call.args.remove(0))?;
        machine.sorted(items, call).map(Value::list)
    }),
    Builtin::function("sum", sum),
];

fn abs(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value] = call.exactly("abs")?;
    match (Number::of(&value), &value) {
        (Some(Number::Int(int)), _) => int.checked_abs().map(Value::Int).ok_or_else(number::too_big),
        (Some(Number::Float(float)), _) => Ok(Value::Float(float.abs())),
        (None, _) => match crate::modules::absolute(&value)? {
            Some(value) => Ok(value),
            None => Err(Stop::wrong(&value, |name| format!("bad operand type for abs(): '{name}'"))),
        },
    }
}

fn any_all(machine: &mut Machine<'_>, call: Call, name: &str, settles: bool) -> R<Value> {
    let [items] = call.exactly(name)?;
    let mut iter = machine.iter(&items)?;
    while let Some(item) = machine.advance(&mut iter)? {
        if machine.truth(&item)? == settles {
            return Ok(Value::Bool(settles));
        }
    }
    Ok(Value::Bool(!settles))
}

fn based(call: Call, name: &str, prefix: &str, write: impl Fn(u128) -> String) -> R<Value> {
    let [value] = call.exactly(name)?;
    let value = index(&value)?;
    let sign = if value < 0 { "-" } else { "" };
    Ok(Value::from(format!("{sign}{prefix}{}", write(value.unsigned_abs()))))
}

fn callable(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value] = call.exactly("callable")?;
    match value {
        Value::Unknown(symbol) => Err(Stop::needs(symbol)),
        value => Ok(Value::Bool(is_callable(&value))),
    }
}

pub(crate) fn is_callable(value: &Value) -> bool {
    match value {
        Value::Function(_) | Value::Builtin(_) | Value::Class(_) => true,
        Value::Object(object) => {
            matches!(**object, Object::Lambda(_) | Object::Bound { .. } | Object::Unbound { .. })
        }
        _ => false,
    }
}

fn chr(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [code] = call.exactly("chr")?;
    let code = index(&code)?;
    if i32::try_from(code).is_err() {
        return Err(Stop::raise(&class::OVERFLOW_ERROR, "Python int too large to convert to C int"));
    }
    match u32::try_from(code).ok().filter(|code| *code < 0x11_0000) {
        None => Err(Stop::value_error("chr() arg not in range(0x110000)")),
        Some(code) => match char::from_u32(code) {
            Some(character) => Ok(Value::str(character.encode_utf8(&mut [0; 4]))),
            None => Err(Stop::unsupported("a lone surrogate")),
        },
    }
}

fn ord(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [text] = call.exactly("ord")?;
    let length = match &text {
        Value::Str(text) => {
            let mut characters = text.chars();
            if let (Some(character), None) = (characters.next(), characters.next()) {
                return Ok(Value::Int(i128::from(u32::from(character))));
            }
            text.chars().count()
        }
        Value::Bytes(bytes) => match bytes[..] {
            [byte] => return Ok(Value::Int(i128::from(byte))),
            _ => bytes.len(),
        },
        other => {
            return Err(Stop::wrong(other, |name| format!("ord() expected string of length 1, but {name} found")));
        }
    };
    Err(Stop::type_error(format!("ord() expected a character, but string of length {length} found")))
}

fn divmod(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [a, b] = call.exactly("divmod")?;
    if let (Some(Number::Int(_)), Some(Number::Int(0))) = (Number::of(&a), Number::of(&b)) {
        return Err(Stop::raise(&class::ZERO_DIVISION_ERROR, "integer division or modulo by zero"));
    }
    if let (Some(_), Some(number)) = (Number::of(&a), Number::of(&b))
        && number.to_float() == 0.0
    {
        return Err(Stop::raise(&class::ZERO_DIVISION_ERROR, "float divmod()"));
    }
    let mut part = |op| machine.apply(&crate::worlds::Op::Binary(op), &[a.clone(), b.clone()]);
    Ok(Value::tuple(vec![part(BinaryOp::FloorDiv)?, part(BinaryOp::Mod)?]))
}

fn attribute_name(value: Value, function: &str) -> R<smol_str::SmolStr> {
    match value {
        Value::Str(name) => Ok(name),
        other => Err(Stop::wrong(&other, |name| match function {
            "hasattr" => format!("attribute name must be string, not '{name}'"),
            _ => format!("{function}(): attribute name must be string"),
        })),
    }
}

fn getattr(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value, name, default] = call.between("getattr", 2)?;
    let value = value.unwrap_or_default();
    let name = attribute_name(name.unwrap_or_default(), "getattr")?;
    match (machine.attribute_of(&value, &name)?, default) {
        (Some(found), _) => Ok(found),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(crate::evaluate::expressions::no_attribute(&value, &name)),
    }
}

fn hasattr(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value, name] = call.exactly("hasattr")?;
    let name = attribute_name(name, "hasattr")?;
    match &value {
        Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
        Value::Class(class) => {
            Ok(Value::Bool(crate::names::has(class, &name) || crate::names::has(&class::TYPE, &name)))
        }
        known => Ok(Value::Bool(known.class().is_some_and(|class| crate::names::has(class, &name)))),
    }
}

/// The classes that `isinstance` is asked about: one, or a tuple of them, nested as one likes.
fn classes_of(value: &Value, found: &mut Vec<&'static Class>, function: &str) -> R<()> {
    match value {
        Value::Class(class) => {
            found.push(class);
            Ok(())
        }
        Value::Tuple(tuple) => tuple.items().iter().try_for_each(|item| classes_of(item, found, function)),
        other => Err(Stop::wrong(other, |_| match function {
            "isinstance" => "isinstance() arg 2 must be a type, a tuple of types, or a union".to_owned(),
            _ => format!("{function}() arg 2 must be a class, a tuple of classes, or a union"),
        })),
    }
}

fn isinstance(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value, classes] = call.exactly("isinstance")?;
    let mut wanted = Vec::new();
    classes_of(&classes, &mut wanted, "isinstance")?;
    match value {
        Value::Unknown(symbol) => {
            let Some(kinds) = kinds_of(&wanted) else { return Err(Stop::needs(symbol)) };
            machine.decide_kinds(symbol, kinds).map(Value::Bool)
        }
        value => Ok(Value::Bool(wanted.iter().any(|class| is_instance(&value, class)))),
    }
}

/// The kinds of JSON values that are instances of a class; `None` where other values could be too.
fn kinds_of(classes: &[&'static Class]) -> Option<Kinds> {
    let samples = [
        (Kinds::NONE, Value::None),
        (Kinds::BOOL, Value::Bool(true)),
        (Kinds::INT, Value::Int(0)),
        (Kinds::FLOAT, Value::Float(0.0)),
        (Kinds::STR, Value::str("")),
        (Kinds::LIST, Value::list(Vec::new())),
        (Kinds::DICT, Value::dict([])),
    ];
    let mut kinds = Kinds::NONE.and(Kinds::BOOL);
    for (kind, sample) in &samples {
        if classes.iter().any(|class| is_instance(sample, class)) {
            kinds = kinds.with(*kind);
        }
    }
    Some(kinds)
}

/// `isinstance(value, class)`.
fn is_instance(value: &Value, class: &'static Class) -> bool {
    match class.kind {
        Kind::Abstract(protocol) => follows(value, protocol),
        _ => value.class().is_some_and(|own| own.derives(class)),
    }
}

fn follows(value: &Value, protocol: Protocol) -> bool {
    let view = match value {
        Value::Object(object) => match **object {
            Object::View(view, _) => Some(view),
            _ => None,
        },
        _ => None,
    };
    let is_range = matches!(value, Value::Object(object) if matches!(**object, Object::Range(_)));
    let is_iterator = matches!(value, Value::Object(object) if matches!(**object, Object::Iterator(_)));
    let sealed = crate::sealed::sealed(value).map(crate::sealed::Sealed::is_list);
    let sequence = matches!(value, Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_))
        || is_range
        || sealed == Some(true);
    let set = matches!(value, Value::Set(_) | Value::FrozenSet(_)) || matches!(view, Some(View::Keys | View::Items));
    let mapping = matches!(value, Value::Dict(_)) || sealed == Some(false);
    let collection = sequence || set || mapping || view.is_some();
    let listed = |name: &str| value.class().is_some_and(|class| crate::names::has(class, name));
    match protocol {
        Protocol::Mapping => mapping,
        Protocol::MutableMapping => matches!(value, Value::Dict(_)),
        Protocol::Sequence => sequence,
        Protocol::MutableSequence => matches!(value, Value::List(_)),
        Protocol::Set => set,
        Protocol::MutableSet => matches!(value, Value::Set(_)),
        Protocol::Iterable => collection || is_iterator || listed("__iter__"),
        Protocol::Collection => collection || listed("__iter__") && listed("__len__") && listed("__contains__"),
        Protocol::Sized => collection || listed("__len__"),
        Protocol::Container => collection || listed("__contains__"),
        Protocol::Hashable => {
            !matches!(value, Value::List(_) | Value::Dict(_) | Value::Set(_))
                && sealed.is_none()
                && view.is_none_or(|view| view == View::Values)
        }
        Protocol::Callable => is_callable(value),
        Protocol::Iterator => is_iterator,
        Protocol::Number => matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_)),
    }
}

fn issubclass(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [class, classes] = call.exactly("issubclass")?;
    let mut wanted = Vec::new();
    classes_of(&classes, &mut wanted, "issubclass")?;
    match class {
        Value::Class(_) if wanted.iter().any(|class| matches!(class.kind, Kind::Abstract(_))) => {
            Err(Stop::unsupported("issubclass of an abstract class"))
        }
        Value::Class(class) => Ok(Value::Bool(wanted.iter().any(|wanted| class.derives(wanted)))),
        other => Err(Stop::wrong(&other, |_| "issubclass() arg 1 must be a class".to_owned())),
    }
}

fn len(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value] = call.exactly("len")?;
    let length = match &value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.items().len(),
        Value::Tuple(tuple) => tuple.items().len(),
        Value::Dict(dict) => dict.entries().len(),
        Value::Set(set) | Value::FrozenSet(set) => set.members().len(),
        Value::Object(object) => match &**object {
            Object::View(_, dict) => dict.entries().len(),
            Object::Range(range) => return Ok(Value::Int(range.len())),
            Object::Url(_) => 6,
            Object::Sealed(sealed) => sealed.len(),
            _ => return Err(no_len(&value)),
        },
        _ => return Err(no_len(&value)),
    };
    Ok(Value::Int(length as i128))
}

fn no_len(value: &Value) -> Box<Stop> {
    Stop::wrong(value, |name| format!("object of type '{name}' has no len()"))
}

fn extreme(machine: &mut Machine<'_>, mut call: Call, name: &str, op: CompareOp) -> R<Value> {
    let args = std::mem::take(&mut call.args);
    let [key, default] = call.named(name, ["key", "default"], 0, 0)?;
    let items = match &args[..] {
        [] => return Err(Stop::type_error(format!("{name} expected at least 1 argument, got 0"))),
        [items] => machine.collect(items)?,
        _ if default.is_some() => {
            let message = format!("Cannot specify a default for {name}() with multiple positional arguments");
            return Err(Stop::type_error(message));
        }
        _ => args,
    };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let measure = match &key {
            None | Some(Value::None) => item.clone(),
            Some(key) => machine.call_value(key, Call::of(vec![item.clone()]))?,
        };
        let better = match &best {
            None => true,
            Some((known, _)) => machine.ordered(op, &measure, known)?,
        };
        if better {
            best = Some((measure, item));
        }
    }
    match (best, default) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Stop::value_error(format!("{name}() arg is an empty sequence"))),
    }
}

fn next(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [iterator, default] = call.between("next", 1)?;
    let iterator = iterator.unwrap_or_default();
    let not_iterator = |value: &Value| Stop::wrong(value, |name| format!("'{name}' object is not an iterator"));
    let Value::Object(object) = &iterator else { return Err(not_iterator(&iterator)) };
    let Object::Iterator(state) = &**object else { return Err(not_iterator(&iterator)) };
    match (machine.next(state)?, default) {
        (Some(item), _) => Ok(item),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Stop::raise_with(&class::STOP_ITERATION, Vec::new())),
    }
}

fn round(_: &mut Machine<'_>, call: Call) -> R<Value> {
    let [value, places] = call.named("round", ["number", "ndigits"], 0, 1)?;
    let value = value.unwrap_or_default();
    let places = places.filter(|places| !matches!(places, Value::None));
    match (Number::of(&value), places) {
        (Some(Number::Int(int)), None) => Ok(Value::Int(int)),
        (Some(Number::Float(float)), None) => number::truncate(float.round_ties_even()).map(Value::Int),
        (Some(Number::Int(int)), Some(places)) => round_int(int, index(&places)?),
        (Some(Number::Float(float)), Some(places)) => round_float(float, index(&places)?),
        (None, _) => Err(Stop::wrong(&value, |name| format!("type {name} doesn't define __round__ method"))),
    }
}

fn round_int(int: i128, places: i128) -> R<Value> {
    if places >= 0 {
        return Ok(Value::Int(int));
    }
    let Some(unit) = u32::try_from(-places).ok().and_then(|places| 10_i128.checked_pow(places)) else {
        return Err(Stop::unsupported("rounding to more than 38 places"));
    };
    let (floor, rest) = (int.div_euclid(unit), int.rem_euclid(unit));
    let up = rest > unit / 2 || rest == unit / 2 && floor % 2 != 0;
    (floor + i128::from(up)).checked_mul(unit).map(Value::Int).ok_or_else(number::too_big)
}

/// Rounds the exact decimal value, as Python does.
fn round_float(float: f64, places: i128) -> R<Value> {
    if !float.is_finite() || places > 323 {
        return Ok(Value::Float(float));
    }
    if places < -308 {
        return Ok(Value::Float(0.0 * float));
    }
    let rounded = match usize::try_from(places) {
        Ok(places) => format!("{float:.places$}").parse().unwrap_or(float),
        Err(_) => round_to_tens(float, places),
    };
    if rounded.is_infinite() {
        return Err(Stop::raise(&class::OVERFLOW_ERROR, "rounded value too large to represent"));
    }
    Ok(Value::Float(rounded))
}

/// Rounds to a multiple of ten to the power of `-places`: halves of the exact value go to the even side.
fn round_to_tens(float: f64, places: i128) -> f64 {
    let exponent = format!("{float:e}").split_once('e').and_then(|(_, exponent)| exponent.parse::<i128>().ok());
    match exponent.map_or(-1, |exponent| exponent + places) {
        digits @ 0.. => {
            let digits = usize::try_from(digits).unwrap_or(0);
            format!("{float:.digits$e}").parse().unwrap_or(float)
        }
        // Below one unit: a half of it is a tie with nought, which is even.
        -1 => {
            let half: f64 = format!("5e{}", -places - 1).parse().unwrap_or(f64::INFINITY);
            let unit: f64 = format!("1e{}", -places).parse().unwrap_or(f64::INFINITY);
            (if float.abs() > half { unit } else { 0.0 }).copysign(float)
        }
        _ => 0.0_f64.copysign(float),
    }
}

fn pow(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [base, exponent, modulus] = call.named("pow", ["base", "exp", "mod"], 0, 2)?;
    let (base, exponent) = (base.unwrap_or_default(), exponent.unwrap_or_default());
    let Some(modulus) = modulus.filter(|modulus| !matches!(modulus, Value::None)) else {
        return machine.apply(&crate::worlds::Op::Binary(BinaryOp::Pow), &[base, exponent]);
    };
    let mut integers = [0; 3];
    for (integer, value) in integers.iter_mut().zip([base, exponent, modulus]) {
        match Number::of(&value) {
            Some(Number::Int(int)) => *integer = int,
            _ => return Err(Stop::wrong(&value, |name| format!("unsupported operand type(s) for pow(): '{name}'"))),
        }
    }
    let [base, exponent, modulus] = integers;
    if modulus == 0 {
        return Err(Stop::value_error("pow() 3rd argument cannot be 0"));
    }
    match (u32::try_from(exponent), u64::try_from(modulus.unsigned_abs())) {
        (Ok(exponent), Ok(size)) => {
            let base = base.rem_euclid(i128::from(size)).unsigned_abs();
            let size = u128::from(size);
            let mut power = 1 % size;
            for bit in (0..32).rev() {
                power = power * power % size;
                if exponent >> bit & 1 == 1 {
                    power = power * base % size;
                }
            }
            let power = i128::try_from(power).map_err(|_| number::too_big())?;
            // The result has the sign of the modulus.
            Ok(Value::Int(if modulus < 0 && power != 0 { power + modulus } else { power }))
        }
        _ => Err(Stop::unsupported("pow() with a modulus and large or negative arguments")),
    }
}

fn sum(machine: &mut Machine<'_>, call: Call) -> R<Value> {
    let [items, start] = call.named("sum", ["iterable", "start"], 1, 1)?;
    let mut total = start.unwrap_or(Value::Int(0));
    match &total {
        Value::Str(_) => return Err(Stop::type_error("sum() can't sum strings [use ''.join(seq) instead]")),
        Value::Bytes(_) => return Err(Stop::type_error("sum() can't sum bytes [use b''.join(seq) instead]")),
        _ => {}
    }
    let mut iter = machine.iter(&items.unwrap_or_default())?;
    while let Some(item) = machine.advance(&mut iter)? {
        total = machine.perform(crate::worlds::Op::Binary(BinaryOp::Add), &[total, item])?;
    }
    Ok(total)
}

/// An iterator of that class over the arguments.
pub(crate) fn lazy(machine: &mut Machine<'_>, class: &'static Class, mut call: Call) -> R<Value> {
    let name = class.name();
    match name {
        "enumerate" => {
            let [items, start] = call.named(name, ["iterable", "start"], 0, 1)?;
            let start = start.map_or(Ok(0), |start| index(&start))?;
            let items = machine.iterator_of(&items.unwrap_or_default())?;
            machine.iterator(class, Iter::Enumerate(items, start))
        }
        "zip" => {
            let args = std::mem::take(&mut call.args);
            let [strict] = call.named(name, ["strict"], 0, 0)?;
            let strict = match strict {
                Some(strict) => machine.truth(&strict)?,
                None => false,
            };
            let inner = args.iter().map(|items| machine.iterator_of(items)).collect::<R<_>>()?;
            machine.iterator(class, Iter::Zip(inner, strict))
        }
        "map" => {
            call.no_keywords(name)?;
            if call.args.len() < 2 {
                return Err(Stop::type_error("map() must have at least two arguments."));
            }
            let function = call.args.remove(0);
            let inner = call.args.iter().map(|items| machine.iterator_of(items)).collect::<R<_>>()?;
            machine.iterator(class, Iter::Map(function, inner))
        }
        "filter" => {
            let [function, items] = call.exactly(name)?;
            let items = machine.iterator_of(&items)?;
            machine.iterator(class, Iter::Filter(function, items))
        }
        _ => reversed(machine, class, call),
    }
}

fn reversed(machine: &mut Machine<'_>, class: &'static Class, call: Call) -> R<Value> {
    let [items] = call.exactly("reversed")?;
    let state = match &items {
        Value::List(list) => Iter::Reversed(list.clone(), list.items().len()),
        Value::Tuple(_) | Value::Str(_) | Value::Dict(_) | Value::Bytes(_) => {
            let mut items = machine.collect(&items)?;
            items.reverse();
            Iter::Items(items.into_iter())
        }
        Value::Object(object) if matches!(**object, Object::Range(_) | Object::View(..)) => {
            let mut items = machine.collect(&items)?;
            items.reverse();
            Iter::Items(items.into_iter())
        }
        other => return Err(Stop::wrong(other, |name| format!("'{name}' object is not reversible"))),
    };
    machine.iterator(class, state)
}
