//! `remediate apply`: what is planned from facts that were just read is shown, agreed to, made one change at a time, and read back.

use std::collections::{BTreeMap, HashSet};

use aws::inventory::KeyArn;
use jiff::Timestamp;
use respond::apply::{Outcome, Patience, make, steps};
use respond::ports::Keys as _;
use serde::Serialize;
use source::record::Scanner;
use triage::key::{Key, Sight};
use triage::{Case, Incoming, Settings};

use super::access::{Clock, Cloud, agreed};
use super::plan::{Planned, counted, page, plans, prepare, shown};
use super::record::{Record, told};
use crate::cli::{Plain, RemediateApply};
use crate::commands::triage_input::Known;
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// What became of a change, as `--format json` prints it.
#[derive(Serialize)]
struct Done {
    finding_id: String,
    resource: String,
    operation: String,
    outcome: &'static str,
    what: Option<String>,
}

/// Applies what was asked for.
pub(super) fn run(asked: &RemediateApply) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (triage, mut known) = prepare(&asked.wanted, &loaded)?;
    let cloud = Cloud::connect(&asked.access, &loaded)?;
    let (gone, unread) = read_anew(&cloud, &mut known);
    let case = |finding| case(&known, &gone, finding);
    let plans = plans(&asked.wanted, &triage, &known, case)?;
    let mut status = known.status.max(if unread { Status::Incomplete } else { Status::Clean });
    let pretty = asked.output.format == Plain::Pretty;
    if pretty {
        output::print(&(page(&plans) + "\n"))?;
    }
    let changes: usize = plans.iter().map(|planned| planned.plan.changes.len()).sum();
    let mut done = Vec::new();
    if changes > 0 {
        if !pretty && !asked.access.yes {
            anstream::eprintln!("{}", page(&plans));
        }
        if agreed(&asked.access, &format!("Make {}?", counted(changes, "change")))? {
            status = status.max(all(asked, &cloud, triage.settings(), &plans, &mut done)?);
        } else {
            anstream::eprintln!("nothing was changed");
            status = status.max(Status::Found);
        }
    }
    match asked.output.format {
        Plain::Pretty => output::print(&summary(&done))?,
        Plain::Json => output::print_json(&done)?,
        Plain::Jsonl => {
            for done in &done {
                output::print(&(serde_json::to_string(done)? + "\n"))?;
            }
        }
    }
    Ok(status)
}

/// Reads each key that a finding is about; says which are gone, and whether one could not be read.
fn read_anew(cloud: &Cloud, known: &mut Known) -> (HashSet<String>, bool) {
    let (mut gone, mut unread) = (HashSet::new(), false);
    known.keys.clear();
    let arns: HashSet<&str> = known.findings.iter().map(Incoming::resource_id).collect();
    let mut keys = BTreeMap::new();
    for arn in arns.into_iter().filter(|arn| arn.parse::<KeyArn>().is_ok()) {
        if cloud.stopped.is_wanted() {
            unread = true;
            break;
        }
        match cloud.runtime.block_on(cloud.aws.read(arn)) {
            Ok(Some(text)) => {
                let mut scanner = Scanner::new(source::record::Limits::default());
                let key = scanner.scan(text.as_bytes()).ok().and_then(|record| Key::of_record(&record));
                keys.extend(key.map(|key| (arn.to_owned(), Key { seen: Some(Timestamp::now()), ..key })));
            }
            Ok(None) => drop(gone.insert(arn.to_owned())),
            Err(failure) => {
                unread = true;
                anstream::eprintln!("{}: {}: {}", crate::exit::error_word(), shown(arn), shown(&failure.what));
            }
        }
    }
    known.keys.extend(keys);
    (gone, unread)
}

fn case<'k>(known: &'k Known, gone: &HashSet<String>, finding: &'k Incoming) -> Case<'k> {
    let case = known.case(finding);
    let is_gone = gone.contains(finding.resource_id());
    Case { key: if is_gone { Sight::Gone } else { case.key }, now: Timestamp::now().max(case.now), ..case }
}

/// Makes all changes; a plan whose change does not come through goes no further.
fn all(
    asked: &RemediateApply,
    cloud: &Cloud,
    settings: &Settings,
    plans: &[Planned],
    done: &mut Vec<Done>,
) -> anyhow::Result<Status> {
    let mut record = Record::begin(asked.record.as_deref(), &cloud.arn)?;
    anstream::eprintln!("what undoes it is written to {}", record.path().display());
    let mut status = Status::Clean;
    for planned in plans {
        record.about(&planned.plan.finding_id);
        for step in steps(&planned.plan) {
            if cloud.stopped.is_wanted() {
                anstream::eprintln!("stopped: the rest was not changed");
                return Ok(status.max(Status::Incomplete));
            }
            let before = record.number();
            let making = make(&cloud.aws, &step, settings, Patience::default(), &Clock, &mut record);
            let outcome = cloud.runtime.block_on(making);
            record.outcome(&outcome, before)?;
            let (name, what) = told(&outcome);
            if asked.output.format == Plain::Pretty {
                let more = what.as_deref().map(|what| format!(": {}", shown(what))).unwrap_or_default();
                let line = format!("{} {}: {name}{more}\n", step.call.operation, shown(&step.key));
                output::print(&line)?;
            }
            done.push(Done {
                finding_id: planned.plan.finding_id.clone(),
                resource: step.key.clone(),
                operation: step.call.operation.clone(),
                outcome: name,
                what,
            });
            status = status.max(status_of(&outcome));
            if !matches!(outcome, Outcome::Already | Outcome::Verified) {
                break;
            }
        }
    }
    Ok(status)
}

/// How a command ends that had such an outcome.
pub(super) fn status_of(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Already | Outcome::Verified => Status::Clean,
        Outcome::Refused { .. } | Outcome::NotSeen(_) => Status::Found,
        Outcome::Unknown(_) => Status::Incomplete,
    }
}

fn summary(done: &[Done]) -> String {
    let count = |names: &[&str]| done.iter().filter(|done| names.contains(&done.outcome)).count();
    format!(
        "{} verified, {} so already, {} refused, {} not seen or not known.\n",
        counted(count(&["verified"]), "change"),
        count(&["already"]),
        count(&["refused"]),
        count(&["not_seen", "unknown"])
    )
}
