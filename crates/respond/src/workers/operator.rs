//! What operators do to changes of keys: agree, undo, stop. Each is one commit with its event.

use serde_json::json;
use store::rows::{RemediationRow, RemediationState};
use store::{BRAKE, Change, Expect, Page, StoreError, Unfit};

use crate::decider::{POLICY, remediation_job};
use crate::engine::{Engine, event_by};

/// The named value that stops all changes of keys; any text in it is the reason.
pub const KILL_SWITCH: &str = BRAKE;

/// What an operator's wish came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// There is no such thing.
    NotFound,
    /// It cannot be done, for this reason.
    Refused(String),
}

impl From<Unfit> for Answer {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(unfit.to_string())
    }
}

impl Engine {
    /// Agrees to a plan: to the one with this digest, and no other.
    ///
    /// # Errors
    /// Where the store fails, or somebody else changed the row at that moment.
    pub async fn approve(&self, key: &str, digest: &str, who: &str) -> Result<Answer, StoreError> {
        let Some(row) = self.store.remediation(key.to_owned()).await? else { return Ok(Answer::NotFound) };
        let approved = match row.approved(digest, who.to_owned(), self.now()) {
            Ok(approved) => approved,
            Err(unfit) => return Ok(unfit.into()),
        };
        let job = remediation_job(&approved, &approved.digest, self.now());
        let told = event_by(who, "approval.given", key, json!({"digest": digest}));
        self.put(approved, vec![told, Change::Job(Box::new(job))]).await
    }

    /// Undoes a remediation, as it recorded that it can be undone.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub async fn undo(&self, key: &str, who: &str) -> Result<Answer, StoreError> {
        let Some(row) = self.store.remediation(key.to_owned()).await? else { return Ok(Answer::NotFound) };
        let undoing = match row.undoing() {
            Ok(undoing) => undoing,
            Err(unfit) => return Ok(unfit.into()),
        };
        let job = remediation_job(&undoing, "undo", self.now());
        let told = event_by(who, "remediation.undo", key, json!({}));
        self.put(undoing, vec![told, Change::Job(Box::new(job))]).await
    }

    async fn put(&self, row: RemediationRow, mut changes: Vec<Change>) -> Result<Answer, StoreError> {
        let expect = Expect::Version(row.version);
        changes.push(Change::Remediation(Box::new(row), expect));
        self.commit(changes).await?;
        Ok(Answer::Done)
    }

    /// Stops all changes of keys at once, in every engine on this store; `None` lets them go on.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn stop_changes(&self, why: Option<&str>, who: &str) -> Result<(), StoreError> {
        let told = event_by(who, "remediation.stopped", "all", json!({"why": why}));
        let value = Change::Value(KILL_SWITCH.to_owned(), why.map(str::to_owned));
        self.commit(vec![told, value]).await.map(drop)
    }

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
