//! A detection as its files say it: the typed form of YAML, sidecar and Python.

use std::fmt;
use std::sync::Arc;

use finding::Severity;
use logic::DataModel;
use logic::tree::Module;
use source::{Node, Span};

use crate::lower::{Mock, NotLowered};
use crate::problem::Place;
use crate::sidecar::Sidecar;

/// The analysis types of the Panther format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "Panther's own names")]
pub enum Kind {
    Policy,
    Rule,
    ScheduledRule,
    DerivedRule,
    CorrelationRule,
    DataModel,
    Global,
    Pack,
    SavedQuery,
    ScheduledQuery,
    ScheduledPrompt,
    LookupTable,
}

impl Kind {
    /// `AnalysisType` as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Rule | Self::DerivedRule => "rule",
            Self::ScheduledRule => "scheduled_rule",
            Self::CorrelationRule => "correlation_rule",
            Self::DataModel => "datamodel",
            Self::Global => "global",
            Self::Pack => "pack",
            Self::SavedQuery => "saved_query",
            Self::ScheduledQuery => "scheduled_query",
            Self::ScheduledPrompt => "scheduled_prompt",
            Self::LookupTable => "lookup_table",
        }
    }

    /// Whether it gives verdicts: it has a body, a severity and tests.
    #[must_use]
    pub fn judges(self) -> bool {
        matches!(self, Self::Policy | Self::Rule | Self::ScheduledRule | Self::DerivedRule | Self::CorrelationRule)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the pack.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
}

/// What a detection runs as.
#[derive(Debug, Clone)]
pub enum Code {
    /// Its type has no Python body (a query, a rule in YAML), or the body has problems that are reported.
    None,
    /// Lowered to the tree.
    Lowered(Box<Module>),
    /// Beyond the tree: the exact tier would have to run it.
    NotLowered(Box<NotLowered>),
}

impl Code {
    /// The tier that runs it: `lowered` or `exact`.
    #[must_use]
    pub fn tier(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Lowered(_) => Some("lowered"),
            Self::NotLowered(_) => Some("exact"),
        }
    }
}

/// What a detection says of one compliance framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `CIS`, `PCI`, `MITRE ATT&CK` …
    pub framework: String,
    /// Numbers as they are written: `3.10` is not `3.1`.
    pub values: Vec<String>,
}

/// A detection.
#[derive(Debug, Clone)]
pub struct Detection {
    /// Its id: `PolicyID`, `RuleID`, `QueryName` …
    pub id: String,
    /// Its analysis type.
    pub kind: Kind,
    /// `DisplayName`, when it has one.
    pub display_name: Option<String>,
    /// Whether it runs without being asked for.
    pub enabled: bool,
    /// Its severity, for those that judge.
    pub severity: Option<Severity>,
    /// The types of resources that a policy judges; empty means all.
    pub resource_types: Vec<String>,
    /// The types of logs that a rule judges, or the queries that a scheduled rule follows.
    pub log_types: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The controls that it stands for, as the YAML lists them.
    pub reports: Vec<Report>,
    /// What it is about.
    pub description: Option<String>,
    /// What to do about a finding.
    pub runbook: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// `DedupPeriodMinutes`.
    pub dedup_period_minutes: Option<i128>,
    /// `Threshold`.
    pub threshold: Option<i128>,
    /// `CreateAlert`: whether a rule alerts.
    pub create_alert: bool,
    /// Fields whose values an alert summarises.
    pub summary_attributes: Vec<String>,
    /// Its unit tests.
    pub tests: Vec<UnitTest>,
    /// What the Panther format has no place for.
    pub sidecar: Option<Sidecar>,
    /// What it runs as.
    pub code: Code,
    /// The YAML file.
    pub yaml: SourceFile,
    /// The Python file.
    pub python: Option<SourceFile>,
    /// Where the id stands in the YAML.
    pub id_place: Option<Place>,
}

impl Detection {
    /// The name to show: the display name, else the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.id)
    }

    /// The values listed for a framework.
    pub fn report(&self, framework: &str) -> impl Iterator<Item = &str> {
        let reports = self.reports.iter().filter(move |report| report.framework == framework);
        reports.flat_map(|report| report.values.iter().map(String::as_str))
    }

    /// The ATT&CK mappings that exist, in the order listed.
    #[must_use]
    pub fn attack(&self) -> Vec<crate::attack::Mapping> {
        self.report(ATTACK).filter_map(|value| crate::attack::mapping(value).ok()).collect()
    }

    /// The controls that it stands for: the sidecar's list, else the YAML's as `FRAMEWORK/NUMBER`.
    #[must_use]
    pub fn controls(&self) -> Vec<String> {
        if let Some(sidecar) = self.sidecar.as_ref().filter(|sidecar| !sidecar.controls.is_empty()) {
            return sidecar.controls.clone();
        }
        let reports = self.reports.iter().filter(|report| report.framework != ATTACK);
        reports.flat_map(|report| report.values.iter().map(|value| format!("{}/{value}", report.framework))).collect()
    }

    /// The tree of its body, when it lowers.
    #[must_use]
    pub fn module(&self) -> Option<&Module> {
        match &self.code {
            Code::Lowered(module) => Some(module),
            _ => None,
        }
    }
}

/// The key of `Reports` that holds ATT&CK mappings.
pub const ATTACK: &str = "MITRE ATT&CK";

/// A unit test of the YAML.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// Its name.
    pub name: String,
    /// What the matcher must return.
    pub expected: bool,
    /// The resource or event, as the YAML holds it.
    pub input: Node,
    /// Names of the module that are replaced.
    pub mocks: Vec<Mock>,
    /// The body as this test runs it, where that is not the detection's own: with names replaced, or with the methods of
    /// the data model.
    pub own: Option<Code>,
    /// The data model of the event's log type.
    pub model: Option<DataModel>,
    /// Where the test stands in the YAML.
    pub span: Span,
}
