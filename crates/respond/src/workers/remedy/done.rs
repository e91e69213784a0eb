//! What follows once a call shows, and once all of a remediation's calls do: proof, a ticket that tells, Security Hub, a mail.

use serde_json::json;
use store::rows::{FindingRow, RemediationRow, RemediationState, TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use super::Fresh;
use super::primary::handed_to;
use crate::apply::Step;
use crate::decider::ticket_job;
use crate::engine::{Engine, event};
use crate::names;
use crate::options::Autofixed;
use crate::outbox::{End, Turn, job};
use crate::workers::hub_job;

impl Engine {
    /// One call shows: what undoes it is recorded, and the next is due.
    pub(super) async fn call_is_done(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        step: &Step,
        steps: usize,
        fresh: &Fresh,
        was_sent: bool,
    ) -> Result<Option<End>, StoreError> {
        let mut row = row;
        row.done = row.done.saturating_add(1);
        if row.state != RemediationState::Undoing {
            row.state = RemediationState::Applying;
            // What somebody else did is not ours to undo.
            if let Some(undo) = step.undo.as_ref().filter(|_| was_sent) {
                // A call always has a JSON text.
                row.undo.insert(0, serde_json::to_value(undo).unwrap_or_default());
            }
        }
        let body = json!({"call": step.call.operation, "by_us": was_sent});
        let told = vec![event("remediation.verified", &row.key, body)];
        if row.done as usize >= steps {
            return self.all_done(turn, row, fresh, told).await;
        }
        let expect = Expect::Version(row.version);
        let mut changes = told;
        changes.push(Change::Remediation(Box::new(row), expect));
        let end = End::Again { due: self.now(), why: "the next call".to_owned() };
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    /// All calls show.
    pub(super) async fn all_done(
        &self,
        turn: &mut Turn,
        row: RemediationRow,
        fresh: &Fresh,
        mut changes: Vec<Change>,
    ) -> Result<Option<End>, StoreError> {
        let expect = Expect::Version(row.version);
        let undoing = row.state == RemediationState::Undoing;
        let by_us = !row.undo.is_empty() || undoing;
        let by_primary = handed_to(&row).is_some() && !undoing;
        let note = match (by_us, by_primary) {
            (true, _) => "verified by reading back",
            (_, true) => "put right on its primary, and verified by reading back",
            _ => "somebody else did it first",
        };
        let over = RemediationRow {
            state: if undoing { RemediationState::Undone } else { RemediationState::Verified },
            note: Some(note.to_owned()),
            ended: Some(self.now()),
            ..row
        };
        let kind = if undoing { "remediation.undone" } else { "remediation.done" };
        changes.push(event(kind, &over.key, json!({"resource": over.resource, "control": over.control})));
        changes.extend(self.decided_again(&over, Some(fresh)).await?);
        let over = if undoing {
            over
        } else {
            let answers = self.answered_by_fix(&over.resource, &over.control, &changes).await?;
            RemediationRow { answers, ..over }
        };
        if !undoing
            && (by_us || by_primary)
            && let Some(finding) = self.finding_of_fix(&over).await?
        {
            let hub = hub_job(self, &finding, &format!("fixed/{}", over.key), self.now());
            changes.extend(hub.map(|job| Change::Job(Box::new(job))));
            if by_us {
                changes.extend(self.tell_of_fix(&over, &finding).await?);
            }
        }
        changes.push(Change::Remediation(Box::new(over), expect));
        let end = End::Done("verified".to_owned());
        self.end(turn, &end, changes).await?;
        Ok(Some(end))
    }

    /// The ticket that tells what was fixed, and the mail.
    async fn tell_of_fix(&self, fix: &RemediationRow, finding: &FindingRow) -> Result<Vec<Change>, StoreError> {
        let now = self.now();
        let mut changes = Vec::new();
        let silent = self.options.autofixed == Autofixed::Never;
        let title = crate::words::fixed(&self.told_of_fix(fix).await?).unwrap_or_else(|| finding.title.clone());
        for destination in self.options.destinations.iter().filter(|_| !silent) {
            let key = names::ticket("AUTOFIXED", &fix.key, 1, destination);
            if self.store.ticket(key.clone()).await?.is_some() {
                continue;
            }
            let ticket = autofixed(fix, finding, &title, key, destination);
            changes.push(Change::Job(Box::new(ticket_job("open", &ticket, "", now))));
            changes.push(Change::Ticket(Box::new(ticket), Expect::Absent));
        }
        if self.ports.mailer.is_some() {
            let task = json!({"do": "mail", "kind": "AUTOFIXED", "remediation": fix.key});
            let mail = job(format!("mail/autofixed/{}", fix.key), "mail", "mail".to_owned(), task, now);
            changes.push(Change::Job(Box::new(mail)));
        }
        Ok(changes)
    }
}

fn autofixed(fix: &RemediationRow, finding: &FindingRow, title: &str, key: String, destination: &str) -> TicketRow {
    let project = finding
        .decision
        .as_ref()
        .and_then(|decision| Some(decision.get("owner")?.get("project")?.as_str()?.to_owned()));
    TicketRow {
        key,
        version: 0,
        destination: destination.to_owned(),
        project,
        kind: "AUTOFIXED".to_owned(),
        group: fix.key.clone(),
        findings: vec![finding.key.clone()],
        state: TicketState::Wanted,
        external: None,
        severity: "INFO".to_owned(),
        title: names::line(title, 240),
        account_id: fix.account_id.clone(),
        team: finding.team.clone(),
        opened: None,
        due: None,
        remind_at: None,
        reminders: 0,
        look_at: None,
        closed: None,
        closed_by_hand: false,
        outcome: None,
        said: None,
        snoozed: None,
    }
}
