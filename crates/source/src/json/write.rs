//! A tree as JSON text, for handing a test's resource to the same reader as a snapshot's line.

use crate::escape::quote;
use crate::tree::{Entry, Node, NodeKind, Resolved, Scalar};
use crate::{Span, SyntaxError};
use std::collections::BTreeMap;

impl Node {
    /// The node as canonical JSON text: no white space, numbers as resolved (`0x1F` gives `31`), keys as Python's `json.dumps` writes
    /// them (`1`, `true` and `null` become strings).
    ///
    /// # Errors
    /// Where a value has no JSON form: `.nan`, `.inf`, a list as a key, or two keys that become the same string.
    pub fn to_json_text(&self) -> Result<String, SyntaxError> {
        let mut out = String::new();
        value(self, &mut out)?;
        Ok(out)
    }
}

fn value(node: &Node, out: &mut String) -> Result<(), SyntaxError> {
    match &node.kind {
        NodeKind::Scalar(scalar) => match &scalar.resolved {
            Resolved::String => quote(&scalar.text, out),
            _ => out.push_str(&literal(scalar, node.span)?),
        },
        NodeKind::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                value(item, out)?;
            }
            out.push(']');
        }
        NodeKind::Mapping(entries) => {
            out.push('{');
            members(entries, out)?;
            out.push('}');
        }
    }
    Ok(())
}

fn members(entries: &[Entry], out: &mut String) -> Result<(), SyntaxError> {
    let mut seen = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        separate(index, out);
        let name = key(&entry.key)?;
        quote(&name, out);
        if let Some(first) = seen.insert(name, entry.key.span) {
            let message = "two keys of this mapping are the same string in JSON";
            return Err(SyntaxError::new(entry.key.span, message).help("rename one").related(first, "first here"));
        }
        out.push(':');
        value(&entry.value, out)?;
    }
    Ok(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn key(node: &Node) -> Result<String, SyntaxError> {
    match node.as_scalar() {
        Some(scalar) if scalar.resolved == Resolved::String => Ok(scalar.text.clone()),
        Some(scalar) => literal(scalar, node.span),
        None => {
            Err(SyntaxError::new(node.span, format!("{} cannot be a key in JSON", node.describe()))
                .help("use a string"))
        }
    }
}

/// Null, a boolean or a number.
fn literal(scalar: &Scalar, span: Span) -> Result<String, SyntaxError> {
    Ok(match &scalar.resolved {
        Resolved::Null => "null".to_owned(),
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(value) => value.to_string(),
        Resolved::BigInt(digits) => digits.clone(),
        Resolved::Float(value) if value.is_finite() => float(*value),
        // JSON can say numbers that are too large for a double.
        Resolved::Float(_) if super::parse(&scalar.text).is_ok() => scalar.text.clone(),
        Resolved::Float(_) => {
            let message = format!("`{}` has no JSON form", scalar.text);
            return Err(SyntaxError::new(span, message).help("write a finite number, or a string in quotes"));
        }
        Resolved::String => scalar.text.clone(),
    })
}

/// A number as Python writes it: `1e+16`, `1e-05`.
fn float(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (3.1, "3.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (9.1e300, "9.1e+300"),
        ] {
            assert_eq!(float(value), text);
        }
    }
}
