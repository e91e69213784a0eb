//! The properties that one search settles: not public, no outside access, root only.

use super::answer::{ALL, Answer, Asked, IDENTITIES, allowed, test};
use super::search::Relation;
use super::world::World;
use super::{Proof, Verdict};
use crate::ActionSet;
use crate::request::Class;
use crate::rules::{Fit, Rules, Test};
use std::collections::BTreeSet;

/// Nobody whom the policy does not name can do anything.
pub(super) fn not_public(world: &World<'_>, rules: &Rules) -> Proof {
    let people = Asked {
        classes: IDENTITIES,
        relation: Relation::Other,
        actions: ActionSet::ALL,
        tests: stranger(world),
        least: Fit::Account,
    };
    let services = Asked { classes: &[Class::Service], tests: strange_service(world), ..people.clone() };
    let mut unclear = BTreeSet::new();
    for asked in [people, services] {
        match allowed(world, rules, &asked) {
            Answer::No => {}
            Answer::Yes(request, statement) => {
                let why = format!(
                    "anybody can: statement {} allows {} to {}, of whom the policy says nothing",
                    statement + 1,
                    request.action,
                    caller(&request.principal, request.account.as_deref()),
                );
                return Proof::refuted(*request, vec![statement], why);
            }
            Answer::Unclear(why) => unclear.extend(why),
        }
    }
    if unclear.is_empty() {
        Proof::proved("whoever is allowed something is named by account, organisation, network or service")
    } else {
        Proof::unknown(&unclear)
    }
}

fn caller(principal: &str, account: Option<&str>) -> String {
    match account {
        Some(account) => format!("a principal of account {account}"),
        None => principal.to_owned(),
    }
}

fn refs(values: &BTreeSet<String>) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

/// Someone with an ARN whom the policy does not mention in any way.
fn stranger(world: &World<'_>) -> Vec<Test> {
    let mentioned = &world.mentioned;
    let asks = |keys: &[&str]| keys.iter().any(|key| mentioned.keys.contains(*key));
    let mut made = vec![test("aws:PrincipalAccount", "StringNotEquals", &refs(&mentioned.accounts))];
    if asks(&["aws:principalorgid", "aws:principalorgpaths"]) {
        made.push(test("aws:PrincipalOrgID", "StringNotEquals", &refs(&mentioned.organizations)));
    }
    if asks(&["aws:principalorgmasteraccount"]) {
        made.push(test("aws:PrincipalOrgMasterAccount", "StringNotEquals", &refs(&mentioned.accounts)));
    }
    for key in ["aws:SourceVpc", "aws:SourceVpce"] {
        if asks(&[&key.to_ascii_lowercase()]) {
            made.push(test(key, "StringNotEquals", &refs(&mentioned.networks)));
        }
    }
    if asks(&["aws:sourcevpcarn"]) {
        let arns: Vec<String> = mentioned.networks.iter().map(|id| format!("*/{id}")).collect();
        made.push(test("aws:SourceVpcArn", "StringNotLike", &arns.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    if asks(&["aws:vpceaccount"]) {
        made.push(test("aws:VpceAccount", "StringNotEquals", &refs(&mentioned.accounts)));
    }
    if asks(&["aws:vpceorgid"]) {
        made.push(test("aws:VpceOrgID", "StringNotEquals", &refs(&mentioned.organizations)));
    }
    if asks(&["aws:vpceorgpaths"]) {
        let paths: Vec<String> = mentioned.organizations.iter().map(|id| format!("{id}/*")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        made.push(test("aws:VpceOrgPaths", "ForAllValues:StringNotLike", &paths));
    }
    if asks(&["aws:userid"]) {
        // The id itself, not what begins like it: `AROA*` names nobody.
        // Root users and federated users have their account's number for an id.
        let named = mentioned.ids.iter().chain(&mentioned.accounts);
        let ids: Vec<String> = named.flat_map(|id| [id.clone(), format!("{id}:*")]).collect();
        made.push(test("aws:userid", "StringNotLike", &ids.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    made
}

/// A service that the policy does not name, for an account that it does not mention.
fn strange_service(world: &World<'_>) -> Vec<Test> {
    let mentioned = &world.mentioned;
    let asks = |key: &str| mentioned.keys.contains(key);
    let mut made = vec![
        test("aws:PrincipalServiceName", "StringNotEquals", &refs(&mentioned.services)),
        test("aws:SourceAccount", "StringNotEquals", &refs(&mentioned.accounts)),
    ];
    if asks("aws:sourceorgid") || asks("aws:sourceorgpaths") {
        made.push(test("aws:SourceOrgID", "StringNotEquals", &refs(&mentioned.organizations)));
    }
    if asks("aws:sourcearn") {
        made.push(test("aws:SourceArn", "ArnNotLike", &source_arns(world)));
    }
    made
}

/// ARNs of the mentioned accounts.
fn source_arns<'a>(world: &'a World<'_>) -> Vec<&'a str> {
    world.mentioned.source_patterns.iter().map(String::as_str).collect()
}

/// An encryption context whose name begins with `aws:` is written by the service itself: it names the resource for which the service
/// calls, and so its account. For another account it holds no ARN of ours.
fn own_contexts(world: &World<'_>, inside: &[&str]) -> Vec<Test> {
    let ours: Vec<String> = inside.iter().map(|account| format!("arn:*:*:*:{account}:*")).collect();
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let keys = world.mentioned.keys.iter().filter(|key| key.starts_with("kms:encryptioncontext:aws:"));
    keys.map(|key| test(key, "ArnNotLike", &ours)).collect()
}

/// Nobody outside the own and the trusted accounts and organisations can do anything of this.
pub(super) fn no_outside_access(world: &World<'_>, rules: &Rules, actions: ActionSet) -> Proof {
    let setting = &world.setting;
    let mut inside: Vec<&str> = setting.trusted.accounts.iter().map(String::as_str).collect();
    inside.extend(world.owner());
    let organizations = refs(&setting.trusted.organizations);
    let mut tests = vec![test("aws:PrincipalAccount", "StringNotEquals", &inside)];
    let mut for_others =
        vec![test("aws:SourceAccount", "StringNotEquals", &inside), test("aws:SourceAccount", "Null", &["false"])];
    if !organizations.is_empty() {
        tests.push(test("aws:PrincipalOrgID", "StringNotEquals", &organizations));
        for_others.push(test("aws:SourceOrgID", "StringNotEquals", &organizations));
    }
    for_others.extend(own_contexts(world, &inside));
    let people = Asked { classes: IDENTITIES, relation: Relation::Other, actions, tests, least: Fit::Account };
    let services = Asked { classes: &[Class::Service], tests: for_others, ..people.clone() };
    let mut unclear = BTreeSet::new();
    for asked in [people, services] {
        match allowed(world, rules, &asked) {
            Answer::No => {}
            Answer::Yes(request, statement) => {
                let known = world.account_known || request.account.as_ref().is_some_and(|it| world.fresh.contains(it));
                let service = request.account.is_none();
                if !known && !service {
                    unclear.insert("which account the key is in; give it with --account".to_owned());
                    continue;
                }
                let why = if service {
                    format!(
                        "statement {} lets {} {} on behalf of account {}, which is neither the key's own nor trusted",
                        statement + 1,
                        request.principal,
                        request.action,
                        request.value("aws:sourceaccount").unwrap_or("?"),
                    )
                } else {
                    format!(
                        "statement {} allows {} to account {}, which is neither the key's own nor trusted",
                        statement + 1,
                        request.action,
                        request.account.as_deref().unwrap_or("?"),
                    )
                };
                return Proof::refuted(*request, vec![statement], why);
            }
            Answer::Unclear(why) => unclear.extend(why),
        }
    }
    if unclear.is_empty() {
        Proof::proved(
            "whoever is allowed something belongs to the key's own account, or to a trusted account or organisation",
        )
    } else {
        Proof::unknown(&unclear)
    }
}

/// Nobody has access but through the own account's root principal.
pub(super) fn root_only(world: &World<'_>, rules: &Rules) -> Proof {
    let asked =
        |classes, relation, least| Asked { classes, relation, actions: ActionSet::ALL, tests: Vec::new(), least };
    let named: &[Class] = &[Class::Role, Class::User, Class::Federated];
    let ways = [
        asked(named, Relation::Own, Fit::Direct),
        asked(IDENTITIES, Relation::Other, Fit::Account),
        asked(&[Class::Service], Relation::Any, Fit::Account),
    ];
    let mut unclear = BTreeSet::new();
    for asked in ways {
        match allowed(world, rules, &asked) {
            Answer::No => {}
            Answer::Yes(request, statement) => {
                let why =
                    format!("statement {} allows {} to {} by name", statement + 1, request.action, request.principal);
                return Proof::refuted(*request, vec![statement], why);
            }
            Answer::Unclear(why) => unclear.extend(why),
        }
    }
    if !unclear.is_empty() {
        return Proof::unknown(&unclear);
    }
    if !world.account_known
        && matches!(allowed(world, rules, &asked(ALL, Relation::Any, Fit::Account)), Answer::Yes(..))
    {
        return Proof {
            verdict: Verdict::Unknown,
            ..Proof::proved("it depends on which account the key is in; give it with --account")
        };
    }
    Proof::proved(
        "all access goes through the account principal of the key's own account, and so through its IAM policies",
    )
}
