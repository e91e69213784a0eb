//! The fixes of a key for a control, one after the other: one at a time, whoever found what it puts right.
//!
//! Security Hub and our own detections find the same fault, each in its own time and with incarnations of its own. So a fix is not named by
//! the incarnation of the finding that was decided first, but is the n-th of its key and control, and says of which findings, up to which
//! incarnation, it is the answer.

use std::collections::BTreeMap;

use store::rows::{FindingRow, RemediationRow};
use store::{Change, StoreError};

use super::work::Work;
use crate::engine::Engine;
use crate::names;

/// The fixes of a key for a control.
pub(crate) struct Series {
    /// The last, if there is one.
    pub last: Option<RemediationRow>,
    /// What the next is known by.
    pub next: String,
}

impl Series {
    pub(crate) fn is_under_way(&self) -> bool {
        self.last.as_ref().is_some_and(|fix| fix.ended.is_none())
    }
}

/// Whether a fix is the answer to a finding as it is now, and not only to what it was before it came back.
pub(crate) fn is_answered(row: &FindingRow, fix: &RemediationRow) -> bool {
    fix.answers.get(&row.key).is_some_and(|upto| row.incarnation <= *upto)
}

/// Undoing a fix makes the control fail again: it comes back once, and that is no reason to fix it again.
pub(crate) fn is_undone_for(row: &FindingRow, fix: &RemediationRow) -> bool {
    let upto = fix.answers.get(&row.key).copied().unwrap_or_default();
    row.incarnation <= upto.saturating_add(1)
}

impl Work<'_> {
    pub(crate) async fn series(&mut self, resource: &str, control: &str) -> Result<Series, StoreError> {
        let (mut number, mut last) = (1, None);
        loop {
            let next = names::remediation(resource, control, number);
            match self.remediation(&next).await? {
                None => return Ok(Series { last, next }),
                fix => (number, last) = (number + 1, fix),
            }
        }
    }
}

impl Engine {
    /// The findings that a fix of a key for a control is the answer to, as they are, or will be with these changes.
    pub(crate) async fn answered_by_fix(
        &self,
        resource: &str,
        control: &str,
        changes: &[Change],
    ) -> Result<BTreeMap<String, u32>, StoreError> {
        let about = self.findings_about(resource).await?;
        let changed = changes.iter().filter_map(|change| match change {
            Change::Finding(row, _) if row.resource == resource => Some(row.as_ref()),
            _ => None,
        });
        let all = about.iter().chain(changed).filter(|row| row.control == control);
        Ok(all.map(|row| (row.key.clone(), row.incarnation)).collect())
    }
}
