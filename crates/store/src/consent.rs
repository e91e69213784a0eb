//! What people decide about a remediation: when they may, and what of its row changes then; the same whoever asks.

use jiff::Timestamp;

use crate::rows::{RemediationRow, RemediationState};

/// The named value that stops all changes of keys, in every process on the store; any text in it is the reason.
pub const BRAKE: &str = "remediation.stopped";

/// Why a remediation is none to which that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Somebody decided already, or nobody need.
    #[error("it does not wait for an approval")]
    NotWaiting,
    /// Its digest is not that of the plan that was looked at.
    #[error("the plan is another one now: read it again and decide again")]
    OtherPlan,
    /// It was not carried out, or left no way back.
    #[error("there is nothing to undo: nothing was changed, or it was undone already")]
    NothingToUndo,
}

impl RemediationRow {
    /// The row once somebody has agreed to the plan with this digest.
    ///
    /// # Errors
    /// Where it does not wait for that, or its plan is another.
    pub fn approved(self, digest: &str, who: String, at: Timestamp) -> Result<Self, Unfit> {
        let row = self.waiting()?;
        if row.digest != digest {
            return Err(Unfit::OtherPlan);
        }
        Ok(Self { state: RemediationState::Approved, approved_by: Some(who), approved_at: Some(at), ..row })
    }

    /// The row once somebody has said that its plan is not to be carried out.
    ///
    /// # Errors
    /// Where it does not wait for an approval.
    pub fn refused(self, who: &str, why: &str, at: Timestamp) -> Result<Self, Unfit> {
        let row = self.waiting()?;
        let note = Some(format!("refused by {who}: {why}"));
        Ok(Self { state: RemediationState::Refused, note, ended: Some(at), ..row })
    }

    /// The row once its recorded way back is to be gone.
    ///
    /// # Errors
    /// Where nothing was changed, or there is no way back.
    pub fn undoing(self) -> Result<Self, Unfit> {
        if self.state != RemediationState::Verified || self.undo.is_empty() {
            return Err(Unfit::NothingToUndo);
        }
        Ok(Self { state: RemediationState::Undoing, done: 0, ended: None, ..self })
    }

    fn waiting(self) -> Result<Self, Unfit> {
        if self.state == RemediationState::AwaitingApproval { Ok(self) } else { Err(Unfit::NotWaiting) }
    }
}
