//! The two stores answer the same, whatever is done to them in whatever order.

use proptest::prelude::*;
use serde_json::json;
use store::rows::{
    AttemptRow, FindingRow, JobRow, JobState, KeyRow, RemediationRow, RemediationState, TicketRow, TicketState,
};
use store::sqlite::{Options, Sqlite};
use store::{
    Change, Commit, EventFilter, Expect, FindingFilter, JobFilter, KeyFilter, Lease, Memory, Page, Store, TicketFilter,
};

use crate::rows::{account, at, attempt, delivery, event, finding, job, key, remediation, ticket, worker};
use crate::wait;

#[derive(Debug, Clone)]
enum Step {
    Commit(i64, Vec<Change>),
    Lease(String, i64, i64, usize),
    Forget(i64, i64),
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just("a"), 3 => Just("b"), 1 => Just("B"), 1 => Just("")].prop_map(str::to_owned)
}

/// Mostly one queue, so that leases meet.
fn queue() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just("a"), 1 => Just("b")].prop_map(str::to_owned)
}

fn expect() -> impl Strategy<Value = Expect> {
    prop_oneof![3 => Just(Expect::Any), 2 => Just(Expect::Absent), 2 => (1..4_u64).prop_map(Expect::Version)]
}

fn second() -> impl Strategy<Value = i64> {
    0..6_i64
}

fn finding_change() -> impl Strategy<Value = Change> {
    let times = (proptest::option::of(second()), proptest::option::of(second()), second());
    (name(), name(), any::<bool>(), times, expect()).prop_map(|(id, other, settled, (decide, over, seen), expect)| {
        let row = FindingRow {
            settled,
            control: other.clone(),
            account_id: other.clone(),
            team: Some(other),
            decide_at: decide.map(at),
            settled_at: over.map(at),
            last_seen: at(seen),
            ..finding(&id)
        };
        Change::Finding(Box::new(row), expect)
    })
}

fn ticket_change() -> impl Strategy<Value = Change> {
    let states = prop_oneof![
        Just(TicketState::Wanted),
        Just(TicketState::Open),
        Just(TicketState::Closed),
        Just(TicketState::Missing)
    ];
    let times = (proptest::option::of(second()), proptest::option::of(second()), proptest::option::of(second()));
    (name(), proptest::option::of(name()), states, times, expect()).prop_map(|(id, project, state, times, expect)| {
        let (look, remind, closed) = (times.0.map(at), times.1.map(at), times.2.map(at));
        let row = TicketRow { state, project, look_at: look, remind_at: remind, closed, ..ticket(&id) };
        Change::Ticket(Box::new(row), expect)
    })
}

fn job_change() -> impl Strategy<Value = Change> {
    let states = prop_oneof![
        6 => Just(JobState::Pending),
        1 => Just(JobState::Unknown),
        2 => Just(JobState::Done),
        1 => Just(JobState::Held),
        1 => Just(JobState::Dead)
    ];
    let held = proptest::option::of(second());
    (name(), queue(), states, second(), 0..4_u64, held, 0..3).prop_map(|(id, queue, state, due, fence, held, how)| {
        let row = JobRow { queue, state, due: at(due), ..job(&id) };
        match how {
            0 => Change::Job(Box::new(row)),
            1 => Change::Finish(Box::new(JobRow { fence, ..row })),
            _ => Change::Hold(Box::new(JobRow { fence, leased_until: held.map(at), ..row })),
        }
    })
}

fn key_change() -> impl Strategy<Value = Change> {
    let facts = proptest::option::of((0..3_i32, 0..3_i32).prop_map(|(a, b)| json!({"A": a, "B": [b]}).to_string()));
    (name(), name(), second(), facts).prop_map(|(arn, alias, read, facts)| {
        Change::Key(Box::new(KeyRow { aliases: vec![alias], ..key(&arn, read, facts.as_deref()) }))
    })
}

fn change() -> impl Strategy<Value = Change> {
    let remediated = (name(), any::<bool>(), expect()).prop_map(|(id, done, expect)| {
        let state = if done { RemediationState::Verified } else { RemediationState::Applying };
        Change::Remediation(Box::new(RemediationRow { state, ..remediation(&id) }), expect)
    });
    prop_oneof![
        3 => (name(), name()).prop_map(|(kind, subject)| event(&kind, &subject)),
        1 => (name(), second()).prop_map(|(id, until)| delivery(&id, until)),
        4 => finding_change(),
        3 => ticket_change(),
        1 => remediated,
        5 => job_change(),
        1 => (name(), 0..3_u32, second()).prop_map(|(id, number, ended)| {
            Change::Attempt(AttemptRow { ended: Some(at(ended)), ..attempt(&id, number) })
        }),
        1 => (name(), second()).prop_map(|(id, read)| Change::Account(Box::new(account(&id, read)))),
        2 => key_change(),
        1 => (name(), 0..3_u32).prop_map(|(id, failures)| Change::Worker(worker(&id, failures))),
        1 => (name(), proptest::option::of(name())).prop_map(|(id, value)| Change::Value(id, value)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let commit = (second(), proptest::collection::vec(change(), 1..5));
    prop_oneof![
        8 => commit.prop_map(|(second, changes)| Step::Commit(second, changes)),
        4 => (queue(), second(), 0..4_i64, 0..3_usize).prop_map(|(queue, now, long, limit)| Step::Lease(queue, now, now + long, limit)),
        1 => (second(), second()).prop_map(|(now, older_than)| Step::Forget(now, older_than)),
    ]
}

/// What a step came to, in words.
fn take(store: &dyn Store, step: Step) -> String {
    wait(async {
        match step {
            Step::Commit(second, changes) => format!("{:?}", store.commit(Commit { at: at(second), changes }).await),
            Step::Lease(queue, now, until, limit) => {
                let (now, until) = (at(now), at(until));
                format!("{:?}", store.lease(Lease { queue, holder: "me".into(), now, until, limit }).await)
            }
            Step::Forget(now, older_than) => format!("{:?}", store.forget(at(now), at(older_than)).await),
        }
    })
}

/// Answers to all kinds of questions, in words.
fn answers(store: &dyn Store, name: &str, second: i64) -> Vec<String> {
    let page = || Page { after: Some(name.to_owned()), limit: 2 };
    let some = || Some(name.to_owned());
    let findings = FindingFilter { control: some(), settled: Some(second % 2 == 0), ..FindingFilter::default() };
    let events = EventFilter { kind: some(), since: Some(at(second)), ..EventFilter::default() };
    let tickets = TicketFilter { state: Some(TicketState::Open), ..TicketFilter::default() };
    let jobs = JobFilter { queue: some(), ..JobFilter::default() };
    let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    let keys = KeyFilter { text: some(), ..KeyFilter::default() };
    wait(async {
        vec![
            format!("{:?}", store.delivered(vec![name.into(), "b".into()]).await),
            format!("{:?}", store.findings_by_key(vec![name.into(), "a".into()]).await),
            format!("{:?}", store.findings_due(at(second), 3).await),
            format!("{:?}", store.findings(FindingFilter::default(), Page::default()).await),
            format!("{:?}", store.findings(findings, page()).await),
            format!("{:?}", store.ticket(name.into()).await),
            format!("{:?}", store.tickets_due(at(second), 3).await),
            format!("{:?}", store.tickets(TicketFilter::default(), page()).await),
            format!("{:?}", store.tickets(tickets, Page::default()).await),
            format!("{:?}", store.tickets_since("jira".into(), some(), at(second)).await),
            format!("{:?}", store.tickets_since("jira".into(), None, at(second)).await),
            format!("{:?}", store.remediation(name.into()).await),
            format!("{:?}", store.remediations(Some(RemediationState::Applying), page()).await),
            format!("{:?}", store.job(name.into()).await),
            format!("{:?}", store.jobs(JobFilter::default(), Page::default()).await),
            format!("{:?}", store.jobs(jobs, page()).await),
            format!("{:?}", store.jobs(dead, Page::default()).await),
            format!("{:?}", store.job_counts().await),
            format!("{:?}", store.next_due(name.into()).await),
            format!("{:?}", store.attempts(name.into()).await),
            format!("{:?}", store.accounts().await),
            format!("{:?}", store.keys(KeyFilter::default(), page()).await),
            format!("{:?}", store.keys(keys, Page::default()).await),
            format!("{:?}", store.key_history(name.into(), 5).await),
            format!("{:?}", store.events(EventFilter::default(), Page::default()).await),
            format!("{:?}", store.events(events, Page { after: None, limit: 2 }).await),
            format!("{:?}", store.verify_log().await),
            format!("{:?}", store.workers().await),
            format!("{:?}", store.value(name.into()).await),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_answer_the_same(steps in proptest::collection::vec((step(), name(), second()), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&directory.path().join("store.db"), Options::default()).unwrap();
        let memory = Memory::new();
        for (step, name, second) in steps {
            prop_assert_eq!(take(&sqlite, step.clone()), take(&memory, step.clone()), "{:?}", step);
            prop_assert_eq!(answers(&sqlite, &name, second), answers(&memory, &name, second), "after {:?}", step);
        }
    }
}
