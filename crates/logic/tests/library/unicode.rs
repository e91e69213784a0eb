//! Characters, and `repr`.

use super::text;
use logic::library::{Failure, repr, unicode};
use serde_json::{Value, json};

fn property(name: &str) -> fn(u32) -> u32 {
    match name {
        "alnum" => |c| unicode::is_alnum(c).into(),
        "decimal" => |c| unicode::is_decimal(c).into(),
        "space" => |c| unicode::is_space(c).into(),
        "printable" => |c| unicode::is_printable(c).into(),
        "cased" => |c| unicode::is_cased(c).into(),
        "lower" => unicode::lower,
        "extra_cases" => |c| unicode::extra_cases(c).iter().sum(),
        other => panic!("no property {other}"),
    }
}

pub fn answer(function: &str, args: &[Value]) -> Result<Value, Failure> {
    Ok(match function {
        "sum" => {
            let of = property(text(args, 0));
            let answers = ('\0'..=char::MAX).map(|c| of(c.into()));
            let (count, hash) = answers.fold((0, 0u32), |(count, hash), answer| {
                (count + u32::from(answer != 0), hash.wrapping_mul(31).wrapping_add(answer))
            });
            json!([count, hash])
        }
        "repr" => repr::string(text(args, 0)).into(),
        "repr_bytes" => repr::bytes(&super::unhex(text(args, 0))).into(),
        other => panic!("no function {other}"),
    })
}
