//! What CPython 3.11 makes of expressions, against what the evaluator makes of them.

use crate::support::{Resource, context, program, text};
use logic::tree::FunctionId;
use logic::{Program, Session};

const IMPORTS: &str = "import base64, collections, datetime, fnmatch, functools, ipaddress, json, math, re, string\n\
                       import urllib.parse\n\
                       from collections.abc import Mapping, Sequence, Iterable, Hashable, Callable, Sized, Container\n\
                       from collections.abc import Collection\nfrom collections.abc import Set as AbstractSet\n";

/// What each expression comes to; many at once, as parsing costs more than running.
fn evaluate_all(expressions: &[String]) -> Vec<String> {
    expressions.chunks(200).flat_map(evaluate_chunk).collect()
}

fn evaluate_chunk(expressions: &[String]) -> Vec<String> {
    let mut source = IMPORTS.to_owned();
    for (index, expression) in expressions.iter().enumerate() {
        source.push_str(&format!("def f{index}():\n    return ({expression})\n"));
    }
    let program: Program = program(&source);
    let resource = Resource::new(&program, "{}");
    let (mut session, context) = (Session::new(), context());
    let functions = (0..expressions.len()).map(|index| FunctionId(u32::try_from(index).unwrap_or(u32::MAX)));
    functions.map(|function| text(&program.call(&mut session, function, &resource, &context))).collect()
}

fn unescaped(cell: &str) -> String {
    let mut out = String::new();
    let mut characters = cell.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

/// Whether a refusal is honest: what is refused here may be anything in CPython, but refusals are counted.
fn refused(found: &str) -> bool {
    found.starts_with("unsupported ")
}

/// An exception's class without its message.
fn class_of(outcome: &str) -> Option<&str> {
    let class = outcome.split_once(':').map_or(outcome, |(class, _)| class);
    (class.ends_with("Error") || class == "StopIteration" || class == "error").then_some(class)
}

struct Tally {
    agreed: usize,
    refused: Vec<String>,
    worded: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn new() -> Self {
        Self { agreed: 0, refused: Vec::new(), worded: Vec::new(), wrong: Vec::new() }
    }

    fn add(&mut self, expression: &str, expected: &str, found: &str) {
        let line = format!("{expression}\n    CPython: {expected}\n    here:    {found}");
        if expected == found {
            self.agreed += 1;
        } else if refused(found) {
            self.refused.push(line);
        } else if class_of(expected).is_some() && class_of(expected) == class_of(found) {
            self.worded.push(line);
        } else {
            self.wrong.push(line);
        }
    }

    /// Nothing may be wrong; how much may be refused or worded differently is pinned.
    fn check(&self, refused: usize, worded: usize) {
        if std::env::var_os("SHOW").is_some() {
            println!("refused:\n{}\nworded:\n{}", self.refused.join("\n"), self.worded.join("\n"));
        }
        let (agreed, refusals, wordings) = (self.agreed, self.refused.len(), self.worded.len());
        println!("{agreed} agree, {refusals} refused, {wordings} worded differently");
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert!(refusals <= refused, "{refusals} refused:\n{}", self.refused.join("\n"));
        assert!(wordings <= worded, "{wordings} worded differently:\n{}", self.worded.join("\n"));
    }
}

#[test]
fn expressions_come_to_what_cpython_makes_of_them() {
    let lines = include_str!("../data/expressions.tsv").lines();
    let cases: Vec<_> = lines.filter_map(|line| line.split_once('\t')).collect();
    let expressions: Vec<_> = cases.iter().map(|(expression, _)| (*expression).to_owned()).collect();
    let mut tally = Tally::new();
    for ((expression, expected), found) in cases.iter().zip(evaluate_all(&expressions)) {
        tally.add(expression, &unescaped(expected), &found);
    }
    tally.check(7, 0);
}

#[test]
fn operators_treat_every_pair_of_operands_as_cpython_does() {
    let (operands, tables) = include_str!("../data/operators.tsv").split_once("\n\n").unwrap_or_default();
    let operands: Vec<_> = operands.lines().collect();
    let names: Vec<_> = operands.iter().map(|operand| format!("type({operand}).__name__")).collect();
    let names: Vec<_> = evaluate_all(&names).iter().map(|name| type_name(name.trim_matches('\''))).collect();
    let (mut expressions, mut expected) = (Vec::new(), Vec::new());
    let mut lines = tables.lines();
    while let Some(operator) = lines.next() {
        for (left, left_name) in operands.iter().zip(&names) {
            let cells = lines.next().unwrap_or_default().split('\t');
            for ((right, right_name), cell) in operands.iter().zip(&names).zip(cells) {
                if cell != "-" {
                    expressions.push(format!("({left}) {operator} ({right})"));
                    let usual = || usual(operator, left_name, right_name);
                    expected.push(if cell == "T" { usual() } else { unescaped(cell) });
                }
            }
        }
    }
    assert!(expressions.len() > 15_000, "the table is read whole");
    let mut tally = Tally::new();
    for ((expression, expected), found) in expressions.iter().zip(&expected).zip(evaluate_all(&expressions)) {
        tally.add(expression, expected, &found);
    }
    tally.check(36, 0);
}

/// As CPython's own errors name it.
fn type_name(name: &str) -> String {
    match name {
        "date" | "datetime" | "timedelta" | "timezone" => format!("datetime.{name}"),
        _ => name.to_owned(),
    }
}

fn usual(operator: &str, left: &str, right: &str) -> String {
    match operator {
        "==" => "False".to_owned(),
        "in" => format!("TypeError: argument of type '{right}' is not iterable"),
        "<" | "<=" | ">" | ">=" => {
            format!("TypeError: '{operator}' not supported between instances of '{left}' and '{right}'")
        }
        "**" => format!("TypeError: unsupported operand type(s) for ** or pow(): '{left}' and '{right}'"),
        _ => format!("TypeError: unsupported operand type(s) for {operator}: '{left}' and '{right}'"),
    }
}
