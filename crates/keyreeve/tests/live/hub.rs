//! `hub import` on the simulator's Security Hub: what `scan -f asff` prints is taken, and what is not is named.

use serde_json::{Value, json};
use simulator::{HubOptions, Options};

use super::cloud::{Cloud, clock, world};

/// The example with Security Hub, and what is wrong with it as ASFF in a file.
fn cloud() -> Cloud {
    let options = Options { hub: Some(HubOptions::default()), clock: clock(), ..Options::default() };
    let cloud = Cloud::start(world(|_| true), options);
    let scan = cloud.run(&["scan", "--org", "-f", "asff", "--fail-on", "none", "--fail-on-unknown", "none"]);
    assert_eq!(scan.code, Some(0), "{}", scan.err);
    cloud.write("findings.json", &scan.out);
    cloud
}

fn ours(cloud: &Cloud) -> Vec<Value> {
    cloud.aws.findings().into_iter().filter(|finding| finding["ProductName"] == "Keyreeve").collect()
}

fn outcome(out: &str) -> Value {
    serde_json::from_str(out).unwrap()
}

#[test]
fn what_a_scan_finds_in_an_organisation_is_imported_into_each_account_s_hub_and_repeating_adds_nothing() {
    let cloud = cloud();
    let dry = cloud.run(&["hub", "import", "findings.json", "--dry-run"]);
    assert_eq!((dry.code, ours(&cloud).len()), (Some(0), 0), "{}", dry.err);
    for _ in 0..2 {
        let run = cloud.run(&["hub", "import", "findings.json", "-f", "json"]);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        let told = outcome(&run.out);
        assert_eq!((&told["imported"], &told["failed"]), (&told["findings"], &json!([])));
        assert_eq!(ours(&cloud).len() as u64, told["findings"].as_u64().unwrap());
    }
    let found = ours(&cloud);
    let accounts: std::collections::BTreeSet<&str> =
        found.iter().map(|finding| finding["AwsAccountId"].as_str().unwrap()).collect();
    assert!(accounts.len() > 2 && found.len() > 20, "{} findings in {accounts:?}", found.len());
}

#[test]
fn what_is_not_taken_is_named_and_the_rest_is_in() {
    let cloud = cloud();
    let text = std::fs::read_to_string(cloud.home.path().join("findings.json")).unwrap();
    let batch: Vec<Value> = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let (good, mut wrong, mut foreign) = (batch[0].clone(), batch[0].clone(), batch[0].clone());
    (wrong["Id"], wrong["Severity"]) = (json!("wrong"), json!({ "Label": "SEVERE" }));
    foreign["Id"] = json!("foreign");
    foreign["ProductArn"] = json!("arn:aws:securityhub:eu-north-1::product/aws/securityhub");
    cloud.write("some.json", &json!([good, wrong, foreign]).to_string());
    let run = cloud.run(&["hub", "import", "some.json"]);
    assert_eq!(run.code, Some(4), "{}", run.err);
    assert!(run.out.contains("1 of 3 findings are in Security Hub, 2 were not taken"), "{}", run.out);
    assert!(run.err.contains("wrong") && run.err.contains("InvalidInput"), "{}", run.err);
    assert!(run.err.contains("foreign") && run.err.contains("only its maker may send it"), "{}", run.err);
    assert_eq!(ours(&cloud).len(), 1);

    cloud.write("none.json", "");
    assert_eq!(cloud.run(&["hub", "import", "none.json"]).code, Some(3));
    cloud.write("odd.json", r#"{"detection_id": "x"}"#);
    let odd = cloud.run(&["hub", "import", "odd.json"]);
    assert_eq!(odd.code, Some(2));
    assert!(odd.err.contains("scan -f asff"), "{}", odd.err);
}

#[test]
fn what_the_configuration_says_of_aws_counts_here_too() {
    let cloud = cloud();
    cloud.write("keyreeve.toml", "[aws]\nprofile = \"nobody\"\n");
    let nobody = cloud.run(&["hub", "import", "findings.json"]);
    assert!(nobody.code == Some(2) && nobody.err.contains("no profile is called `nobody`"), "{}", nobody.err);
    cloud.write("keyreeve.toml", "[aws.budgets]\nImportFindings = 50\n");
    let unknown = cloud.run(&["hub", "import", "findings.json"]);
    assert!(
        unknown.code == Some(2) && unknown.err.contains("aws.budgets.ImportFindings: no such operation"),
        "{}",
        unknown.err
    );
    cloud.write("keyreeve.toml", "[aws.budgets]\nBatchImportFindings = 50\n");
    assert_eq!(cloud.run(&["hub", "import", "findings.json"]).code, Some(0));
}
