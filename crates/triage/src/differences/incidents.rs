//! The way of what is no control.

use super::{Known, known};

pub(super) const ROWS: &[Known] = &[
    known("I1", "the account is new", "no grace", "no grace"),
    known(
        "I2",
        "AWS Health's operational notices",
        "their severity is overwritten with INFORMATIONAL in Security Hub, and they come round again",
        "decided by the severity they have; findings are never rewritten",
    )
    .because("what others read is not ours to change"),
    known(
        "I3",
        "a finding of the security account about another account's resource",
        "imported again under another id, the first SUPPRESSED; only in the partition `aws`",
        "decided for the account whose resource it is, in every partition",
    )
    .because("one finding stays one finding, and its history stays together"),
    known(
        "I4",
        "the product is on the list of ignored ones",
        "SUPPRESSED",
        "only an explicit rule suppresses; a product that nobody knows goes to REVIEW",
    )
    .because("a list without owner, reason and end hides what comes later"),
    known(
        "I5",
        "GuardDuty",
        "told apart by parts of the type's name, in a fixed order; some kinds end with the instance's termination",
        "INCIDENT",
    )
    .because("a name is no proof, and nothing is destroyed without a plan that was agreed to"),
    known(
        "I6",
        "the organisation's own alarms (`CIS-…`)",
        "SUPPRESSED with the template's defaults, an incident with the installer's",
        "INCIDENT for generators that the settings list (`CIS-*` unless told otherwise), else REVIEW",
    )
    .because("the alarm for a key's deletion was thrown away"),
    known(
        "I7",
        "Access Analyzer on a key: public, or another account",
        "SUPPRESSED, by words of the title",
        "public: INCIDENT, CRITICAL, whatever title or rule; another account: SUPPRESS where it is listed as trusted, else INCIDENT",
    )
    .because("a public key is the one that a person must see; a title can only make it worse"),
    known("I8", "Macie: shared with the outside", "SUPPRESSED", "INCIDENT").because("as I7"),
    known(
        "I9",
        "a local rule for the type of incident",
        "SUPPRESSED; a name of a policy is never there to ask about; the table for fixes is read by nobody",
        "SUPPRESS by type or generator, with every dimension",
    )
    .because("rules mean the same everywhere"),
    known("I10", "an instance is to be terminated", "it is, without asking, its protection removed first", "never done")
        .because("as I5"),
    known("I11", "the message", "formatted, with lines of logs", "the reason is the decision's; messages come with tickets")
        .later("tickets and mail"),
    known(
        "I12",
        "below the severity that makes a ticket",
        "a placeholder for a ticket, then everything else",
        "NOTHING, recorded",
    )
    .because("a ticket that does not exist cannot be closed"),
    known(
        "I13",
        "the provider's own severity or product name is missing",
        "the ticket is opened, then the run fails",
        "not needed to decide",
    )
    .because("what is optional in ASFF may be missing"),
    known("I14", "upload to Sentinel", "for some domains; failures are swallowed", "not done").later("the outbox"),
    known(
        "I15",
        "the end of an incident",
        "SUPPRESSED, its ticket noted nowhere and never closed",
        "its ticket is known; once the finding is archived, CLOSE_TICKET",
    )
    .because("incidents end, too"),
];
