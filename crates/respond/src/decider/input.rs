//! What a decision is made of: the account, what was last seen of the key, and whether to look first.

use finding::Account;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::StoreError;
use store::rows::{FindingRow, KeyRow};
use triage::control::Subject;
use triage::key::{Key, Sight};
use triage::ticket::Ticket;
use triage::{Decision, Incoming};

use super::work::Work;
use crate::engine::later;
use crate::intake::{is_over, key_of, read_job};
use crate::names;

/// How long a SUPPRESSED that we have taken back may still be seen.
const SUPPRESSION_ECHO: SignedDuration = SignedDuration::from_hours(1);

/// What was last seen of a key.
#[derive(Debug, Default)]
pub(super) struct Seen {
    row: Option<KeyRow>,
    key: Option<Key>,
}

impl Seen {
    pub(super) fn sight(&self) -> Sight<'_> {
        match (&self.row, &self.key) {
            (Some(row), _) if row.facts.is_none() => Sight::Gone,
            (_, Some(key)) => Sight::Seen(key),
            _ => Sight::Unseen,
        }
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// What the decision was made of, so that anybody can check it later.
    pub(super) fn digests(&self, finding: &Incoming, account: Option<&Account>, ticket: Option<&Ticket>) -> Value {
        let text = |value: Option<String>| value.map(|text| names::digest(&text));
        let key = self.row.as_ref().map(|row| json!({"read": row.read.to_string(), "facts": text(row.facts.clone())}));
        json!({
            "finding": names::digest(&finding.text),
            "account": text(account.and_then(|account| serde_json::to_string(account).ok())),
            "key": key,
            "ticket": ticket.map(|ticket| ticket.id.clone()),
        })
    }
}

pub(super) fn is_about_deletion(finding: &Incoming) -> bool {
    let reviewed = finding.control.as_ref().and_then(|control| control.id.reviewed());
    reviewed.is_some_and(|control| control.subject == Subject::Deletion)
}

impl Work<'_> {
    pub(super) async fn account(&mut self, id: &str) -> Result<Option<Account>, StoreError> {
        if let Some(account) = self.accounts.get(id) {
            return Ok(account.clone());
        }
        let row = self.engine.store.account(id.to_owned()).await?;
        let account = row.and_then(|row| serde_json::from_value::<Account>(row.account).ok());
        self.accounts.insert(id.to_owned(), account.clone());
        Ok(account)
    }

    /// Whether accounts are about to be read for the first time: without them every account counts as production.
    pub(super) async fn awaits_accounts(&self, row: &FindingRow) -> Result<bool, StoreError> {
        if self.engine.ports.directory.is_none()
            || self.now >= later(row.first_seen, self.engine.options.accounts_patience)
        {
            return Ok(false);
        }
        Ok(self.engine.store.value("accounts.read".to_owned()).await?.is_none())
    }

    pub(super) async fn sight(&self, finding: &Incoming) -> Result<Seen, StoreError> {
        if !finding.is_about_a_key() {
            return Ok(Seen::default());
        }
        let row = self.engine.store.key(finding.resource_id().to_owned()).await?;
        let key = row.as_ref().and_then(|row| {
            let mut key = key_of(row.facts.as_deref()?)?;
            key.seen = Some(row.read);
            Some(key)
        });
        Ok(Seen { row, key })
    }

    /// Whether the key is read before anything is decided: where a key's life is at stake or the key, when it was last read, was in order,
    /// and nobody has looked since the finding was written or since the key was to be destroyed. Security Hub is late, and what it writes
    /// after a fix may still be about the time before. That is asked for once, and waited for a short while.
    pub(super) async fn looks_first(
        &mut self,
        row: &mut FindingRow,
        finding: &Incoming,
        seen: &Seen,
    ) -> Result<bool, StoreError> {
        let passed = is_over(finding) && !finding.archived;
        let control = finding.control.as_ref().and_then(|control| control.id.reviewed());
        let in_doubt = !is_over(finding)
            && seen.key().is_some_and(|key| control.is_some_and(|control| key.is_in_order_by(control.id)));
        let readable = self.engine.ports.keys.is_some() && finding.is_about_a_key();
        if !readable || passed || !(is_about_deletion(finding) || in_doubt) {
            return Ok(false);
        }
        let read = seen.row.as_ref().map(|row| row.read);
        let date = seen.key().and_then(|key| key.deletion_date).filter(|date| *date <= self.now);
        let why = match (read, date) {
            (None, _) => "first".to_owned(),
            (Some(read), _) if finding.updated.is_some_and(|updated| read < updated) => names::digest(&finding.text),
            (Some(read), Some(date))
                if read < later(date, SignedDuration::from_hours(24))
                    && self.now >= later(date, SignedDuration::from_hours(24)) =>
            {
                format!("due-{date}")
            }
            _ => return Ok(false),
        };
        let job = read_job(&format!("sight/{}/{why}", row.key), finding.resource_id(), self.now);
        if self.engine.store.job(job.id.clone()).await?.is_some() {
            return Ok(false);
        }
        self.queue(job);
        row.decide_at = Some(later(self.now, self.engine.options.sight_patience));
        Ok(true)
    }

    /// An archived finding does not say whether its key lives; reading the key does.
    pub(super) fn look_for_fate(
        &mut self,
        row: &FindingRow,
        finding: &Incoming,
        decision: &Decision,
    ) -> Option<String> {
        if decision.row != "key-fate-unknown" || self.engine.ports.keys.is_none() || !finding.is_about_a_key() {
            return None;
        }
        let why = format!("fate/{}/{}", row.key, names::digest(&finding.text));
        self.queue(read_job(&why, finding.resource_id(), self.now));
        Some("read the key".to_owned())
    }

    /// Whether a SUPPRESSED in Security Hub is ours and not a person's.
    pub(super) async fn is_our_suppression(&self, finding: &str) -> Result<bool, StoreError> {
        let Some(text) = self.engine.store.value(suppression_name(finding)).await? else { return Ok(false) };
        let noted: Value = serde_json::from_str(&text).unwrap_or_default();
        let ended = noted.get("ended").and_then(Value::as_str).and_then(|at| at.parse().ok());
        Ok(ended.is_none_or(|ended| self.now < later(ended, SUPPRESSION_ECHO)))
    }
}

pub(super) fn suppression_name(finding: &str) -> String {
    format!("hub.suppressed/{finding}")
}
