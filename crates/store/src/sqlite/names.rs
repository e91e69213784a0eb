//! States and times as columns have them.

use jiff::Timestamp;

use crate::rows::{JobState, RemediationState, TicketState};

/// Nanoseconds since 1970; the farthest that fit for times before 1677 and after 2262.
pub(super) fn nanoseconds(at: Timestamp) -> i64 {
    let exact = at.as_nanosecond();
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

/// A count as a column has it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// All states of a job.
pub(super) const JOB_STATES: [JobState; 5] =
    [JobState::Pending, JobState::Unknown, JobState::Done, JobState::Held, JobState::Dead];

pub(super) fn job_state(state: JobState) -> &'static str {
    match state {
        JobState::Pending => "pending",
        JobState::Unknown => "unknown",
        JobState::Done => "done",
        JobState::Held => "held",
        JobState::Dead => "dead",
    }
}

pub(super) fn ticket_state(state: TicketState) -> &'static str {
    match state {
        TicketState::Wanted => "wanted",
        TicketState::Open => "open",
        TicketState::Closing => "closing",
        TicketState::Closed => "closed",
        TicketState::Missing => "missing",
        TicketState::Failed => "failed",
    }
}

pub(super) fn remediation_state(state: RemediationState) -> &'static str {
    match state {
        RemediationState::AwaitingApproval => "awaiting_approval",
        RemediationState::Approved => "approved",
        RemediationState::Applying => "applying",
        RemediationState::Verified => "verified",
        RemediationState::Failed => "failed",
        RemediationState::Refused => "refused",
        RemediationState::Undoing => "undoing",
        RemediationState::Undone => "undone",
    }
}
