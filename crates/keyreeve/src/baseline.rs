//! `--baseline`: the fingerprints of an earlier findings document.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// The largest baseline that is read.
const MAX_BYTES: u64 = 1 << 30;

/// What is read of a finding.
#[derive(Deserialize)]
struct Entry {
    fingerprint: String,
}

#[derive(Deserialize)]
struct Document {
    findings: Vec<Entry>,
}

/// The fingerprints in a findings document, `json` or `jsonl`.
pub fn read(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    let reading = || format!("reading the baseline {}", path.display());
    let file = File::open(path).with_context(reading)?;
    if file.metadata().with_context(reading)?.len() > MAX_BYTES {
        bail!("reading the baseline {}: it has more than {MAX_BYTES} bytes", path.display());
    }
    let mut reader = BufReader::new(file);
    let beginning = reader.fill_buf().with_context(reading)?;
    // A document begins with its version, a finding with its fingerprint.
    let one_a_line = beginning.starts_with(b"{\"fingerprint\"");
    let entries = if one_a_line {
        serde_json::Deserializer::from_reader(reader).into_iter().collect::<Result<Vec<Entry>, _>>()
    } else if beginning.is_empty() {
        // What `jsonl` writes when it has found nothing.
        Ok(Vec::new())
    } else {
        serde_json::from_reader::<_, Document>(reader).map(|document| document.findings)
    };
    let entries = entries.with_context(|| {
        format!(
            "reading the baseline {}: expected a findings document as --format json or jsonl writes it",
            path.display()
        )
    })?;
    Ok(entries.into_iter().map(|entry| entry.fingerprint).collect())
}
