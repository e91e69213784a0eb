//! The world outside the engine, made for tests: a clock, ticket systems, Security Hub, keys and mail, each of which may fail, and
//! engines that may die at any step.
#![expect(dead_code, reason = "each test file uses its part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is wrong in a test ends the test")]

pub mod life;
pub mod outside;
pub mod people;
pub mod ports;
pub mod scenes;
pub mod shelf;
pub mod texts;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use respond::{Engine, Mode, Options, Ports};
use store::Store;
use triage::rules::Rules;
use triage::{Settings, Triage};

use life::{Life, Mortal};
use outside::Outside;
use shelf::Shelf;

/// The beginning of time.
pub fn start() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

/// Polls once. What is not ready then waits for nobody: it has died, or has given the word to another.
pub fn poll<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Runs to the end, however often it gives the word to another.
pub fn block<T>(future: impl Future<Output = T>) -> T {
    let mut future: Pin<Box<dyn Future<Output = T> + '_>> = Box::pin(future);
    for _ in 0..1_000_000 {
        if let Some(value) = poll(&mut future) {
            return value;
        }
    }
    panic!("it waits for ever");
}

/// What an engine of these tests does.
pub fn options() -> Options {
    Options {
        mode: Mode::Act,
        destinations: vec!["jira".into(), "servicenow".into()],
        incident_destinations: vec!["jira".into()],
        escalation: vec!["head@example.com".into()],
        // So that hours pass in few turns.
        hub_every: SignedDuration::from_mins(50),
        look_every: SignedDuration::from_mins(45),
        accounts_every: SignedDuration::from_hours(12),
        ..Options::default()
    }
}

pub fn settings() -> Settings {
    Settings {
        default_project: Some("SEC".into()),
        default_email: Some("team@example.com".into()),
        ..Settings::default()
    }
}

/// A store and a world, and engines over them.
pub struct World {
    pub store: Arc<Shelf>,
    pub outside: Arc<Outside>,
    pub options: Options,
    pub triage: Arc<Triage>,
}

impl World {
    pub fn new() -> Self {
        Self::with(options(), settings(), Rules::default())
    }

    pub fn with(options: Options, settings: Settings, rules: Rules) -> Self {
        Self {
            store: Shelf::in_memory(),
            outside: Arc::new(Outside::new(start())),
            options,
            triage: Arc::new(Triage::new(settings, rules)),
        }
    }

    /// The same world, with its store in a file.
    pub fn in_file(self) -> Self {
        Self { store: Shelf::in_file(), ..self }
    }

    /// An engine with this life.
    pub fn engine(&self, life: &Arc<Life>, holder: &str) -> Engine {
        self.engine_on(self.store.clone(), life, holder)
    }

    /// An engine with this life, which has the store in this way.
    pub fn engine_on(&self, shelf: Arc<Shelf>, life: &Arc<Life>, holder: &str) -> Engine {
        let store: Arc<dyn Store> = Arc::new(Mortal::new(shelf, life.clone()));
        let ports: Ports = ports::ports(&self.outside, life);
        Engine::new(store, ports, self.triage.clone(), self.options.clone(), holder)
    }

    pub fn now(&self) -> Timestamp {
        self.outside.now()
    }

    pub fn advance(&self, by: SignedDuration) {
        self.outside.advance(by);
    }
}
