//! The seeds of the fuzz targets, run on the stable compiler: hostile files, and what fuzzing has found.

#![expect(clippy::expect_used, clippy::panic, reason = "a test")]

mod checks;

use std::path::PathBuf;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("reading {}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has seeds", folder.display());
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).expect("a seed"))).collect()
}

fn run(target: &str) {
    let check = checks::named(target).expect("a check of that name");
    for (file, data) in corpus(target) {
        println!("{}", file.display());
        check(&data);
        // A file that is cut off anywhere, and one that holds something after its end.
        for end in (0..data.len()).step_by(1 + data.len() / 40) {
            check(&data[..end]);
        }
        check(&[&data[..], b"\xff"].concat());
    }
}

#[test]
fn json_seeds_hold() {
    run("json");
}

#[test]
fn record_seeds_hold() {
    run("record");
}

#[test]
fn stream_seeds_hold() {
    run("split");
}

#[test]
fn yaml_seeds_hold() {
    run("yaml");
}

#[test]
fn every_seed_of_one_target_is_safe_for_the_others() {
    for target in ["json", "record", "split", "yaml"] {
        for (file, data) in corpus(target) {
            println!("{}", file.display());
            for name in ["json", "record", "split", "yaml"] {
                checks::named(name).expect("a check of that name")(&data);
            }
        }
    }
}
