//! What decides the exit status: the arguments, else the configuration's `[gate]`, else MEDIUM.

use finding::Severity;

use crate::cli::{Gate, Threshold};
use crate::config::Loaded;

/// The thresholds in force, for every command that judges something.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// From which severity on a finding makes the status 1.
    pub fail_on: Threshold,
    /// From which severity on an unknown verdict makes the status 4.
    pub fail_on_unknown: Threshold,
    /// The share that has to be judged for an incomplete result to be accepted, in percent.
    pub min_coverage: Option<f64>,
}

impl Thresholds {
    /// What holds for this run.
    pub fn new(asked: &Gate, loaded: &Loaded) -> Self {
        let configured = &loaded.config.gate;
        let medium = Threshold(Some(Severity::Medium));
        Self {
            fail_on: asked.fail_on.or(configured.fail_on.map(|name| name.0)).unwrap_or(medium),
            fail_on_unknown: asked.fail_on_unknown.or(configured.fail_on_unknown.map(|name| name.0)).unwrap_or(medium),
            min_coverage: asked.min_coverage.or(configured.min_coverage),
        }
    }
}
