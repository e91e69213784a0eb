//! The policies on which `./x bench policy-peers` compares others with `prove`: it gives the answers that are written beside them.

#![expect(clippy::unwrap_used, reason = "a test")]

use keypolicy::decide::{Sources, decision};
use keypolicy::prove::Assumptions;
use keypolicy::{ActionSet, Property, Setting, Verdict, parse, prove, rules};
use serde_json::{Value, json};

fn data() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/policy_peers/policies.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The policy, with the account's statement before statements that stand alone.
fn document(case: &Value, account: &str) -> String {
    if let Some(policy) = case.get("policy") {
        return policy.to_string();
    }
    let root = format!("arn:aws:iam::{account}:root");
    let mut statements =
        vec![json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})];
    statements.extend(case["statements"].as_array().unwrap().iter().cloned());
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn expected(answer: &Value) -> Verdict {
    answer.as_bool().map_or(Verdict::Unknown, |access| if access { Verdict::Refuted } else { Verdict::Proved })
}

#[test]
fn policies_of_the_comparison_get_the_answers_written_beside_them() {
    let data = data();
    let account = data["account"].as_str().unwrap();
    let cases: Vec<&Value> =
        data["groups"].as_array().unwrap().iter().flat_map(|group| group["policies"].as_array().unwrap()).collect();
    assert!(cases.len() > 90, "the policies are there");
    let mut wrong = Vec::new();
    for case in cases {
        let trusted = case.get("trust").and_then(Value::as_array).into_iter().flatten();
        let setting = Setting {
            account: Some(account.to_owned()),
            trusted: trusted.map(|name| name.as_str().unwrap().to_owned()).collect(),
            ..Setting::default()
        };
        let compiled = rules::compile(&parse(&document(case, account)).unwrap(), &setting);
        let assumptions = Assumptions { now: case.get("now").and_then(Value::as_str), ..Assumptions::default() };
        let questions = [("public", Property::NotPublic), ("outside", Property::NoOutsideAccess(ActionSet::ALL))];
        for (question, property) in questions {
            let proof = prove(&compiled, &setting, &assumptions, &property);
            let confirmed = proof
                .witness
                .as_ref()
                .is_none_or(|request| decision(&Sources::of(&compiled, Some(account)), request).allows());
            if proof.verdict != expected(&case[question]) || !confirmed {
                wrong.push(format!("{} {question}: {} {}", case["name"], proof.verdict.name(), proof.why));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
