//! What comes in: deliveries of findings and of CloudTrail's events, scans, and keys that were read.

mod arrival;
mod trail;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use store::rows::{FindingRow, KeyRow};
use store::{Change, Expect, FindingFilter, Page, StoreError};
use triage::Incoming;

use crate::engine::{Engine, event, later};
use crate::names;
use crate::outbox::job;

use arrival::{Arrival, arrived};
pub(crate) use arrival::{finding_of, is_over};
pub(crate) use trail::{place_of, region_of};

/// The source of what is read of Security Hub itself, which is how it is now.
pub(crate) const HUB: &str = "hub";
/// The name of the time from which on Security Hub is to be read again.
pub(crate) const DOUBT: &str = "hub.doubt";
/// Deliveries of one commit.
const MAX_DELIVERIES: usize = 64;
/// Findings of one commit.
const FINDINGS_A_COMMIT: usize = 1_000;
/// How often is tried again where others write the same findings.
const CONFLICTS: usize = 16;
/// How much of what cannot be read is kept, in characters.
const KEPT: usize = 2_000;

/// Something that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// From where: `sqs`, `webhook`, `file`.
    pub source: String,
    /// What the source calls it, the same at each delivery; `None` where it has no name, and may be taken in twice.
    pub id: Option<String>,
    /// When what it says was so, where the source knows: for findings that carry no time of their own.
    pub at: Option<Timestamp>,
    /// What it says.
    pub body: Vec<u8>,
}

/// A scan: keys as they were read, and the findings about them.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Resources, each as a line of a snapshot has it.
    pub keys: Vec<String>,
    /// Findings of ours, as texts.
    pub findings: Vec<String>,
    /// Whether all findings about these keys are there, so that those of before which are not are over.
    pub whole: bool,
    /// When the keys were read.
    pub at: Timestamp,
}

/// What taking in came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Findings that are new or changed.
    pub findings: u64,
    /// What was known already, or is older than what is known.
    pub known: u64,
    /// Events about keys.
    pub events: u64,
    /// What could not be read; each has an event.
    pub problems: u64,
    /// Deliveries that were taken in before.
    pub repeated: u64,
}

impl Taken {
    fn add(&mut self, other: Self) {
        self.findings += other.findings;
        self.known += other.known;
        self.events += other.events;
        self.problems += other.problems;
        self.repeated += other.repeated;
    }
}

/// A finding and when what it says was so.
#[derive(Debug, Clone)]
pub(crate) struct Dated {
    pub finding: Incoming,
    pub at: Timestamp,
}

/// A delivery, read.
struct Opened {
    name: Option<String>,
    source: String,
    findings: Vec<Dated>,
    changes: Vec<Change>,
    taken: Taken,
}

impl Engine {
    /// Takes deliveries in. When this returns, what they say is in the store, and they may be acknowledged.
    ///
    /// # Errors
    /// Where the store fails: acknowledge none of them.
    pub async fn take(&self, deliveries: &[Delivery]) -> Result<Taken, StoreError> {
        let mut taken = Taken::default();
        for part in deliveries.chunks(MAX_DELIVERIES) {
            taken.add(self.take_part(part).await?);
        }
        Ok(taken)
    }

    async fn take_part(&self, deliveries: &[Delivery]) -> Result<Taken, StoreError> {
        let opened: Vec<Opened> = deliveries.iter().map(|delivery| self.open(delivery)).collect();
        let mut conflict = None;
        for _ in 0..CONFLICTS {
            match self.try_to_take(&opened).await {
                Err(StoreError::Conflict { row }) => conflict = Some(row),
                other => return other,
            }
        }
        Err(StoreError::Conflict { row: conflict.unwrap_or_default() })
    }

    async fn try_to_take(&self, opened: &[Opened]) -> Result<Taken, StoreError> {
        let names: Vec<String> = opened.iter().filter_map(|delivery| delivery.name.clone()).collect();
        let before: BTreeSet<String> = {
            let flags = self.store.delivered(names.clone()).await?;
            names.into_iter().zip(flags).filter(|(_, was)| *was).map(|(name, _)| name).collect()
        };
        let mut seen = before.clone();
        let mut taken = Taken::default();
        let mut fresh: Vec<&Opened> = Vec::new();
        for delivery in opened {
            match &delivery.name {
                Some(name) if !seen.insert(name.clone()) => taken.repeated += 1,
                _ => fresh.push(delivery),
            }
        }
        let until = later(self.now(), self.options.deliveries);
        let mut changes: Vec<Change> = Vec::new();
        for delivery in &fresh {
            changes.extend(delivery.name.clone().map(|id| Change::Delivery { id, until }));
            changes.extend(delivery.changes.iter().cloned());
            taken.add(delivery.taken);
        }
        let arriving: Vec<(&Dated, &str)> = fresh
            .iter()
            .flat_map(|delivery| delivery.findings.iter().map(|dated| (dated, delivery.source.as_str())))
            .collect();
        // A delivery too large for one commit is taken in part by part, and is only remembered with its last part: taking a part
        // in again changes nothing.
        let mut parts = arriving.chunks(FINDINGS_A_COMMIT).peekable();
        while let Some(part) = parts.next() {
            let mut fold = self.fold(part).await?;
            taken.findings += fold.fresh;
            taken.known += fold.known;
            if parts.peek().is_none() {
                break_into(&mut fold.changes, std::mem::take(&mut changes));
            }
            if !fold.changes.is_empty() {
                self.commit(fold.changes).await?;
            }
        }
        if !changes.is_empty() {
            self.commit(changes).await?;
        }
        Ok(taken)
    }

    fn open(&self, delivery: &Delivery) -> Opened {
        let now = self.now();
        let name = delivery.id.as_ref().map(|id| format!("{}:{id}", delivery.source));
        let mut opened = Opened {
            name,
            source: delivery.source.clone(),
            findings: Vec::new(),
            changes: Vec::new(),
            taken: Taken::default(),
        };
        if let Some(told) = trail::read(&delivery.body) {
            opened.taken.events = 1;
            opened.changes = self.told_by_trail(&told, now);
            return opened;
        }
        let batch = triage::incoming::read(&delivery.body);
        for problem in batch.problems.iter().take(100) {
            opened.taken.problems += 1;
            opened.changes.push(self.unreadable(delivery, &problem.to_string()));
        }
        opened.findings = batch
            .findings
            .into_iter()
            .map(|finding| Dated { at: finding.updated.or(delivery.at).unwrap_or(now), finding })
            .collect();
        opened
    }

    /// What cannot be read is kept where people see it.
    fn unreadable(&self, delivery: &Delivery, why: &str) -> Change {
        let text: String = String::from_utf8_lossy(&delivery.body).chars().take(KEPT).collect();
        let subject = match &delivery.id {
            Some(id) => format!("{}:{id}", delivery.source),
            None => delivery.source.clone(),
        };
        event("delivery.unreadable", &names::line(&subject, 200), json!({"why": names::line(why, 500), "begins": text}))
    }

    /// What an event about a key changes: it is recorded, and the key is read again.
    fn told_by_trail(&self, told: &trail::Told, now: Timestamp) -> Vec<Change> {
        let kind = if told.failed.is_some() { "kms.refused" } else { "kms.called" };
        let subject = told.arn.as_deref().unwrap_or("unknown key");
        let body = json!({"call": told.call, "by": told.by, "at": told.at, "event": told.id, "error": told.failed});
        let mut changes = vec![event(kind, subject, body)];
        let arn = told.arn.as_ref().filter(|_| told.failed.is_none() && self.ports.keys.is_some());
        if let Some(arn) = arn {
            let due = later(now, self.options.debounce);
            let mut job = read_job(&format!("event/{}", told.id), arn, due);
            job.task["changed"] = json!(true);
            changes.push(Change::Job(Box::new(job)));
        }
        changes
    }

    /// Takes a scan in.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn take_scan(&self, scan: &Scan) -> Result<Taken, StoreError> {
        let rows: Vec<KeyRow> = scan.keys.iter().filter_map(|text| key_row(text, scan.at)).collect();
        let mut changed: Vec<String> = Vec::new();
        for row in &rows {
            let before = self.store.key(row.arn.clone()).await?;
            changed.extend(before.filter(|before| before.facts != row.facts).map(|before| before.arn));
        }
        for part in rows.chunks(FINDINGS_A_COMMIT) {
            self.commit(part.iter().map(|row| Change::Key(Box::new(row.clone()))).collect()).await?;
        }
        for arn in changed {
            // What waits for the key to change has waited long enough, whatever the findings themselves say.
            let filter = FindingFilter { resource: Some(arn), settled: Some(false), ..FindingFilter::default() };
            self.decide_again(filter).await?;
        }
        let mut texts: Vec<String> = scan.findings.clone();
        if scan.whole {
            let keys: BTreeSet<&str> = rows.iter().map(|row| row.arn.as_str()).collect();
            texts.extend(self.over_since(&keys, &scan.findings).await?);
        }
        let deliveries: Vec<Delivery> = texts
            .into_iter()
            .map(|text| Delivery { source: "scan".to_owned(), id: None, at: Some(scan.at), body: text.into_bytes() })
            .collect();
        self.take(&deliveries).await
    }

    /// Our open findings about these keys that a new judgement does not have: they pass.
    async fn over_since(&self, keys: &BTreeSet<&str>, findings: &[String]) -> Result<Vec<String>, StoreError> {
        let read = findings.iter().flat_map(|text| triage::incoming::read(text.as_bytes()).findings);
        let there: BTreeSet<String> = read.map(|finding| names::finding(&finding)).collect();
        let mut over = Vec::new();
        for key in keys {
            // By key: a reading comes in batches, and all that is open would be gone through for each.
            let filter =
                FindingFilter { resource: Some((*key).to_owned()), settled: Some(false), ..FindingFilter::default() };
            let mut page = Page { after: None, limit: 1_000 };
            loop {
                let rows = self.store.findings(filter.clone(), page.clone()).await?;
                let judges =
                    |row: &FindingRow| self.ports.judge.as_ref().is_none_or(|judge| judge.judges(&row.control));
                let gone = rows.iter().filter(|row| row.form == "keyreeve" && !there.contains(&row.key) && judges(row));
                let passing =
                    |row: &FindingRow| passing(&row.text, "PASS", "the last judgement does not find it any more");
                over.extend(gone.filter_map(passing));
                match rows.last() {
                    Some(last) if rows.len() >= page.limit => page.after = Some(last.key.clone()),
                    _ => break,
                }
            }
        }
        Ok(over)
    }

    /// What arriving findings change.
    pub(crate) async fn fold(&self, arriving: &[(&Dated, &str)]) -> Result<Fold, StoreError> {
        let now = self.now();
        let keys: Vec<String> = arriving.iter().map(|(dated, _)| names::finding(&dated.finding)).collect();
        let wanted: Vec<String> = keys.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let found = self.store.findings_by_key(wanted.clone()).await?;
        let mut rows: BTreeMap<String, (Option<FindingRow>, Expect, bool)> = BTreeMap::new();
        for (key, row) in wanted.into_iter().zip(found) {
            let expect = row.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
            rows.insert(key, (row, expect, false));
        }
        let mut fold = Fold::default();
        for ((dated, source), key) in arriving.iter().zip(&keys) {
            let Some((row, _, changed)) = rows.get_mut(key) else { continue };
            match arrived(row.as_ref(), key, dated, now) {
                Arrival::Known => fold.known += 1,
                Arrival::Late => {
                    fold.known += 1;
                    let body = json!({"source": source, "updated": dated.at.to_string()});
                    fold.changes.push(event("finding.late", key, body));
                }
                Arrival::Seen(new) => {
                    fold.known += 1;
                    (*row, *changed) = (Some(*new), true);
                }
                Arrival::Fresh(new) => {
                    fold.fresh += 1;
                    fold.doubt(row.as_ref(), &new, source);
                    let body = json!({
                        "source": source, "finding": new.finding_id, "form": new.form, "incarnation": new.incarnation,
                        "text": names::digest(&new.text),
                    });
                    fold.changes.push(event("finding.received", key, body));
                    (*row, *changed) = (Some(*new), true);
                }
            }
        }
        if let Some(at) = fold.doubt {
            let before = self.time(DOUBT).await?.filter(|before| *before < at);
            fold.changes.push(Change::Value(DOUBT.to_owned(), Some(before.unwrap_or(at).to_string())));
        }
        let written = rows.into_values().filter(|(_, _, changed)| *changed);
        fold.changes.extend(written.filter_map(|(row, expect, _)| Some(Change::Finding(Box::new(row?), expect))));
        Ok(fold)
    }
}

/// What arriving findings change.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    pub changes: Vec<Change>,
    pub fresh: u64,
    pub known: u64,
    /// From when on Security Hub is to be read again.
    pub doubt: Option<Timestamp>,
}

impl Fold {
    /// Two texts of the same moment may come in either order, and only Security Hub knows which is the later: it is asked again from there
    /// on. What a person changes of a finding always is of the same moment.
    fn doubt(&mut self, old: Option<&FindingRow>, new: &FindingRow, source: &str) {
        if !new.form.starts_with("asff") || source == HUB {
            return;
        }
        let same = old.filter(|old| old.updated == new.updated && arrival::is_told_apart(old, new));
        if let Some(at) = same.and_then(|old| old.updated) {
            self.doubt = Some(self.doubt.map_or(at, |doubt| doubt.min(at)));
        }
    }
}

/// Puts changes before others.
fn break_into(changes: &mut Vec<Change>, first: Vec<Change>) {
    let rest = std::mem::replace(changes, first);
    changes.extend(rest);
}

/// The job that reads a key.
pub(crate) fn read_job(why: &str, arn: &str, due: Timestamp) -> store::rows::JobRow {
    let (account, region) = place_of(arn);
    let task = json!({"do": "read", "arn": arn});
    job(format!("read/{why}"), "read", format!("aws:{account}/{region}"), task, due)
}

/// A key as the store has it; `None` for what is no key.
pub(crate) fn key_row(text: &str, at: Timestamp) -> Option<KeyRow> {
    let key = key_of(text)?;
    Some(KeyRow {
        aliases: key.aliases.clone().unwrap_or_default(),
        state: key.state.clone(),
        kind: "AWS.KMS.Key".to_owned(),
        facts: Some(text.to_owned()),
        read: at,
        arn: key.arn,
        account_id: key.account_id,
        region: key.region,
    })
}

/// The key that a resource's text describes.
pub(crate) fn key_of(text: &str) -> Option<triage::key::Key> {
    let mut scanner = source::record::Scanner::default();
    let record = scanner.scan(text.as_bytes()).ok()?;
    triage::key::Key::of_record(&record).filter(|key| !key.arn.is_empty())
}

/// A finding of ours, as it reads once it is over.
pub(crate) fn passing(text: &str, status: &str, reason: &str) -> Option<String> {
    let mut finding: serde_json::Value = serde_json::from_str(text).ok()?;
    let members = finding.as_object_mut()?;
    members.insert("status".to_owned(), json!(status));
    members.insert("reason".to_owned(), json!(reason));
    members.remove("unknown_facts");
    serde_json::to_string(&finding).ok()
}
