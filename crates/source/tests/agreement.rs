//! The readers agree with `serde_json`, on generated and on broken texts, except where they are stricter on purpose.
//!
//! Stricter: equal keys. Different: `serde_json` refuses numbers beyond a double, and nests one level less deep.

#![expect(clippy::expect_used, clippy::panic, reason = "a test")]

mod checks;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use source::record::{Kind, Limits, Raw, Scanner};
use source::split::Blocks;
use source::{Node, NodeKind, Resolved, json, yaml};
use std::fmt;

/// A value as `serde_json` reads it, but with equal keys refused.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
        Ok(Strict(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Strict(Value::Array(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if all.insert(key, value).is_some() {
                return Err(A::Error::custom("equal keys"));
            }
        }
        Ok(Strict(Value::Object(all)))
    }
}

/// What `serde_json` says; `None` where its limits are others.
fn reference(text: &str) -> Option<Result<Value, String>> {
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(value)) => Some(Ok(value)),
        Err(error) => {
            let message = error.to_string();
            let other_limits = message.contains("out of range") || message.contains("recursion limit");
            (!other_limits).then_some(Err(message))
        }
    }
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

fn from_tree(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar(scalar) => match &scalar.resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(*value),
            Resolved::String => scalar.text.clone().into(),
            Resolved::Int(_) | Resolved::BigInt(_) | Resolved::Float(_) => number(&scalar.text),
        },
        NodeKind::Sequence(items) => items.iter().map(from_tree).collect(),
        NodeKind::Mapping(entries) => {
            let member =
                |entry: &source::Entry| (entry.key.text().unwrap_or_default().to_owned(), from_tree(&entry.value));
            Value::Object(entries.iter().map(member).collect())
        }
    }
}

fn from_raw(raw: Raw<'_>) -> Value {
    match raw.kind() {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(value),
        Kind::Number => number(raw.text()),
        Kind::String => raw.as_str().expect("a string").expect("no half surrogate").into_owned().into(),
        Kind::Array => raw.elements().map(from_raw).collect(),
        Kind::Object => Value::Object(raw.members().map(|(key, value)| (key.into_owned(), from_raw(value))).collect()),
    }
}

/// All readers against the reference.
fn compare(text: &str) {
    let Some(expected) = reference(text) else { return };
    match (&expected, json::parse(text)) {
        (Ok(value), Ok(tree)) => assert_eq!(*value, from_tree(&tree)),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("refused what serde_json reads: {error:?}\n{text}"),
        (Err(error), Ok(_)) => panic!("read what serde_json refuses: {error}\n{text}"),
    }
    if let Ok(value) = &expected {
        assert_eq!(*value, from_raw(Raw::parse(text, Limits::default()).expect("valid")));
        let mut scanner = Scanner::new(Limits::default());
        for _ in 0..2 {
            match (value, scanner.scan(text.as_bytes())) {
                (Value::Object(members), Ok(record)) => {
                    let scanned: Map<String, Value> =
                        record.members().map(|(key, raw)| (key.to_owned(), from_raw(raw))).collect();
                    assert_eq!(*members, scanned);
                }
                (Value::Object(_), Err(error)) => panic!("refused: {error:?}\n{text}"),
                (_, result) => assert!(result.is_err(), "only objects are records: {text}"),
            }
        }
    }
    checks::record(text.as_bytes());
}

/// Text with all that strings can hold.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z]{0,12}",
        1 => "[ -~]{0,40}",
        1 => any::<String>(),
        1 => proptest::sample::select(vec!["", "a", "\"", "\\", "\u{0}", "é", "🔑", "KeyId", "aaaaaaaab", "aaaaaaaac", "\u{feff}", "\u{7f}"]).prop_map(str::to_owned),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_i64..1_000).prop_map(Value::from),
        any::<f64>().prop_map(|value| Number::from_f64(value).map_or(Value::Null, Value::Number)),
        text().prop_map(Value::from),
    ]
}

fn object(depth: u32) -> BoxedStrategy<Value> {
    proptest::collection::vec((text(), value(depth)), 0..8)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed()
}

fn value(depth: u32) -> BoxedStrategy<Value> {
    if depth == 0 {
        return scalar().boxed();
    }
    prop_oneof![
        3 => scalar(),
        1 => proptest::collection::vec(value(depth - 1), 0..5).prop_map(Value::Array),
        1 => object(depth - 1),
    ]
    .boxed()
}

/// The value as text, with the spacing and the escapes that the seed chooses.
fn write(value: &Value, seed: &mut u64, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, seed, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                space(seed, out);
                write(item, seed, out);
                space(seed, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            space(seed, out);
            for (index, (key, item)) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                space(seed, out);
                write_text(key, seed, out);
                space(seed, out);
                out.push(':');
                space(seed, out);
                write(item, seed, out);
                space(seed, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn one_in(count: u64, seed: &mut u64) -> bool {
    next(seed).is_multiple_of(count)
}

fn space(seed: &mut u64, out: &mut String) {
    out.push_str(["", "", " ", "", "\n", "\t", " \r\n  ", ""][next(seed) as usize % 8]);
}

fn write_text(text: &str, seed: &mut u64, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if one_in(2, seed) => out.push_str("\\/"),
            '\n' if one_in(2, seed) => out.push_str("\\n"),
            control if u32::from(control) < 0x20 || one_in(16, seed) => {
                for unit in control.encode_utf16(&mut [0; 2]) {
                    out.push_str(&if one_in(2, seed) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") });
                }
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

fn written(value: &Value, mut seed: u64) -> String {
    let mut out = String::new();
    space(&mut seed, &mut out);
    write(value, &mut seed, &mut out);
    space(&mut seed, &mut out);
    out
}

/// Breaks a text in one place: cuts, repeats, swaps in what the grammar knows.
fn broken(text: &str, seed: u64) -> String {
    const PIECES: [&str; 24] = [
        ",", ":", "\"", "\\", "{", "}", "[", "]", "null", "tru", "0", "01", "1.", "-", "e5", "\\u00", "\\ud800", " ",
        "\n", "\u{0}", "'", "é", "\u{feff}", "\"a\":1,",
    ];
    let mut seed = seed;
    let mut pick = |limit: usize| next(&mut seed) as usize % limit.max(1);
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let a = places[pick(places.len())];
    let b = places[(pick(places.len()) + 1).min(places.len() - 1)];
    let (a, b) = (a.min(b), a.max(b));
    match pick(5) {
        0 => text[..a].to_owned(),
        1 => format!("{}{}", &text[..a], &text[b..]),
        2 => format!("{}{}{}", &text[..b], &text[a..b], &text[b..]),
        3 => format!("{}{}{}", &text[..a], PIECES[pick(PIECES.len())], &text[a..]),
        _ => format!(
            "{}{}{}",
            &text[..a],
            PIECES[pick(PIECES.len())],
            &text[text[a..].chars().next().map_or(a, |c| a + c.len_utf8())..]
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_alike(value in prop_oneof![object(3), value(3)], seed in any::<u64>()) {
        let text = written(&value, seed);
        prop_assert!(reference(&text).is_none_or(|value| value.is_ok()));
        compare(&text);
    }

    #[test]
    fn what_is_broken_is_judged_alike(value in object(2), seed in any::<u64>(), breaks in proptest::collection::vec(any::<u64>(), 1..4)) {
        let text = breaks.into_iter().fold(written(&value, seed), |text, seed| broken(&text, seed));
        compare(&text);
    }

    #[test]
    fn records_come_out_of_every_kind_of_stream(values in proptest::collection::vec(object(1), 1..6), seed in any::<u64>()) {
        // An empty object has no line breaks when it is printed prettily, and doubles may change when they are read back.
        let mark = |value: Value| match without_floats(value) {
            Value::Object(members) => Value::Object([("kind".to_owned(), "resource".into())].into_iter().chain(members).collect()),
            other => other,
        };
        let values: Vec<Value> = values.into_iter().map(mark).collect();
        let lines: Vec<String> = values.iter().map(Value::to_string).collect();
        let spaced: Vec<String> = values.iter().map(|value| written(value, seed)).collect();
        let pretty: Vec<String> = values.iter().map(|value| serde_json::to_string_pretty(value).expect("JSON")).collect();
        let streams = [
            lines.join("\n"),
            lines.join("\r\n") + "\r\n",
            lines.concat(),
            pretty.join("\n"),
            format!("[{}]", spaced.join(",")),
            format!("[{}]", lines.join(",\n")),
        ];
        for text in streams {
            let mut scanner = Scanner::new(Limits::default());
            let mut found = Vec::new();
            for block in Blocks::new(text.as_bytes()) {
                for record in block.expect("readable").records() {
                    let record = record.expect("UTF-8");
                    let record = scanner.scan_str(record.text).expect("valid");
                    found.push(Value::Object(record.members().map(|(key, raw)| (key.to_owned(), from_raw(raw))).collect()));
                }
            }
            prop_assert_eq!(&found, &values, "{}", text);
        }
        checks::stream(spaced.join(" ").as_bytes());
    }

    #[test]
    fn json_is_yaml_but_for_how_numbers_are_written(value in object(3)) {
        // PyYAML's floats want a point and a sign, and YAML knows characters that must be escaped.
        let text = escaped(&without_floats(value).to_string());
        let tree = yaml::parse(&text).expect("JSON is YAML");
        prop_assert_eq!(tree.to_json_text().expect("JSON"), json::parse(&text).expect("JSON").to_json_text().expect("JSON"));
    }

    #[test]
    fn any_text_is_safe(text in any::<String>(), data in proptest::collection::vec(any::<u8>(), 0..200)) {
        for name in ["json", "record", "split", "yaml"] {
            let check = checks::named(name).expect("a check of that name");
            check(text.as_bytes());
            check(&data);
        }
    }

    #[test]
    fn broken_yaml_is_safe(value in object(3), breaks in proptest::collection::vec(any::<u64>(), 0..4)) {
        let mut text = String::new();
        block_style(&value, 0, &mut text);
        let text = breaks.into_iter().fold(text, |text, seed| broken(&text, seed));
        checks::yaml_text(text.as_bytes());
    }
}

fn without_floats(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => items.into_iter().map(without_floats).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, without_floats(value))).collect())
        }
        other => other,
    }
}

/// JSON text with all that is no printable ASCII escaped.
fn escaped(text: &str) -> String {
    let escape = |character: char| match character {
        ' '..='~' => character.to_string(),
        other => other.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    text.chars().map(escape).collect()
}

/// The value as YAML in block style.
fn block_style(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                out.push_str(&format!("\n{pad}{}:", Value::from(key.as_str())));
                block_style(value, indent + 2, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&format!("\n{pad}-"));
                block_style(item, indent + 2, out);
            }
        }
        plain => out.push_str(&format!(" {plain}")),
    }
}
