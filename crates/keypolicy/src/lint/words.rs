//! Words that several lints use.

use crate::action::{Action, ActionSet};

/// Some actions by name: `kms:Decrypt, kms:Sign and 3 more`.
pub fn actions(set: ActionSet) -> String {
    list(&set.iter().map(Action::qualified).collect::<Vec<_>>())
}

/// Some things: `a, b and 3 more`.
pub fn list(items: &[String]) -> String {
    const SHOWN: usize = 3;
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] if items.len() <= SHOWN + 1 => format!("{} and {last}", most.join(", ")),
        _ => format!("{} and {} more", items.get(..SHOWN).unwrap_or_default().join(", "), items.len() - SHOWN),
    }
}

/// How a statement is called: by its Sid, else by its position from 1.
pub fn statement(statement: &crate::policy::Statement) -> String {
    match statement.sid.as_ref().filter(|sid| !sid.raw.is_empty()) {
        Some(sid) => format!("`{}`", sid.raw),
        None => format!("statement {}", statement.index + 1),
    }
}
