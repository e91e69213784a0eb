//! A finding as it comes in, whoever wrote it: read once into one type, its own text kept whole.

mod asff;
mod fields;
mod ocsf;
mod own;
mod read;

use std::collections::BTreeMap;

use finding::Severity;
use jiff::Timestamp;

use crate::control::ControlId;

pub use fields::Problem;
pub use read::{Batch, MAX_FINDING, MAX_FINDINGS, MAX_TEXT, read};

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The form it came in.
    pub form: Form,
    /// Its id: an ARN, a fingerprint.
    pub id: String,
    /// Who says so.
    pub product: Product,
    /// What made it: `security-control/KMS.4`, a detection's id.
    pub generator: String,
    /// The account it is about.
    pub account_id: String,
    /// The region, where it names one.
    pub region: Option<String>,
    /// One line: what is wrong.
    pub title: String,
    /// How bad it says it is.
    pub severity: Severity,
    /// The same from 0 to 100.
    pub normalized: u8,
    /// The control that failed; `None` for what is no control.
    pub control: Option<Control>,
    /// What the control's evaluation came to.
    pub compliance: Option<Compliance>,
    /// Why, in the evaluator's words.
    pub reasons: Vec<String>,
    /// What has been done about it, as the finding says. A projection, never a lock.
    pub workflow: Workflow,
    /// Whether the finding itself is put away.
    pub archived: bool,
    /// When it was first seen.
    pub first_observed: Option<Timestamp>,
    /// When it was last written.
    pub updated: Option<Timestamp>,
    /// What it is about; the first is the one that matters.
    pub resources: Vec<Affected>,
    /// Finding types of AWS's taxonomy.
    pub types: Vec<String>,
    /// Who outside may use the resource, where the finding is about that.
    pub access: Option<Access>,
    /// The ticket that the finding says is open for it.
    pub noted_ticket: Option<String>,
    /// The domain (`APP`, `INFRA`) of an incident, where it names one.
    pub domain: Option<String>,
    /// What the finding says of its account: class of environment, team, name.
    pub says: Said,
    /// The whole finding as it came, unknown fields and all.
    pub text: String,
}

/// The form of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// ASFF, one finding a control, whatever standards want it.
    AsffConsolidated,
    /// ASFF, one finding a control and standard.
    AsffPerStandard,
    /// ASFF of something that is no control.
    Asff,
    /// OCSF, class 2003.
    Ocsf,
    /// Our findings document.
    Keyreeve,
}

impl Form {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsffConsolidated => "asff-consolidated",
            Self::AsffPerStandard => "asff-per-standard",
            Self::Asff => "asff",
            Self::Ocsf => "ocsf",
            Self::Keyreeve => "keyreeve",
        }
    }
}

/// A control, as the finding names it and as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The id that rules and tickets use: `KMS.4`.
    pub id: ControlId,
    /// What the finding wrote: `PCI.KMS.1`.
    pub written: String,
}

/// The evaluation of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Security Hub's")]
pub enum Compliance {
    Passed,
    Failed,
    Warning,
    NotAvailable,
}

impl Compliance {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Warning => "WARNING",
            Self::NotAvailable => "NOT_AVAILABLE",
        }
    }
}

/// What has been done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Security Hub's")]
pub enum Workflow {
    New,
    Notified,
    Resolved,
    Suppressed,
}

/// Who wrote a finding, known by its product ARN and never by its title.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Product {
    Keyreeve,
    SecurityHub,
    AccessAnalyzer,
    GuardDuty,
    Inspector,
    Macie,
    Health,
    Config,
    /// What an organisation imports itself: `product/ACCOUNT/default`.
    Custom,
    /// Another, by the name of its ARN.
    Other(String),
}

impl Product {
    /// The product of an ARN such as `arn:aws:securityhub:eu-north-1::product/aws/guardduty`.
    #[must_use]
    pub fn of_arn(arn: &str) -> Self {
        let mut parts = arn.split_once(":product/").map(|(_, rest)| rest).unwrap_or_default().splitn(2, '/');
        match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
            ("aws", "securityhub") => Self::SecurityHub,
            ("aws", "access-analyzer") => Self::AccessAnalyzer,
            ("aws", "guardduty") => Self::GuardDuty,
            ("aws", "inspector") => Self::Inspector,
            ("aws", "macie") => Self::Macie,
            ("aws", "health") => Self::Health,
            ("aws", "config") => Self::Config,
            (_, "default") => Self::Custom,
            _ => Self::Other(arn.to_owned()),
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Keyreeve => "Keyreeve",
            Self::SecurityHub => "Security Hub",
            Self::AccessAnalyzer => "IAM Access Analyzer",
            Self::GuardDuty => "GuardDuty",
            Self::Inspector => "Inspector",
            Self::Macie => "Macie",
            Self::Health => "AWS Health",
            Self::Config => "AWS Config",
            Self::Custom => "a custom product",
            Self::Other(arn) => arn,
        }
    }
}

/// A resource that a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// `AwsKmsKey`.
    pub kind: String,
    /// Its ARN, mostly.
    pub id: String,
    /// Where it is.
    pub region: Option<String>,
    /// Its tags, as far as the finding has them.
    pub tags: BTreeMap<String, String>,
    /// The name of an IAM policy.
    pub policy_name: Option<String>,
    /// `PendingDeletion`, where the finding says it.
    pub key_state: Option<String>,
}

/// Who outside may use a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Anybody.
    pub public: bool,
    /// The account or principal outside.
    pub principal: Option<String>,
}

/// What a finding says about its own account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The class of environment.
    pub environment: Option<String>,
    /// The team.
    pub team: Option<String>,
    /// The account's name.
    pub account_name: Option<String>,
}

impl Incoming {
    /// The resource that matters.
    #[must_use]
    pub fn resource(&self) -> Option<&Affected> {
        self.resources.first()
    }

    /// The id of that resource, or of the account where the finding names no resource.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        self.resource().map_or(&self.account_id, |resource| &resource.id)
    }

    /// Whether it is about a KMS key.
    #[must_use]
    pub fn is_about_a_key(&self) -> bool {
        self.resource().is_some_and(|resource| resource.kind == "AwsKmsKey")
    }
}

/// The severity of a number from 0 to 100.
#[must_use]
pub(crate) fn severity_of(normalized: u8) -> Severity {
    match normalized {
        0 => Severity::Info,
        1..=39 => Severity::Low,
        40..=69 => Severity::Medium,
        70..=89 => Severity::High,
        _ => Severity::Critical,
    }
}

/// Security Hub's number of a severity.
#[must_use]
pub fn normalized(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 40,
        Severity::High => 70,
        Severity::Critical => 90,
    }
}
