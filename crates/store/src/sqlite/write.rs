//! Changes in SQL: what one commit, one lease, one slice of forgetting does within the writer's transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use super::names::{job_state, nanoseconds, remediation_state, signed, ticket_state};
use super::pack::{pack, unpack};
use super::read::{all, plain_row};
use crate::bounds;
use crate::chain::Link;
use crate::commit::{Change, Commit, Committed, Expect, NewEvent};
use crate::difference::differences;
use crate::error::StoreError;
use crate::filter;
use crate::memory::next_version;
use crate::rows::{AccountRow, FindingRow, JobRow, JobState, KeyRow, RemediationRow, TicketRow};
use crate::store::Lease;

/// A commit whose rows are packed already: by whoever asked, so that the one writer has less to do.
#[derive(Debug)]
pub(super) struct Packed {
    at: Timestamp,
    changes: Vec<(Change, Vec<u8>)>,
}

impl Packed {
    pub(super) fn new(commit: Commit) -> Result<Self, StoreError> {
        bounds::check(&commit)?;
        let packed = commit.changes.into_iter().map(|change| Ok((packed_row(&change)?, change)));
        let changes = packed.map(|both| both.map(|(row, change)| (lightened(change), row)));
        Ok(Self { at: commit.at, changes: changes.collect::<Result<_, StoreError>>()? })
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }
}

fn packed_row(change: &Change) -> Result<Vec<u8>, StoreError> {
    match change {
        Change::Finding(row, _) => pack(row, || format!("finding {}", row.key)),
        Change::Ticket(row, _) => pack(row, || format!("ticket {}", row.key)),
        Change::Remediation(row, _) => pack(row, || format!("remediation {}", row.key)),
        Change::Job(row) => pack(row, || format!("job {}", row.id)),
        Change::Finish(row) => {
            let free = JobRow { holder: None, leased_until: None, ..(**row).clone() };
            pack(&free, || format!("job {}", row.id))
        }
        Change::Hold(row) => pack(row, || format!("job {}", row.id)),
        Change::Attempt(row) => pack(row, || format!("attempt at {}", row.job)),
        Change::Account(row) => pack(row, || format!("account {}", row.id)),
        Change::Key(row) => pack(row, || format!("key {}", row.arn)),
        Change::Worker(row) => pack(row, || format!("worker {}", row.name)),
        Change::Event(_) | Change::Delivery { .. } | Change::Value(..) => Ok(Vec::new()),
    }
}

/// Without what is only needed packed: commits that wait keep their texts once.
fn lightened(mut change: Change) -> Change {
    if let Change::Finding(row, _) = &mut change {
        row.text = String::new();
    }
    change
}

/// The end of the log.
#[derive(Debug, Clone)]
pub(super) struct Head {
    number: u64,
    latest: i64,
    hash: String,
}

impl Head {
    pub(super) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached("SELECT number, latest, hash FROM head")?;
        let head = statement.query_row([], |row| {
            Ok(Self { number: row.get::<_, i64>(0)?.unsigned_abs(), latest: row.get(1)?, hash: row.get(2)? })
        })?;
        Ok(head)
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let mut statement = connection.prepare_cached("UPDATE head SET number = ?1, latest = ?2, hash = ?3")?;
        statement.execute(params![signed(self.number), self.latest, self.hash])?;
        Ok(())
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn hash(&self) -> &str {
        &self.hash
    }
}

/// Applies a commit within a transaction.
pub(super) fn commit(connection: &Connection, head: &mut Head, commit: &Packed) -> Result<Committed, Fault> {
    let mut new_jobs = 0;
    for (change, row) in &commit.changes {
        new_jobs += apply(connection, head, commit.at, change, row)?;
    }
    Ok(Committed { last_event: head.number, new_jobs })
}

fn apply(db: &Connection, head: &mut Head, at: Timestamp, change: &Change, packed: &[u8]) -> Result<usize, Fault> {
    match change {
        Change::Event(event) => append(db, head, at, event)?,
        Change::Delivery { id, until } => {
            let sql = "INSERT INTO delivery (id, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            if db.prepare_cached(sql)?.execute(params![id, nanoseconds(*until)])? == 0 {
                return Err(conflict("delivery", id));
            }
        }
        Change::Finding(row, expect) => finding(db, row, *expect, packed)?,
        Change::Ticket(row, expect) => ticket(db, at, row, *expect, packed)?,
        Change::Remediation(row, expect) => remediation(db, row, *expect, packed)?,
        Change::Job(row) => return new_job(db, at, row, packed),
        Change::Finish(row) => finish(db, at, row, None, packed)?,
        Change::Hold(row) => finish(db, at, row, row.leased_until, packed)?,
        Change::Attempt(row) => {
            let sql = "INSERT INTO attempt (job, number, row) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET row = ?3";
            db.prepare_cached(sql)?.execute(params![row.job, row.number, packed])?;
        }
        Change::Account(row) => account(db, row, packed)?,
        Change::Key(row) => key(db, row, packed)?,
        Change::Worker(row) => {
            let sql = "INSERT INTO worker (name, row) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET row = ?2";
            db.prepare_cached(sql)?.execute(params![row.name, packed])?;
        }
        Change::Value(name, Some(value)) => {
            let sql = "INSERT INTO value (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
            db.prepare_cached(sql)?.execute(params![name, value])?;
        }
        Change::Value(name, None) => {
            db.prepare_cached("DELETE FROM value WHERE name = ?1")?.execute(params![name])?;
        }
    }
    Ok(0)
}

fn conflict(what: &str, key: &str) -> Fault {
    StoreError::Conflict { row: format!("{what} {key}") }.into()
}

fn append(db: &Connection, head: &mut Head, at: Timestamp, event: &NewEvent) -> Result<(), Fault> {
    let number = head.number.saturating_add(1);
    let latest = head.latest.max(nanoseconds(at));
    let link = Link::new(&head.hash, number, at, event)?;
    let sql = "INSERT INTO event (number, latest, kind, subject, text, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![signed(number), latest, event.kind, event.subject, link.text, link.hash];
    db.prepare_cached(sql)?.execute(values)?;
    *head = Head { number, latest, hash: link.hash };
    Ok(())
}

/// The version a row is to have, where it has the one that is expected.
fn version(found: Option<i64>, expect: Expect, name: impl Fn() -> Fault) -> Result<i64, Fault> {
    next_version(found.map(i64::unsigned_abs), expect).map(signed).ok_or_else(name)
}

fn finding(db: &Connection, row: &FindingRow, expect: Expect, packed: &[u8]) -> Result<(), Fault> {
    let found: Option<(i64, i64)> = db
        .prepare_cached("SELECT version, body FROM finding WHERE key = ?1")?
        .query_row([&row.key], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    let version = version(found.map(|found| found.0), expect, || conflict("finding", &row.key))?;
    let (decide_at, over_at) = (row.decide_at.map(nanoseconds), filter::finding_over(row).map(nanoseconds));
    let body = match found {
        None => {
            db.prepare_cached("INSERT INTO finding_body (row) VALUES (?1)")?.execute([packed])?;
            db.last_insert_rowid()
        }
        Some((_, body)) => {
            db.prepare_cached("UPDATE finding_body SET row = ?1 WHERE id = ?2")?.execute(params![packed, body])?;
            // Mostly what it is about stays: then its indices stay untouched as well.
            let sql = "UPDATE finding SET version = ?2, settled = ?3, severity = ?4, action = ?5, team = ?6, decide_at = ?7, \
                       over_at = ?8, title = ?9, finding_id = ?10 \
                       WHERE key = ?1 AND account_id = ?11 AND control = ?12 AND resource = ?13";
            let values = params![
                row.key,
                version,
                row.settled,
                row.severity,
                row.action,
                row.team,
                decide_at,
                over_at,
                row.title,
                row.finding_id,
                row.account_id,
                row.control,
                row.resource
            ];
            if db.prepare_cached(sql)?.execute(values)? == 1 {
                return Ok(());
            }
            body
        }
    };
    let sql = "INSERT OR REPLACE INTO finding (key, version, settled, severity, action, team, decide_at, over_at, body, \
               account_id, control, resource, title, finding_id) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    db.prepare_cached(sql)?.execute(params![
        row.key,
        version,
        row.settled,
        row.severity,
        row.action,
        row.team,
        decide_at,
        over_at,
        body,
        row.account_id,
        row.control,
        row.resource,
        row.title,
        row.finding_id
    ])?;
    Ok(())
}

fn ticket(db: &Connection, at: Timestamp, row: &TicketRow, expect: Expect, packed: &[u8]) -> Result<(), Fault> {
    let found: Option<(i64, i64)> = db
        .prepare_cached("SELECT version, wanted_at FROM ticket WHERE key = ?1")?
        .query_row([&row.key], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    let version = version(found.map(|found| found.0), expect, || conflict("ticket", &row.key))?;
    let wanted_at = found.map_or_else(|| nanoseconds(at), |found| found.1);
    let sql = "INSERT OR REPLACE INTO ticket (key, version, state, kind, account_id, team, destination, project, grouped, \
               wanted_at, due_at, over_at, row) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    db.prepare_cached(sql)?.execute(params![
        row.key,
        version,
        ticket_state(row.state),
        row.kind,
        row.account_id,
        row.team,
        row.destination,
        row.project,
        row.group,
        wanted_at,
        filter::ticket_due(row).map(nanoseconds),
        filter::ticket_over(row).map(nanoseconds),
        packed
    ])?;
    Ok(())
}

fn remediation(db: &Connection, row: &RemediationRow, expect: Expect, packed: &[u8]) -> Result<(), Fault> {
    let found: Option<i64> = db
        .prepare_cached("SELECT version FROM remediation WHERE key = ?1")?
        .query_row([&row.key], |found| found.get(0))
        .optional()?;
    let version = version(found, expect, || conflict("remediation", &row.key))?;
    let sql = "INSERT OR REPLACE INTO remediation (key, version, state, row) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![row.key, version, remediation_state(row.state), packed])?;
    Ok(())
}

fn new_job(db: &Connection, at: Timestamp, row: &JobRow, packed: &[u8]) -> Result<usize, Fault> {
    let sql = "INSERT INTO job (id, queue, state, destination, fence, due_at, leased_until, done_at, row) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let new = db.prepare_cached(sql)?.execute(params![
        row.id,
        row.queue,
        job_state(row.state),
        row.destination,
        signed(row.fence),
        job_due(row),
        row.leased_until.map(nanoseconds),
        job_done(row, at),
        packed
    ])?;
    Ok(new)
}

fn finish(db: &Connection, at: Timestamp, row: &JobRow, held: Option<Timestamp>, packed: &[u8]) -> Result<(), Fault> {
    let sql = "UPDATE job SET queue = ?3, state = ?4, destination = ?5, due_at = ?6, leased_until = ?9, done_at = ?7, \
               row = ?8 WHERE id = ?1 AND fence = ?2";
    let changed = db.prepare_cached(sql)?.execute(params![
        row.id,
        signed(row.fence),
        row.queue,
        job_state(row.state),
        row.destination,
        job_due(row),
        job_done(row, at),
        packed,
        held.map(nanoseconds)
    ])?;
    if changed == 0 { Err(conflict("job", &row.id)) } else { Ok(()) }
}

fn job_due(row: &JobRow) -> Option<i64> {
    filter::waits(row.state).then(|| nanoseconds(row.due))
}

fn job_done(row: &JobRow, at: Timestamp) -> Option<i64> {
    (row.state == JobState::Done).then(|| nanoseconds(at))
}

fn account(db: &Connection, row: &AccountRow, packed: &[u8]) -> Result<(), Fault> {
    let found: Option<Vec<u8>> = db
        .prepare_cached("SELECT row FROM account WHERE id = ?1")?
        .query_row([&row.id], |found| found.get(0))
        .optional()?;
    if let Some(found) = found {
        let found: AccountRow = unpack(&found, || format!("account {}", row.id))?;
        if found.read > row.read {
            return Ok(());
        }
    }
    db.prepare_cached("INSERT OR REPLACE INTO account (id, row) VALUES (?1, ?2)")?.execute(params![row.id, packed])?;
    Ok(())
}

fn key(db: &Connection, row: &KeyRow, packed: &[u8]) -> Result<(), Fault> {
    let found: Option<Vec<u8>> = db
        .prepare_cached("SELECT row FROM key WHERE arn = ?1")?
        .query_row([&row.arn], |found| found.get(0))
        .optional()?;
    if let Some(found) = found {
        let found: KeyRow = unpack(&found, || format!("key {}", row.arn))?;
        if found.read > row.read {
            return Ok(());
        }
        let mut insert = db.prepare_cached("INSERT INTO key_change (arn, row) VALUES (?1, ?2)")?;
        for change in differences(row.read, found.facts.as_deref(), row.facts.as_deref()).iter().rev() {
            let change = pack(change, || format!("change of key {}", row.arn))?;
            insert.execute(params![row.arn, change])?;
        }
    }
    let names = serde_json::to_string(&row.aliases)
        .map_err(|cause| StoreError::Refused { row: format!("key {}", row.arn), cause: cause.to_string() })?;
    let sql = "INSERT OR REPLACE INTO key (arn, account_id, region, state, kind, names, row) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        row.arn,
        row.account_id,
        row.region,
        row.state,
        row.kind,
        names,
        packed
    ])?;
    Ok(())
}

/// Takes jobs, within a transaction.
pub(super) fn lease(db: &Connection, lease: &Lease) -> Result<Vec<JobRow>, Fault> {
    let sql = "SELECT id, row FROM job WHERE queue = ?1 AND due_at <= ?2 \
               AND (leased_until IS NULL OR leased_until <= ?2) ORDER BY due_at, id LIMIT ?3";
    let values = params![lease.queue, nanoseconds(lease.now), limit(lease.limit)];
    let mut free = all(db, sql, values, |row| plain_row::<JobRow>(row, "job"))?;
    let mut update = db.prepare_cached("UPDATE job SET fence = ?2, leased_until = ?3, row = ?4 WHERE id = ?1")?;
    for job in &mut free {
        job.fence = job.fence.saturating_add(1);
        job.holder = Some(lease.holder.clone());
        job.leased_until = Some(lease.until);
        let row = pack(job, || format!("job {}", job.id))?;
        update.execute(params![job.id, signed(job.fence), nanoseconds(lease.until), row])?;
    }
    Ok(free)
}

/// Lets go of all jobs that are held, within a transaction, and says how many those were. What may have been done stays so.
pub(super) fn let_go(db: &Connection) -> Result<usize, Fault> {
    let sql = "SELECT id, row FROM job INDEXED BY job_due_at WHERE due_at IS NOT NULL AND leased_until IS NOT NULL";
    let held = all(db, sql, [], |row| plain_row::<JobRow>(row, "job"))?;
    let mut update = db.prepare_cached("UPDATE job SET leased_until = NULL, row = ?2 WHERE id = ?1")?;
    let count = held.len();
    for job in held {
        let free = JobRow { holder: None, leased_until: None, ..job };
        let row = pack(&free, || format!("job {}", free.id))?;
        update.execute(params![free.id, row])?;
    }
    Ok(count)
}

/// At most so many rows, as SQL takes it.
pub(super) fn limit(asked: usize) -> i64 {
    i64::try_from(bounds::rows(asked)).unwrap_or(0)
}

/// At most so many rows of a table are forgotten in one transaction: others wait no longer than that takes.
const SLICE: i64 = 2_000;

/// Forgets one slice of everything that may be forgotten, and says how many rows that were: none when nothing is left.
pub(super) fn forget(db: &Connection, now: Timestamp, older_than: Timestamp) -> Result<u64, Fault> {
    let (now, older_than) = (nanoseconds(now), nanoseconds(older_than));
    let mut gone = 0;
    let sql = "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE until < ?1 LIMIT ?2)";
    gone += db.prepare_cached(sql)?.execute([now, SLICE])?;
    for (key, body) in findings_over(db, older_than)? {
        db.prepare_cached("DELETE FROM finding_body WHERE id = ?1")?.execute([body])?;
        gone += db.prepare_cached("DELETE FROM finding WHERE key = ?1")?.execute([key])?;
    }
    let sql = "DELETE FROM ticket WHERE key IN (SELECT key FROM ticket WHERE over_at < ?1 LIMIT ?2)";
    gone += db.prepare_cached(sql)?.execute([older_than, SLICE])?;
    let sql = "DELETE FROM attempt WHERE job IN (SELECT id FROM job WHERE done_at < ?1 ORDER BY done_at, id LIMIT ?2)";
    db.prepare_cached(sql)?.execute([older_than, SLICE])?;
    let sql = "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE done_at < ?1 ORDER BY done_at, id LIMIT ?2)";
    gone += db.prepare_cached(sql)?.execute([older_than, SLICE])?;
    Ok(gone as u64)
}

fn findings_over(db: &Connection, older_than: i64) -> Result<Vec<(String, i64)>, Fault> {
    let mut statement = db.prepare_cached("SELECT key, body FROM finding WHERE over_at < ?1 LIMIT ?2")?;
    let over = statement.query_map([older_than, SLICE], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(over.collect::<rusqlite::Result<_>>()?)
}
