//! The findings document: what `--format json` prints and every other format is made from.

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Refusal, Severity, Status};

/// One judgement of one resource by one detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable across runs, line moves, wording and status: see [`crate::fingerprint`].
    pub fingerprint: String,
    /// `AWS.KMS.RotationEnabled`.
    pub detection_id: String,
    /// The verdict.
    pub status: Status,
    /// How bad it is, after overrides.
    pub severity: Severity,
    /// One line: what is wrong with which thing.
    pub title: String,
    /// Why this verdict, for this resource.
    pub reason: String,
    /// What to do about it; empty where there is nothing to do.
    pub remediation: String,
    /// The dedup string: findings that belong together.
    pub group: String,
    /// `KMS.4`, `CIS-1.2.0/2.8` …
    pub controls: Vec<String>,
    /// `TA0006:T1552` …
    pub attack: Vec<String>,
    /// What was judged.
    pub resource: ResourceRef,
    /// Where it stands in a file; `None` for a live resource or a snapshot's.
    pub location: Option<Location>,
    /// The id of the suppression that accepts it.
    pub suppressed_by: Option<String>,
    /// The unknown facts that an UNKNOWN verdict depends on; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_facts: Vec<UnknownFact>,
}

impl Finding {
    /// Whether it depends on unknown facts that were all expected to be unknown.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        !self.unknown_facts.is_empty() && self.unknown_facts.iter().all(|fact| fact.expected.is_some())
    }
}

/// A fact of a resource that could not be read, and why. Documents also say its class, the [`Refusal`] that it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct UnknownFact {
    /// The field: `KeyRotationEnabled`.
    pub field: String,
    /// The call that was refused or failed: `GetKeyRotationStatus`.
    pub operation: String,
    /// AWS's error code: `AccessDeniedException`.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// Why that was expected: the reason of the configuration's `[[expected_unreadable]]`.
    #[serde(default)]
    pub expected: Option<String>,
}

impl Serialize for UnknownFact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fact = serializer.serialize_struct("UnknownFact", 5 + usize::from(self.expected.is_some()))?;
        fact.serialize_field("field", &self.field)?;
        fact.serialize_field("operation", &self.operation)?;
        fact.serialize_field("code", &self.code)?;
        fact.serialize_field("class", self.refusal().name())?;
        fact.serialize_field("message", &self.message)?;
        if let Some(expected) = &self.expected {
            fact.serialize_field("expected", expected)?;
        }
        fact.end()
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceRef {
    /// The ARN of a live resource, the logical id in a template, the address in Terraform.
    pub id: String,
    /// `AWS.KMS.Key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Twelve digits, or empty where unknown.
    pub account_id: String,
    /// `eu-north-1`, or empty.
    pub region: String,
    /// What a person calls it: the first alias, else the key id.
    pub name: String,
    /// What the key is for, in its own words. Not part of the documented minimum.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The account's name, where known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account_name: String,
    /// The owning team, where known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub team: String,
    /// `production`, `staging`, `development` or `unknown`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Relative to where the command was started, with `/`.
    pub file: String,
    /// The first character.
    pub start: Position,
    /// Past the last character.
    pub end: Position,
}

/// A place in a text, counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl From<source::Position> for Position {
    fn from(place: source::Position) -> Self {
        Self { line: place.line, column: place.column }
    }
}

/// How many judgements came out how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Resources that at least one detection judged.
    pub resources: u64,
    /// Detections that ran.
    pub detections: u64,
    /// Judgements by status.
    #[serde(rename = "PASS")]
    pub pass: u64,
    /// See [`Status::Fail`].
    #[serde(rename = "FAIL")]
    pub fail: u64,
    /// See [`Status::Unknown`].
    #[serde(rename = "UNKNOWN")]
    pub unknown: u64,
    /// See [`Status::NotApplicable`].
    #[serde(rename = "NOT_APPLICABLE")]
    pub not_applicable: u64,
    /// See [`Status::Suppressed`].
    #[serde(rename = "SUPPRESSED")]
    pub suppressed: u64,
}

/// Something that could not be read or run; not tied to one judgement.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// What went wrong and what to do.
    pub message: String,
    /// The file, where there is one.
    pub file: Option<String>,
    /// The account, where there is one.
    pub account_id: Option<String>,
    /// The region, where there is one.
    pub region: Option<String>,
    /// The AWS call, where there is one.
    pub operation: Option<String>,
    /// AWS's error code, where there is one: `AccessDeniedException`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The name of the [`Refusal`] that it is, where a call was refused or failed: `SCP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Why that was expected: the reason of the configuration's `[[expected_unreadable]]`. A snapshot's own says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Calls that tell something about resources which others list.
const TELLING: [&str; 10] = [
    "DescribeAccount",
    "DescribeKey",
    "DescribeOrganizationalUnit",
    "GetCallerIdentity",
    "ListAccountsForParent",
    "ListAliases",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListRoots",
    "ListTagsForResource",
];

impl ErrorRecord {
    /// Whether resources may be missing because of it, nobody knows how many. Of an error that is not known to hide none, that
    /// has to be assumed.
    #[must_use]
    pub fn hides_resources(&self) -> bool {
        self.operation.as_deref().is_none_or(|operation| !TELLING.contains(&operation))
    }

    /// What kind of refusal it is; `None` where no call was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let named = self.class.as_deref().and_then(Refusal::parse);
        named.or_else(|| Some(Refusal::of(self.operation.as_deref()?, self.code.as_deref()?, &self.message)))
    }
}

impl UnknownFact {
    /// What kind of refusal it is.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal::of(&self.operation, &self.code, &self.message)
    }
}

/// What wrote the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `keyreeve`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// 1; grows only when a field changes its meaning.
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// The counts, of everything judged, whatever `findings` holds.
    pub summary: Summary,
    /// FAIL and UNKNOWN; with `--all` the rest too. In total order.
    pub findings: Vec<Finding>,
    /// What could not be read or run.
    pub errors: Vec<ErrorRecord>,
}
