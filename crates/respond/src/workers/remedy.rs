//! Puts keys right: reads the key, plans again, makes one call at a time, and believes only what reading back shows.

mod calls;
mod done;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::rows::{FindingRow, RemediationRow, RemediationState};
use store::{Change, EventFilter, Expect, Page, StoreError};
use triage::control::ControlId;
use triage::key::Sight;
use triage::plan::{Plan, Treatment, Wishes, plan, treatment};

use super::operator::KILL_SWITCH;
use super::read_key::facts_of;
use crate::decider::{POLICY, plan_digest};
use crate::engine::{Engine, Status, event, later};
use crate::failure::{Failure, Fate};
use crate::outbox::{End, Turn};
use calls::{Call, calls_of, shows};

/// How long after something was held it is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// How often an outcome is written where others wrote at the same time.
const TRIES: u32 = 10;

/// A key as it was just read.
pub(crate) struct Fresh {
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
        let row = if row.state == Approved && row.done == 0 && !turn.may_be_done() {
            match self.planned_again(turn, row, &fresh).await? {
                Ok(row) => row,
                Err(end) => return Ok(Some(end)),
            }
        } else {
            row
        };
        self.next_call(turn, row, fresh).await
    }

    /// Why nothing may be changed now.
    async fn held_back(&self, row: &RemediationRow) -> Result<Option<String>, StoreError> {
        if let Some(why) = self.store.value(KILL_SWITCH.to_owned()).await? {
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
        Ok(Fresh { key: facts_of(text.as_deref(), at), text, at })
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
        let plan = plan(&id, &control, &row.resource, fresh.sight(), self.triage.settings(), &Wishes::default());
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

    pub(crate) async fn finding_of_fix(&self, row: &RemediationRow) -> Result<Option<FindingRow>, StoreError> {
        Ok(self.store.findings_by_key(vec![row.finding.clone()]).await?.into_iter().flatten().next())
    }

    /// The next call of the plan, or of what undoes it: made, or looked after.
    async fn next_call(&self, turn: &mut Turn, row: RemediationRow, fresh: Fresh) -> Result<Option<End>, StoreError> {
        let calls = calls_of(&row);
        let Some(call) = calls.get(row.done as usize) else {
            return self.all_done(turn, row, &fresh, Vec::new()).await;
        };
        let looked = if call.target == row.resource {
            fresh
        } else {
            match self.read_fresh(&call.target).await {
                Ok(other) => other,
                Err(failure) => return self.cannot_read(turn, row, &failure).await,
            }
        };
        let done = looked.key.as_ref().and_then(|key| shows(&call.call, key));
        let was_sent = turn.may_be_done();
        if done == Some(true) {
            return self.call_is_done(turn, row, call, calls.len(), &looked, was_sent).await;
        }
        if was_sent {
            return self.not_shown(turn, row, call, &looked).await;
        }
        // A replica's plan looked at the replica; the key that is changed may belong to code all the same.
        let owner = looked.text.as_deref().map(|text| crate::apply::code_tag(text, self.triage.settings()));
        if let Some(Ok(Some(tag))) = owner {
            let why = format!("infrastructure code owns {} (tag {tag})", call.target);
            return self.give_up(turn, row, RemediationState::Refused, why, None, Vec::new()).await;
        }
        self.make(turn, row, call).await
    }

    /// It may have been done, and reading does not show it yet.
    async fn not_shown(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        call: &Call,
        fresh: &Fresh,
    ) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let elapsed = super::elapsed(turn, now);
        let next = self.options.verify.iter().copied().filter(|after| *after > elapsed).min();
        if let Some(next) = next {
            let due = later(turn.sent().unwrap_or(now), next);
            let why = format!("{} is read back until it shows", call.call.operation);
            return self.just_end(turn, End::Unknown { due, why }).await;
        }
        if turn.flag("accepted") {
            let note = format!("AWS accepted {}, but reading the key does not show it", call.call.operation);
            return self.give_up(turn, row, RemediationState::Failed, note, Some(fresh), Vec::new()).await;
        }
        let why = format!("{} was certainly not done: tried again", call.call.operation);
        if turn.job.attempts >= self.options.attempts {
            return self.give_up(turn, row, RemediationState::Failed, why, Some(fresh), Vec::new()).await;
        }
        self.just_end(turn, End::Again { due: now, why }).await
    }

    async fn make(&self, turn: &mut Turn, row: RemediationRow, call: &Call) -> Result<Option<End>, StoreError> {
        let Some(keys) = self.ports.keys.clone() else { return Ok(None) };
        let expect = Expect::Version(row.version);
        let state = if row.state == RemediationState::Undoing { row.state } else { RemediationState::Applying };
        let applying = RemediationRow { state, ..row.clone() };
        let body = json!({"remediation": row.key, "call": call.call, "by": row.approved_by});
        let told = event("remediation.called", &row.account_id, body);
        turn.note("accepted", json!(false));
        if !self.begin(turn, vec![told, Change::Remediation(Box::new(applying), expect)]).await? {
            return Ok(None);
        }
        let now = self.now();
        let first = self.options.verify.first().copied().unwrap_or(SignedDuration::from_secs(1));
        let due = later(now, first);
        match keys.change(&call.call).await {
            Ok(()) => {
                let episode = self.answered(&turn.job.destination, None);
                turn.note("accepted", json!(true));
                let end = End::Unknown { due, why: "accepted; read back until it shows".to_owned() };
                self.end(turn, &end, episode.into_iter().collect()).await?;
                Ok(Some(end))
            }
            Err(failure) if failure.fate == Fate::Unknown => {
                let episode = self.answered(&turn.job.destination, Some(&failure));
                let end = End::Unknown { due, why: failure.what };
                self.end(turn, &end, episode.into_iter().collect()).await?;
                Ok(Some(end))
            }
            Err(failure) => self.refused(turn, call, &failure).await,
        }
    }

    /// AWS said no: what that means is in the table of treatments.
    async fn refused(&self, turn: &mut Turn, call: &Call, failure: &Failure) -> Result<Option<End>, StoreError> {
        let episode: Vec<Change> = self.answered(&turn.job.destination, Some(failure)).into_iter().collect();
        let Some(row) = self.store.remediation(turn.text("remediation")).await? else { return Ok(None) };
        if failure.fate != Fate::Never {
            let end = self.after_failure(turn, failure);
            if let End::Dead(why) = &end {
                return self.give_up(turn, row, RemediationState::Failed, why.clone(), None, episode).await;
            }
            self.end(turn, &end, episode).await?;
            return Ok(Some(end));
        }
        let fresh = self.read_fresh(&call.target).await.ok();
        let sight = fresh.as_ref().map_or(Sight::Unseen, Fresh::sight);
        let code = failure.what.split([' ', ':', ',']).next().unwrap_or_default();
        let treated = treatment(&call.call.operation, Some(code), sight);
        let note = format!("{}: {} ({})", call.call.operation, failure.what, treated.because);
        match treated.treatment {
            Treatment::Retry | Treatment::Platform | Treatment::Verify if turn.job.attempts < self.options.attempts => {
                let due = later(self.now(), self.backoff(&turn.job.id, turn.job.attempts));
                let end = if treated.treatment == Treatment::Platform {
                    End::Held { due: due.max(later(self.now(), SignedDuration::from_mins(10))), why: note }
                } else {
                    End::Again { due, why: note }
                };
                self.end(turn, &end, episode).await?;
                Ok(Some(end))
            }
            Treatment::NotApplicable | Treatment::WaitForDeletion | Treatment::ReadAgain | Treatment::Escalate => {
                self.give_up(turn, row, RemediationState::Refused, note, fresh.as_ref(), episode).await
            }
            _ => self.give_up(turn, row, RemediationState::Failed, note, fresh.as_ref(), episode).await,
        }
    }

    /// It is not done by us: written, and the finding is decided again with what is known now.
    async fn give_up(
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
        let over = RemediationRow { state, note: Some(note.to_owned()), ended: Some(now), ..row };
        changes.push(Change::Remediation(Box::new(over), expect));
        let end = End::Done(note.to_owned());
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    /// The key as it was just read, and everything about it due for a decision; the fix's own finding in any case.
    async fn decided_again(&self, row: &RemediationRow, fresh: Option<&Fresh>) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        if let Some(fresh) = fresh.filter(|fresh| fresh.key.as_ref().is_none_or(|key| key.arn == row.resource)) {
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
