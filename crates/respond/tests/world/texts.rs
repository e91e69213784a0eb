//! The texts that come in: findings in ASFF, findings of ours, CloudTrail's events, keys as a snapshot has them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::outside::{Hubbed, Key};

pub const PROD: &str = "111122223333";
pub const DEV: &str = "444455556666";

pub fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:kms:eu-north-1:{account}:key/{name}")
}

/// A key in another region than all others.
pub fn far_arn(account: &str, name: &str) -> String {
    arn(account, name).replace("eu-north-1", "eu-west-1")
}

fn region(arn: &str) -> String {
    arn.split(':').nth(3).unwrap().into()
}

pub fn account(id: &str, name: &str, environment: &str) -> finding::Account {
    serde_json::from_value(json!({
        "id": id, "name": name, "email": "root@example.com", "joined": "2024-01-01T00:00:00Z", "ou": "Root/Workloads",
        "tags": {"soar:environment": environment, "soar:team": "Platform"},
    }))
    .unwrap()
}

pub fn key(arn: &str) -> Key {
    let account = arn.split(':').nth(4).unwrap().to_owned();
    Key {
        arn: arn.into(),
        account,
        region: region(arn),
        state: "Enabled".into(),
        rotation: Some(365),
        deletion: None,
        tags: BTreeMap::new(),
        primary: None,
        replicas: Vec::new(),
        denied: false,
        before: None,
        gone: false,
    }
}

pub fn resource(key: &Key) -> String {
    let place = |arn: &String| json!({"Arn": arn, "Region": region(arn)});
    let family = (key.primary.is_some() || !key.replicas.is_empty()).then(|| {
        json!({
            "MultiRegionKeyType": if key.primary.is_some() { "REPLICA" } else { "PRIMARY" },
            "PrimaryKey": place(key.primary.as_ref().unwrap_or(&key.arn)),
            "ReplicaKeys": key.replicas.iter().map(place).collect::<Vec<_>>(),
        })
    });
    json!({
        "ResourceType": "AWS.KMS.Key", "ResourceId": key.arn, "Arn": key.arn, "KeyId": key.arn.rsplit('/').next(),
        "AccountId": key.account, "Region": key.region, "KeyManager": "CUSTOMER", "KeyState": key.state,
        "Enabled": key.state == "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
        "MultiRegion": family.is_some(), "MultiRegionConfiguration": family, "CustomKeyStoreId": null, "KeyRotationEnabled": key.rotation.is_some(),
        "RotationPeriodInDays": key.rotation, "DeletionDate": key.deletion.map(|at| at.to_string()),
        "Description": "", "Aliases": [], "Tags": key.tags,
    })
    .to_string()
}

/// A finding of ours.
pub fn own(detection: &str, control: &str, severity: &str, status: &str, key: &Value) -> String {
    let text = |name: &str| key[name].as_str().unwrap_or_default();
    json!({
        "fingerprint": format!("{detection}/{}", text("Arn")), "detection_id": detection, "status": status, "severity": severity,
        "title": format!("{control} on {}", text("KeyId")), "reason": status, "remediation": "see the runbook", "group": "",
        "controls": [control], "attack": [],
        "resource": {"id": text("Arn"), "type": "AWS.KMS.Key", "account_id": text("AccountId"), "region": text("Region"), "name": text("KeyId")},
        "location": null, "suppressed_by": null,
    })
    .to_string()
}

/// A finding of Security Hub.
pub fn asff(finding: &Hubbed) -> String {
    json!({
        "SchemaVersion": "2018-10-08", "Id": finding.id,
        "ProductArn": format!("arn:aws:securityhub:{}::product/aws/securityhub", finding.region),
        "GeneratorId": format!("security-control/{}", finding.control), "AwsAccountId": finding.account, "Region": finding.region,
        "CreatedAt": "2026-11-01T00:00:00Z", "FirstObservedAt": "2026-11-01T00:00:00Z", "UpdatedAt": finding.updated.to_string(),
        "Severity": {"Label": "MEDIUM", "Normalized": 40}, "Title": format!("{} fails on a key", finding.control),
        "Description": "described", "Types": ["Software and Configuration Checks"],
        "Compliance": {"Status": finding.compliance, "SecurityControlId": finding.control},
        "Workflow": {"Status": finding.workflow}, "RecordState": if finding.archived { "ARCHIVED" } else { "ACTIVE" },
        "Resources": [{"Type": "AwsKmsKey", "Id": finding.arn, "Region": finding.region}],
        "UserDefinedFields": finding.fields,
    })
    .to_string()
}

/// A finding of GuardDuty.
pub fn guard_duty(id: &str, at: Timestamp) -> String {
    json!({
        "SchemaVersion": "2018-10-08", "Id": id, "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/guardduty",
        "GeneratorId": "arn:aws:guardduty:eu-north-1:111122223333:detector/d", "AwsAccountId": PROD, "Region": "eu-north-1",
        "UpdatedAt": at.to_string(), "Severity": {"Label": "HIGH"}, "Title": "Unusual use of a key",
        "Types": ["TTPs/Impact/Impact:IAMUser-AnomalousBehavior"], "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
        "Resources": [{"Type": "AwsAccount", "Id": "AWS::::Account:111122223333"}],
    })
    .to_string()
}

/// An event of CloudTrail.
pub fn trail(id: &str, call: &str, arn: &str, at: Timestamp) -> String {
    json!({
        "version": "0", "id": id, "detail-type": "AWS API Call via CloudTrail", "source": "aws.kms", "account": arn.split(':').nth(4),
        "detail": {
            "eventID": id, "eventSource": "kms.amazonaws.com", "eventName": call, "eventTime": at.to_string(),
            "awsRegion": region(arn), "recipientAccountId": arn.split(':').nth(4),
            "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/Dev/alice"},
            "requestParameters": {"keyId": arn}, "resources": [{"ARN": arn, "type": "AWS::KMS::Key"}],
        },
    })
    .to_string()
}
