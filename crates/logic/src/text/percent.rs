//! `text % values`.

use smol_str::SmolStr;

use super::format::{exponential, fixed, general, whole};
use crate::class;
use crate::evaluate::machine::Machine;
use crate::number::Number;
use crate::stop::{R, Stop};
use crate::value::Value;

/// `%[(name)][flags][width][.precision]kind`.
#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    zeros: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Machine<'_> {
    /// `format % values`.
    pub(crate) fn percent(&mut self, format: &str, values: &Value) -> R<Value> {
        let args: Vec<Value> = match values {
            Value::Tuple(tuple) => tuple.items().to_vec(),
            Value::Unknown(symbol) if !self.context.describe_unknown => return Err(Stop::needs(*symbol)),
            other => vec![other.clone()],
        };
        // What can be indexed may go unused, text and tuples aside.
        let indexed = !matches!(values, Value::Str(_) | Value::Tuple(_));
        let mapping = indexed && values.class().is_some_and(|class| crate::names::has(class, "__getitem__"));
        let mut args = args.into_iter();
        let mut out = String::new();
        let characters: Vec<char> = format.chars().collect();
        let mut at = 0;
        let mut named = false;
        while at < characters.len() {
            if characters[at] != '%' {
                out.push(characters[at]);
                at += 1;
                continue;
            }
            at += 1;
            let mut value = None;
            if characters.get(at) == Some(&'(') {
                let Some(length) = characters[at..].iter().position(|character| *character == ')') else {
                    return Err(Stop::value_error("incomplete format key"));
                };
                if !mapping {
                    return Err(Stop::type_error("format requires a mapping"));
                }
                let name: String = characters[at + 1..at + length].iter().collect();
                value = Some(self.subscript(values, &Value::from(name))?);
                named = true;
                at += length + 1;
            }
            let conversion = Conversion::parse(&characters, &mut at, &mut args)?;
            let Some(kind) = characters.get(at).copied() else {
                return Err(Stop::value_error("incomplete format"));
            };
            if kind == '%' && value.is_none() {
                out.push('%');
            } else {
                let value = match value {
                    Some(value) => value,
                    None => args.next().ok_or_else(|| Stop::type_error("not enough arguments for format string"))?,
                };
                out.push_str(&self.percent_one(&conversion, kind, &value, at)?);
            }
            at += 1;
        }
        if args.next().is_some() && !named && !mapping {
            return Err(Stop::type_error("not all arguments converted during string formatting"));
        }
        self.charge(out.len())?;
        Ok(Value::from(out))
    }

    fn percent_one(&mut self, conversion: &Conversion, kind: char, value: &Value, at: usize) -> R<String> {
        match kind {
            's' => self.text(value).map(|text| conversion.cut(&text)),
            'r' => self.repr(value).map(|text| conversion.cut(&text)),
            'a' => self.ascii(value).map(|text| conversion.cut(&text)),
            _ if matches!(value, Value::Unknown(_)) => self.text(value).map(|text| conversion.cut(&text)),
            'd' | 'i' | 'u' => {
                let number = Number::of(value).ok_or_else(|| {
                    Stop::wrong(value, |name| format!("%{kind} format: a real number is required, not {name}"))
                })?;
                let int = whole(number)?;
                Ok(conversion.number(int < 0, "", &int.unsigned_abs().to_string()))
            }
            'x' | 'X' | 'o' => {
                let Some(Number::Int(int)) = Number::of(value) else {
                    return Err(Stop::wrong(value, |name| {
                        format!("%{kind} format: an integer is required, not {name}")
                    }));
                };
                let magnitude = int.unsigned_abs();
                let (prefix, digits) = match kind {
                    'x' => ("0x", format!("{magnitude:x}")),
                    'X' => ("0X", format!("{magnitude:X}")),
                    _ => ("0o", format!("{magnitude:o}")),
                };
                Ok(conversion.number(int < 0, if conversion.alternate { prefix } else { "" }, &digits))
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let number = Number::of(value)
                    .ok_or_else(|| Stop::wrong(value, |name| format!("must be real number, not {name}")))?;
                Ok(conversion.float(number.to_float(), kind))
            }
            'c' => match value {
                Value::Str(text) if text.chars().count() == 1 => Ok(conversion.cut(text)),
                Value::Bool(code) => Ok(conversion.cut(if *code { "\u{1}" } else { "\0" })),
                Value::Int(code) => match u32::try_from(*code).ok().and_then(char::from_u32) {
                    Some(character) => Ok(conversion.cut(&SmolStr::from_iter([character]))),
                    None => Err(Stop::raise(&class::OVERFLOW_ERROR, "%c arg not in range(0x110000)")),
                },
                other => Err(Stop::wrong(other, |_| "%c requires int or char".to_owned())),
            },
            other => {
                let code = u32::from(other);
                let message = format!("unsupported format character '{other}' (0x{code:x}) at index {at}");
                Err(Stop::value_error(message))
            }
        }
    }
}

impl Conversion {
    fn parse(characters: &[char], at: &mut usize, args: &mut impl Iterator<Item = Value>) -> R<Self> {
        let mut parsed = Self::default();
        while let Some(flag) = characters.get(*at) {
            match flag {
                '-' => parsed.left = true,
                '+' => parsed.plus = true,
                ' ' => parsed.space = true,
                '0' => parsed.zeros = true,
                '#' => parsed.alternate = true,
                _ => break,
            }
            *at += 1;
        }
        parsed.width = number(characters, at, args)?.unwrap_or(0);
        if characters.get(*at) == Some(&'.') {
            *at += 1;
            parsed.precision = Some(number(characters, at, args)?.unwrap_or(0));
        }
        while matches!(characters.get(*at), Some('h' | 'l' | 'L')) {
            *at += 1;
        }
        Ok(parsed)
    }

    fn cut(&self, text: &str) -> String {
        let body: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        self.pad("", &body, false)
    }

    fn number(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let missing = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let digits = format!("{}{digits}", super::repeated('0', missing));
        self.pad(&format!("{}{prefix}", self.sign(negative)), &digits, self.zeros && !self.left)
    }

    fn float(&self, value: f64, kind: char) -> String {
        let precision = self.precision.unwrap_or(6);
        let magnitude = value.abs();
        let mut body = match kind.to_ascii_lowercase() {
            _ if magnitude.is_nan() => "nan".to_owned(),
            _ if magnitude.is_infinite() => "inf".to_owned(),
            'e' => exponential(magnitude, precision, self.alternate),
            'f' => fixed(magnitude, precision, self.alternate),
            _ => general(magnitude, precision, self.alternate, false),
        };
        if kind.is_ascii_uppercase() {
            body.make_ascii_uppercase();
        }
        let negative = value.is_sign_negative() && !value.is_nan();
        self.pad(self.sign(negative), &body, self.zeros && !self.left && magnitude.is_finite())
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    fn pad(&self, sign: &str, body: &str, zeros: bool) -> String {
        let missing = self.width.saturating_sub(sign.len() + body.chars().count());
        if self.left {
            return format!("{sign}{body}{}", super::repeated(' ', missing));
        }
        if zeros {
            return format!("{sign}{}{body}", super::repeated('0', missing));
        }
        format!("{}{sign}{body}", super::repeated(' ', missing))
    }
}

/// A width or precision: digits, or `*` for the next argument.
fn number(characters: &[char], at: &mut usize, args: &mut impl Iterator<Item = Value>) -> R<Option<usize>> {
    if characters.get(*at) == Some(&'*') {
        *at += 1;
        return match args.next() {
            Some(Value::Int(width)) if (0..=1_000).contains(&width) => Ok(usize::try_from(width).ok()),
            Some(Value::Int(_)) => Err(Stop::unsupported("a negative or large width in a format")),
            Some(other) => Err(Stop::wrong(&other, |_| "* wants int".to_owned())),
            None => Err(Stop::type_error("not enough arguments for format string")),
        };
    }
    let digits: String = characters[*at..].iter().take_while(|character| character.is_ascii_digit()).collect();
    *at += digits.len();
    if digits.is_empty() {
        return Ok(None);
    }
    match digits.parse() {
        Ok(width) if width <= 100_000 => Ok(Some(width)),
        _ => Err(Stop::exceeded("width of a format")),
    }
}
