//! Deciding what is due: each finding with its account, its key and its ticket, and all that follows in one commit.

mod close;
mod fixes;
mod input;
mod open;
mod series;
mod work;

use serde_json::{Value, json};
use store::StoreError;
use store::rows::FindingRow;
use triage::incoming::Workflow;
use triage::{Action, Case, Decision, Incoming};

use crate::engine::{Engine, Status, event, later};
use crate::intake::finding_of;
use crate::names;

pub(crate) use fixes::{POLICY, plan_digest, remediation_job};
pub(crate) use open::{reopen_job, ticket_job};
pub(crate) use series::{is_answered, is_undone_for};
pub(crate) use work::{Work, name_of};

/// Commits of one turn.
const ROUNDS: usize = 200;

impl Engine {
    /// Decides what is due.
    pub(crate) async fn decide_due(&self) -> Result<Status, StoreError> {
        let mut status = Status::default();
        for _ in 0..ROUNDS {
            let rows = self.store.findings_due(self.now(), self.options.batch).await?;
            if rows.is_empty() {
                break;
            }
            let decided = self.decide_rows(&rows).await?;
            status.done += decided;
            if decided == 0 {
                // Somebody else is at the same findings.
                status.waiting = rows.len() as u64;
                break;
            }
        }
        Ok(status)
    }

    async fn decide_rows(&self, rows: &[FindingRow]) -> Result<u64, StoreError> {
        match self.decide_together(rows).await {
            Err(StoreError::Conflict { .. }) => {}
            Err(StoreError::Refused { .. }) if rows.len() > 1 => {}
            other => return other,
        }
        let mut decided = 0;
        for row in rows {
            let fresh = self.store.findings_by_key(vec![row.key.clone()]).await?.into_iter().flatten().next();
            let Some(fresh) = fresh.filter(|row| row.decide_at.is_some_and(|at| at <= self.now())) else { continue };
            match self.decide_together(std::slice::from_ref(&fresh)).await {
                Ok(one) => decided += one,
                Err(StoreError::Conflict { .. }) => {}
                Err(StoreError::Refused { cause, .. }) => decided += self.set_aside(&fresh, &cause).await?,
                Err(other) => return Err(other),
            }
        }
        Ok(decided)
    }

    async fn decide_together(&self, rows: &[FindingRow]) -> Result<u64, StoreError> {
        let mut work = Work::new(self);
        for row in rows {
            work.decide(row.clone()).await?;
        }
        self.commit(work.into_changes()).await?;
        Ok(rows.len() as u64)
    }

    /// What the store does not take is put before a person, and holds nothing else up.
    async fn set_aside(&self, row: &FindingRow, cause: &str) -> Result<u64, StoreError> {
        let action = Some(Action::Review.name().to_owned());
        let aside = FindingRow { decide_at: None, action, decision: None, ..row.clone() };
        let change = store::Change::Finding(Box::new(aside), store::Expect::Version(row.version));
        let told = event("finding.set-aside", &row.key, json!({"why": cause}));
        self.commit(vec![change, told]).await?;
        Ok(1)
    }
}

impl Work<'_> {
    async fn decide(&mut self, row: FindingRow) -> Result<(), StoreError> {
        let mut row = self.finding_now(row);
        let Some(mut finding) = finding_of(&row) else {
            row.action = Some(Action::Review.name().to_owned());
            row.decide_at = None;
            self.say(event("finding.unreadable", &row.key, json!({"text": names::digest(&row.text)})));
            self.put_finding(row);
            return Ok(());
        };
        let account = self.account(&finding.account_id).await?;
        if account.is_none() && self.awaits_accounts(&row).await? {
            row.decide_at = Some(later(self.now, jiff::SignedDuration::from_secs(20)));
            self.put_finding(row);
            return Ok(());
        }
        let seen = self.sight(&finding).await?;
        if self.looks_first(&mut row, &finding, &seen).await? {
            self.put_finding(row);
            return Ok(());
        }
        if finding.workflow == Workflow::Suppressed && self.is_our_suppression(&row.key).await? {
            finding.workflow = Workflow::New;
        }
        if finding.noted_ticket.is_some() && is_our_note(&row.text) {
            // What we wrote there ourselves is a projection, and often late: only the store says which ticket is open.
            finding.noted_ticket = None;
        }
        let known = self.known_ticket(&row).await?;
        let case = Case {
            finding: &finding,
            account: account.as_ref(),
            key: seen.sight(),
            ticket: known.as_ref(),
            now: self.now,
        };
        let mut decision = self.engine.triage.decide(&case);
        if decision.action == Action::Remediate
            && let Some(why) = self.why_not_again(&row).await?
        {
            decision = self.engine.by_hand.decide(&case);
            decision.reason = format!("{}; {why}", decision.reason);
        }
        let inputs = seen.digests(&finding, account.as_ref(), known.as_ref());
        self.follow(row, &finding, &decision, seen.key(), inputs).await
    }

    /// Writes a decision and all that follows from it.
    async fn follow(
        &mut self,
        mut row: FindingRow,
        finding: &Incoming,
        decision: &Decision,
        key: Option<&triage::key::Key>,
        inputs: Value,
    ) -> Result<(), StoreError> {
        let before = row.action.take();
        row.action = Some(decision.action.name().to_owned());
        if decision.row == "ticket-open"
            && before.as_deref().is_some_and(|before| ["TEAMFIX", "INCIDENT"].contains(&before))
        {
            // Nothing more is done because it is being done.
            row.action.clone_from(&before);
        }
        row.severity = decision.severity.name().to_owned();
        row.team.clone_from(&decision.owner.team);
        row.decide_at = self.next_time(decision);
        let settled = is_settled(finding, decision);
        row.settled_at = if settled { row.settled_at.or(Some(self.now)) } else { None };
        row.settled = settled;
        let acts = self.engine.acts() && decision.held_by.is_none();
        let effects = if acts {
            self.effects(&mut row, finding, decision, key, before.as_deref()).await?
        } else {
            self.would(&row, finding, decision)
        };
        let word = if acts { "effects" } else { "would" };
        // A decision always has a JSON text.
        let mut shown = serde_json::to_value(decision).unwrap_or_default();
        if let Some(members) = shown.as_object_mut() {
            members.insert(word.to_owned(), json!(effects));
            // That its ticket is open is no reason for it; what it was opened for is.
            if decision.row == "ticket-open" {
                members.insert("cause".to_owned(), cause(row.decision.as_ref()));
            }
        }
        self.say(event(
            "decision",
            &row.key,
            json!({
                "decision": shown, "inputs": inputs, "incarnation": row.incarnation,
                "version": self.engine.version, "by": self.engine.holder,
            }),
        ));
        row.decision = Some(shown);
        self.put_finding(row);
        Ok(())
    }

    async fn effects(
        &mut self,
        row: &mut FindingRow,
        finding: &Incoming,
        decision: &Decision,
        key: Option<&triage::key::Key>,
        before: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let mut effects = Vec::new();
        if before == Some(Action::Suppress.name()) && decision.action != Action::Suppress {
            effects.extend(self.end_suppression(row).await?);
        }
        match decision.action {
            Action::Nothing | Action::Defer => effects.extend(self.keep(row, decision, finding).await?),
            Action::Review => {
                effects.extend(self.keep(row, decision, finding).await?);
                effects.extend(self.look_for_fate(row, finding, decision));
            }
            Action::Suppress => effects.extend(self.suppress(row, decision)),
            Action::Remediate => effects.extend(self.remediate(row, decision).await?),
            Action::TeamFix | Action::Incident => {
                effects.extend(self.want(row, finding, decision).await?);
                effects.extend(self.offer(row, finding, decision, key).await?);
            }
            Action::CloseTicket => effects.extend(self.close(row, decision).await?),
        }
        if row.settled {
            effects.extend(self.withdraw_offer(row).await?);
        }
        Ok(effects)
    }
}

/// Whether the ticket that a finding notes was noted by us, and not by another system before us.
fn is_our_note(text: &str) -> bool {
    let text: Value = serde_json::from_str(text).unwrap_or_default();
    text.pointer("/UserDefinedFields/TicketBy").and_then(Value::as_str) == Some("keyreeve")
}

/// Why the ticket was opened that is open now.
fn cause(before: Option<&Value>) -> Value {
    let said = |name: &str| before.and_then(|before| before.get(name)).filter(|said| !said.is_null());
    said("cause").or_else(|| said("reason")).cloned().unwrap_or_default()
}

/// Whether nothing is left to do about it, as far as the finding goes.
fn is_settled(finding: &Incoming, decision: &Decision) -> bool {
    match decision.action {
        Action::CloseTicket | Action::Suppress => true,
        Action::Nothing => {
            finding.workflow == Workflow::Suppressed
                || crate::intake::is_over(finding)
                || decision.row == "key-destroyed-unasked"
        }
        _ => false,
    }
}
