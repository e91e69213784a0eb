//! Parses every line of a file into a document with serde_json, and counts keys that pass `AWS.CMK.KeyRotation`'s test of `Origin`.

use std::io::{BufRead, BufReader};

use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: parse_serde FILE")?;
    let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    let mut line = Vec::new();
    let mut found = 0_u64;
    while reader.read_until(b'\n', &mut line)? > 0 {
        let value: Value = serde_json::from_slice(&line)?;
        found += u64::from(value.get("Origin").and_then(Value::as_str) == Some("AWS_KMS"));
        line.clear();
    }
    println!("{found}");
    Ok(())
}
