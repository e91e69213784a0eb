//! The log: numbered without gaps, chained, found by what it is about.

use store::{Change, EventFilter, Expect, Page, Store, StoreError};

use crate::rows::{at, event, finding};
use crate::{commit, commit_at, conflict, try_commit, wait};

fn numbers(store: &dyn Store, filter: EventFilter, after: Option<u64>, limit: usize) -> Vec<u64> {
    let page = Page { after: after.map(|after| after.to_string()), limit };
    wait(store.events(filter, page)).unwrap().into_iter().map(|event| event.number).collect()
}

fn all(store: &dyn Store) -> Vec<u64> {
    numbers(store, EventFilter::default(), None, 1000)
}

pub fn events_are_numbered_without_gaps_whatever_is_refused(store: &dyn Store) {
    assert_eq!(commit(store, [event("a", "1"), event("a", "2")]).last_event, 2);
    let taken = Change::Finding(Box::new(finding("1")), Expect::Absent);
    assert_eq!(commit(store, [event("a", "3"), taken.clone()]).last_event, 3);
    assert_eq!(try_commit(store, [event("a", "4"), event("a", "4"), taken]), Err(conflict("finding 1")));
    assert_eq!(commit(store, [Change::Value("v".into(), None)]).last_event, 3);
    assert_eq!(commit(store, [event("a", "4")]).last_event, 4);
    assert_eq!(all(store), [1, 2, 3, 4]);
    assert_eq!(numbers(store, EventFilter::default(), Some(2), 1), [3]);
    assert_eq!(numbers(store, EventFilter::default(), Some(4), 9), [0; 0]);
    assert_eq!(numbers(store, EventFilter::default(), Some(u64::MAX), 9), [0; 0]);
    assert_eq!(numbers(store, EventFilter::default(), None, 0), [0; 0]);
}

pub fn events_are_found_by_kind_subject_and_time(store: &dyn Store) {
    let kinds = ["ticket.opened", "ticket.closed", "ticket", "decision", "ticket_", "ticke", "", "ticket.\u{10ffff}"];
    for number in 0..80_usize {
        let subject = format!("s{}", number % 7);
        commit_at(store, number as i64 / 3, [event(kinds[number % kinds.len()], &subject)]);
    }
    let written = wait(store.events(EventFilter::default(), Page { after: None, limit: 1000 })).unwrap();
    for kind in [None, Some(""), Some("ticket"), Some("ticket."), Some("decision"), Some("zzz"), Some("ticket.o")] {
        for subject in [None, Some("s3"), Some("s"), Some("")] {
            for since in [None, Some(-1), Some(5), Some(26), Some(27)] {
                let filter = EventFilter {
                    kind: kind.map(str::to_owned),
                    subject: subject.map(str::to_owned),
                    since: since.map(at),
                };
                let accepted = written.iter().filter(|row| {
                    kind.is_none_or(|kind| row.kind.starts_with(kind))
                        && subject.is_none_or(|subject| row.subject == subject)
                        && since.is_none_or(|since| row.at >= at(since))
                });
                let expected: Vec<u64> = accepted.map(|row| row.number).collect();
                assert_eq!(numbers(store, filter.clone(), None, 1000), expected, "{filter:?}");
                let mut paged = Vec::new();
                loop {
                    let part = numbers(store, filter.clone(), paged.last().copied(), 3);
                    if part.is_empty() {
                        break;
                    }
                    paged.extend(part);
                }
                assert_eq!(paged, expected, "{filter:?}");
            }
        }
    }
}

pub fn a_time_that_goes_back_hides_no_event(store: &dyn Store) {
    for second in [5, 9, 2, 9, 3, 10] {
        commit_at(store, second, [event("a", "1")]);
    }
    let since = |second| numbers(store, EventFilter { since: Some(at(second)), ..EventFilter::default() }, None, 9);
    assert_eq!(since(0), [1, 2, 3, 4, 5, 6]);
    assert_eq!(since(3), [1, 2, 4, 5, 6]);
    assert_eq!(since(6), [2, 4, 6]);
    assert_eq!(since(10), [6]);
    assert_eq!(since(11), [0; 0]);
}

pub fn a_page_of_the_log_after_no_number_is_refused(store: &dyn Store) {
    commit(store, [event("a", "1")]);
    for after in ["", "x", "-1", "1.0", "99999999999999999999999"] {
        let page = Page { after: Some(after.into()), limit: 9 };
        let answer = wait(store.events(EventFilter::default(), page));
        assert!(matches!(answer, Err(StoreError::Refused { .. })), "{after:?}");
    }
}

pub fn the_whole_chain_holds(store: &dyn Store) {
    assert_eq!(wait(store.verify_log()), Ok(None));
    for part in 0..4 {
        commit_at(store, part, (0..400).map(|number| event("a", &number.to_string())).collect::<Vec<_>>());
    }
    assert_eq!(wait(store.verify_log()), Ok(None));
    let rows = wait(store.events(EventFilter::default(), Page { after: Some("998".into()), limit: 1000 })).unwrap();
    let mut hashes: Vec<&str> = rows.iter().map(|row| row.hash.as_str()).collect();
    assert!(hashes.iter().all(|hash| hash.len() == 64));
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 602);
}

pub fn an_event_never_changes(store: &dyn Store) {
    commit_at(store, 7, [event("decision", "1")]);
    let read = || wait(store.events(EventFilter::default(), Page { after: None, limit: 1 })).unwrap();
    let before = read();
    assert_eq!((before[0].at, before[0].actor.as_str(), &before[0].body["half"]), (at(7), "keyreeve", &0.5.into()));
    commit_at(store, 8, [event("decision", "1"), event("decision", "2")]);
    wait(store.forget(at(1_000_000), at(1_000_000))).unwrap();
    assert_eq!(read(), before);
}
