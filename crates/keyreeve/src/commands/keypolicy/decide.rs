//! `keypolicy decide`: one request, what is decided, by which statements, and why not by the others.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use keypolicy::decide::{Decision, Grant, Judgement, Place, Sources, judge};
use keypolicy::{Action, ActionSet, rules};
use serde_json::{Value, json};

use super::read::{Read, Text, account_remark, place, request, setting};
use crate::cli::{Plain, PolicyDecide};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Decides the request.
pub fn run(asked: &PolicyDecide) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let policy = Read::policy(&asked.policy, &asked.output.terminal)?;
    let ram = asked.ram.as_deref().map(|path| Read::policy(path, &asked.output.terminal)).transpose()?;
    let grants = asked.grants.as_deref().map(grants).transpose()?.unwrap_or_default();
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

/// Grants as `aws kms list-grants` prints them, or a list of them.
fn grants(path: &Path) -> anyhow::Result<Vec<Grant>> {
    let text = Text::read(path)?;
    let tree = text.tree()?;
    let list = tree.get("Grants").unwrap_or(&tree);
    let items = list.as_sequence().ok_or_else(|| anyhow!("{}: expected a list of grants", text.place(list.span)))?;
    items.iter().map(|item| grant(item, &text)).collect()
}

fn grant(node: &source::Node, text: &Text) -> anyhow::Result<Grant> {
    let string = |name: &str| node.get(name).and_then(|it| it.text()).map(str::to_owned);
    let grantee = string("GranteePrincipal").or_else(|| string("GranteeServicePrincipal"));
    let grantee = grantee.ok_or_else(|| anyhow!("{}: the grant has no GranteePrincipal", text.place(node.span)))?;
    let listed = node.get("Operations").and_then(|it| it.as_sequence()).unwrap_or_default();
    let mut operations = Vec::new();
    for operation in listed {
        let name = operation.text().unwrap_or_default();
        let action = Action::named(name)
            .ok_or_else(|| anyhow!("{}: KMS has no operation `{name}`", text.place(operation.span)))?;
        operations.push(action);
    }
    let constraints = node.get("Constraints");
    let pairs = |name: &str| {
        let entries = constraints?.get(name)?.as_mapping()?;
        let pair = |entry: &source::Entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned()));
        Some(entries.iter().filter_map(pair).collect::<BTreeMap<_, _>>())
    };
    Ok(Grant {
        grantee,
        retiring: string("RetiringPrincipal").or_else(|| string("RetiringServicePrincipal")),
        operations: operations.into_iter().collect::<ActionSet>(),
        context_equals: pairs("EncryptionContextEquals"),
        context_subset: pairs("EncryptionContextSubset"),
        source_arn: constraints.and_then(|it| it.get("SourceArn")).and_then(|it| it.text()).map(str::to_owned),
    })
}
