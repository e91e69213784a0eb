//! What the API stands on: the store, and the few things that only the daemon can do.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use detection::Detection;
use jiff::Timestamp;
use serde::Serialize;
use store::Store;
use triage::Triage;

use crate::gate::Gate;
use crate::hook::Hooks;
use crate::metrics::Metrics;

/// An answer that comes later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was handed in before.
    #[error("it was handed in before")]
    Replayed,
    /// What was handed in cannot be used at all.
    #[error("{0}")]
    Invalid(String),
    /// Somebody else changed the same thing: once more.
    #[error("it was changed by somebody else meanwhile")]
    Conflict,
    /// Something failed on our side.
    #[error("{0}")]
    Failed(String),
}

/// Findings that were handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// By which a second one like it is known: `hook:…`; none where the sender may repeat itself.
    pub id: Option<String>,
    /// Until when the id is kept.
    pub until: Timestamp,
    /// Who handed it in: `token:alice`, `hook:name`.
    pub actor: String,
    /// What was handed in.
    pub body: Bytes,
}

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Taken {
    /// Findings that are in the store now.
    pub accepted: usize,
    /// Findings that are no news: the store has them as they are, or newer.
    pub unchanged: usize,
    /// What could not be read, each with its place.
    pub problems: Vec<String>,
}

/// Takes findings in, and answers when they are in the store.
pub trait Intake: Send + Sync {
    /// Takes these.
    fn take(&self, delivery: Delivery) -> Reply<'_, Taken>;
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Form {
    #[default]
    Json,
    Html,
    Markdown,
}

/// Writes reports.
pub trait Reports: Send + Sync {
    /// The weekly report up to that time.
    fn weekly(&self, until: Timestamp, form: Form) -> Reply<'_, String>;
}

/// Who answers, for `/api/v1/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// `observe` or `act`.
    pub mode: String,
    /// The name under which this process takes jobs.
    pub holder: String,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    pub started: Timestamp,
    /// Ticket systems, by name.
    pub destinations: Vec<String>,
    /// Effects that are held back: `team-fixes`, `incidents`, `remediation`.
    pub held: Vec<String>,
}

/// The detections in use, as they are configured.
#[derive(Debug, Default)]
pub struct Catalog {
    detections: BTreeMap<String, Detection>,
}

impl Catalog {
    /// These.
    #[must_use]
    pub fn new(detections: Vec<Detection>) -> Self {
        Self { detections: detections.into_iter().map(|detection| (detection.id.clone(), detection)).collect() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Detection> {
        self.detections.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Detection> {
        self.detections.get(id)
    }
}

/// Something that is put in another's place while others read it: what a new configuration changes.
#[derive(Debug, Default)]
pub struct Swap<T>(RwLock<Arc<T>>);

impl<T> Swap<T> {
    /// This at first.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// As it is now.
    pub fn get(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another in its place.
    pub fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

/// The parts that the API is made of.
pub struct Parts {
    /// Where everything is remembered.
    pub store: Arc<dyn Store>,
    /// Takes findings in.
    pub intake: Arc<dyn Intake>,
    /// Writes reports.
    pub reports: Arc<dyn Reports>,
    /// What time it is.
    pub now: fn() -> Timestamp,
    /// Called after every change, so that workers need not wait for their timers.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Who may come in.
    pub gate: Gate,
    /// Who may hand findings in by signature.
    pub hooks: Hooks,
    /// How it is decided.
    pub triage: Triage,
    /// The detections in use.
    pub catalog: Catalog,
    /// Who answers.
    pub about: About,
}

/// The API's state; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] shares.
pub struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) intake: Arc<dyn Intake>,
    pub(crate) reports: Arc<dyn Reports>,
    pub(crate) now: fn() -> Timestamp,
    pub(crate) wake: Arc<dyn Fn() + Send + Sync>,
    pub(crate) gate: Swap<Gate>,
    pub(crate) hooks: Swap<Hooks>,
    pub(crate) triage: Swap<Triage>,
    pub(crate) catalog: Swap<Catalog>,
    pub(crate) about: Swap<About>,
    pub(crate) metrics: Metrics,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, intake, reports, now, wake, gate, hooks, triage, catalog, about } = parts;
        Self(Arc::new(Inner {
            store,
            intake,
            reports,
            now,
            wake,
            gate: Swap::new(gate),
            hooks: Swap::new(hooks),
            triage: Swap::new(triage),
            catalog: Swap::new(catalog),
            about: Swap::new(about),
            metrics: Metrics::default(),
        }))
    }

    /// Takes over what a new configuration says; requests that are being answered keep the old.
    pub fn reconfigure(&self, gate: Gate, hooks: Hooks, triage: Triage, catalog: Catalog, about: About) {
        self.gate.set(gate);
        self.hooks.set(hooks);
        self.triage.set(triage);
        self.catalog.set(catalog);
        self.about.set(about);
    }
}
