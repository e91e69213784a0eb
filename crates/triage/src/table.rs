//! The decision table: the first row whose truths all hold, and none of whose exceptions does, decides.

use crate::case::{Is, View};
use crate::decision::{Action, Outcome, TicketStep};
use crate::words;

/// One row.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name, which decisions carry.
    pub id: &'static str,
    /// What must hold.
    pub when: &'static [Is],
    /// What must not hold.
    pub unless: &'static [Is],
    /// What to do.
    pub action: Action,
    /// How a closed ticket ended.
    pub outcome: Option<Outcome>,
    /// What becomes of a ticket.
    pub ticket: Option<TicketStep>,
    /// Whether somebody beside the owner must know at once.
    pub escalate: bool,
    /// Until when, for what is deferred.
    pub until: Option<Until>,
    /// Why it is so, for the page.
    pub because: &'static str,
    /// Why, for one case.
    pub words: fn(&View<'_>) -> String,
}

/// Until when something is deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until the account is no longer new.
    AccountSettled,
    /// So many hours from now.
    Hours(i64),
    /// Until the key would be destroyed.
    DeletionDate,
    /// Until the evaluation has had time to agree with who closed the ticket.
    ClosingSettled,
}

const ROW: Row = Row {
    id: "",
    when: &[],
    unless: &[],
    action: Action::Review,
    outcome: None,
    ticket: None,
    escalate: false,
    until: None,
    because: "",
    words: words::nothing_fits,
};

use Is::{
    BelowIncident, Control, Critical, Deletion, Destroyed, FateUnknown, FixWithheld, Fixable, HubSuppressed,
    Informational, KeyBusy, KeyDisabled, KeyDying, KnownProduct, LongNotEvaluated, MayDelete, NewAccount,
    NotApplicable, NotEvaluated, Outdated, OwnedByCode, Public, Resolved, Reviewed, RuleHolds, TicketClosedLately,
    TicketOpen, Trusted,
};

/// The table. Its last row always holds, so every case is decided.
pub const ROWS: &[Row] = &[
    Row {
        id: "key-destroyed",
        when: &[Deletion, Destroyed],
        unless: &[MayDelete],
        action: Action::Incident,
        ticket: Some(TicketStep::Keep),
        escalate: true,
        because: "what it encrypted can no longer be read: nobody is thanked, somebody is called",
        words: words::destroyed,
        ..ROW
    },
    Row {
        id: "key-destroyed-as-allowed",
        when: &[Deletion, Destroyed, TicketOpen],
        action: Action::CloseTicket,
        outcome: Some(Outcome::Destroyed),
        ticket: Some(TicketStep::Close),
        because: "lower environments may delete their keys; the ticket says what became of this one",
        words: words::destroyed_as_allowed,
        ..ROW
    },
    Row {
        id: "key-destroyed-unasked",
        when: &[Deletion, Destroyed],
        action: Action::Nothing,
        because: "lower environments may delete their keys",
        words: words::destroyed_as_allowed,
        ..ROW
    },
    Row {
        id: "key-fate-unknown",
        when: &[Deletion, FateUnknown],
        unless: &[MayDelete],
        action: Action::Review,
        ticket: Some(TicketStep::Keep),
        because: "an archived finding does not say whether the deletion was cancelled or carried out",
        words: words::fate_unknown,
        ..ROW
    },
    Row {
        id: "deletion-cancelled",
        when: &[Deletion, Resolved, TicketOpen],
        unless: &[FateUnknown],
        action: Action::CloseTicket,
        outcome: Some(Outcome::Cancelled),
        ticket: Some(TicketStep::Close),
        because: "the key lives",
        words: words::cancelled,
        ..ROW
    },
    Row {
        id: "resolved-with-ticket",
        when: &[Resolved, TicketOpen],
        action: Action::CloseTicket,
        outcome: Some(Outcome::Fixed),
        ticket: Some(TicketStep::Close),
        because: "what is put right closes its ticket, whatever the workflow status says",
        words: words::resolved_with_ticket,
        ..ROW
    },
    Row {
        id: "resolved",
        when: &[Resolved],
        action: Action::Nothing,
        because: "there is nothing to put right",
        words: words::resolved,
        ..ROW
    },
    Row {
        id: "public-suppressed-elsewhere",
        when: &[HubSuppressed, Public],
        action: Action::Review,
        escalate: true,
        because: "a public key was often suppressed by a title; somebody must have looked",
        words: words::public_suppressed,
        ..ROW
    },
    Row {
        id: "critical-suppressed-elsewhere",
        when: &[HubSuppressed, Critical, TicketOpen],
        action: Action::Review,
        ticket: Some(TicketStep::Keep),
        because: "it still fails, and its ticket is open: two people disagree",
        words: words::critical_suppressed,
        ..ROW
    },
    Row {
        id: "suppressed-elsewhere-with-ticket",
        when: &[HubSuppressed, TicketOpen],
        action: Action::CloseTicket,
        outcome: Some(Outcome::Accepted),
        ticket: Some(TicketStep::Close),
        because: "SUPPRESSED in Security Hub is somebody's word, and is respected; the ticket does not say that it was fixed",
        words: words::suppressed_with_ticket,
        ..ROW
    },
    Row {
        id: "suppressed-elsewhere",
        when: &[HubSuppressed],
        action: Action::Nothing,
        because: "SUPPRESSED in Security Hub is somebody's word, and is respected",
        words: words::suppressed_elsewhere,
        ..ROW
    },
    Row {
        id: "ticket-open",
        when: &[TicketOpen],
        action: Action::Nothing,
        ticket: Some(TicketStep::Keep),
        because: "one finding has one ticket",
        words: words::ticket_open,
        ..ROW
    },
    Row {
        id: "long-not-evaluated",
        when: &[NotEvaluated, LongNotEvaluated],
        action: Action::Review,
        because: "what cannot be evaluated for a week is not a passing trouble",
        words: words::long_not_evaluated,
        ..ROW
    },
    Row {
        id: "not-evaluated",
        when: &[NotEvaluated],
        action: Action::Defer,
        until: Some(Until::Hours(24)),
        because: "an evaluation error is temporary, and says nothing about the key",
        words: words::not_evaluated,
        ..ROW
    },
    Row {
        id: "closed-lately",
        when: &[TicketClosedLately],
        action: Action::Defer,
        ticket: Some(TicketStep::Keep),
        until: Some(Until::ClosingSettled),
        because: "the next evaluation may agree with who closed it",
        words: words::closed_lately,
        ..ROW
    },
    Row {
        id: "public-access",
        when: &[Public],
        unless: &[Control],
        action: Action::Incident,
        ticket: Some(TicketStep::Open),
        escalate: true,
        because: "a public key is never suppressed, by a title or otherwise",
        words: words::public_access,
        ..ROW
    },
    Row {
        id: "trusted-principal",
        when: &[Trusted],
        unless: &[Control],
        action: Action::Suppress,
        because: "the organisation lists this account as trusted",
        words: words::trusted,
        ..ROW
    },
    Row {
        id: "incident-rule",
        when: &[RuleHolds],
        unless: &[Control],
        action: Action::Suppress,
        because: "an explicit rule says so",
        words: words::rule_holds,
        ..ROW
    },
    Row {
        id: "below-incident",
        when: &[BelowIncident],
        unless: &[Control],
        action: Action::Nothing,
        because: "it only informs",
        words: words::below_incident,
        ..ROW
    },
    Row {
        id: "incident",
        when: &[KnownProduct],
        unless: &[Control],
        action: Action::Incident,
        ticket: Some(TicketStep::Open),
        because: "something happened",
        words: words::incident,
        ..ROW
    },
    Row {
        id: "unclassified",
        unless: &[Control],
        action: Action::Review,
        because: "nobody has said what findings of this product mean",
        words: words::unclassified,
        ..ROW
    },
    Row {
        id: "new-account",
        when: &[NewAccount],
        action: Action::Defer,
        until: Some(Until::AccountSettled),
        because: "an account that is being set up is not judged yet; it will be",
        words: words::new_account,
        ..ROW
    },
    Row {
        id: "outdated",
        when: &[Outdated],
        action: Action::Defer,
        until: Some(Until::Hours(24)),
        because: "the finding is late: the next evaluation will agree with what was read since",
        words: words::outdated,
        ..ROW
    },
    Row {
        id: "rule",
        when: &[RuleHolds],
        action: Action::Suppress,
        because: "an explicit rule says so",
        words: words::rule_holds,
        ..ROW
    },
    Row {
        id: "deletion-allowed",
        when: &[Deletion, MayDelete],
        action: Action::Nothing,
        because: "lower environments may schedule deletion freely; it is logged, not suppressed",
        words: words::deletion_allowed,
        ..ROW
    },
    Row {
        id: "deletion",
        when: &[Deletion],
        action: Action::TeamFix,
        ticket: Some(TicketStep::Open),
        escalate: true,
        because: "no key of a production environment may be deleted, nor one of an environment that nobody has named",
        words: words::deletion,
        ..ROW
    },
    Row {
        id: "not-reviewed",
        unless: &[Reviewed],
        action: Action::Review,
        because: "new controls are off until somebody has reviewed them",
        words: words::not_reviewed,
        ..ROW
    },
    Row {
        id: "informational",
        when: &[Informational],
        action: Action::Nothing,
        because: "a recommendation is in the report; it makes no ticket",
        words: words::informational,
        ..ROW
    },
    Row {
        id: "not-applicable",
        when: &[NotApplicable],
        action: Action::Nothing,
        because: "a ticket that its team cannot do helps nobody",
        words: words::not_applicable,
        ..ROW
    },
    Row {
        id: "key-dying",
        when: &[Fixable, KeyDying],
        action: Action::Defer,
        until: Some(Until::DeletionDate),
        because: "first it is decided whether the key lives",
        words: words::key_dying,
        ..ROW
    },
    Row {
        id: "key-busy",
        when: &[Fixable, KeyBusy],
        action: Action::Defer,
        until: Some(Until::Hours(1)),
        because: "the key is not ready",
        words: words::key_busy,
        ..ROW
    },
    Row {
        id: "remediate",
        when: &[Fixable],
        unless: &[FixWithheld, OwnedByCode, KeyDisabled],
        action: Action::Remediate,
        because: "the change is on the safe list, is verified by reading back, and can be undone",
        words: words::remediate,
        ..ROW
    },
    Row {
        id: "team-fix",
        action: Action::TeamFix,
        ticket: Some(TicketStep::Open),
        because: "a failed control is the owning team's to fix",
        words: words::team_fix,
        ..ROW
    },
];

/// What must and what must not hold, row by row, as bits.
static MASKS: [(u32, u32); ROWS.len()] = {
    let mut masks = [(0, 0); ROWS.len()];
    let mut row = 0;
    while row < ROWS.len() {
        masks[row] = (Row::mask(ROWS[row].when), Row::mask(ROWS[row].unless));
        row += 1;
    }
    masks
};

impl Row {
    pub(crate) const fn mask(of: &[Is]) -> u32 {
        let mut mask = 0;
        let mut index = 0;
        while index < of.len() {
            mask |= of[index].bit();
            index += 1;
        }
        mask
    }

    /// The first row that decides a case with these truths.
    #[must_use]
    pub fn deciding(truths: u32) -> &'static Self {
        let place = MASKS.iter().position(|(must, must_not)| truths & must == *must && truths & must_not == 0);
        &ROWS[place.unwrap_or(ROWS.len() - 1)]
    }

    /// Whether it decides a case with these truths.
    #[must_use]
    pub fn fits(&self, truths: u32) -> bool {
        let (must, must_not) = (Self::mask(self.when), Self::mask(self.unless));
        truths & must == must && truths & must_not == 0
    }
}
