//! What the answer to a call means: never that a finding is to be suppressed.

use crate::key::{Key, Sight};

/// What to do after a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Treatment {
    /// Read back; once it says so, it is done.
    Verify,
    /// A ticket for the team, at no less than the finding's severity.
    TeamFix,
    /// Read again; if the key is really gone, the finding's subject is.
    ReadAgain,
    /// The key is destroyed: tell somebody at once.
    Escalate,
    /// The key is scheduled for deletion: wait for that case.
    WaitForDeletion,
    /// Try again after a while, a bounded number of times; then an operator looks.
    Retry,
    /// The control does not apply to this key.
    NotApplicable,
    /// Something is wrong with what we sent: an operator looks.
    Operator,
    /// Something is wrong with our access to the account: stop there, tell an operator once, open no ticket.
    Platform,
}

impl Treatment {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::TeamFix => "team fix",
            Self::ReadAgain => "read again",
            Self::Escalate => "escalate",
            Self::WaitForDeletion => "wait for the deletion's case",
            Self::Retry => "retry, then operator",
            Self::NotApplicable => "not applicable",
            Self::Operator => "operator",
            Self::Platform => "platform incident",
        }
    }
}

/// One row: the answers it is about, and what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreatmentRow {
    /// The calls; none is all.
    pub operations: &'static [&'static str],
    /// Error codes; none is success.
    pub codes: &'static [&'static str],
    /// States of the key, read after the answer; none is any.
    pub states: &'static [&'static str],
    /// What to do.
    pub treatment: Treatment,
    /// Why.
    pub because: &'static str,
}

const fn row(codes: &'static [&'static str], treatment: Treatment, because: &'static str) -> TreatmentRow {
    TreatmentRow { operations: &[], codes, states: &[], treatment, because }
}

const INVALID_STATE: &[&str] = &["KMSInvalidStateException"];

/// The table; the first row that fits decides.
pub const TREATMENTS: &[TreatmentRow] = &[
    row(&[], Treatment::Verify, "AWS said yes; only reading back shows that it is so"),
    TreatmentRow {
        operations: &["CancelKeyDeletion", "EnableKey"],
        ..row(&["NotFoundException"], Treatment::Escalate, "the key whose deletion was to be cancelled is gone")
    },
    row(&["NotFoundException"], Treatment::ReadAgain, "a key may be gone, or not there yet"),
    row(
        &["AccessDeniedException"],
        Treatment::TeamFix,
        "the key's policy keeps us out: exactly the key that a person must look at",
    ),
    TreatmentRow {
        operations: &["CancelKeyDeletion"],
        ..row(INVALID_STATE, Treatment::Verify, "no deletion is pending: somebody else may have cancelled it")
    },
    TreatmentRow {
        states: &["PendingDeletion", "PendingReplicaDeletion"],
        ..row(INVALID_STATE, Treatment::WaitForDeletion, "first it is decided whether the key lives")
    },
    TreatmentRow {
        states: &["Creating", "Updating"],
        ..row(INVALID_STATE, Treatment::Retry, "the key is not ready yet")
    },
    TreatmentRow {
        states: &["PendingImport", "Unavailable"],
        ..row(
            INVALID_STATE,
            Treatment::TeamFix,
            "its material or its key store is missing: a person must bring it back",
        )
    },
    row(INVALID_STATE, Treatment::Retry, "its state forbids the call; read the state and try again"),
    row(&["DisabledException"], Treatment::TeamFix, "a disabled key cannot be changed: enable it or let it go"),
    TreatmentRow {
        operations: &["EnableKeyRotation"],
        ..row(
            &["UnsupportedOperationException"],
            Treatment::NotApplicable,
            "the key does not rotate by itself; for a replica act on the primary, for imported material rotate on demand",
        )
    },
    row(&["UnsupportedOperationException"], Treatment::NotApplicable, "the key does not know this operation"),
    row(
        &[
            "InvalidArnException",
            "InvalidAliasNameException",
            "AlreadyExistsException",
            "TagException",
            "ValidationException",
        ],
        Treatment::Operator,
        "what we sent is wrong; sending it again makes it no better",
    ),
    row(
        &[
            "ThrottlingException",
            "KMSInternalException",
            "DependencyTimeoutException",
            "LimitExceededException",
            "ServiceUnavailableException",
            "ConflictException",
        ],
        Treatment::Retry,
        "it passes",
    ),
    row(
        &[
            "ExpiredTokenException",
            "ExpiredToken",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "AssumeRoleDenied",
            "OptInRequired",
        ],
        Treatment::Platform,
        "our access to the account is broken: every other key there would fail the same",
    ),
    row(
        &["TimeoutError", "ConnectionError", "EndpointError"],
        Treatment::Retry,
        "no answer came: whether it happened is unknown, so read back before trying again",
    ),
    row(&["InvalidResourceId", "MissingRegion"], Treatment::Operator, "the finding does not say which key it is about"),
    row(&["*"], Treatment::Operator, "an answer that nobody has thought about yet"),
];

/// What an answer means: the error code, or none for success, and the key as it was read after it.
#[must_use]
pub fn treatment(operation: &str, code: Option<&str>, key: Sight<'_>) -> &'static TreatmentRow {
    let state = key.key().and_then(|key: &Key| key.state.as_deref());
    let fits = |row: &&TreatmentRow| {
        let coded = match code {
            None => row.codes.is_empty(),
            Some(code) => row.codes.contains(&code) || row.codes == ["*"],
        };
        let stated = row.states.is_empty() || state.is_some_and(|state| row.states.contains(&state));
        coded && stated && (row.operations.is_empty() || row.operations.contains(&operation))
    };
    TREATMENTS.iter().find(fits).unwrap_or(&TREATMENTS[TREATMENTS.len() - 1])
}
