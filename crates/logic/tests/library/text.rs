//! `urllib.parse`, `base64`, `binascii`, and what `json` writes.

use super::{attempt, text, unhex};
use logic::library::url::{self, Url};
use logic::library::{Failure, base64, jsontext, repr};
use serde_json::{Value, json};

fn flag(args: &[Value], i: usize) -> bool {
    args[i].as_bool().unwrap()
}

fn string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

pub fn answer(function: &str, args: &[Value]) -> Result<Value, Failure> {
    let first = text(args, 0);
    Ok(match function {
        "urlparse" => {
            let url = Url::parse(first)?;
            json!([
                url.parts(),
                url.repr(),
                url.unparse(),
                Url::split(first)?.path,
                url.username(),
                url.password(),
                url.hostname(),
                attempt(url.port())
            ])
        }
        "parse_qs" => json!([
            url::parse_qs(first, flag(args, 1), flag(args, 2))?,
            url::parse_qsl(first, flag(args, 1), flag(args, 2))?
        ]),
        "unquote" => {
            json!([url::unquote(first), url::unquote_plus(first), base64::hexlify(&url::unquote_to_bytes(first))])
        }
        "quote" => {
            json!([url::quote(first.as_bytes(), text(args, 1)), url::quote_plus(first.as_bytes(), text(args, 1))])
        }
        "b64decode" => base64::hexlify(&base64::decode(base64::ascii(first)?, flag(args, 1))?).into(),
        "urlsafe_b64decode" => base64::hexlify(&base64::decode_urlsafe(base64::ascii(first)?)?).into(),
        "altchars" => {
            let from: [u8; 2] = text(args, 1).as_bytes().try_into().unwrap();
            base64::hexlify(&base64::decode(&base64::replaced(base64::ascii(first)?, from, *b"+/"), false)?).into()
        }
        "b64encode" => {
            let data = unhex(first);
            json!([string(base64::encode(&data)), string(base64::encode_urlsafe(&data)), base64::hexlify(&data)])
        }
        "unhexlify" => {
            let data: Vec<u8> = first.chars().map(|c| c as u8).collect();
            base64::hexlify(&base64::unhexlify(&data)?).into()
        }
        "json_string" => json!([jsontext::string(first, true), jsontext::string(first, false)]),
        "float" => {
            let number = f64::from_bits(u64::from_str_radix(first, 16).unwrap());
            json!([repr::float(number), jsontext::float(number, true)?, attempt(jsontext::float(number, false))])
        }
        other => panic!("no function {other}"),
    })
}
