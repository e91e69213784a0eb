//! The library against answers that CPython 3.11 gave: `tests/data/library/*.jsonl`, made by `make.py` beside them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken case should fail the test")]

mod glob;
mod ip;
mod pattern;
mod text;
mod time;
mod unicode;

use logic::library::pattern::Pattern;
use logic::library::{Failure, PythonError, Steps};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// What one function of an area answers: the value in the shape that the Python side gives.
type Answer = fn(&str, &[Value]) -> Result<Value, Failure>;

const AREAS: &[(&str, Answer)] = &[
    ("unicode", unicode::answer),
    ("ip", ip::answer),
    ("pattern", pattern::answer),
    ("glob", glob::answer),
    ("time", time::answer),
    ("text", text::answer),
];

#[test]
fn characters_are_cpythons() {
    check_file("unicode", 0);
}

#[test]
fn ip_addresses_are_cpythons() {
    check_file("ip", 0);
}

#[test]
fn patterns_are_cpythons() {
    check_file("pattern", 18);
}

#[test]
fn shell_patterns_are_cpythons() {
    check_file("glob", 0);
}

/// Asks the Python of this machine for fresh cases: `FRESH="pattern_cases 7 10000" cargo test … -- --ignored`.
#[test]
#[ignore = "needs python3.11"]
fn fresh_cases_are_cpythons() {
    let wanted = std::env::var("FRESH").unwrap_or_else(|_| "pattern_cases 7 10000".into());
    let output = Command::new("/usr/bin/python3.11")
        .arg(data().join("make.py"))
        .args(wanted.split_whitespace())
        .output()
        .expect("python3.11 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let area = wanted.split("_cases").next().unwrap_or_default();
    let tally = check(area, &String::from_utf8(output.stdout).expect("UTF-8"));
    println!("{} cases, refused: {:#?}", tally.cases, tally.refused);
}

#[test]
fn urls_base64_and_json_text_are_cpythons() {
    check_file("text", 2);
}

#[test]
fn times_are_cpythons() {
    check_file("time", 0);
}

#[test]
fn catastrophic_patterns_reach_a_limit() {
    let run = |pattern: &str, text: &str| {
        Pattern::new(pattern, 0).and_then(|pattern| pattern.search(text, &mut Steps::new(1_000_000)))
    };
    assert_eq!(run("(a+)+$", &("a".repeat(50) + "b")), Err(Failure::Exceeded("steps")));
    assert_eq!(run("(?:){1000000000}", ""), Err(Failure::Exceeded("steps")));
    assert_eq!(run(&"(".repeat(5000), ""), Err(Failure::Exceeded("depth of a regular expression")));
    assert!(run("needle", &"hay".repeat(1_000_000)).is_ok_and(|found| found.is_none()));
}

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/library")
}

struct Tally {
    cases: usize,
    refused: BTreeMap<String, usize>,
}

/// All cases of a file agree, and no more are refused than those that look refusals in the eye.
fn check_file(area: &str, refused: usize) {
    let text = std::fs::read_to_string(data().join(format!("{area}.jsonl"))).expect("the cases are there");
    let tally = check(area, &text);
    assert!(tally.cases > 100, "only {} cases", tally.cases);
    let sum: usize = tally.refused.values().sum();
    assert_eq!(sum, refused, "refused: {:#?}", tally.refused);
}

fn check(area: &str, text: &str) -> Tally {
    let (_, answer) = AREAS.iter().find(|(name, _)| *name == area).expect("a known area");
    let mut tally = Tally { cases: 0, refused: BTreeMap::new() };
    let mut wrong = Vec::new();
    for line in text.lines() {
        tally.cases += 1;
        let case: Value = serde_json::from_str(line).expect("a case");
        let (function, args, expected) = (case[0].as_str().unwrap(), case[1].as_array().unwrap(), &case[2]);
        let got = match answer(function, args) {
            Ok(value) => json!({"v": value}),
            Err(Failure::Raised(PythonError { class, message })) => json!({"e": [class, message]}),
            Err(refusal) => {
                if matches!(refusal, Failure::Exceeded(_)) {
                    println!("exceeded: {function} {}", case[1]);
                }
                *tally.refused.entry(refusal.to_string()).or_default() += 1;
                continue;
            }
        };
        if got != *expected {
            wrong.push(format!("{function} {}\n{}", case[1], difference(expected, &got)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        tally.cases,
        wrong[..wrong.len().min(12)].join("\n")
    );
    tally
}

/// The first place where two values differ, innermost.
fn difference(expected: &Value, got: &Value) -> String {
    match (expected, got) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let (i, (a, b)) = a.iter().zip(b).enumerate().find(|(_, (a, b))| a != b).expect("a difference");
            format!("[{i}] {}", difference(a, b))
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            let (key, a) = a.iter().find(|(key, a)| b[*key] != **a).expect("a difference");
            format!("{key} {}", difference(a, &b[key]))
        }
        _ => format!("\n  CPython {expected}\n  ours    {got}"),
    }
}

/// The text of an argument.
fn text(args: &[Value], i: usize) -> &str {
    args[i].as_str().expect("text")
}

/// The number of an argument, which is text where it is too big for JSON.
fn number(args: &[Value], i: usize) -> i128 {
    match &args[i] {
        Value::String(digits) => digits.parse().expect("a number"),
        other => other.as_i64().expect("a number").into(),
    }
}

/// A value, or `Class: message` where the Python side writes an exception that way.
fn attempt<T>(result: Result<T, PythonError>) -> Value
where
    Value: From<T>,
{
    match result {
        Ok(value) => Value::from(value),
        Err(error) => {
            let class = error.class.rsplit('.').next().unwrap_or_default();
            format!("{class}: {}", error.message).into()
        }
    }
}

/// The bytes of hexadecimal digits.
fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

fn steps() -> Steps {
    Steps::default()
}
