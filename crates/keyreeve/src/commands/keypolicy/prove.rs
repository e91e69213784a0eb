//! `keypolicy prove`: a property of all requests, proved, refuted with a request, or left open with the reason.

use anyhow::bail;
use keypolicy::prove::Assumptions;
use keypolicy::{ActionSet, Proof, Property, Verdict, rules};
use serde_json::{Value, json};

use super::input;
use super::read::{Read, account_remark, setting, shown};
use crate::cli::{Plain, PolicyProve, Preset};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Proves or refutes.
pub fn run(asked: &PolicyProve) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.about.config.config.as_deref())?;
    let property = property(asked)?;
    let read = Read::policy(&asked.policy, &asked.output.terminal)?;
    let setting = setting(&asked.about, &loaded, &[&read.policy])?;
    let context = input::context(&asked.about, &loaded)?;
    if let Some(remark) = account_remark(&setting) {
        output::remark(&asked.output.terminal, &remark);
    }
    let now = asked.time.now.map(|now| now.to_string());
    let assumptions =
        Assumptions { now: now.as_deref(), existing: context.existing.as_ref(), root_usable: context.root_usable };
    let compiled = rules::compile(&read.policy, &setting);
    for inert in &compiled.inert {
        output::remark(&asked.output.terminal, &format!("{} does nothing: {}", read.statement(inert.index), inert.why));
    }
    let proof = keypolicy::prove(&compiled, &setting, &assumptions, &property);
    match asked.output.format {
        Plain::Pretty => output::print(&page(&proof, &read))?,
        Plain::Json => output::print_json(&document(&proof, &property, &read))?,
        Plain::Jsonl => output::print(&format!("{}\n", document(&proof, &property, &read)))?,
    }
    Ok(match proof.verdict {
        Verdict::Proved => Status::Clean,
        Verdict::Refuted => Status::Found,
        Verdict::Unknown => Status::Incomplete,
    })
}

fn property(asked: &PolicyProve) -> anyhow::Result<Property> {
    let Some(preset) = asked.preset else {
        let mut actions = ActionSet::EMPTY;
        for pattern in &asked.action {
            let found = ActionSet::matching(pattern);
            if found.is_empty() {
                bail!(
                    "`{pattern}` is no action of KMS, and fits none; write it as in `kms:Decrypt` or `kms:GenerateDataKey*`"
                );
            }
            actions = actions.union(found);
        }
        return Ok(Property::NoOutsideAccess(actions));
    };
    Ok(match preset {
        Preset::NotPublic => Property::NotPublic,
        Preset::NoOutsideAccess => Property::NoOutsideAccess(ActionSet::ALL),
        Preset::PassesKms5 => Property::PassesKms5,
        Preset::Manageable => Property::Manageable,
        Preset::Separated => Property::Separated,
        Preset::RootOnly => Property::RootOnly,
    })
}

fn page(proof: &Proof, read: &Read) -> String {
    let grade = proof.grade.map(|grade| format!(" ({})", grade.name())).unwrap_or_default();
    let mut text = format!("{}{grade}: {}\n", proof.verdict.name(), report::escape_terminal(&proof.why));
    for &index in &proof.statements {
        text.push_str(&format!("  {}\n", report::escape_terminal(&read.statement(index))));
    }
    for request in proof.witness.iter().chain(&proof.second) {
        text.push_str("  a request that shows it:\n");
        text.push_str(&shown(&request.to_json(), "    "));
    }
    text
}

fn document(proof: &Proof, property: &Property, read: &Read) -> Value {
    let mut made = json!({
        "verdict": proof.verdict.name(),
        "witness": proof.witness.as_ref().map(keypolicy::Request::to_json),
        "why": proof.why,
        "statements": proof.statements.iter().map(|index| read.statement_json(*index)).collect::<Vec<_>>(),
    });
    if let Some(members) = made.as_object_mut() {
        if *property == Property::Manageable {
            members.insert("grade".to_owned(), json!(proof.grade.map(keypolicy::prove::Grade::name)));
        }
        if let Some(second) = &proof.second {
            members.insert("second".to_owned(), second.to_json());
        }
    }
    made
}
