//! What detections and templates rely on.

use super::*;
use crate::LineIndex;

fn shown(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let index = LineIndex::new(text);
    let place = |offset: usize| {
        let position = index.position(offset);
        format!("{}:{}", position.line, position.column)
    };
    let help = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
    let related = error
        .related
        .map(|related| format!(" [{} {}]", place(related.span.start), related.message))
        .unwrap_or_default();
    format!("{} {}{help}{related}", place(error.span.start), error.message)
}

fn json(text: &str) -> String {
    parse(text).unwrap().to_json_text().unwrap()
}

#[test]
fn the_text_as_written_stays() {
    let tree = parse("CIS:\n  - 3.10\n  - '2.8'\n  - 1.20.0\n").unwrap();
    let list = tree.get("CIS").unwrap().as_sequence().unwrap();
    assert_eq!(list.iter().map(|node| node.text().unwrap()).collect::<Vec<_>>(), ["3.10", "2.8", "1.20.0"]);
    assert_eq!(list[0].as_scalar().unwrap().resolved, Resolved::Float(3.1));
    assert_eq!(list[1].as_scalar().unwrap().style, Style::Single);
    assert_eq!(list[2].as_str(), Some("1.20.0"));
}

#[test]
fn spans_are_byte_exact() {
    let text = "é: &a !Sub \"ü${x}\" # no\nlist:\n- 1\n-   - two words\n    - |\n      é\n      x\n\n# end\nflow: {a: [1, *a,], }\nnone:\n";
    let tree = parse(text).unwrap();
    let sub = tree.get("é").unwrap();
    assert_eq!(sub.span.slice(text), "\"ü${x}\"");
    assert_eq!(sub.tag.as_ref().map(|tag| (tag.name.as_str(), tag.span.slice(text))), Some(("!Sub", "!Sub")));
    let list = tree.get("list").unwrap();
    assert_eq!(list.span.slice(text), "- 1\n-   - two words\n    - |\n      é\n      x");
    let inner = &list.as_sequence().unwrap()[1].as_sequence().unwrap();
    assert_eq!(inner[0].span.slice(text), "two words");
    assert_eq!(inner[1].span.slice(text).trim_start(), "é\n      x");
    assert_eq!(inner[1].text(), Some("é\nx\n"));
    let flow = tree.get("flow").unwrap();
    assert_eq!(flow.span.slice(text), "{a: [1, *a,], }");
    let alias = &flow.get("a").unwrap().as_sequence().unwrap()[1];
    assert_eq!((alias.span.slice(text), alias.text()), ("*a", Some("ü${x}")));
    assert_eq!(tree.entry("none").unwrap().key.span.slice(text), "none");
    assert!(tree.get("none").unwrap().is_null());
    assert!(tree.span.slice(text).ends_with("none"), "{:?}", tree.span.slice(text));
}

#[test]
fn flow_mappings_as_in_published_tests_are_read() {
    let text = "Tests:\n  - Name: Key\n    Resource:\n      {\n        \"KeyRotationEnabled\": true,\n        \"Policy\": \"{JSON}\",\n        \"ValidTo\": null,\n      }\n";
    assert_eq!(
        json(text),
        r#"{"Tests":[{"Name":"Key","Resource":{"KeyRotationEnabled":true,"Policy":"{JSON}","ValidTo":null}}]}"#
    );
}

#[test]
fn equal_keys_show_both_places() {
    let help = "remove one of the two: most programs silently take the last";
    assert_eq!(
        shown("a: 1\nb: 2\n\"a\": 3\n"),
        format!("3:1 the key `a` occurs twice in one mapping ({help}) [1:1 first here]")
    );
    assert_eq!(
        shown("x: {1: a, 0x1: b}"),
        format!("1:11 the key `0x1` occurs twice in one mapping ({help}) [1:5 first here]")
    );
    assert!(parse("{1: a, '1': b}").is_ok(), "a number and a text");
    assert_eq!(
        parse("{1: a, '1': b}").unwrap().to_json_text().unwrap_err().message,
        "two keys of this mapping are the same string in JSON"
    );
    assert!(parse("[{a: 1}, {a: 1}]").is_ok());
}

#[test]
fn merge_keys_bring_what_is_missing() {
    assert_eq!(
        json("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3, z: 4}\n"),
        r#"{"base":{"x":1,"y":2},"own":{"x":1,"y":3,"z":4}}"#
    );
    assert_eq!(
        json("- &a {x: 1}\n- &b {x: 2, y: 2}\n- {z: 0, <<: [*a, *b]}\n"),
        r#"[{"x":1},{"x":2,"y":2},{"x":1,"y":2,"z":0}]"#
    );
    assert_eq!(json("{'<<': 1}"), r#"{"<<":1}"#, "quoted, it is a key like any other");
    assert_eq!(
        shown("a: {<<: 1}"),
        "1:9 `<<` merges mappings, but this is a whole number (name a mapping, or quote the key: \"<<\")"
    );
    assert!(shown("a: {<<: {}, <<: {}}").contains("the merge key `<<` occurs twice"));
}

#[test]
fn several_documents_are_for_those_who_ask() {
    let text = "a: 1\n---\nb: 2\n---\n";
    assert_eq!(
        shown(text),
        "3:1 a second document starts here, but only one is expected (put it into a file of its own)"
    );
    let all = parse_all(text, Limits::default()).unwrap();
    assert_eq!(
        all.iter().map(|node| node.to_json_text().unwrap()).collect::<Vec<_>>(),
        [r#"{"a":1}"#, r#"{"b":2}"#, "null"]
    );
    assert!(parse("").unwrap().is_null());
    assert!(parse("# nothing\n").unwrap().is_null());
    assert_eq!(
        parse_all("a: &x 1\n---\nb: *x\n", Limits::default()).unwrap_err().span,
        Span::new(15, 16),
        "anchors end with their document"
    );
}

#[test]
fn a_billion_laughs_are_cut_short() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    assert!(shown(&text).contains("aliases and merge keys expand to more than 100000 values"));
    let mut text = "- &a0 {x: 1}\n".to_owned();
    for level in 1..200 {
        text += &format!("- &a{level} {{y: *a{}}}\n", level - 1);
    }
    assert!(shown(&text).contains("nested more than 128 deep"), "aliases must not build a tree too deep to drop");
    assert_eq!(shown("&a [*a]"), "1:5 the alias `*a` stands inside the value that it names (write the value out)");
    let merges: String =
        (1..40).map(|level| format!("a{level}: &a{level} {{<<: [*a{0}, *a{0}], k{level}: 1}}\n", level - 1)).collect();
    assert!(parse(&format!("a0: &a0 {{}}\n{merges}")).is_ok(), "merging does not double");
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&nested(128)).is_ok());
    assert!(shown(&nested(129)).contains("nested more than 128 deep"));
    assert!(parse(&"[".repeat(100_000)).is_err());
    let limits = Limits { size: 9, nodes: 3, ..Limits::default() };
    assert!(parse_all("[1, 2]", limits).is_ok());
    assert!(parse_all("[1, 2, 3]", limits).is_err());
    assert!(parse_all("[1, 2    ]", limits).is_err());
}

#[test]
fn messages_name_the_fault_and_the_remedy() {
    let cases = [
        ("a:\n\tb: 1", "2:2 a tab is used for indentation (indent with spaces)"),
        ("a: \"x", "1:4 the quoted text that starts here never ends (close it with the same quote)"),
        ("a: [1, 2", "1:4 the bracket opened here is never closed (close it; is the file complete?)"),
        (
            "a: b: c",
            "1:5 a `:` stands where no value can start (quote the text that holds the colon, or correct the indentation)",
        ),
        (
            "a: *nope",
            "1:4 the alias names nothing that is anchored above (write the anchor in front of its value, or quote the text if it is no alias)",
        ),
        ("- a\nb: c", "2:1 expected the next item of the list: `- ` (correct the indentation)"),
        ("a: @x", "1:4 a value cannot start with this character (quote the value)"),
        (
            "a: \"\\q\"",
            "1:4 this text holds an escape that YAML does not know (write a backslash as \\\\, or use single quotes)",
        ),
        (
            "a: \u{1}",
            "1:4 the text holds a control character, which YAML does not allow (remove it, or write it in double quotes as \\x01)",
        ),
        (
            "a: b\nc",
            "2:1 expected a `:` behind this key (write `key: value`, or indent the text if it continues a value)",
        ),
        ("a: }", "1:4 this bracket closes nothing (remove it, or quote the value)"),
        ("a: [1}", "1:4 the bracket opened here is closed by one of another kind (correct the bracket)"),
        ("a: {{ x }}", "1:5 a mapping cannot be a key (quote the text if it is a template such as \"{{ name }}\")"),
        ("a: !!int x", "1:10 `x` is no value for the tag `!!int` (remove the tag, or correct the value)"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn plain_scalars_mean_what_panthers_loader_makes_of_them() {
    let json = |text: &str| match parse(&format!("- {text}")).unwrap().as_sequence().unwrap()[0]
        .as_scalar()
        .unwrap()
        .resolved
        .clone()
    {
        Resolved::String => "string".to_owned(),
        other => format!("{other:?}"),
    };
    for text in [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "1:30",
        "08",
        "0o17",
        "1e3",
        "1.5e3",
        "-.5",
        "+.5",
        "0X1F",
        "tRUE",
        "nULL",
        "1.2.3",
        "+.nan",
        "=",
        "+",
        ".",
        "1,000",
    ] {
        assert_eq!(json(text), "string", "{text}");
    }
    for (text, meaning) in [
        ("true", "Bool(true)"),
        ("FALSE", "Bool(false)"),
        ("~", "Null"),
        ("NULL", "Null"),
        ("0644", "Int(644)"),
        ("-0017", "Int(-17)"),
        ("0x1f", "Int(31)"),
        ("-0x1_F", "Int(-31)"),
        ("0b101", "Int(5)"),
        ("1_000", "Int(1000)"),
        ("+12", "Int(12)"),
        ("340282366920938463463374607431768211456", "BigInt(\"340282366920938463463374607431768211456\")"),
        ("0xffffffffffffffffffffffffffffffffff", "BigInt(\"87112285931760246646623899502532662132735\")"),
        ("3.10", "Float(3.1)"),
        ("1.", "Float(1.0)"),
        (".5", "Float(0.5)"),
        ("1.0e+3", "Float(1000.0)"),
        ("1_0.5_0", "Float(10.5)"),
        ("-.inf", "Float(-inf)"),
        (".NaN", "Float(NaN)"),
        ("1:30.5", "Float(90.5)"),
        ("-1:30.5", "Float(-90.5)"),
    ] {
        assert_eq!(json(text), meaning, "{text}");
    }
}

#[test]
fn numbers_of_absurd_length_are_texts() {
    let hex = format!("0x{}", "f".repeat(4300));
    assert!(matches!(parse(&hex).unwrap().as_scalar().unwrap().resolved, Resolved::BigInt(_)));
    assert_eq!(parse(&format!("{hex}f")).unwrap().as_scalar().unwrap().resolved, Resolved::String);
    assert_eq!(parse(&"9".repeat(1_000_000)).unwrap().as_scalar().unwrap().resolved, Resolved::String);
}

#[test]
fn a_block_at_the_end_has_only_the_line_breaks_that_are_written() {
    for (text, value) in [
        ("a: |\n x", "x"),
        ("a: |\n x\n", "x\n"),
        ("a: >\n x\n y", "x y"),
        ("a: |+\n x\n\n", "x\n\n"),
        ("a: |-\n x\n", "x"),
    ] {
        assert_eq!(parse(text).unwrap().get("a").unwrap().text(), Some(value), "{text:?}");
    }
}

#[test]
fn tags_decide_what_a_scalar_means() {
    assert_eq!(
        json("[!!str 1, !!int \"0x10\", !!float 1, !!null x, !!bool \"true\", !Sub 1, ! 1]"),
        r#"["1",16,1.0,null,true,"1","1"]"#
    );
}

#[test]
fn what_is_not_utf8_is_told() {
    assert_eq!(parse_bytes(b"a: \xff").unwrap_err().message, "invalid UTF-8: byte 0xff does not belong here");
}
