//! Stores of every earlier version, as SQL text: each is opened, brought up to date, and says what it said.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use store::rows::{
    AttemptRow, FindingRow, JobRow, JobState, KeyRow, RemediationRow, RemediationState, TicketRow, TicketState,
};
use store::sqlite::{SCHEMA_VERSION, check};
use store::{Change, Expect, Page, Store};
use tempfile::tempdir;

use crate::rows::{account, at, attempt, delivery, event, finding, job, key, remediation, ticket, worker};
use crate::{commit, open, wait};

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/version-{version}.sql"))
}

/// What the stores of the fixtures were filled with: some of everything.
fn fill(store: &dyn Store) {
    let settled = FindingRow { settled: true, settled_at: Some(at(1)), ..finding("settled") };
    let due = FindingRow {
        decide_at: Some(at(5)),
        action: Some("TEAMFIX".into()),
        decision: Some(serde_json::json!({"action": "TEAMFIX", "score": 22.5})),
        text: "long enough to be compressed ".repeat(40),
        ..finding("due")
    };
    let open = TicketRow { state: TicketState::Open, look_at: Some(at(3)), ..ticket("open") };
    // The fixtures' remediations do not say yet which findings they answer.
    let applied =
        RemediationRow { state: RemediationState::Verified, answers: Default::default(), ..remediation("applied") };
    let dead = JobRow { state: JobState::Dead, ..job("dead") };
    let read = |second, facts: &str| {
        let aliases = vec!["alias/payments".to_owned()];
        Change::Key(Box::new(KeyRow { aliases, ..key("arn:1", second, Some(facts)) }))
    };
    let changes = vec![
        event("finding.received", "due"),
        event("decision", "due"),
        delivery("sqs:1", 100),
        Change::Finding(Box::new(settled), Expect::Absent),
        Change::Finding(Box::new(due), Expect::Absent),
        Change::Ticket(Box::new(open), Expect::Absent),
        Change::Remediation(Box::new(applied), Expect::Absent),
        Change::Job(Box::new(dead)),
        Change::Job(Box::new(job("waits"))),
        Change::Attempt(AttemptRow { outcome: Some("failure".into()), ..attempt("dead", 1) }),
        Change::Account(Box::new(account("111111111111", 0))),
        read(1, r#"{"Enabled":true,"KeyRotationEnabled":false}"#),
        read(2, r#"{"Enabled":true,"KeyRotationEnabled":true}"#),
        Change::Worker(worker("ticket", 1)),
        Change::Value("cursor".into(), Some("17".into())),
    ];
    commit(store, changes).unwrap();
}

/// Everything that it says, in words.
fn says(store: &dyn Store) -> String {
    wait(async {
        format!(
            "{:#?}",
            (
                store.events(Default::default(), Page::default()).await,
                store.delivered(vec!["sqs:1".into(), "sqs:2".into()]).await,
                store.findings(Default::default(), Page::default()).await,
                store.findings_due(at(9), 9).await,
                (store.tickets(Default::default(), Page::default()).await, store.tickets_due(at(9), 9).await),
                store.remediations(None, Page::default()).await,
                (store.jobs(Default::default(), Page::default()).await, store.job_counts().await),
                store.attempts("dead".into()).await,
                store.accounts().await,
                (store.keys(Default::default(), Page::default()).await, store.key_history("arn:1".into(), 9).await),
                (store.workers().await, store.value("cursor".into()).await),
                store.verify_log().await,
            )
        )
    })
}

/// The schema, whatever blanks it is written with.
fn schema(path: &Path) -> Vec<String> {
    let database = Connection::open(path).unwrap();
    let mut all = database.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name").unwrap();
    let all = all.query_map([], |row| row.get::<_, String>(0)).unwrap();
    all.map(|sql| sql.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_store_of_every_earlier_version_is_opened_and_says_what_it_said() {
    let directory = tempdir().unwrap();
    let new = directory.path().join("new.db");
    let store = open(&new);
    fill(&store);
    let expected = says(&store);
    drop(store);
    for version in 1..=SCHEMA_VERSION {
        let path = directory.path().join(format!("version-{version}.db"));
        Connection::open(&path).unwrap().execute_batch(&fs::read_to_string(fixture(version)).unwrap()).unwrap();
        let store = open(&path);
        assert_eq!(says(&store), expected, "version {version}");
        commit(&store, [event("decision", "next")]).unwrap();
        drop(store);
        let checked = check(&path).unwrap();
        assert_eq!((checked.version, checked.log.events), (SCHEMA_VERSION, 3), "version {version}");
        assert_eq!(schema(&path), schema(&new), "version {version}");
    }
}

/// Writes the fixture of this version: `KEYREEVE_WRITE_FIXTURE=1 cargo test -p store --test file fixture`. One that was released never changes.
#[test]
fn the_fixture_of_this_version_is_there() {
    let path = fixture(SCHEMA_VERSION);
    if std::env::var_os("KEYREEVE_WRITE_FIXTURE").is_some() {
        let directory = tempdir().unwrap();
        let store = directory.path().join("store.db");
        fill(&open(&store));
        fs::write(&path, dump(&store)).unwrap();
    }
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(&format!("PRAGMA user_version = {SCHEMA_VERSION};")));
}

/// A database as SQL text.
fn dump(path: &Path) -> String {
    let database = Connection::open(path).unwrap();
    let pragma = |name: &str| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let mut text = format!("PRAGMA application_id = {};\n", pragma("application_id"));
    text += &format!("PRAGMA user_version = {};\n", pragma("user_version"));
    let list = |sql: &str| -> Vec<(String, String)> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    for (name, sql) in list("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name") {
        text += &format!("{sql};\n");
        let columns = list(&format!("SELECT name, name FROM pragma_table_info('{name}')"));
        if columns.is_empty() || sql.starts_with("CREATE INDEX") {
            continue;
        }
        let values: Vec<String> = columns.iter().map(|(column, _)| format!("quote(\"{column}\")")).collect();
        let rows = list(&format!("SELECT {}, '' FROM \"{name}\" ORDER BY 1", values.join(" || ', ' || ")));
        for (values, _) in rows {
            text += &format!("INSERT INTO {name} VALUES ({values});\n");
        }
    }
    text
}
