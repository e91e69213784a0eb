//! Findings in every envelope and form; what is wrong with one never takes the others along.

use finding::Severity;
use proptest::prelude::*;
use serde_json::{Value, json};
use triage::Incoming;
use triage::incoming::{Batch, Compliance, Form, Product, Workflow, read};

const KEY: &str = "arn:aws:kms:eu-north-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn asff(id: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": id, "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "GeneratorId": "security-control/KMS.4", "AwsAccountId": "111111111111", "Title": "t",
        "Severity": {"Label": "MEDIUM", "Normalized": 40}, "Compliance": {"Status": "FAILED", "SecurityControlId": "KMS.4"},
        "Resources": [{"Type": "AwsKmsKey", "Id": KEY, "Region": "eu-north-1", "Tags": {"team": "blue"}}],
        "Unheard": {"Of": [1.50, "é"]},
    })
}

fn own(id: &str) -> Value {
    json!({
        "fingerprint": id, "detection_id": "AWS.KMS.RotationEnabled", "status": "FAIL", "severity": "MEDIUM", "title": "t",
        "reason": "r", "remediation": "", "group": "", "controls": ["KMS.4", "CIS-1.2.0/2.8"], "attack": [],
        "resource": {"id": KEY, "type": "AWS.KMS.Key", "account_id": "111111111111", "region": "eu-north-1", "name": "",
            "environment": "development", "team": "blue"},
        "location": null, "suppressed_by": null,
    })
}

fn ocsf(id: &str) -> Value {
    json!({
        "class_uid": 2003, "activity_id": 1, "severity_id": 3, "status_id": 1, "time": 0,
        "metadata": {"version": "1.8.0", "product": {"name": "Security Hub CSPM", "vendor_name": "AWS"}},
        "finding_info": {"uid": id, "title": "t", "analytic": {"uid": "security-control/KMS.4", "type_id": 1}},
        "compliance": {"control": "KMS.4", "status_id": 3, "status": "Fail"},
        "cloud": {"provider": "AWS", "region": "eu-north-1", "account": {"uid": "111111111111"}},
        "resources": [{"uid": KEY, "type": "AWS::KMS::Key", "region": "eu-north-1", "tags": [{"name": "team", "value": "blue"}]}],
    })
}

fn of(value: &Value) -> Batch {
    read(value.to_string().as_bytes())
}

fn ids(batch: &Batch) -> Vec<&str> {
    assert!(batch.problems.is_empty(), "{:?}", batch.problems);
    batch.findings.iter().map(|finding| finding.id.as_str()).collect()
}

fn one(value: &Value) -> Incoming {
    let mut batch = of(value);
    assert!(batch.problems.is_empty(), "{:?}", batch.problems);
    batch.findings.remove(0)
}

#[test]
fn every_envelope_gives_all_its_findings_in_order() {
    let event = json!({"version": "0", "source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": [asff("1"), asff("2")]}});
    assert_eq!(ids(&of(&asff("1"))), ["1"]);
    assert_eq!(ids(&of(&json!([asff("1"), ocsf("2"), own("3")]))), ["1", "2", "3"]);
    assert_eq!(ids(&of(&json!({"Findings": [asff("1"), asff("2")]}))), ["1", "2"]);
    assert_eq!(ids(&of(&event)), ["1", "2"]);
    assert_eq!(ids(&of(&json!([event, asff("3")]))), ["1", "2", "3"]);
    assert_eq!(ids(&of(&json!({"schema_version": 1, "findings": [own("1")], "errors": []}))), ["1"]);
    assert_eq!(ids(&of(&json!({"Findings": []}))), [""; 0]);
    let lines = format!("\u{feff}{}\r\n\n{}\n{}\n", asff("1"), json!({"Findings": [asff("2")]}), own("3"));
    assert_eq!(ids(&read(lines.as_bytes())), ["1", "2", "3"]);
}

#[test]
fn the_three_forms_say_the_same_of_the_same_key() {
    for (value, form, product) in [
        (asff("1"), Form::AsffConsolidated, Product::SecurityHub),
        (ocsf("1"), Form::Ocsf, Product::SecurityHub),
        (own("1"), Form::Keyreeve, Product::Keyreeve),
    ] {
        let finding = one(&value);
        assert_eq!((finding.form, &finding.product), (form, &product));
        assert_eq!(finding.control.as_ref().unwrap().id.as_str(), "KMS.4");
        assert_eq!((finding.severity, finding.normalized), (Severity::Medium, 40));
        assert_eq!(finding.compliance, Some(Compliance::Failed));
        assert_eq!((finding.workflow, finding.archived), (Workflow::New, false));
        assert_eq!((finding.account_id.as_str(), finding.region.as_deref()), ("111111111111", Some("eu-north-1")));
        assert!(finding.is_about_a_key());
        assert_eq!(finding.resource_id(), KEY);
    }
    for value in [asff("1"), ocsf("1")] {
        assert_eq!(one(&value).resource().unwrap().tags["team"], "blue");
    }
}

#[test]
fn unknown_fields_are_kept_as_they_were_written() {
    let text = asff("1").to_string().replace("1.5", "1.50");
    let finding = read(format!(" [ {text} ] ").as_bytes()).findings.remove(0);
    assert_eq!(finding.text, text);
}

#[test]
fn severities_come_as_labels_numbers_and_strings() {
    let severity = |value: Value| {
        let mut finding = asff("1");
        finding["Severity"] = value;
        let finding = one(&finding);
        (finding.severity, finding.normalized)
    };
    assert_eq!(severity(json!({"Label": "HIGH"})), (Severity::High, 70));
    assert_eq!(severity(json!({"Normalized": 70})), (Severity::High, 70));
    assert_eq!(severity(json!({"Normalized": "90"})), (Severity::Critical, 90));
    assert_eq!(severity(json!({"Label": "INFORMATIONAL", "Normalized": "0"})), (Severity::Info, 0));
    assert_eq!(severity(json!({"Label": null, "Normalized": 1.0})), (Severity::Low, 1));
    assert_eq!(severity(json!("LOW")), (Severity::Low, 1));
    assert_eq!(severity(json!(40)), (Severity::Medium, 40));
}

#[test]
fn a_finding_that_cannot_be_read_says_where_and_the_others_are_read() {
    let broken = |path: &str, value: Value| {
        let mut finding = asff("2");
        *finding.pointer_mut(path).unwrap() = value;
        let batch = of(&json!({"Findings": [asff("1"), finding, asff("3")]}));
        assert_eq!(batch.findings.len(), 2, "{path}");
        batch.problems[0].to_string()
    };
    assert_eq!(
        broken("/Severity/Label", json!("SEVERE")),
        "Findings[1].Severity.Label: expected INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL"
    );
    assert_eq!(
        broken("/Severity/Normalized", json!("x")),
        "Findings[1].Severity.Normalized: expected a number from 0 to 100"
    );
    assert_eq!(
        broken("/Severity/Normalized", json!(101)),
        "Findings[1].Severity.Normalized: expected a number from 0 to 100"
    );
    assert_eq!(broken("/Id", json!(7)), "Findings[1].Id: expected a string, not a number");
    assert_eq!(broken("/AwsAccountId", json!(null)), "Findings[1]: `AwsAccountId` is missing");
    assert_eq!(broken("/Resources", json!({})), "Findings[1].Resources: expected a list, not an object");
    assert_eq!(broken("/Resources/0", json!("x")), "Findings[1].Resources[0]: expected an object, not a string");
    assert_eq!(
        broken("/Compliance/Status", json!("MAYBE")),
        "Findings[1].Compliance: `Status` is none of PASSED, FAILED, WARNING, NOT_AVAILABLE"
    );
    assert_eq!(broken("/Compliance", json!([])), "Findings[1].Compliance: expected an object, not a list");
}

#[test]
fn a_problem_has_its_place_in_the_text() {
    let text = "[\n  {\"SchemaVersion\": \"1\", \"Id\": \"1\", \"AwsAccountId\": \"1\", \"Severity\": {\"Label\": \"BAD\"}}\n]";
    let batch = read(text.as_bytes());
    assert_eq!(batch.problems[0].offset, text.find("\"BAD\"").unwrap());
    let lines = format!("{}\n{{\"SchemaVersion\": 1,}}\n", asff("1"));
    let batch = read(lines.as_bytes());
    assert_eq!((batch.findings.len(), batch.problems.len()), (1, 1));
    assert!(batch.problems[0].offset > lines.find('\n').unwrap());
}

#[test]
fn what_is_no_finding_is_refused() {
    let message = |text: &str| read(text.as_bytes()).problems[0].message.clone();
    assert_eq!(message(""), "the text is empty: it holds no finding");
    assert_eq!(message("7"), "expected a finding, not a number");
    assert!(message("{}").starts_with("this is no finding"));
    assert!(message("{\"class_uid\": 2004}").starts_with("only class 2003"));
    assert!(message("{\"detection_id\": \"x\"}").starts_with("not a finding of Keyreeve's"));
    assert!(!message("{\"a\": 1, \"a\": 2}").is_empty(), "a key that stands twice is refused");
    assert_eq!(read(b"\xff").problems[0].message, "the text is not UTF-8: save it as UTF-8");
    assert!(!message(&"[".repeat(100_000)).is_empty());
    assert!(!message(&(r#"{"detail":"#.repeat(30) + "{}" + &"}".repeat(30))).is_empty());
    let mut large = asff("1");
    large["Title"] = json!("x".repeat(2 << 20));
    assert!(of(&large).problems[0].message.contains("more than"));
}

fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "FAILED",
            "NEW",
            "ARCHIVED",
            "arn:aws:kms",
            "*",
            "\u{0}",
            "KMS.4",
            "Yes",
            "\u{202e}é"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(
                (prop::sample::select(vec!["Label", "Status", "Normalized", "uid", "Id", "x"]), inner),
                0..4
            )
            .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in whichever field: it is read or refused, and what is read is decided.
    #[test]
    fn no_value_in_any_field_panics(form in 0..3_usize, field in 0..40_usize, value in hostile()) {
        let mut finding = [asff("1"), ocsf("1"), own("1")][form].clone();
        let names: Vec<String> = finding.as_object().unwrap().keys().cloned().collect();
        finding[&names[field % names.len()]] = value;
        let batch = of(&finding);
        prop_assert_eq!(batch.findings.len() + batch.problems.len(), 1);
        for finding in &batch.findings {
            let case = triage::Case {
                finding, account: None, key: Default::default(), ticket: None, now: jiff::Timestamp::UNIX_EPOCH,
            };
            let decision = triage::Triage::default().decide(&case);
            prop_assert!(!decision.reason.is_empty());
            prop_assert_eq!(decision, triage::Triage::default().decide(&case), "the same case is decided the same");
        }
    }

    #[test]
    fn no_text_panics(text in any::<Vec<u8>>(), cut in 0..900_usize) {
        let _ = read(&text);
        let whole = asff("1").to_string();
        let _ = read(&whole.as_bytes()[..cut.min(whole.len())]);
    }
}
