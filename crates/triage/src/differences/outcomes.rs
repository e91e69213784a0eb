//! Answers to EnableKeyRotation.

use super::{Known, known};

const NEVER: &str = "errors never suppress";

pub(super) const ROWS: &[Known] = &[
    known("R1", "success", "AUTOFIXED, RESOLVED", "verify: GetKeyRotationStatus must say so")
        .because("a yes is no proof"),
    known("R2", "AccessDeniedException", "SUPPRESSED", "a ticket for the team, at no less than the finding's severity")
        .because("a key that keeps us out is exactly the key that a person must look at"),
    known("R3", "NotFoundException", "SUPPRESSED", "read again; then the finding's subject is gone").because(NEVER),
    known(
        "R4",
        "KMSInvalidStateException",
        "SUPPRESSED",
        "by the state read after it: PendingDeletion waits for that case, Creating and Updating are tried again, \
         PendingImport and Unavailable are the team's",
    )
    .because(NEVER),
    known("R5", "DisabledException", "TEAMFIX", "a ticket for the team, which says what to do: enable it or let it go"),
    known(
        "R6",
        "UnsupportedOperationException",
        "a ticket that its team cannot do",
        "the control does not apply; a replica's rotation is planned on its primary, imported material gets advice",
    )
    .because("a ticket that its team cannot do helps nobody"),
    known("R7", "InvalidArnException", "TEAMFIX", "an operator: what we sent is wrong")
        .because("no team can fix our data"),
    known(
        "R8",
        "ThrottlingException, KMSInternalException, DependencyTimeoutException, LimitExceededException",
        "TEAMFIX after one try",
        "tried again, a bounded number of times",
    )
    .because("it passes"),
    known(
        "R9",
        "expired credentials, role refused",
        "TEAMFIX",
        "a platform incident; stop for that account, open no ticket",
    )
    .because("every other key there would fail the same"),
    known("R10", "no answer: time-out, name not resolved, a bug", "SUPPRESSED", "read back, then tried again")
        .because(NEVER),
    known("R11", "the finding's key cannot be told", "the run crashes, TEAMFIX", "an operator, before any call")
        .because("a guess at a key is a change of the wrong key"),
];
