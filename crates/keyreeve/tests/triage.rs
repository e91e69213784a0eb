//! `triage`, `suppressions` and `remediate plan`, as a user runs them.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::path::Path;

use common::{Run, root, run, run_with};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T12:00:00Z";

fn finding(control: &str, account: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": format!("f/{control}/{account}"),
        "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "GeneratorId": format!("security-control/{control}"), "AwsAccountId": account, "Title": "t",
        "Severity": {"Label": "CRITICAL"}, "Compliance": {"Status": "FAILED", "SecurityControlId": control},
        "Resources": [{"Type": "AwsKmsKey", "Id": format!("arn:aws:kms:eu-north-1:{account}:key/1"), "Region": "eu-north-1"}],
    })
}

fn account(id: &str, environment: &str) -> Value {
    json!({"id": id, "name": "acme", "email": "a@acme.example", "joined": "2024-05-06T00:00:00Z", "ou": "Root/Infra",
        "tags": {"soar:environment": environment}})
}

/// A folder with these files.
fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn decisions(folder: &Path, arguments: &[&str]) -> (Run, Vec<Value>) {
    let all: Vec<&str> = ["triage", "-f", "json", "--now", NOW].into_iter().chain(arguments.iter().copied()).collect();
    let ended = run(folder, &all);
    let list = serde_json::from_str::<Vec<Value>>(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.err));
    (ended, list)
}

fn rules(suppress_when: &str) -> String {
    json!([{"id": "KMS.3", "suppress_when": suppress_when, "owner": "o", "reason": "r", "expires": null}]).to_string()
}

#[test]
fn a_key_to_be_deleted_is_a_ticket_in_production_and_nothing_in_development() {
    let folder = folder(&[
        ("f.json", json!({"Findings": [finding("KMS.3", "111111111111")]}).to_string()),
        ("prod.json", account("111111111111", "PROD").to_string()),
        ("dev.json", json!([account("111111111111", "dev")]).to_string()),
        ("rules.json", rules("environment = dev")),
        ("ticket.json", json!({"id": "SEC-1", "finding_id": "f/KMS.3/111111111111", "status": "open"}).to_string()),
    ]);
    let says = |arguments: &[&str]| {
        let (ended, list) = decisions(folder.path(), arguments);
        assert_eq!((ended.code, list.len()), (Some(0), 1), "{}", ended.err);
        (list[0]["decision"].as_str().unwrap_or_default().to_owned(), list[0]["penalty"].clone())
    };
    assert_eq!(says(&["f.json", "--account", "prod.json"]), ("TEAMFIX".to_owned(), json!(22.5)));
    assert_eq!(says(&["f.json"]), ("TEAMFIX".to_owned(), json!(22.5)));
    assert_eq!(says(&["f.json", "--account", "dev.json"]), ("NOTHING".to_owned(), json!(2.25)));
    assert_eq!(says(&["f.json", "--account", "dev.json", "--rules", "rules.json"]).0, "SUPPRESS");
    assert_eq!(says(&["f.json", "--account", "prod.json", "--rules", "rules.json"]).0, "TEAMFIX");
    assert_eq!(says(&["f.json", "--account", "prod.json", "--ticket", "ticket.json"]).0, "NOTHING");
}

#[test]
fn a_finding_that_cannot_be_read_is_said_with_its_place_and_the_others_are_decided() {
    let mut broken = finding("KMS.4", "111111111111");
    broken["Severity"] = json!({"Label": "SEVERE"});
    let text =
        serde_json::to_string_pretty(&json!({"Findings": [broken, finding("KMS.4", "111111111111")]})).expect("JSON");
    let line = text.lines().position(|line| line.contains("SEVERE")).unwrap_or_default() + 1;
    let folder = folder(&[("f.json", text)]);
    let (ended, list) = decisions(folder.path(), &["f.json"]);
    assert_eq!((ended.code, list.len()), (Some(2), 1));
    assert!(ended.err.contains(&format!("f.json:{line}:")), "{}", ended.err);
    assert!(ended.err.contains("Findings[0].Severity.Label: expected"), "{}", ended.err);
}

#[test]
fn wrong_rules_stop_everything_and_are_shown_by_check() {
    let folder = folder(&[
        ("f.json", finding("KMS.3", "111111111111").to_string()),
        ("rules.json", "[{\"id\": \"KMS.3\",\n  \"suppress_when\": \"enviroment = DEV\"}]".to_owned()),
        ("right.json", rules("environment = DEV")),
        ("account.json", account("111111111111", "PROD").to_string()),
    ]);
    let refused = run(folder.path(), &["triage", "f.json", "--rules", "rules.json"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert!(
        refused.err.contains("rules.json:2:21: `enviroment` is nothing that a rule can ask about"),
        "{}",
        refused.err
    );
    let checked = run(folder.path(), &["suppressions", "check", "rules.json"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.out.contains("rules.json:2:21: error: rule `KMS.3`: `enviroment`"), "{}", checked.out);
    assert!(checked.out.contains("did you mean `environment`?"), "{}", checked.out);
    let right = run(folder.path(), &["suppressions", "check", "right.json", "--account", "account.json", "-f", "json"]);
    let list: Value = serde_json::from_str(&right.out).expect("JSON");
    assert_eq!((right.code, &list["rules"], &list["problems"][0]["level"]), (Some(0), &json!(1), &json!("warning")));
    assert!(list["problems"][0]["message"].as_str().is_some_and(|text| text.contains("no account or finding has")));
}

#[test]
fn explain_shows_what_rules_hit_and_where_the_original_differs() {
    let folder = folder(&[
        ("f.jsonl", format!("{}\n{}\n", finding("KMS.3", "111111111111"), finding("KMS.3", "222222222222"))),
        ("rules.json", rules("environment != PROD")),
        (
            "accounts.json",
            json!([account("111111111111", "DEV"), account("222222222222", "PROD"), account("333333333333", "")])
                .to_string(),
        ),
    ]);
    let arguments = [
        "suppressions",
        "explain",
        "--rules",
        "rules.json",
        "f.jsonl",
        "--account",
        "accounts.json",
        "--now",
        NOW,
        "-f",
        "json",
    ];
    let ended = run(folder.path(), &arguments);
    let list: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(ended.code, Some(0));
    assert_eq!(list[0]["accounts"], json!(["111111111111"]));
    assert_eq!(list[0]["findings"], json!(["f/KMS.3/111111111111"]));
    assert_eq!(list[0]["legacy_differs"], json!([{"account_id": "333333333333", "legacy": "suppress"}]));
    let pretty = run(folder.path(), &arguments[..9]);
    assert!(pretty.out.contains("SOAR would suppress too: 1 of 3: 333333333333 acme"), "{}", pretty.out);
}

#[test]
fn findings_of_a_scan_are_decided_and_planned() {
    let snapshot = root().join("examples/acme/snapshot.jsonl").display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let scanned = run(folder.path(), &["scan", &snapshot, "-f", "json"]);
    let triage = ["triage", "-", "--keys", &snapshot, "--now", NOW, "-f", "jsonl"];
    let decided = run_with(folder.path(), &triage, scanned.out.as_bytes());
    assert_eq!(decided.code, Some(0), "{}", decided.err);
    let first = decided.out.lines().count();
    let scanned_findings: Value = serde_json::from_str(&scanned.out).expect("JSON");
    assert_eq!(Some(first), scanned_findings["findings"].as_array().map(Vec::len));
    let again = run_with(folder.path(), &triage, scanned.out.as_bytes());
    assert_eq!(decided.out, again.out, "the same input gives the same bytes");
    let planned = run_with(
        folder.path(),
        &["remediate", "plan", "-", "--keys", &snapshot, "--now", NOW, "-f", "json"],
        scanned.out.as_bytes(),
    );
    let plans: Vec<Value> = serde_json::from_str(&planned.out).expect("JSON");
    assert_eq!(planned.code, Some(0), "{}", planned.err);
    let calls = |plan: &Value| plan["changes"].as_array().is_some_and(|changes| !changes.is_empty());
    let rotation = plans.iter().find(|plan| plan["control"] == "KMS.4" && calls(plan)).expect("a plan");
    assert_eq!(rotation["changes"][0]["operation"], "EnableKeyRotation");
    assert_eq!(rotation["changes"][0]["risk"], "safe");
    let deletion = plans.iter().find(|plan| plan["control"] == "KMS.3").expect("a plan");
    assert_eq!(
        (&deletion["changes"][0]["operation"], &deletion["approval"]),
        (&json!("CancelKeyDeletion"), &json!(true))
    );
}

#[test]
fn the_configuration_says_hours_projects_and_what_is_held_back() {
    let toml = "[triage]\nhours = { critical = 2 }\ndefault_project = \"SEC\"\nhold = [\"team-fixes\"]\n\
                [accounts.environments]\ndevelopment = [\"blue\"]\n";
    let folder = folder(&[
        ("f.json", finding("KMS.3", "111111111111").to_string()),
        ("blue.json", account("111111111111", "Blue").to_string()),
        ("keyreeve.toml", toml.to_owned()),
    ]);
    let (_, list) = decisions(folder.path(), &["f.json"]);
    assert_eq!(list[0]["service_level"]["due"], "2026-11-22T14:00:00Z");
    assert_eq!(list[0]["owner"]["project"], "SEC");
    assert_eq!(list[0]["held_by"], "team fixes are switched off");
    let (_, list) = decisions(folder.path(), &["f.json", "--account", "blue.json"]);
    assert_eq!((&list[0]["decision"], &list[0]["environment"]), (&json!("NOTHING"), &json!("development")));
    fs::write(folder.path().join("keyreeve.toml"), "[triage]\nhours = { severe = 2 }\n").expect("a file");
    assert_eq!(run(folder.path(), &["triage", "f.json"]).code, Some(2));
}

/// What `scan` writes for others is decided as what it writes for us.
#[test]
fn every_format_of_a_scan_leads_to_the_same_decisions() {
    let snapshot = root().join("examples/acme/snapshot.jsonl").display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let decided = |format: &str| {
        let scanned = run(folder.path(), &["scan", &snapshot, "-f", format]);
        let triage = ["triage", "-", "--keys", &snapshot, "--now", NOW, "-f", "json"];
        let ended = run_with(folder.path(), &triage, scanned.out.as_bytes());
        assert_eq!(ended.code, Some(0), "{format}: {}", ended.err);
        let list: Vec<Value> = serde_json::from_str(&ended.out).expect("JSON");
        let fields =
            ["decision", "row", "control", "resource", "account_id", "environment", "severity", "penalty", "owner"];
        let mut all: Vec<String> = list.iter().map(|it| fields.map(|field| it[field].to_string()).join(" ")).collect();
        all.sort();
        all
    };
    let own = decided("json");
    assert!(own.len() > 50);
    assert_eq!(decided("jsonl"), own);
    assert_eq!(decided("ocsf"), own);
    assert_eq!(decided("asff"), own);
}

#[test]
fn nothing_named_and_nothing_to_plan_have_their_statuses() {
    let folder = folder(&[("f.json", finding("KMS.99", "111111111111").to_string()), ("empty.json", "[]".to_owned())]);
    assert_eq!(run(folder.path(), &["triage"]).code, Some(2));
    assert_eq!(run(folder.path(), &["triage", "missing.json"]).code, Some(2));
    assert_eq!(run(folder.path(), &["triage", "empty.json"]).code, Some(0));
    assert_eq!(run(folder.path(), &["remediate", "plan", "f.json"]).code, Some(3));
    let hostile = finding("KMS.3\u{1b}[31m", "111111111111").to_string();
    fs::write(folder.path().join("h.json"), hostile).expect("a file");
    let shown = run(folder.path(), &["triage", "h.json"]);
    assert!(!shown.out.contains('\u{1b}'), "{}", shown.out);
}

/// What the guide shows is what the program prints. `KEYREEVE_WRITE_DOCS=1` puts it there.
#[test]
fn the_guide_shows_what_the_program_prints() {
    let path = root().join("docs/triage.md");
    let guide = fs::read_to_string(&path).expect("the guide");
    let mut parts = guide.split("```console\n");
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```\n").expect("the end of a block");
        let command = block.lines().next().unwrap_or_default();
        let arguments: Vec<&str> = command.trim_start_matches("$ keyreeve ").split(' ').collect();
        let ended = run(&root(), &arguments);
        assert!(matches!(ended.code, Some(0 | 2)), "{command}: {}", ended.err);
        made += &format!("```console\n{command}\n{}{}```\n{rest}", ended.out, ended.err);
    }
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        fs::write(&path, &made).expect("writing the guide");
    }
    assert!(made == fs::read_to_string(&path).expect("the guide"), "docs/triage.md: run ./x generate");
}
