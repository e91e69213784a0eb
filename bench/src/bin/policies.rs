//! How fast key policies are proved not public, and how slow the slowest policy is that a search finds.
//!
//! `policies speed [SECONDS]`: typical policies of 3 – 8 statements, parsed, made ready and proved, on two threads.
//! `policies one FILE`: how long that policy takes.
//! `policies worst [SECONDS] [SEED]`: policies of up to 32 KiB made to be hard, changed where that makes them harder; the worst goes to a file.

use keypolicy::prove::{Assumptions, prove};
use keypolicy::{Property, Setting, Verdict, rules};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// AWS takes no larger policy.
const MOST_BYTES: usize = 32_768;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|it| it.parse().ok()).unwrap_or(default);
    match arguments.first().map(String::as_str) {
        Some("speed") => speed(Duration::from_secs(number(1, 3))),
        Some("one") => one(arguments.get(1).ok_or("which file?")?),
        Some("worst") => worst(Duration::from_secs(number(1, 30)), number(2, 20_261_122)),
        _ => Err("usage: policies speed [SECONDS] | worst [SECONDS] [SEED]".to_owned()),
    }
}

fn proved(text: &str) -> Result<Verdict, String> {
    let policy = keypolicy::parse(text).map_err(|error| error.to_string())?;
    let setting = Setting { account: Some("111122223333".to_owned()), ..Setting::default() };
    let compiled = rules::compile(&policy, &setting);
    Ok(prove(&compiled, &setting, &Assumptions::default(), &Property::NotPublic).verdict)
}

fn speed(time: Duration) -> Result<(), String> {
    let policies: Vec<String> = (0..200).map(typical).collect();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for policy in &policies {
        *verdicts.entry(proved(policy)?.name()).or_default() += 1;
    }
    let (done, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (policies, done) = (&policies, &done);
            scope.spawn(move || {
                let mut at = thread;
                while began.elapsed() < time {
                    for _ in 0..20 {
                        let _ = proved(&policies[at % policies.len()]);
                        at += 2;
                    }
                    done.fetch_add(20, Ordering::Relaxed);
                }
            });
        }
    });
    let rate = done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    let size = policies.iter().map(String::len).sum::<usize>() / policies.len();
    println!("{rate:.0} policies a second on two threads; {size} bytes on average; {verdicts:?}");
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

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// What a policy is made of: its statements.
#[derive(Clone)]
struct Hard(Vec<String>);

impl Hard {
    fn text(&self) -> String {
        format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, self.0.join(","))
    }
}

/// How long one policy takes, the best of five.
fn one(path: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("reading {path}: {error}"))?;
    let mut best = Duration::MAX;
    let mut verdict = "";
    for _ in 0..5 {
        let began = Instant::now();
        verdict = proved(&text)?.name();
        best = best.min(began.elapsed());
    }
    println!("{:.1} ms, {} bytes, {verdict}", best.as_secs_f64() * 1e3, text.len());
    Ok(())
}

fn worst(time: Duration, seed: u64) -> Result<(), String> {
    let (mut dice, began) = (Dice(seed | 1), Instant::now());
    let mut best = (Duration::ZERO, Hard(Vec::new()), "");
    let mut tried = 0;
    while began.elapsed() < time {
        let candidate = if best.1.0.is_empty() || dice.below(3) == 0 { fresh(&mut dice) } else { changed(&best.1, &mut dice) };
        let text = candidate.text();
        if text.len() > MOST_BYTES {
            continue;
        }
        let start = Instant::now();
        let verdict = proved(&text)?;
        let took = start.elapsed();
        tried += 1;
        if took > best.0 {
            best = (took, candidate, verdict.name());
        }
    }
    let path = std::env::temp_dir().join("keyreeve-worst-policy.json");
    let text = best.1.text();
    std::fs::write(&path, &text).map_err(|error| format!("writing {}: {error}", path.display()))?;
    let (size, place) = (text.len(), path.display());
    println!("worst of {tried}: {:.1} ms, {size} bytes, {}, in {place}", best.0.as_secs_f64() * 1e3, best.2);
    Ok(())
}

fn fresh(dice: &mut Dice) -> Hard {
    let kind = dice.below(6);
    let (allows, denies) = (1 + dice.below(20), dice.below(120));
    let mut made = Hard(Vec::new());
    for at in 0..allows + denies {
        made.0.push(statement(dice, at >= allows, kind));
    }
    while made.text().len() > MOST_BYTES {
        made.0.pop();
    }
    made
}

fn changed(from: &Hard, dice: &mut Dice) -> Hard {
    let mut made = from.clone();
    for _ in 0..1 + dice.below(8) {
        let (at, kind) = (dice.below(made.0.len()), dice.below(6));
        let deny = dice.below(4) > 0;
        match dice.below(3) {
            0 => made.0[at] = statement(dice, deny, kind),
            1 => made.0.insert(at, statement(dice, deny, kind)),
            _ => {
                let copy = made.0[at].clone();
                made.0.push(copy);
            }
        }
    }
    while made.text().len() > MOST_BYTES && made.0.len() > 1 {
        let at = dice.below(made.0.len());
        made.0.remove(at);
    }
    made
}

fn statement(dice: &mut Dice, deny: bool, kind: usize) -> String {
    let effect = if deny { "Deny" } else { "Allow" };
    let principal = dice.pick(&[r#""Principal":"*""#, r#""Principal":"*""#, r#""NotPrincipal":{"AWS":["arn:aws:iam::111122223333:role/a","111122223333"]}"#, r#""Principal":{"AWS":"*","Service":"s3.amazonaws.com"}"#]);
    let action = dice.pick(&[r#""kms:*""#, r#""kms:Decrypt""#, r#"["kms:D*","kms:CreateGrant"]"#, r#""kms:*Key*""#]);
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..1 + dice.below(5) {
        let (operator, line) = condition(dice, kind);
        let lines = lines.entry(operator).or_default();
        if !lines.iter().any(|it| it.split(':').take(2).eq(line.split(':').take(2))) {
            lines.push(line);
        }
    }
    let lines: Vec<String> = lines.iter().map(|(operator, lines)| format!(r#""{operator}":{{{}}}"#, lines.join(","))).collect();
    format!(r#"{{"Effect":"{effect}",{principal},"Action":{action},"Resource":"*","Condition":{{{}}}}}"#, lines.join(","))
}

fn condition(dice: &mut Dice, kind: usize) -> (String, String) {
    let key = dice.pick(&["aws:PrincipalArn", "aws:PrincipalTag/a", "kms:EncryptionContext:b", "kms:ViaService", "aws:userid", "aws:PrincipalOrgPaths", "aws:SourceArn", "kms:RequestAlias", "aws:PrincipalAccount", "kms:EncryptionContextKeys"]);
    let multivalued = matches!(key, "aws:PrincipalOrgPaths" | "kms:EncryptionContextKeys");
    let quantifier = if multivalued { dice.pick(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
    let operator = match kind {
        0 => dice.pick(&["StringLike", "StringNotLike"]),
        1 => dice.pick(&["StringNotLike", "StringNotEquals", "StringNotLikeIfExists"]),
        2 => dice.pick(&["ArnLike", "ArnNotLike", "StringLike"]),
        _ => dice.pick(&["StringLike", "StringNotLike", "StringEquals", "StringNotEquals", "ArnNotLike", "StringEqualsIgnoreCase", "StringLikeIfExists"]),
    };
    let many = 1 + dice.below(if kind == 3 { 40 } else { 6 });
    let values: Vec<String> = (0..many).map(|_| format!("\"{}\"", value(dice, key, kind))).collect();
    (format!("{quantifier}{operator}"), format!(r#""{key}":[{}]"#, values.join(",")))
}

fn value(dice: &mut Dice, key: &str, kind: usize) -> String {
    let letters: Vec<&str> = "abcdefgh0123?*".split("").filter(|it| !it.is_empty()).collect();
    let mut text = String::new();
    for _ in 0..1 + dice.below(if kind == 4 { 60 } else { 10 }) {
        text.push_str(dice.pick(&letters));
        if dice.below(3) == 0 {
            text.push('*');
        }
    }
    if kind == 5 && dice.below(4) == 0 {
        text.push_str("${aws:PrincipalTag/a}");
    }
    match key {
        "aws:PrincipalArn" if dice.below(3) > 0 => format!("arn:aws:iam::{}:role/{text}", dice.pick(&["*", "111122223333", "?11122223333", "444455556666", "4444*"])),
        "aws:SourceArn" if dice.below(3) > 0 => format!("arn:aws:s3:*:*:{text}"),
        "aws:PrincipalOrgPaths" => format!("o-a1b2c3d4e5/r-{text}/*"),
        "aws:PrincipalAccount" => dice.pick(&["111122223333", "4444*", "????????????", "*5*", "44445555*"]).to_owned(),
        _ => text,
    }
}
