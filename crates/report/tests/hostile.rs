//! Whatever a stranger writes into any field, the structure of every format stays what it is.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod fixture;

use finding::{Document, UnknownFact};
use proptest::prelude::*;
use report::{Format, Report, write};

/// Texts made of what means something to some format, never empty: an empty text is rightly left out.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "<",
            ">",
            "&",
            "\"",
            "'",
            "`",
            "```",
            "|",
            "*",
            "_",
            "[",
            "](",
            ")",
            "!",
            "#1",
            "@",
            "://",
            "www.",
            "\\",
            "=",
            "+",
            "-",
            "%",
            "%0A",
            "::",
            ",",
            ";",
            "\n",
            "\r",
            "\r\n",
            "\t",
            "\0",
            "\u{1b}[31m",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{ffff}",
            "]]>",
            "<!--",
            "-->",
            "</details>",
            "<script>",
            "</style>",
            "&#60;",
            "&lt;",
            "{0}",
            "{{",
            "}",
            "鍵",
            "e\u{301}",
            "🔑",
            " ",
            "a",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| format!("{}x", pieces.concat()))
}

/// The fixture with the text in every field that a stranger can influence.
fn poisoned(text: &str) -> Document {
    let mut document = fixture::document();
    for finding in &mut document.findings {
        let resource = &mut finding.resource;
        let named = [&mut resource.name, &mut resource.description, &mut resource.account_name, &mut resource.team];
        let said = [&mut finding.title, &mut finding.reason, &mut finding.remediation, &mut finding.group];
        named.into_iter().chain(said).for_each(|field| text.clone_into(field));
        finding.unknown_facts.iter_mut().for_each(|fact| {
            let (operation, code) = (text.to_owned(), text.to_owned());
            *fact = UnknownFact {
                field: text.to_owned(),
                operation,
                code,
                message: text.to_owned(),
                expected: Some(text.to_owned()),
            };
        });
        if let Some(location) = &mut finding.location {
            text.clone_into(&mut location.file);
        }
    }
    document.errors.iter_mut().for_each(|error| text.clone_into(&mut error.message));
    document
}

fn written(format: Format, document: &Document) -> String {
    let (rules, options, tally) = (fixture::rules(), fixture::options(), fixture::tally(document));
    let mut out = Vec::new();
    write(format, &Report { document, rules: &rules, tally: &tally, options: &options }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The JSON with every text taken out of it, names of members excepted.
fn keys(line: &str) -> serde_json::Value {
    let mut value = serde_json::from_str(line).unwrap();
    blank(&mut value);
    value
}

fn blank(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => text.clear(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(blank),
        serde_json::Value::Object(members) => members.values_mut().for_each(blank),
        _ => {}
    }
}

/// Everything between `<` and `>`.
fn tags(text: &str) -> Vec<&str> {
    text.split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .filter(|tag| !tag.starts_with("bdi dir"))
        .collect()
}

/// The fields of each row, by RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' if quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && rest.peek() == Some(&'\n') => {
                rest.next();
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ => field.push(character),
        }
    }
    assert!(!quoted && row.is_empty() && field.is_empty(), "the last row is not ended");
    rows
}

fn harmless(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(character, '\n' | '\r')
            || report::escape_terminal(character.encode_utf8(&mut [0; 4])).len() == character.len_utf8()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_structure(text in text()) {
        let (document, plain) = (poisoned(&text), poisoned("x"));
        let count = document.findings.len();

        let json = written(Format::Json, &document);
        prop_assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document.clone());
        let jsonl = written(Format::Jsonl, &document);
        prop_assert_eq!(jsonl.lines().count(), count);
        serde_json::from_str::<serde_json::Value>(&written(Format::Sarif, &document)).unwrap();
        serde_json::from_str::<serde_json::Value>(&written(Format::Gitlab, &document)).unwrap();

        let shape = |format, document: &Document| written(format, document).lines().map(keys).collect::<Vec<_>>();
        prop_assert_eq!(shape(Format::Asff, &document), shape(Format::Asff, &plain));
        prop_assert_eq!(shape(Format::Ocsf, &document), shape(Format::Ocsf, &plain));

        prop_assert_eq!(written(Format::Concise, &document).lines().count(), count + 1);
        let github = written(Format::Github, &document);
        prop_assert_eq!(github.lines().filter(|line| line.starts_with("::")).count(), github.lines().count() - 1);

        let junit = written(Format::Junit, &document);
        let suites = quick_junit::Report::deserialize_from_str(&junit).unwrap().test_suites;
        prop_assert_eq!(suites.iter().map(|suite| suite.test_cases.len()).sum::<usize>(), count + document.errors.len());

        let csv = written(Format::Csv, &document);
        for row in rows(&csv) {
            prop_assert_eq!(row.len(), 23);
            prop_assert!(!row.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t'])), "{:?}", row);
        }

        let html = written(Format::Html, &document);
        let plain_html = written(Format::Html, &plain);
        prop_assert_eq!(tags(&html), tags(&plain_html));
        let breaks = |text: &str| tags(text).into_iter().filter(|tag| *tag != "br").map(str::to_owned).collect::<Vec<_>>();
        let markdown = written(Format::Markdown, &document);
        prop_assert_eq!(breaks(&markdown), breaks(&written(Format::Markdown, &plain)));
        let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).map(pipes).collect::<Vec<_>>();
        prop_assert_eq!(rows(&markdown), rows(&written(Format::Markdown, &plain)));

        for format in Format::ALL {
            prop_assert!(harmless(&written(format, &document)), "{}", format);
        }
    }
}

/// Cell borders of a Markdown row: bars that no backslash takes the meaning from.
fn pipes(row: &str) -> usize {
    let (mut count, mut escaped) = (0, false);
    for character in row.chars() {
        count += usize::from(character == '|' && !escaped);
        escaped = character == '\\' && !escaped;
    }
    count
}
