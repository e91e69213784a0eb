//! What goes wrong on the way: no panic, no fact lost without a name, no key judged on half its facts.

use std::time::Duration;

use simulator::{Fault, Options, Shape, What, World};

use crate::cloud::{Cloud, document, errors, finish, in_account, of_operation};

/// A scan of one region, and its document.
fn scan(cloud: &Cloud) -> (Option<i32>, serde_json::Value, String) {
    let run = cloud.run(&["scan", "--region", "eu-north-1", "--format", "json", "--all", "--fail-on", "none"]);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    (run.code, document(&run.out), run.err)
}

fn findings(document: &serde_json::Value) -> &serde_json::Value {
    &document["findings"]
}

#[test]
fn what_goes_away_by_itself_leaves_no_trace() {
    let calm = Cloud::acme(Vec::new(), |_| true);
    let (_, expected, _) = scan(&calm);
    calm.stop();
    // Credentials end once, not now and then.
    let times = |what: &What| if *what == What::Expired { 1 } else { 12 };
    let passing = |what: What| Fault { every: Some(9), times: Some(times(&what)), ..Fault::of(what) };
    for what in [
        What::Reset,
        What::Status500,
        What::Html500,
        What::Html200,
        What::Truncated,
        What::Throttle,
        What::Slow(Duration::from_millis(300)),
        What::Expired,
    ] {
        let cloud = Cloud::acme(vec![passing(what.clone())], |_| true);
        let (_, found, said) = scan(&cloud);
        assert_eq!(findings(&found), findings(&expected), "{what:?}: {said}");
        cloud.stop();
    }
}

#[test]
fn an_operation_that_never_works_leaves_its_facts_unknown() {
    let cloud = Cloud::acme(vec![of_operation("GetKeyRotationStatus", What::Html500)], |_| true);
    let (code, found, said) = scan(&cloud);
    assert_eq!(code, Some(4), "{said}");
    let rotation: Vec<&serde_json::Value> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["detection_id"] == "AWS.KMS.RotationEnabled" && it["status"] == "UNKNOWN")
        .collect();
    assert!(!rotation.is_empty());
    for finding in &rotation {
        assert_eq!(finding["unknown_facts"][0]["operation"], "GetKeyRotationStatus");
        assert_eq!(finding["unknown_facts"][0]["code"], "Http500");
    }
    cloud.stop();
}

#[test]
fn what_an_endpoint_lacks_is_not_asked_six_times_for_every_key() {
    let shape = Shape { accounts: 1, regions: vec!["eu-north-1".into()], keys: 300, seed: 1 };
    let faults = vec![of_operation("GetKeyRotationStatus", What::Html500)];
    let cloud = Cloud::start(World::generated(shape), Options { faults, ..Options::default() });
    let run =
        cloud.run(&["scan", "--select", "AWS.KMS.RotationEnabled", "--region", "eu-north-1", "--fail-on", "none"]);
    assert_eq!(run.code, Some(4), "{}", run.err);
    let counts = cloud.aws.counts();
    let (asked, keys) = (counts.requests("GetKeyRotationStatus"), counts.requests("DescribeKey"));
    assert!(keys >= 250 && asked < keys * 2, "{asked} requests for {keys} keys");
    cloud.stop();
}

#[test]
fn credentials_that_end_for_good_end_the_run_with_a_name() {
    let cloud =
        Cloud::acme(vec![of_operation("GetKey*", What::Expired), of_operation("List*", What::Expired)], |_| true);
    let (code, found, said) = scan(&cloud);
    assert_eq!(code, Some(4), "{said}");
    let classes: Vec<String> = errors(&found).into_iter().map(|[_, _, _, class]| class).collect();
    assert!(classes.contains(&"expired credentials".to_owned()), "{classes:?}");
    assert!(said.contains("aws sso login"), "{said}");
    cloud.stop();
}

#[test]
fn a_wrong_clock_is_named() {
    let cloud = Cloud::acme(vec![Fault::of(What::ClockSkew)], |_| true);
    let run = cloud.run(&["scan"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("this machine's clock"), "{}", run.err);
    cloud.stop();
}

#[test]
fn a_place_where_nobody_answers_is_named_with_what_to_check() {
    let cloud = Cloud::acme(Vec::new(), |_| true);
    let run = cloud.run(&["scan", "--endpoint-url", "http://127.0.0.1:9"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("endpoint") && run.err.contains("HTTPS_PROXY"), "{}", run.err);
    cloud.stop();
}

#[test]
fn regions_that_cannot_be_listed_are_a_hole_that_is_named() {
    let cloud = Cloud::acme(vec![in_account("111111111111", What::MissingPermission).of("ListRegions")], |_| true);
    let run = cloud.run(&["scan", "--format", "json", "--fail-on", "none"]);
    assert_eq!(run.code, Some(4), "{}", run.err);
    let found = document(&run.out);
    let hole = ["111111111111", "", "ListRegions", "missing permission"].map(str::to_owned);
    assert!(errors(&found).contains(&hole), "{}", run.err);
    assert!(found["summary"]["resources"].as_u64().unwrap() > 50, "the regions that every account has are read");
    cloud.stop();
}

trait Of {
    fn of(self, operation: &str) -> Fault;
}

impl Of for Fault {
    fn of(self, operation: &str) -> Fault {
        Fault { operation: Some(operation.to_owned()), ..self }
    }
}

#[cfg(unix)]
mod signals {
    use std::process::Stdio;

    use super::*;

    /// Starts to write a snapshot that takes long, and sends a signal when it is on its way.
    fn interrupted(signal: &str) -> (Cloud, std::process::Output) {
        let slow = Fault { every: Some(1), ..of_operation("GetKeyPolicy", What::Slow(Duration::from_millis(400))) };
        let cloud = Cloud::acme(vec![slow], |_| true);
        let mut command = cloud.command(&["snapshot", "--org", "-o", "all.jsonl", "--budget", "2"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while cloud.aws.counts().requests("GetKeyPolicy") < 20 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        (cloud, child.wait_with_output().unwrap())
    }

    #[test]
    fn ctrl_c_leaves_a_valid_snapshot_that_says_what_is_missing() {
        let (cloud, output) = interrupted("-INT");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        let text = std::fs::read_to_string(cloud.home.path().join("all.jsonl")).unwrap();
        assert!(text.lines().last().unwrap().contains(r#""kind":"end""#));
        let run = cloud.run(&["scan", "all.jsonl", "--format", "json", "--fail-on", "none"]);
        assert_eq!(run.code, Some(4), "{}", run.err);
        let found = document(&run.out);
        assert!(errors(&found).iter().any(|[_, _, _, class]| class == "interrupted"), "{}", run.err);
        cloud.stop();
    }

    #[test]
    fn a_program_that_is_killed_leaves_no_half_file() {
        let (cloud, output) = interrupted("-KILL");
        assert_eq!(output.status.code(), None);
        assert!(!cloud.home.path().join("all.jsonl").exists());
        let mut command = cloud.command(&["keys", "list", "all.jsonl"]);
        command.stdin(Stdio::null());
        assert_eq!(finish(command).code, Some(2));
        cloud.stop();
    }
}
