//! What is told to people, in words: each letter a pure function of what the store says.

mod facts;
mod fixed;
mod told;

use jiff::Timestamp;

use crate::letter::{Block, Letter};
use crate::names;
pub(crate) use fixed::title as fixed;
pub(crate) use told::Told;

/// The longest subject, in characters: what the others take in one line.
const SUBJECT: usize = 100;
/// Findings of one ticket that are listed one by one.
const LISTED: usize = 50;

/// The letter that opens a ticket.
pub(crate) fn ticket(told: &Told) -> Letter {
    match told.kind() {
        "INCIDENT" => incident(told),
        "AUTOFIXED" => autofixed(told),
        "ROLLUP" => roll_up(told),
        _ => team_fix(told),
    }
}

fn subject(word: &str, told: &Told) -> String {
    names::line(&format!("{word}: {}", told.title()), SUBJECT)
}

fn team_fix(told: &Told) -> Letter {
    let mut body = vec![Block::Paragraph(format!("{}. {}", facts::severity(told), facts::deadline(told)))];
    body.extend(facts::after(told));
    body.extend(facts::why(told));
    body.extend(facts::what_to_do(told));
    body.extend(facts::code(told));
    body.extend(facts::about(told));
    body.extend(facts::others(told, LISTED));
    body.push(Block::Paragraph(
        "This ticket is closed by Keyreeve once the evaluation passes. Closing it by hand does not mend the key: while it fails, \
         the ticket comes back."
            .to_owned(),
    ));
    Letter { title: subject("TEAM FIX", told), body }
}

fn incident(told: &Told) -> Letter {
    let mut body = vec![Block::Paragraph(format!("{}. {}", facts::severity(told), facts::deadline(told)))];
    body.extend(facts::after(told));
    body.extend(facts::why(told));
    body.extend(facts::what_to_do(told));
    body.extend(facts::about(told));
    body.extend(facts::others(told, LISTED));
    Letter { title: subject("INCIDENT", told), body }
}

/// What was fixed automatically.
pub(crate) fn autofixed(told: &Told) -> Letter {
    let mut body = vec![Block::Paragraph(
        "Keyreeve has put this right, and has verified it by reading the key back. Nothing is left to do; this tells you what was \
         changed, and how to keep it from coming back."
            .to_owned(),
    )];
    body.extend(facts::changes(told));
    body.extend(facts::why(told));
    body.extend(facts::about(told));
    let title = match fixed(told) {
        Some(title) => names::line(&format!("AUTOFIXED: {title}"), SUBJECT),
        None => subject("AUTOFIXED", told),
    };
    Letter { title, body }
}

fn roll_up(told: &Told) -> Letter {
    let project =
        told.ticket.as_ref().and_then(|ticket| ticket.project.clone()).unwrap_or_else(|| "this project".to_owned());
    let body = vec![
        Block::Paragraph(format!(
            "More findings need a ticket in {project} than Keyreeve opens in an hour. The others wait and are opened little by \
             little; those that are fixed before are never opened."
        )),
        Block::Paragraph(
            "Look for one cause behind many findings first: a template, a pipeline, a new control. This ticket is closed once \
             nothing waits any more."
                .to_owned(),
        ),
    ];
    Letter { title: names::line(&format!("TEAM FIX: many findings wait for a ticket in {project}"), SUBJECT), body }
}

/// A ticket that is closed; whoever lost a key is not thanked.
pub(crate) fn closed(told: &Told) -> Letter {
    let outcome = told.ticket.as_ref().and_then(|ticket| ticket.outcome.as_deref()).unwrap_or("fixed");
    let words = match outcome {
        "fixed" => "The control passes now. Thank you.",
        "cancelled" => {
            "The deletion was cancelled, and the key lives. Thank you. A cancelled deletion leaves a key disabled: enable it where it \
             is still used."
        }
        "gone" => "The finding was archived: what it was about is gone, or is no longer evaluated.",
        "accepted" => {
            "Somebody suppressed the finding in Security Hub. The ticket is closed because of that; the control still fails."
        }
        "destroyed" => "The key was destroyed. What it encrypted cannot be read any more.",
        "superseded" => "Another ticket follows this one.",
        _ => "Nothing is left to do.",
    };
    let mut body = vec![Block::Paragraph(words.to_owned())];
    body.extend(facts::reasons(told));
    body.extend(facts::about(told));
    Letter { title: subject("CLOSED", told), body }
}

/// A ticket that is overdue, or soon will be.
pub(crate) fn overdue(told: &Told, now: Timestamp) -> Letter {
    let number = told.ticket.as_ref().map_or(0, |ticket| ticket.reminders);
    let mut body = vec![Block::Paragraph(facts::late(told, now))];
    if number > 1 {
        body.push(Block::Paragraph(format!("This is reminder {number}; somebody beside you is told, too.")));
    }
    body.extend(facts::why(told));
    body.extend(facts::what_to_do(told));
    body.extend(facts::about(told));
    let control = told.findings.first().map(|row| row.control.clone()).unwrap_or_default();
    Letter { title: names::line(&format!("OVERDUE TEAM FIX: {control}: {}", told.title()), SUBJECT), body }
}

/// What changed since the ticket last said something.
pub(crate) fn changed(told: &Told) -> Letter {
    let mut body = vec![Block::Paragraph(format!("{}. {}", facts::severity(told), facts::deadline(told)))];
    body.extend(facts::why(told));
    body.extend(facts::others(told, LISTED));
    Letter { title: subject("CHANGED", told), body }
}

/// A ticket that is opened again.
pub(crate) fn reopened(told: &Told) -> Letter {
    let mut body = vec![Block::Paragraph(
        "This was closed, but the evaluation still fails. It is opened again; it closes by itself once the evaluation passes."
            .to_owned(),
    )];
    body.extend(facts::why(told));
    body.extend(facts::what_to_do(told));
    Letter { title: subject("REOPENED", told), body }
}
