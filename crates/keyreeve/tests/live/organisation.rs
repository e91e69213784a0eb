//! The gate: an organisation whose every key gets its right verdict, and whose every hole is named.

use std::collections::BTreeMap;

use serde_json::Value;
use simulator::{Fault, Options, Quotas, What};

use crate::cloud::{
    Cloud, account, acme, clock, document, errors, finish, in_account, of_operation, region, snapshot, world,
};

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["eu-north-1", "eu-west-1"];

/// Three accounts in two regions, with every kind of key.
fn small(line: &Value) -> bool {
    ACCOUNTS.contains(&account(line)) && region(line).is_none_or(|region| REGIONS.contains(&region))
}

/// The status of each detection on each key.
fn verdicts(document: &Value) -> BTreeMap<(String, String), String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|it| ((text(&it["resource"]["id"]), text(&it["detection_id"])), text(&it["status"]))).collect()
}

/// Judges the lines of the example that are kept, from the file.
fn from_file(cloud: &Cloud, keep: impl Fn(&Value) -> bool, arguments: &[&str]) -> String {
    let file = cloud.write("expected.jsonl", &snapshot(keep));
    cloud.run(&[&["scan", file.to_str().unwrap()], arguments].concat()).out
}

#[test]
fn an_organisation_has_the_same_findings_live_as_in_its_snapshot() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let of_this_partition = |line: &Value| account(line) != "777777777777";
    let expected = document(&from_file(&cloud, of_this_partition, &["--format", "json", "--all"]));
    let live =
        cloud.run(&["scan", "--org", "--select", "*", "--format", "json", "--all", "--now", "2026-11-20T06:00:00Z"]);
    let live_document = document(&live.out);
    assert_eq!(live_document["findings"], expected["findings"]);
    assert_eq!(live_document["summary"], expected["summary"]);
    assert!(live.err.contains("as arn:aws:iam::111111111111:user/keyreeve"), "{}", live.err);
    cloud.stop();
}

#[test]
fn what_is_refused_is_named_and_everything_else_has_its_right_verdict() {
    let unreadable = acme()
        .into_iter()
        .find(|line| {
            account(line) == ACCOUNTS[0] && region(line) == Some("eu-north-1") && line["KeyManager"] == "CUSTOMER"
        })
        .map(|line| line["KeyId"].as_str().unwrap().to_owned())
        .unwrap();
    let mut world = world(small);
    world.disable_region(ACCOUNTS[0], "eu-west-1");
    let faults = vec![
        Fault { region: Some("eu-west-1".into()), ..in_account(ACCOUNTS[1], What::ServiceControlPolicy) },
        in_account(ACCOUNTS[2], What::RoleMissing),
        Fault { key: Some(unreadable.clone()), ..Fault::of(What::KeyPolicy) },
        Fault { every: Some(7), times: Some(20), ..of_operation("DescribeKey", What::Throttle) },
    ];
    let cloud = Cloud::start(world, Options { faults, clock: clock(), ..Options::default() });
    let arguments =
        ["--select", "*", "--format", "json", "--all", "--fail-on", "none", "--now", "2026-11-20T06:00:00Z"];
    let live = cloud.run(&[&["scan", "--org"][..], &arguments].concat());
    assert_eq!(live.code, Some(4), "{}", live.err);
    let live_document = document(&live.out);
    let hole = |account: &str, region: &str, operation: &str, class: &str| {
        [account, region, operation, class].map(str::to_owned)
    };
    assert_eq!(
        errors(&live_document),
        [hole(ACCOUNTS[2], "", "AssumeRole", "role missing"), hole(ACCOUNTS[1], "eu-west-1", "ListKeys", "SCP"),]
            .into(),
        "{}",
        live.err
    );
    for class in ["(SCP)", "(role missing)"] {
        assert!(live.err.contains(class), "{}", live.err);
    }

    // Every other verdict is that of the file.
    let is_readable = |line: &Value| {
        small(line)
            && matches!(
                (account(line), region(line)),
                (_, None) | ("111111111111" | "222222222222", Some("eu-north-1"))
            )
    };
    let expected = verdicts(&document(&from_file(&cloud, is_readable, &["--format", "json", "--all"])));
    let found = verdicts(&live_document);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for ((key, detection), status) in &found {
        if key.ends_with(&unreadable) {
            assert!(
                status == "UNKNOWN" || expected[&(key.clone(), detection.clone())] == *status,
                "{key} {detection}: {status}"
            );
        } else {
            assert_eq!(status, &expected[&(key.clone(), detection.clone())], "{key} {detection}");
        }
    }
    assert!(found.iter().any(|((key, _), status)| key.ends_with(&unreadable) && status == "UNKNOWN"));

    // The snapshot that it writes has the same findings, to the byte.
    let written = cloud.run(&["snapshot", "--org", "--with", "grants", "-o", "written.jsonl.zst"]);
    assert_eq!(written.code, Some(4), "{}", written.err);
    let judged = cloud.run(&[&["scan", "written.jsonl.zst"][..], &arguments].concat());
    assert_eq!(judged.code, Some(4));
    assert_eq!(document(&judged.out), live_document);
    cloud.stop();
}

#[test]
fn a_region_that_is_off_is_a_note_and_fails_nothing() {
    let mut world = world(small);
    world.disable_region(ACCOUNTS[0], "af-south-1");
    let cloud = Cloud::start(world, Options { clock: clock(), ..Options::default() });
    let live = cloud.run(&["keys", "list", "--region", "eu-north-1,af-south-1"]);
    assert_eq!(live.code, Some(0), "{}", live.err);
    assert!(live.err.contains("note: 111111111111 af-south-1: region disabled"), "{}", live.err);
    cloud.stop();
}

#[test]
fn a_suspended_account_is_named_and_left_out() {
    let mut world = world(small);
    world.suspend(ACCOUNTS[1]);
    let cloud = Cloud::start(world, Options { clock: clock(), ..Options::default() });
    let live = cloud.run(&["keys", "list", "--org", "--region", "eu-north-1"]);
    assert_eq!(live.code, Some(0), "{}", live.err);
    assert!(live.err.contains("note: 222222222222 (acme-staging): account suspended"), "{}", live.err);
    cloud.stop();
}

#[test]
fn rotation_alone_costs_two_calls_a_key_and_keys_of_awss_one() {
    let cloud = Cloud::acme(Vec::new(), small);
    let live =
        cloud.run(&["scan", "--select", "AWS.KMS.RotationEnabled", "--region", "eu-north-1", "--fail-on", "none"]);
    assert!(live.code == Some(0) || live.code == Some(4), "{}", live.err);
    let counts = cloud.aws.counts();
    let here =
        |line: &&Value| account(line) == ACCOUNTS[0] && region(line) == Some("eu-north-1") && !line["KeyId"].is_null();
    let lines = acme();
    let keys: Vec<&Value> = lines.iter().filter(here).collect();
    let rotatable = keys.iter().filter(|key| {
        key["KeyManager"] == "CUSTOMER" && key["KeySpec"] == "SYMMETRIC_DEFAULT" && key["Origin"] == "AWS_KMS"
    });
    assert_eq!(counts.requests("DescribeKey"), keys.len() as u64);
    assert_eq!(counts.requests("GetKeyRotationStatus"), rotatable.count() as u64);
    for operation in
        ["GetKeyPolicy", "ListResourceTags", "ListGrants", "ListKeyRotations", "GetKeyLastUsage", "ListRegions"]
    {
        assert_eq!(counts.requests(operation), 0, "{operation}");
    }
    cloud.stop();
}

#[test]
fn no_bucket_ever_sees_more_than_its_share_and_none_is_throttled() {
    let options = Options { quotas: Quotas::Documented(1.0), clock: clock(), ..Options::default() };
    let cloud = Cloud::start(world(|_| true), options);
    let live = cloud.run(&["snapshot", "--org", "-o", "all.jsonl", "--with", "grants,rotations"]);
    assert!(live.err.contains("2 things could not be read"), "{}", live.err);
    let counts = cloud.aws.counts();
    assert_eq!(counts.throttled(), 0);
    for (bucket, count) in &counts.buckets {
        let Some(operation) = aws::operation::Operation::named(bucket.operation) else { continue };
        let budget = (f64::from(operation.rate) * 0.2).ceil() as u32;
        // The pace is kept where requests are sent; on a busy machine some of a second and a bit arrive within one second.
        let arriving = budget.max(1) + budget / 4 + 1;
        assert!(count.peak <= arriving, "{bucket:?}: {} in a second, of {budget}", count.peak);
    }
    cloud.stop();
}

#[test]
fn grants_are_read_where_they_are_asked_for_and_what_is_not_judged_without_them_is_said() {
    let cloud = Cloud::start(world(small), Options { clock: clock(), ..Options::default() });
    let usual = cloud.run(&["scan", "--fail-on", "none"]);
    assert!(usual.err.contains("grants are not read unless asked for"), "{}", usual.err);
    assert_eq!(cloud.aws.counts().requests("ListGrants"), 0);
    let chosen = cloud.run(&["scan", "--select", "AWS.KMS.Grants", "--fail-on", "none"]);
    assert!(!chosen.err.contains("grants are not read"), "{}", chosen.err);
    assert!(cloud.aws.counts().requests("ListGrants") > 0);
    cloud.stop();
}

#[test]
fn a_snapshot_named_by_a_dash_is_standard_output() {
    let cloud = Cloud::start(world(small), Options { clock: clock(), ..Options::default() });
    let piped = cloud.run(&["snapshot", "-o", "-"]);
    assert!(piped.out.starts_with("{\"kind\":\"header\""), "{}{}", piped.out, piped.err);
    assert!(piped.out.trim_end().lines().last().is_some_and(|end| end.contains("\"kind\":\"end\"")), "{}", piped.out);
    assert!(piped.err.contains("standard output: "), "{}", piped.err);
    cloud.stop();
}

#[test]
fn a_delegated_administrator_reads_the_organisation_with_the_role() {
    let mut world = world(small);
    world.delegate(ACCOUNTS[1]);
    let cloud = Cloud::start(world, Options { clock: clock(), ..Options::default() });
    let mut command = cloud.command(&["snapshot", "--org", "-o", "all.jsonl", "--region", "eu-north-1"]);
    command.env("AWS_ACCESS_KEY_ID", simulator::access_key_id(ACCOUNTS[1]));
    let run = finish(command);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(cloud.aws.counts().requests("AssumeRole"), 2, "its own account needs no role");
    cloud.stop();
}

#[test]
fn without_the_right_to_list_the_organisation_the_run_says_where_it_works() {
    let cloud = Cloud::acme(Vec::new(), small);
    let mut command = cloud.command(&["scan", "--org"]);
    command.env("AWS_ACCESS_KEY_ID", simulator::access_key_id(ACCOUNTS[2]));
    let run = finish(command);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("in the management account or in one that is a delegated administrator"), "{}", run.err);
    cloud.stop();
}

#[test]
fn the_policy_of_a_key_named_by_its_arn_is_linted() {
    let cloud = Cloud::acme(Vec::new(), small);
    let keys = acme();
    let orphan = |line: &&Value| {
        account(line) == ACCOUNTS[0] && line["Policy"].as_str().is_some_and(|policy| policy.contains("AROA"))
    };
    let arn = keys.iter().find(orphan).and_then(|line| line["Arn"].as_str()).unwrap();
    let found = cloud.run(&["keypolicy", "lint", arn, "--select", "KP027", "--format", "json"]);
    assert_eq!(found.code, Some(1), "{}", found.err);
    assert_eq!(document(&found.out)["findings"][0]["resource"]["id"], arn);
    let gone = arn.replace("/", "/0");
    let missing = cloud.run(&["keypolicy", "lint", &gone]);
    assert_eq!(missing.code, Some(2), "{}", missing.err);
    cloud.stop();
}
