//! A log that somebody altered behind our back.

use std::path::Path;

use rusqlite::Connection;
use store::sqlite::{check, export_log};
use store::{Change, Store, StoreError};
use tempfile::tempdir;

use crate::rows::event;
use crate::{commit, open, wait};

/// More than one step of going through the log.
const EVENTS: u64 = 1_203;

fn alter(path: &Path, sql: &str) {
    let other = Connection::open(path).unwrap();
    assert!(other.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn whatever_is_altered_in_the_log_is_found_where_it_is() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    let events: Vec<Change> = (0..EVENTS).map(|number| event("decision", &number.to_string())).collect();
    commit(&store, events).unwrap();
    assert_eq!(wait(store.verify_log()), Ok(None));
    let whole = directory.path().join("whole.db");
    store.backup(&whole, false).unwrap();
    drop(store);
    let alterations = [
        ("UPDATE event SET text = replace(text, 'keyreeve', 'somebody') WHERE number = 7", 7),
        ("UPDATE event SET kind = 'nothing' WHERE number = 600", 600),
        ("UPDATE event SET subject = 'other' WHERE number = 501", 501),
        ("UPDATE event SET latest = 0 WHERE number = 900", 900),
        ("UPDATE event SET hash = upper(hash) WHERE number = 1203", 1203),
        ("UPDATE event SET text = 'nothing' WHERE number = 3", 3),
        ("DELETE FROM event WHERE number = 500", 500),
        ("DELETE FROM event WHERE number = 1", 1),
        ("DELETE FROM event WHERE number > 1200", 1201),
        ("DELETE FROM event", 1),
        ("UPDATE event SET number = 2000 WHERE number = 1000", 1000),
        ("UPDATE head SET hash = 'x'", 1204),
        (
            "INSERT INTO event SELECT 1204, latest, kind, subject, replace(text, '1203', '1204'), hash FROM event \
             WHERE number = 1203",
            1204,
        ),
    ];
    for (sql, number) in alterations {
        std::fs::copy(&whole, &path).unwrap();
        alter(&path, sql);
        assert_eq!(wait(open(&path).verify_log()), Ok(Some(number)), "{sql}");
        let named =
            |error: StoreError| matches!(&error, StoreError::Corrupt { row, .. } if *row == format!("event {number}"));
        assert!(check(&path).is_err_and(named), "{sql}");
        assert!(export_log(&path, &mut Vec::new()).is_err_and(named), "{sql}");
    }
}

#[test]
fn a_damaged_row_is_told_by_its_name() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path);
    commit(&store, crate::numbered(1)).unwrap();
    drop(store);
    alter(&path, "UPDATE finding_body SET row = zeroblob(300)");
    let store = open(&path);
    let error = wait(store.findings_by_key(vec!["one".into()])).unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { row, .. } if row == "finding one"), "{error}");
}
