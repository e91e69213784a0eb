//! Plans that are approved and changes that are to be undone: queued here, by whichever door somebody said so.

use store::rows::RemediationState;
use store::{Change, Page, StoreError};

use crate::decider::{POLICY, remediation_job};
use crate::engine::Engine;

impl Engine {
    /// Queues what is approved or to be undone, and has no job yet, whoever wrote that.
    pub(crate) async fn take_up_approved(&self) -> Result<(), StoreError> {
        for state in [RemediationState::Approved, RemediationState::Undoing] {
            let mut page = Page { after: None, limit: 500 };
            loop {
                let rows = self.store.remediations(Some(state), page.clone()).await?;
                let Some(last) = rows.last() else { break };
                page.after = Some(last.key.clone());
                for row in rows {
                    let intent = match state {
                        RemediationState::Undoing => "undo",
                        _ if row.approved_by.as_deref() == Some(POLICY) => "",
                        _ => row.digest.as_str(),
                    };
                    let job = remediation_job(&row, intent, self.now());
                    if self.store.job(job.id.clone()).await?.is_none() {
                        self.commit(vec![Change::Job(Box::new(job))]).await?;
                    }
                }
            }
        }
        Ok(())
    }
}
