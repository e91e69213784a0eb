//! How much SQLite does for a question: every list is read off an index, and nothing is sorted or gone through for it.

use std::cell::Cell;

use jiff::Timestamp;
use rusqlite::{Connection, Statement, StatementStatus};
use serde_json::json;

use super::names::JOB_STATES;
use super::open::{Setting, prepare};
use super::write::{self, Head, Packed};
use super::{log, read};
use crate::commit::{Change, Commit, Expect, NewEvent};
use crate::rows::{FindingRow, JobRow, JobState, TicketRow, TicketState};
use crate::store::{EventFilter, FindingFilter, JobFilter, Lease, Page, TicketFilter};

thread_local! {
    static SORTS: Cell<i32> = const { Cell::new(0) };
    static STEPS: Cell<i32> = const { Cell::new(0) };
}

/// Adds what a statement did.
pub(super) fn count(statement: &Statement<'_>) {
    SORTS.set(SORTS.get() + statement.reset_status(StatementStatus::Sort));
    STEPS.set(STEPS.get() + statement.reset_status(StatementStatus::VmStep));
}

const ROWS: usize = 3_000;

fn at(second: usize) -> Timestamp {
    Timestamp::from_second(second as i64).unwrap()
}

fn rows_of(n: usize) -> [Change; 4] {
    let key = format!("{:04}", n * 1_237 % ROWS);
    let finding = FindingRow {
        key: key.clone(),
        version: 0,
        incarnation: 1,
        finding_id: key.clone(),
        form: "ours".into(),
        control: format!("KMS.{}", n % 4),
        resource: format!("arn:{}", n / 3),
        account_id: format!("{}", n % 50),
        region: None,
        title: "title".into(),
        severity: "HIGH".into(),
        settled: n.is_multiple_of(2),
        text: String::new(),
        updated: None,
        first_seen: at(n),
        last_seen: at(n),
        decide_at: (n.is_multiple_of(3)).then(|| at(n)),
        action: None,
        decision: None,
        tickets: Vec::new(),
        team: None,
        settled_at: None,
    };
    let ticket = TicketRow {
        key: key.clone(),
        version: 0,
        destination: "jira".into(),
        project: None,
        kind: "TEAMFIX".into(),
        group: format!("group {}", n / 2),
        findings: Vec::new(),
        state: if n.is_multiple_of(100) { TicketState::Failed } else { TicketState::Open },
        external: None,
        severity: "HIGH".into(),
        title: "title".into(),
        account_id: format!("{}", n % 50),
        team: None,
        opened: None,
        due: None,
        remind_at: Some(at(n)),
        reminders: 0,
        look_at: None,
        closed: None,
        closed_by_hand: false,
        outcome: None,
        said: None,
        snoozed: None,
    };
    let job = JobRow {
        id: key.clone(),
        queue: ["ticket", "mail"][n % 2].into(),
        destination: "jira".into(),
        task: json!({}),
        state: if n.is_multiple_of(20) { JOB_STATES[n / 20 % 5] } else { JobState::Done },
        due: at(n),
        created: at(n),
        attempts: 0,
        fence: 0,
        holder: None,
        leased_until: None,
        note: None,
    };
    let kind = if n.is_multiple_of(500) { "approval.given" } else { "decision" };
    let event = NewEvent { kind: kind.into(), subject: key, actor: "a".into(), body: json!({}) };
    [
        Change::Event(event),
        Change::Finding(Box::new(finding), Expect::Absent),
        Change::Ticket(Box::new(ticket), Expect::Absent),
        Change::Job(Box::new(job)),
    ]
}

fn filled(path: &std::path::Path) -> Connection {
    let setting = Setting { patience: std::time::Duration::from_secs(1), cache_kib: 4_096, max_bytes: None };
    let db = prepare(path, setting).unwrap();
    super::writer::transaction(&db, || {
        let mut head = Head::read(&db)?;
        for n in 0..ROWS {
            let commit = Packed::new(Commit { at: at(n), changes: rows_of(n).to_vec() })?;
            write::commit(&db, &mut head, &commit)?;
        }
        head.write(&db)
    })
    .unwrap();
    db
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A question, with the most steps of SQLite's machine that it may take: far fewer than there are rows.
fn takes<T>(what: &str, most: i32, question: impl FnOnce() -> Result<Vec<T>, super::Fault>) {
    SORTS.set(0);
    STEPS.set(0);
    assert!(!question().unwrap().is_empty(), "{what} finds something");
    assert_eq!(SORTS.get(), 0, "{what} sorts");
    assert!(STEPS.get() > 0 && STEPS.get() < most, "{what} takes {} steps", STEPS.get());
}

#[test]
fn lists_are_read_off_an_index_and_never_sorted() {
    let directory = tempfile::tempdir().unwrap();
    let db = &filled(&directory.path().join("store.db"));
    let page = &Page { after: some("1500"), limit: 5 };
    let now = at(ROWS);

    takes("findings due", 300, || read::findings_due(db, now, 5));
    takes("all findings", 300, || read::findings(db, FindingFilter::default(), page));
    for (what, filter) in [
        ("findings of a resource", FindingFilter { resource: some("arn:7"), ..FindingFilter::default() }),
        ("findings of an account", FindingFilter { account_id: some("7"), ..FindingFilter::default() }),
        ("findings of a control", FindingFilter { control: some("KMS.1"), ..FindingFilter::default() }),
        (
            "findings of a resource, of an account, of a control",
            FindingFilter {
                resource: some("arn:7"),
                account_id: some("21"),
                control: some("KMS.1"),
                ..FindingFilter::default()
            },
        ),
        ("settled findings", FindingFilter { settled: Some(true), ..FindingFilter::default() }),
    ] {
        takes(what, 600, || read::findings(db, filter, &Page { after: None, limit: 5 }));
    }

    takes("tickets due", 300, || read::tickets_due(db, now, 5));
    takes("failed tickets", 300, || {
        read::tickets(db, TicketFilter { state: Some(TicketState::Failed), ..TicketFilter::default() }, page)
    });
    let group = TicketFilter { group: some("group 7"), ..TicketFilter::default() };
    takes("tickets of a group", 300, || read::tickets(db, group, &Page::default()));
    takes("tickets of an account", 300, || {
        read::tickets(db, TicketFilter { account_id: some("7"), ..TicketFilter::default() }, page)
    });

    for state in [JobState::Dead, JobState::Held] {
        takes("jobs of a state", 300, || {
            read::jobs(db, JobFilter { state: Some(state), ..JobFilter::default() }, page)
        });
    }
    let dead = JobFilter { state: Some(JobState::Dead), queue: some("ticket"), ..JobFilter::default() };
    takes("jobs of a queue and a state", 300, || read::jobs(db, dead, &Page::default()));

    let lease = Lease { queue: "ticket".into(), holder: "me".into(), now, until: now, limit: 5 };
    takes("a lease", 300, || write::lease(db, &lease));

    let last = &Page { after: None, limit: 5 };
    let events = |filter| log::events(db, &filter, last);
    takes("events of a subject", 300, || events(EventFilter { subject: some("0007"), ..EventFilter::default() }));
    takes("events of a rare kind", 600, || events(EventFilter { kind: some("approval."), ..EventFilter::default() }));
    let late = EventFilter { kind: some("decision"), since: Some(at(ROWS - 10)), subject: None };
    takes("the latest events of a kind", 600, || events(late));
}
