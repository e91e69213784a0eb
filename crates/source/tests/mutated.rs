//! Seeds and packs with a few bytes changed, cut, doubled or moved: what must hold for any bytes holds.

#![expect(clippy::expect_used, reason = "a test")]

mod checks;
#[path = "../../../fuzz/mutate.rs"]
mod mutate;

use mutate::{Dice, mutate};
use std::path::{Path, PathBuf};

const JSON: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\\u0061",
    b"\\ud83d",
    b"\xff",
    b"\xf0\x9f\x94\x91",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-0",
    b"tru",
    b"\"a\":1,",
    b"          ",
];
const YAML: [&[u8]; 32] = [
    b"- ",
    b": ",
    b"\n",
    b"\r\n",
    b"\t",
    b"  ",
    b"'",
    b"\"",
    b"|\n",
    b">-\n",
    b"&a ",
    b"*a",
    b"<<: *a",
    b"!!int ",
    b"!x ",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"? ",
    b"# ",
    b"---\n",
    b"...\n",
    b"%YAML 1.2\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"0x",
    b"~",
    b"\\",
];

/// The files below a folder with one of the endings.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings.contains(&path.extension().and_then(|own| own.to_str()).unwrap_or_default()) {
            found.push(path);
        }
    }
}

fn run(target: &str, folders: &[&str], endings: &[&str], words: &[&[u8]], seed: u64) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| files(&root.join(folder), endings, &mut paths));
    paths.sort();
    let texts: Vec<Vec<u8>> =
        paths.iter().map(|path| std::fs::read(path).expect("a seed")).filter(|text| text.len() < 8_000).collect();
    assert!(texts.len() > 5, "{folders:?} hold seeds");
    let check = checks::named(target).expect("a check of that name");
    let mut dice = Dice(seed);
    // More with `KEYREEVE_ROUNDS=1000000 cargo test -p source --test mutated`.
    let rounds = std::env::var("KEYREEVE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(300);
    for round in 0..rounds {
        let mut bytes = texts.get(dice.below(texts.len())).cloned().unwrap_or_default();
        for _ in 0..=dice.below(5) {
            mutate(&mut bytes, words, &mut dice);
        }
        println!("round {round}: {:?}", String::from_utf8_lossy(&bytes));
        check(&bytes);
    }
}

#[test]
fn mutated_records_are_judged_alike() {
    run("record", &["fuzz/corpus/record", "fuzz/corpus/json"], &["json", ""], &JSON, 0x9E37_79B9_7F4A_7C15);
}

#[test]
fn mutated_streams_are_cut_alike() {
    run("split", &["fuzz/corpus/split"], &[""], &JSON, 0x2545_F491_4F6C_DD1D);
}

#[test]
fn mutated_packs_have_sane_places() {
    run("yaml", &["fuzz/corpus/yaml", "detections"], &["yml", "yaml", ""], &YAML, 0x1234_5678_9ABC_DEF1);
}
