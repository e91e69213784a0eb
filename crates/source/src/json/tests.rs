//! What a user sees of broken JSON, and what a program sees of good JSON.

use super::*;
use crate::LineIndex;

/// `line:column message (help) [line:column related]`
fn shown(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let index = LineIndex::new(text);
    let place = |offset: usize| {
        let position = index.position(offset);
        format!("{}:{}", position.line, position.column)
    };
    let mut shown = format!("{} {}", place(error.span.start), error.message);
    if let Some(help) = &error.help {
        shown += &format!(" ({help})");
    }
    if let Some(related) = &error.related {
        shown += &format!(" [{} {}]", place(related.span.start), related.message);
    }
    shown
}

#[test]
fn trees_keep_text_and_place() {
    let text = "{\"a\": [3.10, \"x\\n\", true, null, 18446744073709551616],\n \"é\": {}}";
    let tree = parse(text).unwrap();
    let list = tree.get("a").unwrap().as_sequence().unwrap();
    assert_eq!(list[0].text(), Some("3.10"));
    assert_eq!(list[0].span.slice(text), "3.10");
    assert_eq!(list[1].as_str(), Some("x\n"));
    assert_eq!(list[1].span.slice(text), "\"x\\n\"");
    assert_eq!(list[2].as_bool(), Some(true));
    assert!(list[3].is_null());
    assert_eq!(list[4].as_int(), Some(18_446_744_073_709_551_616));
    assert_eq!(tree.get("é").unwrap().span.slice(text), "{}");
    assert_eq!(tree.span.slice(text), text);
    assert_eq!(tree.to_json_text().unwrap(), r#"{"a":[3.1,"x\n",true,null,18446744073709551616],"é":{}}"#);
}

#[test]
fn numbers_beyond_128_bits_keep_their_digits() {
    let digits = "9".repeat(60);
    assert_eq!(parse(&digits).unwrap().as_scalar().unwrap().resolved, Resolved::BigInt(digits.clone()));
    assert_eq!(parse(&digits).unwrap().to_json_text().unwrap(), digits);
}

#[test]
fn messages_name_the_fault_and_the_remedy() {
    let cases = [
        ("", "1:1 expected a value, but the text is empty"),
        ("{\"a\": 1,}", "1:8 a comma stands before `}`, which JSON does not allow (remove the comma)"),
        ("[1, 2,\n]", "1:6 a comma stands before `]`, which JSON does not allow (remove the comma)"),
        ("{'a': 1}", "1:2 strings and keys must be in double quotes, not in single quotes (write \" instead of ')"),
        ("{\"a\": 'b'}", "1:7 strings and keys must be in double quotes, not in single quotes (write \" instead of ')"),
        ("{a: 1}", "1:2 expected a key in double quotes, found `a` (write \"a\")"),
        ("{\"a\": True}", "1:7 expected a value, found `True` (write `true`)"),
        ("{\"a\": None}", "1:7 expected a value, found `None` (write `null`)"),
        ("{\"a\": NaN}", "1:7 expected a value, found `NaN` (JSON has no such number: write `null` or a string)"),
        ("{\"a\": nul}", "1:7 expected a value, found `nul` (put text into double quotes: \"nul\")"),
        (
            "{\"a\": 1 // one\n}",
            "1:9 expected `,` or `}`, found a comment (remove the comment: JSON has none) [1:1 opened here]",
        ),
        ("# hi\n{}", "1:1 expected a value, found `#` (remove the comment: JSON has none)"),
        (
            "{\"a\": 1 \"b\": 2}",
            "1:9 expected `,` or `}`, found a string (write a comma between the two) [1:1 opened here]",
        ),
        ("{\"a\" 1}", "1:6 expected `:` after the key \"a\", found a number"),
        ("{\"a\" = 1}", "1:6 expected `:` after the key \"a\", found `=` (write `:`)"),
        ("{\"a\": [1}", "1:9 expected `,` or `]`, found `}` (close with `]`) [1:7 opened here]"),
        ("{\"a\": \"b}", "1:7 the string that starts here never ends (close it with `\"`)"),
        ("{\"a\": \"b\n}", "1:7 the string that starts here never ends (close it with `\"`)"),
        (
            "{\"a\": \"b\n c\"}",
            "1:9 a string must not hold a line break (close the string with `\"`, or write the line break as \\n) [1:7 the string starts here]",
        ),
        ("[\"\t\"]", "1:3 a string must not hold a tab (write it as \\t)"),
        ("[\"\u{1}\"]", "1:3 a string must not hold the control character U+0001 (write it as \\u0001)"),
        ("[\"\0\"]", "1:3 a string must not hold a NUL byte (is this a text file? write the byte as \\u0000)"),
        ("\0\0", "1:1 expected a value, found a NUL byte (is this a text file, in UTF-8?)"),
        ("[\"\\q\"]", "1:3 `\\q` is no escape that JSON knows (write a backslash as \\\\)"),
        ("[\"\\u12\"]", "1:3 `\\u12` is no escape that JSON knows (write four hexadecimal digits: \\u00e9)"),
        (
            "[\"é\\ud83d!\"]",
            "1:4 this escape is half of a surrogate pair, which is no character (write both halves: \\ud83d\\udd11)",
        ),
        (
            "{\"a\": 1",
            "1:8 the text ends inside an object: expected `,` or `}` (is the file complete? it may have been cut off) [1:1 the object starts here]",
        ),
        (
            "{\"a\":",
            "1:6 the text ends inside an object: expected a value (is the file complete? it may have been cut off) [1:1 the object starts here]",
        ),
        (
            "[{},",
            "1:5 the text ends inside an array: expected a value (is the file complete? it may have been cut off) [1:1 the array starts here]",
        ),
        (
            "{\"a\"",
            "1:5 the text ends inside an object: expected `:` (is the file complete? it may have been cut off) [1:1 the object starts here]",
        ),
        (
            "{} {}",
            "1:4 expected the end of the text after the value, found `{` (write one value a line, or put the values into an array: `[…, …]`)",
        ),
        (
            "{}}",
            "1:3 expected the end of the text after the value, found `}` (remove the bracket: nothing is open any more)",
        ),
        (
            "\u{feff}{}",
            "1:1 the text starts with a byte order mark, which JSON does not allow (save the file as UTF-8 without BOM)",
        ),
        (
            "[007]",
            "1:2 `007` is no number that JSON knows (remove the leading zeros, or write it as a string to keep them: account ids are strings)",
        ),
        ("[+1]", "1:2 `+1` is no number that JSON knows (remove the plus sign)"),
        ("[.5]", "1:2 `.5` is no number that JSON knows (write digits on both sides of the point)"),
        ("[1.]", "1:2 `1.` is no number that JSON knows (write digits on both sides of the point)"),
        ("[0x1F]", "1:2 `0x1F` is no number that JSON knows (write it in decimal, or as a string)"),
        ("[1_000]", "1:2 `1_000` is no number that JSON knows (remove the underscores)"),
        (
            "[-Infinity]",
            "1:2 `-Infinity` is no number that JSON knows (JSON has no such number: write `null` or a string)",
        ),
        ("[1e]", "1:2 `1e` is no number that JSON knows (write digits, or put text into double quotes)"),
        ("[-]", "1:2 `-` is no number that JSON knows (write digits, or put text into double quotes)"),
        (
            "[2024-01-01]",
            "1:2 `2024-01-01` is no number that JSON knows (write digits, or put text into double quotes)",
        ),
        ("{\"a\": “b”}", "1:7 expected a value, found `“` (write straight double quotes: \")"),
        ("[1;2]", "1:3 expected `,` or `]`, found `;` (write `,`) [1:1 opened here]"),
        ("[,1]", "1:2 expected a value, found `,` (remove the comma, or write a value in front of it)"),
        ("{\"a\":}", "1:6 expected a value, found `}` (write a value, or remove what asks for one)"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn equal_keys_are_an_error_that_shows_both() {
    let text = "{\"a\": 1,\n \"b\": 2,\n \"\\u0061\": 3}";
    let help = "remove one of the two: programs disagree on which one counts";
    assert_eq!(shown(text), format!("3:2 the key \"a\" occurs twice in one object ({help}) [1:2 first here]"));
    assert!(parse("[{\"a\": 1}, {\"a\": 1}]").is_ok());
}

#[test]
fn the_first_of_several_equal_keys_is_told() {
    let error = parse("{\"z\":1,\"b\":1,\"z\":2,\"b\":2}").unwrap_err();
    assert_eq!(error.span, Span::new(13, 16));
}

#[test]
fn limits_hold_exactly() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&nested(128)).is_ok());
    assert_eq!(
        shown(&nested(129)),
        "1:129 objects and arrays are nested more than 128 deep (flatten the value, or store the inner part as a string)"
    );
    assert!(parse(&"[".repeat(1_000_000)).is_err(), "no stack overflow");
    let limits = Limits { size: 9, depth: 1, nodes: 4 };
    assert!(parse_with("[1,2,333]", limits).is_ok());
    assert_eq!(parse_with("[1,2,3333]", limits).unwrap_err().message, "the text has 10 bytes, more than the 9 allowed");
    assert_eq!(parse_with("[1,2,3,4]", limits).unwrap_err().message, "the text holds more than 4 values");
}

#[test]
fn bytes_that_are_not_utf8_are_placed() {
    assert_eq!(parse_bytes(b"{\"a\": \"\xe9\"}").unwrap_err().span, Span::new(7, 8));
    assert!(parse_bytes(b"{}").is_ok());
}

#[test]
fn diagnosis_agrees_with_parsing_but_for_half_surrogates() {
    assert_eq!(diagnose(r#"{"a": "\ud83d"}"#, 128, true), None);
    assert!(diagnose(r#"{"a": "\ud83d \x"}"#, 128, true).unwrap().message.starts_with("`\\x`"));
    assert!(diagnose(r#"{"\ud83d": 1}"#, 128, true).unwrap().message.contains("surrogate"));
    assert_eq!(diagnose("[1]", 128, true).unwrap().message, "expected a JSON object, found `[`");
    assert_eq!(diagnose("[1]", 128, false), None);
    assert_eq!(diagnose("", 128, true).unwrap().message, "expected a value, but the text is empty");
}

#[test]
fn what_json_cannot_say_is_refused() {
    let node = scalar(Span::new(3, 7), ".nan".to_owned(), Style::Plain, Resolved::Float(f64::NAN));
    let error = node.to_json_text().unwrap_err();
    assert_eq!((error.message.as_str(), error.span), ("`.nan` has no JSON form", Span::new(3, 7)));
}
