//! A formula in plain English, truthfully: what the dialect loses is said here.

use logic::tree::Const;

use super::dialect::{bare, quoted};
use super::formula::{Formula, Operand, Operator, Over, Predicate};

/// The formula as a clause: `Origin is not "AWS_KMS", or both …`.
pub fn clause(formula: &Formula) -> String {
    match formula.clone().with_nots_inside(false) {
        Formula::Constant(true) => "always".to_owned(),
        Formula::Constant(false) => "never".to_owned(),
        Formula::Or(parts) => parts.iter().map(|part| within(part, 1)).collect::<Vec<_>>().join(", or "),
        Formula::And(parts) => parts.iter().map(|part| within(part, 1)).collect::<Vec<_>>().join(", and "),
        other => within(&other, 0),
    }
}

/// A part of a clause; `level` is how deep it stands.
fn within(formula: &Formula, level: usize) -> String {
    match formula {
        Formula::Constant(true) => "anything".to_owned(),
        Formula::Constant(false) => "nothing".to_owned(),
        Formula::Predicate(predicate) => self::predicate(predicate, true),
        Formula::Not(inner) => match inner.as_ref() {
            Formula::Predicate(predicate) => self::predicate(predicate, false),
            Formula::Over(over) => self::over(over, if over.every { "not every" } else { "no" }),
            other => format!("not ({})", within(other, 0)),
        },
        Formula::And(parts) => group(parts, ["both", "all of", "and"], level),
        Formula::Or(parts) => group(parts, ["either", "any of", "or"], level),
        Formula::Over(over) => self::over(over, if over.every { "every" } else { "some" }),
    }
}

/// Parts that belong together, with words or parentheses that say so.
fn group(parts: &[Formula], [two, many, word]: [&str; 3], level: usize) -> String {
    let texts: Vec<String> = parts.iter().map(|part| within(part, level + 1)).collect();
    let Some((last, rest)) = texts.split_last() else { return String::new() };
    match (rest, level) {
        (_, 0) => format!("{} {word} {last}", rest.join(&format!(" {word} "))),
        ([only], 1) => format!("{two} {only} {word} {last}"),
        ([only], _) => format!("({two} {only} {word} {last})"),
        _ => format!("{many} ({} {word} {last})", rest.join(", ")),
    }
}

fn over(over: &Over, how_many: &str) -> String {
    format!("{how_many} {} in {} fits ({})", over.variable, over.list.words, within(&over.body, 0))
}

fn predicate(predicate: &Predicate, holds: bool) -> String {
    let subject = &predicate.subject.words;
    if let Operand::Values(values) = &predicate.operand {
        return format!("{subject} {}", several(values, predicate.operator, holds));
    }
    let operand = match &predicate.operand {
        Operand::Value(value) => literal(value),
        Operand::Subject(subject) => subject.words.clone(),
        Operand::None | Operand::Values(_) => String::new(),
    };
    let words = match (predicate.operator, holds) {
        (Operator::Eq, true) | (Operator::Ne, false) => equals(&predicate.operand, true),
        (Operator::Ne, true) | (Operator::Eq, false) => equals(&predicate.operand, false),
        (Operator::Is, true) | (Operator::IsNot, false) => "is {}",
        (Operator::IsNot, true) | (Operator::Is, false) => "is not {}",
        (Operator::Lt, true) => "is less than {}",
        (Operator::Lt, false) => "is not less than {}",
        (Operator::Lte, true) => "is at most {}",
        (Operator::Lte, false) => "is not at most {}",
        (Operator::Gt, true) => "is more than {}",
        (Operator::Gt, false) => "is not more than {}",
        (Operator::Gte, true) => "is at least {}",
        (Operator::Gte, false) => "is not at least {}",
        (Operator::In, true) | (Operator::NotIn, false) => "is in {}",
        (Operator::NotIn, true) | (Operator::In, false) => "is not in {}",
        (Operator::Contains, true) | (Operator::NotContains, false) => "contains {}",
        (Operator::NotContains, true) | (Operator::Contains, false) => "does not contain {}",
        (Operator::StartsWith, true) => "starts with {}",
        (Operator::StartsWith, false) => "does not start with {}",
        (Operator::EndsWith, true) => "ends with {}",
        (Operator::EndsWith, false) => "does not end with {}",
        (Operator::Matches, true) => "matches {}",
        (Operator::Matches, false) => "does not match {}",
        (Operator::Like, true) => "is like {}",
        (Operator::Like, false) => "is not like {}",
        (Operator::IsA, true) => "is of type {}",
        (Operator::IsA, false) => "is not of type {}",
        (Operator::Exists, true) | (Operator::NotExists, false) => "is present",
        (Operator::NotExists, true) | (Operator::Exists, false) => "is absent",
        (Operator::IsNull, true) | (Operator::IsNotNull, false) => "is null",
        (Operator::IsNotNull, true) | (Operator::IsNull, false) => "is not null",
        (Operator::IsSet, true) | (Operator::IsNotSet, false) => "has a value",
        (Operator::IsNotSet, true) | (Operator::IsSet, false) => "has no value",
        (Operator::Holds, true) => "holds",
        (Operator::Holds, false) => "does not hold",
    };
    format!("{subject} {}", words.replace("{}", &operand))
}

/// `is` for what has one kind of value; `equals` for truth values and numbers, where 1 equals True.
fn equals(operand: &Operand, holds: bool) -> &'static str {
    let plain = matches!(operand, Operand::Value(Const::Str(_) | Const::Bytes(_)));
    match (plain, holds) {
        (true, true) => "is {}",
        (true, false) => "is not {}",
        (false, true) => "equals {}",
        (false, false) => "does not equal {}",
    }
}

/// A test against several values.
fn several(values: &[Const], operator: Operator, holds: bool) -> String {
    let holds = holds != (operator == Operator::NotIn);
    let verb = match operator {
        Operator::StartsWith if holds => "starts with ",
        Operator::StartsWith => "does not start with ",
        Operator::EndsWith if holds => "ends with ",
        Operator::EndsWith => "does not end with ",
        Operator::IsA if holds => "is of type ",
        Operator::IsA => "is not of type ",
        _ => "",
    };
    let texts: Vec<String> = values.iter().map(literal).collect();
    let is = if verb.is_empty() { "is " } else { "" };
    let listed = match (texts.as_slice(), holds || !verb.is_empty()) {
        ([], true) => format!("{is}one of nothing"),
        ([], false) => format!("{is}none of nothing"),
        ([only], true) => format!("{is}{only}"),
        ([only], false) => format!("{is}not {only}"),
        ([a, b], true) => format!("{is}{a} or {b}"),
        ([a, b], false) => format!("{is}neither {a} nor {b}"),
        ([rest @ .., last], true) => format!("{is}one of {} and {last}", rest.join(", ")),
        ([rest @ .., last], false) => format!("{is}none of {} and {last}", rest.join(", ")),
    };
    format!("{verb}{listed}")
}

fn literal(value: &Const) -> String {
    match value {
        Const::Str(text) => quoted(text),
        other => bare(other),
    }
}

/// The tests that settle nothing by themselves: `KeyRotationEnabled alone excludes nothing, nor does KeyState.` Said of
/// those that count only together with another, which a table of single tests does not show.
pub fn not_alone(passes: &Formula) -> Option<String> {
    let formula = passes.clone().with_nots_inside(false);
    let (groups, alone): (Vec<&Formula>, Vec<&Formula>) = match &formula {
        Formula::Or(parts) => parts.iter().partition(|part| matches!(part, Formula::And(_))),
        Formula::And(_) => (vec![&formula], Vec::new()),
        _ => return None,
    };
    let fields = |parts: &[&Formula]| {
        let mut fields: Vec<String> = Vec::new();
        for part in parts {
            part.leaves(false, &mut |predicate, _| {
                if !fields.contains(&predicate.subject.path) {
                    fields.push(predicate.subject.path.clone());
                }
            });
        }
        fields
    };
    let alone = fields(&alone);
    let together: Vec<String> = fields(&groups).into_iter().filter(|field| !alone.contains(field)).collect();
    let (first, rest) = together.split_first()?;
    Some(match rest {
        [] => format!("{first} alone excludes nothing."),
        [only] => format!("{first} alone excludes nothing, nor does {only}."),
        [rest @ .., last] => format!("{first} alone excludes nothing, nor do {} and {last}.", rest.join(", ")),
    })
}
