//! The input of a unit test, from the YAML tree to the JSON text that a scanner reads.

use std::fmt::Write as _;

use source::{Node, NodeKind, Resolved, Scalar, Span};

/// Why a YAML value has no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoJson {
    /// What is wrong.
    pub message: String,
    /// Where in the YAML.
    pub span: Span,
}

/// The JSON text of a YAML tree, with the meaning that Panther gives it: what is a string there is a string here.
///
/// # Errors
/// At keys that are no strings, and numbers that JSON does not have.
pub fn json(node: &Node) -> Result<String, NoJson> {
    let mut text = String::new();
    write(node, &mut text)?;
    Ok(text)
}

fn write(node: &Node, text: &mut String) -> Result<(), NoJson> {
    match &node.kind {
        NodeKind::Scalar(scalar) => return write_scalar(node, scalar, text),
        NodeKind::Sequence(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        NodeKind::Mapping(entries) => {
            text.push('{');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                let Some(key) = entry.key.as_str() else {
                    let message = format!("a key of the input is {}, not a string", entry.key.describe());
                    return Err(NoJson { message, span: entry.key.span });
                };
                string(key, text);
                text.push(':');
                write(&entry.value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn write_scalar(node: &Node, scalar: &Scalar, text: &mut String) -> Result<(), NoJson> {
    match &scalar.resolved {
        Resolved::Null => text.push_str("null"),
        Resolved::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Resolved::Int(value) => drop(write!(text, "{value}")),
        Resolved::BigInt(digits) => text.push_str(digits),
        Resolved::Float(value) if value.is_finite() => drop(write!(text, "{value:?}")),
        Resolved::Float(value) => {
            return Err(NoJson { message: format!("JSON has no number {value}"), span: node.span });
        }
        Resolved::String => string(&scalar.text, text),
    }
    Ok(())
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => drop(write!(text, "\\u{:04x}", u32::from(character))),
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(yaml: &str) -> Result<String, String> {
        json(&source::yaml::parse(yaml).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_keep_their_meaning() {
        let yaml = "{a: null, b: true, c: 010, d: 1.50, e: 1.0e+3, f: yes, g: 2020-01-01, h: \"q\\\"\\\\\\n\", i: [], j: {}, k: \"1\"}";
        let json = r#"{"a":null,"b":true,"c":10,"d":1.5,"e":1000.0,"f":"yes","g":"2020-01-01","h":"q\"\\\u000a","i":[],"j":{},"k":"1"}"#;
        let parsed: serde_json::Value = serde_json::from_str(&of(yaml).unwrap()).unwrap();
        assert_eq!(parsed.to_string(), serde_json::from_str::<serde_json::Value>(json).unwrap().to_string());
    }

    #[test]
    fn what_json_lacks_is_an_error() {
        assert_eq!(of("a: .nan").unwrap_err(), "JSON has no number NaN");
        assert_eq!(of("1: x").unwrap_err(), "a key of the input is a whole number, not a string");
    }
}
