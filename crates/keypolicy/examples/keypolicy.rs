//! Reads jobs as JSON Lines and answers each with one line: for the oracles, which compare the answers with their own.
//!
//! `{"policy": "…", "requests": [{…}], "account": "…", "now": "…"}` → `{"decisions": ["ALLOW", …]}`;
//! with `"prove": "not-public"` → `{"verdict": "PROVED", "witness": null, "why": "…"}`;
//! with `"old": "…"` → `{"relation": "EQUAL", "gained": null, "lost": null}`.

#![expect(clippy::print_stdout, reason = "its answers go there")]

use keypolicy::decide::{Sources, decision};
use keypolicy::prove::{Assumptions, diff};
use keypolicy::{ActionSet, Property, Request, Rules, Setting, prove, rules};
use serde_json::{Value, json};
use std::io::BufRead as _;

fn main() -> Result<(), String> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let job: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        println!("{}", answer(&job).unwrap_or_else(|error| json!({ "error": error })));
    }
    Ok(())
}

fn answer(job: &Value) -> Result<Value, String> {
    let text = |name: &str| job.get(name).and_then(Value::as_str);
    let policy = read(text("policy").ok_or("no policy")?)?;
    let setting = Setting { account: text("account").map(str::to_owned), ..Setting::default() };
    let new = rules::compile(&policy, &setting);
    if let Some(old) = text("old") {
        let old = rules::compile(&read(old)?, &setting);
        let found = diff(&old, &new, &setting, &Assumptions::default());
        let request = |change: &Option<prove::Change>| change.as_ref().map(|it| it.request.to_json());
        return Ok(
            json!({"relation": found.standing.name(), "gained": request(&found.gained), "lost": request(&found.lost)}),
        );
    }
    if let Some(preset) = text("prove") {
        let property = match preset {
            "not-public" => Property::NotPublic,
            "no-outside-access" => Property::NoOutsideAccess(ActionSet::ALL),
            "root-only" => Property::RootOnly,
            other => return Err(format!("no preset {other}")),
        };
        let proof = prove(&new, &setting, &Assumptions::default(), &property);
        let witness = proof.witness.map(|it| it.to_json());
        return Ok(json!({"verdict": proof.verdict.name(), "witness": witness, "why": proof.why}));
    }
    decisions(job, &new, &setting)
}

fn read(text: &str) -> Result<keypolicy::Policy, String> {
    keypolicy::parse(text).map_err(|error| format!("{error} at byte {}", error.span.start))
}

fn decisions(job: &Value, rules: &Rules, setting: &Setting) -> Result<Value, String> {
    let mut made = Vec::new();
    for request in job.get("requests").and_then(Value::as_array).into_iter().flatten() {
        let tree = source::json::parse(&request.to_string()).map_err(|error| error.to_string())?;
        let mut request = Request::read(&tree).map_err(|error| error.to_string())?;
        request.complete(setting, job.get("now").and_then(Value::as_str)).map_err(|error| error.to_string())?;
        made.push(decision(&Sources::of(rules, setting.account.as_deref()), &request).name());
    }
    Ok(json!({ "decisions": made }))
}
