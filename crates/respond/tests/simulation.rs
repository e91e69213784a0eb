//! Two engines on one store, in a world that loses, repeats, delays and reorders, where calls fail with and without effect, engines
//! die, and people close tickets: whatever the seed, nothing is lost, nothing is done twice, and all comes to rest.
//!
//! In memory, and on a file as it ships, which each engine has open for itself as a process would, and which is found as it stands when
//! the machine dies. `SEEDS=10000` and `FILE_SEEDS=1000` run more seeds, from `FIRST`; `SEED=77` runs one, `FILE_SEED=77` one on a file.
#![expect(clippy::unwrap_used, reason = "what is wrong in a test ends the test")]

mod world;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use respond::{Delivery, Engine, Judge as _, Options, Scan};
use store::rows::JobState;
use store::{EventFilter, FindingFilter, JobFilter, Page, Store};
use triage::rules::Rules;
use world::life::Life;
use world::outside::{Random, Stands};
use world::scenes::{self, in_hub, next_due, schedule, stop_rotation, two_accounts};
use world::shelf::Shelf;
use world::texts::{self, DEV, PROD};
use world::{World, block, options, poll, settings};

type Running = Pin<Box<dyn Future<Output = Result<Vec<Delivery>, (Vec<Delivery>, store::StoreError)>>>>;

/// One of the two.
struct Slot {
    life: Arc<Life>,
    shelf: Arc<Shelf>,
    engine: Arc<Engine>,
    running: Option<(Running, Vec<Delivery>)>,
    name: &'static str,
}

struct Chaos {
    world: World,
    random: Random,
    slots: Vec<Slot>,
    /// What is on its way, and when it arrives.
    posted: Vec<(Timestamp, Delivery)>,
}

fn world_of(random: &mut Random) -> World {
    let quiet = Options {
        hub_every: SignedDuration::from_hours(8),
        hub_full_every: SignedDuration::from_hours(10),
        look_every: SignedDuration::from_hours(6),
        ..options()
    };
    let mut world = two_accounts();
    world.options = quiet;
    world.triage = Arc::new(triage::Triage::new(settings(), Rules::default()));
    let mut state = world.outside.state();
    state.no_reopen = random.one_in(3);
    state.lag = i64::from(random.below(200));
    state.consistency = i64::from(random.below(8));
    drop(state);
    world
}

/// Security Hub writes now what it saw of a key's rotation so many seconds ago.
fn evaluate_rotation(world: &World, seconds: i64) -> Vec<Delivery> {
    let seen = world.now().checked_add(SignedDuration::from_secs(-seconds)).unwrap();
    let passes = world.outside.state().rotated(&texts::arn(PROD, "one"), seen);
    in_hub(world, "hub-4", "KMS.4", if passes { "PASSED" } else { "FAILED" })
}

impl Chaos {
    fn new(seed: u64, place: Place) -> Self {
        let mut random = Random(seed);
        let mut world = world_of(&mut random);
        if place == Place::File {
            world = world.in_file();
        }
        let mut chaos = Self { world, random, slots: Vec::new(), posted: Vec::new() };
        for name in ["a", "b"] {
            let slot = chaos.born(name);
            chaos.slots.push(slot);
        }
        chaos
    }

    fn born(&mut self, name: &'static str) -> Slot {
        let ends = self.random.one_in(2).then(|| 5 + u64::from(self.random.below(120)));
        let faults = [4, 8, 1_000_000][self.random.below(3) as usize];
        let skew = i64::from(self.random.below(4_000)) - 2_000;
        let life = Life::random(Random(self.random.next()), ends, Some(faults), skew);
        let shelf = self.world.store.another();
        let engine = Arc::new(self.world.engine_on(shelf.clone(), &life, name));
        Slot { life, shelf, engine, running: None, name }
    }

    fn post(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            if self.random.one_in(6) {
                continue; // Lost; reconciliation finds it.
            }
            let copies = if self.random.one_in(4) { 2 } else { 1 };
            for _ in 0..copies {
                let after = SignedDuration::from_secs(i64::from(self.random.below(90)));
                self.posted.push((self.world.now().checked_add(after).unwrap(), delivery.clone()));
            }
        }
    }

    fn happen(&mut self) {
        let world = &self.world;
        let deliveries = match self.random.below(11) {
            0 => schedule(world, PROD),
            1 => schedule(world, DEV),
            2 => scenes::cancel(world, PROD),
            3 => stop_rotation(world),
            4 => in_hub(world, "hub-1", "KMS.1", "FAILED"),
            5 => in_hub(world, "hub-1", "KMS.1", "PASSED"),
            6 => in_hub(world, "hub-2", "KMS.1", if self.random.one_in(2) { "FAILED" } else { "PASSED" }),
            7 if self.random.one_in(3) => scenes::close_by_hand(world),
            8 | 9 => evaluate_rotation(world, i64::from(self.random.below(600))),
            _ => {
                for ticket in &mut world.outside.state().tickets {
                    ticket.name = format!("MOVED-{}", ticket.id);
                }
                Vec::new()
            }
        };
        self.post(deliveries);
    }

    /// Gives the word to one engine for a moment.
    fn let_run(&mut self, index: usize) -> Result<(), String> {
        if self.slots[index].running.is_none() {
            let now = self.world.now();
            let arrived: Vec<usize> = (0..self.posted.len()).filter(|at| self.posted[*at].0 <= now).take(3).collect();
            let taken: Vec<Delivery> = if self.random.one_in(2) {
                arrived.iter().rev().map(|at| self.posted.remove(*at).1).collect()
            } else {
                Vec::new()
            };
            let engine = self.slots[index].engine.clone();
            let mine = taken.clone();
            let running: Running = Box::pin(async move {
                let done =
                    if mine.is_empty() { engine.turn().await.map(drop) } else { engine.take(&mine).await.map(drop) };
                done.map(|()| Vec::new()).map_err(|error| (mine, error))
            });
            self.slots[index].running = Some((running, taken));
        }
        let polls = 1 + self.random.below(12);
        for _ in 0..polls {
            let Some((running, taken)) = &mut self.slots[index].running else { break };
            let taken = taken.clone();
            match poll(running) {
                Some(Ok(_)) => self.slots[index].running = None,
                Some(Err((back, error))) => {
                    if !matches!(error, store::StoreError::Conflict { .. }) {
                        return Err(format!("{error}"));
                    }
                    self.slots[index].running = None;
                    self.redeliver(back);
                }
                None if self.slots[index].life.is_dead() => {
                    // Nothing was acknowledged.
                    self.redeliver(taken);
                    if self.world.store.is_file() && self.random.one_in(2) {
                        self.lose_all(index);
                    }
                    let name = self.slots[index].name;
                    self.slots[index] = self.born(name);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// All processes die with one, and what they wrote is found as it stands.
    fn lose_all(&mut self, index: usize) {
        for other in 0..self.slots.len() {
            if let Some((_, taken)) = self.slots[other].running.take().filter(|_| other != index) {
                self.redeliver(taken);
            }
        }
        let dying = &self.slots[index];
        dying.shelf.die(dying.life.death());
        self.world.store = dying.shelf.clone();
        for other in (0..self.slots.len()).filter(|other| *other != index) {
            self.slots[other] = self.born(self.slots[other].name);
        }
    }

    fn redeliver(&mut self, deliveries: Vec<Delivery>) {
        let at = self.world.now();
        self.posted.extend(deliveries.into_iter().map(|delivery| (at, delivery)));
    }

    fn rage(&mut self) -> Result<(), String> {
        for _ in 0..260 {
            if self.random.one_in(12) {
                self.happen();
            }
            let index = self.random.below(2) as usize;
            self.let_run(index)?;
            let step = if self.random.one_in(25) { 1_000 * self.random.below(400) } else { self.random.below(2_500) };
            self.world.advance(SignedDuration::from_millis(i64::from(step)));
        }
        Ok(())
    }

    /// Runs one engine to the end of what it does.
    fn finish(&mut self, index: usize) -> Result<(), String> {
        for _ in 0..200_000 {
            if self.slots[index].running.is_none() {
                return Ok(());
            }
            self.let_run(index)?;
        }
        Err("an engine does not come to the end of its turn".into())
    }

    fn settle(&mut self, hours: i64) -> Result<(), String> {
        let end = self.world.now().checked_add(SignedDuration::from_hours(hours)).unwrap();
        for round in 0..3_000 {
            self.slots.iter().for_each(|slot| slot.life.calm_down());
            let index = round % 2;
            self.let_run(index)?;
            self.finish(index)?;
            let now = self.world.now();
            if now >= end && self.posted.is_empty() {
                return Ok(());
            }
            let next = next_due(&self.world, end).max(now.checked_add(SignedDuration::from_millis(700)).unwrap());
            let next =
                if self.posted.is_empty() { next } else { now.checked_add(SignedDuration::from_secs(20)).unwrap() };
            self.world.advance(next.duration_since(now));
        }
        let jobs = self.unfinished();
        Err(format!("it does not come to rest: {jobs:?}"))
    }

    fn unfinished(&self) -> Vec<String> {
        let jobs = block(self.world.store.jobs(JobFilter::default(), Page { after: None, limit: 1000 })).unwrap();
        let open = jobs.iter().filter(|job| job.state != JobState::Done);
        open.map(|job| format!("{} {:?} {:?}", job.id, job.state, job.note)).collect()
    }

    /// What a scheduled scan finds.
    fn scan(&mut self) -> Result<(), String> {
        let keys: Vec<String> = {
            let state = self.world.outside.state();
            state.keys.keys().filter_map(|arn| Some(texts::resource(&state.shown(arn)?))).collect()
        };
        let pack = world::ports::Pack;
        let findings =
            keys.iter().flat_map(|key| pack.judge(key, self.world.now())).filter(|text| text.contains("\"FAIL\""));
        let scan = Scan { findings: findings.collect(), keys, whole: true, at: self.world.now() };
        let life = Life::endless();
        let engine = self.world.engine(&life, "scan");
        block(engine.take_scan(&scan)).map(drop).map_err(|error| error.to_string())
    }

    fn check(&self) -> Result<(), String> {
        let wrongs = self.world.outside.state().wrongs.clone();
        expect(wrongs.is_empty(), || format!("{wrongs:#?}"))?;
        let jobs = self.unfinished();
        expect(jobs.is_empty(), || format!("unfinished: {jobs:#?}"))?;
        expect(block(self.world.store.verify_log()) == Ok(None), || "the log is broken".into())?;
        self.check_decisions()?;
        self.check_truth()
    }

    /// The whole log, for whoever replays a seed.
    fn tell(&self) {
        let mut page = Page { after: None, limit: 1000 };
        loop {
            let events = block(self.world.store.events(EventFilter::default(), page.clone())).unwrap();
            let Some(last) = events.last() else { break };
            page.after = Some(last.number.to_string());
            for event in &events {
                let decision = &event.body["decision"];
                let body = if decision.is_null() {
                    event.body.to_string()
                } else {
                    format!("{} {} {} {}", decision["row"], decision["control"], decision["effects"], decision["until"])
                };
                println!("{} {} {} {}", event.at, event.kind, event.subject, body);
            }
        }
        let jobs = block(self.world.store.jobs(JobFilter::default(), Page { after: None, limit: 1000 })).unwrap();
        for job in jobs {
            for attempt in block(self.world.store.attempts(job.id.clone())).unwrap() {
                println!("{} {:?}: {:?}", job.id, job.note, attempt);
            }
        }
        println!("{:#?}", scenes::end(&self.world));
    }

    /// P1: what came in last is decided.
    fn check_decisions(&self) -> Result<(), String> {
        let now = self.world.now();
        let page = || Page { after: None, limit: 1000 };
        let rows = block(self.world.store.findings(FindingFilter::default(), page())).unwrap();
        for row in &rows {
            let due = row.decide_at.is_some_and(|at| at <= now);
            expect(!due, || format!("{} is due for a decision", row.finding_id))?;
            let filter = EventFilter { subject: Some(row.key.clone()), ..EventFilter::default() };
            let (mut received, mut decided) = (None, None);
            let mut page = page();
            loop {
                let events = block(self.world.store.events(filter.clone(), page.clone())).unwrap();
                let Some(last) = events.last() else { break };
                page.after = Some(last.number.to_string());
                for event in events {
                    match event.kind.as_str() {
                        "finding.received" => received = Some(event.body["text"].clone()),
                        "decision" => decided = Some(event.body["inputs"]["finding"].clone()),
                        _ => {}
                    }
                }
            }
            expect(received == decided, || {
                format!("{}: {received:?} came in, {decided:?} is decided", row.finding_id)
            })?;
        }
        Ok(())
    }

    /// P2 and P8: what is open outside is what fails there.
    fn check_truth(&self) -> Result<(), String> {
        let state = self.world.outside.state();
        let fails =
            |id: &str| state.hub.get(id).is_some_and(|it| it.compliance == "FAILED" && it.workflow != "SUPPRESSED");
        let dying = |account: &str| state.keys[&texts::arn(account, "one")].state == "PendingDeletion";
        let wanted = [("TEAM FIX: KMS.1", fails("hub-1") || fails("hub-2")), ("TEAM FIX: KMS.3", dying(PROD))];
        for system in ["jira", "servicenow"] {
            let titles = state.open_titles(system);
            for (title, is_wanted) in wanted {
                let open = titles.iter().filter(|open| open.starts_with(title)).count();
                expect(open == usize::from(is_wanted), || {
                    format!("{system}: {open} open tickets `{title}`, wanted: {is_wanted}; {titles:?}")
                })?;
            }
            let arn = texts::arn(PROD, "one");
            let off = state.rotations.get(&arn).into_iter().flatten().filter(|(_, rotates)| !rotates).count();
            let told =
                state.tickets.iter().filter(|it| it.system == system && it.title.starts_with("AUTOFIXED")).count();
            expect(told <= off, || format!("{system}: {told} tickets tell of a fix, rotation was off {off} times"))?;
            let key = &state.keys[&arn];
            let in_vain = titles.iter().any(|open| open.starts_with("TEAM FIX: KMS.4"));
            expect(key.rotation.is_none() || !in_vain, || format!("{system}: it rotates, yet: {titles:?}"))?;
            let fixed =
                key.rotation.is_some() || dying(PROD) || titles.iter().any(|open| open.starts_with("TEAM FIX: KMS.4"));
            expect(fixed, || format!("{system}: the key's rotation is off, and nobody knows: {titles:?}"))?;
        }
        let lost = state.tickets.iter().filter(|ticket| ticket.stands == Stands::Missing).count();
        expect(lost == 0, || "a ticket is lost".into())
    }
}

fn expect(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

/// Where the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    File,
}

impl Place {
    /// What asks for one seed, what for so many, and how many it is otherwise.
    fn asked(self) -> (&'static str, &'static str, u64) {
        match self {
            Self::Memory => ("SEED", "SEEDS", 300),
            Self::File => ("FILE_SEED", "FILE_SEEDS", 6),
        }
    }
}

fn simulate(seed: u64, place: Place) -> Result<(), String> {
    let mut chaos = Chaos::new(seed, place);
    chaos.rage()?;
    chaos.settle(1)?;
    chaos.scan()?;
    chaos.settle(33)?;
    let evaluated = evaluate_rotation(&chaos.world, 0);
    chaos.redeliver(evaluated);
    chaos.settle(2)?;
    let checked = chaos.check();
    if checked.is_err() && number(place.asked().0).is_some() {
        chaos.tell();
    }
    checked
}

/// Seeds that once came to two open tickets where a system opens nothing again, and two asked it to.
const TELLING: [u64; 2] = [6337, 7290];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn simulate_all(place: Place) {
    let (one, many, otherwise) = place.asked();
    let first = number("FIRST").unwrap_or(0);
    let seeds: Vec<u64> = match number(one) {
        Some(seed) => vec![seed],
        None => (first..first + number(many).unwrap_or(otherwise)).chain(TELLING).collect(),
    };
    let began = std::time::Instant::now();
    let workers = 2;
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (seeds, failed) = (&seeds, &failed);
            scope.spawn(move || {
                for seed in seeds.iter().skip(worker).step_by(workers) {
                    if let Err(why) = simulate(*seed, place) {
                        failed.lock().unwrap().push(format!("{one}={seed}: {why}"));
                    }
                }
            });
        }
    });
    println!("{} seeds in {place:?} in {:?}", seeds.len(), began.elapsed());
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {} seeds fail\n{}",
        failed.len(),
        seeds.len(),
        failed[..failed.len().min(12)].join("\n")
    );
}

#[test]
fn whatever_the_seed_nothing_is_lost_and_nothing_is_done_twice() {
    simulate_all(Place::Memory);
}

#[test]
fn on_a_file_that_several_processes_have_open_it_is_the_same() {
    simulate_all(Place::File);
}

#[test]
fn the_same_seed_is_the_same_world() {
    let end = |seed, place| {
        let mut chaos = Chaos::new(seed, place);
        chaos.rage().unwrap();
        chaos.settle(1).unwrap();
        scenes::end(&chaos.world)
    };
    assert_eq!(end(7, Place::Memory), end(7, Place::Memory));
    assert_eq!(end(7, Place::File), end(7, Place::File));
}
