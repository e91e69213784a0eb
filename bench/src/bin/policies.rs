//! How fast key policies are proved not public, and how slow the slowest policy is that a search finds.
//!
//! `policies speed [SECONDS]`: typical policies of 3 – 8 statements, parsed, made ready and proved, on two threads.
//! `policies floor [SECONDS]`: the same policies, only parsed, by `serde_json`, on two threads.
//! `policies stages`: what of it takes how long, on one thread.
//! `policies worst [SECONDS] [SEED]`: policies of up to 32 KiB made to be hard, changed where that makes them harder; prints the recipe of the worst.
//! `policies one FILE|RECIPE [BYTES]`: how long everything takes that is done with that policy.

#[path = "../../../crates/keypolicy/tests/hard/mod.rs"]
mod hard;

use keypolicy::context::Context;
use keypolicy::lint::{self, Profile};
use keypolicy::prove::who::{Given, who_can};
use keypolicy::prove::{Assumptions, Proof, prove};
use keypolicy::{Property, Rules, Setting, rules};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// AWS takes no larger policy.
const MOST_BYTES: usize = 32_768;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|it| it.parse().ok()).unwrap_or(default);
    match arguments.first().map(String::as_str) {
        Some("speed") => speed(Duration::from_secs(number(1, 3))),
        Some("floor") => floor(Duration::from_secs(number(1, 3))),
        Some("stages") => stages(),
        Some("one") => one(arguments.get(1).ok_or("which file or recipe?")?, usize::try_from(number(2, MOST_BYTES as u64)).unwrap_or(MOST_BYTES)),
        Some("worst") => worst(Duration::from_secs(number(1, 30)), number(2, 20_261_122)),
        _ => Err("usage: policies speed [SECONDS] | floor [SECONDS] | stages | worst [SECONDS] [SEED] | one FILE|RECIPE [BYTES]".to_owned()),
    }
}

fn setting() -> Setting {
    Setting { account: Some("111122223333".to_owned()), ..Setting::default() }
}

fn compiled(text: &str) -> Result<Rules, String> {
    let policy = keypolicy::parse(text).map_err(|error| error.to_string())?;
    Ok(rules::compile(&policy, &setting()))
}

fn proved(text: &str) -> Result<Proof, String> {
    Ok(prove(&compiled(text)?, &setting(), &Assumptions::default(), &Property::NotPublic))
}

fn speed(time: Duration) -> Result<(), String> {
    let policies = typical_policies();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for policy in &policies {
        *verdicts.entry(proved(policy)?.verdict.name()).or_default() += 1;
    }
    let rate = rate(&policies, time, |policy| drop(black_box(proved(policy))));
    println!("{rate:.0} policies a second on two threads; {} bytes on average; {verdicts:?}", mean_size(&policies));
    Ok(())
}

fn floor(time: Duration) -> Result<(), String> {
    let policies = typical_policies();
    let rate = rate(&policies, time, |policy| drop(black_box(serde_json::from_str::<serde_json::Value>(policy))));
    println!("{rate:.0} policies a second on two threads; {} bytes on average", mean_size(&policies));
    Ok(())
}

/// How often a second something is done with a policy, on two threads.
fn rate(policies: &[String], time: Duration, work: impl Fn(&str) + Sync) -> f64 {
    let (done, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (work, done) = (&work, &done);
            scope.spawn(move || {
                let mut at = thread;
                while began.elapsed() < time {
                    for _ in 0..20 {
                        work(&policies[at % policies.len()]);
                        at += 2;
                    }
                    done.fetch_add(20, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn mean_size(policies: &[String]) -> usize {
    policies.iter().map(String::len).sum::<usize>() / policies.len()
}

fn stages() -> Result<(), String> {
    let policies = typical_policies();
    let mut parsed = Vec::new();
    let began = Instant::now();
    for policy in &policies {
        parsed.push(keypolicy::parse(policy).map_err(|error| error.to_string())?);
    }
    let parse = began.elapsed();
    let began = Instant::now();
    let compiled: Vec<Rules> = parsed.iter().map(|policy| rules::compile(policy, &setting())).collect();
    let compile = began.elapsed();
    let began = Instant::now();
    for rules in &compiled {
        black_box(prove(rules, &setting(), &Assumptions::default(), &Property::NotPublic));
    }
    let prove = began.elapsed();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / policies.len() as f64;
    println!("µs each: parse {:.1}, compile {:.1}, prove {:.1}", each(parse), each(compile), each(prove));
    Ok(())
}

/// A policy as people write it, a different one for each number.
fn typical(number: usize) -> String {
    let role = |name: &str| format!(r#"{{"AWS": "arn:aws:iam::111122223333:role/{name}-{number}"}}"#);
    let statement = |sid: &str, principal: &str, actions: &str, condition: &str| {
        format!(r#"{{"Sid": "{sid}", "Effect": "Allow", "Principal": {principal}, "Action": {actions}, "Resource": "*"{condition}}}"#)
    };
    let administer = r#"["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]"#;
    let using = r#"["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]"#;
    let root = statement("Enable IAM User Permissions", r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, r#""kms:*""#, "");
    let sso = r#", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}"#;
    let grant = r#", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}"#;
    let through = r#", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}"#;
    let trail = r#", "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}"#;
    let of_us = r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
    let floor = r#"{"Sid": "Floor", "Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}}"#;
    let all = [
        statement("Admins", &role("admin"), administer, ""),
        statement("Users", &role("app"), using, ""),
        statement("Sso", r#""*""#, administer, sso),
        statement("Grants", &role("app"), r#"["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]"#, grant),
        statement("Through", r#"{"AWS": "*"}"#, using, through),
        statement("Trail", r#"{"Service": "cloudtrail.amazonaws.com"}"#, r#""kms:GenerateDataKey*""#, trail),
        statement("Organisation", r#"{"AWS": "*"}"#, r#"["kms:Decrypt", "kms:DescribeKey"]"#, of_us),
        floor.to_owned(),
    ];
    let others = 2 + number % 6;
    let chosen: Vec<&str> = (0..others).map(|at| all[(number / 6 + at * 3) % all.len()].as_str()).collect();
    format!(r#"{{"Version": "2012-10-17", "Statement": [{root}, {}]}}"#, chosen.join(", "))
}

fn typical_policies() -> Vec<String> {
    (0..200).map(typical).collect()
}

/// How long everything takes that is done with one policy, the best of five.
fn one(name: &str, most_bytes: usize) -> Result<(), String> {
    let recipe: Option<Vec<u64>> = name.split('-').map(|seed| seed.parse().ok()).collect();
    let text = match recipe {
        Some(recipe) => hard::policy(&recipe, most_bytes),
        None => std::fs::read_to_string(name).map_err(|error| format!("reading {name}: {error}"))?,
    };
    let policy = keypolicy::parse(&text).map_err(|error| error.to_string())?;
    let (setting, nothing) = (setting(), Assumptions::default());
    let rules = rules::compile(&policy, &setting);
    let context = Context { key: setting.clone(), ..Context::default() };
    let changed = Rules { rules: rules.rules.iter().rev().skip(1).cloned().collect(), inert: Vec::new() };
    let given = Given { policy: &rules, ram: None, grants: &[] };
    let best = |work: &dyn Fn()| {
        let times = (0..5).map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        });
        times.min().unwrap_or_default().as_secs_f64() * 1e3
    };
    let proof = proved(&text)?;
    println!("{} bytes, {} statements: {}, {} steps", text.len(), policy.statements.len(), proof.verdict.name(), proof.steps);
    let stages: [(&str, &dyn Fn()); 8] = [
        ("parse", &|| drop(black_box(keypolicy::parse(&text)))),
        ("compile", &|| drop(black_box(rules::compile(&policy, &setting)))),
        ("not-public", &|| drop(black_box(prove(&rules, &setting, &nothing, &Property::NotPublic)))),
        ("manageable", &|| drop(black_box(prove(&rules, &setting, &nothing, &Property::Manageable)))),
        ("separated", &|| drop(black_box(prove(&rules, &setting, &nothing, &Property::Separated)))),
        ("diff", &|| drop(black_box(keypolicy::diff(&rules, &changed, &setting, &nothing)))),
        ("who-can", &|| drop(black_box(who_can(&given, &setting, &nothing)))),
        ("lint", &|| drop(black_box(lint::run(&text, &policy, &context, Profile::Strict)))),
    ];
    for (name, work) in stages {
        println!("{name}: {:.2} ms", best(work));
    }
    Ok(())
}

fn worst(time: Duration, seed: u64) -> Result<(), String> {
    let (mut dice, began) = (hard::Dice::new(seed), Instant::now());
    let mut best: (Duration, Vec<u64>, Option<Proof>) = (Duration::ZERO, Vec::new(), None);
    let mut tried = 0;
    while began.elapsed() < time {
        let mut recipe = best.1.clone();
        if recipe.len() > 60 || dice.below(3) == 0 {
            recipe.clear();
        }
        recipe.push(dice.next() % 1_000_000);
        let text = hard::policy(&recipe, MOST_BYTES);
        let start = Instant::now();
        let proof = proved(&text)?;
        let took = start.elapsed();
        tried += 1;
        if took > best.0 {
            // What another process was busy with is no property of the policy.
            let again = Instant::now();
            black_box(proved(&text)?);
            let took = took.min(again.elapsed());
            if took > best.0 {
                best = (took, recipe, Some(proof));
            }
        }
    }
    let recipe: Vec<String> = best.1.iter().map(u64::to_string).collect();
    let (verdict, steps) = best.2.map_or(("none", 0), |proof| (proof.verdict.name(), proof.steps));
    println!("worst of {tried}: {:.1} ms, {verdict}, {steps} steps, recipe {}", best.0.as_secs_f64() * 1e3, recipe.join("-"));
    Ok(())
}
