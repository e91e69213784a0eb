//! `keypolicy decide`: one request, what is decided, by which statements, and why not by the others.

use anyhow::anyhow;
use keypolicy::decide::{Decision, Judgement, Place, Sources, judge};
use keypolicy::rules;
use serde_json::{Value, json};

use super::grants::grants;
use super::read::{Read, account_remark, place, request, setting};
use crate::cli::{Plain, PolicyDecide};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Decides the request.
pub fn run(asked: &PolicyDecide) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.about.config.config.as_deref())?;
    let policy = Read::policy(&asked.policy, &asked.output.terminal)?;
    let ram = asked.access.ram.as_deref().map(|path| Read::policy(path, &asked.output.terminal)).transpose()?;
    let grants = asked.access.grants.as_deref().map(grants).transpose()?.unwrap_or_default();
    let mut request = request(&asked.request)?;
    let mut setting = setting(&asked.about, &loaded, &[&policy.policy])?;
    let owner = request.owner(&setting);
    if owner != setting.account {
        setting.account.clone_from(&owner);
    } else if let Some(remark) = account_remark(&setting) {
        output::remark(&asked.output.terminal, &remark);
    }
    let now = asked.now.unwrap_or_else(jiff::Timestamp::now).to_string();
    request.complete(&setting, Some(&now)).map_err(|error| anyhow!("{}: {error}", asked.request.display()))?;
    let compiled = rules::compile(&policy.policy, &setting);
    let shared = ram.as_ref().map(|ram| rules::compile(&ram.policy, &setting));
    let sources = Sources { policy: &compiled, ram: shared.as_ref(), grants: &grants, owner: owner.as_deref() };
    let judged = judge(&sources, &request);
    match asked.output.format {
        Plain::Pretty => output::print(&page(&judged, &policy, ram.as_ref()))?,
        Plain::Json => output::print_json(&document(&judged, &policy, ram.as_ref(), &request.to_json()))?,
        Plain::Jsonl => {
            output::print(&format!("{}\n", document(&judged, &policy, ram.as_ref(), &request.to_json())))?;
        }
    }
    Ok(if judged.decision.allows() { Status::Clean } else { Status::Found })
}

fn page(judged: &Judgement, policy: &Read, ram: Option<&Read>) -> String {
    let meaning = match judged.decision {
        Decision::Allow => "the key policy is enough",
        Decision::NeedsIam => "an IAM policy of the caller's account must allow it too",
        Decision::ImplicitDeny => "nothing allows it",
        Decision::ExplicitDeny => "a statement denies it",
    };
    let mut text = format!("{}: {meaning}\n", judged.decision.name());
    for &found in &judged.deciding {
        text.push_str(&format!("  by {}\n", report::escape_terminal(&place(found, policy, ram))));
    }
    for (found, why) in &judged.others {
        let line = format!("{}: {why}", place(*found, policy, ram));
        text.push_str(&format!("  not by {}\n", report::escape_terminal(&line)));
    }
    if let Some(note) = &judged.note {
        text.push_str(&format!("  {}\n", report::escape_terminal(note)));
    }
    text
}

fn document(judged: &Judgement, policy: &Read, ram: Option<&Read>, request: &Value) -> Value {
    let shown = |found: Place| match found {
        Place::Policy(index) => with(policy.statement_json(index), "source", json!("policy")),
        Place::Ram(index) => {
            let statement = ram.map_or_else(|| json!({ "index": index }), |ram| ram.statement_json(index));
            with(statement, "source", json!("AWS_RAM"))
        }
        Place::Grant(index) => json!({"source": "grant", "index": index}),
    };
    json!({
        "decision": judged.decision.name(),
        "statements": judged.deciding.iter().map(|found| shown(*found)).collect::<Vec<_>>(),
        "others": judged.others.iter().map(|(found, why)| with(shown(*found), "why", json!(why))).collect::<Vec<_>>(),
        "note": judged.note,
        "request": request,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    object
}
