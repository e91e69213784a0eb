//! Streams of every form, chopped in every way, give the same records.

use super::*;
use std::io::{Cursor, Read};

/// Gives a few bytes at a time.
struct Drip<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(out.len()).min(self.bytes.len());
        out[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

/// `line:column text` of each record, and each error.
fn shown(blocks: Blocks<impl Read>) -> Vec<String> {
    let mut shown = Vec::new();
    for block in blocks {
        match block {
            Ok(block) => shown.extend(block.records().map(|record| match record {
                Ok(record) => format!("{}:{} {}", record.line, record.column, record.text.trim()),
                Err(error) => format!("! {error}"),
            })),
            Err(error) => shown.push(format!("! {error}")),
        }
    }
    shown
}

/// The records, which must not depend on how the stream comes.
fn records(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = shown(Blocks::new(Cursor::new(text)));
    for (block, step) in [(16, 1), (16, 7), (17, 100), (64, 3), (1 << 20, 5)] {
        let limits = Limits { block, record: 1 << 20 };
        assert_eq!(shown(Blocks::with_limits(Drip { bytes: text, step }, limits)), whole, "block {block}, step {step}");
    }
    whole
}

#[test]
fn each_line_is_a_record() {
    assert_eq!(records("{\"a\":1}\n{\"b\":\"x\\\"}{\"}\n"), ["1:1 {\"a\":1}", "2:1 {\"b\":\"x\\\"}{\"}"]);
    assert_eq!(records("{}\r\n\r\n  \r\n{}"), ["1:1 {}", "4:1 {}"], "blank lines, CRLF, no final line break");
    assert_eq!(records("\u{feff}{}\n{}\n"), ["1:1 {}", "2:1 {}"], "byte order mark");
    assert_eq!(records("\n\n{}\n"), ["3:1 {}"]);
    assert!(records("").is_empty());
    assert!(records("\n \n").is_empty());
}

#[test]
fn a_broken_line_spoils_no_other() {
    assert_eq!(records("{}\n{\"a\":\n{}"), ["1:1 {}", "2:1 {\"a\":", "3:1 {}"]);
    assert_eq!(
        records("{\"a\": \"b\n{\"b\": 1}\n"),
        ["1:1 {\"a\": \"b", "2:1 {\"b\": 1}"],
        "the first line is cut off"
    );
    assert_eq!(
        records(b"{}\n{\"\xc3\xa9\": \"\xe9\"}\n{}\n"),
        ["1:1 {}", "! line 2, byte 9: invalid UTF-8 (0xe9); save the file as UTF-8", "3:1 {}"]
    );
}

/// What the form of a stream is may not depend on how long its first line is.
#[test]
fn a_long_first_line_is_a_line() {
    let long = |end: &str| format!("{{\"a\":\"{}{end}", "x".repeat(3000));
    let (whole, broken) = (long("\"}"), long(""));
    assert_eq!(
        records(format!("{whole}\n{{\n{{}}\n")),
        [format!("1:1 {whole}"), "2:1 {".to_owned(), "3:1 {}".to_owned()],
        "a broken line behind it spoils no other"
    );
    assert_eq!(
        records(format!("\n\n{broken}\n\n{{}}\n{{\n{{}}")),
        [format!("3:1 {broken}"), "5:1 {}".to_owned(), "6:1 {".to_owned(), "7:1 {}".to_owned()]
    );
    assert_eq!(records(format!("{whole}{}", " ".repeat(400))), [format!("1:1 {whole}")]);
    assert_eq!(records(format!("{whole}   {{}}\n{{}}")), [format!("1:1 {whole}"), "1:3012 {}".into(), "2:1 {}".into()]);
    assert_eq!(records(format!("{}{{}}\n{{\n", "\n".repeat(400))), ["401:1 {}", "402:1 {"]);
}

#[test]
fn a_first_line_that_is_too_long_is_skipped_too() {
    let limits = Limits { block: 16, record: 40 };
    let text = format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}\n", "x".repeat(200));
    let told = shown(Blocks::with_limits(Cursor::new(&text), limits));
    assert_eq!(told, ["! line 1: the record has more than 40 bytes; split it into several records", "2:1 {\"b\":1}"]);
}

#[test]
fn documents_are_taken_apart() {
    assert_eq!(records("{\n  \"a\": \"}\"\n}\n"), ["1:1 {\n  \"a\": \"}\"\n}"], "one pretty-printed object");
    assert_eq!(records("{\n}\n{\n}{}"), ["1:1 {\n}", "3:1 {\n}", "4:2 {}"], "several");
    assert_eq!(records("{} {}"), ["1:1 {}", "1:4 {}"]);
    assert_eq!(
        records("[{\"a\": [1]}, {}\n,\n  {\"é\": \"\\\\\"}, {}]\n"),
        ["1:2 {\"a\": [1]}", "1:14 {}", "3:3 {\"é\": \"\\\\\"}", "3:16 {}"]
    );
    assert_eq!(records("[]"), Vec::<String>::new());
    assert_eq!(records("[{}]\n[{}]"), ["1:2 {}", "2:2 {}"], "pages");
    assert_eq!(
        records("[1, \"a]\", null,[2] ,{}]"),
        ["1:2 1", "1:5 \"a]\"", "1:11 null", "1:16 [2]", "1:21 {}"],
        "the scanner refuses them"
    );
}

#[test]
fn broken_documents_are_told_by_line() {
    let cut_off =
        |line, what| format!("! line {line}: the {what} that starts here never ends; the file may have been cut off");
    assert_eq!(records("{\n\"a\": 1"), [cut_off(1, "object")]);
    assert_eq!(records("\n\n[{},\n{\"a"), ["3:2 {}".to_owned(), cut_off(4, "object")]);
    assert_eq!(records("[{},\n1"), ["1:2 {}".to_owned(), "2:1 1".to_owned(), cut_off(1, "array")]);
    assert_eq!(records("[{},\n\"x\\"), ["1:2 {}".to_owned(), cut_off(2, "string")]);
    assert_eq!(records("[{}"), ["1:2 {}".to_owned(), cut_off(1, "array")]);
    assert_eq!(
        records("{},\n{}\n"),
        [
            "1:1 {}",
            "! line 1, column 3: expected the next object, found `,`; remove the comma, or put all objects into an array: `[…, …]`"
        ]
    );
    assert_eq!(
        records("[{}\n{}]"),
        [
            "1:2 {}",
            "! line 2, column 1: expected `,` or `]` behind an element of the array, found `{`; write a comma between the elements"
        ]
    );
    assert_eq!(
        records("[{},]"),
        ["1:2 {}", "! line 1, column 5: expected an element behind the comma, found `]`; remove the comma"]
    );
    assert_eq!(
        records("é: 1\n"),
        ["! line 1, column 1: expected a JSON object or an array of objects, found `é`; is it JSON or JSON Lines?"]
    );
    assert_eq!(
        records(b"\x1f\x8b\x08"),
        ["! line 1, column 1: expected a JSON object or an array of objects, found U+001F; is it JSON or JSON Lines?"]
    );
    assert_eq!(
        records(b"\xff\xfe{\0}\0"),
        ["! the text is UTF-16; save it as UTF-8 (PowerShell: `Out-File -Encoding utf8`)"]
    );
    assert_eq!(records(b"[{\"a\": \"\n\xe9\"}]"), ["! line 2, byte 1: invalid UTF-8 (0xe9); save the file as UTF-8"]);
}

#[test]
fn a_line_that_is_too_long_is_skipped() {
    let limits = Limits { block: 16, record: 40 };
    let text = format!("{{}}\n{{\"a\":\"{}\"}}\n{{\"b\":1}}\n{{\"c\":\"{}", "x".repeat(200), "y".repeat(90));
    let told = shown(Blocks::with_limits(Cursor::new(&text), limits));
    let too_long = |line| format!("! line {line}: the record has more than 40 bytes; split it into several records");
    assert_eq!(told, ["1:1 {}".to_owned(), too_long(2), "3:1 {\"b\":1}".to_owned(), too_long(4)]);
}

#[test]
fn an_object_that_is_too_long_ends_the_stream() {
    let limits = Limits { block: 16, record: 40 };
    let text = format!("[{{}},\n{{\"a\":\"{}\"}},{{}}]", "x".repeat(200));
    let told = shown(Blocks::with_limits(Cursor::new(&text), limits));
    assert_eq!(told, ["1:2 {}", "! line 2: the record has more than 40 bytes; split it into several records"]);
}

#[test]
fn long_records_pass_in_small_blocks() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
    assert_eq!(
        records(format!("{{}}\n{long}\n{long}")),
        ["1:1 {}".to_owned(), format!("2:1 {long}"), format!("3:1 {long}")]
    );
    assert_eq!(records(format!("[{long},\n{long}]")), [format!("1:2 {long}"), format!("2:1 {long}")]);
}

#[test]
fn memory_does_not_grow_with_the_stream() {
    let line = b"{\"a\":1,\"b\":[1,2,3]}\n";
    let text = line.repeat(100_000);
    let mut blocks = Blocks::with_limits(Cursor::new(&text), Limits { block: 4096, record: 1 << 20 });
    let mut count = 0;
    while let Some(block) = blocks.next() {
        let block = block.unwrap();
        assert!(block.bytes().len() <= 4096);
        assert_eq!(block.first_line(), count + 1);
        count += block.records().count() as u64;
        blocks.recycle(block);
    }
    assert_eq!(count, 100_000);
}

#[test]
fn a_failing_reader_is_told_with_its_line() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let told = shown(Blocks::new(Cursor::new("{}\n{}\n{}").chain(Failing)));
    assert_eq!(told, ["! cannot read on after line 3"]);
}

#[test]
fn places_inside_records_count_from_the_stream() {
    let record = RecordText { text: "{\"é\": x,\n  y}", line: 7, column: 3 };
    assert_eq!(record.position(7), crate::Position { line: 7, column: 9 });
    assert_eq!(record.position(12), crate::Position { line: 8, column: 3 });
}
