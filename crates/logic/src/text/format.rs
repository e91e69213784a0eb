//! `format(value, spec)` and `str.format`.

use smol_str::SmolStr;

use crate::class;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::library::repr::float as float_text;
use crate::number::{self, Number};
use crate::object::Object;
use crate::stop::{R, Stop};
use crate::value::Value;

/// The widest field and the longest fraction.
const WIDEST: usize = 100_000;

/// `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Debug, Clone, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    zero_sign: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    separator: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(spec: &str, value: &Value) -> R<Self> {
        let mut parsed = Self::default();
        let characters: Vec<char> = spec.chars().collect();
        let mut at = 0;
        let is_align = |character: Option<&char>| matches!(character, Some('<' | '>' | '=' | '^'));
        if is_align(characters.get(1)) {
            (parsed.fill, parsed.align) = (Some(characters[0]), Some(characters[1]));
            at = 2;
        } else if is_align(characters.first()) {
            parsed.align = Some(characters[0]);
            at = 1;
        }
        let mut take = |wanted: &[char]| {
            let found = characters.get(at).copied().filter(|character| wanted.contains(character));
            at += usize::from(found.is_some());
            found
        };
        parsed.sign = take(&['+', '-', ' ']);
        parsed.zero_sign = take(&['z']).is_some();
        parsed.alternate = take(&['#']).is_some();
        parsed.zeros = parsed.fill.is_none() && take(&['0']).is_some();
        parsed.width = digits(&characters, &mut at)?.unwrap_or(0);
        if let Some(separator @ (',' | '_')) = characters.get(at).copied() {
            parsed.separator = Some(separator);
            at += 1;
        }
        if characters.get(at) == Some(&'.') {
            at += 1;
            let Some(precision) = digits(&characters, &mut at)? else {
                return Err(Stop::value_error("Format specifier missing precision"));
            };
            parsed.precision = Some(precision);
        }
        let rest = &characters[at..];
        if rest.len() > 1 {
            let name = value.type_name();
            return Err(Stop::value_error(format!("Invalid format specifier '{spec}' for object of type '{name}'")));
        }
        parsed.kind = rest.first().copied();
        if let (Some(separator), Some(kind)) = (parsed.separator, parsed.kind)
            && !matches!(kind, 'd' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')
            && !(separator == '_' && matches!(kind, 'b' | 'o' | 'x' | 'X'))
        {
            return Err(Stop::value_error(format!("Cannot specify '{separator}' with '{kind}'.")));
        }
        Ok(parsed)
    }

    fn pad(&self, sign: &str, body: &str, default: char) -> String {
        let length = sign.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(if self.zeros { '0' } else { ' ' });
        let fills = |count: usize| super::repeated(fill, count);
        match self.align.unwrap_or(if self.zeros && default == '>' { '=' } else { default }) {
            '<' => format!("{sign}{body}{}", fills(missing)),
            '^' => format!("{}{sign}{body}{}", fills(missing / 2), fills(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", fills(missing)),
            _ => format!("{}{sign}{body}", fills(missing)),
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match self.sign {
            _ if negative => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        }
    }
}

fn digits(characters: &[char], at: &mut usize) -> R<Option<usize>> {
    let text: String = characters[*at..].iter().take_while(|character| character.is_ascii_digit()).collect();
    if text.is_empty() {
        return Ok(None);
    }
    *at += text.len();
    match text.parse::<usize>() {
        Ok(number) if number <= WIDEST => Ok(Some(number)),
        Ok(_) => Err(Stop::exceeded("width of a format")),
        Err(_) => Err(Stop::value_error("Too many decimal digits in format string")),
    }
}

impl Machine<'_> {
    /// `format(value, spec)`.
    pub(crate) fn format(&mut self, value: &Value, spec: &Value) -> R<Value> {
        let Value::Str(spec) = spec else {
            return Err(Stop::wrong(spec, |name| format!("format() argument 2 must be str, not {name}")));
        };
        self.format_text(value, spec).map(Value::Str)
    }

    fn format_text(&mut self, value: &Value, spec: &str) -> R<SmolStr> {
        if spec.is_empty() {
            return self.text(value);
        }
        if let Value::Unknown(_) = value {
            return self.text(value);
        }
        let text = match value {
            Value::Str(text) => format_str(text, &Spec::parse(spec, value)?)?,
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => format_number(value, &Spec::parse(spec, value)?)?,
            Value::Object(object) => match object.formatted(spec) {
                Some(text) => text?,
                None => return Err(unsupported(value)),
            },
            value => return Err(unsupported(value)),
        };
        self.charge(text.len())?;
        Ok(SmolStr::from(text))
    }

    /// `text.format(…)`.
    pub(crate) fn format_method(&mut self, text: &str, call: Call) -> R<Value> {
        let mut formatter = Formatter { call, next: 0, numbering: None };
        let out = formatter.expand(self, text, 2)?;
        self.charge(out.len())?;
        Ok(Value::from(out))
    }
}

fn unsupported(value: &Value) -> Box<Stop> {
    Stop::wrong(value, |name| format!("unsupported format string passed to {name}.__format__"))
}

fn format_str(text: &str, spec: &Spec) -> R<String> {
    match spec {
        Spec { kind: Some(kind), .. } if *kind != 's' => {
            return Err(Stop::value_error(format!("Unknown format code '{kind}' for object of type 'str'")));
        }
        Spec { sign: Some(' '), .. } => {
            return Err(Stop::value_error("Space not allowed in string format specifier"));
        }
        Spec { sign: Some(_), .. } => return Err(Stop::value_error("Sign not allowed in string format specifier")),
        Spec { zero_sign: true, .. } => {
            return Err(Stop::value_error("Negative zero coercion (z) not allowed in string format specifier"));
        }
        Spec { alternate: true, .. } => {
            return Err(Stop::value_error("Alternate form (#) not allowed in string format specifier"));
        }
        Spec { align: Some('='), .. } => {
            return Err(Stop::value_error("'=' alignment not allowed in string format specifier"));
        }
        Spec { separator: Some(separator), .. } => {
            return Err(Stop::value_error(format!("Cannot specify '{separator}' with 's'.")));
        }
        _ => {}
    }
    let body: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
    Ok(spec.pad("", &body, '<'))
}

fn format_number(value: &Value, spec: &Spec) -> R<String> {
    let Some(number) = Number::of(value) else { return Err(unsupported(value)) };
    match (spec.kind, number) {
        (None | Some('d' | 'b' | 'o' | 'x' | 'X' | 'c'), Number::Int(int)) => format_int(int, spec),
        (None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%'), number) => format_float(number.to_float(), spec),
        (Some('n'), _) => Err(Stop::unsupported("the format code 'n'")),
        (Some(kind), _) => {
            let name = value.type_name();
            Err(Stop::value_error(format!("Unknown format code '{kind}' for object of type '{name}'")))
        }
    }
}

fn format_int(int: i128, spec: &Spec) -> R<String> {
    if spec.precision.is_some() {
        return Err(Stop::value_error("Precision not allowed in integer format specifier"));
    }
    if spec.zero_sign {
        return Err(Stop::value_error("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let magnitude = int.unsigned_abs();
    let (prefix, body) = match spec.kind {
        Some('b') => ("0b", format!("{magnitude:b}")),
        Some('o') => ("0o", format!("{magnitude:o}")),
        Some('x') => ("0x", format!("{magnitude:x}")),
        Some('X') => ("0X", format!("{magnitude:X}")),
        Some('c') => ("", character(int)?.to_string()),
        _ => ("", magnitude.to_string()),
    };
    if spec.kind == Some('c') {
        return Ok(spec.pad("", &body, '<'));
    }
    let sign = format!("{}{}", spec.sign(int < 0), if spec.alternate { prefix } else { "" });
    let group = if prefix.is_empty() { 3 } else { 4 };
    Ok(spec.pad(&sign, &grouped(&body, group, &sign, spec)?, '>'))
}

fn character(code: i128) -> R<char> {
    match u32::try_from(code).ok().filter(|code| *code < 0x11_0000) {
        Some(code) => char::from_u32(code).ok_or_else(|| Stop::unsupported("a lone surrogate")),
        None => Err(Stop::raise(&class::OVERFLOW_ERROR, "%c arg not in range(0x110000)")),
    }
}

/// Thousands separated in the digits before a point.
fn grouped(body: &str, group: usize, sign: &str, spec: &Spec) -> R<String> {
    let Some(separator) = spec.separator else { return Ok(body.to_owned()) };
    let digits = body.bytes().take_while(u8::is_ascii_hexdigit).count();
    let (mut whole, rest) = (body[..digits].to_owned(), &body[digits..]);
    if spec.zeros || (spec.fill == Some('0') && spec.align == Some('=')) {
        let width = spec.width.saturating_sub(sign.len() + rest.len());
        while whole.len() + whole.len().saturating_sub(1) / group < width {
            whole.insert(0, '0');
        }
    }
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(group) {
            out.push(separator);
        }
        out.push(digit);
    }
    Ok(out + rest)
}

fn format_float(value: f64, spec: &Spec) -> R<String> {
    let kind = spec.kind.unwrap_or('\0');
    let upper = kind.is_ascii_uppercase();
    let scaled = if kind == '%' { value * 100.0 } else { value };
    let precision = spec.precision;
    let magnitude = scaled.abs();
    let mut body = match kind.to_ascii_lowercase() {
        _ if magnitude.is_nan() => "nan".to_owned(),
        _ if magnitude.is_infinite() => "inf".to_owned(),
        'f' | '%' => fixed(magnitude, precision.unwrap_or(6), spec.alternate),
        'e' => exponential(magnitude, precision.unwrap_or(6), spec.alternate),
        'g' => general(magnitude, precision.unwrap_or(6), spec.alternate, false),
        _ => match precision {
            Some(precision) => general(magnitude, precision, spec.alternate, true),
            None => float_text(magnitude),
        },
    };
    if upper {
        body.make_ascii_uppercase();
    }
    let is_zero = body.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let negative = scaled.is_sign_negative() && !scaled.is_nan() && !(spec.zero_sign && is_zero);
    let sign = spec.sign(negative);
    if kind == '%' {
        body.push('%');
    }
    Ok(spec.pad(sign, &grouped(&body, 3, sign, spec)?, '>'))
}

pub(super) fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{value:.precision$}");
    if alternate && precision == 0 { text + "." } else { text }
}

pub(super) fn exponential(value: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if alternate && precision == 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{point}e{sign}{:02}", exponent.abs())
}

/// `%g`: as many significant digits as asked for, in the shorter notation.
pub(super) fn general(value: f64, precision: usize, alternate: bool, keep_point: bool) -> String {
    let precision = precision.max(1);
    let rounded = format!("{value:.*e}", precision - 1);
    let exponent: i32 = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX) - i32::from(keep_point);
    if exponent < -4 || exponent >= limit {
        let text = exponential(value, precision - 1, alternate);
        if alternate {
            return text;
        }
        let (mantissa, rest) = text.split_once('e').unwrap_or((&text, ""));
        return format!("{}e{rest}", trimmed(mantissa));
    }
    let decimals = usize::try_from(limit + i32::from(keep_point) - 1 - exponent).unwrap_or(0);
    let text = fixed(value, decimals, alternate);
    if alternate {
        return text;
    }
    let text = trimmed(&text);
    if keep_point && !text.contains('.') { format!("{text}.0") } else { text.to_owned() }
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The fields of a `str.format`.
struct Formatter {
    call: Call,
    next: usize,
    /// Whether fields are numbered by the text, once one shows it.
    numbering: Option<bool>,
}

impl Formatter {
    fn expand(&mut self, machine: &mut Machine<'_>, text: &str, depth: u32) -> R<String> {
        let Some(deeper) = depth.checked_sub(1) else { return Err(Stop::value_error("Max string recursion exceeded")) };
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" || rest.is_empty() {
                return Err(Stop::value_error(format!("Single '{brace}' encountered in format string")));
            }
            let Some(end) = field_end(rest) else {
                return Err(Stop::value_error("expected '}' before end of string"));
            };
            out.push_str(&self.field(machine, &rest[..end], deeper)?);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, machine: &mut Machine<'_>, field: &str, depth: u32) -> R<SmolStr> {
        let name_end = name_end(field);
        let (name, mut rest) = field.split_at(name_end);
        let mut conversion = None;
        if let Some(after) = rest.strip_prefix('!') {
            let mut characters = after.chars();
            conversion = characters.next();
            rest = characters.as_str();
            if conversion.is_none() {
                return Err(Stop::value_error("unmatched '{' in format spec"));
            }
            if !rest.is_empty() && !rest.starts_with(':') {
                return Err(Stop::value_error("expected ':' after conversion specifier"));
            }
        }
        let spec = match rest.strip_prefix(':') {
            Some(spec) if spec.contains(['{', '}']) => {
                let value = self.value(machine, name)?;
                let spec = self.expand(machine, spec, depth)?;
                return converted(machine, value, conversion, &spec);
            }
            Some(spec) => spec,
            None => "",
        };
        let value = self.value(machine, name)?;
        converted(machine, value, conversion, spec)
    }

    fn value(&mut self, machine: &mut Machine<'_>, name: &str) -> R<Value> {
        let first_end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut path) = name.split_at(first_end);
        let mut value = self.argument(first)?;
        while !path.is_empty() {
            if let Some(rest) = path.strip_prefix('.') {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(Stop::value_error("Empty attribute in format string"));
                }
                value = machine.attribute(&value, &SmolStr::new(&rest[..end]))?;
                path = &rest[end..];
            } else {
                let rest = &path[1..];
                let Some(end) = rest.find(']') else { return Err(Stop::value_error("Missing ']' in format string")) };
                if end == 0 {
                    return Err(Stop::value_error("Empty attribute in format string"));
                }
                let index = match rest[..end].parse::<i128>() {
                    Ok(number) if rest[..end].bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(number),
                    _ => Value::str(&rest[..end]),
                };
                value = machine.subscript(&value, &index)?;
                path = &rest[end + 1..];
                if !path.is_empty() && !path.starts_with(['.', '[']) {
                    return Err(Stop::value_error("Only '.' or '[' may follow ']' in format field specifier"));
                }
            }
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> R<Value> {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            let found = self.call.keyword.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            return found.ok_or_else(|| Stop::key_error(Value::str(name)));
        }
        let manual = !name.is_empty();
        if self.numbering.is_some_and(|known| known != manual) {
            let (from, to) = if manual {
                ("automatic field numbering", "manual field specification")
            } else {
                ("manual field specification", "automatic field numbering")
            };
            return Err(Stop::value_error(format!("cannot switch from {from} to {to}")));
        }
        self.numbering = Some(manual);
        let index = if manual { name.parse().unwrap_or(usize::MAX) } else { self.next };
        self.next += usize::from(!manual);
        self.call.args.get(index).cloned().ok_or_else(|| {
            let message = format!("Replacement index {index} out of range for positional args tuple");
            Stop::raise(&class::INDEX_ERROR, message)
        })
    }
}

fn converted(machine: &mut Machine<'_>, value: Value, conversion: Option<char>, spec: &str) -> R<SmolStr> {
    let value = match conversion {
        None => value,
        Some('s') => Value::Str(machine.text(&value)?),
        Some('r') => Value::from(machine.repr(&value)?),
        Some('a') => Value::from(machine.ascii(&value)?),
        Some(other) => return Err(Stop::value_error(format!("Unknown conversion specifier {other}"))),
    };
    machine.format_text(&value, spec)
}

/// Where the field that starts here ends: braces nest, and brackets hide them.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Where the name of a field ends: at a conversion or a spec that no bracket hides.
fn name_end(field: &str) -> usize {
    let mut bracketed = false;
    for (at, character) in field.char_indices() {
        match character {
            '[' => bracketed = true,
            ']' => bracketed = false,
            '!' | ':' if !bracketed => return at,
            _ => {}
        }
    }
    field.len()
}

impl Object {
    /// `format(self, spec)` of dates; other objects take no spec.
    fn formatted(&self, spec: &str) -> Option<R<String>> {
        crate::modules::formatted(self, spec)
    }
}

/// The integer that `%d` shows of a number.
pub(super) fn whole(number: Number) -> R<i128> {
    match number {
        Number::Int(int) => Ok(int),
        Number::Float(float) => number::truncate(float),
    }
}
