//! Which unknown facts and errors are expected: the configuration's `[[expected_unreadable]]`.

use std::sync::atomic::{AtomicBool, Ordering};

use finding::{ErrorRecord, ResourceRef, UnknownFact};

use crate::config::{ExpectedUnreadable, Loaded};
use crate::glob;
use crate::suppressions::has_passed;

/// The entries, each knowing whether it ever fitted.
pub struct Expected {
    entries: Vec<Entry>,
}

struct Entry {
    entry: ExpectedUnreadable,
    line: usize,
    expired: bool,
    used: AtomicBool,
}

impl Expected {
    /// The entries of the configuration as they stand at `now`: past its last day an entry no longer holds.
    pub fn new(loaded: &Loaded, now: jiff::Timestamp) -> Self {
        let entry = |entry: &toml::Spanned<ExpectedUnreadable>| Entry {
            expired: entry.get_ref().expires.as_deref().is_some_and(|day| has_passed(day, now)),
            line: loaded.line_of(entry.span().start),
            used: AtomicBool::new(false),
            entry: entry.get_ref().clone(),
        };
        Self { entries: loaded.config.expected_unreadable.iter().map(entry).collect() }
    }

    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Why the fact of that resource is expected to be unknown.
    pub fn fact(&self, fact: &UnknownFact, resource: &ResourceRef) -> Option<&str> {
        let seen = Seen {
            account: Some(&resource.account_id),
            region: Some(&resource.region),
            operation: Some(&fact.operation),
            code: Some(&fact.code),
            field: Some(&fact.field),
            key: [Some(&resource.id), Some(&resource.name)],
        };
        self.reason(&seen)
    }

    /// Why the error is expected. An entry that names a field or a key is about facts, and fits no error.
    pub fn error(&self, error: &ErrorRecord) -> Option<&str> {
        let seen = Seen {
            account: error.account_id.as_deref(),
            region: error.region.as_deref(),
            operation: error.operation.as_deref(),
            code: error.code.as_deref(),
            field: None,
            key: [None, None],
        };
        // A file that is not valid or was cut off comes from no call, and nobody can have expected it.
        seen.operation.and_then(|_| self.reason(&seen))
    }

    fn reason(&self, seen: &Seen<'_>) -> Option<&str> {
        let found = self.entries.iter().find(|entry| entry.fits(seen))?;
        found.used.store(true, Ordering::Relaxed);
        Some(&found.entry.reason)
    }

    /// What the reader should hear about the entries: those that fitted nothing, those past their day.
    pub fn remarks(&self) -> Vec<String> {
        let remark = |entry: &Entry| {
            let place = format!("expected_unreadable (line {})", entry.line);
            match entry.entry.expires.as_deref() {
                Some(day) if entry.expired => {
                    Some(format!("{place} expired on {day} and no longer holds: renew or remove it"))
                }
                _ if entry.used.load(Ordering::Relaxed) => None,
                _ => Some(format!(
                    "{place} hit nothing: what it expects can be read now, or is not asked for; remove it"
                )),
            }
        };
        self.entries.iter().filter_map(remark).collect()
    }
}

/// What an entry is held against; what is `None` fits only an entry that does not ask for it.
struct Seen<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    operation: Option<&'a str>,
    code: Option<&'a str>,
    field: Option<&'a str>,
    key: [Option<&'a str>; 2],
}

impl Entry {
    fn fits(&self, seen: &Seen<'_>) -> bool {
        let ExpectedUnreadable { account, region, operation, code, field, key, reason: _, expires: _ } = &self.entry;
        let fits = |pattern: &Option<String>, seen: &[Option<&str>]| {
            let Some(pattern) = pattern else { return true };
            seen.iter().flatten().any(|text| glob::matches(pattern, text))
        };
        !self.expired
            && fits(account, &[seen.account])
            && fits(region, &[seen.region])
            && fits(operation, &[seen.operation])
            && fits(code, &[seen.code])
            && fits(field, &[seen.field])
            && fits(key, &seen.key)
    }
}
