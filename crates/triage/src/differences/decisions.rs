//! Whether anything happens to a finding.

use super::{Known, known};

pub(super) const ROWS: &[Known] = &[
    known(
        "D1",
        "switched off (its switch is not exactly `Yes`)",
        "nothing, and nothing is looked up",
        "decided and recorded all the same; a switch that is off only holds the effect back, and the decision says which",
    )
    .because("what would be done can be read before it is switched on"),
    known(
        "D2",
        "resolved, and a ticket is open",
        "close it; resolved is archived, or SUPPRESSED, or RESOLVED, or NOTIFIED and PASSED",
        "CLOSE_TICKET with its outcome (fixed, cancelled, gone, accepted, destroyed); resolved is archived or PASSED, \
         whatever the workflow says; RESOLVED while it fails is not resolved",
    )
    .because("a workflow status is somebody's note, not the key's state; a thank-you for a key that was destroyed is worse than none"),
    known("D3", "resolved, and no ticket is open", "nothing", "NOTHING"),
    known(
        "D4",
        "NOTIFIED and still failing",
        "nothing",
        "NOTHING where a ticket is known; else decided as if it were new (whoever opens the ticket looks for one by its label first)",
    )
    .because("the mark is written last and by others too: it is no proof of a ticket, and nothing may get lost"),
    known(
        "D5",
        "WARNING or NOT_AVAILABLE",
        "SUPPRESSED, for ever",
        "DEFER for a day; REVIEW once it has lasted a week",
    )
    .because("an evaluation error is temporary, and SUPPRESSED is never taken back"),
    known(
        "D6",
        "a control that passes",
        "nothing, even if its ticket is open and the workflow is NEW",
        "CLOSE_TICKET if a ticket is open, else NOTHING",
    )
    .because("the ticket stayed open for ever"),
    known(
        "D7",
        "a control that does not pass",
        "the way of failed controls, without a look for an open ticket",
        "the same way, unless a ticket is open: then NOTHING. No status at all counts as failing, in both",
    )
    .because("one finding has one ticket"),
    known("D8", "an incident while incidents are deferred", "nothing", "INCIDENT, its effect held back by the switch")
        .because("as D1"),
    known("D9", "no control", "the way of incidents", "the same"),
    known("D10", "a decision that the machine does not know", "the run fails", "cannot be: the last row of the table always fits")
        .because("every finding ends in exactly one recorded decision"),
];
