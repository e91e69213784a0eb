//! The findings document is what scripts and other programs read: its JSON is frozen here, byte by byte.

use finding::{
    Document, ErrorRecord, Finding, Location, Position, ResourceRef, Severity, Status, Summary, Tool, UnknownFact,
};

fn live() -> Finding {
    Finding {
        fingerprint: "0123456789abcdef0123456789abcdef".into(),
        detection_id: "AWS.KMS.RotationEnabled".into(),
        status: Status::Unknown,
        severity: Severity::Medium,
        title: "orders: cannot tell whether rotation is on".into(),
        reason: "KeyRotationEnabled could not be read".into(),
        remediation: "allow kms:GetKeyRotationStatus to the scanner's role".into(),
        group: "111122223333".into(),
        controls: vec!["KMS.4".into(), "CIS-1.2.0/2.8".into()],
        attack: vec!["TA0006:T1552".into()],
        resource: ResourceRef {
            id: "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".into(),
            kind: "AWS.KMS.Key".into(),
            account_id: "111122223333".into(),
            region: "eu-north-1".into(),
            name: "alias/orders".into(),
            description: "Orders at rest".into(),
            account_name: "acme-prod".into(),
            team: "Platform".into(),
            environment: "production".into(),
        },
        location: None,
        suppressed_by: None,
        unknown_facts: vec![UnknownFact {
            field: "KeyRotationEnabled".into(),
            operation: "GetKeyRotationStatus".into(),
            code: "AccessDeniedException".into(),
            message: "not authorized".into(),
            expected: None,
        }],
    }
}

fn planned() -> Finding {
    Finding {
        status: Status::Fail,
        resource: ResourceRef {
            id: r#"module.x.aws_kms_key.y["k"]"#.into(),
            kind: "AWS.KMS.Key".into(),
            account_id: String::new(),
            region: String::new(),
            name: String::new(),
            description: String::new(),
            account_name: String::new(),
            team: String::new(),
            environment: String::new(),
        },
        location: Some(Location {
            file: "infra/keys.tf".into(),
            start: Position { line: 3, column: 1 },
            end: Position { line: 9, column: 2 },
        }),
        suppressed_by: Some("legacy-keys".into()),
        unknown_facts: Vec::new(),
        ..live()
    }
}

fn document() -> Document {
    Document {
        schema_version: 1,
        tool: Tool { name: "keyreeve".into(), version: "0.1.0".into() },
        summary: Summary {
            resources: 3,
            detections: 2,
            pass: 1,
            fail: 1,
            unknown: 1,
            not_applicable: 2,
            suppressed: 1,
        },
        findings: vec![live(), planned()],
        errors: vec![ErrorRecord {
            message: "reading keys: region disabled".into(),
            file: None,
            account_id: Some("111122223333".into()),
            region: Some("ap-east-1".into()),
            operation: Some("ListKeys".into()),
            code: None,
            expected: None,
            class: None,
        }],
    }
}

#[test]
fn the_json_of_the_findings_document_is_frozen() {
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    let frozen = include_str!("document.json");
    assert_eq!(made, frozen, "the findings document is a contract: grow schema_version if a field changes its meaning");
}

#[test]
fn the_findings_document_reads_back_equal() {
    let read: Document = serde_json::from_str(include_str!("document.json")).unwrap();
    assert_eq!(read, document());
}
