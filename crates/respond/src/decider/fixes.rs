//! What is neither opened nor closed: suppressions, fixes that run by themselves, fixes that are offered, and what would be done.

use serde_json::json;
use store::Change;
use store::StoreError;
use store::rows::{FindingRow, RemediationRow, RemediationState};
use triage::incoming::Workflow;
use triage::key::Key;
use triage::plan::{Wishes, plan};
use triage::{Action, Decision, Incoming};

use super::input::{is_about_deletion, suppression_name};
use super::series::{is_answered, is_undone_for};
use super::work::Work;
use crate::engine::event;
use crate::intake::finding_of;
use crate::names;
use crate::outbox::job;
use crate::workers::hub_job;

/// Who agrees to what is on the safe list.
pub(crate) const POLICY: &str = "policy: safe list";

impl Work<'_> {
    /// Suppressed by an explicit rule, which Security Hub is told.
    pub(super) fn suppress(&mut self, row: &FindingRow, decision: &Decision) -> Vec<String> {
        let rule = decision.rule.as_ref();
        let note = json!({"rule": rule.map(|rule| &rule.id), "version": rule.map(|rule| &rule.version), "ended": null});
        self.say(Change::Value(suppression_name(&row.key), Some(note.to_string())));
        // What is SUPPRESSED there already is not written again.
        let written = finding_of(row).is_some_and(|finding| finding.workflow == Workflow::Suppressed);
        if written {
            return vec!["suppressed already".to_owned()];
        }
        self.project(row, &format!("suppress/{}", names::digest(&row.text)));
        vec!["suppress in Security Hub".to_owned()]
    }

    pub(super) async fn end_suppression(&mut self, row: &FindingRow) -> Result<Option<String>, StoreError> {
        let name = suppression_name(&row.key);
        if self.engine.store.value(name.clone()).await?.is_none() {
            return Ok(None);
        }
        let note = json!({"ended": self.now.to_string()});
        self.say(Change::Value(name, Some(note.to_string())));
        self.project(row, &format!("unsuppress/{}", row.version));
        Ok(Some("take the suppression back in Security Hub".to_owned()))
    }

    /// Tells Security Hub how a finding stands.
    pub(crate) fn project(&mut self, row: &FindingRow, intent: &str) {
        if let Some(job) = hub_job(self.engine, row, intent, self.now) {
            self.queue(job);
        }
    }

    /// Why what was tried once is not tried again for this finding, which has not come back since.
    pub(super) async fn why_not_again(&mut self, row: &FindingRow) -> Result<Option<String>, StoreError> {
        let series = self.series(&row.resource, &row.control).await?;
        let Some(past) = series.last else { return Ok(None) };
        let note = || past.note.clone().unwrap_or_default();
        Ok(match past.state {
            RemediationState::Undoing | RemediationState::Undone if is_undone_for(row, &past) => {
                Some("the automatic fix was undone by a person".to_owned())
            }
            _ if !is_answered(row, &past) => None,
            RemediationState::Refused => Some(format!("it could not be fixed automatically: {}", note())),
            RemediationState::Failed => Some(format!("the automatic fix failed: {}", note())),
            RemediationState::Verified => {
                Some("it was fixed automatically and verified, yet the control still fails".to_owned())
            }
            _ => None,
        })
    }

    /// A fix that needs nobody's approval.
    pub(super) async fn remediate(&mut self, row: &FindingRow, decision: &Decision) -> Result<Vec<String>, StoreError> {
        let series = self.series(&row.resource, &row.control).await?;
        if series.is_under_way() {
            return Ok(vec!["the fix is under way".to_owned()]);
        }
        if self.engine.ports.keys.is_none() {
            return Ok(vec!["no access to keys is configured: nothing is fixed".to_owned()]);
        }
        let fix = RemediationRow {
            state: RemediationState::Approved,
            approved_by: Some(POLICY.to_owned()),
            approved_at: Some(self.now),
            ..self.fix(series.next, row, decision).await?
        };
        self.queue(remediation_job(&fix, "", self.now));
        self.put_remediation(fix);
        Ok(vec!["fix automatically".to_owned()])
    }

    async fn fix(&self, key: String, row: &FindingRow, decision: &Decision) -> Result<RemediationRow, StoreError> {
        let mut answers = self.engine.answered_by_fix(&row.resource, &row.control, &[]).await?;
        answers.insert(row.key.clone(), row.incarnation);
        Ok(RemediationRow {
            key,
            version: 0,
            finding: row.key.clone(),
            answers,
            control: row.control.clone(),
            resource: row.resource.clone(),
            account_id: decision.account_id.clone(),
            plan: serde_json::Value::Null,
            digest: String::new(),
            state: RemediationState::AwaitingApproval,
            done: 0,
            approved_by: None,
            approved_at: None,
            note: None,
            undo: Vec::new(),
            created: self.now,
            ended: None,
        })
    }

    /// A fix that somebody must agree to is offered beside the ticket: for a key that is to be destroyed.
    pub(super) async fn offer(
        &mut self,
        row: &FindingRow,
        finding: &Incoming,
        decision: &Decision,
        key: Option<&Key>,
    ) -> Result<Option<String>, StoreError> {
        let (Some(sight), Some(control)) = (key, &finding.control) else { return Ok(None) };
        if decision.action != Action::TeamFix || !is_about_deletion(finding) || self.engine.ports.keys.is_none() {
            return Ok(None);
        }
        let sight = triage::key::Sight::Seen(sight);
        let settings = self.engine.triage.settings();
        let plan = plan(&finding.id, &control.id, finding.resource_id(), sight, settings, &Wishes::default());
        let series = self.series(&row.resource, &row.control).await?;
        let is_offered = series.is_under_way() || series.last.is_some_and(|past| is_answered(row, &past));
        if plan.changes.is_empty() || !plan.approval || is_offered {
            return Ok(None);
        }
        let plan = serde_json::to_value(&plan).unwrap_or_default();
        let offer = RemediationRow { digest: plan_digest(&plan), plan, ..self.fix(series.next, row, decision).await? };
        self.say(event("approval.wanted", &offer.key, json!({"finding": row.key, "digest": offer.digest})));
        self.put_remediation(offer);
        Ok(Some("offer to cancel the deletion, once somebody agrees".to_owned()))
    }

    /// What was offered is not needed any more.
    pub(super) async fn withdraw_offer(&mut self, row: &FindingRow) -> Result<Option<String>, StoreError> {
        if row.control != "KMS.3" {
            return Ok(None);
        }
        let series = self.series(&row.resource, &row.control).await?;
        let waits = |offer: &RemediationRow| offer.state == RemediationState::AwaitingApproval;
        let Some(offer) = series.last.filter(waits) else { return Ok(None) };
        let note = Some("not needed any more: the finding is settled".to_owned());
        self.put_remediation(RemediationRow { state: RemediationState::Refused, note, ended: Some(self.now), ..offer });
        Ok(Some("withdraw the offer".to_owned()))
    }

    /// What would be done, were it not for the mode or a switch.
    pub(super) fn would(&self, row: &FindingRow, _finding: &Incoming, decision: &Decision) -> Vec<String> {
        let options = &self.engine.options;
        match decision.action {
            Action::Nothing | Action::Defer | Action::Review => Vec::new(),
            Action::Suppress => vec!["suppress in Security Hub".to_owned()],
            Action::Remediate => vec!["fix automatically".to_owned()],
            Action::TeamFix if !row.tickets.is_empty() => Vec::new(),
            Action::TeamFix => options.destinations.iter().map(|it| format!("open a ticket in {it}")).collect(),
            Action::Incident => {
                options.incident_destinations.iter().map(|it| format!("open a ticket in {it}")).collect()
            }
            Action::CloseTicket => vec!["close the ticket".to_owned()],
        }
    }
}

/// Of a plan: what is approved is this plan and no other.
pub(crate) fn plan_digest(plan: &serde_json::Value) -> String {
    names::digest(&plan.to_string())
}

/// The job that carries a remediation out, or back.
pub(crate) fn remediation_job(fix: &RemediationRow, intent: &str, due: jiff::Timestamp) -> store::rows::JobRow {
    let id = format!("remediation/{}{}{intent}", fix.key, if intent.is_empty() { "" } else { "/" });
    let destination = format!("aws:{}/{}", fix.account_id, crate::intake::region_of(&fix.resource));
    job(id, "remediation", destination, json!({"do": "remediate", "remediation": fix.key}), due)
}
