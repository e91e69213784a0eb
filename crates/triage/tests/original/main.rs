//! Every row of the tables of what the original does, by its number: what *we* do. The page is made from the same rows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod controls;
mod decisions;
mod incidents;
mod kms;
mod outcomes;
mod penalties;
mod support;
mod table;

use triage::differences::{Standing, TABLES, page};

const TESTS: [&str; 6] = [
    include_str!("decisions.rs"),
    include_str!("controls.rs"),
    include_str!("incidents.rs"),
    include_str!("penalties.rs"),
    include_str!("outcomes.rs"),
    include_str!("kms.rs"),
];

/// A row that says `Here` without a test would be a claim; a test without a row would be a secret.
#[test]
fn every_row_that_we_claim_has_its_test_and_every_test_its_row() {
    let named = |id: &str| TESTS.iter().any(|file| file.contains(&format!("fn {}_", id.to_lowercase())));
    let mut ids = Vec::new();
    for row in TABLES.iter().flat_map(|table| table.rows) {
        assert_eq!(row.standing == Standing::Here, named(row.id), "{}", row.id);
        ids.push(row.id.to_lowercase());
    }
    let tests =
        TESTS.iter().flat_map(|file| file.split("#[test]\nfn ").skip(1)).map(|test| test.split('_').next().unwrap());
    for test in tests {
        assert!(ids.iter().any(|id| id == test), "{test}");
    }
    let count = |letter: &str| ids.iter().filter(|id| id.starts_with(letter)).count();
    assert_eq!(["d", "c", "i", "p", "r", "k"].map(count), [10, 12, 15, 6, 11, 30]);
}

#[test]
fn the_page_of_differences_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/triage-differences.md");
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::write(file, page()).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        kept == page(),
        "docs/triage-differences.md is out of date: KEYREEVE_WRITE_DOCS=1 cargo test -p triage --test original"
    );
}
