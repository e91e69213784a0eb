//! The scanner against what a user sees, and against its own memory of shapes.

use super::*;
use crate::Span;

const SEED: &str = r#"{"KeyRotationEnabled": true, "AccountId": "1122334455", "CloudHsmClusterId": null, "Days": -3.5e2, "Tags": {"a": "b", "c": "\u00e9"}, "Aliases": ["x", ["y"], {}]}"#;

fn scanner() -> Scanner {
    Scanner::new(Limits::default())
}

fn message(text: &str) -> String {
    scanner().scan(text.as_bytes()).unwrap_err().message
}

#[test]
fn members_are_found_with_key_and_value() {
    let mut scanner = scanner();
    for _ in 0..3 {
        let record = scanner.scan(SEED.as_bytes()).unwrap();
        assert_eq!(record.len(), 6);
        let keys: Vec<&str> = record.members().map(|(key, _)| key).collect();
        assert_eq!(keys, ["KeyRotationEnabled", "AccountId", "CloudHsmClusterId", "Days", "Tags", "Aliases"]);
        assert_eq!(record.get("KeyRotationEnabled").unwrap().as_bool(), Some(true));
        assert_eq!(record.get("AccountId").unwrap().as_str().unwrap().unwrap(), "1122334455");
        assert!(record.get("CloudHsmClusterId").unwrap().is_null());
        assert_eq!(record.get("Days").unwrap().as_f64(), Some(-350.0));
        let tags: Vec<_> = record.get("Tags").unwrap().members().map(|(key, value)| (key, value.text())).collect();
        assert_eq!(tags, [("a".into(), "\"b\""), ("c".into(), "\"\\u00e9\"")]);
        let aliases: Vec<&str> = record.get("Aliases").unwrap().elements().map(|raw| raw.text()).collect();
        assert_eq!(aliases, ["\"x\"", "[\"y\"]", "{}"]);
        assert_eq!(record.get("Missing"), None);
        assert_eq!(record.value(99).kind(), Kind::Null);
        assert_eq!(record.key(99), "");
        assert_eq!(record.value_span(0).slice(SEED), "true");
    }
}

#[test]
fn shapes_are_the_same_exactly_when_the_keys_are() {
    let mut scanner = scanner();
    let mut shape = |text: &str| scanner.scan(text.as_bytes()).unwrap().shape();
    let first = shape(r#"{"a":1,"b":2}"#);
    assert_eq!(first, shape(r#"{"a": "x",  "b" : [] } "#), "spacing and values do not matter");
    assert_eq!(first, shape(r#"{"a":1,"\u0062":2}"#), "nor does how a key is written");
    assert_ne!(first, shape(r#"{"b":1,"a":2}"#));
    assert_ne!(first, shape(r#"{"a":1}"#));
    assert_ne!(first, shape(r#"{"a":1,"b":2,"c":3}"#));
    assert_eq!(first, shape(r#"{"a":1,"b":2}"#));
    assert_eq!(shape("{}"), shape(" { } "));
}

#[test]
fn equal_keys_are_refused_at_every_level() {
    for text in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"a":1,"b":2,"a":2}}"#,
        r#"{"x":{"aaaaaaaaaaaaaaa":1,"\u0061aaaaaaaaaaaaaa":2}}"#,
        r#"{"x":[{"":1,"":2}]}"#,
    ] {
        assert!(message(text).ends_with("occurs twice in one object"), "{text}");
    }
    assert!(scanner().scan(br#"{"a":{"a":{"a":1}},"b":{"a":1},"aaaaaaab":1,"aaaaaaac":1}"#).is_ok());
}

#[test]
fn a_repeated_key_is_found_behind_a_shape_that_is_known() {
    let mut scanner = scanner();
    scanner.scan(br#"{"a":1,"b":2}"#).unwrap();
    scanner.scan(br#"{"a":1,"b":2,"c":3}"#).unwrap();
    assert!(scanner.scan(br#"{"a":1,"b":2,"a":3}"#).is_err());
    assert!(scanner.scan(br#"{"a":1,"b":2,"c":3,"b":4}"#).is_err());
    assert!(scanner.scan(br#"{"b":1,"a":2}"#).is_ok());
}

#[test]
fn many_keys_are_checked_too() {
    for nested in [false, true] {
        for count in [20, 23, 24, 25, 26, 127, 128, 129, 200, 5000] {
            let mut members: Vec<String> = (0..count).map(|i| format!("\"key number {i}\":{i}")).collect();
            let text = |members: &[String]| match nested {
                true => format!("{{\"in\":{{{}}}}}", members.join(",")),
                false => format!("{{{}}}", members.join(",")),
            };
            let mut scanner = scanner();
            let good = text(&members);
            assert_eq!(scanner.scan(good.as_bytes()).unwrap().len(), if nested { 1 } else { count });
            members.push("\"key number \\u0037\":1".to_owned());
            assert!(scanner.scan(text(&members).as_bytes()).is_err(), "{count} keys, nested: {nested}");
            assert!(scanner.scan(good.as_bytes()).is_ok());
        }
    }
}

#[test]
fn hostile_objects_take_linear_time() {
    let members: Vec<String> =
        (0..200_000).map(|i| format!("\"a long common beginning of all keys {i}\":{i}")).collect();
    let text = format!("{{{}}}", members.join(","));
    let nested = format!("{{\"a\":{text}}}");
    let mut scanner = scanner();
    assert_eq!(scanner.scan(text.as_bytes()).unwrap().len(), 200_000);
    assert_eq!(scanner.scan(nested.as_bytes()).unwrap().len(), 1);
}

#[test]
fn ever_new_shapes_are_forgotten_and_ids_never_return() {
    let mut scanner = scanner();
    let mut seen = std::collections::HashMap::new();
    for i in 0..30_000 {
        let text = format!("{{\"k{i}\":1,\"same\":2}}");
        let record = scanner.scan(text.as_bytes()).unwrap();
        assert_eq!((record.key(0), record.key(1)), (format!("k{i}").as_str(), "same"));
        assert_eq!(record.get("same").unwrap().text(), "2");
        assert!(seen.insert(record.shape(), i).is_none(), "the id of record {i} was used before");
    }
    let shapes: Vec<ShapeId> = (0..1100).map(|_| scanner.scan(b"{\"a\":1}").unwrap().shape()).collect();
    assert_eq!(shapes[1098], shapes[1099], "it still learns");
}

/// Sixty megabytes of spaces cost nothing to send packed, and would be kept with every new key.
#[test]
fn white_space_is_not_remembered_with_a_shape() {
    let mut scanner = scanner();
    let mut shape = |spaces: usize| {
        let text = format!("{{\"a\":1,{}\"b\":2}}", " ".repeat(spaces));
        let record = scanner.scan(text.as_bytes()).unwrap();
        assert_eq!((record.key(1), record.get("b").unwrap().text()), ("b", "2"));
        record.shape()
    };
    assert_ne!(shape(600), shape(600));
    let known = shape(6);
    assert_eq!(known, shape(60));
    assert_eq!(known, shape(600), "once the key is known, the space does not matter");
}

#[test]
fn values_are_parsed_on_demand() {
    let limits = Limits::default();
    let raw = |text: &'static str| Raw::parse(text, limits).unwrap();
    assert_eq!(raw(" 12 ").as_i64(), Some(12));
    assert_eq!(raw("12").as_i128(), Some(12));
    assert_eq!(raw("-170141183460469231731687303715884105728").as_i128(), Some(i128::MIN));
    assert_eq!(raw("170141183460469231731687303715884105728").as_i128(), None);
    assert!(raw("170141183460469231731687303715884105728").is_whole());
    assert_eq!(raw("1.0").as_i64(), None);
    assert!(!raw("1e3").is_whole());
    assert_eq!(raw("1e999").as_f64(), Some(f64::INFINITY));
    assert_eq!(raw("\"12\"").as_i64(), None);
    assert_eq!(raw(r#""a\n\ud83d\udd11""#).as_str().unwrap().unwrap(), "a\n🔑");
    assert_eq!(raw(r#""a\nb""#).as_plain_str(), None);
    assert_eq!(raw(r#""a b""#).as_plain_str(), Some("a b"));
    assert!(raw(r#""\u0041""#).is_str("A"));
    assert!(!raw("1").is_str("1"));
    assert_eq!(raw("true").kind(), Kind::Bool(true));
    assert_eq!(raw("[]").elements().count(), 0);
    assert_eq!(raw("{}").members().count(), 0);
    assert_eq!(raw("[1]").members().count(), 0);
    assert_eq!(raw(r#"{"a" : "x\"]}" , "b":[ "}" ],"c":null}"#).get("b").unwrap().text(), r#"[ "}" ]"#);
    assert_eq!(raw(r#"{"a" : "x\"]}" , "b":[ "}" ],"c":null}"#).get("c").unwrap().kind(), Kind::Null);
    assert_eq!(raw(r#"{"\u0061":1}"#).get("a").unwrap().text(), "1");
}

#[test]
fn half_surrogates_are_reported_where_they_are_read() {
    let mut scanner = scanner();
    let record = scanner.scan(br#"{"a":"\ud83d","b":1}"#).unwrap();
    assert_eq!(record.get("a").unwrap().as_str(), Some(Err(LoneSurrogate)));
    assert_eq!(record.get("b").unwrap().as_i64(), Some(1));
    assert!(message(r#"{"\ud83d":1}"#).contains("surrogate"), "a key is always read");
    assert!(message(r#"{"x":{"\ud83d":1}}"#).contains("surrogate"));
}

#[test]
fn what_is_no_object_is_refused_with_the_parsers_words() {
    assert_eq!(message("[1]"), "expected a JSON object, found `[`");
    assert_eq!(message(""), "expected a value, but the text is empty");
    assert_eq!(message("{\"a\":1,}"), "a comma stands before `}`, which JSON does not allow");
    assert_eq!(message("{\"a\":1"), "the text ends inside an object: expected `,` or `}`");
    assert_eq!(message("{,\"a\":1}"), "expected a key in double quotes, found `,`");
    assert_eq!(message("{\"a\":1}{}"), "expected the end of the text after the value, found `{`");
    assert_eq!(message("{\"a\":1 \"b\":2}"), "expected `,` or `}`, found a string");
    assert_eq!(
        scanner().scan(b"{\"a\":\"\xff\"}").unwrap_err().message,
        "invalid UTF-8: byte 0xff does not belong here"
    );
    let error = scanner().scan(b"{\"a\": 01}").unwrap_err();
    assert_eq!(error.span, Span::new(6, 8));
}

#[test]
fn limits_hold_exactly() {
    let nested = |depth: usize| "{\"a\":".repeat(depth - 1) + "{}" + &"}".repeat(depth - 1);
    assert!(scanner().scan(nested(128).as_bytes()).is_ok());
    assert_eq!(message(&nested(129)), "objects and arrays are nested more than 128 deep");
    assert!(scanner().scan("{\"a\":[".repeat(100_000).as_bytes()).is_err(), "no stack overflow");
    let mut small = Scanner::new(Limits { size: 7, depth: 1 });
    assert!(small.scan(b"{\"a\":1}").is_ok());
    assert_eq!(small.scan(b"{\"a\":10}").unwrap_err().message, "the record has 8 bytes, more than the 7 allowed");
    assert!(small.scan(b"{\"\":[]}").is_err());
}
