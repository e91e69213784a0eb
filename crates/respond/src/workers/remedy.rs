//! Puts keys right: reads the key, plans again, makes one call at a time, and believes only what reading back shows.

mod call;
mod done;
mod given_up;
mod primary;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::rows::{FindingRow, RemediationRow, RemediationState};
use store::{BRAKE, Change, EventFilter, Expect, Page, StoreError};
use triage::control::ControlId;
use triage::key::Sight;
use triage::plan::{Plan, Wishes, depends_on_trust, plan};

use super::read_key::facts_of;
use crate::apply::Step;
use crate::decider::{POLICY, plan_digest};
use crate::engine::{Engine, Status, event, later};
use crate::failure::Failure;
use crate::outbox::{End, Turn};
use primary::{handed_to, primary_of};

/// How long after something was held it is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// A key as it was just read.
pub(crate) struct Fresh {
    pub arn: String,
    pub text: Option<String>,
    pub key: Option<triage::key::Key>,
    pub at: Timestamp,
}

impl Fresh {
    fn sight(&self) -> Sight<'_> {
        match &self.key {
            Some(key) => Sight::Seen(key),
            None => Sight::Gone,
        }
    }
}

impl Engine {
    pub(crate) async fn remediate(&self) -> Result<Status, StoreError> {
        if self.ports.keys.is_none() {
            return Ok(Status::idle("no access to keys is configured"));
        }
        self.work("remediation").await
    }

    pub(crate) async fn remediate_one(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let Some(row) = self.store.remediation(turn.text("remediation")).await? else {
            return self.just_end(turn, End::Done("it is forgotten".to_owned())).await;
        };
        use RemediationState::{Applying, Approved, Undoing};
        if !matches!(row.state, Approved | Applying | Undoing) {
            return self.just_end(turn, End::Done(format!("it is {:?}: nothing is to be done", row.state))).await;
        }
        if let Some(fix) = handed_to(&row).filter(|_| row.state == Applying) {
            return self.follow_primary(turn, row, &fix).await;
        }
        if !turn.may_be_done()
            && let Some(why) = self.held_back(&row).await?
        {
            let due = later(self.now(), ASK_AGAIN);
            return self.just_end(turn, End::Held { due, why }).await;
        }
        if let Some(until) = self.resting(&turn.job.destination) {
            return self.rest(turn, until).await;
        }
        let fresh = match self.read_fresh(&row.resource).await {
            Ok(fresh) => fresh,
            Err(failure) => return self.cannot_read(turn, row, &failure).await,
        };
        if row.state != Approved || row.done > 0 || turn.may_be_done() {
            return self.next_call(turn, row, fresh).await;
        }
        let row = match self.planned_again(turn, row, &fresh).await? {
            Ok(row) => row,
            Err(end) => return Ok(Some(end)),
        };
        match primary_of(&row, &fresh) {
            Some(primary) => self.hand_on(turn, row, &fresh, &primary).await,
            None => self.next_call(turn, row, fresh).await,
        }
    }

    /// Why nothing may be changed now.
    async fn held_back(&self, row: &RemediationRow) -> Result<Option<String>, StoreError> {
        if let Some(why) = self.store.value(BRAKE.to_owned()).await? {
            return Ok(Some(format!("changes are stopped: {why}")));
        }
        if !self.acts() || !self.triage.settings().switches.remediation {
            return Ok(Some("remediation is switched off".to_owned()));
        }
        let since = Some(later(self.now(), SignedDuration::from_hours(-1)));
        let filter =
            EventFilter { kind: Some("remediation.called".to_owned()), subject: Some(row.account_id.clone()), since };
        let most = usize::try_from(self.options.changes_an_hour).unwrap_or(1_000).clamp(1, 1_000);
        let made = self.store.events(filter, Page { after: None, limit: most }).await?.len();
        Ok((made >= most).then(|| format!("{most} changes an hour are made in account {}", row.account_id)))
    }

    pub(crate) async fn read_fresh(&self, arn: &str) -> Result<Fresh, Failure> {
        let Some(keys) = &self.ports.keys else { return Err(Failure::never("no access to keys is configured")) };
        let at = self.now();
        let text = keys.read(arn).await?;
        Ok(Fresh { arn: arn.to_owned(), key: facts_of(text.as_deref(), at), text, at })
    }

    async fn cannot_read(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        failure: &Failure,
    ) -> Result<Option<End>, StoreError> {
        let episode = self.answered(&turn.job.destination, Some(failure));
        let end = self.after_look(turn, failure);
        if let (End::Dead(why), false) = (&end, turn.may_be_done()) {
            let note = format!("the key cannot be read: {why}");
            return self.give_up(turn, row, RemediationState::Failed, note, None, episode.into_iter().collect()).await;
        }
        self.end(turn, &end, episode.into_iter().collect()).await?;
        Ok(Some(end))
    }

    /// Plans from what was just read. What was approved is done, and nothing else.
    async fn planned_again(
        &self,
        turn: &mut Turn,
        mut row: RemediationRow,
        fresh: &Fresh,
    ) -> Result<Result<RemediationRow, End>, StoreError> {
        let by_policy = row.approved_by.as_deref() == Some(POLICY);
        let control = ControlId::new(row.control.clone());
        let finding = self.finding_of_fix(&row).await?;
        let id = finding.as_ref().map(|finding| finding.finding_id.clone()).unwrap_or_default();
        let wishes = self.wishes(&control).await?;
        let plan = plan(&id, &control, &row.resource, fresh.sight(), self.triage.settings(), &wishes);
        if plan.changes.is_empty() || !plan.missing.is_empty() && by_policy {
            let end =
                self.give_up(turn, row, RemediationState::Refused, why_not(&plan), Some(fresh), Vec::new()).await?;
            return Ok(Err(end.unwrap_or(End::Done(String::new()))));
        }
        let value = serde_json::to_value(&plan).unwrap_or_default();
        let digest = plan_digest(&value);
        let may = if by_policy { !plan.approval } else { digest == row.digest };
        if may {
            (row.plan, row.digest) = (value, digest);
            return Ok(Ok(row));
        }
        let expect = Expect::Version(row.version);
        let note =
            if by_policy { "its plan needs approval" } else { "the key has changed since the plan was approved" };
        let again = RemediationRow {
            plan: value,
            digest: digest.clone(),
            state: RemediationState::AwaitingApproval,
            approved_by: None,
            approved_at: None,
            note: Some(note.to_owned()),
            ..row
        };
        let told = event("approval.wanted", &again.key, json!({"why": note, "digest": digest}));
        let end = End::Done(note.to_owned());
        self.end(turn, &end, vec![told, Change::Remediation(Box::new(again), expect)]).await?;
        Ok(Err(end))
    }

    /// What plans go by beside the key: whom its owner trusts.
    pub(crate) async fn wishes(&self, control: &ControlId) -> Result<Wishes, StoreError> {
        if !depends_on_trust(control) {
            return Ok(Wishes::default());
        }
        let mut trusted = self.options.trusted.clone();
        if self.options.trust_inventory {
            trusted.accounts.extend(self.store.accounts().await?.into_iter().map(|row| row.id));
        }
        Ok(Wishes { trusted, ..Wishes::default() })
    }

    pub(crate) async fn finding_of_fix(&self, row: &RemediationRow) -> Result<Option<FindingRow>, StoreError> {
        Ok(self.store.findings_by_key(vec![row.finding.clone()]).await?.into_iter().flatten().next())
    }
}

/// The steps of a remediation, in order: those of its plan, or those that undo it.
fn steps_of(row: &RemediationRow) -> Vec<Step> {
    if row.state == RemediationState::Undoing {
        let calls = row.undo.iter().filter_map(|call| serde_json::from_value(call.clone()).ok());
        return calls.map(|call| Step::of_call(call, &row.resource)).collect();
    }
    let changes = row.plan.get("changes").and_then(Value::as_array).into_iter().flatten();
    changes.filter_map(|change| Step::of_value(change, &row.resource)).collect()
}

/// Why a plan changes nothing.
fn why_not(plan: &Plan) -> String {
    if let Some(why) = &plan.refused {
        return why.clone();
    }
    if let Some(code) = &plan.code {
        return format!("infrastructure code owns the key (tag {})", code.tag);
    }
    match plan.missing.is_empty() {
        true => "there is nothing to change".to_owned(),
        false => format!("not known: {}", plan.missing.join("; ")),
    }
}
