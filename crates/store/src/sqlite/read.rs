//! Questions in SQL.
//!
//! Lists are sorted by key and go on after one. Of several columns that could be looked up by index, the one that leaves fewest rows is;
//! the others get a `+`, which tells SQLite to compare them only. All indices end in the key, so no list is sorted anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Params, Row, params, params_from_iter};
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::names::{JOB_STATES, job_state, nanoseconds, remediation_state, ticket_state};
use super::pack::unpack;
use super::write::limit;
use crate::filter;
use crate::rows::{
    AccountRow, AttemptRow, FindingRow, JobRow, JobState, KeyChange, KeyRow, RemediationRow, RemediationState,
    TicketRow, WorkerRow,
};
use crate::store::{FindingFilter, JobFilter, KeyFilter, Page, TicketFilter};

/// Rows with a version of their own beside what is packed.
trait Versioned: DeserializeOwned {
    const WHAT: &'static str;
    fn set_version(&mut self, version: u64);
}

macro_rules! versioned {
    ($($row:ty, $what:literal;)*) => {$(
        impl Versioned for $row {
            const WHAT: &'static str = $what;
            fn set_version(&mut self, version: u64) {
                self.version = version;
            }
        }
    )*};
}

versioned! {
    FindingRow, "finding";
    TicketRow, "ticket";
    RemediationRow, "remediation";
}

/// Columns: key, version, packed row.
fn versioned_row<T: Versioned>(row: &Row<'_>) -> Result<T, Fault> {
    let (key, version, packed) = (text(row, 0)?, row.get::<_, i64>(1)?, blob(row, 2)?);
    let mut read: T = unpack(packed, || format!("{} {key}", T::WHAT))?;
    read.set_version(version.unsigned_abs());
    Ok(read)
}

/// Columns: key, packed row.
pub(super) fn plain_row<T: DeserializeOwned>(row: &Row<'_>, what: &str) -> Result<T, Fault> {
    let (key, packed) = (text(row, 0)?, blob(row, 1)?);
    Ok(unpack(packed, || format!("{what} {key}"))?)
}

pub(super) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Fault> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8], Fault> {
    Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?)
}

pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    drop(rows);
    #[cfg(test)]
    super::effort::count(&statement);
    Ok(found)
}

fn one<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    Ok(all(db, sql, values, read)?.pop())
}

/// The conditions of a list.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
    indexed: bool,
}

impl Conditions {
    /// A list after a key.
    fn after(key: &str, page: &Page) -> Self {
        let mut conditions = Self::default();
        if let Some(after) = &page.after {
            conditions.add(&format!("{key} > ?"), [after.clone()]);
        }
        conditions
    }

    fn add<const N: usize>(&mut self, condition: &str, values: [String; N]) {
        self.sql.push_str(if self.sql.is_empty() { "WHERE " } else { " AND " });
        self.sql.push_str(condition);
        self.values.extend(values.map(Value::Text));
    }

    /// A column with an index. The first one asked for is looked up.
    fn index(&mut self, column: &str, wanted: Option<String>) {
        let Some(wanted) = wanted else { return };
        let plus = if self.indexed { "+" } else { "" };
        self.indexed = true;
        self.add(&format!("{plus}{column} = ?"), [wanted]);
    }

    /// A column that is compared only.
    fn compare(&mut self, column: &str, wanted: Option<String>) {
        if let Some(wanted) = wanted {
            self.add(&format!("+{column} = ?"), [wanted]);
        }
    }

    fn end(mut self, order: &str, page: &Page) -> (String, Vec<Value>) {
        self.values.push(Value::Integer(limit(page.limit)));
        (format!("{} ORDER BY {order} LIMIT ?", self.sql), self.values)
    }
}

pub(super) fn delivered(db: &Connection, ids: &[String]) -> Result<Vec<bool>, Fault> {
    let mut statement = db.prepare_cached("SELECT 1 FROM delivery WHERE id = ?1")?;
    Ok(ids.iter().map(|id| statement.exists([id])).collect::<rusqlite::Result<_>>()?)
}

const FINDING: &str = "SELECT f.key, f.version, b.row FROM finding f CROSS JOIN finding_body b ON b.id = f.body";

pub(super) fn findings_by_key(db: &Connection, keys: &[String]) -> Result<Vec<Option<FindingRow>>, Fault> {
    let sql = format!("{FINDING} WHERE f.key = ?1");
    keys.iter().map(|key| one(db, &sql, [key], versioned_row)).collect()
}

pub(super) fn findings_due(db: &Connection, now: Timestamp, most: usize) -> Result<Vec<FindingRow>, Fault> {
    let sql = format!("{FINDING} WHERE f.decide_at <= ?1 ORDER BY f.decide_at, f.key LIMIT ?2");
    all(db, &sql, [nanoseconds(now), limit(most)], versioned_row)
}

pub(super) fn findings(db: &Connection, filter: FindingFilter, page: &Page) -> Result<Vec<FindingRow>, Fault> {
    let mut conditions = Conditions::after("f.key", page);
    conditions.index("f.resource", filter.resource);
    conditions.index("f.account_id", filter.account_id);
    conditions.compare("f.control", filter.control);
    conditions.compare("f.severity", filter.severity);
    conditions.compare("f.action", filter.action);
    conditions.compare("f.team", filter.team);
    if let Some(settled) = filter.settled {
        conditions.add(if settled { "f.settled" } else { "NOT f.settled" }, []);
    }
    if let Some(text) = filter.text {
        let condition = "(contains(f.title, ?) OR contains(f.resource, ?) OR contains(f.finding_id, ?))";
        let text = text.to_lowercase();
        conditions.add(condition, [text.clone(), text.clone(), text]);
    }
    let (conditions, values) = conditions.end("f.key", page);
    all(db, &format!("{FINDING} {conditions}"), params_from_iter(values), versioned_row)
}

pub(super) fn ticket(db: &Connection, key: &str) -> Result<Option<TicketRow>, Fault> {
    one(db, "SELECT key, version, row FROM ticket WHERE key = ?1", [key], versioned_row)
}

pub(super) fn tickets_due(db: &Connection, now: Timestamp, most: usize) -> Result<Vec<TicketRow>, Fault> {
    let sql = "SELECT key, version, row FROM ticket WHERE due_at <= ?1 ORDER BY due_at, key LIMIT ?2";
    all(db, sql, [nanoseconds(now), limit(most)], versioned_row)
}

pub(super) fn tickets(db: &Connection, filter: TicketFilter, page: &Page) -> Result<Vec<TicketRow>, Fault> {
    let mut conditions = Conditions::after("key", page);
    conditions.index("grouped", filter.group);
    conditions.index("account_id", filter.account_id);
    conditions.index("state", filter.state.map(|state| ticket_state(state).to_owned()));
    conditions.compare("kind", filter.kind);
    conditions.compare("team", filter.team);
    conditions.compare("destination", filter.destination);
    let (conditions, values) = conditions.end("key", page);
    let sql = format!("SELECT key, version, row FROM ticket {conditions}");
    all(db, &sql, params_from_iter(values), versioned_row)
}

pub(super) fn tickets_since(
    db: &Connection,
    destination: &str,
    project: Option<&str>,
    since: Timestamp,
) -> Result<u64, Fault> {
    let sql = "SELECT count(*) FROM ticket WHERE destination = ?1 AND project IS ?2 AND wanted_at >= ?3";
    let count: i64 =
        db.prepare_cached(sql)?.query_row(params![destination, project, nanoseconds(since)], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub(super) fn remediation(db: &Connection, key: &str) -> Result<Option<RemediationRow>, Fault> {
    one(db, "SELECT key, version, row FROM remediation WHERE key = ?1", [key], versioned_row)
}

pub(super) fn remediations(
    db: &Connection,
    state: Option<RemediationState>,
    page: &Page,
) -> Result<Vec<RemediationRow>, Fault> {
    let mut conditions = Conditions::after("key", page);
    conditions.index("state", state.map(|state| remediation_state(state).to_owned()));
    let (conditions, values) = conditions.end("key", page);
    all(db, &format!("SELECT key, version, row FROM remediation {conditions}"), params_from_iter(values), versioned_row)
}

pub(super) fn job(db: &Connection, id: &str) -> Result<Option<JobRow>, Fault> {
    one(db, "SELECT id, row FROM job WHERE id = ?1", [id], |row| plain_row(row, "job"))
}

pub(super) fn jobs(db: &Connection, filter: JobFilter, page: &Page) -> Result<Vec<JobRow>, Fault> {
    let mut conditions = Conditions::after("id", page);
    match (filter.queue, filter.state) {
        (Some(queue), Some(state)) => conditions.add("queue = ? AND state = ?", [queue, job_state(state).to_owned()]),
        // Nearly all jobs are done, and few are not: those have an index of their own, whose condition must be said.
        (None, Some(state)) if state != JobState::Done => {
            conditions.add("state = ? AND state <> 'done'", [job_state(state).to_owned()]);
        }
        (queue, state) => {
            conditions.compare("queue", queue);
            conditions.compare("state", state.map(|state| job_state(state).to_owned()));
        }
    }
    conditions.compare("destination", filter.destination);
    let (conditions, values) = conditions.end("id", page);
    all(db, &format!("SELECT id, row FROM job {conditions}"), params_from_iter(values), |row| plain_row(row, "job"))
}

pub(super) fn job_counts(db: &Connection) -> Result<BTreeMap<(String, JobState), u64>, Fault> {
    let sql = "SELECT queue, state, count(*) FROM job GROUP BY queue, state";
    let counts = all(db, sql, [], |row| {
        let state = text(row, 1)?;
        let state = JOB_STATES.into_iter().find(|known| job_state(*known) == state);
        Ok(state.map(|state| -> Result<_, Fault> {
            Ok(((text(row, 0)?.to_owned(), state), row.get::<_, i64>(2)?.unsigned_abs()))
        }))
    })?;
    counts.into_iter().flatten().collect()
}

pub(super) fn next_due(db: &Connection, queue: &str) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT id, row FROM job WHERE queue = ?1 AND due_at IS NOT NULL ORDER BY due_at";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([queue])?;
    let mut next: Option<Timestamp> = None;
    while let Some(row) = rows.next()? {
        let job: JobRow = plain_row(row, "job")?;
        // Only those that are held are free later than they are due, so this ends at the first that is not.
        if next.is_some_and(|next| next <= job.due) {
            break;
        }
        let free = filter::free_at(&job);
        next = Some(next.map_or(free, |next| next.min(free)));
    }
    Ok(next)
}

pub(super) fn attempts(db: &Connection, job: &str) -> Result<Vec<AttemptRow>, Fault> {
    let sql = "SELECT job, row FROM attempt WHERE job = ?1 ORDER BY number";
    all(db, sql, [job], |row| plain_row(row, "attempt at"))
}

pub(super) fn account(db: &Connection, id: &str) -> Result<Option<AccountRow>, Fault> {
    one(db, "SELECT id, row FROM account WHERE id = ?1", [id], |row| plain_row(row, "account"))
}

pub(super) fn accounts(db: &Connection) -> Result<Vec<AccountRow>, Fault> {
    all(db, "SELECT id, row FROM account ORDER BY id", [], |row| plain_row(row, "account"))
}

pub(super) fn key(db: &Connection, arn: &str) -> Result<Option<KeyRow>, Fault> {
    one(db, "SELECT arn, row FROM key WHERE arn = ?1", [arn], |row| plain_row(row, "key"))
}

pub(super) fn keys(db: &Connection, filter: KeyFilter, page: &Page) -> Result<Vec<KeyRow>, Fault> {
    let mut conditions = Conditions::after("arn", page);
    conditions.index("account_id", filter.account_id);
    conditions.compare("region", filter.region);
    conditions.compare("state", filter.state);
    conditions.compare("kind", filter.kind);
    if let Some(text) = filter.text {
        let text = text.to_lowercase();
        conditions.add("(contains(arn, ?) OR any_contains(names, ?))", [text.clone(), text]);
    }
    let (conditions, values) = conditions.end("arn", page);
    all(db, &format!("SELECT arn, row FROM key {conditions}"), params_from_iter(values), |row| plain_row(row, "key"))
}

pub(super) fn key_history(db: &Connection, arn: &str, most: usize) -> Result<Vec<KeyChange>, Fault> {
    let sql = "SELECT arn, row FROM key_change WHERE arn = ?1 ORDER BY id DESC LIMIT ?2";
    all(db, sql, params![arn, limit(most)], |row| plain_row(row, "change of key"))
}

pub(super) fn workers(db: &Connection) -> Result<Vec<WorkerRow>, Fault> {
    all(db, "SELECT name, row FROM worker ORDER BY name", [], |row| plain_row(row, "worker"))
}

pub(super) fn value(db: &Connection, name: &str) -> Result<Option<String>, Fault> {
    let mut statement = db.prepare_cached("SELECT value FROM value WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}
