//! What a judgement says.

use serde::{Deserialize, Serialize};

/// The status of a judgement. `Unknown` is never `Pass`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The resource breaks the baseline.
    Fail,
    /// The verdict depends on a fact that could not be read, or the detection could not be run.
    Unknown,
    /// It would be a finding, but a rule of the configuration accepts it.
    Suppressed,
    /// The question does not arise for this resource; the reason says why.
    NotApplicable,
    /// The resource is as it should be.
    Pass,
}

impl Status {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Fail, Self::Unknown, Self::Suppressed, Self::NotApplicable, Self::Pass];

    /// The name as it is written in documents: `NOT_APPLICABLE`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
            Self::Suppressed => "SUPPRESSED",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Pass => "PASS",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
