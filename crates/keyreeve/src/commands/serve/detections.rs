//! Our detections, as the engine asks for them: one resource at a time, whenever it is read.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws::Needs;
use finding::snapshot::{self, Entry, Reader};
use finding::{Account, Accounts, FactContext, Severity};
use jiff::Timestamp;
use triage::control::ControlId;

use super::options;
use crate::config::{Config, Loaded};
use crate::engine::{Engine, Shared, Wanted};
use crate::expected::Expected;
use crate::selection::Selected;
use crate::suppressions::Suppressions;
use crate::{needs, policies};

/// The detections in use, with what is known of the accounts.
pub struct Detections {
    config: Config,
    selected: Arc<Selected>,
    suppressions: Suppressions,
    expected: Expected,
    accounts: RwLock<Arc<Accounts>>,
    /// What is read of keys.
    needs: Needs,
    /// Detections that cannot judge, because what they need is not read; and their controls.
    unread: BTreeMap<String, String>,
}

/// What the judge says of a batch of resources.
#[derive(Debug, Default)]
pub struct Judged {
    /// The resources, each as its line has it.
    pub keys: Vec<String>,
    /// Findings, each as a text.
    pub findings: Vec<String>,
}

impl Detections {
    /// These.
    pub fn new(loaded: &Loaded, selected: Arc<Selected>, accounts: Accounts, now: Timestamp) -> anyhow::Result<Self> {
        // What `scan` accepts is for `scan`: the daemon suppresses by its own rules, which leave a trace.
        let none = Loaded::default();
        let needs = options::needs(&selected, loaded)?;
        // Snapshots hold what they hold.
        let from_aws = loaded.config.serve.snapshots.is_empty();
        let unread = needs::left_out(&selected, needs).filter(|_| from_aws).map(|detection| {
            (detection.id.clone(), ControlId::of_detection(&detection.id, &detection.controls()).to_string())
        });
        let unread = unread.collect();
        Ok(Self {
            config: loaded.config.clone(),
            selected,
            suppressions: Suppressions::new(&none, std::collections::BTreeSet::new(), now),
            expected: Expected::new(loaded, now),
            accounts: RwLock::new(Arc::new(accounts)),
            needs,
            unread,
        })
    }

    /// What is read of keys.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// The detections that do not judge, because what they need is not read.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.unread.keys().map(String::as_str)
    }

    /// Takes up what is known of the accounts now.
    pub fn know(&self, accounts: Vec<Account>) {
        let old = self.accounts();
        let mut new = Accounts::new(old.tags.clone(), old.environments.clone());
        accounts.into_iter().for_each(|account| new.add(account));
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    /// What is known of the accounts.
    pub fn accounts(&self) -> Arc<Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges resources: all findings about them, or those only that fail or are unknown.
    pub fn judge_all(&self, batch: &snapshot::Batch, accounts: &Accounts, now: Timestamp, all: bool) -> Judged {
        let policies = policies::reader(&self.config, accounts);
        let shared = Shared {
            selected: &self.selected,
            suppressions: &self.suppressions,
            expected: &self.expected,
            facts: FactContext::new(now, accounts).reading(&policies),
            wanted: Wanted { all, min_severity: Severity::Info, by_resource: false },
            file: "the inventory",
        };
        let mut judged = Judged::default();
        let found = Engine::new(&shared, &[]).judge(batch);
        let findings = found.findings.iter().filter(|finding| !self.unread.contains_key(&*finding.detection_id));
        judged.findings.extend(findings.filter_map(|finding| serde_json::to_string(finding).ok()));
        Reader::new([]).read(batch, |entry| {
            if let Entry::Resource(_, text) = entry {
                judged.keys.push(text.text.to_owned());
            }
        });
        judged
    }
}

impl respond::Judge for Detections {
    fn judge(&self, resource: &str, now: Timestamp) -> Vec<String> {
        let accounts = self.accounts();
        let Ok((_, batches)) = snapshot::open(resource.as_bytes(), (*accounts).clone()) else { return Vec::new() };
        let batches = batches.filter_map(Result::ok);
        batches.flat_map(|batch| self.judge_all(&batch, &accounts, now, true).findings).collect()
    }

    fn judges(&self, control: &str) -> bool {
        !self.unread.values().any(|unread| unread == control)
    }
}
