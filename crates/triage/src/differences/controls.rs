//! The way of a control that fails.

use super::{Known, known};

pub(super) const ROWS: &[Known] = &[
    known(
        "C1",
        "the account's data",
        "fetched, or from a cache that is emptied every six hours; the run fails without them",
        "an argument; an account that is not known is of class unknown, which counts as production",
    )
    .because("an outage of Organizations must not lose findings"),
    known("C2", "the account is less than 24 hours old", "SUPPRESSED, for ever", "DEFER until it is 24 hours old")
        .because("a young account's findings were never seen again"),
    known(
        "C3",
        "the control is not in the table of enabled controls (one region, first standard, members only)",
        "SUPPRESSED, for ever",
        "what arrives is enabled; a control that nobody has reviewed goes to REVIEW",
    )
    .because("a stale or incomplete table hid everything it did not know"),
    known(
        "C4",
        "a local rule for the control holds",
        "SUPPRESSED; no record of the rule",
        "SUPPRESS, with the rule's id, version, line, owner, reason and end",
    )
    .because("whoever asks later why nothing was done gets an answer"),
    known("C5", "the penalty score", "computed", "computed on every decision, see below"),
    known("C6", "no automatic fix exists", "TEAMFIX", "TEAMFIX"),
    known(
        "C7",
        "a local rule withholds the automatic fix",
        "TEAMFIX; anything but an exact false withholds it",
        "TEAMFIX where the rule (`\"withholds\": \"remediation\"`) holds",
    )
    .because("a rule that is mistyped is an error when it is loaded, not a ticket every night"),
    known(
        "C8",
        "automatic fixes are deferred",
        "nothing: neither fix nor ticket",
        "REMEDIATE, its effect held back by the switch",
    )
    .because("as D1"),
    known(
        "C9",
        "the control is listed as fixable, but nobody wrote a fix",
        "the run fails, the finding stays NEW",
        "TEAMFIX: only what has a plan is ever REMEDIATE",
    )
    .because("no finding is lost by a wrong list"),
    known(
        "C10",
        "the fix did not work",
        "wait, or SUPPRESSED, or TEAMFIX, by flags that any exception sets",
        "by the table of answers below; none of them suppresses",
    )
    .because("errors never suppress"),
    known(
        "C11",
        "the fix worked",
        "AUTOFIXED ticket and RESOLVED, without a look whether it holds",
        "every change of a plan says which call reads it back and what that must say; success means: verify",
    )
    .because("a fix that did not take stayed RESOLVED and was never seen again"),
    known(
        "C12",
        "TEAMFIX",
        "ticket, row, AI, mail, NOTIFIED; nothing at all while team fixes are deferred",
        "TEAMFIX with owner and service level; held back by the switch. What only informs (INFO) is NOTHING, and a key that \
         was read since and is in order is DEFER",
    )
    .because("as D1; a recommendation belongs in the report, and a late finding makes no ticket"),
];
