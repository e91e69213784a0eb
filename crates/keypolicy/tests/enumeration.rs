//! `prove` and `diff` against all requests of a small world, on generated policies.

#![expect(clippy::unwrap_used, reason = "a test")]

mod generated;

use generated::{Dice, OWN, policy, requests, setting, statements};
use keypolicy::decide::{Decision, Sources, decision};
use keypolicy::prove::{Assumptions, Grade, Standing, diff};
use keypolicy::request::Class;
use keypolicy::{ActionSet, Property, Request, Rules, Verdict, prove, rules};

/// A part of the world, another one in each case.
fn part(world: &[Request], case: usize) -> Vec<&Request> {
    world.iter().skip(case % PARTS).step_by(PARTS).collect()
}

const PARTS: usize = 11;

/// How many policies a run looks at; more with `KEYPOLICY_CASES`.
fn cases(few: usize) -> usize {
    std::env::var("KEYPOLICY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

fn compiled(statements: &[String]) -> (String, Rules) {
    let text = policy(statements);
    let parsed = keypolicy::parse(&text).unwrap();
    (text, rules::compile(&parsed, &setting()))
}

fn decide(rules: &Rules, request: &Request) -> Decision {
    decision(&Sources::of(rules, Some(OWN)), request)
}

/// Whether a request would refute the property.
fn breaks(property: &Property, request: &Request, decided: Decision) -> bool {
    let outside = match request.class() {
        Class::Service => request.value("aws:sourceaccount").is_some_and(|account| account != OWN),
        _ => request.account.as_deref() != Some(OWN),
    };
    match property {
        Property::NoOutsideAccess(actions) => decided.allows() && outside && actions.has(request.action),
        Property::RootOnly => {
            let named = decided == Decision::Allow && request.class() != Class::Root;
            named || (decided.allows() && request.class() != Class::Service && request.account.as_deref() != Some(OWN))
        }
        Property::NotPublic => {
            decided.allows() && request.account.as_deref() == Some(generated::STRANGER) && strange(request)
        }
        _ => false,
    }
}

/// Whether nothing about the request is what generated policies mention.
fn strange(request: &Request) -> bool {
    request.value("aws:principalorgid").is_none_or(|it| it == "o-9")
        && request.value("aws:sourcevpce").is_none()
        && request.value("aws:userid").is_none_or(|it| !it.starts_with("AROAEXAMPLE"))
}

#[test]
fn nothing_proved_is_contradicted_by_any_request() {
    let world = requests();
    let mut dice = Dice(0x1234_5678_9ABC_DEF1);
    let properties = [Property::NoOutsideAccess(ActionSet::ALL), Property::RootOnly, Property::NotPublic];
    let mut counts = [0_usize; 3];
    for case in 0..cases(250) {
        let (text, rules) = compiled(&statements(&mut dice));
        let world = part(&world, case);
        let decided: Vec<Decision> = world.iter().map(|request| decide(&rules, request)).collect();
        for property in &properties {
            let proof = prove(&rules, &setting(), &Assumptions::default(), property);
            counts[match proof.verdict {
                Verdict::Proved => 0,
                Verdict::Refuted => 1,
                Verdict::Unknown => 2,
            }] += 1;
            let broken = world.iter().zip(&decided).find(|(request, decided)| breaks(property, request, **decided));
            if let (Some((request, _)), Verdict::Proved) = (broken, proof.verdict) {
                panic!("case {case}: {property:?} is proved, but not for\n{}\n{text}", request.to_json());
            }
            if let Some(witness) = &proof.witness {
                assert!(decide(&rules, witness).allows(), "case {case}: {}\n{text}", witness.to_json());
            }
            if proof.verdict == Verdict::Unknown {
                println!("case {case} {property:?}: {}\n{text}", proof.why);
            }
        }
    }
    println!("proved, refuted, unknown: {counts:?}");
    assert!(counts[2] * 50 <= counts[0] + counts[1], "more than two in a hundred are unknown: {counts:?}");
    assert!(counts[0] > 20 && counts[1] > 20, "both verdicts are tested: {counts:?}");
}

#[test]
fn manageable_and_separated_agree_with_what_is_decided() {
    let world = requests();
    let mut dice = Dice(0x0F0F_1234_5678_9ABC);
    let administration = |request: &Request| matches!(request.action.name(), "PutKeyPolicy" | "ScheduleKeyDeletion");
    let using = |request: &Request| matches!(request.action.name(), "Decrypt" | "Sign");
    for case in 0..cases(120) {
        let (text, rules) = compiled(&statements(&mut dice));
        let world = part(&world, case).into_iter();
        let allowed: Vec<(&Request, Decision)> =
            world.map(|request| (request, decide(&rules, request))).filter(|(_, it)| it.allows()).collect();
        let own = |request: &Request| request.account.as_deref() == Some(OWN);
        let managed = allowed.iter().any(|(request, _)| own(request) && request.action.name() == "PutKeyPolicy");
        let proof = prove(&rules, &setting(), &Assumptions::default(), &Property::Manageable);
        let locked_out = proof.grade == Some(Grade::LockedOut);
        assert!(!(managed && locked_out), "case {case}: somebody can manage\n{text}");

        let proof = prove(&rules, &setting(), &Assumptions::default(), &Property::Separated);
        if proof.verdict == Verdict::Proved {
            let named =
                |request: &Request, decided: Decision| decided == Decision::Allow && request.class() != Class::Root;
            let same = |a: &Request, b: &Request| {
                ["aws:principalarn", "aws:userid", "aws:principalorgid", "aws:principaltag/t"]
                    .iter()
                    .all(|key| a.value(key) == b.value(key))
                    && a.principal == b.principal
            };
            let administrators: Vec<&Request> = allowed
                .iter()
                .filter(|(it, decided)| administration(it) && named(it, *decided))
                .map(|it| it.0)
                .collect();
            let both = allowed
                .iter()
                .filter(|(it, decided)| using(it) && named(it, *decided))
                .find(|(it, _)| administrators.iter().any(|other| same(it, other)));
            assert!(both.is_none(), "case {case}: {}\n{text}", both.unwrap().0.to_json());
        }
    }
}

#[test]
fn no_difference_means_none_for_any_request() {
    let world = requests();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut counts = std::collections::BTreeMap::new();
    for case in 0..cases(200) {
        let first = statements(&mut dice);
        let mut second = match dice.below(4) {
            0 => statements(&mut dice),
            _ => first.clone(),
        };
        if dice.below(2) == 0 {
            second.reverse();
        }
        if dice.below(2) == 0 {
            second.extend(statements(&mut dice).into_iter().take(1));
        }
        let ((old_text, old), (new_text, new)) = (compiled(&first), compiled(&second));
        let found = diff(&old, &new, &setting(), &Assumptions::default());
        *counts.entry(found.standing.name()).or_insert(0) += 1;
        let compare = |request: &Request| {
            decide(&old, request).max(Decision::ImplicitDeny).cmp(&decide(&new, request).max(Decision::ImplicitDeny))
        };
        let world = part(&world, case);
        let gains = world.iter().find(|request| compare(request).is_lt());
        let losses = world.iter().find(|request| compare(request).is_gt());
        let texts = format!("{old_text}\n{new_text}");
        if let (Some(request), Standing::Equal | Standing::Narrower) = (gains, found.standing) {
            panic!("case {case}: {} but more is allowed of\n{}\n{texts}", found.standing.name(), request.to_json());
        }
        if let (Some(request), Standing::Equal | Standing::Wider) = (losses, found.standing) {
            panic!("case {case}: {} but less is allowed of\n{}\n{texts}", found.standing.name(), request.to_json());
        }
        for change in found.gained.iter().chain(&found.lost) {
            assert_eq!(
                (decide(&old, &change.request), decide(&new, &change.request)),
                (change.old, change.new),
                "case {case}"
            );
        }
        if found.standing == Standing::Unknown {
            println!("case {case}: {:?}\n{texts}", found.constructs);
        }
    }
    println!("{counts:?}");
    let unknown = counts.get("UNKNOWN").copied().unwrap_or(0);
    assert!(unknown * 25 <= cases(200), "more than four in a hundred are unknown: {counts:?}");
}
