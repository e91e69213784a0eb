//! The outbox: leases and their fences.

use std::collections::BTreeMap;

use store::rows::{JobRow, JobState};
use store::{Change, Lease, Store};

use crate::rows::{at, job};
use crate::{commit, commit_at, conflict, try_commit, wait};

fn queue(row: JobRow) -> Change {
    Change::Job(Box::new(row))
}

fn finish(row: JobRow) -> Change {
    Change::Finish(Box::new(row))
}

fn lease(store: &dyn Store, holder: &str, now: i64, until: i64, limit: usize) -> Vec<JobRow> {
    let (now, until) = (at(now), at(until));
    wait(store.lease(Lease { queue: "ticket".into(), holder: holder.into(), now, until, limit })).unwrap()
}

fn ids(jobs: &[JobRow]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

fn read(store: &dyn Store, id: &str) -> JobRow {
    wait(store.job(id.into())).unwrap().unwrap()
}

pub fn the_same_intent_is_queued_once(store: &dyn Store) {
    assert_eq!(commit(store, [queue(job("a")), queue(job("b")), queue(job("a"))]).new_jobs, 2);
    let other = JobRow { note: Some("other".into()), due: at(-9), ..job("a") };
    assert_eq!(commit(store, [queue(other)]).new_jobs, 0);
    assert_eq!(read(store, "a"), job("a"));
    let [taken] = lease(store, "me", 0, 9, 1).try_into().unwrap();
    commit(store, [finish(JobRow { state: JobState::Done, ..taken })]);
    assert_eq!(commit(store, [queue(job("a"))]).new_jobs, 0);
    assert_eq!(read(store, "a").state, JobState::Done);
}

pub fn jobs_are_leased_the_longest_due_first(store: &dyn Store) {
    let due = [("b", 2), ("a", 2), ("c", 1), ("d", 3), ("e", 4), ("f", 6)];
    commit(store, due.map(|(id, second)| queue(JobRow { due: at(second), ..job(id) })));
    commit(store, [queue(JobRow { queue: "mail".into(), due: at(0), ..job("m") })]);
    assert_eq!(ids(&lease(store, "me", 5, 9, 0)), [""; 0]);
    assert_eq!(ids(&lease(store, "me", 5, 9, 3)), ["c", "a", "b"]);
    assert_eq!(ids(&lease(store, "me", 5, 9, 3)), ["d", "e"]);
    assert_eq!(ids(&lease(store, "me", 5, 9, 3)), [""; 0]);
    assert_eq!(ids(&lease(store, "me", 6, 9, usize::MAX)), ["f"]);
}

pub fn a_job_that_is_held_is_not_leased_until_its_lease_has_ended(store: &dyn Store) {
    commit(store, [queue(job("a"))]);
    let [mine] = lease(store, "me", 1, 10, 5).try_into().unwrap();
    assert_eq!((mine.fence, mine.holder.as_deref(), mine.leased_until), (1, Some("me"), Some(at(10))));
    assert_eq!(read(store, "a"), mine);
    assert_eq!(ids(&lease(store, "you", 9, 20, 5)), [""; 0]);
    let [yours] = lease(store, "you", 10, 20, 5).try_into().unwrap();
    assert_eq!((yours.fence, yours.holder.as_deref(), yours.leased_until), (2, Some("you"), Some(at(20))));
}

pub fn who_comes_back_late_cannot_finish_what_another_has_taken_over(store: &dyn Store) {
    commit(store, [queue(job("a"))]);
    let [mine] = lease(store, "me", 0, 10, 1).try_into().unwrap();
    let [yours] = lease(store, "you", 10, 20, 1).try_into().unwrap();
    let done = |job: &JobRow| finish(JobRow { state: JobState::Done, ..job.clone() });
    assert_eq!(try_commit(store, [crate::rows::event("done", "a"), done(&mine)]), Err(conflict("job a")));
    assert_eq!(read(store, "a"), yours);
    commit(store, [done(&yours)]);
    assert_eq!(try_commit(store, [done(&mine)]), Err(conflict("job a")));
    assert_eq!(read(store, "a").state, JobState::Done);
}

pub fn a_finished_job_is_held_by_nobody(store: &dyn Store) {
    commit(store, [queue(job("a"))]);
    let [mine] = lease(store, "me", 0, 1000, 1).try_into().unwrap();
    let again = JobRow { due: at(5), attempts: 1, note: Some("503".into()), ..mine };
    commit(store, [finish(again.clone())]);
    assert_eq!(read(store, "a"), JobRow { holder: None, leased_until: None, ..again });
    assert_eq!(ids(&lease(store, "you", 4, 1000, 1)), [""; 0]);
    let [yours] = lease(store, "you", 5, 1000, 1).try_into().unwrap();
    assert_eq!((yours.fence, yours.attempts), (2, 1));
}

pub fn only_jobs_that_wait_are_leased(store: &dyn Store) {
    let states = [JobState::Pending, JobState::Unknown, JobState::Done, JobState::Held, JobState::Dead];
    for (state, id) in states.into_iter().zip(["pending", "unknown", "done", "held", "dead"]) {
        commit(store, [queue(job(id))]);
        commit(store, [finish(JobRow { state, ..job(id) })]);
    }
    assert_eq!(ids(&lease(store, "me", 9, 10, 9)), ["pending", "unknown"]);
    assert_eq!(read(store, "unknown").state, JobState::Unknown);
}

pub fn a_held_job_is_let_go_without_a_lease(store: &dyn Store) {
    commit(store, [queue(JobRow { state: JobState::Held, ..job("a") })]);
    assert_eq!(ids(&lease(store, "me", 9, 10, 9)), [""; 0]);
    assert_eq!(wait(store.next_due("ticket".into())), Ok(None));
    commit(store, [finish(JobRow { state: JobState::Pending, ..read(store, "a") })]);
    assert_eq!(ids(&lease(store, "me", 9, 10, 9)), ["a"]);
}

pub fn an_unknown_job_cannot_be_finished(store: &dyn Store) {
    assert_eq!(try_commit(store, [finish(job("a"))]), Err(conflict("job a")));
    assert_eq!(wait(store.job("a".into())), Ok(None));
}

pub fn a_job_whose_attempt_begins_is_held_on_to(store: &dyn Store) {
    commit(store, [queue(job("a"))]);
    let [mine] = lease(store, "me", 0, 10, 1).try_into().unwrap();
    let begun = JobRow { state: JobState::Unknown, attempts: 1, leased_until: Some(at(20)), ..mine.clone() };
    let hold = |row: &JobRow| Change::Hold(Box::new(row.clone()));
    commit(store, [hold(&begun)]);
    assert_eq!(read(store, "a"), begun);
    assert_eq!(ids(&lease(store, "you", 19, 30, 5)), [""; 0]);
    let [yours] = lease(store, "you", 20, 30, 5).try_into().unwrap();
    assert_eq!((yours.fence, yours.state), (2, JobState::Unknown));
    assert_eq!(try_commit(store, [hold(&begun)]), Err(conflict("job a")));
    assert_eq!(try_commit(store, [hold(&job("b"))]), Err(conflict("job b")));
    assert_eq!(read(store, "a"), yours);
}

pub fn the_next_job_is_due_when_nobody_holds_it_any_more(store: &dyn Store) {
    let next = || wait(store.next_due("ticket".into())).unwrap();
    assert_eq!(next(), None);
    commit(store, [queue(JobRow { due: at(5), ..job("a") }), queue(JobRow { due: at(3), ..job("b") })]);
    assert_eq!(next(), Some(at(3)));
    assert_eq!(ids(&lease(store, "me", 3, 4, 9)), ["b"]);
    assert_eq!(next(), Some(at(4)));
    let [b] = lease(store, "you", 4, 9, 9).try_into().unwrap();
    assert_eq!(next(), Some(at(5)), "another is due before that one is free");
    commit(store, [finish(JobRow { state: JobState::Done, ..b })]);
    assert_eq!(next(), Some(at(5)));
    assert_eq!(wait(store.next_due("mail".into())), Ok(None));
}

pub fn jobs_are_counted_by_queue_and_state(store: &dyn Store) {
    assert_eq!(wait(store.job_counts()), Ok(BTreeMap::new()));
    let put = |id: &str, queue: &str, state| Change::Job(Box::new(JobRow { queue: queue.into(), state, ..job(id) }));
    commit(
        store,
        [
            put("1", "ticket", JobState::Pending),
            put("2", "ticket", JobState::Pending),
            put("3", "ticket", JobState::Dead),
            put("4", "mail", JobState::Pending),
            put("5", "mail", JobState::Unknown),
            put("6", "mail", JobState::Held),
            put("7", "", JobState::Done),
        ],
    );
    let expected = [
        (("ticket", JobState::Pending), 2),
        (("ticket", JobState::Dead), 1),
        (("mail", JobState::Pending), 1),
        (("mail", JobState::Unknown), 1),
        (("mail", JobState::Held), 1),
        (("", JobState::Done), 1),
    ];
    let expected = expected.map(|((queue, state), count)| ((queue.to_owned(), state), count));
    assert_eq!(wait(store.job_counts()), Ok(BTreeMap::from(expected)));
    commit_at(store, 1, [finish(JobRow { state: JobState::Done, ..read(store, "1") })]);
    assert_eq!(wait(store.job_counts()).unwrap()[&("ticket".to_owned(), JobState::Done)], 1);
}

pub fn two_who_lease_at_once_never_get_the_same_job(store: &dyn Store) {
    let all: Vec<String> = (0..60).map(|number| format!("{number:02}")).collect();
    commit(store, all.iter().map(|id| queue(job(id))).collect::<Vec<_>>());
    let work = |holder: String| {
        let mut taken = Vec::new();
        loop {
            let jobs = lease(store, &holder, 0, 10, 3);
            if jobs.is_empty() {
                return taken;
            }
            assert!(jobs.iter().all(|job| job.fence == 1 && job.holder.as_deref() == Some(holder.as_str())));
            taken.extend(jobs.into_iter().map(|job| job.id));
        }
    };
    let mut taken: Vec<String> = std::thread::scope(|scope| {
        let threads = [0, 1, 2, 3].map(|thread| scope.spawn(move || work(format!("worker {thread}"))));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    taken.sort_unstable();
    assert_eq!(taken, all);
}
