//! A fix that is not made by us: written down, and what it was for is decided again with what is known now.

use serde_json::json;
use store::rows::{RemediationRow, RemediationState};
use store::{Change, Expect, StoreError};

use super::Fresh;
use crate::engine::{Engine, event};
use crate::outbox::{End, Turn};

/// How often an outcome is written where others wrote at the same time.
const TRIES: u32 = 10;

impl Engine {
    /// It is not done by us: written, and the finding is decided again with what is known now.
    pub(super) async fn give_up(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        state: RemediationState,
        note: String,
        fresh: Option<&Fresh>,
        changes: Vec<Change>,
    ) -> Result<Option<End>, StoreError> {
        let own = format!("job {}", turn.job.id);
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let given_up = self.given_up(turn, row.clone(), state, &note, fresh, changes.clone()).await;
            // A refusal that is not written down is an unknown fate: the finding may have been decided meanwhile.
            match given_up {
                Err(StoreError::Conflict { row }) if tries > 0 && row != own => {}
                given_up => return given_up,
            }
        }
    }

    async fn given_up(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        state: RemediationState,
        note: &str,
        fresh: Option<&Fresh>,
        mut changes: Vec<Change>,
    ) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let row = self.store.remediation(row.key.clone()).await?.unwrap_or(row);
        let expect = Expect::Version(row.version);
        let kind = if state == RemediationState::Failed { "remediation.failed" } else { "remediation.refused" };
        changes.push(event(kind, &row.key, json!({"why": note, "resource": row.resource})));
        changes.extend(self.decided_again(&row, fresh).await?);
        let answers = self.answered_by_fix(&row.resource, &row.control, &changes).await?;
        let over = RemediationRow { state, answers, note: Some(note.to_owned()), ended: Some(now), ..row };
        changes.push(Change::Remediation(Box::new(over), expect));
        let end = End::Done(note.to_owned());
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    /// The key as it was just read, and everything about it due for a decision; the fix's own finding in any case.
    pub(super) async fn decided_again(
        &self,
        row: &RemediationRow,
        fresh: Option<&Fresh>,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        if let Some(fresh) = fresh.filter(|fresh| fresh.arn == row.resource) {
            changes = self.is_read(&row.resource, fresh.text.as_deref(), fresh.at).await?;
        }
        let is_there =
            changes.iter().any(|change| matches!(change, Change::Finding(found, _) if found.key == row.finding));
        if !is_there && let Some(mut finding) = self.finding_of_fix(row).await? {
            let expect = Expect::Version(finding.version);
            finding.decide_at = Some(self.now());
            changes.push(Change::Finding(Box::new(finding), expect));
        }
        Ok(changes)
    }
}
