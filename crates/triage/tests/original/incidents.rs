//! I: what is no control.

use serde_json::{Value, json};
use triage::decision::Outcome;

use crate::support::{KEY, incident, made, time};

fn analyzer(title: &str, details: Value) -> Value {
    let resources = json!([{"Type": "AwsKmsKey", "Id": KEY, "Region": "eu-north-1", "Details": {"Other": details}}]);
    incident(
        "aws/access-analyzer",
        json!({"GeneratorId": "aws/access-analyzer", "Title": title, "Resources": resources}),
    )
}

#[test]
fn i1_incidents_know_no_grace_for_new_accounts() {
    let mut case = made(incident("aws/guardduty", json!({})));
    case.account.as_mut().unwrap().joined = Some(time("2026-11-22T11:00:00Z"));
    assert_eq!(case.says(), "INCIDENT incident");
}

#[test]
fn i2_health_notices_are_decided_by_their_severity_and_never_rewritten() {
    let notice = |label: &str| made(incident("aws/health", json!({"Severity": {"Label": label}})));
    assert_eq!(notice("INFORMATIONAL").says(), "NOTHING below-incident");
    assert_eq!(notice("MEDIUM").says(), "INCIDENT incident");
}

#[test]
fn i3_a_finding_is_about_the_account_whose_resource_it_is() {
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let key = format!("arn:{partition}:kms:eu-north-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        let over = json!({"AwsAccountId": "999999999999", "Resources": [{"Type": "AwsKmsKey", "Id": key}]});
        let decision = made(incident("aws/guardduty", over)).decide();
        assert_eq!((decision.account_id.as_str(), decision.owner.team.as_deref()), ("111111111111", Some("platform")));
    }
    let over = json!({"AwsAccountId": "999999999999", "ProductFields": {"ResourceOwnerAccount": "111111111111"},
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::bucket"}]});
    assert_eq!(made(incident("aws/guardduty", over)).decide().account_id, "111111111111");
}

#[test]
fn i4_a_product_that_nobody_knows_goes_to_review() {
    assert_eq!(made(incident("acme/scanner", json!({}))).says(), "REVIEW unclassified");
    assert_eq!(made(incident("111111111111/default", json!({}))).says(), "REVIEW unclassified");
}

#[test]
fn i5_guardduty_is_an_incident_whatever_its_types_are_called() {
    for kind in ["TTPs/EC2-Kubernetes-IAMUser-S3-", "Effects/Runtime", ""] {
        let finding = incident("aws/guardduty", json!({"Types": [kind], "Title": "EC2- terminate"}));
        assert_eq!(made(finding).says(), "INCIDENT incident");
    }
}

#[test]
fn i6_the_organisations_own_alarms_are_incidents() {
    let alarm = || incident("111111111111/default", json!({"GeneratorId": "CIS-3.7 KMS key deletion"}));
    assert_eq!(made(alarm()).says(), "INCIDENT incident");
    assert_eq!(made(alarm()).set(|settings| settings.incident_generators.clear()).says(), "REVIEW unclassified");
}

#[test]
fn i7_a_public_key_is_never_suppressed_by_a_title_or_a_rule() {
    let titles = ["AwsKmsKey/x allows public access", "AwsKmsKey/x allows cross-account access", "nothing at all"];
    for title in titles {
        let public = || made(analyzer(title, json!({"External Principal": "*"})));
        let decision = public().rule("aws/access-analyzer", "always", json!({})).decide();
        assert_eq!((decision.row, decision.severity.name()), ("public-access", "CRITICAL"), "{title}");
        assert!(decision.escalate);
    }
    assert_eq!(made(analyzer(titles[0], json!({}))).says(), "INCIDENT public-access", "a title can make it worse");
    let outside = || made(analyzer(titles[1], json!({"External Principal": "arn:aws:iam::222222222222:root"})));
    assert_eq!(outside().says(), "INCIDENT incident");
    let trusting = outside().set(|settings| settings.trusted_accounts.extend(["222222222222".to_owned()]));
    let decision = trusting.decide();
    assert_eq!((decision.row, decision.rule.unwrap().id.as_str()), ("trusted-principal", "trusted_accounts"));
    // What SOAR suppressed by its title is looked at again.
    let mut old = analyzer(titles[0], json!({"External Principal": "*"}));
    old["Workflow"] = json!({"Status": "SUPPRESSED"});
    assert_eq!(made(old).says(), "REVIEW public-suppressed-elsewhere");
}

#[test]
fn i8_macie_is_not_suppressed() {
    let finding = incident(
        "aws/macie",
        json!({"Types": ["Sensitive Data Identifications/Policy:IAMUser-S3BucketSharedExternally"]}),
    );
    assert_eq!(made(finding).says(), "INCIDENT incident");
}

#[test]
fn i9_a_rule_for_the_type_of_incident_suppresses_it() {
    let types = json!({"Types": ["TTPs/Discovery"]});
    let case = || made(incident("aws/guardduty", types.clone()));
    assert_eq!(case().rule("TTPs/Discovery", "team = platform", json!({})).says(), "SUPPRESS incident-rule");
    assert_eq!(case().rule("TTPs/Other", "always", json!({})).says(), "INCIDENT incident");
}

#[test]
fn i10_nothing_is_ever_terminated() {
    let finding = incident("aws/guardduty", json!({"Types": ["TTPs/EC2-x"], "Severity": {"Label": "CRITICAL"}}));
    assert_eq!(made(finding).says(), "INCIDENT incident");
    let case = made(incident("aws/guardduty", json!({}))).key(json!({}));
    let plan = triage::plan::plan(
        "f",
        &triage::control::ControlId::new("EC2-x"),
        KEY,
        case.sight(),
        &case.settings,
        &Default::default(),
    );
    assert!(plan.changes.is_empty() && plan.refused.is_some());
}

#[test]
fn i12_what_only_informs_makes_no_ticket() {
    let finding = |label: &str| incident("aws/guardduty", json!({"Severity": {"Label": label}}));
    let decision = made(finding("INFORMATIONAL")).decide();
    assert_eq!((decision.row, decision.ticket), ("below-incident", None));
    assert_eq!(made(finding("LOW")).says(), "INCIDENT incident");
}

#[test]
fn i13_what_is_optional_in_asff_may_be_missing() {
    let finding = json!({
        "SchemaVersion": "2018-10-08", "Id": "1", "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/guardduty",
        "AwsAccountId": "111111111111", "Severity": {"Normalized": "70"},
    });
    assert_eq!(made(finding).says(), "INCIDENT incident");
}

#[test]
fn i15_an_incident_closes_its_ticket_once_it_is_archived() {
    let decision = made(incident("aws/guardduty", json!({"RecordState": "ARCHIVED"}))).open().decide();
    assert_eq!((decision.row, decision.outcome), ("resolved-with-ticket", Some(Outcome::Gone)));
}
