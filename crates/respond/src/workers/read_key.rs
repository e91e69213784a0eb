//! Reads keys again that something happened to, judges them, and has what is about them decided again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::rows::{FindingRow, KeyRow};
use store::{Change, Expect, FindingFilter, Page, StoreError};
use triage::Incoming;
use triage::control::Subject;
use triage::incoming::Compliance;

use crate::engine::{Engine, Status, event, later};
use crate::intake::{Dated, finding_of, key_of, key_row, passing, read_job};
use crate::names;
use crate::outbox::{End, Turn};

/// Rounds of one turn.
const ROUNDS: usize = 20;
/// Jobs that are taken at once, so that those about one key are one reading.
const AT_ONCE: usize = 200;
/// How often is tried again where others write the same findings.
const CONFLICTS: usize = 6;
/// After how many seconds a key is read again whose change does not show.
const AGAIN: [i64; 3] = [5, 20, 120];

impl Engine {
    pub(crate) async fn read_keys(&self) -> Result<Status, StoreError> {
        if self.ports.keys.is_none() {
            return Ok(Status::idle("no access to keys is configured"));
        }
        let mut status = Status::default();
        for _ in 0..ROUNDS {
            let turns = self.take_jobs("read", AT_ONCE).await?;
            if turns.is_empty() {
                break;
            }
            let mut by_key: BTreeMap<String, Vec<Turn>> = BTreeMap::new();
            for turn in turns {
                by_key.entry(turn.text("arn")).or_default().push(turn);
            }
            for (arn, mut turns) in by_key {
                self.read_for(&arn, &mut turns, &mut status).await?;
            }
        }
        Ok(status)
    }

    async fn read_for(&self, arn: &str, turns: &mut [Turn], status: &mut Status) -> Result<(), StoreError> {
        let Some(keys) = self.ports.keys.clone() else { return Ok(()) };
        let destination = turns.first().map(|turn| turn.job.destination.clone()).unwrap_or_default();
        if let Some(until) = self.resting(&destination) {
            for turn in turns {
                status.waiting += 1;
                self.rest(turn, until).await?;
            }
            return Ok(());
        }
        let began = self.now();
        match keys.read(arn).await {
            Ok(facts) => {
                let episode = self.answered(&destination, None);
                let before = self.store.key(arn.to_owned()).await?;
                let differs = before.is_some_and(|before| before.facts != facts);
                for _ in 0..CONFLICTS {
                    let mut changes = self.is_read(arn, facts.as_deref(), began).await?;
                    changes.extend(episode.clone());
                    for turn in turns.iter() {
                        changes.extend(turn.ending(&self.after_reading(turn, differs), self.now()));
                    }
                    match self.commit(changes).await {
                        Err(StoreError::Conflict { row }) if row.starts_with("job ") => return Ok(()),
                        Err(StoreError::Conflict { .. }) => {}
                        other => {
                            status.done += 1;
                            return other.map(drop);
                        }
                    }
                }
                Ok(())
            }
            Err(failure) => {
                let mut changes: Vec<Change> = self.answered(&destination, Some(&failure)).into_iter().collect();
                for turn in turns.iter() {
                    // Reading is repeated without harm.
                    let end = self.after_failure(turn, &failure);
                    status.count(&end);
                    changes.extend(turn.ending(&end, self.now()));
                }
                match self.commit(changes).await {
                    Err(StoreError::Conflict { .. }) => Ok(()),
                    other => other.map(drop),
                }
            }
        }
    }

    /// Somebody changed the key, and it does not show: AWS's keys agree with themselves only after a while.
    fn after_reading(&self, turn: &Turn, differs: bool) -> End {
        let again = AGAIN.get(turn.job.attempts as usize).filter(|_| turn.flag("changed") && !differs);
        match again {
            Some(seconds) => {
                let due = later(self.now(), SignedDuration::from_secs(*seconds));
                End::Again { due, why: "the change does not show yet".to_owned() }
            }
            None => End::Done("read".to_owned()),
        }
    }

    /// What follows from a reading: the key, what our detections say of it, and that whatever is about it is decided again.
    pub(crate) async fn is_read(
        &self,
        arn: &str,
        facts: Option<&str>,
        at: Timestamp,
    ) -> Result<Vec<Change>, StoreError> {
        let before = self.store.key(arn.to_owned()).await?;
        if before.as_ref().is_some_and(|before| before.read > at) {
            return Ok(Vec::new());
        }
        let known = self.findings_about(arn).await?;
        let mut changes = Vec::new();
        match facts {
            Some(text) => {
                changes.extend(self.replicas_to_read(before.as_ref(), text, at));
                changes.extend(key_row(text, at).map(|row| Change::Key(Box::new(row))));
            }
            None => {
                if before.as_ref().is_none_or(|before| before.facts.is_some()) {
                    changes.push(event("key.gone", arn, json!({})));
                }
                changes.push(Change::Key(Box::new(gone(arn, before, at))));
            }
        }
        let judged = self.judged(facts, &known, at).await?;
        let dated: Vec<Dated> = judged
            .iter()
            .flat_map(|text| triage::incoming::read(text.as_bytes()).findings)
            .map(|finding| Dated { finding, at })
            .collect();
        let arriving: Vec<(&Dated, &str)> = dated.iter().map(|dated| (dated, "key")).collect();
        let fold = self.fold(&arriving).await?;
        let written: BTreeSet<String> = dated.iter().map(|dated| names::finding(&dated.finding)).collect();
        changes.extend(fold.changes.into_iter().map(|change| decide_now(change, at)));
        for row in known.into_iter().filter(|row| !written.contains(&row.key) && is_undecided(row)) {
            let expect = Expect::Version(row.version);
            let again = FindingRow { decide_at: Some(at), ..row };
            changes.push(Change::Finding(Box::new(again), expect));
        }
        Ok(changes)
    }

    /// Rotation is shared by all keys of a multi-Region key: where a primary's has changed, its replicas are read again too, and what
    /// is about them is judged anew.
    fn replicas_to_read(&self, before: Option<&KeyRow>, text: &str, at: Timestamp) -> Vec<Change> {
        let rotation = |text: &str| {
            let key = key_of(text).filter(|key| key.is_replica == Some(false))?;
            Some(((key.rotates, key.rotation_period), key.replicas))
        };
        let was = before.and_then(|before| Some(rotation(before.facts.as_deref()?)?.0));
        let (Some(was), Some((is, replicas)), Some(_)) = (was, rotation(text), &self.ports.keys) else {
            return Vec::new();
        };
        if was == is {
            return Vec::new();
        }
        let read = |replica: &String| {
            let mut job = read_job(&format!("shared/{replica}/{at}"), replica, self.now());
            job.task["changed"] = json!(true);
            Change::Job(Box::new(job))
        };
        replicas.iter().map(read).collect()
    }

    pub(crate) async fn findings_about(&self, arn: &str) -> Result<Vec<FindingRow>, StoreError> {
        let filter = FindingFilter { resource: Some(arn.to_owned()), ..FindingFilter::default() };
        self.store.findings(filter, Page { after: None, limit: 1_000 }).await
    }

    /// What our detections say now, and what they do not say any more.
    async fn judged(
        &self,
        facts: Option<&str>,
        known: &[FindingRow],
        at: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let ours = known.iter().filter(|row| row.form == "keyreeve" && !row.settled);
        let Some(text) = facts else {
            // Of a destroyed key only its destruction is left to talk about.
            let over = ours.filter(|row| !is_deletion(row));
            return Ok(over.filter_map(|row| passing(&row.text, "NOT_APPLICABLE", "the key is gone")).collect());
        };
        let Some(judge) = &self.ports.judge else { return Ok(Vec::new()) };
        let judged = judge.judge(&self.with_account(text).await?, at);
        let read = judged.iter().flat_map(|text| triage::incoming::read(text.as_bytes()).findings);
        let there: BTreeSet<String> = read.map(|finding| names::finding(&finding)).collect();
        let over = ours.filter(|row| !there.contains(&row.key) && judge.judges(&row.control));
        let over = over.filter_map(|row| passing(&row.text, "PASS", "the key, read again, is in order"));
        // What passes and was never known is no finding; but where a key may be destroyed, that was decided, and stands in the log.
        let keys: BTreeSet<&str> = known.iter().map(|row| row.key.as_str()).collect();
        let is_dying = facts_of(facts, at).is_some_and(|key| key.is_dying());
        let is_worth = |finding: &Incoming| {
            !crate::intake::is_over(finding)
                || keys.contains(names::finding(finding).as_str())
                || is_dying && finding.compliance == Some(Compliance::Passed) && is_about_deletion(finding)
        };
        let worth = |text: &String| triage::incoming::read(text.as_bytes()).findings.iter().any(is_worth);
        Ok(judged.iter().filter(|text| worth(text)).cloned().chain(over).collect())
    }

    /// The resource with its account joined in, as the inventory has it.
    async fn with_account(&self, text: &str) -> Result<String, StoreError> {
        let Ok(mut resource) = serde_json::from_str::<Value>(text) else { return Ok(text.to_owned()) };
        let id = resource.get("AccountId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if resource.get("Account").is_some() {
            return Ok(text.to_owned());
        }
        let account = self.store.account(id).await?.and_then(|row| serde_json::from_value(row.account).ok());
        let (Some(account), Some(members)) = (account, resource.as_object_mut()) else { return Ok(text.to_owned()) };
        let account: finding::Account = account;
        let settings = self.triage.settings();
        let context = account.context(&settings.tags, &settings.environments);
        members.insert("Account".to_owned(), serde_json::to_value(context).unwrap_or_default());
        Ok(resource.to_string())
    }
}

fn gone(arn: &str, before: Option<KeyRow>, at: Timestamp) -> KeyRow {
    let (account_id, region) = crate::intake::place_of(arn);
    let known = before.unwrap_or_else(|| KeyRow {
        arn: arn.to_owned(),
        account_id,
        region,
        aliases: Vec::new(),
        state: None,
        kind: "AWS.KMS.Key".to_owned(),
        facts: None,
        read: at,
    });
    KeyRow { facts: None, state: None, read: at, ..known }
}

fn decide_now(change: Change, at: Timestamp) -> Change {
    match change {
        Change::Finding(row, expect) if is_undecided(&row) => Change::Finding(
            Box::new(FindingRow { decide_at: Some(row.decide_at.map_or(at, |due| due.min(at))), ..*row }),
            expect,
        ),
        other => other,
    }
}

/// Whether what is known of the key may change what is decided.
fn is_undecided(row: &FindingRow) -> bool {
    !row.settled || row.decide_at.is_some() || row.action.as_deref() == Some("REVIEW")
}

fn is_deletion(row: &FindingRow) -> bool {
    finding_of(row).is_some_and(|finding| is_about_deletion(&finding))
}

fn is_about_deletion(finding: &Incoming) -> bool {
    let reviewed = finding.control.as_ref().and_then(|control| control.id.reviewed());
    reviewed.is_some_and(|control| control.subject == Subject::Deletion)
}

/// Whether facts are those of a key at all.
pub(crate) fn facts_of(text: Option<&str>, at: Timestamp) -> Option<triage::key::Key> {
    let mut key = key_of(text?)?;
    key.seen = Some(at);
    Some(key)
}
