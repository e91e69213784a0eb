//! Why a decision was made, in words, for one case.

use crate::case::{Is, View};
use crate::incoming::Compliance;
use crate::key::Key;

fn name(view: &View<'_>) -> String {
    let finding = view.case.finding;
    match &finding.control {
        Some(control) => match control.id.reviewed() {
            Some(known) => format!("{} ({})", control.id, known.wants),
            None => control.id.to_string(),
        },
        None => format!("this finding of {}", finding.product.name()),
    }
}

fn environment(view: &View<'_>) -> String {
    let account = view.case.account.map(|account| account.name.as_str()).filter(|name| !name.is_empty());
    let account = account.unwrap_or(&view.case.finding.account_id);
    match view.class {
        finding::Environment::Unknown => {
            format!("nothing says which environment account {account} is, so it counts as production")
        }
        class => format!("account {account} is {class}"),
    }
}

fn ticket(view: &View<'_>) -> String {
    view.open_ticket().map(|ticket| format!("ticket {ticket}")).unwrap_or_else(|| "the ticket".to_owned())
}

fn date(view: &View<'_>) -> String {
    view.deletion_date().map(|date| format!(" on {date}")).unwrap_or_default()
}

fn why_not_evaluated(view: &View<'_>) -> String {
    let finding = view.case.finding;
    let status = finding.compliance.map_or("missing", Compliance::name);
    match finding.reasons.first() {
        Some(reason) => format!("{status}, {reason}"),
        None => status.to_owned(),
    }
}

pub(crate) fn nothing_fits(_: &View<'_>) -> String {
    "no row of the decision table fits: a person must look".to_owned()
}

pub(crate) fn destroyed(view: &View<'_>) -> String {
    let how = match view.case.key {
        crate::key::Sight::Gone => "the key is no longer there",
        _ => "its date of deletion is more than a day past",
    };
    format!(
        "the key was destroyed{}: {how}. What it encrypted cannot be read any more, and {}",
        date(view),
        environment(view)
    )
}

pub(crate) fn destroyed_as_allowed(view: &View<'_>) -> String {
    format!("the key was destroyed{}; {}, where keys may be deleted", date(view), environment(view))
}

pub(crate) fn fate_unknown(view: &View<'_>) -> String {
    format!(
        "the finding was archived without passing, and nobody has seen the key since: its deletion was either cancelled or \
         carried out, and {}",
        environment(view)
    )
}

pub(crate) fn cancelled(view: &View<'_>) -> String {
    format!("the deletion was cancelled: {} can be closed. A cancelled deletion leaves the key disabled", ticket(view))
}

pub(crate) fn resolved_with_ticket(view: &View<'_>) -> String {
    let finding = view.case.finding;
    let how = if finding.compliance == Some(Compliance::Passed) {
        "passes now"
    } else {
        "is archived: what it was about is gone, or is no longer evaluated"
    };
    format!("{} {how}, so {} is closed", name(view), ticket(view))
}

pub(crate) fn resolved(view: &View<'_>) -> String {
    let passed = view.case.finding.compliance == Some(Compliance::Passed);
    if passed && view.has(Is::Deletion) && view.has(Is::MayDelete) && view.key().is_some_and(Key::is_dying) {
        return deletion_allowed(view);
    }
    format!("{} {}, and no ticket is open", name(view), if passed { "passes" } else { "is archived" })
}

pub(crate) fn public_suppressed(_: &View<'_>) -> String {
    "it is SUPPRESSED in Security Hub, yet anybody may use the resource: SOAR suppressed public keys by their title, so a \
     person must look"
        .to_owned()
}

pub(crate) fn critical_suppressed(view: &View<'_>) -> String {
    format!("it is SUPPRESSED in Security Hub while it still fails, is CRITICAL, and {} is open", ticket(view))
}

pub(crate) fn suppressed_with_ticket(view: &View<'_>) -> String {
    format!("somebody accepted it in Security Hub, so {} is closed, though it still fails", ticket(view))
}

pub(crate) fn suppressed_elsewhere(view: &View<'_>) -> String {
    let by =
        if view.case.finding.form == crate::incoming::Form::Keyreeve { "the configuration" } else { "Security Hub" };
    format!("it is suppressed in {by}, which is respected")
}

pub(crate) fn ticket_open(view: &View<'_>) -> String {
    format!("{} is open for it", ticket(view))
}

pub(crate) fn long_not_evaluated(view: &View<'_>) -> String {
    format!("{} has not been evaluated for more than 7 days ({})", name(view), why_not_evaluated(view))
}

pub(crate) fn not_evaluated(view: &View<'_>) -> String {
    format!("{} could not be evaluated ({}): asked again later", name(view), why_not_evaluated(view))
}

pub(crate) fn closed_lately(view: &View<'_>) -> String {
    let ticket = view.closed_ticket().map(|ticket| ticket.id.as_str()).unwrap_or_default();
    format!("ticket {ticket} was closed less than a day ago: the next evaluation shows whether that was right")
}

pub(crate) fn public_access(view: &View<'_>) -> String {
    format!("anybody may use {}, says IAM Access Analyzer", view.case.finding.resource_id())
}

pub(crate) fn trusted(view: &View<'_>) -> String {
    let access = view.case.finding.access.as_ref();
    let principal = access.and_then(|access| access.principal.as_deref()).unwrap_or_default();
    format!("{principal} may use it from outside, and is listed as trusted")
}

pub(crate) fn rule_holds(view: &View<'_>) -> String {
    let Some(rule) = view.rule else { return String::new() };
    let line = rule.condition.hit(&view.facts).map(ToString::to_string).unwrap_or_default();
    let reason = rule.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let owner = rule.owner.as_deref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    format!("the rule for {} holds, `{line}`{reason}{owner}", rule.id)
}

pub(crate) fn below_incident(view: &View<'_>) -> String {
    format!("{} is {}; incidents begin at {}", name(view), view.severity, view.settings.incident_severity)
}

pub(crate) fn incident(view: &View<'_>) -> String {
    let finding = view.case.finding;
    let what = finding.types.first().map_or(finding.generator.as_str(), String::as_str);
    format!("{} reports {} ({what})", finding.product.name(), finding.title)
}

pub(crate) fn unclassified(view: &View<'_>) -> String {
    let finding = view.case.finding;
    format!("nobody has said what findings of {} mean ({})", finding.product.name(), finding.generator)
}

pub(crate) fn new_account(view: &View<'_>) -> String {
    format!("the account is less than {} hours old", view.settings.new_account_hours)
}

pub(crate) fn deletion_allowed(view: &View<'_>) -> String {
    format!("the key is scheduled for deletion{}; {}, where keys may be deleted", date(view), environment(view))
}

pub(crate) fn deletion(view: &View<'_>) -> String {
    let days = view.deletion_date().map(|date| date.duration_since(view.case.now).as_secs().div_euclid(86_400));
    let left = match days {
        Some(days @ 1..) => format!(", in {days} days"),
        Some(0) => ", within a day".to_owned(),
        Some(_) => ", which is past: it may be destroyed any moment".to_owned(),
        None => String::new(),
    };
    format!(
        "the key will be destroyed{}{left}; {}. Cancel the deletion, then enable the key",
        date(view),
        environment(view)
    )
}

pub(crate) fn not_reviewed(view: &View<'_>) -> String {
    format!("nobody has reviewed control {} yet", view.subject_name())
}

pub(crate) fn not_applicable(view: &View<'_>) -> String {
    let why = view.key().and_then(Key::no_rotation).unwrap_or_default();
    format!("{} does not apply to this key: {why}", name(view))
}

pub(crate) fn key_dying(view: &View<'_>) -> String {
    format!("the key is scheduled for deletion{}: whether it lives is decided first (KMS.3)", date(view))
}

pub(crate) fn key_busy(view: &View<'_>) -> String {
    let state = view.key().and_then(|key| key.state.as_deref()).unwrap_or_default();
    format!("the key is {state}: asked again later")
}

pub(crate) fn remediate(view: &View<'_>) -> String {
    let first = if view.key().is_some() { "" } else { "; whether the key allows it is read first" };
    format!("{} fails and is fixed automatically{first}", name(view))
}

pub(crate) fn team_fix(view: &View<'_>) -> String {
    let why = if let Some(tag) = view.code_tag {
        format!(": infrastructure code owns the key (tag {tag}), so the change belongs there")
    } else if let Some(rule) = view.fix_rule {
        format!(": a rule for {} withholds the automatic fix", rule.id)
    } else if view.key().and_then(|key| key.state.as_deref()) == Some("Disabled")
        && view.settings.remediate.contains(view.subject_name())
    {
        ": a disabled key cannot be changed, so enable it or let it go".to_owned()
    } else if view.subject_name() == "KMS.5" {
        ": either anybody may use the key, or a condition cannot be resolved, or its policy could not be read"
            .to_owned()
    } else {
        String::new()
    };
    let again = match view.closed_ticket() {
        Some(ticket) => format!(". Ticket {} was closed, yet it still fails", ticket.id),
        None => String::new(),
    };
    format!("{} fails{why}{again}", name(view))
}

pub(crate) fn informational(view: &View<'_>) -> String {
    format!("{} only informs", name(view))
}

pub(crate) fn outdated(view: &View<'_>) -> String {
    let seen = view.key().and_then(|key| key.seen).map(|seen| format!(" at {seen}")).unwrap_or_default();
    format!("{} fails, but the key was read since{seen} and is in order: the finding is late", name(view))
}
