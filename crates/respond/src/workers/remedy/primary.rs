//! A replica's rotation is its primary's: one fix there puts all of them right, however many of their findings there are, and a
//! replica's own finding only waits until that shows in it.

use jiff::SignedDuration;
use serde_json::{Value, json};
use store::rows::{FindingRow, RemediationRow, RemediationState};
use store::{Change, Expect, StoreError};

use super::{Fresh, steps_of};
use crate::apply::{Standing, standing};
use crate::decider::{POLICY, remediation_job};
use crate::engine::{Engine, event, later};
use crate::names;
use crate::outbox::{End, Turn};

/// How long a replica may show what was so before its primary was changed.
const SHARED_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How soon it is looked again how the primary's fix stands, while it is young, and later.
const SOON: SignedDuration = SignedDuration::from_secs(3);
const LATER: SignedDuration = SignedDuration::from_mins(1);
/// Fixes of one key and control that are gone through.
const MAX_FIXES: u32 = 10_000;

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
        let number = match open {
            Some(found) => found.incarnation,
            None => self.next_number(&about, &row, primary).await?,
        };
        if self.was_undone(primary, &row.control, number).await? {
            let why = format!("the automatic fix of {primary} was undone by a person");
            return self.give_up(turn, row, RemediationState::Refused, why, Some(fresh), Vec::new()).await;
        }
        let key = names::remediation(primary, &row.control, number);
        let mut changes = vec![event("remediation.handed-on", &row.key, json!({"primary": primary, "fix": key}))];
        if self.store.remediation(key.clone()).await?.is_none() {
            let fix = self.fix_of_primary(&row, key.clone(), primary, open);
            changes.push(Change::Job(Box::new(remediation_job(&fix, "", self.now()))));
            changes.push(Change::Remediation(Box::new(fix), Expect::Absent));
        }
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
    ) -> RemediationRow {
        RemediationRow {
            key,
            version: 0,
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

    /// The incarnation under which a primary is put right about which nothing is open: the last one where that fix is what put it
    /// right, else one that is not over.
    async fn next_number(&self, about: &[FindingRow], row: &RemediationRow, primary: &str) -> Result<u32, StoreError> {
        let fix_of = |number| self.store.remediation(names::remediation(primary, &row.control, number));
        let last = about.iter().map(|found| found.incarnation).max().unwrap_or_default();
        let is_fixed = fix_of(last).await?.is_some_and(|fix| fix.state == RemediationState::Verified);
        let facts = self.store.key(primary.to_owned()).await?.and_then(|key| key.facts);
        if is_fixed && shows(row, facts.as_deref()) {
            return Ok(last);
        }
        for number in last.saturating_add(1)..last.saturating_add(MAX_FIXES) {
            if fix_of(number).await?.is_none_or(|fix| fix.ended.is_none()) {
                return Ok(number);
            }
        }
        Ok(last)
    }

    async fn was_undone(&self, primary: &str, control: &str, number: u32) -> Result<bool, StoreError> {
        let before = names::remediation(primary, control, number.saturating_sub(1));
        let fix = self.store.remediation(before).await?;
        Ok(fix.is_some_and(|fix| matches!(fix.state, RemediationState::Undoing | RemediationState::Undone)))
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
