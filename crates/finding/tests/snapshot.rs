//! Snapshots as they are read and written: kinds of lines, packings, truncation, hostile input.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write;

use finding::snapshot::{Entry, Header, Reader, SnapshotWriter, Tally, open, open_with};
use finding::{Account, Accounts, ErrorRecord, Fact, FactContext, Tool};
use proptest::prelude::*;
use source::split::Limits;

/// What was found, in words.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    header: Option<Header>,
    accounts: usize,
    /// The id of each resource and the class of its environment.
    resources: Vec<(String, String)>,
    errors: Vec<String>,
    problems: Vec<String>,
    missing: Vec<String>,
}

fn read_with(bytes: &[u8], limits: Limits, readers: usize) -> Result<Seen, String> {
    let (prologue, mut batches) = open_with(bytes, Accounts::default(), limits).map_err(|error| error.to_string())?;
    let context = FactContext::new("2026-06-01T00:00:00Z".parse().unwrap(), &prologue.accounts);
    let mut seen = Seen { header: prologue.header.clone(), accounts: prologue.accounts.len(), ..Seen::default() };
    seen.errors = prologue.errors.iter().map(|error| error.message.clone()).collect();
    seen.problems = prologue.problems.iter().map(ToString::to_string).collect();
    let mut readers: Vec<Reader> = (0..readers).map(|_| Reader::new(["Environment"])).collect();
    let mut turn = 0;
    while let Some(batch) = batches.next() {
        let batch = match batch {
            Ok(batch) => batch,
            Err(problem) => {
                seen.problems.push(problem.to_string());
                continue;
            }
        };
        // As threads would: each batch to the next reader.
        turn = (turn + 1) % readers.len();
        readers[turn].read(&batch, |entry| match entry {
            Entry::Resource(resource, _) => {
                let class = match resource.fact_at(0, &context) {
                    Fact::Computed(class) => format!("{class:?}"),
                    other => format!("{other:?}"),
                };
                let id = resource.id().map_or_else(|error| error.to_string(), |id| id.into_owned());
                seen.resources.push((id, class));
            }
            Entry::Error(error) => seen.errors.push(error.message),
            Entry::Problem(problem) => seen.problems.push(problem.to_string()),
        });
        batches.recycle(batch);
    }
    let mut tally = prologue.tally.clone();
    readers.iter().for_each(|reader| tally.add(reader.tally()));
    seen.missing = tally.missing(prologue.header.as_ref()).iter().map(ToString::to_string).collect();
    Ok(seen)
}

fn read(bytes: impl AsRef<[u8]>) -> Seen {
    read_with(bytes.as_ref(), Limits::default(), 1).unwrap()
}

fn ids(seen: &Seen) -> Vec<&str> {
    seen.resources.iter().map(|(id, _)| id.as_str()).collect()
}

const HEADER: &str = r#"{"kind":"header","format_version":1,"tool":{"name":"keyreeve","version":"0.1.0"},"collected_at":"2026-05-06T07:08:09Z"}"#;
const ACCOUNT: &str = r#"{"kind":"account","id":"111122223333","ou":"Root/Prod"}"#;
const KEY: &str = r#"{"kind":"resource","ResourceType":"AWS.KMS.Key","AccountId":"111122223333","KeyId":"k1"}"#;
const ERROR: &str = r#"{"kind":"error","message":"ListKeys refused","region":"ap-east-1"}"#;
const END: &str = r#"{"kind":"end","accounts":1,"resources":1,"errors":1}"#;

fn whole() -> String {
    [HEADER, ACCOUNT, KEY, ERROR, END].join("\n") + "\n"
}

#[test]
fn a_whole_snapshot_is_read() {
    let seen = read(whole());
    assert_eq!(seen.header.as_ref().unwrap().collected_at.to_string(), "2026-05-06T07:08:09Z");
    assert_eq!(seen.accounts, 1);
    assert_eq!(seen.resources, [("k1".to_owned(), r#"Text("production")"#.to_owned())]);
    assert_eq!(seen.errors, ["ListKeys refused"]);
    assert_eq!((seen.problems, seen.missing), (Vec::<String>::new(), Vec::new()));
}

#[test]
fn packing_is_known_by_the_bytes() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(whole().as_bytes()).unwrap();
    assert_eq!(read(gzip.finish().unwrap()), read(whole()));
    assert_eq!(read(zstd::encode_all(whole().as_bytes(), 3).unwrap()), read(whole()));
}

#[test]
fn what_other_tools_export_is_read() {
    let a = r#"{"ResourceType":"AWS.KMS.Key","KeyId":"a"}"#;
    let b = r#"{"ResourceType":"AWS.S3.Bucket","ResourceId":"b","Nested":{"kind":"x"}}"#;
    for text in [
        format!("{a}\n{b}\n"),
        format!("{a}\n\n  {b}"),
        format!("[{a},\n {b}]"),
        format!("[\n  {a},\n  {b}\n]\n"),
        format!("{}\n{}", a.replace(',', ",\n  "), b.replace(',', ",\n  ")),
    ] {
        let seen = read(&text);
        assert_eq!(ids(&seen), ["a", "b"], "{text}");
        assert!(seen.problems.is_empty() && seen.missing.is_empty(), "{seen:?}");
    }
    for empty in ["", "\n", "[]", " [ ] "] {
        assert_eq!(read(empty), Seen::default(), "{empty:?}");
    }
}

#[test]
fn a_snapshot_without_its_end_was_cut_off() {
    let lines = [HEADER, ACCOUNT, KEY, ERROR];
    for count in 1..=lines.len() {
        let seen = read(lines[..count].join("\n"));
        assert_eq!(seen.missing, ["the snapshot has no `end` line, so it was cut off: take it again"]);
    }
    let text = whole();
    for length in HEADER.len()..text.len() - 2 {
        let seen = read(&text[..length]);
        assert!(!seen.missing.is_empty(), "cut at {length}: {seen:?}");
    }
}

#[test]
fn the_numbers_of_the_end_are_compared() {
    let seen = read(whole().replace(r#""resources":1"#, r#""resources":7"#));
    assert_eq!(seen.missing, ["the `end` line says 7 resources, but there are 1: lines were lost or added"]);
    let seen = read([HEADER, KEY, END].join("\n"));
    assert_eq!(seen.missing.len(), 2);
    let seen = read([HEADER, ACCOUNT, KEY, ERROR, END, KEY].join("\n"));
    assert_eq!(seen.missing, ["lines follow the `end` line: give joined snapshots as several files, each whole"]);
}

#[test]
fn joined_snapshots_are_not_taken_for_one() {
    let seen = read(whole() + &whole());
    assert_eq!(seen.resources.len(), 2);
    assert_eq!(
        seen.problems,
        [
            "line 6, column 1: a header that is not the first line: give joined snapshots as several files, each whole",
            "line 7, column 1: an account line behind the first resource, which joins nothing: put the account lines in front of all resources",
        ]
    );
    assert_eq!(seen.missing, ["lines follow the `end` line: give joined snapshots as several files, each whole"]);
}

#[test]
fn a_wrong_line_is_named_and_the_others_are_read() {
    let table = [
        (
            r#"{"kind":"key"}"#,
            r#"unknown kind "key": a line's `kind` is header, account, resource, error or end, or it has none and is a resource"#,
        ),
        (
            r#"{"kind":null}"#,
            "unknown kind null: a line's `kind` is header, account, resource, error or end, or it has none and is a resource",
        ),
        (r#"{"kind":"error"}"#, "the error line is not valid: missing field `message`"),
        (
            r#"{"kind":"end","accounts":-1,"resources":0,"errors":0}"#,
            "the end line is not valid: invalid value: integer `-1`, expected u64",
        ),
        (r#"{"Unknown":[]}"#, "`Unknown` must be an object from field to fact, not []"),
    ];
    for (wrong, message) in table {
        let (before, behind) = (format!("{wrong}\n{KEY}\n"), format!("{KEY}\n{wrong}\n{KEY}"));
        let (before, behind) = (read(before), read(behind));
        assert_eq!((before.resources.len(), behind.resources.len()), (1, 2), "{wrong}");
        assert_eq!(before.problems, [format!("line 1, column 1: {message}")]);
        assert_eq!(behind.problems, [format!("line 2, column 1: {message}")]);
    }
    for wrong in [r#"{"a":1,"a":2}"#, r#"{"a":1"#, "nonsense", "7", r#""text""#, "[1]", "{\"a\":\"\u{1}\"}"] {
        let seen = read(format!("{KEY}\n{wrong}\n{KEY}\n"));
        assert_eq!((seen.resources.len(), seen.problems.len()), (2, 1), "{wrong}: {seen:?}");
        assert!(seen.problems[0].starts_with("line 2, column "), "{seen:?}");
    }
    let seen = read([KEY.as_bytes(), b"\n{\"a\":\"\xff\"}\n", KEY.as_bytes()].concat());
    assert_eq!((seen.resources.len(), seen.problems.len()), (2, 1), "{seen:?}");
}

#[test]
fn accounts_that_are_not_valid_or_described_twice_are_named() {
    let seen = read(format!("{ACCOUNT}\n{ACCOUNT}\n{KEY}"));
    assert_eq!(seen.problems, ["line 2, column 1: account 111122223333 is described twice: the last one counts"]);
    let seen = read(format!("{}\n{KEY}", r#"{"kind":"account","id":5}"#));
    assert_eq!(
        seen.problems,
        ["line 1, column 1: the account line is not valid: invalid type: integer `5`, expected a string"]
    );
}

#[test]
fn without_a_valid_header_nothing_is_read() {
    let refused = |text: &str| read_with(text.as_bytes(), Limits::default(), 1).unwrap_err();
    assert_eq!(
        refused(&whole().replace(r#""format_version":1"#, r#""format_version":2"#)),
        "line 1: the snapshot has format 2, written by keyreeve 0.1.0; formats up to 1 are read: use a newer program"
    );
    assert_eq!(
        refused(&whole().replace("2026-05-06T07:08:09Z", "soon")),
        "line 1: the header line is not valid: `collected_at` is \"soon\", not a date such as 2026-05-06T07:08:09Z"
    );
    assert_eq!(refused(r#"{"kind":"header"}"#), "line 1: the header line is not valid: missing field `format_version`");
}

#[test]
fn records_are_bounded_and_bombs_stream() {
    let limits = Limits { block: 4096, record: 16 << 10 };
    let long = format!("{KEY}\n{{\"Policy\":\"{}\"}}\n{KEY}\n", "x".repeat(64 << 10));
    let seen = read_with(long.as_bytes(), limits, 1).unwrap();
    assert_eq!((seen.resources.len(), seen.problems.len()), (2, 1), "{:?}", seen.problems);
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(b' '), 64 << 20), 3).unwrap();
    assert!(bomb.len() < 64 << 10);
    let seen = read_with(&bomb, limits, 1).unwrap();
    assert!(seen.resources.is_empty() && seen.problems.len() <= 1, "{:?}", seen.problems);
}

/// What a few kilobytes can unpack to may cost neither memory nor time without end.
#[test]
fn what_is_held_of_a_hostile_file_is_bounded() {
    let broken = read(format!("{{\"kind\":1}}\n{{}}{}", "\n{\"kind\":1}".repeat(5)));
    assert_eq!((broken.problems.len(), broken.resources.len()), (6, 1));
    let broken = read("{\"kind\":1}\n".repeat(20_000));
    assert_eq!(broken.problems.len(), 1_001);
    assert_eq!(broken.problems[1_000], "19000 more lines are not valid: is this a snapshot?");

    let tags: Vec<String> = (0..20_000).map(|number| format!(r#""tag{number:06}":"v""#)).collect();
    let account = format!(r#"{{"kind":"account","id":"111122223333","ou":"Root/Prod","tags":{{{}}}}}"#, tags.join(","));
    let seen = read(format!("{account}\n{KEY}"));
    let message = format!(
        "line 1, column 1: the account line has {} bytes, more than the 262144 allowed: leave tags out",
        account.len()
    );
    assert_eq!(seen.problems, [message]);
    assert_eq!(seen.resources, [("k1".to_owned(), r#"Text("unknown")"#.to_owned())]);
}

#[test]
fn an_object_far_larger_than_any_resource_is_refused() {
    let members = |count: usize| (0..count).map(|number| format!(r#","m{number}":1"#)).collect::<String>();
    let fits = format!(r#"{{"ResourceType":"T","KeyId":"k"{}}}"#, members(4_094));
    assert_eq!(ids(&read(&fits)), ["k"]);
    let seen = read(format!(r#"{{"ResourceType":"T","KeyId":"k"{}}}"#, members(4_095)));
    assert_eq!(
        seen.problems,
        [
            "line 1, column 1: the object has 4097 members, more than the 4096 of a resource: write one object for each resource"
        ]
    );
    let fact = r#"{"operation":"o","code":"c","message":"m"}"#;
    let facts = |count: usize| (0..count).map(|number| format!(r#""f{number}":{fact}"#)).collect::<Vec<_>>().join(",");
    assert_eq!(ids(&read(format!(r#"{{"KeyId":"k","Unknown":{{{}}}}}"#, facts(256)))), ["k"]);
    let seen = read(format!(r#"{{"KeyId":"k","Unknown":{{{}}}}}"#, facts(257)));
    assert!(seen.problems[0].contains("`Unknown` lists more than 256 fields"), "{seen:?}");
}

#[test]
fn a_policy_of_ten_megabytes_is_a_value_like_any_other() {
    let text = format!("{}\n", KEY.replace('}', &format!(r#","Policy":"{}"}}"#, "p".repeat(10 << 20))));
    let seen = read(&text);
    assert_eq!(ids(&seen), ["k1"]);
    assert!(seen.problems.is_empty());
}

#[test]
fn the_threads_that_read_do_not_change_what_is_read() {
    let mut text = format!("{HEADER}\n{ACCOUNT}\n");
    for number in 0..3000 {
        text += &format!(
            r#"{{"kind":"resource","ResourceType":"AWS.KMS.Key","AccountId":"111122223333","KeyId":"k{number}"}}"#
        );
        text += "\n";
    }
    text += r#"{"kind":"end","accounts":1,"resources":3000,"errors":0}"#;
    let limits = Limits { block: 4096, ..Limits::default() };
    let one = read_with(text.as_bytes(), limits, 1).unwrap();
    assert_eq!(one.resources.len(), 3000);
    assert!(one.missing.is_empty() && one.problems.is_empty(), "{:?} {:?}", one.missing, one.problems);
    assert_eq!(read_with(text.as_bytes(), limits, 4).unwrap(), one);
    assert_eq!(read(text), one);
}

#[test]
fn many_accounts_may_fill_several_blocks() {
    let mut text = format!("{HEADER}\n");
    for number in 0..500 {
        text += &format!("{{\"kind\":\"account\",\"id\":\"{number:012}\",\"ou\":\"Root/Dev\"}}\n");
    }
    text += r#"{"ResourceType":"AWS.KMS.Key","AccountId":"000000000499","KeyId":"k"}"#;
    text += "\n{\"kind\":\"end\",\"accounts\":500,\"resources\":1,\"errors\":0}\n";
    let seen = read_with(text.as_bytes(), Limits { block: 1024, ..Limits::default() }, 2).unwrap();
    assert_eq!((seen.accounts, &*seen.resources[0].1), (500, r#"Text("development")"#));
    assert!(seen.missing.is_empty() && seen.problems.is_empty(), "{seen:?}");
}

fn header() -> Header {
    Header {
        format_version: 1,
        tool: Tool { name: "keyreeve".into(), version: "0.1.0".into() },
        collected_at: "2026-05-06T07:08:09Z".parse().unwrap(),
    }
}

fn written(accounts: &[&str], resources: &[String], errors: &[&str]) -> String {
    let mut writer = SnapshotWriter::new(header());
    accounts.iter().for_each(|line| writer.add_account(serde_json::from_str::<Account>(line).unwrap()));
    resources.iter().for_each(|line| writer.add_resource(line).unwrap());
    for message in errors {
        writer.add_error(&ErrorRecord { message: (*message).into(), ..ErrorRecord::default() }).unwrap();
    }
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_frozen() {
    let text = written(
        &[r#"{"id":"2"}"#, r#"{"id":"1","name":"a","tags":{"z":"1","b":"2"}}"#],
        &[
            r#"{ "ResourceType": "AWS.KMS.Key", "AccountId": "2", "KeyId": "k", "Tags": {"a":
                1} }"#
                .into(),
            r#"{"ResourceType":"AWS.KMS.Key","KeyId":"é\u00e9","AccountId":"1","kind":"resource"}"#.into(),
        ],
        &["z", "a"],
    );
    let frozen = [
        HEADER,
        r#"{"kind":"account","id":"1","name":"a","email":"","joined":null,"ou":"","tags":{"b":"2","z":"1"}}"#,
        r#"{"kind":"account","id":"2","name":"","email":"","joined":null,"ou":"","tags":{}}"#,
        r#"{"kind":"resource","ResourceType":"AWS.KMS.Key","KeyId":"é\u00e9","AccountId":"1"}"#,
        r#"{"kind":"resource","ResourceType":"AWS.KMS.Key","AccountId":"2","KeyId":"k","Tags":{"a":                 1}}"#,
        r#"{"kind":"error","message":"a","file":null,"account_id":null,"region":null,"operation":null}"#,
        r#"{"kind":"error","message":"z","file":null,"account_id":null,"region":null,"operation":null}"#,
        r#"{"kind":"end","accounts":2,"resources":2,"errors":2}"#,
    ];
    assert_eq!(text, frozen.join("\n") + "\n");
}

#[test]
fn the_code_of_an_error_is_read_and_written() {
    let line = r#"{"kind":"error","message":"refused","file":null,"account_id":null,"region":null,"operation":"ListKeys","code":"AccessDeniedException"}"#;
    let (prologue, _) = open(line.as_bytes(), Accounts::default()).unwrap();
    assert_eq!(prologue.errors[0].code.as_deref(), Some("AccessDeniedException"));
    let mut writer = SnapshotWriter::new(header());
    writer.add_error(&prologue.errors[0]).unwrap();
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap().lines().nth(1), Some(line));
}

#[test]
fn what_cannot_be_told_apart_is_not_written() {
    let mut writer = SnapshotWriter::new(header());
    for wrong in
        ["", "[]", "{", r#"{"a":1,"a":1}"#, r#"{"ResourceType":"T"}"#, r#"{"ResourceId":"r"}"#, r#"{"Unknown":1}"#]
    {
        assert!(writer.add_resource(wrong).is_err(), "{wrong}");
    }
}

/// Any resource: odd members, odd order, unknown facts.
fn resource() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "\\PC{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        Just(r#"{"a":[1, 2,{"kind":"end"}]}"#.to_owned()),
    ];
    let members = proptest::collection::btree_map("[A-Za-z é\"]{1,6}x", value, 0..5);
    ("[0-9]{12}", "[a-z]{2}-[a-z]{3}-[0-9]", "[a-z]{1,3}", members).prop_map(|(account, region, id, members)| {
        let mut text =
            format!(r#"{{"ResourceType":"AWS.KMS.Key","AccountId":"{account}","Region":"{region}","KeyId":"{id}""#);
        for (name, value) in members {
            text += &format!(",{}:{value}", serde_json::Value::from(name));
        }
        text + "}"
    })
}

proptest! {
    #[test]
    fn a_snapshot_reads_back_what_was_written_in_whatever_order(resources in proptest::collection::vec(resource(), 0..8), turn in 0_usize..8) {
        let accounts = [r#"{"id":"1"}"#, r#"{"id":"2","ou":"Root"}"#];
        let text = written(&accounts, &resources, &["b", "a"]);
        let mut turned = resources.clone();
        turned.rotate_left(turn.min(resources.len()));
        prop_assert_eq!(&written(&accounts, &turned, &["a", "b"]), &text);
        let seen = read(&text);
        prop_assert_eq!(seen.resources.len(), resources.len());
        prop_assert!(seen.problems.is_empty() && seen.missing.is_empty(), "{:?}", seen);
        // What was written is what is written of it.
        let lines: Vec<String> = text.lines().filter(|line| line.starts_with(r#"{"kind":"resource""#)).map(str::to_owned).collect();
        prop_assert_eq!(written(&accounts, &lines, &["a", "b"]), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_with(&bytes, Limits::default(), 1);
    }

    #[test]
    fn any_soup_of_lines_is_read_or_refused(lines in proptest::collection::vec(prop_oneof![
        Just(HEADER), Just(ACCOUNT), Just(KEY), Just(ERROR), Just(END), Just("["), Just("]"), Just("{}"), Just("{\"kind\":1}"), Just(","),
    ], 0..10)) {
        let text = lines.join("\n");
        for block in [300, 1000, 4096] {
            let limits = Limits { block, ..Limits::default() };
            prop_assert_eq!(read_with(text.as_bytes(), limits, 3), read_with(text.as_bytes(), Limits::default(), 1));
        }
    }
}

#[test]
fn tallies_of_nothing_miss_nothing() {
    assert!(Tally::default().missing(None).is_empty());
    assert!(open(&b"PK\x03\x04"[..], Accounts::default()).is_err());
}

/// What the threads of a scan share or hand to one another.
#[test]
fn batches_and_readers_may_go_to_other_threads() {
    fn sent<T: Send>(_: &T) {}
    fn shared<T: Sync>(_: &T) {}
    let text = whole();
    let (prologue, mut batches) = open(text.as_bytes(), Accounts::default()).unwrap();
    shared(&prologue.accounts);
    sent(&batches);
    let batch = batches.next().unwrap().unwrap();
    sent(&batch);
    sent(&Reader::new([]));
}
