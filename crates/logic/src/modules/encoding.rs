//! `base64` and `urllib.parse` as detections call them.

use smol_str::SmolStr;

use super::{exception, raised};
use crate::builtin::Builtin;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::library::url::{self, Url};
use crate::library::{PythonError, base64};
use crate::object::Object;
use crate::stop::{R, Stop};
use crate::value::Value;

/// The functions of both.
pub(super) static TABLE: &[Builtin] = &[
    Builtin::function("base64.b64encode", |machine, call| {
        let [data] = call.exactly("b64encode")?;
        encoded(machine, &data, base64::encode)
    }),
    Builtin::function("base64.urlsafe_b64encode", |machine, call| {
        let [data] = call.exactly("urlsafe_b64encode")?;
        encoded(machine, &data, base64::encode_urlsafe)
    }),
    Builtin::function("base64.b64decode", |machine, call| {
        let [data, letters, strict] = call.named("b64decode", ["s", "altchars", "validate"], 0, 1)?;
        if letters.is_some_and(|letters| !matches!(letters, Value::None)) {
            return Err(Stop::unsupported("base64 with other letters"));
        }
        let strict = match strict {
            Some(strict) => machine.truth(&strict)?,
            None => false,
        };
        decoded(machine, &data.unwrap_or_default(), |data| base64::decode(data, strict))
    }),
    Builtin::function("base64.urlsafe_b64decode", |machine, call| {
        let [data] = call.exactly("urlsafe_b64decode")?;
        decoded(machine, &data, base64::decode_urlsafe)
    }),
    Builtin::function("urllib.parse.unquote", |machine, call| unquoted(machine, call, url::unquote)),
    Builtin::function("urllib.parse.unquote_plus", |machine, call| unquoted(machine, call, url::unquote_plus)),
    Builtin::function("urllib.parse.urlparse", |machine, call| {
        let [text] = call.exactly("urlparse")?;
        let text = wanted(&text)?;
        machine.charge(text.len())?;
        Url::parse(&text).map(|url| Value::object(Object::Url(url))).map_err(raised)
    }),
    Builtin::function("urllib.parse.parse_qs", |machine, call| {
        let [text] = call.exactly("parse_qs")?;
        let text = wanted(&text)?;
        machine.charge(text.len().saturating_mul(8))?;
        let found = url::parse_qs(&text, false, false).map_err(exception)?;
        let entries = found
            .into_iter()
            .map(|(name, values)| (SmolStr::from(name), Value::list(values.into_iter().map(Value::from).collect())));
        Ok(Value::dict(entries))
    }),
];

/// Text; of bytes the functions make bytes, which is refused.
fn wanted(value: &Value) -> R<SmolStr> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Unknown(symbol) => Err(Stop::needs(*symbol)),
        _ => Err(Stop::unsupported("a URL that is not text")),
    }
}

fn encoded(machine: &mut Machine<'_>, data: &Value, encode: fn(&[u8]) -> Vec<u8>) -> R<Value> {
    match data {
        Value::Bytes(bytes) => {
            machine.charge(bytes.len().saturating_mul(2))?;
            Ok(Value::Bytes(encode(bytes).into()))
        }
        other => Err(Stop::wrong(other, |name| format!("a bytes-like object is required, not '{name}'"))),
    }
}

fn decoded(
    machine: &mut Machine<'_>,
    data: &Value,
    decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, PythonError>,
) -> R<Value> {
    let bytes = match data {
        Value::Bytes(bytes) => decode(bytes),
        Value::Str(text) => base64::ascii(text).and_then(decode),
        other => {
            return Err(Stop::wrong(other, |name| {
                format!("argument should be a bytes-like object or ASCII string, not '{name}'")
            }));
        }
    };
    let bytes = bytes.map_err(exception)?;
    machine.charge(bytes.len())?;
    Ok(Value::Bytes(bytes.into()))
}

fn unquoted(machine: &mut Machine<'_>, call: Call, unquote: fn(&str) -> String) -> R<Value> {
    let [text] = call.exactly("unquote")?;
    let text = wanted(&text)?;
    machine.charge(text.len())?;
    Ok(Value::from(unquote(&text)))
}

/// An attribute of a parsed URL.
pub(super) fn url_attribute(url: &Url, name: &str) -> R<Option<Value>> {
    let part = ["scheme", "netloc", "path", "params", "query", "fragment"].iter().position(|part| *part == name);
    if let Some(part) = part {
        return Ok(Some(Value::str(url.parts()[part])));
    }
    Ok(Some(match name {
        "username" => url.username().map_or(Value::None, Value::str),
        "password" => url.password().map_or(Value::None, Value::str),
        "hostname" => url.hostname().map_or(Value::None, Value::from),
        "port" => url.port().map_err(exception)?.map_or(Value::None, |port| Value::Int(i128::from(port))),
        _ => return Ok(None),
    }))
}
