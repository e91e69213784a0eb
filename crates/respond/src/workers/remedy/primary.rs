//! A replica's rotation is its primary's: one fix there puts all of them right, however many of their findings there are, and a
//! replica's own finding only waits until that shows in it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};
use store::rows::{FindingRow, RemediationRow, RemediationState};
use store::{Change, Expect, StoreError};

use super::{Fresh, steps_of};
use crate::apply::{Standing, standing};
use crate::decider::{POLICY, Work, is_answered, is_undone_for, remediation_job};
use crate::engine::{Engine, event, later};
use crate::outbox::{End, Turn};

/// How long a replica may show what was so before its primary was changed.
const SHARED_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How soon it is looked again how the primary's fix stands, while it is young, and later.
const SOON: SignedDuration = SignedDuration::from_secs(3);
const LATER: SignedDuration = SignedDuration::from_mins(1);

/// The fix of the primary that a replica's waits for.
pub(super) fn handed_to(row: &RemediationRow) -> Option<String> {
    row.plan.get("primary_fix").and_then(Value::as_str).map(str::to_owned)
}

/// The primary that a replica's plan would change.
pub(super) fn primary_of(row: &RemediationRow, fresh: &Fresh) -> Option<String> {
    let key = fresh.key.as_ref().filter(|key| key.is_replica == Some(true))?;
    let (primary, _) = key.primary.as_ref()?;
    steps_of(row).iter().any(|step| step.key == *primary).then(|| primary.clone())
}

/// Whether a key is as a replica's plan wants its primary to be, and with it the replica.
fn shows(row: &RemediationRow, facts: Option<&str>) -> bool {
    steps_of(row).first().is_some_and(|step| standing(&step.call, facts) == Standing::Done)
}

impl Engine {
    /// Leaves a replica's fix to its primary's, which is begun where nobody has yet.
    pub(super) async fn hand_on(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        fresh: &Fresh,
        primary: &str,
    ) -> Result<Option<End>, StoreError> {
        let about: Vec<FindingRow> =
            self.findings_about(primary).await?.into_iter().filter(|found| found.control == row.control).collect();
        let form = self.finding_of_fix(&row).await?.map(|finding| finding.form).unwrap_or_default();
        let open = about.iter().filter(|found| !found.settled).max_by_key(|found| found.form == form);
        match open.map(|found| found.action.as_deref()) {
            Some(None) => {
                let why = format!("what is found about {primary} is decided first");
                return self.wait(turn, later(self.now(), SOON), why, Vec::new()).await;
            }
            Some(Some(action)) if action != "REMEDIATE" && action != "DEFER" => {
                let why = format!("its rotation is set on {primary}, about which is decided {action}");
                return self.give_up(turn, row, RemediationState::Refused, why, Some(fresh), Vec::new()).await;
            }
            _ => {}
        }
        let series = Work::new(self).series(primary, &row.control).await?;
        let fix = match &series.last {
            Some(fix)
                if matches!(fix.state, RemediationState::Undoing | RemediationState::Undone)
                    && open.is_none_or(|found| is_undone_for(found, fix)) =>
            {
                let why = format!("the automatic fix of {primary} was undone by a person");
                return self.give_up(turn, row, RemediationState::Refused, why, Some(fresh), Vec::new()).await;
            }
            Some(fix) if self.is_the_fix(fix, &row, open).await? => Some(fix.key.clone()),
            _ => None,
        };
        let mut changes = Vec::new();
        let key = match fix {
            Some(key) => key,
            None => {
                let answers = about.iter().map(|found| (found.key.clone(), found.incarnation)).collect();
                let fix = self.fix_of_primary(&row, series.next.clone(), primary, open, answers);
                changes.push(Change::Job(Box::new(remediation_job(&fix, "", self.now()))));
                changes.push(Change::Remediation(Box::new(fix), Expect::Absent));
                series.next
            }
        };
        changes.insert(0, event("remediation.handed-on", &row.key, json!({"primary": primary, "fix": key})));
        let (expect, why) = (Expect::Version(row.version), format!("its rotation is set on {primary}"));
        let mut handed = RemediationRow { state: RemediationState::Applying, note: Some(why.clone()), ..row };
        handed.plan["primary_fix"] = json!(key);
        changes.push(Change::Remediation(Box::new(handed), expect));
        self.wait(turn, later(self.now(), SOON), why, changes).await
    }

    fn fix_of_primary(
        &self,
        row: &RemediationRow,
        key: String,
        primary: &str,
        open: Option<&FindingRow>,
        answers: BTreeMap<String, u32>,
    ) -> RemediationRow {
        RemediationRow {
            key,
            version: 0,
            answers,
            finding: open.map_or_else(|| row.finding.clone(), |found| found.key.clone()),
            resource: primary.to_owned(),
            plan: Value::Null,
            digest: String::new(),
            state: RemediationState::Approved,
            done: 0,
            approved_by: Some(POLICY.to_owned()),
            approved_at: Some(self.now()),
            note: None,
            undo: Vec::new(),
            created: self.now(),
            ended: None,
            ..row.clone()
        }
    }

    /// Whether the last fix of a primary is the one that a replica waits for: it is under way, or it is the answer to what is open about the
    /// primary, or what it put right is in order.
    async fn is_the_fix(
        &self,
        fix: &RemediationRow,
        row: &RemediationRow,
        open: Option<&FindingRow>,
    ) -> Result<bool, StoreError> {
        if fix.ended.is_none() || open.is_some_and(|found| is_answered(found, fix)) {
            return Ok(true);
        }
        let facts = self.store.key(fix.resource.clone()).await?.and_then(|key| key.facts);
        Ok(fix.state == RemediationState::Verified && shows(row, facts.as_deref()))
    }

    /// A replica's fix that was left to its primary's: over once that is, and once the replica shows it.
    pub(super) async fn follow_primary(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        fix: &str,
    ) -> Result<Option<End>, StoreError> {
        use RemediationState::{Applying, Approved, AwaitingApproval, Failed, Refused, Undoing, Undone, Verified};
        let now = self.now();
        let Some(fix) = self.store.remediation(fix.to_owned()).await? else {
            let why = "the fix of its primary is forgotten".to_owned();
            return self.give_up(turn, row, Failed, why, None, Vec::new()).await;
        };
        if matches!(fix.state, AwaitingApproval | Approved | Applying) {
            let wait = if now < later(row.created, LATER) { SOON } else { LATER };
            let why = format!("{}, where its rotation is set, is being put right", fix.resource);
            return self.wait(turn, later(now, wait), why, Vec::new()).await;
        }
        let fresh = match self.read_fresh(&row.resource).await {
            Ok(fresh) => fresh,
            Err(failure) => return self.cannot_read(turn, row, &failure).await,
        };
        if shows(&row, fresh.text.as_deref()) {
            return self.all_done(turn, row, &fresh, Vec::new()).await;
        }
        let primary = self.store.key(fix.resource.clone()).await?;
        let is_set = primary.is_some_and(|primary| shows(&row, primary.facts.as_deref()));
        if is_set && now < later(fix.ended.unwrap_or(now), SHARED_AFTER) {
            let why = format!("{} rotates, and its replica does not show it yet", fix.resource);
            return self.wait(turn, later(now, SOON * 3), why, Vec::new()).await;
        }
        let note = match fix.state {
            Undoing | Undone => "undone by a person".to_owned(),
            _ => fix.note.clone().unwrap_or_else(|| format!("{:?}", fix.state)),
        };
        let state = if matches!(fix.state, Verified | Failed) { Failed } else { Refused };
        let note = format!("its rotation is set on {}: {note}", fix.resource);
        self.give_up(turn, row, state, note, Some(&fresh), Vec::new()).await
    }
}
