//! Which rows a filter accepts: what every store must agree on.

use jiff::Timestamp;

use crate::rows::{EventRow, FindingRow, JobRow, JobState, KeyRow, TicketRow, TicketState};
use crate::store::{EventFilter, FindingFilter, JobFilter, KeyFilter, TicketFilter};

fn same(asked: Option<&String>, has: &str) -> bool {
    asked.is_none_or(|asked| asked == has)
}

fn same_optional(asked: Option<&String>, has: Option<&String>) -> bool {
    asked.is_none_or(|asked| Some(asked) == has)
}

/// Whether a text is in another, whatever their case. `needle` is in lower case.
pub(crate) fn contains(hay: &str, needle: &str) -> bool {
    hay.to_lowercase().contains(needle)
}

impl FindingFilter {
    pub(crate) fn accepts(&self, row: &FindingRow) -> bool {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        same(self.account_id.as_ref(), &row.account_id)
            && same(self.control.as_ref(), &row.control)
            && same(self.resource.as_ref(), &row.resource)
            && same_optional(self.action.as_ref(), row.action.as_ref())
            && same(self.severity.as_ref(), &row.severity)
            && same_optional(self.team.as_ref(), row.team.as_ref())
            && self.settled.is_none_or(|asked| asked == row.settled)
            && text
                .is_none_or(|text| [&row.title, &row.resource, &row.finding_id].iter().any(|hay| contains(hay, &text)))
    }
}

impl TicketFilter {
    pub(crate) fn accepts(&self, row: &TicketRow) -> bool {
        self.state.is_none_or(|asked| asked == row.state)
            && same(self.kind.as_ref(), &row.kind)
            && same(self.account_id.as_ref(), &row.account_id)
            && same_optional(self.team.as_ref(), row.team.as_ref())
            && same(self.destination.as_ref(), &row.destination)
            && same(self.group.as_ref(), &row.group)
    }
}

impl JobFilter {
    pub(crate) fn accepts(&self, row: &JobRow) -> bool {
        same(self.queue.as_ref(), &row.queue)
            && self.state.is_none_or(|asked| asked == row.state)
            && same(self.destination.as_ref(), &row.destination)
    }
}

/// When a job that waits can be taken, if nobody finishes it before.
pub(crate) fn free_at(job: &JobRow) -> Timestamp {
    job.leased_until.map_or(job.due, |until| until.max(job.due))
}

impl KeyFilter {
    pub(crate) fn accepts(&self, row: &KeyRow) -> bool {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        same(self.account_id.as_ref(), &row.account_id)
            && same(self.region.as_ref(), &row.region)
            && same_optional(self.state.as_ref(), row.state.as_ref())
            && same(self.kind.as_ref(), &row.kind)
            && text.is_none_or(|text| std::iter::once(&row.arn).chain(&row.aliases).any(|hay| contains(hay, &text)))
    }
}

impl EventFilter {
    pub(crate) fn accepts(&self, row: &EventRow) -> bool {
        self.kind.as_ref().is_none_or(|kind| row.kind.starts_with(kind.as_str()))
            && same(self.subject.as_ref(), &row.subject)
            && self.since.is_none_or(|since| row.at >= since)
    }
}

/// Whether a job waits to be done or looked after.
pub(crate) fn waits(state: JobState) -> bool {
    matches!(state, JobState::Pending | JobState::Unknown)
}

/// When a ticket is due to be looked at or reminded of, where it is at all.
pub(crate) fn ticket_due(row: &TicketRow) -> Option<Timestamp> {
    if !matches!(row.state, TicketState::Open | TicketState::Missing) {
        return None;
    }
    row.look_at.into_iter().chain(row.remind_at).min()
}

/// When a finding was last of interest, where it may be forgotten: settled, and nothing is due.
pub(crate) fn finding_over(row: &FindingRow) -> Option<Timestamp> {
    let over = row.settled && row.decide_at.is_none();
    over.then(|| row.settled_at.map_or(row.last_seen, |settled| settled.max(row.last_seen)))
}

/// When a ticket was closed, where it may be forgotten.
pub(crate) fn ticket_over(row: &TicketRow) -> Option<Timestamp> {
    row.closed.filter(|_| row.state == TicketState::Closed)
}
