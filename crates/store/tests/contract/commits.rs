//! Commits: whole or not at all, and only where the store is as it was thought to be.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};
use store::rows::{AttemptRow, FindingRow, JobState, KeyRow, RemediationState, TicketState};
use store::{Change, EventFilter, Expect, FindingFilter, MAX_CHANGES, MAX_DEPTH, MAX_TEXT, Page, Store, StoreError};

use crate::rows::{account, at, attempt, delivery, event, finding, hostile, job, key, remediation, ticket, worker};
use crate::{commit, conflict, try_commit, wait};

fn put(row: FindingRow, expect: Expect) -> Change {
    Change::Finding(Box::new(row), expect)
}

fn read(store: &dyn Store, key: &str) -> Option<FindingRow> {
    wait(store.findings_by_key(vec![key.into()])).unwrap().remove(0)
}

/// Everything there is, to compare.
fn everything(store: &dyn Store) -> String {
    let all = || Page { after: None, limit: 1000 };
    let read = wait(async {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            store.events(EventFilter::default(), all()).await,
            store.delivered(vec!["old".into(), "new".into()]).await,
            store.findings(FindingFilter::default(), all()).await,
            store.tickets(Default::default(), all()).await,
            store.remediations(None, all()).await,
            store.jobs(Default::default(), all()).await,
            store.attempts("old".into()).await,
            store.accounts().await,
            store.keys(Default::default(), all()).await,
            store.key_history("old".into(), 100).await,
            store.workers().await,
            store.value("old".into()).await,
        )
    });
    assert!(!read.contains("Err("), "{read}");
    read
}

pub fn a_refused_commit_leaves_nothing_behind(store: &dyn Store) {
    commit(
        store,
        [
            event("decision", "old"),
            delivery("old", 9),
            put(finding("old"), Expect::Absent),
            Change::Ticket(Box::new(ticket("old")), Expect::Absent),
            Change::Remediation(Box::new(remediation("old")), Expect::Absent),
            Change::Job(Box::new(job("old"))),
            Change::Attempt(attempt("old", 1)),
            Change::Account(Box::new(account("old", 0))),
            Change::Key(Box::new(key("old", 0, Some(r#"{"A":1}"#)))),
            Change::Worker(worker("old", 0)),
            Change::Value("old".into(), Some("1".into())),
        ],
    );
    let before = everything(store);
    let changes = |name: &str| {
        vec![
            event("decision", name),
            delivery("new", 9),
            put(FindingRow { control: "KMS.3".into(), ..finding(name) }, Expect::Any),
            Change::Ticket(Box::new(ticket(name)), Expect::Any),
            Change::Remediation(Box::new(remediation(name)), Expect::Any),
            Change::Job(Box::new(job("new"))),
            Change::Finish(Box::new(store::rows::JobRow { state: JobState::Done, ..job("old") })),
            Change::Attempt(AttemptRow { outcome: Some("success".into()), ..attempt(name, 1) }),
            Change::Attempt(attempt(name, 2)),
            Change::Account(Box::new(account(name, 1))),
            Change::Key(Box::new(key(name, 1, Some(r#"{"A":2,"B":1}"#)))),
            Change::Worker(worker(name, 1)),
            Change::Value(name.into(), Some("2".into())),
            Change::Value("old".into(), None),
            event("decision", name),
            put(finding("old"), Expect::Absent),
        ]
    };
    for name in ["old", "new"] {
        assert_eq!(try_commit(store, changes(name)), Err(conflict("finding old")));
        assert_eq!(everything(store), before);
    }
    assert_eq!(commit(store, [event("decision", "next")]).last_event, 2);
    assert_eq!(wait(store.verify_log()), Ok(None));
}

pub fn what_must_be_absent_is_refused_where_it_is_there(store: &dyn Store) {
    let both = || {
        [
            put(finding("1"), Expect::Absent),
            Change::Ticket(Box::new(ticket("1")), Expect::Absent),
            Change::Remediation(Box::new(remediation("1")), Expect::Absent),
        ]
    };
    commit(store, both());
    for (change, row) in both().into_iter().zip(["finding 1", "ticket 1", "remediation 1"]) {
        assert_eq!(try_commit(store, [change]), Err(conflict(row)));
    }
}

pub fn a_version_is_refused_where_it_is_another(store: &dyn Store) {
    assert_eq!(try_commit(store, [put(finding("1"), Expect::Version(1))]), Err(conflict("finding 1")));
    assert_eq!(try_commit(store, [put(finding("1"), Expect::Version(0))]), Err(conflict("finding 1")));
    commit(store, [put(FindingRow { version: 70, ..finding("1") }, Expect::Absent)]);
    assert_eq!(read(store, "1").unwrap().version, 1);
    commit(store, [put(FindingRow { version: 70, ..finding("1") }, Expect::Version(1))]);
    assert_eq!(read(store, "1").unwrap().version, 2);
    for wrong in [0, 1, 3, u64::MAX] {
        assert_eq!(try_commit(store, [put(finding("1"), Expect::Version(wrong))]), Err(conflict("finding 1")));
    }
    commit(store, [Change::Ticket(Box::new(ticket("1")), Expect::Absent)]);
    let wrong = Change::Ticket(Box::new(ticket("1")), Expect::Version(2));
    assert_eq!(try_commit(store, [wrong]), Err(conflict("ticket 1")));
    commit(store, [Change::Remediation(Box::new(remediation("1")), Expect::Absent)]);
    let wrong = Change::Remediation(Box::new(remediation("1")), Expect::Version(2));
    assert_eq!(try_commit(store, [wrong]), Err(conflict("remediation 1")));
}

pub fn whatever_there_is_is_replaced_where_any_is_expected(store: &dyn Store) {
    for version in 1..4 {
        commit(store, [put(FindingRow { title: format!("title {version}"), ..finding("1") }, Expect::Any)]);
        let row = read(store, "1").unwrap();
        assert_eq!((row.version, row.title), (version, format!("title {version}")));
    }
}

pub fn a_change_sees_those_before_it_in_the_same_commit(store: &dyn Store) {
    commit(
        store,
        [
            put(finding("1"), Expect::Absent),
            put(FindingRow { title: "second".into(), ..finding("1") }, Expect::Version(1)),
            Change::Job(Box::new(job("1"))),
            Change::Finish(Box::new(store::rows::JobRow { state: JobState::Held, ..job("1") })),
        ],
    );
    assert_eq!(read(store, "1").unwrap().title, "second");
    assert_eq!(wait(store.job("1".into())).unwrap().unwrap().state, JobState::Held);
}

pub fn of_two_who_read_the_same_the_second_to_write_is_refused(store: &dyn Store) {
    commit(store, [put(finding("1"), Expect::Absent)]);
    let (first, second) = (read(store, "1").unwrap(), read(store, "1").unwrap());
    commit(store, [put(FindingRow { team: Some("first".into()), ..first.clone() }, Expect::Version(first.version))]);
    let late = put(FindingRow { team: Some("second".into()), ..second.clone() }, Expect::Version(second.version));
    assert_eq!(try_commit(store, [event("decision", "1"), late]), Err(conflict("finding 1")));
    assert_eq!(read(store, "1").unwrap().team.as_deref(), Some("first"));
}

pub fn a_delivery_is_taken_in_once(store: &dyn Store) {
    commit(store, [delivery("sqs:1", 10), put(finding("1"), Expect::Any)]);
    let again = [put(finding("1"), Expect::Any), delivery("sqs:1", 99)];
    assert_eq!(try_commit(store, again), Err(conflict("delivery sqs:1")));
    assert_eq!(try_commit(store, [delivery("sqs:2", 1), delivery("sqs:2", 1)]), Err(conflict("delivery sqs:2")));
    let ids = ["sqs:2", "sqs:1", "sqs:1", ""].map(str::to_owned).to_vec();
    assert_eq!(wait(store.delivered(ids)), Ok(vec![false, true, true, false]));
    assert_eq!(read(store, "1").unwrap().version, 1);
}

pub fn every_field_of_every_row_comes_back_as_it_was(store: &dyn Store) {
    let exact: Timestamp = "2026-05-06T07:08:09.123456789Z".parse().unwrap();
    let full = FindingRow {
        version: 1,
        incarnation: u32::MAX,
        region: None,
        settled: true,
        updated: Some(Timestamp::MIN),
        first_seen: exact,
        last_seen: Timestamp::MAX,
        decide_at: Some(exact),
        action: Some("TEAMFIX".into()),
        decision: Some(json!({"b": [1, {"c": null}], "a": u64::MAX, "n": i64::MIN, "f": 2.5})),
        tickets: vec!["t1".into(), String::new()],
        team: Some(String::new()),
        settled_at: Some(exact),
        ..finding("1")
    };
    let ticket = store::rows::TicketRow {
        version: 1,
        project: None,
        state: TicketState::Missing,
        external: Some(json!({"id": "10001"})),
        team: Some("platform".into()),
        opened: Some(exact),
        due: Some(Timestamp::MAX),
        remind_at: Some(exact),
        reminders: 7,
        look_at: Some(Timestamp::MIN),
        closed: Some(exact),
        closed_by_hand: true,
        outcome: Some("gone".into()),
        said: Some("digest".into()),
        snoozed: Some(exact),
        ..ticket("1")
    };
    let remediation = store::rows::RemediationRow {
        version: 1,
        state: RemediationState::Undone,
        done: 3,
        approved_by: Some("token:alice".into()),
        approved_at: Some(exact),
        note: Some("as planned".into()),
        undo: vec![json!({"operation": "DisableKeyRotation"}), Value::Null],
        ended: Some(Timestamp::MAX),
        ..remediation("1")
    };
    let job = store::rows::JobRow {
        state: JobState::Unknown,
        due: exact,
        attempts: 3,
        fence: 9,
        holder: Some("me".into()),
        leased_until: Some(exact),
        note: Some("503".into()),
        ..job("1")
    };
    let attempt = AttemptRow {
        ended: Some(exact),
        outcome: Some("unknown".into()),
        note: Some("reset".into()),
        ..attempt("1", u32::MAX)
    };
    let key = KeyRow { state: None, aliases: vec!["alias/a".into()], ..key("1", 0, Some("{}")) };
    let (account, worker) = (account("1", 0), worker("1", 3));
    commit(
        store,
        [
            put(full.clone(), Expect::Absent),
            Change::Ticket(Box::new(ticket.clone()), Expect::Absent),
            Change::Remediation(Box::new(remediation.clone()), Expect::Absent),
            Change::Job(Box::new(job.clone())),
            Change::Attempt(attempt.clone()),
            Change::Key(Box::new(key.clone())),
            Change::Account(Box::new(account.clone())),
            Change::Worker(worker.clone()),
        ],
    );
    assert_eq!(read(store, "1"), Some(full));
    assert_eq!(wait(store.ticket("1".into())), Ok(Some(ticket)));
    assert_eq!(wait(store.remediation("1".into())), Ok(Some(remediation)));
    assert_eq!(wait(store.job("1".into())), Ok(Some(job)));
    assert_eq!(wait(store.attempts("1".into())), Ok(vec![attempt]));
    assert_eq!(wait(store.key("1".into())), Ok(Some(key)));
    assert_eq!(wait(store.account("1".into())), Ok(Some(account)));
    assert_eq!(wait(store.workers()), Ok(vec![worker]));
}

pub fn hostile_strings_come_back_as_they_were_and_are_found(store: &dyn Store) {
    for text in hostile() {
        let row = FindingRow {
            version: 1,
            finding_id: text.clone(),
            control: text.clone(),
            resource: text.clone(),
            account_id: text.clone(),
            region: Some(text.clone()),
            title: text.clone(),
            severity: text.clone(),
            text: text.clone(),
            action: Some(text.clone()),
            decision: Some(json!({ text.clone(): text.clone() })),
            tickets: vec![text.clone()],
            team: Some(text.clone()),
            ..finding(&text)
        };
        commit(
            store,
            [
                put(row.clone(), Expect::Absent),
                delivery(&text, 1),
                event(&text, &text),
                Change::Value(text.clone(), Some(text.clone())),
                Change::Job(Box::new(store::rows::JobRow { queue: text.clone(), ..job(&text) })),
                Change::Key(Box::new(KeyRow { aliases: vec![text.clone()], ..key(&text, 0, Some(&text)) })),
            ],
        );
        let short: String = text.chars().take(20).collect();
        assert_eq!(read(store, &text), Some(row.clone()), "{short:?}");
        let filter = FindingFilter {
            account_id: Some(text.clone()),
            control: Some(text.clone()),
            resource: Some(text.clone()),
            action: Some(text.clone()),
            severity: Some(text.clone()),
            team: Some(text.clone()),
            settled: Some(false),
            text: Some(text.clone()),
        };
        let found = wait(store.findings(filter, Page::default())).unwrap();
        assert_eq!(found, [row], "{short:?}");
        assert_eq!(wait(store.delivered(vec![text.clone()])), Ok(vec![true]), "{short:?}");
        assert_eq!(wait(store.value(text.clone())), Ok(Some(text.clone())), "{short:?}");
        assert_eq!(wait(store.next_due(text.clone())), Ok(Some(at(0))), "{short:?}");
        assert_eq!(wait(store.key(text.clone())).unwrap().unwrap().aliases, std::slice::from_ref(&text), "{short:?}");
        let of = EventFilter { subject: Some(text.clone()), kind: Some(text.clone()), since: None };
        let events = wait(store.events(of, Page::default())).unwrap();
        assert_eq!(events.iter().map(|event| (&event.subject, &event.kind)).collect::<Vec<_>>(), [(&text, &text)]);
    }
    assert_eq!(wait(store.verify_log()), Ok(None));
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) })
}

pub fn values_too_deep_to_be_read_again_are_refused(store: &dyn Store) {
    let decided = |depth| put(FindingRow { decision: Some(nested(depth)), ..finding("1") }, Expect::Any);
    let logged = |depth| {
        let Change::Event(new) = event("decision", "1") else { unreachable!() };
        Change::Event(store::NewEvent { body: nested(depth), ..new })
    };
    commit(store, [decided(MAX_DEPTH), logged(MAX_DEPTH)]);
    assert_eq!(read(store, "1").unwrap().decision, Some(nested(MAX_DEPTH)));
    assert_eq!(wait(store.events(EventFilter::default(), Page::default())).unwrap()[0].body, nested(MAX_DEPTH));
    for change in [decided(MAX_DEPTH + 1), logged(MAX_DEPTH + 1), decided(500)] {
        assert!(matches!(try_commit(store, [change]), Err(StoreError::Refused { .. })));
    }
    assert_eq!(read(store, "1").unwrap().version, 1);
}

pub fn a_text_beyond_the_bound_is_refused(store: &dyn Store) {
    let of = |length: usize| put(FindingRow { text: "a".repeat(length), ..finding("1") }, Expect::Any);
    commit(store, [of(MAX_TEXT)]);
    assert_eq!(read(store, "1").unwrap().text.len(), MAX_TEXT);
    assert!(matches!(try_commit(store, [of(MAX_TEXT + 1)]), Err(StoreError::Refused { .. })));
    let value = Change::Value("v".into(), Some("a".repeat(MAX_TEXT + 1)));
    assert!(matches!(try_commit(store, [value]), Err(StoreError::Refused { .. })));
}

pub fn too_many_changes_are_refused(store: &dyn Store) {
    let many = vec![Change::Value("v".into(), None); MAX_CHANGES + 1];
    assert!(matches!(try_commit(store, many), Err(StoreError::Refused { .. })));
}

pub fn an_account_read_earlier_never_replaces_one_read_later(store: &dyn Store) {
    for read in [5, 3, 7] {
        commit(store, [Change::Account(Box::new(account("111111111111", read)))]);
    }
    commit(store, [Change::Account(Box::new(account("111111111111", 6))), Change::Account(Box::new(account("0", 1)))]);
    assert_eq!(wait(store.account("111111111111".into())), Ok(Some(account("111111111111", 7))));
    assert_eq!(wait(store.accounts()), Ok(vec![account("0", 1), account("111111111111", 7)]));
    assert_eq!(wait(store.account("2".into())), Ok(None));
}

pub fn a_value_is_set_replaced_and_removed(store: &dyn Store) {
    let set = |value: Option<&str>| [Change::Value("cursor".into(), value.map(str::to_owned))];
    let read = || wait(store.value("cursor".into())).unwrap();
    assert_eq!(read(), None);
    for value in [Some("1"), Some(""), None, None, Some("2")] {
        commit(store, set(value));
        assert_eq!(read().as_deref(), value);
    }
}

pub fn an_attempt_is_written_before_and_completed_after(store: &dyn Store) {
    commit(
        store,
        [Change::Attempt(attempt("j", 10)), Change::Attempt(attempt("j", 2)), Change::Attempt(attempt("k", 1))],
    );
    assert_eq!(wait(store.attempts("j".into())), Ok(vec![attempt("j", 2), attempt("j", 10)]));
    let ended = AttemptRow { ended: Some(at(3)), outcome: Some("success".into()), ..attempt("j", 2) };
    commit(store, [Change::Attempt(ended.clone())]);
    assert_eq!(wait(store.attempts("j".into())), Ok(vec![ended, attempt("j", 10)]));
    assert_eq!(wait(store.attempts("".into())), Ok(vec![]));
}

pub fn nothing_happens_to_a_commit_without_changes(store: &dyn Store) {
    let before = everything(store);
    let committed = commit(store, []);
    assert_eq!((committed.last_event, committed.new_jobs), (0, 0));
    assert_eq!(everything(store), before);
}

pub fn many_at_once_are_all_applied_once(store: &dyn Store) {
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let refused = &refused;
            scope.spawn(move || {
                for number in 0..25 {
                    // Every other finding is wanted by two threads at once.
                    let name = if number % 2 == 0 { format!("{number}") } else { format!("{thread}-{number}") };
                    let changes = [event("decision", &name), put(finding(&name), Expect::Absent)];
                    match try_commit(store, changes) {
                        Ok(_) => {}
                        Err(error) if error == conflict(&format!("finding {name}")) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    assert_eq!(refused.into_inner(), 7 * 13);
    let all = Page { after: None, limit: 1000 };
    let rows = wait(store.findings(FindingFilter::default(), all.clone())).unwrap();
    assert_eq!(rows.len(), 13 + 8 * 12);
    let events = wait(store.events(EventFilter::default(), all)).unwrap();
    assert!(events.iter().map(|event| event.number).eq(1..=(13 + 8 * 12)));
    assert_eq!(wait(store.verify_log()), Ok(None));
}
