//! What a store survives: a log that was cut or damaged anywhere, as a crash in the middle of writing leaves it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::tempdir;

use crate::{commit, commits, numbered, open};

/// In the file itself, by a checkpoint.
const CHECKPOINTED: usize = 12;
/// In the write-ahead log only.
const LOGGED: usize = 12;

/// A store as a crash leaves it: file, log, and how long the log was when each commit was reported.
struct Crashed {
    file: Vec<u8>,
    log: Vec<u8>,
    reported: Vec<usize>,
}

fn log_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

fn crashed(path: &Path) -> Crashed {
    let store = open(path);
    for number in 1..=CHECKPOINTED {
        commit(&store, numbered(number)).unwrap();
    }
    drop(store);
    let store = open(path);
    let mut reported = Vec::new();
    for number in CHECKPOINTED + 1..=CHECKPOINTED + LOGGED {
        commit(&store, numbered(number)).unwrap();
        reported.push(fs::metadata(log_of(path)).unwrap().len() as usize);
    }
    let crashed = Crashed { file: fs::read(path).unwrap(), log: fs::read(log_of(path)).unwrap(), reported };
    assert_eq!(crashed.reported.last(), Some(&crashed.log.len()));
    crashed
}

fn commits_with_log(path: &Path, file: &[u8], log: &[u8]) -> usize {
    fs::write(path, file).unwrap();
    fs::write(log_of(path), log).unwrap();
    let found = commits(&open(path));
    // What was found stays found: the log was moved into the file.
    assert_eq!(commits(&open(path)), found);
    found
}

#[test]
fn a_log_cut_anywhere_loses_only_commits_that_were_not_yet_reported() {
    let directory = tempdir().unwrap();
    let Crashed { file, log, reported } = crashed(&directory.path().join("store.db"));
    let path = directory.path().join("cut.db");
    let near = reported.iter().flat_map(|end| [end - 1, *end, end + 1]);
    let mut cuts: Vec<usize> = (0..log.len()).step_by(6_007).chain(near).filter(|cut| *cut <= log.len()).collect();
    cuts.sort_unstable();
    let mut before = 0;
    for cut in cuts {
        let found = commits_with_log(&path, &file, &log[..cut]);
        let durable = CHECKPOINTED + reported.iter().filter(|end| **end <= cut).count();
        assert_eq!(found, durable, "cut at byte {cut}");
        assert!(found >= before, "cut at byte {cut}");
        before = found;
    }
    assert_eq!(before, CHECKPOINTED + LOGGED);
}

#[test]
fn a_checkpoint_cut_anywhere_loses_nothing() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let Crashed { file, log, .. } = crashed(&path);
    // Closed by now, so the log is in the file: these are the pages that a checkpoint writes, of which some were written.
    let after = fs::read(&path).unwrap();
    assert_ne!(after, file);
    let path = directory.path().join("cut.db");
    let pages = after.len() / 4096;
    for written in (0..=pages).step_by(3) {
        let mut torn = file.clone();
        for page in (0..pages).map(|page| page * 13 % pages).take(written) {
            torn.resize(torn.len().max((page + 1) * 4096), 0);
            torn[page * 4096..(page + 1) * 4096].copy_from_slice(&after[page * 4096..(page + 1) * 4096]);
        }
        // The last page only in part.
        torn.truncate(torn.len().saturating_sub(if written % 2 == 1 { 1_000 } else { 0 }).max(file.len()));
        assert_eq!(commits_with_log(&path, &torn, &log), CHECKPOINTED + LOGGED, "{written} of {pages} pages");
    }
}

#[test]
fn a_log_damaged_anywhere_loses_whole_commits_from_there_on_and_none_before() {
    let directory = tempdir().unwrap();
    let Crashed { file, log, reported } = crashed(&directory.path().join("store.db"));
    let path = directory.path().join("damaged.db");
    for at in (32..log.len()).step_by(17_011) {
        let mut damaged = log.clone();
        damaged[at] ^= 0x10;
        let found = commits_with_log(&path, &file, &damaged);
        let untouched = CHECKPOINTED + reported.iter().filter(|end| **end <= at).count();
        assert_eq!(found, untouched, "damaged at byte {at}");
    }
}
