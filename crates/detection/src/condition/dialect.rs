//! The catalogue's dialect as text: the condition line and the table of exclusions.

use logic::tree::Const;
use serde::Serialize;

use super::formula::{Formula, Operand, Operator, Predicate};

/// A row of the catalogue's table: values that the condition keeps from alerting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// The path of what is tested.
    pub field: String,
    /// The operator's word.
    pub kind: String,
    /// The values, in the order of the body.
    pub values: Vec<String>,
}

/// The condition as one line.
pub fn condition(formula: &Formula) -> String {
    text(formula, Around::Nothing)
}

/// What stands around a formula, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    And,
    Or,
}

fn text(formula: &Formula, around: Around) -> String {
    match formula {
        Formula::Constant(value) => value.to_string(),
        Formula::Predicate(predicate) => self::predicate(predicate),
        Formula::Not(inner) => format!("not ({})", text(inner, Around::Nothing)),
        Formula::And(parts) => chain(parts, " and ", Around::And, around),
        Formula::Or(parts) => chain(parts, " or ", Around::Or, around),
        Formula::Over(over) => {
            let word = if over.every { "all" } else { "any" };
            format!("{word} {} in {} ({})", over.variable, over.list.text, text(&over.body, Around::Nothing))
        }
    }
}

fn chain(parts: &[Formula], word: &str, own: Around, around: Around) -> String {
    let text = parts.iter().map(|part| text(part, own)).collect::<Vec<_>>().join(word);
    if around == Around::Nothing || around == own { text } else { format!("({text})") }
}

fn predicate(predicate: &Predicate) -> String {
    let subject = &predicate.subject.text;
    let operand = match &predicate.operand {
        Operand::None if predicate.operator == Operator::Holds => return subject.clone(),
        Operand::None => return format!("{subject} {}", predicate.operator.word()),
        Operand::Value(value) => literal(value),
        Operand::Values(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Operand::Subject(subject) => subject.text.clone(),
    };
    format!("{subject} {} {operand}", predicate.operator.word())
}

/// A constant as the dialect writes it. Truth values are text there; numbers are numbers.
pub fn literal(value: &Const) -> String {
    match value {
        Const::None => "null".to_owned(),
        Const::Int(_) | Const::Float(_) => bare(value),
        Const::Bool(_) | Const::Str(_) | Const::Bytes(_) => quoted(&bare(value)),
    }
}

/// A constant as a table's cell holds it.
pub fn bare(value: &Const) -> String {
    match value {
        Const::None => "null".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Int(value) => value.to_string(),
        Const::Float(value) => format!("{value:?}"),
        Const::Str(value) => value.to_string(),
        Const::Bytes(value) => String::from_utf8_lossy(value).into_owned(),
    }
}

/// Text in double quotes, escaped as in JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The tests that keep the condition from holding: those under a `not` that is the whole condition or a member of its
/// top-level `and`. How they are joined is lost, as it is in the catalogue.
pub fn exclusions(condition: &Formula) -> Vec<Exclusion> {
    let members = match condition {
        Formula::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut rows: Vec<Exclusion> = Vec::new();
    for member in members {
        if let Formula::Not(inner) = member {
            inner.leaves(false, &mut |predicate, negated| {
                if !negated {
                    add(&mut rows, predicate);
                }
            });
        }
    }
    rows.sort_by(|a, b| (&a.kind, &a.field).cmp(&(&b.kind, &b.field)));
    rows
}

fn add(rows: &mut Vec<Exclusion>, predicate: &Predicate) {
    let (field, kind) = (&predicate.subject.path, predicate.operator.word());
    let values = match &predicate.operand {
        Operand::None => Vec::new(),
        Operand::Value(value) => vec![bare(value)],
        Operand::Values(values) => values.iter().map(bare).collect(),
        Operand::Subject(subject) => vec![subject.path.clone()],
    };
    let index = rows.iter().position(|row| row.field == *field && row.kind == kind).unwrap_or_else(|| {
        rows.push(Exclusion { field: field.clone(), kind: kind.to_owned(), values: Vec::new() });
        rows.len() - 1
    });
    for value in values {
        if !rows[index].values.contains(&value) {
            rows[index].values.push(value);
        }
    }
}
