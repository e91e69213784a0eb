//! What is forgotten, and what never is.

use store::rows::{FindingRow, JobRow, JobState, TicketRow, TicketState};
use store::{Change, EventFilter, Expect, FindingFilter, Page, Store};

use crate::rows::{at, attempt, delivery, event, finding, job, key, ticket};
use crate::{commit, commit_at, wait};

fn forget(store: &dyn Store, now: i64, older_than: i64) -> u64 {
    wait(store.forget(at(now), at(older_than))).unwrap()
}

pub fn deliveries_are_forgotten_after_their_time(store: &dyn Store) {
    commit(store, [delivery("a", 5), delivery("b", 6)]);
    assert_eq!(forget(store, 5, 100), 0);
    assert_eq!(forget(store, 6, 0), 1);
    assert_eq!(wait(store.delivered(vec!["a".into(), "b".into()])), Ok(vec![false, true]));
    commit(store, [delivery("a", 9)]);
}

pub fn settled_findings_are_forgotten_that_wait_for_nothing(store: &dyn Store) {
    let settled = FindingRow { settled: true, settled_at: Some(at(1)), last_seen: at(2), ..finding("") };
    let rows = [
        FindingRow { key: "settled".into(), ..settled.clone() },
        FindingRow { key: "settled later".into(), settled_at: Some(at(9)), ..settled.clone() },
        FindingRow { key: "seen later".into(), last_seen: at(9), ..settled.clone() },
        FindingRow { key: "waits".into(), decide_at: Some(at(0)), ..settled.clone() },
        FindingRow { key: "at no known time".into(), settled_at: None, ..settled.clone() },
        FindingRow { key: "open".into(), last_seen: at(0), ..finding("open") },
    ];
    commit(store, rows.map(|row| Change::Finding(Box::new(row), Expect::Absent)));
    assert_eq!(forget(store, 100, 2), 0);
    assert_eq!(forget(store, 100, 3), 2);
    assert_eq!(forget(store, 100, 3), 0);
    let left = wait(store.findings(FindingFilter::default(), Page::default())).unwrap();
    let left: Vec<&str> = left.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(left, ["open", "seen later", "settled later", "waits"]);
    commit(store, [Change::Finding(Box::new(finding("settled")), Expect::Absent)]);
    let open_again = FindingRow { key: "seen later".into(), ..finding("seen later") };
    commit(store, [Change::Finding(Box::new(open_again), Expect::Version(1))]);
    assert_eq!(forget(store, 100, 99), 1);
}

pub fn closed_tickets_and_done_jobs_are_forgotten(store: &dyn Store) {
    let closed = TicketRow { state: TicketState::Closed, closed: Some(at(1)), ..ticket("") };
    let tickets = [
        TicketRow { key: "closed".into(), ..closed.clone() },
        TicketRow { key: "closed later".into(), closed: Some(at(9)), ..closed.clone() },
        TicketRow { key: "open again".into(), state: TicketState::Open, ..closed.clone() },
        TicketRow { key: "closed once".into(), closed: None, ..closed },
    ];
    commit(store, tickets.map(|row| Change::Ticket(Box::new(row), Expect::Absent)));
    let states = [JobState::Done, JobState::Dead, JobState::Held, JobState::Unknown, JobState::Pending];
    for (state, id) in states.into_iter().zip(["done", "dead", "held", "unknown", "pending"]) {
        commit_at(store, 1, [Change::Job(Box::new(job(id))), Change::Attempt(attempt(id, 1))]);
        commit_at(store, 5, [Change::Finish(Box::new(JobRow { state, ..job(id) }))]);
    }
    assert_eq!(forget(store, 100, 5), 1);
    let keys = wait(store.tickets(Default::default(), Page::default())).unwrap();
    let keys: Vec<&str> = keys.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["closed later", "closed once", "open again"]);
    assert_eq!(forget(store, 100, 6), 1);
    let ids = wait(store.jobs(Default::default(), Page::default())).unwrap();
    let ids: Vec<&str> = ids.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["dead", "held", "pending", "unknown"]);
    assert_eq!(wait(store.attempts("done".into())), Ok(vec![]));
    assert_eq!(wait(store.attempts("dead".into())), Ok(vec![attempt("dead", 1)]));
    assert_eq!(commit(store, [Change::Job(Box::new(job("done")))]).new_jobs, 1);
}

pub fn the_log_and_the_history_of_keys_stay(store: &dyn Store) {
    commit(store, [event("a", "1"), Change::Key(Box::new(key("k", 0, Some(r#"{"A":1}"#))))]);
    commit(store, [event("a", "1"), Change::Key(Box::new(key("k", 1, None)))]);
    assert_eq!(forget(store, 1_000_000, 1_000_000), 0);
    assert_eq!(wait(store.events(EventFilter::default(), Page::default())).unwrap().len(), 2);
    assert_eq!(wait(store.key_history("k".into(), 9)).unwrap().len(), 1);
    assert!(wait(store.key("k".into())).unwrap().is_some());
    assert_eq!(wait(store.verify_log()), Ok(None));
}

pub fn more_than_a_slice_is_forgotten(store: &dyn Store) {
    let changes = |number: i64| {
        let name = format!("{number:05}");
        let settled = FindingRow { settled: true, last_seen: at(number), text: String::new(), ..finding(&name) };
        [delivery(&name, number), Change::Finding(Box::new(settled), Expect::Absent)]
    };
    commit(store, (0..4_500).flat_map(changes).collect::<Vec<_>>());
    assert_eq!(forget(store, 4_499, 4_498), 4_499 + 4_498);
    let left = wait(store.findings(FindingFilter::default(), Page::default())).unwrap();
    assert_eq!(left.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["04498", "04499"]);
}
