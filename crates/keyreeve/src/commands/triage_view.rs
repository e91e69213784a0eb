//! How decisions look on a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use triage::{Action, Decision};

/// A paragraph a decision, and a line that counts them.
pub fn page(decisions: &[Decision], color: bool) -> String {
    let mut text = String::new();
    for decision in decisions {
        // Writing to a string cannot fail.
        let _ = paragraph(decision, color, &mut text);
    }
    text + &summary(decisions)
}

fn paragraph(decision: &Decision, color: bool, text: &mut String) -> std::fmt::Result {
    let style = if color { style(decision.action) } else { Style::new() };
    let what = decision.control.as_deref().unwrap_or(&decision.title);
    writeln!(
        text,
        "{style}{:<12}{style:#}  {:<8}  {}  {}",
        decision.action.name(),
        decision.severity.name(),
        shown(what),
        shown(&decision.resource)
    )?;
    writeln!(text, "  {}", shown(&decision.reason))?;
    writeln!(text, "  {}", details(decision).join(" · "))?;
    text.push('\n');
    Ok(())
}

fn details(decision: &Decision) -> Vec<String> {
    let mut details = vec![
        format!("account {} ({})", shown(&decision.account_id), decision.environment),
        format!("penalty {}", decision.penalty()),
    ];
    if let Some(until) = decision.until {
        details.push(format!("until {until}"));
    }
    if let Some((step, ticket)) = &decision.ticket {
        let ticket = ticket.as_deref().map(|ticket| format!(" {}", shown(ticket))).unwrap_or_default();
        details.push(format!("ticket: {}{ticket}", step.name()));
    }
    if let Some(outcome) = decision.outcome {
        details.push(format!("outcome: {}", outcome.name()));
    }
    if let Some(level) = &decision.service_level {
        details.push(format!("due {}{}", level.due, if level.overdue { " (overdue)" } else { "" }));
    }
    if matches!(decision.action, Action::TeamFix | Action::Incident | Action::Review) {
        let owner = &decision.owner;
        let parts = [("team", &owner.team), ("project", &owner.project), ("mail", &owner.email)];
        let parts = parts.into_iter().filter_map(|(what, value)| Some(format!("{what} {}", shown(value.as_deref()?))));
        details.extend(parts);
    }
    if decision.escalate {
        details.push("escalated".to_owned());
    }
    details.extend(decision.held_by.map(|switch| format!("held back: {switch}")));
    details.push(format!("row {}", decision.row));
    details
}

fn summary(decisions: &[Decision]) -> String {
    let counts = Action::ALL.into_iter().filter_map(|action| {
        let count = decisions.iter().filter(|decision| decision.action == action).count();
        (count > 0).then(|| format!("{count} {action}"))
    });
    let counts: Vec<String> = counts.collect();
    let findings = if decisions.len() == 1 { "finding" } else { "findings" };
    let separator = if counts.is_empty() { "" } else { ": " };
    format!("{} {findings}{separator}{}\n", decisions.len(), counts.join(", "))
}

fn style(action: Action) -> Style {
    let color = match action {
        Action::TeamFix | Action::Incident => AnsiColor::Red,
        Action::Review => AnsiColor::Yellow,
        Action::Remediate => AnsiColor::Cyan,
        Action::CloseTicket => AnsiColor::Green,
        Action::Nothing | Action::Defer | Action::Suppress => return Style::new().bold(),
    };
    Style::new().bold().fg_color(Some(color.into()))
}

fn shown(text: &str) -> String {
    report::escape_terminal(text).into_owned()
}
