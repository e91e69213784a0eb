//! `remediate undo`: the changes of a record taken back, the last first, where the key is still as they made it.

use std::fmt::Write as _;

use respond::apply::{Before, Outcome, Patience, Standing, Step, make, standing};
use respond::ports::Keys as _;
use serde::Serialize;

use super::access::{Clock, Cloud, agreed};
use super::apply::status_of;
use super::plan::{counted, shown};
use super::record::{Made, Record, read, told};
use crate::cli::{Plain, RemediateUndo};
use crate::commands::triage_input::settings;
use crate::config::Loaded;
use crate::exit::{NothingSelected, Status};
use crate::output;

/// What became of taking a change back, as `--format json` prints it.
#[derive(Serialize)]
struct Undone {
    number: u32,
    resource: String,
    undone: String,
    by: Option<String>,
    outcome: &'static str,
    what: Option<String>,
}

/// The record has the change already; its way back is written down when its outcome is known.
struct Written;

impl Before for Written {
    fn about_to_call(&mut self, _: &Step) -> Result<(), String> {
        Ok(())
    }
}

/// Undoes what was asked for.
pub(super) fn run(asked: &RemediateUndo) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let settings = settings(&loaded)?;
    let made = read(&asked.record)?;
    if made.is_empty() {
        return Err(NothingSelected(format!("{}: there is nothing to undo", asked.record.display())).into());
    }
    let page = page(&made);
    match asked.output.format {
        Plain::Pretty => output::print(&page)?,
        _ if !asked.access.yes => anstream::eprint!("{page}"),
        _ => {}
    }
    if !agreed(&asked.access, &format!("Undo {}?", counted(made.len(), "change")))? {
        anstream::eprintln!("nothing was changed");
        return Ok(Status::Found);
    }
    let cloud = Cloud::connect(&asked.access, &loaded)?;
    let mut record = Record::go_on(&asked.record)?;
    let (mut status, mut done) = (Status::Clean, Vec::new());
    for made in &made {
        if cloud.stopped.is_wanted() {
            anstream::eprintln!("stopped: the rest was not undone");
            status = status.max(Status::Incomplete);
            break;
        }
        let (outcome, ends) = back(&cloud, &settings, made);
        record.undone(made.number, &outcome)?;
        status = status.max(ends);
        done.push(undone(made, &outcome));
    }
    match asked.output.format {
        Plain::Pretty => {
            for undone in &done {
                let what = undone.what.as_deref().map(|what| format!(": {}", shown(what))).unwrap_or_default();
                let line = format!("{} {}: {}{what}\n", undone.undone, shown(&undone.resource), undone.outcome);
                output::print(&line)?;
            }
        }
        Plain::Json => output::print_json(&done)?,
        Plain::Jsonl => {
            for undone in &done {
                output::print(&(serde_json::to_string(undone)? + "\n"))?;
            }
        }
    }
    Ok(status)
}

/// Takes one change back, and says how the command ends for it.
fn back(cloud: &Cloud, settings: &triage::Settings, made: &Made) -> (Outcome, Status) {
    let resource = match cloud.runtime.block_on(cloud.aws.read(&made.step.key)) {
        Ok(resource) => resource,
        Err(failure) => return (Outcome::Unknown(failure.what), Status::Incomplete),
    };
    match standing(&made.step.call, resource.as_deref()) {
        Standing::Done => {}
        // Undone by somebody, or never done: either way this change is not there.
        Standing::NotDone(how) => {
            let left =
                Outcome::Refused { treatment: "left alone", what: format!("it is not as the change made it: {how}") };
            let is_back =
                made.step.back().is_some_and(|back| standing(&back.call, resource.as_deref()) == Standing::Done);
            return if is_back { (Outcome::Already, Status::Clean) } else { (left, Status::Found) };
        }
        Standing::Gone => {
            let what = "there is no such key any more".to_owned();
            return (Outcome::Refused { treatment: "escalate", what }, Status::Found);
        }
        Standing::Unclear(why) => return (Outcome::Unknown(why), Status::Incomplete),
    }
    let Some(back) = made.step.back() else {
        let what = made.step.by_hand.clone().unwrap_or_else(|| "only a person can undo it".to_owned());
        return (Outcome::Refused { treatment: "by hand", what }, Status::Incomplete);
    };
    let mut written = Written;
    let making = make(&cloud.aws, &back, settings, Patience::default(), &Clock, &mut written);
    let outcome = cloud.runtime.block_on(making);
    let status = status_of(&outcome);
    (outcome, status)
}

fn undone(made: &Made, outcome: &Outcome) -> Undone {
    let (name, what) = told(outcome);
    Undone {
        number: made.number,
        resource: made.step.key.clone(),
        undone: made.step.call.operation.clone(),
        by: made.step.undo.as_ref().map(|undo| undo.operation.clone()),
        outcome: name,
        what,
    }
}

fn page(made: &[Made]) -> String {
    let mut text = String::new();
    for Made { number, step } in made {
        let by = match (&step.undo, &step.by_hand) {
            (Some(undo), _) => {
                let parameters = serde_json::to_string(&undo.parameters).unwrap_or_default();
                format!("{} {parameters}", undo.operation)
            }
            (None, how) => format!("by hand: {}", how.as_deref().unwrap_or("it is not known how")),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number}. {} {}\n   undo    {}", step.call.operation, shown(&step.key), shown(&by));
    }
    text
}
