//! Repairing a key policy, and revoking grants: the smallest change, proved before anybody is asked to agree to it.

use keypolicy::context::{Context, GrantFacts};
use keypolicy::policy::Effect;
use keypolicy::prove::{Assumptions, Standing, diff, open_to_all, prove};
use keypolicy::{Property, Rules, Setting, Verdict, lint, rules};
use serde_json::{Map, Value, json};

use super::{Change, Plan, Trusted};
use crate::key::Key;

/// What is wrong with the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Somebody whom it does not name can do something.
    Public,
    /// A service acts for anybody.
    Deputy,
    /// A principal was deleted.
    Orphan,
    /// It hangs by one principal.
    Fragile,
}

/// The plan that repairs the policy.
pub(super) fn repair(plan: Plan, key: &Key, fault: Fault) -> Plan {
    let Some(text) = &key.policy else { return plan.missing("Policy: what cannot be read cannot be repaired") };
    match repaired(key, text, fault) {
        Err(why) => plan.refused(why),
        Ok((policy, difference)) => {
            let mut plan = plan;
            plan.changes.push(Change::put_policy(key, text, &policy, difference, fault != Fault::Orphan));
            plan
        }
    }
}

/// The repaired policy, and in words how it differs.
fn repaired(key: &Key, text: &str, fault: Fault) -> Result<(String, String), String> {
    let read =
        |text: &str| keypolicy::parse(text).map_err(|error| format!("the policy cannot be read: {}", error.message));
    let old = read(text)?;
    let arn: Vec<&str> = key.arn.split(':').collect();
    let setting = Setting {
        account: Some(key.account_id.clone()),
        partition: arn.get(1).map(|it| (*it).to_owned()),
        region: Some(key.region.clone()),
        ..Setting::default()
    };
    let old_rules = rules::compile(&old, &setting);
    let mut document: Value = serde_json::from_str(text).map_err(|error| format!("the policy is no JSON: {error}"))?;
    let statements = statements(&mut document).ok_or("the policy has no list of statements: repair it by hand")?;
    match fault {
        Fault::Public => bind(statements, &old_rules, &setting, &key.account_id)?,
        Fault::Deputy => name_the_source(statements, text, &old, &setting, &key.account_id)?,
        Fault::Orphan => drop_orphans(statements)?,
        Fault::Fragile => delegate(statements, &old_rules, &setting)?,
    }
    let made = document.to_string();
    let new_rules = rules::compile(&read(&made)?, &setting);
    let nothing = Assumptions::default();
    for property in [Property::Manageable, Property::NotPublic] {
        let proof = prove(&new_rules, &setting, &nothing, &property);
        if proof.verdict != Verdict::Proved {
            return Err(format!(
                "no repair was found of which it is proved that the key is manageable and not public ({}): see `keyreeve keypolicy generate`",
                proof.why
            ));
        }
    }
    let found = diff(&old_rules, &new_rules, &setting, &nothing);
    let shown = |what: &str, change: &Option<keypolicy::prove::Change>| {
        let request = &change.as_ref()?.request;
        Some(format!("{what} {} by {}", request.action, request.principal))
    };
    let changes = [shown("no longer allows", &found.lost), shown("newly allows", &found.gained)];
    let changes: Vec<String> = changes.into_iter().flatten().collect();
    let words = match (found.standing, changes.is_empty()) {
        (Standing::Equal, _) => "it allows the same as before".to_owned(),
        (_, true) => "what changes could not be shown by an example".to_owned(),
        _ => changes.join("; "),
    };
    Ok((made, format!("{}: {words}", found.standing.name())))
}

fn statements(document: &mut Value) -> Option<&mut Vec<Value>> {
    let element = document.get_mut("Statement")?;
    if element.is_object() {
        *element = Value::Array(vec![element.take()]);
    }
    element.as_array_mut()
}

/// Binds the callers of each open statement to the key's own account.
fn bind(statements: &mut [Value], old: &Rules, setting: &Setting, account: &str) -> Result<(), String> {
    let allowing: Vec<usize> =
        old.rules.iter().filter(|rule| rule.effect == Effect::Allow).map(|rule| rule.index).collect();
    let proofs = open_to_all(old, &allowing, setting).into_iter();
    let open: Vec<usize> =
        proofs.filter(|(_, proof)| proof.verdict == Verdict::Refuted).map(|(index, _)| index).collect();
    if open.is_empty() {
        return Err("no statement of the policy is open to all".to_owned());
    }
    for index in open {
        let statement = statements.get_mut(index).ok_or("the policy changed while it was read")?;
        if statement.get("Principal").is_some_and(|it| it.get("Service").is_some()) {
            return Err(format!("statement {} is for everybody and for services: split it by hand", index + 1));
        }
        require(statement, "aws:PrincipalAccount", account)?;
    }
    Ok(())
}

/// Lets each service act for the key's own account only.
fn name_the_source(
    statements: &mut [Value],
    text: &str,
    policy: &keypolicy::Policy,
    setting: &Setting,
    account: &str,
) -> Result<(), String> {
    let context = Context { key: setting.clone(), ..Context::default() };
    let mut found: Vec<usize> =
        lint::run_one("KP034", text, policy, &context).into_iter().filter_map(|it| it.statement).collect();
    found.dedup();
    if found.is_empty() {
        return Err("no service of the policy acts for anybody".to_owned());
    }
    for index in found {
        let statement = statements.get_mut(index).ok_or("the policy changed while it was read")?;
        let others = statement.get("Principal").and_then(Value::as_object).is_some_and(|kinds| kinds.len() > 1);
        if others {
            return Err(format!("statement {} is for services and for others: split it by hand", index + 1));
        }
        require(statement, "aws:SourceAccount", account)?;
    }
    Ok(())
}

/// Adds the condition that a key has this value.
fn require(statement: &mut Value, key: &str, value: &str) -> Result<(), String> {
    let odd = || "a statement's conditions are no object: repair it by hand".to_owned();
    let statement = statement.as_object_mut().ok_or_else(odd)?;
    let conditions = statement.entry("Condition").or_insert_with(|| Value::Object(Map::new()));
    let tests = conditions.as_object_mut().ok_or_else(odd)?.entry("StringEquals").or_insert_with(|| json!({}));
    tests.as_object_mut().ok_or_else(odd)?.insert(key.to_owned(), json!(value));
    Ok(())
}

/// Takes the ids of deleted principals out, and the statements that were for them only.
fn drop_orphans(statements: &mut Vec<Value>) -> Result<(), String> {
    let before = statements.clone();
    statements.retain_mut(|statement| {
        let Some(principal) = statement.get_mut("Principal").and_then(|it| it.get_mut("AWS")) else { return true };
        match principal {
            Value::String(id) => !is_orphan(id),
            Value::Array(ids) => {
                ids.retain(|id| !id.as_str().is_some_and(is_orphan));
                !ids.is_empty()
            }
            _ => true,
        }
    });
    if *statements == before { Err("no principal of the policy was deleted".to_owned()) } else { Ok(()) }
}

fn is_orphan(id: &str) -> bool {
    (id.starts_with("AROA") || id.starts_with("AIDA"))
        && id.len() >= 16
        && id.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// Lets the account's IAM policies say who manages the key.
fn delegate(statements: &mut Vec<Value>, old: &Rules, setting: &Setting) -> Result<(), String> {
    match prove(old, setting, &Assumptions::default(), &Property::Manageable).grade {
        Some(keypolicy::prove::Grade::LockedOut) => {
            return Err(
                "nobody can change the policy: only AWS Support can, asked by the account's root user".to_owned()
            );
        }
        Some(keypolicy::prove::Grade::Manageable) => return Err("the policy can be changed as it is".to_owned()),
        _ => {}
    }
    let root = format!("arn:{}:iam::{}:root", setting.partition_name(), setting.account.as_deref().unwrap_or_default());
    statements.push(json!({
        "Sid": "Enable IAM policies for management",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey"],
        "Resource": "*",
    }));
    Ok(())
}

/// The plan that revokes the grants that give too much: nothing that a trusted account has is too much for that alone.
pub(super) fn revoke(plan: Plan, key: &Key, trusted: &Trusted) -> Plan {
    let Some(text) = &key.grants else { return plan.missing("Grants: which there are is not known") };
    let listed: Vec<GrantFacts> = keypolicy::reader::grants_of(text);
    let context = Context {
        key: Setting { account: Some(key.account_id.clone()), trusted: trusted.clone(), ..Setting::default() },
        grants: listed,
        ..Context::default()
    };
    let mut plan = plan;
    for (grant, why) in lint::risky_grants(&context) {
        plan.changes.push(Change::revoke_grant(key, &grant, &why));
    }
    if plan.changes.is_empty() { plan.refused("no grant of the key gives too much") } else { plan }
}
