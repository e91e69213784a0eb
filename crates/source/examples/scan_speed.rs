//! How fast records are scanned: nanoseconds of CPU a record, median of several runs, on the seed's resource as one line.
//!
//! `cargo run --release -p source --example scan_speed`

use source::record::{Limits, Scanner};
use source::split::Blocks;
use std::hint::black_box;
use std::io::Cursor;

/// The resource of "Key Rotation Enabled" in `seeds/panther-kms-key-rotation.txt`, as `json.dumps` writes it.
const SEED: &str = concat!(
    r#"{"KeyRotationEnabled": true, "AccountId": "1122334455", "#,
    r#""Arn": "arn:aws:kms:us-west-2:11223344:key/1122233-asdf-adsf-111222333", "#,
    r#""CloudHsmClusterId": null, "CreationDate": "2019-01-01T00:00:00Z", "CustomKeyStoreId": null, "DeletionDate": null, "#,
    r#""Description": "Default master key that protects my Secrets Manager data when no other key is defined", "#,
    r#""Enabled": true, "ExpirationModel": null, "KeyId": "1122233-asdf-adsf-111222333", "KeyManager": "CUSTOMER", "#,
    r#""KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "ValidTo": null, "#,
    r#""Policy": "{JSON policy document see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html for details}"}"#,
);
const RECORDS: usize = 200_000;
const RUNS: usize = 9;

fn main() {
    let escaped = r#"{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::1122334455:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}]}"#;
    let policy =
        "{JSON policy document see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html for details}";
    let compact = SEED.replace("\": ", "\":").replace(", \"", ",\"");
    let inputs = [
        ("the same record, spaced", repeated(SEED)),
        ("the same record, compact", repeated(&compact)),
        ("varied values, spaced", varied(SEED)),
        ("varied values, compact", varied(&compact)),
        ("varied values and shapes", varied_shapes(&compact)),
        ("varied values, a real policy", varied(&SEED.replace(policy, escaped))),
        ("varied values, tags and lists", varied(&SEED.replace("\"ValidTo\": null", r#""ValidTo": null, "Tags": {"Team": "payments", "Environment": "production", "CostCentre": "4711"}, "Aliases": ["alias/a", "alias/b"], "MultiRegion": false"#))),
    ];
    println!("{:32} {:>6}  {:>8} {:>8} {:>8}  ns a record, median of {RUNS}", "", "bytes", "scan", "utf8", "all");
    for (name, text) in inputs {
        let bytes = text.len() / RECORDS - 1;
        let scan = median(|| scan_lines(&text));
        let utf8 = median(|| check_utf8(text.as_bytes()));
        let all = median(|| stream(text.as_bytes()));
        println!("{name:32} {bytes:>6}  {scan:>8.1} {utf8:>8.1} {all:>8.1}");
    }
}

fn repeated(record: &str) -> String {
    format!("{record}\n").repeat(RECORDS)
}

/// Another key, account, state and description each time.
fn varied(record: &str) -> String {
    let states = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"];
    let mut text = String::with_capacity(RECORDS * (record.len() + 16));
    let mut random = 42_u64;
    for _ in 0..RECORDS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let id =
            format!("{:07}-{:04x}-{:04x}-{:09}", random >> 41, random >> 20 & 0xffff, random & 0xffff, random >> 35);
        let state = states[(random >> 60) as usize % 4];
        let rotated = ["true", "false", "null"][(random >> 50) as usize % 3];
        let words = "my Secrets Manager data when no other key is defined".split_at((random >> 40) as usize % 52).0;
        let line = record
            .replace("1122233-asdf-adsf-111222333", &id)
            .replace("\"Enabled\": true", "\"Enabled\": false")
            .replace("\"KeyRotationEnabled\": true", &format!("\"KeyRotationEnabled\": {rotated}"))
            .replace("\"1122334455\"", &format!("\"{:012}\"", random >> 25))
            .replace("KeyState\": \"Enabled", &format!("KeyState\": \"{state}"))
            .replace("my Secrets Manager data when no other key is defined", words);
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Some fields are missing in some records.
fn varied_shapes(record: &str) -> String {
    let text = varied(record);
    let mut shaped = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        let line = match index * 7 % 5 {
            0 => line.replace("\"CloudHsmClusterId\":null,", ""),
            1 => line.replace("\"DeletionDate\":null,", ""),
            2 => line.replace(
                "\"ValidTo\":null,",
                "\"ValidTo\":\"2027-01-01T00:00:00Z\",\"Unknown\":{\"Policy\":{\"operation\":\"GetKeyPolicy\"}},",
            ),
            _ => line.to_owned(),
        };
        shaped.push_str(&line);
        shaped.push('\n');
    }
    shaped
}

fn scan_lines(text: &str) {
    let mut scanner = Scanner::new(Limits::default());
    for line in text.lines() {
        match scanner.scan_str(line) {
            Ok(record) => {
                black_box(record.len());
            }
            Err(error) => println!("{error}"),
        }
    }
}

fn check_utf8(text: &[u8]) {
    for block in text.chunks(256 << 10) {
        black_box(simdutf8::basic::from_utf8(block).is_ok());
    }
}

/// Cutting, UTF-8 and scanning, as a scan does it.
fn stream(text: &[u8]) {
    let mut scanner = Scanner::new(Limits::default());
    let mut blocks = Blocks::new(Cursor::new(text));
    while let Some(Ok(block)) = blocks.next() {
        for record in block.records().flatten() {
            match scanner.scan_str(record.text) {
                Ok(record) => {
                    black_box(record.len());
                }
                Err(error) => println!("{error}"),
            }
        }
        blocks.recycle(block);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds for display")]
fn median(run: impl Fn()) -> f64 {
    run();
    let mut times: Vec<u64> = (0..RUNS)
        .map(|_| {
            let start = cpu_time();
            run();
            cpu_time() - start
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2] as f64 / RECORDS as f64
}

/// Nanoseconds that this thread has spent on a processor, so that other work on the machine does not count; 0 where Linux is not.
fn cpu_time() -> u64 {
    let read = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    read.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}
