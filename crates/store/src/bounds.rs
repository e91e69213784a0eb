//! What no store takes: values nested too deep to be read again, and texts beyond all measure.

use serde_json::Value;

use crate::commit::{Change, Commit};
use crate::error::StoreError;
use crate::store::Page;

/// The deepest nesting of a value that is stored.
pub const MAX_DEPTH: usize = 96;
/// The longest text of a finding, facts of a key, or named value, in bytes.
pub const MAX_TEXT: usize = 8 << 20;
/// The most changes of one commit.
pub const MAX_CHANGES: usize = 10_000;
/// The most rows of one answer.
pub const MAX_ROWS: usize = 1_000;

/// Refuses a commit that could not be read again.
pub(crate) fn check(commit: &Commit) -> Result<(), StoreError> {
    if commit.changes.len() > MAX_CHANGES {
        let cause = format!("{} changes are more than {MAX_CHANGES}: commit in parts", commit.changes.len());
        return Err(StoreError::Refused { row: "commit".into(), cause });
    }
    commit.changes.iter().try_for_each(check_change)
}

fn check_change(change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Event(event) => deep(&event.body, || format!("event of {}", event.subject)),
        Change::Finding(row, _) => {
            let name = || format!("finding {}", row.key);
            long(&row.text, name)?;
            row.decision.iter().try_for_each(|value| deep(value, name))
        }
        Change::Ticket(row, _) => {
            row.external.iter().try_for_each(|value| deep(value, || format!("ticket {}", row.key)))
        }
        Change::Remediation(row, _) => {
            let mut values = std::iter::once(&row.plan).chain(&row.undo);
            values.try_for_each(|value| deep(value, || format!("remediation {}", row.key)))
        }
        Change::Job(row) | Change::Finish(row) | Change::Hold(row) => deep(&row.task, || format!("job {}", row.id)),
        Change::Account(row) => deep(&row.account, || format!("account {}", row.id)),
        Change::Key(row) => row.facts.iter().try_for_each(|facts| long(facts, || format!("key {}", row.arn))),
        Change::Worker(row) => deep(&row.counts, || format!("worker {}", row.name)),
        Change::Value(name, value) => value.iter().try_for_each(|value| long(value, || format!("value {name}"))),
        Change::Delivery { .. } | Change::Attempt(_) => Ok(()),
    }
}

fn long(text: &str, row: impl Fn() -> String) -> Result<(), StoreError> {
    if text.len() <= MAX_TEXT {
        return Ok(());
    }
    Err(StoreError::Refused { row: row(), cause: format!("its text has {} bytes, {MAX_TEXT} is the most", text.len()) })
}

fn deep(value: &Value, row: impl Fn() -> String) -> Result<(), StoreError> {
    if fits(value, MAX_DEPTH) {
        return Ok(());
    }
    Err(StoreError::Refused { row: row(), cause: format!("a value is nested deeper than {MAX_DEPTH}") })
}

fn fits(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| fits(item, left - 1)),
        Value::Object(members) => left > 0 && members.values().all(|member| fits(member, left - 1)),
        _ => true,
    }
}

/// So many rows are given where so many were asked for.
pub(crate) fn rows(asked: usize) -> usize {
    asked.min(MAX_ROWS)
}

/// The number of the event after which a page of the log goes on.
pub(crate) fn after_event(page: &Page) -> Result<u64, StoreError> {
    let Some(after) = &page.after else { return Ok(0) };
    after.parse().map_err(|_| StoreError::Refused {
        row: "page of events".into(),
        cause: format!("it goes on after {after:?}, which is no number of an event"),
    })
}
