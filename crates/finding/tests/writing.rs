//! The snapshot writer: what does not fit into memory comes out as if it had.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use finding::snapshot::{Header, SnapshotWriter, SortLimits, WriteError};
use finding::{ErrorRecord, Tool};
use proptest::prelude::*;

fn header() -> Header {
    let tool = Tool { name: "keyreeve".into(), version: "0.1.0".into() };
    Header { format_version: 1, tool, collected_at: "2026-05-06T07:08:09Z".parse().unwrap() }
}

/// Account, region and key id; texts with odd bytes, of which some begin others.
type Name = (String, String, String);

fn resource((account, region, id): &Name, note: &str) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let [account, region, id, note] = [account, region, id, note].map(text);
    format!(
        r#"{{"ResourceType":"AWS.KMS.Key","AccountId":{account},"Region":{region},"KeyId":{id},"Description":{note}}}"#
    )
}

fn error(parts: &[Option<String>; 3]) -> ErrorRecord {
    let [message, account_id, code] = parts.clone();
    ErrorRecord { message: message.unwrap_or_default(), account_id, code, ..ErrorRecord::default() }
}

/// Sorted in memory, as simply as can be.
fn naively(resources: &[(Name, String)], errors: &[ErrorRecord]) -> String {
    let line = |kind: &str, json: &str| format!("{{\"kind\":\"{kind}\",{}\n", &json[1..]);
    let mut lines: Vec<(Name, String)> =
        resources.iter().map(|(name, note)| (name.clone(), line("resource", &resource(name, note)))).collect();
    lines.sort();
    let mut errors = errors.to_vec();
    errors.sort();
    let mut text = line("header", &serde_json::to_string(&header()).unwrap());
    text.extend(lines.iter().map(|(_, line)| line.as_str()));
    text.extend(errors.iter().map(|error| line("error", &serde_json::to_string(error).unwrap())));
    let counts = format!("{{\"accounts\":0,\"resources\":{},\"errors\":{}}}", lines.len(), errors.len());
    text + &line("end", &counts)
}

fn written(resources: &[(Name, String)], errors: &[ErrorRecord], limits: SortLimits) -> String {
    let mut writer = SnapshotWriter::with_limits(header(), Cursor::new(Vec::new()), limits);
    let mut errors = errors.iter();
    for (name, note) in resources {
        writer.add_resource(&resource(name, note)).unwrap();
        errors.next().into_iter().for_each(|error| writer.add_error(error).unwrap());
    }
    errors.for_each(|error| writer.add_error(error).unwrap());
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn name() -> impl Strategy<Value = Name> {
    let part = "[ab\u{0}\u{1}é]{0,3}";
    (part, part, "[ab\u{0}\u{1}é]{1,3}")
}

proptest! {
    #[test]
    fn runs_of_any_size_give_the_bytes_of_sorting_in_memory(
        resources in proptest::collection::vec((name(), "[ -~é]{0,40}"), 0..60),
        errors in proptest::collection::vec(proptest::array::uniform3(proptest::option::of("[ab\u{0}]{0,2}")), 0..20),
        run in 0_usize..1_500, merged in 0_usize..5,
    ) {
        let errors: Vec<_> = errors.iter().map(error).collect();
        prop_assert_eq!(written(&resources, &errors, SortLimits { run, merged }), naively(&resources, &errors));
    }
}

#[test]
fn one_line_longer_than_a_run_is_written_whole() {
    let resources: Vec<_> =
        (0..5).map(|i| (("1".into(), "r".into(), format!("k{}", 4 - i)), "x".repeat(100_000 * i))).collect();
    let small = SortLimits { run: 1_000, merged: 2 };
    assert_eq!(written(&resources, &[], small), naively(&resources, &[]));
}

/// A spool on a disk that is full from the start, or turns out to be when it is read again.
#[derive(Debug)]
struct Failing {
    bytes: Cursor<Vec<u8>>,
    room: usize,
    readable: bool,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.readable { self.bytes.read(into) } else { Err(io::ErrorKind::Other.into()) }
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[test]
fn a_full_disk_is_an_error_that_says_so_and_an_unreadable_one_loses_nothing_silently() {
    let limits = SortLimits { run: 100, merged: 2 };
    let add = |room, readable| {
        let spool = Failing { bytes: Cursor::default(), room, readable };
        let mut writer = SnapshotWriter::with_limits(header(), spool, limits);
        let lines = (0..50).map(|i| resource(&("1".into(), "r".into(), i.to_string()), ""));
        lines.map(|line| writer.add_resource(&line)).collect::<Result<Vec<_>, _>>().map(|_| writer)
    };
    let full = add(200, true).unwrap_err();
    assert!(matches!(full, WriteError::Spool(_)));
    assert!(full.to_string().starts_with("cannot write the temporary file"), "{full}");
    assert!(add(1 << 20, false).unwrap().write(Vec::new()).is_err());
    assert!(add(1 << 20, true).unwrap().write(Vec::new()).is_ok());
}
