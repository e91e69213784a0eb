//! Parses every line of a file into a document with sonic-rs, and counts keys that pass `AWS.CMK.KeyRotation`'s test of `Origin`.

use std::io::{BufRead, BufReader};

use sonic_rs::{JsonValueTrait, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: parse_sonic FILE")?;
    let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    let mut line = Vec::new();
    let mut found = 0_u64;
    while reader.read_until(b'\n', &mut line)? > 0 {
        let value: Value = sonic_rs::from_slice(&line)?;
        found += u64::from(value.get("Origin").and_then(|origin| origin.as_str()) == Some("AWS_KMS"));
        line.clear();
    }
    println!("{found}");
    Ok(())
}
