//! What becomes of the public Panther detections, on a checkout of panther-analysis that `PANTHER_ANALYSIS` names.
//!
//! Ignored by default: the corpus stays outside the repository. Run with
//! `PANTHER_ANALYSIS=/path cargo test -p detection --test panther -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::Disk;
use detection::{Code, Kind, Pack};

fn corpus() -> Pack {
    let folder = std::env::var("PANTHER_ANALYSIS").expect("PANTHER_ANALYSIS names a checkout");
    detection::load("panther-analysis", &Disk(PathBuf::from(folder)))
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn most_public_detections_lower() {
    let pack = corpus();
    for (kind, least) in [(Kind::Policy, 94), (Kind::Rule, 800), (Kind::ScheduledRule, 50)] {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut lowered, mut all) = (0, 0);
        let templates = |path: &str| path.starts_with("templates/");
        for detection in pack.detections.iter().filter(|it| it.kind == kind && !templates(&it.yaml.path)) {
            all += 1;
            match &detection.code {
                Code::Lowered(_) => lowered += 1,
                Code::NotLowered(error) => *reasons.entry(&error.construct).or_default() += 1,
                Code::None => *reasons.entry("no body").or_default() += 1,
            }
        }
        println!("{kind}: {lowered} of {all} lower");
        for (reason, count) in reasons {
            println!("  {count:4} {reason}");
        }
        assert!(lowered >= least, "{lowered} of {all} {kind}s");
    }
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn public_detections_have_hardly_a_problem() {
    let pack = corpus();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &pack.problems {
        *counts.entry(problem.code.id).or_default() += 1;
        if !matches!(problem.code.id, "D017" | "D027") {
            println!("{problem}");
        }
    }
    println!("{} detections, {counts:?}", pack.detections.len());
    assert!(!pack.problems.iter().any(|problem| problem.code.id == "D002"), "YAML that Panther reads");
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn unit_tests_of_public_policies_pass() {
    let pack = corpus();
    let accounts = finding::account::Accounts::default();
    let now = jiff::Timestamp::now();
    let facts = finding::FactContext::new(now, &accounts);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for detection in
        pack.detections.iter().filter(|it| it.kind == Kind::Policy && !it.yaml.path.starts_with("templates"))
    {
        let result = detection::unit::run(detection, &facts, |_| true);
        for test in result.tests {
            *counts.entry(format!("{:?}", test.status)).or_default() += 1;
            if !matches!(test.status, detection::unit::TestStatus::Pass | detection::unit::TestStatus::Skip) {
                println!("{} / {}: {:?} {}", detection.id, test.name, test.status, test.error.unwrap_or_default());
            }
        }
    }
    println!("{counts:?}");
    assert_eq!(counts.get("Fail"), None);
}
