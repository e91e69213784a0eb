//! Backups, restoring them, and the log written out.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use store::sqlite::{check, export_log, restore};
use store::{Store, verify_lines};
use tempfile::tempdir;

use crate::{commit, commits, numbered, open, wait};

fn filled(path: &Path, count: usize) {
    let store = open(path);
    for number in commits(&store) + 1..=count {
        commit(&store, numbered(number)).unwrap();
    }
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_backup_taken_while_others_write_is_a_whole_store_of_one_moment() {
    let directory = tempdir().unwrap();
    let store = &open(&directory.path().join("store.db"));
    let done = &AtomicBool::new(false);
    let backups = directory.path().join("backups");
    fs::create_dir(&backups).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=60 {
                commit(store, numbered(number)).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut taken = 0;
        while !done.load(Ordering::Relaxed) || taken == 0 {
            let before =
                wait(store.events(Default::default(), store::Page { after: None, limit: 1000 })).unwrap().len();
            let path = backups.join(format!("{taken}.db"));
            store.backup(&path, false).unwrap();
            assert!(commits(&open(&path)) >= before);
            taken += 1;
        }
    });
    assert!(names(&backups).iter().all(|name| name.ends_with(".db")), "{:?}", names(&backups));
    assert_eq!(commits(store), 60);
}

#[test]
fn a_backup_replaces_a_file_only_when_asked_to() {
    let directory = tempdir().unwrap();
    let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    filled(&path, 1);
    fs::write(&backup, b"mine").unwrap();
    let store = open(&path);
    let error = store.backup(&backup, false).unwrap_err().to_string();
    let remedy = "backup.db: it is there already: name another file, or replace it with `--replace`";
    assert!(error.contains(remedy), "{error}");
    assert_eq!(fs::read(&backup).unwrap(), b"mine");
    store.backup(&backup, true).unwrap();
    assert_eq!(commits(&open(&backup)), 1);
    let nowhere = store.backup(&directory.path().join("nowhere/backup.db"), false).unwrap_err().to_string();
    assert!(nowhere.contains("nowhere/backup.db"), "{nowhere}");
}

#[test]
fn a_backup_is_brought_back_after_it_was_gone_through() {
    let directory = tempdir().unwrap();
    let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    filled(&path, 3);
    open(&path).backup(&backup, false).unwrap();
    let new = directory.path().join("new.db");
    let (checked, kept) = restore(&backup, &new, false).unwrap();
    assert_eq!((checked.log.events, kept), (3, None));
    assert_eq!(checked, check(&path).unwrap());
    assert_eq!(commits(&open(&new)), 3);
    assert_eq!(names(directory.path()), ["backup.db", "new.db", "store.db"]);
}

#[test]
fn restoring_replaces_a_store_only_when_asked_to_and_keeps_it_beside() {
    let directory = tempdir().unwrap();
    let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    filled(&path, 2);
    open(&path).backup(&backup, false).unwrap();
    filled(&path, 5);
    let error = restore(&backup, &path, false).unwrap_err().to_string();
    let remedy = "store.db: it is there already: `--replace` puts the backup in its place and keeps it beside";
    assert!(error.contains(remedy), "{error}");
    let (_, kept) = restore(&backup, &path, true).unwrap();
    assert_eq!(commits(&open(&path)), 2);
    assert_eq!(commits(&open(&kept.unwrap())), 5);
    let (_, again) = restore(&backup, &path, true).unwrap();
    assert_eq!(commits(&open(&again.unwrap())), 2);
}

#[test]
fn what_was_left_by_a_kill_is_brought_back_with_its_last_commits() {
    let directory = tempdir().unwrap();
    let (path, killed) = (directory.path().join("store.db"), directory.path().join("killed.db"));
    filled(&path, 2);
    let store = open(&path);
    commit(&store, numbered(3)).unwrap();
    // As a copy of the disk would have it: the last commit is in the log only.
    fs::copy(directory.path().join("store.db-wal"), directory.path().join("killed.db-wal")).unwrap();
    drop(store);
    filled(&path, 3);
    fs::copy(&path, &killed).unwrap();
    let new = directory.path().join("new.db");
    assert_eq!(restore(&killed, &new, false).unwrap().0.log.events, 3);
    assert_eq!(commits(&open(&new)), 3);
}

#[test]
fn a_store_in_use_is_not_replaced() {
    let directory = tempdir().unwrap();
    let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    filled(&path, 2);
    let store = open(&path);
    store.backup(&backup, false).unwrap();
    let error = restore(&backup, &path, true).unwrap_err().to_string();
    assert!(error.contains("it is in use: stop all who use it"), "{error}");
    commit(&store, numbered(3)).unwrap();
    drop(store);
    assert_eq!(commits(&open(&path)), 3);
}

#[test]
fn a_damaged_store_is_replaced_and_put_aside_with_the_log_that_belonged_to_it() {
    for length in [30, 600, 20_000] {
        let directory = tempdir().unwrap();
        let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
        filled(&path, 2);
        open(&path).backup(&backup, false).unwrap();
        let (file, log) = (b"damaged ".repeat(length / 8), b"and so is its log ".repeat(length / 4));
        fs::write(&path, &file).unwrap();
        fs::write(directory.path().join("store.db-wal"), &log).unwrap();
        let (_, kept) = restore(&backup, &path, true).unwrap();
        assert_eq!(commits(&open(&path)), 2);
        let kept = kept.unwrap();
        assert_eq!(fs::read(&kept).unwrap(), file);
        assert_eq!(fs::read(format!("{}-wal", kept.display())).unwrap(), log, "of {length} bytes");
    }
}

#[test]
fn a_damaged_backup_is_refused_and_the_store_stays_as_it_was() {
    let directory = tempdir().unwrap();
    let (path, backup) = (directory.path().join("store.db"), directory.path().join("backup.db"));
    filled(&path, 20);
    open(&path).backup(&backup, false).unwrap();
    filled(&path, 21);
    let whole = fs::read(&backup).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![Vec::new(), b"nothing".to_vec(), whole[..whole.len() - 4096].to_vec()];
    // What a page was is gone, or says something else everywhere.
    damaged.extend((0..whole.len() / 4096).step_by(5).map(|page| {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0);
        bytes
    }));
    let mut altered = whole.clone();
    let written: Vec<usize> = (0..whole.len() - 10).filter(|at| whole[*at..].starts_with(b"\"keyreeve\"")).collect();
    assert!(written.len() >= 20);
    written.into_iter().for_each(|at| altered[at + 1] = b'K');
    damaged.push(altered);
    let before = fs::read(&path).unwrap();
    for bytes in damaged {
        fs::write(&backup, &bytes).unwrap();
        let error = restore(&backup, &path, true).unwrap_err().to_string();
        assert!(error.contains("backup.db"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let missing = restore(&directory.path().join("missing.db"), &path, true).unwrap_err().to_string();
    assert!(missing.contains("missing.db"), "{missing}");
    assert_eq!(names(directory.path()), ["backup.db", "store.db"]);
}

#[test]
fn the_log_is_written_out_as_lines_that_can_be_verified_alone() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    for number in 1..=7 {
        commit(&store, numbered(number)).unwrap();
    }
    let mut lines = Vec::new();
    let exported = store.export_log(&mut lines).unwrap();
    assert_eq!(exported.events, 7);
    assert_eq!(verify_lines(&lines[..]).unwrap(), exported);
    let text = String::from_utf8(lines).unwrap();
    assert_eq!(text.lines().count(), 7);
    assert!(text.lines().all(|line| serde_json::from_str::<store::rows::EventRow>(line).is_ok()));
    let altered = text.replacen("\"subject\":\"4\"", "\"subject\":\"5\"", 1);
    assert_eq!(verify_lines(altered.as_bytes()).unwrap_err().to_string().split(':').next(), Some("line 4"));
    drop(store);
    let mut offline = Vec::new();
    assert_eq!(export_log(&path, &mut offline).unwrap(), exported);
    assert_eq!(offline, text.as_bytes());
}
