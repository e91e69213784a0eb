//! `keypolicy diff`: whether a new policy allows the same, more or less, with a request for each direction.

use keypolicy::prove::{Assumptions, Change, Difference, Standing};
use keypolicy::rules;
use serde_json::{Value, json};

use super::read::{Read, account_remark, setting, shown};
use crate::cli::{Plain, PolicyDiff};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Compares.
pub fn run(asked: &PolicyDiff) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.about.config.config.as_deref())?;
    let old = Read::policy(&asked.old, &asked.output.terminal)?;
    let new = Read::policy(&asked.new, &asked.output.terminal)?;
    let setting = setting(&asked.about, &loaded, &[&old.policy, &new.policy])?;
    if let Some(remark) = account_remark(&setting) {
        output::remark(&asked.output.terminal, &remark);
    }
    let now = asked.time.now.map(|now| now.to_string());
    let assumptions = Assumptions { now: now.as_deref(), ..Assumptions::default() };
    let (before, after) = (rules::compile(&old.policy, &setting), rules::compile(&new.policy, &setting));
    let found = keypolicy::diff(&before, &after, &setting, &assumptions);
    match asked.output.format {
        Plain::Pretty => output::print(&page(&found, &old, &new))?,
        Plain::Json => output::print_json(&document(&found, &old, &new))?,
        Plain::Jsonl => output::print(&format!("{}\n", document(&found, &old, &new)))?,
    }
    Ok(match found.standing {
        Standing::Equal => Status::Clean,
        Standing::Unknown => Status::Incomplete,
        _ => Status::Found,
    })
}

fn page(found: &Difference, old: &Read, new: &Read) -> String {
    let meaning = match found.standing {
        Standing::Equal => "both allow the same",
        Standing::Narrower => "the new policy allows less",
        Standing::Wider => "the new policy allows more",
        Standing::Incomparable => "the new policy allows some more and some less",
        Standing::Unknown => "it is not found out",
    };
    let mut text = format!("{}: {meaning}\n", found.standing.name());
    let list: Vec<&str> = found.constructs.iter().map(String::as_str).collect();
    if found.standing == Standing::Unknown {
        text.push_str(&format!("  it depends on {}\n", report::escape_terminal(&list.join("; "))));
    }
    let ways = [("gained", &found.gained, new, old), ("lost", &found.lost, old, new)];
    for (word, change, allowing, denying) in ways {
        if let Some(change) = change {
            text.push_str(&said(word, change, allowing, denying));
        }
    }
    text
}

fn said(word: &str, change: &Change, allowing: &Read, denying: &Read) -> String {
    let mut text = format!("  {word}, {} before and {} now, by ", change.old.name(), change.new.name());
    text.push_str(&report::escape_terminal(&allowing.statement(change.allowed_by)));
    if let Some(index) = change.denied_by {
        text.push_str(&format!(", denied by {}", report::escape_terminal(&denying.statement(index))));
    }
    text + ":\n" + &shown(&change.request.to_json(), "    ")
}

fn document(found: &Difference, old: &Read, new: &Read) -> Value {
    let request = |change: &Option<Change>| change.as_ref().map(|change| change.request.to_json());
    let by = |change: &Option<Change>, allowing: &Read, denying: &Read| {
        change.as_ref().map(|change| {
            json!({
                "old": change.old.name(),
                "new": change.new.name(),
                "allowed_by": allowing.statement_json(change.allowed_by),
                "denied_by": change.denied_by.map(|index| denying.statement_json(index)),
            })
        })
    };
    json!({
        "relation": found.standing.name(),
        "gained": request(&found.gained),
        "lost": request(&found.lost),
        "gained_by": by(&found.gained, new, old),
        "lost_by": by(&found.lost, old, new),
        "why": found.constructs,
    })
}
