//! The log in SQL: reading parts of it, and going through the whole chain.

use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use super::names::{nanoseconds, signed};
use super::read::{all, text};
use super::write::{Head, limit};
use crate::bounds;
use crate::chain::{Link, START};
use crate::rows::EventRow;
use crate::store::{EventFilter, Page};

/// More different kinds than these are not looked up one by one.
const MAX_KINDS: usize = 64;

/// A part of the log.
pub(super) fn events(db: &Connection, filter: &EventFilter, page: &Page) -> Result<Vec<EventRow>, Fault> {
    let mut after = bounds::after_event(page)?;
    if let Some(since) = filter.since {
        after = after.max(last_before(db, nanoseconds(since))?);
    }
    let kinds = match &filter.kind {
        Some(prefix) if filter.subject.is_none() => kinds(db, prefix)?,
        _ => None,
    };
    let most = bounds::rows(page.limit);
    match kinds {
        Some(kinds) => of_kinds(db, &kinds, filter, after, most),
        None => one_by_one(db, filter, after, most),
    }
}

const EVENT: &str = "SELECT number, text, hash FROM event";
/// So many are read at once.
const SLICE: usize = 500;

/// Reads on until enough are accepted.
fn one_by_one(db: &Connection, filter: &EventFilter, after: u64, most: usize) -> Result<Vec<EventRow>, Fault> {
    let subject = if filter.subject.is_some() { "subject = ?1" } else { "?1 IS NULL" };
    let sql = format!("{EVENT} WHERE {subject} AND number > ?2 ORDER BY number LIMIT ?3");
    let mut found = Vec::new();
    let mut after = after;
    while found.len() < most {
        let part = all(db, &sql, params![filter.subject, signed(after), limit(SLICE)], event)?;
        let Some(last) = part.last() else { break };
        after = last.number;
        found.extend(part.into_iter().filter(|row| filter.accepts(row)));
    }
    found.truncate(most);
    Ok(found)
}

/// The first of each kind, and of those the first.
fn of_kinds(
    db: &Connection,
    kinds: &[String],
    filter: &EventFilter,
    after: u64,
    most: usize,
) -> Result<Vec<EventRow>, Fault> {
    let sql = format!("{EVENT} WHERE kind = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
    let mut found = Vec::new();
    for kind in kinds {
        let mut of_kind = 0;
        let mut after = after;
        while of_kind < most {
            let part = all(db, &sql, params![kind, signed(after), limit(most)], event)?;
            let Some(last) = part.last() else { break };
            after = last.number;
            let before = found.len();
            found.extend(part.into_iter().filter(|row| filter.accepts(row)));
            of_kind += found.len() - before;
        }
    }
    found.sort_by_key(|row: &EventRow| row.number);
    found.truncate(most);
    Ok(found)
}

/// The kinds that begin so; `None` where they are too many. There are few, so the index is leapt through.
fn kinds(db: &Connection, prefix: &str) -> Result<Option<Vec<String>>, Fault> {
    let mut kinds: Vec<String> = Vec::new();
    while kinds.len() <= MAX_KINDS {
        let next: Option<String> = match kinds.last() {
            None => {
                db.prepare_cached("SELECT min(kind) FROM event WHERE kind >= ?1")?.query_row([prefix], |row| row.get(0))
            }
            Some(last) => {
                db.prepare_cached("SELECT min(kind) FROM event WHERE kind > ?1")?.query_row([last], |row| row.get(0))
            }
        }?;
        match next {
            Some(kind) if kind.starts_with(prefix) => kinds.push(kind),
            _ => return Ok(Some(kinds)),
        }
    }
    Ok(None)
}

/// The last event before the first that may be so late. `latest` never falls, so halving finds it.
fn last_before(db: &Connection, since: i64) -> Result<u64, Fault> {
    let mut latest = db.prepare_cached("SELECT latest FROM event WHERE number = ?1")?;
    let (mut earlier, mut later) = (0, signed(Head::read(db)?.number()).saturating_add(1));
    while later - earlier > 1 {
        let middle = earlier + (later - earlier) / 2;
        let at: Option<i64> = latest.query_row([middle], |row| row.get(0)).optional()?;
        if at.is_some_and(|at| at < since) {
            earlier = middle;
        } else {
            later = middle;
        }
    }
    Ok(earlier.unsigned_abs())
}

fn event(row: &rusqlite::Row<'_>) -> Result<EventRow, Fault> {
    let number: i64 = row.get(0)?;
    Ok(link(row)?.row(number.unsigned_abs())?)
}

fn link(row: &rusqlite::Row<'_>) -> Result<Link, Fault> {
    Ok(Link { text: text(row, 1)?.to_owned(), hash: text(row, 2)?.to_owned() })
}

/// How far a walk through the log has come.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) number: u64,
    latest: i64,
    pub(super) hash: String,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self { number: 0, latest: i64::MIN, hash: START.to_owned() }
    }
}

/// What a step of a walk came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is more.
    On,
    /// That was the end, and all was as it was written.
    End,
    /// The chain is broken here.
    Broken(u64),
}

/// Goes through the next events, giving each to `seen`. A step reads little, so that others are not kept waiting.
pub(super) fn walk(
    db: &Connection,
    walk: &mut Walk,
    mut seen: impl FnMut(&Link) -> Result<(), Fault>,
) -> Result<Step, Fault> {
    let sql = "SELECT number, text, hash, kind, subject, latest FROM event WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![signed(walk.number), limit(SLICE)])?;
    let mut some = false;
    while let Some(row) = rows.next()? {
        some = true;
        let next = walk.number.saturating_add(1);
        let Some((link, latest)) = unaltered(row, walk, next) else { return Ok(Step::Broken(next)) };
        seen(&link)?;
        *walk = Walk { number: next, latest, hash: link.hash };
    }
    if some {
        return Ok(Step::On);
    }
    let head = Head::read(db)?;
    Ok(if head.number() == walk.number && head.hash() == walk.hash {
        Step::End
    } else {
        Step::Broken(walk.number.saturating_add(1))
    })
}

/// The next event and the latest time so far, where it follows, and the columns it is found by say what it says.
fn unaltered(row: &rusqlite::Row<'_>, walk: &Walk, next: u64) -> Option<(Link, i64)> {
    let link = link(row).ok()?;
    let event = link.row(next).ok()?;
    let latest = walk.latest.max(nanoseconds(event.at));
    let same = row.get::<_, i64>(0).ok()? == signed(next)
        && event.number == next
        && text(row, 3).ok()? == event.kind
        && text(row, 4).ok()? == event.subject
        && row.get::<_, i64>(5).ok()? == latest;
    (same && link.follows(&walk.hash)).then_some((link, latest))
}
