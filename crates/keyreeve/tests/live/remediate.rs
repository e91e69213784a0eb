//! `remediate apply` and `remediate undo` on the simulator, with the findings that its Security Hub has.

use serde_json::{Value, json};
use simulator::{Fault, HubOptions, Options, What, World};

use super::cloud::Cloud;
use super::keys::{self, OWN, PRODUCTION as MEMBER, arn, key};

/// Keys that do not rotate: one of a member, one that CloudFormation owns, one that is scheduled for deletion.
fn world() -> World {
    let account = |id: &str| json!({ "kind": "account", "id": id, "name": format!("account {id}"), "ou": "Root" });
    let owned = json!({ "aws:cloudformation:stack-name": "app", "aws:cloudformation:logical-id": "Key" });
    let dying = json!({
        "KeyRotationEnabled": false, "Aliases": [], "Tags": {}, "KeyState": "PendingDeletion", "Enabled": false,
        "DeletionDate": "2027-01-01T00:00:00Z",
    });
    let keys = [
        key(MEMBER, 1, &json!({ "KeyRotationEnabled": false, "Aliases": [], "Tags": {} })),
        key(MEMBER, 2, &json!({ "KeyRotationEnabled": false, "Aliases": [], "Tags": owned })),
        key(MEMBER, 3, &dying),
    ];
    keys::world(&[account(OWN), account(MEMBER)], &keys)
}

/// The world, and the findings of a control in a file.
fn cloud(control: &str, faults: Vec<Fault>) -> Cloud {
    let options = Options { hub: Some(HubOptions::default()), faults, ..Options::default() };
    let cloud = Cloud::start(world(), options);
    let of_control = |finding: &Value| {
        finding["Compliance"]["SecurityControlId"] == control && finding["Compliance"]["Status"] == "FAILED"
    };
    let findings: Vec<Value> = cloud.aws.findings().into_iter().filter(of_control).collect();
    assert!(!findings.is_empty());
    cloud.write("findings.json", &json!({ "Findings": findings }).to_string());
    cloud
}

fn status_of(cloud: &Cloud, control: &str, number: u32) -> String {
    let key = json!(arn(MEMBER, number));
    let fits = |finding: &&Value| {
        finding["Compliance"]["SecurityControlId"] == control && finding["Resources"][0]["Id"] == key
    };
    let findings = cloud.aws.findings();
    findings.iter().find(fits).unwrap()["Compliance"]["Status"].as_str().unwrap().to_owned()
}

const APPLY: [&str; 7] = ["remediate", "apply", "findings.json", "--record", "record.jsonl", "--format", "json"];

#[test]
fn rotation_is_turned_on_by_its_role_read_back_and_turned_off_again_and_code_s_keys_are_left_alone() {
    let cloud = cloud("KMS.4", Vec::new());
    let applied = cloud.run(&[&APPLY[..], &["--yes"]].concat());
    assert_eq!(applied.code, Some(0), "{}{}", applied.out, applied.err);
    let done: Value = serde_json::from_str(&applied.out).unwrap();
    assert_eq!(done.as_array().unwrap().len(), 1, "{done}");
    assert_eq!((&done[0]["operation"], &done[0]["outcome"]), (&json!("EnableKeyRotation"), &json!("verified")));
    assert_eq!((status_of(&cloud, "KMS.4", 1), status_of(&cloud, "KMS.4", 2)), ("PASSED".into(), "FAILED".into()));
    let again = cloud.run(&["remediate", "apply", "findings.json", "--record", "other.jsonl", "--yes", "-f", "json"]);
    assert_eq!((again.code, again.out.trim()), (Some(0), "[]"), "nothing is left to change: {}", again.err);
    let undone = cloud.run(&["remediate", "undo", "record.jsonl", "--yes", "-f", "json"]);
    assert_eq!(undone.code, Some(0), "{}{}", undone.out, undone.err);
    assert_eq!(status_of(&cloud, "KMS.4", 1), "FAILED");
    let nothing = cloud.run(&["remediate", "undo", "record.jsonl", "--yes"]);
    assert_eq!(nothing.code, Some(3), "{}", nothing.err);
}

#[test]
fn nothing_is_changed_where_nobody_agrees() {
    let cloud = cloud("KMS.4", Vec::new());
    let ended = cloud.run(&APPLY);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("EnableKeyRotation") && ended.err.contains("--yes"), "{}", ended.err);
    assert_eq!(status_of(&cloud, "KMS.4", 1), "FAILED");
    assert_eq!(cloud.aws.counts().requests("EnableKeyRotation"), 0);
}

#[test]
fn a_key_that_keeps_us_out_is_refused_and_not_undone() {
    let denied = Fault { operation: Some("EnableKeyRotation".into()), ..Fault::of(What::KeyPolicy) };
    let cloud = cloud("KMS.4", vec![denied]);
    let ended = cloud.run(&[&APPLY[..], &["--yes"]].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let done: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(done[0]["outcome"], "refused");
    assert!(done[0]["what"].as_str().unwrap().contains("(team fix)"), "{done}");
    assert_eq!(cloud.run(&["remediate", "undo", "record.jsonl", "--yes"]).code, Some(3));
}

#[test]
fn an_answer_that_is_lost_is_read_back_and_nothing_is_sent_twice() {
    let lost = Fault { operation: Some("EnableKeyRotation".into()), ..Fault::of(What::ResetAfter) };
    let cloud = cloud("KMS.4", vec![lost]);
    let ended = cloud.run(&[&APPLY[..], &["--yes"]].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert_eq!(cloud.aws.counts().requests("EnableKeyRotation"), 1);
    assert_eq!(status_of(&cloud, "KMS.4", 1), "PASSED");
}

#[test]
fn a_deletion_is_cancelled_the_key_enabled_and_only_a_person_schedules_it_again() {
    let cloud = cloud("KMS.3", Vec::new());
    let applied = cloud.run(&[&APPLY[..], &["--yes"]].concat());
    assert_eq!(applied.code, Some(0), "{}{}", applied.out, applied.err);
    let done: Value = serde_json::from_str(&applied.out).unwrap();
    let made: Vec<&Value> = done.as_array().unwrap().iter().map(|done| &done["operation"]).collect();
    assert_eq!(made, ["CancelKeyDeletion", "EnableKey"]);
    assert_eq!(status_of(&cloud, "KMS.3", 3), "PASSED");
    let undone = cloud.run(&["remediate", "undo", "record.jsonl", "--yes", "-f", "json"]);
    assert_eq!(undone.code, Some(4), "{}", undone.err);
    let undone: Value = serde_json::from_str(&undone.out).unwrap();
    assert_eq!((&undone[0]["undone"], &undone[0]["outcome"]), (&json!("EnableKey"), &json!("verified")));
    assert!(undone[1]["what"].as_str().unwrap().contains("by hand"), "{undone}");
    assert_eq!(cloud.aws.counts().requests("ScheduleKeyDeletion"), 0);
}
