//! What must hold for any bytes at all: shared by the corpus tests and the fuzz targets under `/fuzz`.

use source::record::{Limits, Raw, Record, Scanner};
use source::split::{self, Blocks};
use source::{LineIndex, Node, NodeKind, SyntaxError, json, yaml};
use std::io::Read;

/// The check of a fuzz target by its name.
pub fn named(name: &str) -> Option<fn(&[u8])> {
    match name {
        "json" => Some(json_text),
        "record" => Some(record),
        "split" => Some(stream),
        "yaml" => Some(yaml_text),
        _ => None,
    }
}

/// A JSON text: the tree has sane places, survives being written, and the scanner agrees.
pub fn json_text(data: &[u8]) {
    let parsed = json::parse_bytes(data);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(parsed.is_err(), "what is not UTF-8 is no JSON");
        return;
    };
    let raw = Raw::parse(text, Limits::default());
    match parsed {
        Ok(tree) => {
            check_spans(&tree, text);
            let written = tree.to_json_text().expect("JSON can say what JSON said");
            let again = json::parse(&written).expect("what is written is JSON");
            assert_eq!(again.to_json_text().as_ref(), Ok(&written), "writing is stable");
            assert_same(&tree, raw.expect("the scanner reads what the parser reads"));
        }
        Err(error) => {
            check_error(&error, text);
            if let Ok(raw) = raw {
                assert!(error.message.contains("surrogate"), "only half surrogates may pass the scanner: {error}");
                walk(raw);
            }
        }
    }
}

/// One record: a scanner that has met it before, or has met others, says the same as a fresh one.
pub fn record(data: &[u8]) {
    let mut scanner = Scanner::new(Limits::default());
    let fresh = shown(scanner.scan(data));
    let again = shown(scanner.scan(data));
    assert_eq!(fresh, again, "a known shape changes nothing");
    for half in [data.len() / 2, data.len() / 3] {
        let _ = scanner.scan(data.get(..half).unwrap_or_default());
        let _ = scanner.scan(data.get(half..).unwrap_or_default());
    }
    let _ = scanner.scan(br#"{"a":1,"b":2,"c":3}"#);
    assert_eq!(fresh, shown(scanner.scan(data)), "nor do other shapes");
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(record) = scanner.scan(data) {
        for index in 0..record.len() {
            let value = record.value(index);
            assert_eq!(value.text(), record.value_span(index).slice(text));
            assert_eq!(record.index_of(record.key(index)), Some(index), "keys are unique");
            walk(value);
        }
    }
    json_text(data);
}

/// A stream: however it is chopped, the same records and errors come out, in the order of their lines.
pub fn stream(data: &[u8]) {
    let whole = records(data, 1 << 20, usize::MAX);
    for (block, step) in [(16, 1), (64, 7), (4096, 100)] {
        assert_eq!(whole, records(data, block, step), "blocks of {block}, {step} bytes at a time");
    }
}

/// A YAML text: sane places, and what can be written as JSON is JSON.
pub fn yaml_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(yaml::parse_bytes(data).is_err());
        return;
    };
    match yaml::parse_all(text, yaml::Limits::default()) {
        Ok(documents) => {
            for document in documents {
                check_spans(&document, text);
                assert!(document.depth() <= 128);
                if let Ok(written) = document.to_json_text() {
                    let again = json::parse(&written).expect("what is written is JSON");
                    assert_eq!(again.to_json_text().as_ref(), Ok(&written), "writing is stable");
                }
            }
        }
        Err(error) => check_error(&error, text),
    }
}

/// Every place lies in the text, on character boundaries.
fn check_spans(node: &Node, text: &str) {
    let span = node.span;
    assert!(text.get(span.range()).is_some(), "{span:?} of {}", text.len());
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_spans(item, text)),
        NodeKind::Mapping(entries) => entries.iter().for_each(|entry| {
            check_spans(&entry.key, text);
            check_spans(&entry.value, text);
        }),
    }
}

fn check_error(error: &SyntaxError, text: &str) {
    assert!(!error.message.is_empty());
    assert!(text.get(error.span.range()).is_some(), "{error:?} in {} bytes", text.len());
    let index = LineIndex::new(text);
    assert!(index.position(error.span.start) <= index.position(error.span.end));
    if let Some(related) = &error.related {
        assert!(text.get(related.span.range()).is_some(), "{error:?}");
    }
}

/// The scanner's view of a value has the same content as the tree's.
fn assert_same(node: &Node, raw: Raw<'_>) {
    match &node.kind {
        NodeKind::Scalar(scalar) => match raw.as_str() {
            Some(text) => assert_eq!(text.expect("the tree has it").as_ref(), scalar.text),
            None => assert_eq!(raw.text(), scalar.text),
        },
        NodeKind::Sequence(items) => {
            assert_eq!(items.len(), raw.elements().count());
            items.iter().zip(raw.elements()).for_each(|(item, raw)| assert_same(item, raw));
        }
        NodeKind::Mapping(entries) => {
            assert_eq!(entries.len(), raw.members().count());
            for (entry, (key, raw)) in entries.iter().zip(raw.members()) {
                assert_eq!(entry.key.text(), Some(key.as_ref()));
                assert_same(&entry.value, raw);
            }
        }
    }
}

/// Reads everything there is in a value.
fn walk(raw: Raw<'_>) {
    let _ = (raw.as_str(), raw.as_i64(), raw.as_i128(), raw.as_f64(), raw.as_bool());
    raw.elements().for_each(walk);
    raw.members().for_each(|(_, value)| walk(value));
}

/// A scan's result as text.
fn shown(result: Result<Record<'_>, SyntaxError>) -> String {
    match result {
        Ok(record) => record.members().map(|(key, value)| format!("{key:?} = {}\n", value.text())).collect(),
        Err(error) => format!("{error:?}"),
    }
}

/// Gives a few bytes at a time.
struct Drip<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let (head, rest) = self.bytes.split_at(self.step.min(out.len()).min(self.bytes.len()));
        out.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
        self.bytes = rest;
        Ok(head.len())
    }
}

fn records(data: &[u8], block: usize, step: usize) -> Vec<String> {
    let limits = split::Limits { block, ..split::Limits::default() };
    let mut shown = Vec::new();
    let mut last = 0;
    for block in Blocks::with_limits(Drip { bytes: data, step }, limits) {
        match block {
            Ok(block) => {
                for record in block.records() {
                    match record {
                        Ok(record) => {
                            assert!(record.line >= last, "lines go up");
                            last = record.line;
                            shown.push(format!("{}:{} {:?}", record.line, record.column, record.text));
                        }
                        Err(error) => shown.push(error.to_string()),
                    }
                }
            }
            Err(error) => shown.push(error.to_string()),
        }
    }
    shown
}
