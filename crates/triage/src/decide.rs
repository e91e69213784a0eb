//! Deciding: a case, the settings and the rules, and nothing else.

use jiff::{SignedDuration, Timestamp};

use crate::case::{CLOSING_GRACE, Case, Is, View};
use crate::decision::{Action, Decision, Outcome, RuleUsed, TicketStep};
use crate::incoming::Compliance;
use crate::rules::Rules;
use crate::service_level::{ServiceLevel, after};
use crate::settings::Settings;
use crate::table::{Row, Until};

/// What an organisation has decided once, made ready to decide cases.
#[derive(Debug, Clone, Default)]
pub struct Triage {
    settings: Settings,
    rules: Rules,
}

impl Triage {
    /// These settings and rules.
    #[must_use]
    pub fn new(settings: Settings, rules: Rules) -> Self {
        Self { settings, rules }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Decides a case. Every case is decided, and the same case always in the same way.
    #[must_use]
    pub fn decide(&self, case: &Case<'_>) -> Decision {
        let view = View::new(*case, &self.settings, &self.rules);
        decision(&view, Row::deciding(view.truths))
    }
}

fn decision(view: &View<'_>, row: &Row) -> Decision {
    let finding = view.case.finding;
    let opens = matches!(row.action, Action::TeamFix | Action::Incident) || row.id == "ticket-open";
    Decision {
        action: row.action,
        reason: (row.words)(view),
        row: row.id,
        rule: if row.action == Action::Suppress { rule_used(view, row) } else { None },
        severity: view.severity,
        normalized: view.normalized,
        environment: view.class,
        until: row.until.map(|until| until_of(view, until)),
        ticket: ticket(view, row),
        outcome: outcome(view, row),
        escalate: row.escalate,
        held_by: held_by(view, row.action),
        owner: view.whose.owner(),
        service_level: if opens { service_level(view) } else { None },
        finding_id: finding.id.clone(),
        form: finding.form,
        control: finding.control.as_ref().map(|control| control.id.as_str().to_owned()),
        account_id: finding.account_id.clone(),
        region: finding.region.clone(),
        resource: finding.resource_id().to_owned(),
        title: finding.title.clone(),
    }
}

/// The organisation's rule: one of the file's, or its list of trusted accounts.
fn rule_used(view: &View<'_>, row: &Row) -> Option<RuleUsed> {
    if row.when.contains(&Is::Trusted) {
        let trusted: Vec<&str> = view.settings.trusted_accounts.iter().map(String::as_str).collect();
        let mut version = finding::fingerprint("trusted_accounts", "", &trusted);
        version.truncate(12);
        let line = format!("trusted_accounts = {}", trusted.join(", "));
        return Some(RuleUsed {
            id: "trusted_accounts".to_owned(),
            version,
            line,
            owner: None,
            reason: None,
            expires: None,
        });
    }
    let rule = view.rule?;
    Some(RuleUsed {
        id: rule.id.clone(),
        version: rule.version.clone(),
        line: rule.condition.hit(&view.facts).map(ToString::to_string).unwrap_or_default(),
        owner: rule.owner.clone(),
        reason: rule.reason.clone(),
        expires: rule.expires.map(|expires| expires.to_string()),
    })
}

fn until_of(view: &View<'_>, until: Until) -> Timestamp {
    let now = view.case.now;
    let tomorrow = || after(now, SignedDuration::from_hours(24));
    match until {
        Until::Hours(hours) => after(now, SignedDuration::from_hours(hours)),
        Until::AccountSettled => view.new_until().unwrap_or_else(tomorrow),
        Until::DeletionDate => view.deletion_date().filter(|date| *date > now).unwrap_or_else(tomorrow),
        Until::ClosingSettled => {
            let closed = view.closed_ticket().and_then(|ticket| ticket.closed);
            closed.map_or_else(tomorrow, |closed| after(closed, CLOSING_GRACE))
        }
    }
}

fn ticket(view: &View<'_>, row: &Row) -> Option<(TicketStep, Option<String>)> {
    let known = view.open_ticket().map(str::to_owned);
    match row.ticket? {
        TicketStep::Open => match view.closed_ticket() {
            Some(closed) => Some((TicketStep::Reopen, Some(closed.id.clone()))),
            None => Some((TicketStep::Open, None)),
        },
        // Keeping presumes a ticket; an incident without one opens it.
        TicketStep::Keep if known.is_none() && row.action == Action::Incident => Some((TicketStep::Open, None)),
        TicketStep::Keep if known.is_none() => None,
        step => Some((step, known)),
    }
}

fn outcome(view: &View<'_>, row: &Row) -> Option<Outcome> {
    match row.outcome {
        Some(Outcome::Fixed) if view.case.finding.compliance != Some(Compliance::Passed) => Some(Outcome::Gone),
        outcome => outcome,
    }
}

/// The switch that is off.
fn held_by(view: &View<'_>, action: Action) -> Option<&'static str> {
    let switches = view.settings.switches;
    match action {
        Action::TeamFix if !switches.team_fixes => Some("team fixes are switched off"),
        Action::Incident if !switches.incidents => Some("incidents are switched off"),
        Action::Remediate if !switches.remediation => Some("remediation is switched off"),
        _ => None,
    }
}

fn service_level(view: &View<'_>) -> Option<ServiceLevel> {
    let opened = view.case.ticket.filter(|_| view.open_ticket().is_some()).and_then(|ticket| ticket.opened);
    let since = opened.unwrap_or(view.case.now);
    let deletion = if view.is_production() { view.deletion_date() } else { None };
    ServiceLevel::new(view.severity, &view.settings.hours, since, deletion, view.case.now)
}
