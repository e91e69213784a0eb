//! `explain`, `test`, `lint` and `keys` as a user runs them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::Path;

use common::{Run, root, run};
use serde_json::{Value, json};

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", run.out, run.err))
}

fn here(arguments: &[&str]) -> Run {
    let run = run(Path::new("/"), arguments);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

#[test]
fn the_seeds_detection_is_explained_as_its_page_prints_it() {
    let page = json(&here(&["explain", "AWS.CMK.KeyRotation", "--format", "json"]));
    assert_eq!(
        page["condition"],
        r#"not (Origin ne "AWS_KMS" or KeyManager ne "CUSTOMER" or (KeyRotationEnabled eq "True" and KeyState eq "Enabled"))"#
    );
    assert_eq!(
        page["exclusions"],
        json!([
            {"field": "KeyRotationEnabled", "kind": "eq", "values": ["True"]},
            {"field": "KeyState", "kind": "eq", "values": ["Enabled"]},
            {"field": "KeyManager", "kind": "ne", "values": ["CUSTOMER"]},
            {"field": "Origin", "kind": "ne", "values": ["AWS_KMS"]},
        ])
    );
    assert_eq!(page["group_by"], json!(["AccountId"]));
    assert_eq!(page["compliance"], json!({"CIS": ["2.8"], "PCI": ["3.5.2"]}));
    assert_eq!((&page["severity"], &page["tier"]), (&json!("LOW"), &json!("lowered")));
    assert_eq!(page["attack"][0]["technique"], "Unsecured Credentials");
    assert!(page["passes_when"].as_str().unwrap().contains("KeyRotationEnabled alone excludes nothing"));
    let verdicts = page["test_verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 10);
    assert!(verdicts.iter().all(|verdict| verdict["status"] == "PASS"));
}

#[test]
fn every_built_in_detection_has_a_page_that_fits_a_hundred_columns() {
    let list = here(&["explain"]);
    let ids: Vec<&str> = list.out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids.len(), 21, "{}", list.out);
    for id in ids {
        let page = here(&["explain", id]);
        assert_eq!(page.code, Some(0), "{id}: {}", page.err);
        assert!(page.out.contains(id) && !page.out.contains('\u{1b}'));
        let document = json(&here(&["explain", id, "--format", "json"]));
        assert!(document["passes_when"].is_string() && document["logic"].is_string(), "{id}");
    }
}

#[test]
fn an_unknown_detection_is_answered_with_the_nearest() {
    let run = here(&["explain", "AWS.KMS.RotatonEnabled"]);
    assert_eq!(run.code, Some(3));
    assert!(run.err.contains("did you mean AWS.KMS.RotationEnabled?"), "{}", run.err);
}

#[test]
fn a_detection_is_explained_from_its_file() {
    let run = run(&root(), &["explain", "detections/kms/aws_kms_alias.yml", "--format", "json"]);
    assert_eq!(json(&run)["id"], "AWS.KMS.Alias", "{}", run.err);
}

#[test]
fn the_built_in_tests_pass() {
    let run = here(&["test", "--pack", "kms", "--pack", "panther-kms", "--minimum-tests", "2", "--format", "json"]);
    let document = json(&run);
    assert_eq!(run.code, Some(0), "{}", document["summary"]);
    assert_eq!(document["summary"]["detections"], 21);
    assert_eq!(document["summary"]["tests"], document["summary"]["passed"]);
    let first = &document["detections"][0]["tests"][0];
    assert_eq!((&first["status"], first["functions"]["policy"].is_object()), (&json!("PASS"), true), "{first}");
}

const SPEC: &str = "AnalysisType: policy\nFilename: own.py\nPolicyID: My.Own\nEnabled: true\nResourceTypes:\n  - AWS.KMS.Key\nSeverity: High\n";

fn pack(yaml: &str, python: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.yml"), yaml).unwrap();
    fs::write(folder.path().join("own.py"), python).unwrap();
    folder
}

#[test]
fn a_failing_test_is_named_and_fails_the_run() {
    let tests = "Tests:\n  - Name: Odd one\n    ExpectedResult: true\n    Resource: {\"A\": 1}\n  - Name: Even one\n    ExpectedResult: false\n    Resource: {\"A\": 2}\n";
    let folder = pack(&format!("{SPEC}{tests}"), "def policy(resource):\n    return resource['A'] == 2\n");
    let failing = run(folder.path(), &["test", "."]);
    assert_eq!(failing.code, Some(1));
    assert!(
        failing.out.contains("FAIL Odd one") && failing.out.contains("2 tests: 0 passed, 2 failed"),
        "{}",
        failing.out
    );
    let one = run(folder.path(), &["test", ".", "--test-names", "Odd one", "--format", "json"]);
    assert_eq!(json(&one)["summary"]["tests"], 1);
    let none = run(folder.path(), &["test", ".", "--filter", "Severity=Low"]);
    assert_eq!(none.code, Some(3), "{}{}", none.out, none.err);
    let few = run(folder.path(), &["test", ".", "--minimum-tests", "3"]);
    assert!(few.out.contains("My.Own has 2 tests, at least 3"), "{}", few.out);
}

#[test]
fn lint_points_at_the_place_and_suggests() {
    let folder = pack(&SPEC.replace("Severity", "Severty"), "def policy(resource):\n    return True\n");
    let run = run(folder.path(), &["lint", ".", "--format", "json"]);
    assert_eq!(run.code, Some(1));
    let document = json(&run);
    let finding = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["title"].as_str().unwrap().contains("Severty"))
        .unwrap_or_else(|| panic!("{document}"));
    assert_eq!(finding["location"]["start"], json!({"line": 7, "column": 1}));
    assert!(finding["remediation"].as_str().unwrap().contains("Severity"), "{finding}");
    let clean = here(&["lint", "--pack", "kms", "--pack", "panther-kms"]);
    assert_eq!(clean.code, Some(0), "{}", clean.out);
}

#[test]
fn keys_are_listed_as_the_console_does_and_one_is_shown_with_its_verdicts() {
    let list = run(&root(), &["keys", "list", "examples/acme"]);
    assert_eq!(list.code, Some(4), "two regions were refused: {}", list.err);
    assert!(list.out.starts_with("Customer managed keys ("), "{}", list.out);
    assert!(list.out.contains("Key ID") && list.out.contains("Key usage"));
    let stores = run(&root(), &["keys", "list", "examples/acme", "--kind", "stores"]);
    assert!(stores.out.contains("Disconnected"), "{}", stores.out);
    let one = run(&root(), &["keys", "show", "alias/prod/catalog-images", "examples/acme"]);
    assert_eq!(one.code, Some(4), "the same key may be in a region that was refused: {}", one.err);
    for part in ["Cryptographic configuration", "Key rotation", "Key policy", "FAIL", "AWS.KMS.RotationEnabled"] {
        assert!(one.out.contains(part), "{part}: {}", one.out);
    }
    let nothing = run(&root(), &["keys", "show", "alias/nothing", "examples/acme"]);
    assert_eq!(nothing.code, Some(3));
}

#[test]
fn lint_and_scan_take_the_gate_of_the_configuration_alike() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("pack")).unwrap();
    // A policy without tests is a LOW problem at most, one whose module lacks its function a HIGH one.
    write("pack/p.yml", "AnalysisType: policy\nFilename: p.py\nPolicyID: P.1\nEnabled: true\nSeverity: Low\n");
    write("pack/p.py", "def polisy(resource):\n    return True\n");
    let lint = |more: &[&str]| run(folder.path(), &[&["lint", "pack"], more].concat()).code;
    assert_eq!(lint(&[]), Some(1));
    write("keyreeve.toml", "[gate]\nfail_on = \"none\"\n");
    assert_eq!(lint(&[]), Some(0), "as scan does, lint takes the threshold of the configuration");
    assert_eq!(lint(&["--fail-on", "high"]), Some(1), "what is said on the command line wins");
    write("keyreeve.toml", "[gate]\nfail_on = \"critical\"\n");
    assert_eq!((lint(&[]), lint(&["--fail-on", "low"])), (Some(0), Some(1)));
}
