//! What is opened, what is refused, and what the refusal says.

use std::fs;
use std::path::Path;
use std::time::Duration;

use store::rows::{FindingRow, JobRow, JobState};
use store::sqlite::{Options, SCHEMA_VERSION, Sqlite, USERS, User};
use store::{Change, Expect, Lease, Store, StoreError};
use tempfile::tempdir;

use crate::rows::{at, finding, job};
use crate::{commit, commits, numbered, open, refused, wait};

fn names_the_file(error: &str, path: &Path) {
    assert!(error.contains(&path.display().to_string()), "{error}");
}

#[test]
fn a_new_store_appears_whole_and_leaves_nothing_beside() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    assert_eq!(commits(&store), 0);
    assert!(store.opened_in() > Duration::ZERO);
    drop(store);
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["store.db"]);
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    for number in 1..=3 {
        let store = open(&path);
        assert_eq!(commits(&store), number - 1);
        commit(&store, numbered(number)).unwrap();
    }
    assert_eq!(commits(&open(&path)), 3);
}

#[test]
fn two_who_make_the_same_store_at_once_share_one() {
    let directory = tempdir().unwrap();
    let path = &directory.path().join("store.db");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let row = finding(&thread.to_string());
                commit(&open(path), [Change::Finding(Box::new(row), Expect::Absent)]).unwrap();
            });
        }
    });
    let keys = (0..4).map(|thread| thread.to_string()).collect();
    assert!(wait(open(path).findings_by_key(keys)).unwrap().iter().all(Option::is_some));
}

#[test]
fn what_is_no_database_is_refused_and_left_as_it_was() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    for bytes in [&b"x"[..], b"not a database at all, but a letter to somebody", &[0_u8; 5000], &[0xff; 8192]] {
        fs::write(&path, bytes).unwrap();
        let error = refused(&path);
        names_the_file(&error, &path);
        assert!(
            error.contains("it is no ") && error.contains(": name another file, or restore a backup of this one"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn an_empty_file_is_a_store_that_was_cut_and_no_new_one() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    fs::write(&path, b"").unwrap();
    let error = refused(&path);
    names_the_file(&error, &path);
    assert!(error.contains("it is empty, and no store ever is: restore a backup, or remove it"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_log_without_its_file_is_not_buried_under_a_new_store() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    fs::write(directory.path().join("store.db-wal"), b"what was written last").unwrap();
    let error = refused(&path);
    assert!(error.contains("its write-ahead log is: bring the file back, or move its `-wal` away"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_directory_and_a_file_in_no_directory_are_refused() {
    let directory = tempdir().unwrap();
    let error = refused(directory.path());
    names_the_file(&error, directory.path());
    assert!(error.contains("it is no file: name a file"), "{error}");
    let nowhere = directory.path().join("nowhere/store.db");
    let error = refused(&nowhere);
    names_the_file(&error, &nowhere);
    assert!(error.contains("its directory must exist"), "{error}");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_was() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = refused(&path);
    names_the_file(&error, &path);
    assert!(error.contains("it is no store of ours: name another file, or restore a backup of this one"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_was() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(open(&path));
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    drop(newer);
    let before = fs::read(&path).unwrap();
    let error = Sqlite::open(&path, Options::default()).map(drop);
    assert_eq!(error, Err(StoreError::Newer { found: SCHEMA_VERSION + 1, known: SCHEMA_VERSION }));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_cut_is_refused_wherever_it_is_cut() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    for number in 1..=20 {
        commit(&store, numbered(number)).unwrap();
    }
    drop(store);
    let whole = fs::read(&path).unwrap();
    let cut = directory.path().join("cut.db");
    for length in (1..whole.len()).step_by(3_571).chain([4096, whole.len() - 4096, whole.len() - 1]) {
        fs::write(&cut, &whole[..length]).unwrap();
        let error = refused(&cut);
        names_the_file(&error, &cut);
        assert!(error.contains("restore a backup"), "{length}: {error}");
        assert_eq!(fs::read(&cut).unwrap(), &whole[..length], "{length}");
    }
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_loses_nothing() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let limited = Options { max_bytes: Some(600_000), ..Options::default() };
    let store = Sqlite::open(&path, limited).unwrap();
    let full = (1..5_000).map(|number| (number, commit(&store, numbered(number)))).find(|(_, done)| done.is_err());
    let (refused_at, error) = full.unwrap();
    let error = error.unwrap_err().to_string();
    names_the_file(&error, &path);
    assert!(
        error.contains("there is no room left: nothing of this change was stored; make room on the disk"),
        "{error}"
    );
    assert_eq!(commits(&store), refused_at - 1);
    drop(store);
    let store = open(&path);
    commit(&store, numbered(refused_at)).unwrap();
    assert_eq!(commits(&store), refused_at);
}

#[test]
fn one_that_does_not_fit_does_not_fail_those_that_wait_with_it() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = &Sqlite::open(&path, Options { max_bytes: Some(1 << 20), ..Options::default() }).unwrap();
    let mut state = 7_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 90) as u8)
    };
    let noise: String = (0..2_000_000).map(|_| random()).collect();
    std::thread::scope(|scope| {
        let big = scope.spawn(|| {
            let row = FindingRow { text: noise, ..finding("big") };
            commit(store, [Change::Finding(Box::new(row), Expect::Absent)])
        });
        let small = |number: usize| {
            let row = finding(&number.to_string());
            scope.spawn(move || commit(store, [Change::Finding(Box::new(row), Expect::Absent)]))
        };
        let small: Vec<_> = (0..40).map(small).collect();
        assert!(small.into_iter().all(|done| done.join().unwrap().is_ok()));
        assert!(matches!(big.join().unwrap(), Err(StoreError::Medium { .. })));
    });
}

fn user(holder: &str, second: i64) -> Options {
    let user = User { holder: holder.into(), program: "keyreeve 0.1.0".into(), pid: 7, since: at(second) };
    Options { readers: 1, patience: Duration::from_secs(2), user: Some(user), ..Options::default() }
}

fn users(store: &Sqlite) -> Vec<String> {
    let users = wait(store.value(USERS.into())).unwrap().unwrap();
    let users: std::collections::BTreeMap<String, User> = serde_json::from_str(&users).unwrap();
    users.into_keys().collect()
}

#[test]
fn operators_see_who_uses_the_store() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let come = |holder: &str, second| Sqlite::open(&path, user(holder, second)).unwrap();
    let (first, second) = (come("first", 1), come("second", 2));
    assert_eq!(users(&first), ["first", "second"]);
    drop(first);
    assert_eq!(users(&second), ["second"]);
    let again = come("second", 3);
    drop(second);
    assert_eq!(users(&again), ["second"]);
    for number in 0..40 {
        std::mem::forget(come(&format!("killed {number:02}"), 10 + number));
    }
    let seen = users(&again);
    assert_eq!((seen.len(), seen[0].as_str()), (32, "killed 08"));
}

/// Takes one job of two, and begins an attempt at the other; the third waits.
fn take_two(store: &Sqlite) {
    commit(store, ["a", "b", "c"].map(|id| Change::Job(Box::new(job(id))))).unwrap();
    let lease = Lease { queue: "ticket".into(), holder: "first".into(), now: at(1), until: at(300), limit: 2 };
    let [_, begun] = wait(store.lease(lease)).unwrap().try_into().unwrap();
    let begun = JobRow { state: JobState::Unknown, leased_until: Some(at(400)), ..begun };
    commit(store, [Change::Hold(Box::new(begun))]).unwrap();
}

/// What somebody else gets at second 2.
fn free(store: &Sqlite) -> Vec<(String, JobState, u64)> {
    let lease = Lease { queue: "ticket".into(), holder: "second".into(), now: at(2), until: at(300), limit: 9 };
    wait(store.lease(lease)).unwrap().into_iter().map(|job| (job.id, job.state, job.fence)).collect()
}

#[test]
fn who_comes_while_another_is_there_takes_nothing_from_it() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let first = Sqlite::open(&path, user("first", 1)).unwrap();
    take_two(&first);
    // By another name it is the same store.
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let second = Sqlite::open(&link, user("second", 2)).unwrap();
    assert_eq!((second.let_go(), free(&second)), (0, vec![("c".to_owned(), JobState::Pending, 1)]));
    // Who only looks holds nobody up, and says nothing about who is gone.
    assert_eq!(open(&path).let_go(), 0);
    drop(first);
    // The second is still there: nobody knows whose jobs are whose.
    let third = Sqlite::open(&path, user("third", 3)).unwrap();
    assert_eq!((third.let_go(), free(&third)), (0, Vec::new()));
}

#[test]
fn who_comes_alone_lets_go_what_was_held_and_what_may_have_been_done_stays_so() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    take_two(&Sqlite::open(&path, user("first", 1)).unwrap());
    let looks = open(&path);
    let second = Sqlite::open(&path, user("second", 2)).unwrap();
    assert_eq!((second.let_go(), users(&second)), (2, vec!["second".to_owned()]));
    let job = wait(looks.job("b".into())).unwrap().unwrap();
    assert_eq!((job.state, job.holder, job.leased_until), (JobState::Unknown, None, None));
    let expected = [("a", JobState::Pending, 2), ("b", JobState::Unknown, 2), ("c", JobState::Pending, 1)];
    assert_eq!(free(&second), expected.map(|(id, state, fence)| (id.to_owned(), state, fence)));
}

#[test]
fn who_is_opening_a_store_is_waited_for_and_not_for_ever() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(open(&path));
    let opening = fs::File::create(directory.path().join("store.db-lock")).unwrap();
    opening.lock().unwrap();
    let short = Options { patience: Duration::from_millis(50), ..user("second", 2) };
    let error = Sqlite::open(&path, short).unwrap_err().to_string();
    assert!(error.contains("store.db-lock: another process has been opening the store for too long"), "{error}");
    let waits = std::thread::spawn({
        let path = path.clone();
        move || Sqlite::open(&path, user("second", 2)).map(|store| store.let_go())
    });
    std::thread::sleep(Duration::from_millis(100));
    opening.unlock().unwrap();
    assert_eq!(waits.join().unwrap(), Ok(0));
}
