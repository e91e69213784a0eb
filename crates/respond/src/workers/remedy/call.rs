//! One call of a fix: made once, or looked after until it shows or is given up.

use jiff::SignedDuration;
use serde_json::json;
use store::rows::{RemediationRow, RemediationState};
use store::{Change, Expect, StoreError};
use triage::key::Sight;
use triage::plan::Treatment;

use super::{Fresh, steps_of};
use crate::apply::{Look, Sent, Step, look, meaning};
use crate::engine::{Engine, event, later};
use crate::failure::{Failure, Fate};
use crate::outbox::{End, Turn};

impl Engine {
    /// The next call of the plan, or of what undoes it: made, or looked after.
    pub(super) async fn next_call(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        fresh: Fresh,
    ) -> Result<Option<End>, StoreError> {
        let steps = steps_of(&row);
        let Some(step) = steps.get(row.done as usize) else {
            return self.all_done(turn, row, &fresh, Vec::new()).await;
        };
        let looked = if step.key == row.resource {
            fresh
        } else {
            match self.read_fresh(&step.key).await {
                Ok(other) => other,
                Err(failure) => return self.cannot_read(turn, row, &failure).await,
            }
        };
        let sent = if turn.may_be_done() { Sent::Maybe } else { Sent::No };
        match look(step, looked.text.as_deref(), self.triage.settings(), sent) {
            Look::Shown => self.call_is_done(turn, row, step, steps.len(), &looked, sent == Sent::Maybe).await,
            Look::NotYet(how) => self.not_shown(turn, row, step, &looked, &how).await,
            Look::Call => self.make(turn, row, step).await,
            Look::Refused(_, why) => {
                self.give_up(turn, row, RemediationState::Refused, why, Some(&looked), Vec::new()).await
            }
        }
    }

    /// It may have been done, and reading does not show it yet.
    async fn not_shown(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        step: &Step,
        fresh: &Fresh,
        how: &str,
    ) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let elapsed = crate::workers::elapsed(turn, now);
        let next = self.options.verify.iter().copied().filter(|after| *after > elapsed).min();
        if let Some(next) = next {
            let due = later(turn.sent().unwrap_or(now), next);
            let why = format!("{} is read back until it shows ({how})", step.call.operation);
            return self.just_end(turn, End::Unknown { due, why }).await;
        }
        if turn.flag("accepted") {
            let note = format!("AWS accepted {}, but reading the key does not show it: {how}", step.call.operation);
            return self.give_up(turn, row, RemediationState::Failed, note, Some(fresh), Vec::new()).await;
        }
        let why = format!("{} was certainly not done: tried again", step.call.operation);
        if turn.job.attempts >= self.options.attempts {
            return self.give_up(turn, row, RemediationState::Failed, why, Some(fresh), Vec::new()).await;
        }
        self.just_end(turn, End::Again { due: now, why }).await
    }

    async fn make(&self, turn: &mut Turn, row: RemediationRow, step: &Step) -> Result<Option<End>, StoreError> {
        let Some(keys) = self.ports.keys.clone() else { return Ok(None) };
        let expect = Expect::Version(row.version);
        let state = if row.state == RemediationState::Undoing { row.state } else { RemediationState::Applying };
        let applying = RemediationRow { state, ..row.clone() };
        let body = json!({"remediation": row.key, "call": step.call, "by": row.approved_by});
        let told = event("remediation.called", &row.account_id, body);
        turn.note("accepted", json!(false));
        if !self.begin(turn, vec![told, Change::Remediation(Box::new(applying), expect)]).await? {
            return Ok(None);
        }
        let now = self.now();
        let first = self.options.verify.first().copied().unwrap_or(SignedDuration::from_secs(1));
        let due = later(now, first);
        match keys.change(&step.call).await {
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
            Err(failure) => self.refused(turn, step, &failure).await,
        }
    }

    /// AWS said no: what that means is in the table of treatments.
    async fn refused(&self, turn: &mut Turn, step: &Step, failure: &Failure) -> Result<Option<End>, StoreError> {
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
        let fresh = self.read_fresh(&step.key).await.ok();
        let sight = fresh.as_ref().map_or(Sight::Unseen, Fresh::sight);
        let treated = meaning(step, failure, sight);
        let note = format!("{}: {} ({})", step.call.operation, failure.what, treated.because);
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
}
