//! `fnmatch`.

use super::{steps, text};
use logic::library::Failure;
use logic::library::glob::{Glob, translate};
use serde_json::{Value, json};

pub fn answer(_: &str, args: &[Value]) -> Result<Value, Failure> {
    let pattern = text(args, 0);
    let glob = Glob::new(pattern)?;
    let names = args[1].as_array().unwrap().iter().map(|name| glob.matches(name.as_str().unwrap(), &mut steps()));
    Ok(json!([translate(pattern), names.collect::<Result<Vec<_>, _>>()?]))
}
