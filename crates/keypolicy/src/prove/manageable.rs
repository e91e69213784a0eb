//! Whether the policy can still be changed: by the account, by several principals, by one, by nobody.

use super::answer::{Answer, Asked, IDENTITIES, allowed, test};
use super::search::Relation;
use super::world::World;
use super::{Assumptions, Grade, Proof, Verdict, put_key_policy};
use crate::request::{Class, Request, account_of};
use crate::rules::{Fit, Rules};
use std::collections::BTreeSet;

/// How many principals that exist are tried one by one.
const MOST_EXISTING: usize = 2000;

/// Whether the policy can be changed, and does not hang on one principal.
pub(super) fn manageable(world: &World<'_>, rules: &Rules, assumptions: &Assumptions<'_>) -> Proof {
    let mut unclear = BTreeSet::new();
    let anyone = ask(world, rules, IDENTITIES, None);
    let found = match anyone {
        Answer::No if world.account_known => return locked_out(),
        Answer::No | Answer::Unclear(_) if !world.account_known => {
            unclear.insert("which account the key is in; give it with --account".to_owned());
            return Proof::unknown(&unclear);
        }
        Answer::Unclear(why) => return Proof::unknown(&why),
        Answer::No => return locked_out(),
        Answer::Yes(request, statement) => (request, statement),
    };
    // Whoever the account's IAM policies give it to, or every principal of the account.
    let plain = format!(
        "arn:{}:iam::{}:role/KeyreeveWitness",
        world.setting.partition_name(),
        world.owner().unwrap_or_default()
    );
    match ask(world, rules, &[Class::Role], Some(&plain)) {
        Answer::Yes(_, statement) => {
            let why = format!(
                "statement {} lets principals of the account change the policy, as its IAM policies say",
                statement + 1
            );
            return Proof { by_account: true, ..graded(Grade::Manageable, None, vec![statement], why) };
        }
        Answer::Unclear(why) => unclear.extend(why),
        Answer::No => {}
    }
    let holders = holders(world, rules, assumptions, &mut unclear);
    if holders.len() >= 2 {
        let why = format!("{} principals can change the policy: {}", holders.len(), shown(&holders));
        return graded(Grade::Manageable, None, vec![found.1], why);
    }
    if !unclear.is_empty() {
        return Proof::unknown(&unclear);
    }
    let why = match holders.first() {
        Some(holder) => format!("only {holder} can change the policy; when it is gone, nobody can"),
        None => format!(
            "only principals that fit statement {} can change the policy, and none is known to exist ({})",
            found.1 + 1,
            found.0.principal
        ),
    };
    graded(Grade::Fragile, Some(*found.0), vec![found.1], why)
}

/// The principals that can change the policy, one by one: those named, those known to exist, and the root user where it can be used.
fn holders(
    world: &World<'_>,
    rules: &Rules,
    assumptions: &Assumptions<'_>,
    unclear: &mut BTreeSet<String>,
) -> Vec<String> {
    let mut candidates: BTreeSet<&String> = match assumptions.existing {
        Some(existing) => existing.iter().take(MOST_EXISTING).collect(),
        None => world.mentioned.arns.iter().collect(),
    };
    candidates.retain(|arn| account_of(arn) == world.owner());
    let root = format!("arn:{}:iam::{}:root", world.setting.partition_name(), world.owner().unwrap_or_default());
    candidates.remove(&root);
    if assumptions.root_usable == Some(true) {
        candidates.insert(&root);
    }
    let mut holders = Vec::new();
    for arn in candidates {
        let Some(class) = crate::request::class_of(arn) else { continue };
        match ask(world, rules, &[class], Some(arn)) {
            Answer::Yes(..) => holders.push(arn.clone()),
            Answer::No => {}
            Answer::Unclear(why) => unclear.extend(why),
        }
    }
    holders
}

/// Whether a principal, by its ARN, can.
pub(super) fn by(world: &World<'_>, rules: &Rules, arn: &str) -> Verdict {
    let arn = crate::request::principal_arn(arn);
    let Some(class) = crate::request::class_of(&arn) else { return Verdict::Unknown };
    match ask(world, rules, &[class], Some(&arn)) {
        Answer::Yes(..) => Verdict::Proved,
        Answer::No => Verdict::Refuted,
        Answer::Unclear(_) => Verdict::Unknown,
    }
}

fn ask(world: &World<'_>, rules: &Rules, classes: &[Class], arn: Option<&str>) -> Answer {
    let tests = arn.map(|arn| test("aws:PrincipalArn", "StringEquals", &[arn])).into_iter().collect();
    let asked = Asked { classes, relation: Relation::Own, actions: put_key_policy(), tests, least: Fit::Account };
    allowed(world, rules, &asked)
}

fn locked_out() -> Proof {
    graded(
        Grade::LockedOut,
        None,
        Vec::new(),
        "no statement lets anybody of the account call kms:PutKeyPolicy".to_owned(),
    )
}

fn graded(grade: Grade, witness: Option<Request>, statements: Vec<usize>, why: String) -> Proof {
    let verdict = if grade == Grade::Manageable { Verdict::Proved } else { Verdict::Refuted };
    Proof { verdict, witness, statements, grade: Some(grade), ..Proof::proved(why) }
}

fn shown(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let more = names.len().saturating_sub(3);
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}
