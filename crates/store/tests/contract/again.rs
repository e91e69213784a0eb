//! Dead letters and what is held, tried again by hand: the same whoever asks.

use serde_json::json;
use store::rows::{JobRow, JobState, TicketRow, TicketState};
use store::{Again, Change, Expect, Lease, Store, again};

use crate::rows::{at, job, ticket};
use crate::{commit, conflict, try_commit, wait};

fn tried(store: &dyn Store, id: &str) -> Again {
    wait(again(store, id, at(50), Some("tried again by alice".into()))).unwrap()
}

pub fn what_has_stopped_begins_anew_with_the_ticket_that_it_could_not_open(store: &dyn Store) {
    let failed = TicketRow { version: 0, state: TicketState::Failed, ..ticket("t") };
    let opening = |id: &str| JobRow { task: json!({"do": "open", "ticket": "t"}), ..job(id) };
    let rows = [Change::Ticket(Box::new(failed), Expect::Absent), Change::Job(Box::new(opening("dead")))];
    commit(store, rows);
    commit(store, [Change::Job(Box::new(job("held"))), Change::Job(Box::new(job("waits")))]);
    assert_eq!((tried(store, "none"), tried(store, "waits")), (Again::Missing, Again::GoesOn(JobState::Pending)));
    for (id, state) in [("dead", JobState::Dead), ("held", JobState::Held)] {
        let row = wait(store.job(id.into())).unwrap().unwrap();
        let over = JobRow { state, due: at(1_000), attempts: 7, note: Some("no such project".into()), ..row };
        commit(store, [Change::Finish(Box::new(over))]);
    }
    for (id, ticket_too) in [("dead", true), ("held", false)] {
        let Again::Begins { was, changes } = tried(store, id) else { panic!("{id}") };
        assert_eq!((was.as_deref(), changes.len()), (Some("no such project"), 1 + usize::from(ticket_too)));
        commit(store, changes);
        let now = wait(store.job(id.into())).unwrap().unwrap();
        assert_eq!((now.state, now.attempts, now.due), (JobState::Pending, 0, at(50)));
        assert_eq!((now.note.as_deref(), now.holder), (Some("tried again by alice"), None));
    }
    assert_eq!(wait(store.ticket("t".into())).unwrap().unwrap().state, TicketState::Wanted);
}

pub fn who_takes_it_meanwhile_makes_trying_again_a_conflict(store: &dyn Store) {
    commit(store, [Change::Job(Box::new(JobRow { state: JobState::Held, ..job("held") }))]);
    let Again::Begins { changes, .. } = tried(store, "held") else { panic!("it is held") };
    commit(store, changes.clone());
    let wish = Lease { queue: job("x").queue, holder: "me".into(), now: at(60), until: at(90), limit: 9 };
    assert_eq!(wait(store.lease(wish)).unwrap().len(), 1);
    assert_eq!(try_commit(store, changes), Err(conflict("job held")));
}
