//! How much memory the snapshot writer takes: the only test of its process, which it measures.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Write};

use finding::Tool;
use finding::snapshot::{Header, SnapshotWriter};

/// The most memory that this process has held so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn an_inventory_of_many_times_its_memory_is_sorted() {
    const KEYS: u64 = 12_000;
    let tool = Tool { name: "keyreeve".into(), version: "0.1.0".into() };
    let header = Header { format_version: 1, tool, collected_at: "2026-05-06T07:08:09Z".parse().unwrap() };
    let before = peak();
    let mut writer = SnapshotWriter::spooled(header, tempfile::tempfile().unwrap());
    let mut state = 1_u64;
    let mut bytes = 0;
    for _ in 0..KEYS {
        // A generator of which no two keys are alike, and which no packing makes small.
        let mut noise = String::new();
        for _ in 0..100 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            noise += &format!("{:016x}", state ^ (state >> 33));
        }
        let line = format!(
            r#"{{"ResourceType":"AWS.KMS.Key","AccountId":"111111111111","Region":"eu-north-1","KeyId":"{}","Description":"{noise}"}}"#,
            &noise[..32],
        );
        bytes += line.len();
        writer.add_resource(&line).unwrap();
    }
    assert!(bytes > 18 << 20);
    let mut file = tempfile::tempfile().unwrap();
    assert_eq!(writer.write(std::io::BufWriter::new(&file)).unwrap().resources, KEYS);
    let grown = peak() - before;
    assert!(grown < 16 << 10, "sorting {bytes} bytes took {grown} KiB");

    file.flush().unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let mut last = String::new();
    let mut sorted = 0;
    for line in BufReader::new(&file).lines().map(Result::unwrap).filter(|line| line.contains("\"resource\"")) {
        assert!(last < line);
        last = line;
        sorted += 1;
    }
    assert_eq!(sorted, KEYS);
}
