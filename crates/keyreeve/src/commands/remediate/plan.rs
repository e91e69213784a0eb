//! `remediate plan`: what would change to put findings right. Nothing is called, nothing is changed.

use std::fmt::Write as _;

use anyhow::bail;
use serde::Serialize;
use triage::plan::{Change, CodeOwner, Plan, Undo, Wishes, leave_out_repeats, plan};
use triage::{Action, Case, Decision, Incoming, Triage};

use crate::cli::{Plain, RemediatePlan, Wanted};
use crate::commands::triage_input::{Known, ready_rules, settings};
use crate::config::Loaded;
use crate::exit::{NothingSelected, Status};
use crate::output;

/// A decision's plan.
#[derive(Serialize)]
pub(super) struct Planned {
    pub(super) decision: &'static str,
    pub(super) reason: String,
    #[serde(flatten)]
    pub(super) plan: Plan,
}

/// Plans what was asked for.
pub(super) fn run(asked: &RemediatePlan) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (triage, known) = prepare(&asked.wanted, &loaded)?;
    let plans = plans(&asked.wanted, &triage, &known, |finding| known.case(finding))?;
    match asked.output.format {
        Plain::Pretty => output::print(&(page(&plans) + " Nothing was changed.\n"))?,
        Plain::Json => output::print_json(&plans)?,
        Plain::Jsonl => {
            for plan in &plans {
                output::print(&(serde_json::to_string(plan)? + "\n"))?;
            }
        }
    }
    Ok(known.status)
}

/// What decides, and what is known of the findings.
pub(super) fn prepare(wanted: &Wanted, loaded: &Loaded) -> anyhow::Result<(Triage, Known)> {
    if wanted.input.findings.is_empty() {
        bail!(
            "name a file of findings, or `-` for standard input (`keyreeve scan … -f json | keyreeve remediate plan -`)"
        );
    }
    let triage = Triage::new(settings(loaded)?, ready_rules(wanted.rules.as_deref())?);
    Ok((triage, Known::read(&wanted.input, None, loaded)?))
}

/// The plan for each finding that is one to put right.
pub(super) fn plans<'k>(
    wanted: &Wanted,
    triage: &Triage,
    known: &'k Known,
    case: impl Fn(&'k Incoming) -> Case<'k>,
) -> anyhow::Result<Vec<Planned>> {
    let wishes = Wishes { trusted: known.trusted.clone(), ..wishes(wanted) };
    let mut plans: Vec<Planned> = known
        .findings
        .iter()
        .filter_map(|finding| {
            let case = case(finding);
            let decision = triage.decide(&case);
            let control = &finding.control.as_ref().filter(|_| is_to_plan(&decision))?.id;
            let plan = plan(&finding.id, control, finding.resource_id(), case.key, triage.settings(), &wishes);
            Some(Planned { decision: decision.action.name(), reason: decision.reason, plan })
        })
        .collect();
    leave_out_repeats(plans.iter_mut().map(|planned| &mut planned.plan));
    if plans.is_empty() && known.status == Status::Clean {
        return Err(NothingSelected("no finding is one to put right: `keyreeve triage` says why".to_owned()).into());
    }
    Ok(plans)
}

/// What is fixed, what a team may want to have fixed, and recommendations.
fn is_to_plan(decision: &Decision) -> bool {
    matches!(decision.action, Action::Remediate | Action::TeamFix) || decision.row == "informational"
}

fn wishes(asked: &Wanted) -> Wishes {
    Wishes {
        rotation_period: asked.period,
        alias: asked.alias.clone(),
        description: asked.description.clone(),
        tags: asked.tags.clone(),
        ..Wishes::default()
    }
}

/// The plans for people, and how many there are.
pub(super) fn page(plans: &[Planned]) -> String {
    let mut text = String::new();
    let speaks = |planned: &&Planned| {
        let plan = &planned.plan;
        !plan.changes.is_empty() || !plan.missing.is_empty() || plan.code.is_some()
    };
    for planned in plans.iter().filter(speaks) {
        // Writing to a string cannot fail.
        let _ = paragraph(planned, &mut text);
    }
    let changes: usize = plans.iter().map(|planned| planned.plan.changes.len()).sum();
    let approval = plans.iter().filter(|planned| planned.plan.approval).count();
    let silent = plans.len() - plans.iter().filter(speaks).count();
    if silent > 0 {
        let _ = writeln!(
            text,
            "For {} there is nothing to change automatically (-f json says why).",
            counted(silent, "finding")
        );
    }
    let _ = write!(
        text,
        "{}: {}, {} to approve.",
        counted(plans.len(), "finding"),
        counted(changes, "change"),
        counted(approval, "plan")
    );
    text
}

fn paragraph(planned: &Planned, text: &mut String) -> std::fmt::Result {
    let plan = &planned.plan;
    writeln!(text, "{}  {}  {}", shown(&plan.control), planned.decision, shown(&plan.resource))?;
    if let Some(why) = &plan.refused {
        writeln!(text, "  nothing to change: {}", shown(why))?;
    }
    for missing in &plan.missing {
        writeln!(text, "  not known: {}", shown(missing))?;
    }
    if let Some(owner) = &plan.code {
        code(owner, text)?;
    }
    for change in &plan.changes {
        call(change, text)?;
    }
    if plan.approval {
        text.push_str("  needs approval\n");
    }
    text.push('\n');
    Ok(())
}

fn call(change: &Change, text: &mut String) -> std::fmt::Result {
    let parameters = serde_json::to_string(&change.parameters).unwrap_or_default();
    writeln!(
        text,
        "  {} {} in {} {}",
        change.operation,
        shown(&parameters),
        shown(&change.account_id),
        shown(&change.region)
    )?;
    writeln!(text, "    why     {}", shown(&change.why))?;
    writeln!(text, "    before  {}", shown(&change.before))?;
    writeln!(text, "    verify  {}", shown(&change.verify))?;
    match &change.undo {
        Undo::Call { operation, parameters } => {
            let parameters = serde_json::to_string(parameters).unwrap_or_default();
            writeln!(text, "    undo    {operation} {}", shown(&parameters))
        }
        Undo::ByHand(how) => writeln!(text, "    undo    by hand: {}", shown(how)),
    }
}

fn code(owner: &CodeOwner, text: &mut String) -> std::fmt::Result {
    write!(text, "  infrastructure code owns the key (tag {}", shown(&owner.tag))?;
    for (what, value) in [("stack", &owner.stack), ("resource", &owner.logical_id)] {
        if let Some(value) = value {
            write!(text, ", {what} {}", shown(value))?;
        }
    }
    text.push_str("): change it there\n");
    for patch in &owner.patches {
        writeln!(text, "    {}", patch.language)?;
        for line in patch.text.lines() {
            writeln!(text, "      {}", shown(line))?;
        }
    }
    Ok(())
}

pub(super) fn shown(text: &str) -> String {
    report::escape_terminal(text).into_owned()
}

pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
