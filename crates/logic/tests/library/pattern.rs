//! `re`.

use super::{number, steps, text};
use logic::library::Failure;
use logic::library::pattern::{Match, Pattern, Template, escape};
use serde_json::{Map, Value, json};

fn span(pattern: &Pattern, text: &str, found: Option<&Match>) -> Value {
    let Some(found) = found else { return Value::Null };
    let mut out: Vec<Value> = (0..=pattern.groups())
        .map(|group| {
            let (start, end) = found.char_span(text, group);
            json!([start as i64, end as i64])
        })
        .collect();
    out.push(json!(found.lastindex()));
    out.push(json!(found.lastgroup(pattern)));
    out.into()
}

fn run(pattern: &Pattern, text: &str) -> Result<Value, Failure> {
    let steps = &mut steps();
    let all = pattern.find_all(text, usize::MAX, steps)?;
    Ok(json!([
        span(pattern, text, pattern.match_start(text, steps)?.as_ref()),
        span(pattern, text, pattern.search(text, steps)?.as_ref()),
        span(pattern, text, pattern.full_match(text, steps)?.as_ref()),
        all.iter().map(|found| span(pattern, text, Some(found))).collect::<Vec<_>>(),
        all.iter().map(|found| found.found(text)).collect::<Vec<_>>(),
        pattern.split(text, 0, steps)?,
    ]))
}

pub fn answer(function: &str, args: &[Value]) -> Result<Value, Failure> {
    Ok(match function {
        "compile" => {
            let pattern = Pattern::new(text(args, 0), args[1].as_u64().unwrap() as u32)?;
            let names: Map<String, Value> =
                pattern.group_index().iter().map(|(name, number)| (name.clone(), json!(number))).collect();
            let texts = args[2].as_array().unwrap().iter().map(|text| run(&pattern, text.as_str().unwrap()));
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            json!([pattern.flags(), pattern.groups(), names, pattern.repr(), texts])
        }
        "sub" => {
            let pattern = Pattern::new(text(args, 0), args[1].as_u64().unwrap() as u32)?;
            let template = Template::new(text(args, 2), &pattern)?;
            let (out, count) = pattern.sub(&template, text(args, 3), number(args, 4), &mut steps())?;
            json!([out, count])
        }
        "split" => {
            let pattern = Pattern::new(text(args, 0), 0)?;
            json!(pattern.split(text(args, 1), number(args, 2), &mut steps())?)
        }
        "match" => {
            let (pattern, text) = (Pattern::new(text(args, 0), 0)?, text(args, 1));
            let Some(found) = pattern.search(text, &mut steps())? else {
                return Err(logic::library::PythonError::new(
                    "AttributeError",
                    "'NoneType' object has no attribute 'groupdict'",
                )
                .into());
            };
            let named: Map<String, Value> =
                found.named(&pattern, text).into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
            let (start, end) = found.char_span(text, 0);
            json!([found.repr(text), named, found.groups(text), [start as i64, end as i64]])
        }
        "escape" => escape(text(args, 0)).into(),
        other => panic!("no function {other}"),
    })
}
