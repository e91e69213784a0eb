//! The controls that somebody has reviewed: what each is about, and every other name it goes by.

use std::fmt;

use finding::Severity;

/// A control by the name that rules and tickets use: `KMS.4`, or a detection's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ControlId(String);

impl ControlId {
    /// The control of that name exactly.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The control that a name means in the findings of that generator: `2.8` of CIS 1.2.0 is `KMS.4`.
    #[must_use]
    pub fn resolve(written: &str, generator: &str) -> Self {
        let written = written.trim();
        let named = |control: &&Reviewed| {
            control.id == written
                || control.aliases.contains(&written)
                || control.detections.contains(&written)
                || control.numbers.iter().any(|(standard, number)| {
                    (written == *number || written.strip_prefix("CIS.") == Some(number)) && generator.contains(standard)
                })
        };
        Self(REVIEWED.iter().find(named).map_or(written, |control| control.id).to_owned())
    }

    /// The control that a detection stands for: Security Hub's where it stands for one, else the detection itself.
    #[must_use]
    pub fn of_detection(detection: &str, controls: &[String]) -> Self {
        let own = REVIEWED.iter().find(|control| control.id == detection || control.detections.contains(&detection));
        let listed = || REVIEWED.iter().find(|control| controls.iter().any(|id| id == control.id));
        Self(own.or_else(listed).map_or(detection, |control| control.id).to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is known about it; `None` where nobody has looked at it yet.
    #[must_use]
    pub fn reviewed(&self) -> Option<&'static Reviewed> {
        REVIEWED.iter().find(|control| control.id == self.0)
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a control is about, as far as deciding differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A key that is going to be destroyed.
    Deletion,
    /// A key that anybody may use.
    PublicKey,
    /// A key whose material is never renewed.
    Rotation,
    /// Something else that the owning team puts right.
    Hygiene,
}

/// A control that somebody has reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviewed {
    /// `KMS.4`.
    pub id: &'static str,
    /// What it wants, in words.
    pub wants: &'static str,
    /// What Security Hub, or our pack, says of its severity.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Other names, whoever writes them.
    pub aliases: &'static [&'static str],
    /// Numbers that mean it only within a standard.
    pub numbers: &'static [(&'static str, &'static str)],
    /// Our detections that say the same.
    pub detections: &'static [&'static str],
}

const PLAIN: Reviewed = Reviewed {
    id: "",
    wants: "",
    severity: Severity::Medium,
    subject: Subject::Hygiene,
    aliases: &[],
    numbers: &[],
    detections: &[],
};

/// All of them. A control that is not here goes to review.
pub const REVIEWED: [Reviewed; 22] = [
    Reviewed { id: "KMS.1", wants: "IAM customer managed policies do not allow decryption with all keys", ..PLAIN },
    Reviewed { id: "KMS.2", wants: "inline policies of IAM principals do not allow decryption with all keys", ..PLAIN },
    Reviewed {
        id: "KMS.3",
        wants: "keys are not deleted unintentionally",
        severity: Severity::Critical,
        subject: Subject::Deletion,
        detections: &["AWS.KMS.ScheduledForDeletion"],
        ..PLAIN
    },
    Reviewed {
        id: "KMS.4",
        wants: "key rotation is enabled",
        subject: Subject::Rotation,
        aliases: &["PCI.KMS.1", "CIS.2.8", "AWS.CMK.KeyRotation"],
        numbers: &[
            ("cis-aws-foundations-benchmark/v/1.2.0", "2.8"),
            ("cis-aws-foundations-benchmark/v/1.4.0", "3.8"),
            ("cis-aws-foundations-benchmark/v/3.0.0", "3.6"),
            ("cis-aws-foundations-benchmark/v/5.0.0", "3.6"),
            ("pci-dss/v/4.0.1", "3.7.4"),
        ],
        detections: &["AWS.KMS.RotationEnabled"],
        ..PLAIN
    },
    Reviewed {
        id: "KMS.5",
        wants: "keys are not publicly accessible",
        severity: Severity::Critical,
        subject: Subject::PublicKey,
        detections: &["AWS.KMS.PublicAccess"],
        ..PLAIN
    },
    Reviewed { id: "AWS.KMS.Alias", wants: "the key has an alias", severity: Severity::Info, ..PLAIN },
    Reviewed {
        id: "AWS.KMS.DeletionWindow",
        wants: "a deletion leaves time to take it back",
        severity: Severity::Low,
        ..PLAIN
    },
    Reviewed { id: "AWS.KMS.Description", wants: "the key has a description", severity: Severity::Info, ..PLAIN },
    Reviewed {
        id: "AWS.KMS.MaterialExpiring",
        wants: "imported key material does not expire unseen",
        severity: Severity::High,
        ..PLAIN
    },
    Reviewed {
        id: "AWS.KMS.ReplicaDeletionPending",
        wants: "the key does not wait for its replicas to be deleted",
        severity: Severity::High,
        subject: Subject::Deletion,
        ..PLAIN
    },
    Reviewed {
        id: "AWS.KMS.ConfusedDeputy",
        wants: "services use the key for its owner only",
        severity: Severity::High,
        ..PLAIN
    },
    Reviewed {
        id: "AWS.KMS.ExternalAccess",
        wants: "the key is not shared with strangers",
        severity: Severity::High,
        ..PLAIN
    },
    Reviewed { id: "AWS.KMS.Grants", wants: "grants give no more than they must", ..PLAIN },
    Reviewed { id: "AWS.KMS.Manageable", wants: "the key can be managed", severity: Severity::High, ..PLAIN },
    Reviewed {
        id: "AWS.KMS.OrphanedPrincipal",
        wants: "the key policy names only principals that exist",
        severity: Severity::High,
        ..PLAIN
    },
    Reviewed {
        id: "AWS.KMS.ReplicaPolicyDrift",
        wants: "a replica has the policy of its primary",
        severity: Severity::Low,
        ..PLAIN
    },
    Reviewed {
        id: "AWS.KMS.SeparationOfDuties",
        wants: "administration and use are kept apart",
        severity: Severity::High,
        ..PLAIN
    },
    Reviewed { id: "AWS.KMS.RequiredTags", wants: "the key has the required tags", severity: Severity::Low, ..PLAIN },
    Reviewed { id: "AWS.KMS.RotationOverdue", wants: "rotation is not overdue", ..PLAIN },
    Reviewed { id: "AWS.KMS.RotationPeriod", wants: "the key rotates often enough", severity: Severity::Low, ..PLAIN },
    Reviewed { id: "AWS.KMS.Unusable", wants: "the key can be used", ..PLAIN },
    Reviewed { id: "AWS.KMS.Unused", wants: "the key is used", severity: Severity::Low, ..PLAIN },
];
