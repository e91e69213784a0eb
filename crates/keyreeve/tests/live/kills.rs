//! The daemon is killed at random moments while findings flow: none is lost, no ticket is opened twice, no key is changed twice.
//!
//! The daemon is the real process on a store in a file; AWS, its events, Jira and ServiceNow are simulated here, so that what really
//! happened to them is known. `KEYREEVE_TEST_KILLS=1000` kills it as often as that, `KEYREEVE_TEST_SEED` says when.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{DeskOptions, Events, HubOptions, Options, RunningDesk, World};
use store::rows::JobState;
use store::sqlite::Sqlite;
use store::{EventFilter, FindingFilter, JobFilter, Page, Store};

use super::cloud::{Cloud, REGION};
use super::daemon::{Daemon, QUEUE, SECRETS, free_port, jira, servicenow};
use super::keys::{self, DEVELOPMENT, PRODUCTION, accounts, id, key};

/// Keys whose rotation is turned off again and again, which is fixed automatically.
const ROTATING: std::ops::Range<u32> = 0..12;
/// Keys that are going to be destroyed, and are not, again and again; in development as many.
const DYING: std::ops::Range<u32> = 12..24;
const IN_DEVELOPMENT: std::ops::Range<u32> = 24..30;
/// How long it may take until all is at rest.
const PATIENCE: Duration = Duration::from_secs(420);

/// The longest that one lives, unless starting took an eighth of that already.
const LONGEST_LIFE: Duration = Duration::from_secs(3);

/// Numbers from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }
}

fn account_of(number: u32) -> &'static str {
    if IN_DEVELOPMENT.contains(&number) { DEVELOPMENT } else { PRODUCTION }
}

fn world() -> World {
    let keys: Vec<Value> = (0..IN_DEVELOPMENT.end).map(|number| key(account_of(number), number, &json!({}))).collect();
    keys::world(&accounts(), &keys)
}

/// What has happened to the keys, by whom it was done here.
#[derive(Default)]
struct Done {
    /// By operation.
    calls: BTreeMap<&'static str, u64>,
    /// How often each was a reason for a ticket.
    reasons: BTreeMap<u32, usize>,
    dying: BTreeSet<u32>,
}

/// Everything but the daemon, which comes and goes.
struct Stage {
    cloud: Cloud,
    desk: RunningDesk,
    port: u16,
    done: Done,
    random: Random,
    /// Whether nothing is done that takes minutes to be answered.
    is_patient: bool,
}

impl Stage {
    fn set(seed: u64, is_patient: bool) -> Self {
        let events = Events { duplicates: 20, reorders: true, seed, ..Events::to(QUEUE) };
        let options = Options {
            hub: Some(HubOptions::default()),
            events: Some(events),
            clock: jiff::Timestamp::now(),
            ..Options::default()
        };
        let cloud = Cloud::start(world(), options);
        let desk = cloud.wait_for(RunningDesk::start(DeskOptions::default())).unwrap();
        let port = free_port();
        cloud.write("keyreeve.toml", &config(&desk, port));
        Self { cloud, desk, port, done: Done::default(), random: Random(seed), is_patient }
    }

    fn daemon(&self) -> Daemon {
        let log = self.cloud.home.path().join("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        Daemon::start(&self.cloud, &SECRETS, Stdio::null(), log)
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.cloud.home.path().join("log")).unwrap_or_default();
        log.lines().rev().take(60).collect::<Vec<_>>().join("\n")
    }

    /// Until it answers, or has died by itself.
    fn wait_until_it_serves(&self, daemon: &mut Daemon) {
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = daemon.0.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "the daemon does not start ({ended:?}): {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn call(&mut self, number: u32, operation: &'static str, more: Value) {
        let mut body = json!({ "KeyId": id(number) });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.cloud.kms(account_of(number), operation, &body);
        *self.done.calls.entry(operation).or_default() += 1;
    }

    fn rotates(&self, number: u32) -> bool {
        let answer = self.cloud.kms(account_of(number), "GetKeyRotationStatus", &json!({ "KeyId": id(number) }));
        answer["KeyRotationEnabled"] == true
    }

    /// Somebody does something to a key.
    fn happen(&mut self) {
        let number = self.random.below(IN_DEVELOPMENT.end.into()) as u32;
        if ROTATING.contains(&number) {
            let reasons = self.done.reasons.get(&number).copied().unwrap_or_default();
            let is_fixing = self.rotates(number) && self.issues_about(number) < reasons;
            if is_fixing && self.is_patient {
                // A fix that is undone before it is seen is looked for during two minutes.
            } else if self.rotates(number) {
                self.call(number, "DisableKeyRotation", json!({}));
                *self.done.reasons.entry(number).or_default() += 1;
            } else if self.open_tickets(number).0 > 0 {
                // Turned off again before anybody saw it on: what was fixed and fails nevertheless is left to people.
                self.call(number, "EnableKeyRotation", json!({}));
            }
        } else if self.done.dying.remove(&number) {
            self.call(number, "CancelKeyDeletion", json!({}));
            self.call(number, "EnableKey", json!({}));
        } else {
            self.call(number, "ScheduleKeyDeletion", json!({ "PendingWindowInDays": 30 }));
            self.done.dying.insert(number);
            *self.done.reasons.entry(number).or_default() += 1;
        }
    }

    /// One life, which ends at any moment: while it starts, or while it works. How long it is, is told in calls, so that as much happens
    /// on a busy machine.
    fn live_and_die(&mut self) {
        self.desk.forget_requests();
        let before = self.cloud.aws.counts().total();
        let (mut daemon, began) = (self.daemon(), Instant::now());
        if self.random.below(6) == 0 {
            std::thread::sleep(Duration::from_millis(self.random.below(400)));
        } else {
            self.wait_until_it_serves(&mut daemon);
            let most = [30, 150, 400][self.random.below(3) as usize];
            let calls = self.random.below(most);
            let end = Instant::now() + LONGEST_LIFE.max(began.elapsed() * 8);
            while Instant::now() < end {
                let made = self.cloud.aws.counts().total() - before + self.desk.requests().len() as u64;
                if made >= calls {
                    break;
                }
                if self.random.below(8) == 0 {
                    self.happen();
                }
                std::thread::sleep(Duration::from_micros(self.random.below(30_000)));
            }
        }
        std::thread::sleep(Duration::from_micros(self.random.below(3_000)));
        let ended = daemon.0.try_wait().unwrap();
        assert!(ended.is_none(), "the daemon has ended by itself ({ended:?}): {}", self.log());
        daemon.0.kill().unwrap();
        daemon.0.wait().unwrap();
    }

    fn issues_about(&self, number: u32) -> usize {
        self.desk.issues().iter().filter(|it| it.description.to_string().contains(&id(number))).count()
    }

    /// Issues and records about a key that are open.
    fn open_tickets(&self, number: u32) -> (usize, usize) {
        let (issues, incidents) = (self.desk.issues(), self.desk.incidents());
        let is_about = |text: &str| text.contains(&id(number));
        let in_jira = issues.iter().filter(|it| !it.is_done && is_about(&it.description.to_string()));
        let is_open = |it: &&simulator::Incident| !["6", "7"].contains(&it.field("state"));
        let in_servicenow = incidents.iter().filter(is_open).filter(|it| is_about(it.field("description")));
        (in_jira.count(), in_servicenow.count())
    }

    /// What is not yet as it must be in the end.
    fn unrest(&self) -> Vec<String> {
        let mut unrest = Vec::new();
        for number in 0..IN_DEVELOPMENT.end {
            let is_wanted = if ROTATING.contains(&number) {
                !self.rotates(number)
            } else {
                DYING.contains(&number) && self.done.dying.contains(&number)
            };
            let open = self.open_tickets(number);
            if open != (usize::from(is_wanted), usize::from(is_wanted)) {
                unrest.push(format!("key {number}: {open:?} issues and records are open, wanted: {is_wanted}"));
            }
        }
        let messages = self.cloud.aws.messages(QUEUE);
        if messages > 0 {
            unrest.push(format!("{messages} messages are in the queue"));
        }
        unrest
    }

    /// Time is given, and nobody is killed any more.
    fn come_to_rest(&self) {
        let mut daemon = self.daemon();
        self.wait_until_it_serves(&mut daemon);
        let end = Instant::now() + PATIENCE;
        loop {
            let mut unrest = self.unrest();
            if unrest.is_empty() {
                unrest = self.unfinished_jobs();
            }
            if unrest.is_empty() {
                unrest = self.log_of_all().undecided();
            }
            if unrest.is_empty() {
                break;
            }
            assert!(
                Instant::now() < end,
                "it does not come to rest: {unrest:#?}\n{:#?}\n{}",
                self.findings_open(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(500));
        }
        assert!(daemon.stop(), "{}", self.log());
    }

    fn store(&self) -> Sqlite {
        Sqlite::open(&self.cloud.home.path().join("keyreeve.db"), Default::default()).unwrap()
    }

    /// What the store knows of keys about which something is open.
    fn findings_open(&self) -> Vec<String> {
        let store = self.store();
        let filter = FindingFilter { settled: Some(false), ..FindingFilter::default() };
        let rows = self.cloud.wait_for(store.findings(filter, Page { after: None, limit: 1_000 })).unwrap();
        let told = |row: &store::rows::FindingRow| {
            let reason = row.decision.as_ref().map(|decision| decision["reason"].to_string());
            format!("{} {} {} of {:?}: {:?} {reason:?}", row.resource, row.control, row.form, row.updated, row.action)
        };
        rows.iter().filter(|row| !row.tickets.is_empty()).map(told).collect()
    }

    fn unfinished_jobs(&self) -> Vec<String> {
        let store = self.store();
        let mut unfinished = Vec::new();
        for state in [JobState::Pending, JobState::Unknown, JobState::Held, JobState::Dead] {
            let filter = JobFilter { state: Some(state), ..JobFilter::default() };
            let jobs = self.cloud.wait_for(store.jobs(filter, Page::default())).unwrap();
            // A key that was read is read again minutes later where what somebody did to it does not show.
            let open = jobs.iter().filter(|job| job.note.as_deref() != Some("the change does not show yet"));
            unfinished.extend(open.map(|job| format!("{} {state:?} {:?}", job.id, job.note)));
        }
        unfinished
    }

    /// Nothing was done twice outside.
    fn check_outside(&self) {
        let issues = self.desk.issues();
        let mut marks = BTreeSet::new();
        for issue in &issues {
            let is_mark = |label: &&String| {
                label
                    .strip_prefix("keyreeve-")
                    .is_some_and(|mark| mark.len() >= 16 && mark.bytes().all(|it| it.is_ascii_hexdigit()))
            };
            let mark = issue.labels.iter().find(is_mark).unwrap();
            assert!(marks.insert(mark.clone()), "a second issue with the mark {mark}: {issues:#?}");
        }
        let mut marks = BTreeSet::new();
        for incident in &self.desk.incidents() {
            let mark = incident.field("correlation_id");
            assert!(mark.starts_with("keyreeve-") && marks.insert(mark.to_owned()), "a second record: {incident:?}");
        }
        assert_eq!(self.desk.jira(|jira| jira.deletions()), 0);
        for number in 0..IN_DEVELOPMENT.end {
            let about: Vec<_> = issues.iter().filter(|it| it.description.to_string().contains(&id(number))).collect();
            let reasons = self.done.reasons.get(&number).copied().unwrap_or_default();
            let most = if IN_DEVELOPMENT.contains(&number) { 0 } else { reasons };
            assert!(about.len() <= most, "key {number}: only {most} times was there a reason for {about:#?}");
        }
        let off = ROTATING.filter(|number| !self.rotates(*number)).count() as u64;
        let started = self.cloud.aws.counts().requests("EnableKeyRotation");
        assert_eq!(
            started + off,
            self.called("DisableKeyRotation"),
            "rotation is turned on once where it was turned off"
        );
        assert_eq!(self.cloud.aws.messages(&format!("{QUEUE}-dead")), 0, "nothing was given up");
    }

    fn called(&self, operation: &str) -> u64 {
        self.done.calls.get(operation).copied().unwrap_or_default()
    }

    /// Nothing is lost inside: every event is recorded once, and every finding's latest text is decided.
    fn check_inside(&self) -> (usize, u64) {
        let store = self.store();
        assert_eq!(self.cloud.wait_for(store.verify_log()), Ok(None), "the log is whole");
        let log = self.log_of_all();
        // The last is called by the daemon too, and its own calls are told as all others are.
        let operations: BTreeSet<&str> = self.done.calls.keys().copied().chain(["EnableKeyRotation"]).collect();
        for operation in operations {
            let of_call = log.calls.get(operation).cloned().unwrap_or_default();
            let calls = self.cloud.aws.counts().requests(operation);
            assert_eq!(of_call.len() as u64, calls, "{operation}: every event is in the log");
            assert!(of_call.values().all(|times| *times == 1), "{operation}: and once: {of_call:?}");
        }
        assert_eq!(log.undecided(), Vec::<String>::new(), "the latest text of every finding is decided");
        let mut page = Page { after: None, limit: 1_000 };
        let mut findings = 0;
        loop {
            let part = self.cloud.wait_for(store.findings(FindingFilter::default(), page.clone())).unwrap();
            let Some(last) = part.last() else { break };
            page.after = Some(last.key.clone());
            findings += part.len();
            let undecided: Vec<_> = part.iter().filter(|row| row.decision.is_none()).collect();
            assert!(undecided.is_empty(), "{undecided:?}");
        }
        (findings, log.events)
    }

    fn log_of_all(&self) -> Log {
        let store = self.store();
        let (mut log, mut page) = (Log::default(), Page { after: None, limit: 1_000 });
        loop {
            let part = self.cloud.wait_for(store.events(EventFilter::default(), page.clone())).unwrap();
            let Some(last) = part.last() else { return log };
            page.after = Some(last.number.to_string());
            log.events = last.number;
            for event in part {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                match event.kind.as_str() {
                    "kms.called" => {
                        let of_call = log.calls.entry(text(&event.body["call"])).or_default();
                        *of_call.entry(text(&event.body["event"])).or_default() += 1;
                    }
                    "finding.received" => drop(log.received.insert(event.subject, text(&event.body["text"]))),
                    "decision" => drop(log.decided.insert(event.subject, text(&event.body["inputs"]["finding"]))),
                    _ => {}
                }
            }
        }
    }
}

/// What the store's log says.
#[derive(Default)]
struct Log {
    events: u64,
    /// How often each event is in it, by operation.
    calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// The latest text of each finding, and the text that was decided last.
    received: BTreeMap<String, String>,
    decided: BTreeMap<String, String>,
}

impl Log {
    fn undecided(&self) -> Vec<String> {
        let is_decided = |(finding, text): &(&String, &String)| self.decided.get(*finding) == Some(*text);
        let open = self.received.iter().filter(|it| !is_decided(it));
        open.map(|(finding, text)| format!("{finding}: {text} is not decided")).collect()
    }
}

fn config(desk: &RunningDesk, port: u16) -> String {
    let (jira, servicenow) = (jira(desk), servicenow(desk, "env:SERVICENOW_PASSWORD"));
    format!(
        r#"
[aws]
org = true
regions = ["{REGION}"]
[triage]
remediate = ["KMS.4"]
[serve]
mode = "act"
listen = "127.0.0.1:{port}"
destinations = ["jira", "servicenow"]
[serve.intake]
queues = ["{QUEUE}"]
hub = true
[serve.caps]
tickets_an_hour = 100000
changes_an_hour = 1000
[serve.times]
debounce_seconds = 1
lease_seconds = 8
absence_seconds = 10
visibility_seconds = 5
hub_minutes = 1
{jira}{servicenow}search_lag_seconds = 0
"#
    )
}

#[test]
fn a_daemon_that_is_killed_at_any_moment_loses_nothing_and_does_nothing_twice() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (kills, seed) = (number("KEYREEVE_TEST_KILLS").unwrap_or(6), number("KEYREEVE_TEST_SEED").unwrap_or(1));
    let (mut stage, began) = (Stage::set(seed, kills < 10), Instant::now());
    for kill in 1..=kills {
        stage.live_and_die();
        if kill % 50 == 0 {
            println!("{kill} kills in {:?}, {} issues", began.elapsed(), stage.desk.issues().len());
        }
    }
    // What was received by who was killed is seen by others only then.
    stage.cloud.aws.skip(Duration::from_secs(6));
    stage.come_to_rest();
    stage.check_outside();
    let (findings, events) = stage.check_inside();
    println!(
        "seed {seed}: {kills} kills in {:?}: {:?} by others, {} keys fixed, {} issues, {} records, {findings} findings, {events} events; \
         nothing lost, nothing twice",
        began.elapsed(),
        stage.done.calls,
        stage.cloud.aws.counts().requests("EnableKeyRotation") - stage.called("EnableKeyRotation"),
        stage.desk.issues().len(),
        stage.desk.incidents().len(),
    );
}
