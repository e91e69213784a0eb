//! A part of a list: what comes next is asked for with what the part before said.

use serde::Serialize;
use store::Page;

use crate::problem::Problem;

/// The most entries of a part.
pub(crate) const MAX: usize = 1000;

/// A part of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Part<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Ask with `after` set to this for what follows; `null` at the end.
    pub next: Option<String>,
}

/// Where a part begins and how long it is.
pub(crate) fn page(after: Option<String>, limit: Option<usize>) -> Result<Page, Problem> {
    let limit = limit.unwrap_or(100);
    if !(1..=MAX).contains(&limit) {
        return Err(Problem::bad(format!("`limit` takes a number from 1 to {MAX}")));
    }
    if after.as_ref().is_some_and(|after| after.is_empty() || after.len() > 2048) {
        return Err(Problem::bad("`after` takes what `next` of the part before said"));
    }
    Ok(Page { after, limit })
}

/// Where a part begins whose entries are numbered.
pub(crate) fn numbered(after: Option<i64>) -> Result<Option<String>, Problem> {
    match after {
        Some(below) if below < 0 => Err(Problem::bad("`after` takes what `next` of the part before said")),
        after => Ok(after.map(|number| number.to_string())),
    }
}

/// The part that these rows are.
pub(crate) fn part<R, T>(rows: Vec<R>, limit: usize, key: impl Fn(&R) -> String, view: impl Fn(R) -> T) -> Part<T> {
    let next = if rows.len() >= limit { rows.last().map(&key) } else { None };
    Part { items: rows.into_iter().map(view).collect(), next }
}
