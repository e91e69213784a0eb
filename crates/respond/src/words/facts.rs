//! The parts that letters have in common: how bad, by when, why, what to do, and what it is about.

use jiff::Timestamp;
use serde_json::Value;
use triage::control::ControlId;

use super::told::Told;
use crate::letter::Block;
use crate::names;

/// How long a single value may be, in characters.
const VALUE: usize = 500;
/// How long a paragraph that others wrote may be, in characters.
const PARAGRAPH: usize = 4_000;

/// How bad, and where.
pub(super) fn severity(told: &Told) -> String {
    let account = match &told.account {
        Some(account) if !account.name.is_empty() => format!("{} ({})", account.name, account.id),
        _ => told.findings.first().map(|row| row.account_id.clone()).unwrap_or_default(),
    };
    let environment = told.decided_text(&["environment"]).unwrap_or("unknown");
    names::line(&format!("{} in account {account}, environment {environment}", told.severity().name()), VALUE)
}

/// By when.
pub(super) fn deadline(told: &Told) -> String {
    let due = told.ticket.as_ref().and_then(|ticket| ticket.due);
    let mut words = match due {
        Some(due) => format!("Due by {}.", seconds(due)),
        None => "No date is set.".to_owned(),
    };
    if let Some(date) = told.decided_text(&["service_level", "deletion_date"]) {
        let days = told.decided(&["service_level", "days_left"]).and_then(Value::as_i64);
        let left = match days {
            Some(1) => ", 1 day from the decision".to_owned(),
            Some(days) if days > 1 => format!(", {days} days from the decision"),
            _ => String::new(),
        };
        words.push_str(&format!(" The key will be destroyed on {date}{left}."));
    }
    words
}

/// How late it is.
pub(super) fn late(told: &Told, now: Timestamp) -> String {
    let Some(due) = told.ticket.as_ref().and_then(|ticket| ticket.due) else {
        return "This ticket is still open.".to_owned();
    };
    if now < due {
        return format!("This ticket is open, and due by {}. {}", seconds(due), deadline(told));
    }
    let late = match now.duration_since(due).as_hours() {
        0 => "less than an hour".to_owned(),
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    };
    format!("This ticket was due by {} and is overdue by {late}. {}.", seconds(due), severity(told))
}

fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// The ticket before this one.
pub(super) fn after(told: &Told) -> Vec<Block> {
    let Some((name, address)) = &told.after else { return Vec::new() };
    let words = format!("It follows {name}, which was closed: it fails again.");
    match address {
        Some(address) => vec![Block::Paragraph(words), Block::Link { text: name.clone(), address: address.clone() }],
        None => vec![Block::Paragraph(words)],
    }
}

/// Why it was decided so.
pub(super) fn why(told: &Told) -> Vec<Block> {
    let Some(reason) = told.decided_text(&["cause"]).or_else(|| told.decided_text(&["reason"])) else {
        return Vec::new();
    };
    vec![Block::Heading("Why".to_owned()), Block::Paragraph(cut(reason))]
}

/// What the evaluator says.
pub(super) fn reasons(told: &Told) -> Vec<Block> {
    if told.reasons.is_empty() {
        return Vec::new();
    }
    vec![Block::List(told.reasons.iter().take(20).map(|reason| names::line(reason, VALUE)).collect())]
}

/// What to do about it.
pub(super) fn what_to_do(told: &Told) -> Vec<Block> {
    let control = told.findings.first().map(|row| row.control.as_str()).unwrap_or_default();
    let own = match control {
        "KMS.3" => Some(
            "Cancel the deletion (CancelKeyDeletion), then enable the key (EnableKey): a cancelled deletion leaves it disabled. \
             Disable a key that is not needed instead of deleting it; what it encrypted can be read again later."
                .to_owned(),
        ),
        "KMS.4" => Some("Switch automatic rotation on (EnableKeyRotation). Old material is kept, so nothing is lost.".to_owned()),
        other => ControlId::new(other).reviewed().map(|known| format!("The control wants: {}.", known.wants)),
    };
    let mut blocks = vec![Block::Heading("What to do".to_owned())];
    blocks.extend(own.map(Block::Paragraph));
    blocks.extend(told.advice.as_deref().map(|advice| Block::Paragraph(cut(advice))));
    if let Some(link) = &told.link {
        blocks.push(Block::Link { text: "How it is put right".to_owned(), address: names::line(link, VALUE) });
    }
    if blocks.len() == 1 { Vec::new() } else { blocks }
}

/// The code that owns the key, with the place where it is known and what to write there.
pub(super) fn code(told: &Told) -> Vec<Block> {
    let Some(owner) = told.plan.as_ref().and_then(|plan| plan.code.as_ref()) else { return Vec::new() };
    let mut facts = vec![("Tag".to_owned(), names::line(&owner.tag, VALUE))];
    let mut add = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| (name.to_owned(), names::line(&value, VALUE))));
    };
    add("Stack", owner.stack.clone());
    add("Logical id", owner.logical_id.clone());
    add("File", told.place.as_ref().map(|place| place.file.clone()));
    add("Line", told.place.as_ref().and_then(|place| place.line).map(|line| line.to_string()));
    let mut blocks = vec![
        Block::Heading("Where to change it".to_owned()),
        Block::Paragraph(
            "Infrastructure code owns this key: change it there, or the next deployment takes it back.".to_owned(),
        ),
        Block::Facts(facts),
    ];
    for patch in &owner.patches {
        blocks.push(Block::Paragraph(format!("In {}:", patch.language)));
        blocks.push(Block::Code(patch.text.clone()));
    }
    blocks
}

/// What it is about.
pub(super) fn about(told: &Told) -> Vec<Block> {
    let Some(row) = told.findings.first() else { return Vec::new() };
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        let value = value.map(|value| names::line(&value, VALUE)).filter(|value| !value.is_empty());
        facts.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("Title", Some(row.title.clone()));
    add("Control", Some(row.control.clone()));
    add("Resource", Some(row.resource.clone()));
    add("Aliases", told.key.as_ref().and_then(|key| key.aliases.as_ref()).map(|aliases| aliases.join(", ")));
    add("Account", Some(row.account_id.clone()));
    add("Account name", told.account.as_ref().map(|account| account.name.clone()));
    add("Organisational unit", told.account.as_ref().map(|account| account.ou.clone()));
    add("Region", row.region.clone());
    add("Environment", told.decided_text(&["environment"]).map(str::to_owned));
    add("Team", row.team.clone());
    add("Severity", Some(told.severity().name().to_owned()));
    add("Deletion date", told.decided_text(&["service_level", "deletion_date"]).map(str::to_owned));
    add("First seen", Some(seconds(row.first_seen)));
    add("Last seen", Some(seconds(row.last_seen)));
    add("Finding", Some(row.finding_id.clone()));
    add("Decided by", told.decided_text(&["row"]).map(|row| format!("row {row} of the decision table")));
    add("Rule", told.decided_text(&["rule", "id"]).map(str::to_owned));
    vec![Block::Heading("What it is about".to_owned()), Block::Facts(facts)]
}

/// The other findings of a ticket that stands for several.
pub(super) fn others(told: &Told, most: usize) -> Vec<Block> {
    if told.findings.len() < 2 {
        return Vec::new();
    }
    let state = |settled: bool| if settled { "settled" } else { "open" };
    let mut lines: Vec<String> = told
        .findings
        .iter()
        .take(most)
        .map(|row| names::line(&format!("{}: {} ({})", row.control, row.resource, state(row.settled)), VALUE))
        .collect();
    if told.findings.len() > most {
        lines.push(format!("and {} more", told.findings.len() - most));
    }
    vec![Block::Heading(format!("The {} findings of this ticket", told.findings.len())), Block::List(lines)]
}

/// What was changed automatically, and how to take it back.
pub(super) fn changes(told: &Told) -> Vec<Block> {
    let Some(fix) = &told.fix else { return Vec::new() };
    let changes = fix.plan.get("changes").and_then(Value::as_array).into_iter().flatten();
    let text = |change: &Value, name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut blocks = vec![Block::Heading("What was changed".to_owned())];
    for change in changes {
        let parameters = change.get("parameters").map(Value::to_string).unwrap_or_default();
        blocks.push(Block::Facts(vec![
            ("Call".to_owned(), text(change, "operation")),
            ("Parameters".to_owned(), names::line(&parameters, VALUE)),
            ("Before".to_owned(), names::line(&text(change, "before"), VALUE)),
            ("Why".to_owned(), names::line(&text(change, "why"), VALUE)),
            ("Verified by".to_owned(), names::line(&text(change, "verify"), VALUE)),
        ]));
    }
    if !fix.undo.is_empty() {
        let calls: Vec<String> = fix.undo.iter().map(|call| text(call, "operation")).collect();
        blocks.push(Block::Paragraph(format!("It can be undone: {}.", calls.join(", "))));
    }
    blocks
}

/// Text of others, with its lines, cut to what a ticket takes.
fn cut(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(PARAGRAPH + 1).collect();
    if clean.chars().count() <= PARAGRAPH {
        return clean;
    }
    clean.chars().take(PARAGRAPH).chain(['…']).collect()
}
