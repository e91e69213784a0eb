//! A YAML tree against the keys of its format: what is unknown, missing, or of the wrong type.

use std::collections::BTreeSet;

use source::{Node, Resolved, Span, Style};

use crate::attack;
use crate::detection::ATTACK;
use crate::format::{Key, Shape, resource_types};
use crate::problem::{
    BAD_ATTACK, BAD_VALUE, CHANGED_NUMBER, DUPLICATE_VALUE, MISSING_KEY, OTHER_TACTIC, Reporter, UNKNOWN_KEY,
    UNKNOWN_RESOURCE_TYPE, WRONG_TYPE, did_you_mean,
};

/// Checks a mapping against its keys. `path` names it in messages: empty for the whole file.
pub(crate) fn keys(reporter: &mut Reporter, node: &Node, keys: &[Key], path: &str) {
    let Some(entries) = node.as_mapping() else {
        wrong_type(reporter, node, path, "a mapping");
        return;
    };
    for entry in entries {
        let name = entry.key.text().unwrap_or_default();
        match keys.iter().find(|key| key.name == name) {
            Some(key) => shape(reporter, &entry.value, key.shape, &member(path, name)),
            None => {
                let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
                let help = did_you_mean(name, keys.iter().map(|key| key.name))
                    .unwrap_or_else(|| format!("known keys: {}", names(keys)));
                reporter.report(&UNKNOWN_KEY, entry.key.span, format!("unknown key `{name}`{place}"), Some(help));
            }
        }
    }
    for key in keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
        let what = if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") };
        let help = format!("add `{}: …`", key.name);
        reporter.report(&MISSING_KEY, head(node), format!("{what} has no `{}`", key.name), Some(help));
    }
}

/// The place to point at for what a mapping lacks: its first key.
pub(crate) fn head(node: &Node) -> Span {
    node.as_mapping().and_then(|entries| entries.first()).map_or(node.span, |entry| entry.key.span)
}

fn names(keys: &[Key]) -> String {
    keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

fn member(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn wrong_type(reporter: &mut Reporter, node: &Node, path: &str, expected: &str) {
    let what = if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") };
    let message = format!("{what} must be {expected}, not {}", node.describe());
    reporter.report(&WRONG_TYPE, node.span, message, type_help(node, expected));
}

/// What is usually meant when the type is wrong.
fn type_help(node: &Node, expected: &str) -> Option<String> {
    let scalar = node.as_scalar()?;
    if expected == "true or false" && scalar.style == Style::Plain {
        let boolean = match scalar.text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" => "true",
            "no" | "off" | "n" => "false",
            _ => return None,
        };
        return Some(format!("write `{boolean}`: `{}` is a string to Panther", scalar.text));
    }
    if expected.contains("string") && scalar.style == Style::Plain && !node.is_null() {
        return Some(format!("put it in quotes: \"{}\"", scalar.text));
    }
    None
}

fn shape(reporter: &mut Reporter, node: &Node, wanted: Shape, path: &str) {
    match wanted {
        Shape::Any => {}
        Shape::Text => text(reporter, node, path),
        Shape::TextOrNull if node.is_null() => {}
        Shape::FullText | Shape::TextOrNull => {
            text(reporter, node, path);
            if node.as_str().is_some_and(|text| text.trim().is_empty()) {
                reporter.report(&BAD_VALUE, node.span, format!("`{path}` is empty"), None);
            }
        }
        Shape::Id => id(reporter, node, path),
        Shape::Bool if node.as_bool().is_none() => wrong_type(reporter, node, path, "true or false"),
        Shape::False if node.as_bool() != Some(false) => {
            reporter.report(&BAD_VALUE, node.span, format!("`{path}` can only be false"), None);
        }
        Shape::Int if !is_int(node) => wrong_type(reporter, node, path, "a whole number"),
        Shape::IntOrText if !is_int(node) && node.as_str().is_none() => {
            wrong_type(reporter, node, path, "a whole number or a string");
        }
        Shape::TextOrBool if node.as_bool().is_none() && node.as_str().is_none() => {
            wrong_type(reporter, node, path, "a string, true or false");
        }
        Shape::Bool | Shape::False | Shape::Int | Shape::IntOrText | Shape::TextOrBool => {}
        Shape::Texts => texts(reporter, node, path),
        Shape::OneOf(allowed) => one_of(reporter, node, path, allowed),
        Shape::ResourceTypes => kinds_of_resources(reporter, node, path),
        Shape::Mapping if node.as_mapping().is_none() => wrong_type(reporter, node, path, "a mapping"),
        Shape::Mapping => {}
        Shape::Reports => reports(reporter, node, path),
        Shape::Keys(inner) => keys(reporter, node, inner, path),
        Shape::EachKeys(inner) => match node.as_sequence() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    keys(reporter, item, inner, &format!("{path}[{index}]"));
                }
            }
            None => wrong_type(reporter, node, path, "a list"),
        },
    }
}

fn is_int(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| matches!(scalar.resolved, Resolved::Int(_) | Resolved::BigInt(_)))
}

fn text(reporter: &mut Reporter, node: &Node, path: &str) {
    if node.as_str().is_none() {
        wrong_type(reporter, node, path, "a string");
    }
}

fn id(reporter: &mut Reporter, node: &Node, path: &str) {
    text(reporter, node, path);
    let Some(text) = node.as_str() else { return };
    if text.is_empty() || text.contains(['<', '>', '&', '"', '%']) {
        let help = "leave out `<`, `>`, `&`, `\"` and `%`".to_owned();
        reporter.report(&BAD_VALUE, node.span, format!("`{path}` is not a name: `{text}`"), Some(help));
    }
}

fn texts(reporter: &mut Reporter, node: &Node, path: &str) {
    let Some(items) = node.as_sequence() else {
        wrong_type(reporter, node, path, "a list of strings");
        return;
    };
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        match item.as_str() {
            None => wrong_type(reporter, item, &format!("{path}[{index}]"), "a string"),
            Some(text) if !seen.insert(text) => {
                let help = "list it once".to_owned();
                reporter.report(&DUPLICATE_VALUE, item.span, format!("`{path}` lists `{text}` twice"), Some(help));
            }
            Some(_) => {}
        }
    }
}

fn one_of(reporter: &mut Reporter, node: &Node, path: &str, allowed: &'static [&'static str]) {
    let Some(text) = node.as_str() else {
        wrong_type(reporter, node, path, "a string");
        return;
    };
    if !allowed.contains(&text) {
        let help = did_you_mean(text, allowed.iter().copied())
            .unwrap_or_else(|| format!("it is one of {}", allowed.join(", ")));
        reporter.report(&BAD_VALUE, node.span, format!("`{path}` cannot be `{text}`"), Some(help));
    }
}

fn kinds_of_resources(reporter: &mut Reporter, node: &Node, path: &str) {
    texts(reporter, node, path);
    for item in node.as_sequence().unwrap_or_default() {
        let Some(text) = item.as_str() else { continue };
        if !resource_types().any(|known| known == text) {
            let help = did_you_mean(text, resource_types());
            reporter.report(&UNKNOWN_RESOURCE_TYPE, item.span, format!("no resource is of type `{text}`"), help);
        }
    }
}

fn reports(reporter: &mut Reporter, node: &Node, path: &str) {
    let Some(entries) = node.as_mapping() else {
        wrong_type(reporter, node, path, "a mapping");
        return;
    };
    for entry in entries {
        let name = entry.key.text().unwrap_or_default();
        if entry.key.as_str().is_none() {
            wrong_type(reporter, &entry.key, &format!("the framework {name}"), "a string");
        }
        let path = member(path, name);
        let Some(values) = entry.value.as_sequence() else {
            wrong_type(reporter, &entry.value, &path, "a list");
            continue;
        };
        for (index, value) in values.iter().enumerate() {
            if value.as_scalar().is_none() {
                wrong_type(reporter, value, &format!("{path}[{index}]"), "a string");
            }
            changed_number(reporter, value, &path);
            if name == ATTACK {
                attack_mapping(reporter, value);
            }
        }
        duplicate_reports(reporter, values, &path);
    }
}

/// Values of a framework are compared as written: the readers of YAML do not agree on numbers.
fn duplicate_reports(reporter: &mut Reporter, values: &[Node], path: &str) {
    let mut seen = BTreeSet::new();
    for value in values {
        if let Some(text) = value.text()
            && !seen.insert(text)
        {
            let help = "list it once".to_owned();
            reporter.report(&DUPLICATE_VALUE, value.span, format!("`{path}` lists `{text}` twice"), Some(help));
        }
    }
}

/// `3.10` without quotes is the number 3.1 to whoever reads the YAML.
fn changed_number(reporter: &mut Reporter, value: &Node, path: &str) {
    let Some(scalar) = value.as_scalar().filter(|scalar| scalar.style == Style::Plain) else { return };
    let read = match &scalar.resolved {
        Resolved::Float(number) => format!("{number:?}"),
        Resolved::Int(number) => number.to_string(),
        _ => return,
    };
    if read != scalar.text {
        let message = format!("`{path}`: {} without quotes is read as the number {read}", scalar.text);
        reporter.report(&CHANGED_NUMBER, value.span, message, Some(format!("write \"{}\"", scalar.text)));
    }
}

fn attack_mapping(reporter: &mut Reporter, value: &Node) {
    let Some(text) = value.text() else { return };
    if let Err(error) = attack::mapping(text) {
        let edition = attack::edition();
        let help = match &error {
            attack::MappingError::Malformed => "write tactic and technique: `TA0006:T1552`".to_owned(),
            attack::MappingError::NotOfTactic(technique, _) => {
                let own: Vec<String> =
                    technique.tactics().map(|tactic| format!("`{tactic}:{}`", technique.id)).collect();
                format!("write {}", own.join(" or "))
            }
            _ => format!("the table is that of {}; ids are listed on attack.mitre.org", edition.date),
        };
        let code = match &error {
            attack::MappingError::NotOfTactic(..) => &OTHER_TACTIC,
            _ => &BAD_ATTACK,
        };
        reporter.report(code, value.span, format!("ATT&CK mapping `{text}`: {error}"), Some(help));
    }
}
