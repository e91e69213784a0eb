//! `scan` as a user runs it: findings, exit statuses, configuration.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::Path;

use common::{Run, root, run};
use serde_json::Value;

fn acme(arguments: &[&str]) -> Run {
    let run = run(&root(), &[&["scan", "examples/acme"], arguments].concat());
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", run.out, run.err))
}

/// One key, its facts changed as asked.
fn key(changes: &Value) -> String {
    let mut key = serde_json::json!({
        "ResourceType": "AWS.KMS.Key", "AccountId": "111111111111", "Region": "eu-north-1",
        "Arn": "arn:aws:kms:eu-north-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": true,
        "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "KeyRotationEnabled": true,
        "Description": "orders", "Aliases": ["alias/orders"], "Tags": {"soar:team": "shop"}, "CreationDate": "2026-11-01T00:00:00Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        key[name] = value.clone();
    }
    key.to_string() + "\n"
}

/// Scans the keys in a folder of their own, with this configuration.
fn scan(keys: &str, configuration: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), keys).unwrap();
    // The search for a configuration ends at the repository's root.
    fs::create_dir(folder.path().join(".git")).unwrap();
    if !configuration.is_empty() {
        fs::write(folder.path().join("keyreeve.toml"), configuration).unwrap();
    }
    let all = [&["scan", "keys.jsonl", "--now", "2026-11-20T00:00:00Z"], arguments].concat();
    let run = run(folder.path(), &all);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

const ROTATION: [&str; 2] = ["--select", "AWS.KMS.RotationEnabled"];

#[test]
fn the_exit_status_says_what_was_found() {
    let off = key(&serde_json::json!({"KeyRotationEnabled": false}));
    let denied =
        serde_json::json!({"operation": "GetKeyRotationStatus", "code": "AccessDeniedException", "message": "no"});
    let unknown = key(&serde_json::json!({"Unknown": {"KeyRotationEnabled": denied}}));
    let on = key(&serde_json::json!({}));
    for (keys, arguments, code) in [
        (&on, &[][..], 0),
        (&off, &[], 1),
        (&off, &["--fail-on", "high"], 0),
        (&off, &["--fail-on", "none"], 0),
        (&unknown, &[], 4),
        (&unknown, &["--fail-on-unknown", "high"], 0),
        (&unknown, &["--fail-on-unknown", "none"], 0),
        (&unknown, &["--min-coverage", "0"], 0),
        (&unknown, &["--min-coverage", "50"], 4),
        (&(off.clone() + &unknown), &[], 1),
        (&(off.clone() + "{broken\n"), &[], 2),
        (&String::new(), &[], 0),
    ] {
        let run = scan(keys, "", &[&ROTATION, arguments].concat());
        assert_eq!(run.code, Some(code), "{arguments:?} on {keys}: {}{}", run.out, run.err);
    }
    assert_eq!(scan(&on, "", &["--select", "AWS.KMS.Nothing"]).code, Some(3));
    assert_eq!(scan(&on, "", &["--no-such-option"]).code, Some(2));
    assert_eq!(scan(&on, "", &["--pack", "no-such-pack"]).code, Some(2));
}

#[test]
fn an_unknown_verdict_names_the_fact_and_the_call_that_was_refused() {
    let denied =
        serde_json::json!({"operation": "GetKeyRotationStatus", "code": "AccessDeniedException", "message": "no"});
    let run = scan(
        &key(&serde_json::json!({"Unknown": {"KeyRotationEnabled": denied}})),
        "",
        &[&ROTATION[..], &["--format", "json"]].concat(),
    );
    let finding = &json(&run)["findings"][0];
    assert_eq!(finding["status"], "UNKNOWN");
    assert_eq!(finding["unknown_facts"][0]["operation"], "GetKeyRotationStatus");
    let reason = finding["reason"].as_str().unwrap();
    assert!(reason.contains("KeyRotationEnabled") && reason.contains("AccessDeniedException"), "{reason}");
}

#[test]
fn acme_is_judged_the_same_by_one_thread_and_by_many() {
    for format in ["json", "jsonl", "concise", "csv"] {
        let one = acme(&["--format", format, "--threads", "1", "--all"]);
        let many = acme(&["--format", format, "--threads", "5", "--all"]);
        assert_eq!(one.code, Some(1), "{}", one.err);
        assert_eq!(many.code, one.code);
        assert!(one.out == many.out, "{format} differs");
    }
}

#[test]
fn acme_shows_findings_of_every_status_and_its_counts_add_up() {
    let run = acme(&["--format", "json", "--all"]);
    let document = json(&run);
    let findings = document["findings"].as_array().unwrap();
    for status in ["FAIL", "UNKNOWN", "NOT_APPLICABLE", "PASS"] {
        let count = findings.iter().filter(|finding| finding["status"] == status).count();
        assert!(count > 0, "{status}");
        assert_eq!(document["summary"][status], count, "{status}");
    }
    let notable = findings.iter().filter(|it| it["status"] == "FAIL" && it["severity"] != "INFO").count();
    assert!((30..=90).contains(&notable), "{notable} findings above INFO");
    let errors = document["errors"].as_array().unwrap();
    assert!(
        errors.iter().any(|error| error["operation"] == "ListKeys"),
        "the region that was refused is named: {errors:?}"
    );
}

#[test]
fn every_format_is_written_and_extra_outputs_come_in_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let formats =
        ["pretty", "concise", "json", "jsonl", "sarif", "junit", "github", "gitlab", "csv", "markdown", "html"];
    let mut arguments = vec!["--format".to_owned(), "concise".to_owned()];
    for format in formats {
        arguments.extend(["--output".to_owned(), format!("{format}={}", file(format))]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = acme(&arguments);
    assert_eq!(run.code, Some(1), "{}", run.err);
    for format in formats {
        let text = fs::read_to_string(folder.path().join(format)).unwrap();
        assert!(text.contains("AWS.KMS.ScheduledForDeletion") || text.contains("scheduled for deletion"), "{format}");
        assert!(!text.contains('\u{1b}'), "{format} has colours in a file");
        let alone = acme(&["--format", format, "--color", "never"]);
        assert!(alone.out == text, "{format} is the same on standard output");
    }
}

#[test]
fn pretty_fits_a_hundred_columns_and_ends_with_the_coverage() {
    let run = acme(&["--format", "pretty"]);
    for line in run.out.lines() {
        assert!(line.chars().count() <= 100 || line.contains("arn:") || line.contains("aws kms"), "{line}");
    }
    let last = run.out.lines().last().unwrap();
    assert!(
        last.contains("below --fail-on medium") && last.contains("could not be read") && last.contains("keys judged"),
        "{last}"
    );
}

#[test]
fn groups_have_pass_rates() {
    for by in ["detection", "key", "account", "team", "control", "framework"] {
        let run = acme(&["--format", "pretty", "--group-by", by]);
        assert!(run.out.contains('%'), "{by}");
    }
}

#[test]
fn a_suppression_accepts_a_finding_and_unused_or_expired_ones_are_reported() {
    let off = key(&serde_json::json!({"KeyRotationEnabled": false}));
    let rule = |id: &str, detection: &str, more: &str| {
        format!("[[suppressions]]\nid = \"{id}\"\ndetection = \"{detection}\"\nreason = \"known\"\n{more}\n")
    };
    let run = scan(
        &off,
        &rule("known", "AWS.KMS.Rotation*", "resource = \"arn:aws:kms:*:111111111111:key/*\""),
        &[&ROTATION[..], &["--all", "--format", "json"]].concat(),
    );
    assert_eq!(run.code, Some(0), "{}", run.err);
    let finding = &json(&run)["findings"][0];
    assert_eq!((&finding["status"], &finding["suppressed_by"]), (&"SUPPRESSED".into(), &"known".into()));

    let unused = scan(&off, &rule("other", "AWS.KMS.Alias", ""), &ROTATION);
    assert_eq!(unused.code, Some(1));
    assert!(unused.err.contains("`other`") && unused.err.contains("hit nothing"), "{}", unused.err);

    let expired = scan(&off, &rule("old", "*", "expires = \"2026-11-19\""), &ROTATION);
    assert_eq!(expired.code, Some(1));
    assert!(expired.err.contains("`old`") && expired.err.contains("expired on 2026-11-19"), "{}", expired.err);
    assert_eq!(
        scan(&off, &rule("old", "*", "expires = \"2026-11-20\""), &ROTATION).code,
        Some(0),
        "the last day still counts"
    );
}

#[test]
fn a_baseline_hides_what_was_there_before_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("old.json");
    let off = key(&serde_json::json!({"KeyRotationEnabled": false}));
    for format in ["json", "jsonl"] {
        let before = scan(&off, "", &[&ROTATION[..], &["--format", format]].concat());
        fs::write(&baseline, before.out).unwrap();
        let path = baseline.to_str().unwrap();
        assert_eq!(scan(&off, "", &[&ROTATION[..], &["--baseline", path]].concat()).code, Some(0), "{format}");
        let more = off.clone() + &off.replace("1234abcd", "9999abcd");
        assert_eq!(scan(&more, "", &[&ROTATION[..], &["--baseline", path]].concat()).code, Some(1), "{format}");
    }
    fs::write(&baseline, "no findings document").unwrap();
    let run = scan(&off, "", &["--baseline", baseline.to_str().unwrap()]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("old.json"), "{}", run.err);
}

#[test]
fn parameters_and_severities_come_from_the_configuration() {
    let slow = key(&serde_json::json!({"RotationPeriodInDays": 300}));
    let period = ["--select", "AWS.KMS.RotationPeriod", "--format", "json", "--fail-on", "high"];
    assert_eq!(json(&scan(&slow, "", &period))["findings"].as_array().unwrap().len(), 0);
    let strict = "[parameters.\"AWS.KMS.RotationPeriod\"]\nMAX_ROTATION_PERIOD_DAYS = 180\n[severity]\n\"AWS.KMS.RotationPeriod\" = \"high\"\n";
    let run = scan(&slow, strict, &period);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert_eq!(json(&run)["findings"][0]["severity"], "HIGH");
    for (wrong, said) in [
        ("[parameters.\"AWS.KMS.RotationPeriod\"]\nMAX_ROTATION_PERIOD_DAY = 180\n", "MAX_ROTATION_PERIOD_DAYS"),
        ("[parameters.\"AWS.KMS.RotationPeriod\"]\nMAX_ROTATION_PERIOD_DAYS = \"long\"\n", "MAX_ROTATION_PERIOD_DAYS"),
        ("[parameters.\"AWS.KMS.RotationPeriods\"]\nMAX = 1\n", "did you mean AWS.KMS.RotationPeriod?"),
        ("[severity]\n\"AWS.KMS.Alias\" = \"urgent\"\n", "INFO, LOW, MEDIUM, HIGH or CRITICAL"),
    ] {
        let run = scan(&slow, wrong, &[]);
        assert_eq!(run.code, Some(2), "{wrong}");
        assert!(run.err.contains(said), "{wrong}: {}", run.err);
    }
}

#[test]
fn the_same_file_gives_the_same_findings_next_year() {
    let first = acme(&["--format", "json"]);
    let document = json(&first);
    assert!(document["findings"].as_array().unwrap().iter().any(|it| it["reason"].as_str().unwrap().contains("days")));
    let later = acme(&["--format", "json", "--now", "2027-11-20T06:00:00Z"]);
    assert_ne!(first.out, later.out, "--now overrides the snapshot's clock");
}

#[test]
fn other_resource_types_and_other_tools_exports_pass_through() {
    let folder = tempfile::tempdir().unwrap();
    let one: Value = serde_json::from_str(&key(&serde_json::json!({"KeyRotationEnabled": false}))).unwrap();
    let bucket = serde_json::json!({"ResourceType": "AWS.S3.Bucket", "Arn": "arn:aws:s3:::x", "Name": "x"});
    let array = serde_json::to_string_pretty(&serde_json::json!([one, bucket])).unwrap();
    fs::write(folder.path().join("array.json"), array).unwrap();
    fs::write(folder.path().join("object.json"), serde_json::to_string_pretty(&one).unwrap()).unwrap();
    for name in ["array.json", "object.json"] {
        let run = run(folder.path(), &["scan", name, "--select", "AWS.KMS.RotationEnabled", "--format", "json"]);
        assert_eq!(run.code, Some(1), "{name}: {}", run.err);
        assert_eq!(json(&run)["summary"]["resources"], 1, "{name}");
    }
}

#[test]
fn a_users_own_pack_replaces_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("mine");
    fs::create_dir(&pack).unwrap();
    fs::write(pack.join("own.yml"), "AnalysisType: policy\nFilename: own.py\nPolicyID: My.Own\nEnabled: true\nResourceTypes:\n  - AWS.KMS.Key\nSeverity: High\n").unwrap();
    fs::write(pack.join("own.py"), "def policy(resource):\n    return resource['Description'].startswith('for ')\n")
        .unwrap();
    fs::write(folder.path().join("keys.jsonl"), key(&serde_json::json!({}))).unwrap();
    let run = run(folder.path(), &["scan", "keys.jsonl", "--pack", "mine", "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    let document = json(&run);
    assert_eq!(document["findings"][0]["detection_id"], "My.Own");
    assert_eq!(document["summary"]["detections"], 1);
}

#[test]
fn a_body_beyond_the_tree_is_unknown_and_names_the_construct() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.yml"), "AnalysisType: policy\nFilename: own.py\nPolicyID: My.Own\nEnabled: true\nResourceTypes:\n  - AWS.KMS.Key\nSeverity: High\n").unwrap();
    fs::write(
        folder.path().join("own.py"),
        "import socket\n\ndef policy(resource):\n    return socket.gethostname() == 'x'\n",
    )
    .unwrap();
    fs::write(folder.path().join("keys.jsonl"), key(&serde_json::json!({}))).unwrap();
    let run = run(folder.path(), &["scan", "keys.jsonl", "--pack", ".", "--format", "json"]);
    assert_eq!(run.code, Some(4), "{}", run.err);
    let reason = json(&run)["findings"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("socket") && reason.contains("own.py"), "{reason}");
}

#[test]
fn help_fits_a_hundred_columns() {
    for command in [&["--help"][..], &["scan", "--help"], &["keys", "--help"], &["test", "--help"], &["-h"]] {
        let run = run(Path::new("/"), command);
        assert_eq!(run.code, Some(0));
        assert!(run.out.lines().all(|line| line.chars().count() <= 100), "{command:?}\n{}", run.out);
    }
}

/// A snapshot of one key whose rotation is unknown, and of a region that could not be listed where asked.
fn partly_read(hidden: bool) -> String {
    let denied =
        serde_json::json!({"operation": "GetKeyRotationStatus", "code": "AccessDeniedException", "message": "no"});
    let mut text = key(&serde_json::json!({"Unknown": {"KeyRotationEnabled": denied}}));
    if hidden {
        text += &(serde_json::json!({
            "kind": "error", "message": "a service control policy refuses it", "file": null, "account_id": "222222222222",
            "region": "ap-east-1", "operation": "ListKeys", "code": "AccessDeniedException",
        })
        .to_string()
            + "\n");
    }
    text
}

const SEALED: &str = "[[expected_unreadable]]\naccount = \"1111*\"\noperation = \"GetKey*\"\ncode = \"AccessDenied*\"\n\
    field = \"KeyRotationEnabled\"\nkey = \"arn:*1234abcd-*\"\nreason = \"the vault is sealed\"\nexpires = \"2026-12-31\"\n";
const CLOSED: &str =
    "[[expected_unreadable]]\naccount = \"222222222222\"\nregion = \"ap-*\"\nreason = \"no business in Asia\"\n";

#[test]
fn what_is_expected_to_be_unreadable_is_shown_but_does_not_make_the_run_incomplete() {
    let run = scan(&partly_read(false), SEALED, &[&ROTATION[..], &["--format", "json"]].concat());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let document = json(&run);
    assert_eq!(document["findings"][0]["status"], "UNKNOWN");
    assert_eq!(document["findings"][0]["unknown_facts"][0]["expected"], "the vault is sealed");

    let run = scan(&partly_read(false), SEALED, &[&ROTATION[..], &["--format", "pretty"]].concat());
    assert!(run.out.contains("expected  the vault is sealed"), "{}", run.out);
    assert!(run.out.ends_with("1 fact could not be read, as expected; 0 % of 1 keys judged\n"), "{}", run.out);
}

#[test]
fn an_expected_error_keeps_its_place_in_the_report() {
    let both = format!("{SEALED}{CLOSED}");
    let run = scan(&partly_read(true), &both, &[&ROTATION[..], &["--format", "json"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.starts_with("note: 222222222222 ap-east-1 ListKeys AccessDeniedException"), "{}", run.err);
    assert!(run.err.ends_with("(expected: no business in Asia)\n") && !run.err.contains("error"), "{}", run.err);
    assert_eq!(json(&run)["errors"][0]["expected"], "no business in Asia");
    let run = scan(&partly_read(true), &both, &[&ROTATION[..], &["--format", "pretty"]].concat());
    let words = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("(expected: no business in Asia)"), "{}", run.out);
    // An entry for one does not cover the other.
    for entry in [SEALED, CLOSED] {
        assert_eq!(scan(&partly_read(true), entry, &ROTATION).code, Some(4));
    }
}

#[test]
fn an_entry_that_is_past_its_day_or_asks_for_something_else_expects_nothing() {
    let past = SEALED.replace("2026-12-31", "2026-11-19");
    let run = scan(&partly_read(false), &past, &ROTATION);
    assert_eq!(run.code, Some(4));
    assert!(run.err.contains("expected_unreadable (line 1) expired on 2026-11-19"), "{}", run.err);
    for (is, other) in [
        ("1111*", "2222*"),
        ("GetKey*", "Describe*"),
        ("AccessDenied*", "Throttling*"),
        ("KeyRotationEnabled", "Policy"),
        ("arn:*1234abcd-*", "alias/other"),
    ] {
        let run = scan(&partly_read(false), &SEALED.replace(is, other), &ROTATION);
        assert_eq!(run.code, Some(4), "{other}");
        assert!(run.err.contains("expected_unreadable (line 1) hit nothing"), "{other}: {}", run.err);
    }
    let by_alias = SEALED.replace("arn:*1234abcd-*", "alias/orders");
    assert_eq!(scan(&partly_read(false), &by_alias, &ROTATION).code, Some(0));
}

#[test]
fn a_snapshot_cannot_say_what_is_expected() {
    let text = partly_read(true).replace("\"file\":null", "\"expected\":\"nothing to see\"");
    let run = scan(&text, SEALED, &[&ROTATION[..], &["--format", "json"]].concat());
    assert_eq!(run.code, Some(4));
    assert!(!run.out.contains("nothing to see"), "{}", run.out);
}

#[test]
fn a_share_of_the_keys_says_nothing_of_keys_that_could_not_be_listed() {
    let arguments = |least| [&ROTATION[..], &["--min-coverage", least, "--format", "concise"]].concat();
    let known = key(&serde_json::json!({}));
    let hidden = known.clone() + partly_read(true).lines().last().unwrap() + "\n";
    assert_eq!(scan(&known, "", &arguments("100")).code, Some(0));
    let run = scan(&hidden, "", &arguments("50"));
    assert_eq!(run.code, Some(4));
    let line = run.out.lines().last().unwrap();
    assert!(line.ends_with("; at most 100 % of 1 keys judged"), "{line}");
    assert_eq!(scan(&hidden, "", &arguments("0")).code, Some(0));
    // Nor of what followed where a snapshot was cut off.
    let header = r#"{"kind":"header","format_version":1,"tool":{"name":"k","version":"1"},"collected_at":"2026-11-20T00:00:00Z"}"#;
    assert_eq!(scan(&format!("{header}\n{known}"), "", &arguments("50")).code, Some(4));
}

#[test]
fn what_rests_on_a_fact_that_nobody_could_verify_says_predicted() {
    let overdue =
        serde_json::json!({"KeyState": "Disabled", "Enabled": false, "NextRotationDate": "2026-11-01T00:00:00Z"});
    let pending = serde_json::json!({"KeyState": "PendingReplicaDeletion", "PendingDeletionWindowInDays": 7});
    let replica = serde_json::json!({"KeyRotationEnabled": false, "MultiRegion": true, "MultiRegionConfiguration": {
        "MultiRegionKeyType": "REPLICA", "ReplicaKeys": [],
        "PrimaryKey": {"Arn": "arn:aws:kms:us-east-1:111111111111:key/mrk-1", "Region": "us-east-1"},
    }});
    for (changes, detection) in [
        (overdue, "AWS.KMS.RotationOverdue"),
        (pending, "AWS.KMS.ReplicaDeletionPending"),
        (replica, "AWS.KMS.RotationEnabled"),
    ] {
        let run = scan(&key(&changes), "", &["--select", detection, "--format", "json"]);
        assert_eq!(json(&run)["findings"][0]["status"], "FAIL", "{}", run.out);
        let reason = json(&run)["findings"][0]["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("predicted to"), "{reason}");
    }
}

#[test]
fn findings_that_security_hub_cannot_import_are_counted_and_named() {
    let off = serde_json::json!({"KeyRotationEnabled": false});
    let nowhere =
        serde_json::json!({"KeyRotationEnabled": false, "Region": null, "Arn": "key-of-a-template", "KeyId": "k2"});
    let keys = key(&off) + &key(&nowhere);
    let run = scan(&keys, "", &[&ROTATION[..], &["--format", "asff"]].concat());
    assert_eq!(run.out.matches("\"SchemaVersion\"").count(), 1, "{}", run.out);
    assert!(run.err.starts_with("note: 1 finding is not in the asff output"), "{}", run.err);
    assert!(run.err.trim_end().ends_with("region: AWS.KMS.RotationEnabled key-of-a-template"), "{}", run.err);
    assert_eq!(scan(&keys, "", &[&ROTATION[..], &["--format", "asff", "-q"]].concat()).err, "");
    assert_eq!(scan(&key(&off), "", &[&ROTATION[..], &["--format", "asff"]].concat()).err, "");
}

/// The document that the page of formats shows is that of the example. `KEYREEVE_WRITE_DOCS=1` puts its numbers there.
#[test]
fn the_page_of_formats_shows_the_numbers_of_the_example() {
    let document = json(&acme(&["--format", "json"]));
    let members = ["resources", "detections", "PASS", "FAIL", "UNKNOWN", "NOT_APPLICABLE", "SUPPRESSED"];
    let summary = members.map(|name| format!("\"{name}\": {}", document["summary"][name])).join(", ");
    let path = root().join("docs/formats.md");
    let page = fs::read_to_string(&path).unwrap();
    let shown = page.lines().find(|line| line.starts_with("  \"summary\": ")).unwrap();
    let made = page.replace(shown, &format!("  \"summary\": {{ {summary} }},"));
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(made == fs::read_to_string(&path).unwrap(), "docs/formats.md: run ./x generate");
}
