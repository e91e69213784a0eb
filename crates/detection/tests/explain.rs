//! The page of a detection: as JSON, and laid out for a terminal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use detection::builtin;
use detection::explain::{Explanation, TestVerdict, explain, lower_logic, page};

fn explained(pack: &str, id: &str) -> Explanation {
    let pack = builtin::pack(pack).unwrap();
    let detection = pack.detection(id).unwrap();
    let verdict = |test: &detection::UnitTest| TestVerdict {
        name: test.name.clone(),
        status: "PASS".to_owned(),
        expected: test.expected,
    };
    explain(detection, detection.tests.iter().map(verdict).collect())
}

#[test]
fn the_seeds_detection_as_a_document() {
    let mut explanation = explained("panther-kms", "AWS.CMK.KeyRotation");
    explanation.body.truncate(22);
    explanation.python = None;
    explanation.test_verdicts.truncate(1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&explanation).unwrap(), @r#"
    {
      "id": "AWS.CMK.KeyRotation",
      "name": "AWS KMS CMK Key Rotation",
      "type": "policy",
      "severity": "LOW",
      "enabled": true,
      "resource_types": [
        "AWS.KMS.Key"
      ],
      "log_types": [],
      "description": "A key whose material KMS made for a customer must be enabled and rotate by itself.",
      "reference": "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
      "runbook": "https://docs.runpanther.io/alert-runbooks/built-in-policies/aws-customer-created-cmk-has-key-rotation-enabled",
      "source": "aws_cmk_key_rotation.yml",
      "body": "AnalysisType: policy\nF",
      "python_source": "aws_cmk_key_rotation.py",
      "python": null,
      "group_by": [
        "AccountId"
      ],
      "compliance": {
        "CIS": [
          "2.8"
        ],
        "PCI": [
          "3.5.2"
        ]
      },
      "attack": [
        {
          "tactic_id": "TA0006",
          "tactic": "Credential Access",
          "technique_id": "T1552",
          "technique": "Unsecured Credentials"
        }
      ],
      "tags": [
        "AWS",
        "Identity & Access Management",
        "Credential Access:Unsecured Credentials"
      ],
      "tier": "lowered",
      "why_exact": null,
      "condition": "not (Origin ne \"AWS_KMS\" or KeyManager ne \"CUSTOMER\" or (KeyRotationEnabled eq \"True\" and KeyState eq \"Enabled\"))",
      "why_no_condition": null,
      "logic": "resource[\"Origin\"] != \"AWS_KMS\" or resource[\"KeyManager\"] != \"CUSTOMER\" or resource[\"KeyRotationEnabled\"] is True and resource[\"KeyState\"] == \"Enabled\"",
      "exclusions": [
        {
          "field": "KeyRotationEnabled",
          "kind": "eq",
          "values": [
            "True"
          ]
        },
        {
          "field": "KeyState",
          "kind": "eq",
          "values": [
            "Enabled"
          ]
        },
        {
          "field": "KeyManager",
          "kind": "ne",
          "values": [
            "CUSTOMER"
          ]
        },
        {
          "field": "Origin",
          "kind": "ne",
          "values": [
            "AWS_KMS"
          ]
        }
      ],
      "passes_when": "Origin is not \"AWS_KMS\", or KeyManager is not \"CUSTOMER\", or both KeyRotationEnabled is True and KeyState is \"Enabled\". KeyRotationEnabled alone excludes nothing, nor does KeyState.",
      "unknown_when": [],
      "fields": [
        {
          "name": "AccountId",
          "type": "string",
          "inferred": false,
          "required": true,
          "computed": false,
          "read_by": [
            "dedup"
          ],
          "description": "The account that owns the key: DescribeKey's `AWSAccountId`."
        },
        {
          "name": "KeyManager",
          "type": "string",
          "inferred": false,
          "required": true,
          "computed": false,
          "read_by": [
            "policy"
          ],
          "description": "Who manages the key."
        },
        {
          "name": "KeyRotationEnabled",
          "type": "boolean or null",
          "inferred": false,
          "required": true,
          "computed": false,
          "read_by": [
            "policy"
          ],
          "description": "Whether automatic rotation is on; null where it was never set. A multi-Region replica has its primary's."
        },
        {
          "name": "KeyState",
          "type": "string",
          "inferred": false,
          "required": true,
          "computed": false,
          "read_by": [
            "policy"
          ],
          "description": "What state the key is in."
        },
        {
          "name": "Origin",
          "type": "string",
          "inferred": false,
          "required": true,
          "computed": false,
          "read_by": [
            "policy"
          ],
          "description": "Where the key material comes from."
        }
      ],
      "reads_whole_input": false,
      "parameters": [],
      "tests": 10,
      "test_verdicts": [
        {
          "name": "Key Managed By AWS",
          "status": "PASS",
          "expected": true
        }
      ],
      "sidecar": {
        "why": "Key material that never changes protects ever more data: whoever gets hold of it once can read everything from then on. Rotation bounds what one version of the material protects, and asks nothing of the applications.",
        "procedure": "3 Enable Automatic Key Rotation",
        "controls": [
          "KMS.4",
          "CIS-1.2.0/2.8",
          "PCI-3.2.1/3.5.2"
        ],
        "surfaces": [
          "live",
          "planned",
          "event"
        ],
        "not_planned": null,
        "fixes": {
          "Console": "KMS, Customer managed keys, {KeyId} in {PrimaryRegion}, tab \"Key rotation\": Edit, Enable, Save. Enable a disabled key first.",
          "CommandLine": "aws kms enable-key-rotation --key-id {KeyId} --region {PrimaryRegion}",
          "CloudFormation": "Type: AWS::KMS::Key\nProperties:\n  EnableKeyRotation: true",
          "Terraform": "resource \"aws_kms_key\" \"this\" {\n  enable_key_rotation = true\n}"
        },
        "references": [
          "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"
        ]
      }
    }
    "#);
}

#[test]
fn the_seeds_detection_as_a_page() {
    let mut explanation = explained("panther-kms", "AWS.CMK.KeyRotation");
    explanation.body.truncate(22);
    explanation.tests = 5;
    explanation.test_verdicts.truncate(5);
    insta::assert_snapshot!(page::page(&explanation, 100).plain(), @r#"
    Detections › policy › AWS.CMK.KeyRotation

    AWS KMS CMK Key Rotation

    Severity      low
    Group by      AccountId
    Compliance    CIS 2.8; PCI 3.5.2
    Tags          AWS, Identity & Access Management, Credential Access:Unsecured Credentials
    Reference     https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
    Runbook       https://docs.runpanther.io/alert-runbooks/built-in-policies/aws-customer-created-cmk-has-key-rotation-enabled
    Source        aws_cmk_key_rotation.yml
    Judges        AWS.KMS.Key

    A key whose material KMS made for a customer must be enabled and rotate by itself.

    MITRE ATT&CK coverage
      Tactic             Techniques
      Credential Access  T1552 Unsecured Credentials

    Rule body
      aws_cmk_key_rotation.yml
      AnalysisType: policy
      F

      aws_cmk_key_rotation.py
      """A key that KMS made for a customer must rotate and be in use, by the seed's four facts alone."""


      def policy(resource):
          return (
              resource["Origin"] != "AWS_KMS"
              or resource["KeyManager"] != "CUSTOMER"
              or (resource["KeyRotationEnabled"] is True and resource["KeyState"] == "Enabled")
          )


      def dedup(resource):
          return resource["AccountId"]

    Detection logic

    Condition
      not (Origin ne "AWS_KMS" or KeyManager ne "CUSTOMER" or (KeyRotationEnabled eq "True" and KeyState
      eq "Enabled"))

    Exclusions
      Tests under a NOT of the condition, which keep it from alerting. How they are joined is not shown
      here: see “Passes when”.
      Field               Kind  Excluded values
      KeyRotationEnabled  eq    True
      KeyState            eq    Enabled
      KeyManager          ne    CUSTOMER
      Origin              ne    AWS_KMS

    Passes when
      Origin is not "AWS_KMS", or KeyManager is not "CUSTOMER", or both KeyRotationEnabled is True and
      KeyState is "Enabled". KeyRotationEnabled alone excludes nothing, nor does KeyState.

    Logic
      resource["Origin"] != "AWS_KMS" or resource["KeyManager"] != "CUSTOMER" or resource["KeyRotationEnabled"] is True and resource["KeyState"] == "Enabled"

    Tier
      lowered: it runs on the expression tree shown above

    Fields
      Field               Type and use
      AccountId           string, must be there; read by dedup
      KeyManager          string, must be there; read by policy
      KeyRotationEnabled  boolean or null, must be there; read by policy
      KeyState            string, must be there; read by policy
      Origin              string, must be there; read by policy

    Tests
      PASS  Key Managed By AWS (expects true)
      PASS  Key Rotation Enabled (expects true)
      PASS  Key Rotation Never Set (expects false)
      PASS  Key Rotation Not Enabled (expects false)
      PASS  Key Not Eligible for Rotation (expects true)

    Why it matters
      Key material that never changes protects ever more data: whoever gets hold of it once can read
      everything from then on. Rotation bounds what one version of the material protects, and asks
      nothing of the applications.

    Fixes
      Console
        KMS, Customer managed keys, {KeyId} in {PrimaryRegion}, tab "Key rotation": Edit, Enable, Save.
        Enable a disabled key first.
      CommandLine
        aws kms enable-key-rotation --key-id {KeyId} --region {PrimaryRegion}
      CloudFormation
        Type: AWS::KMS::Key
        Properties:
          EnableKeyRotation: true
      Terraform
        resource "aws_kms_key" "this" {
          enable_key_rotation = true
        }

    Controls      KMS.4, CIS-1.2.0/2.8, PCI-3.2.1/3.5.2
    Procedure     3 Enable Automatic Key Rotation
    Surfaces      live, planned, event
    References    https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
    "#);
}

#[test]
fn every_built_in_detection_has_a_page_and_its_logic_lowers_back() {
    for name in builtin::names() {
        for detection in &builtin::pack(name).unwrap().detections {
            let explanation = explain(detection, Vec::new());
            assert_eq!(explanation.tier, Some("lowered"), "{}", detection.id);
            assert_eq!(explanation.why_no_condition, None, "{}", detection.id);
            assert!(explanation.passes_when.is_some(), "{}", detection.id);
            assert!(!explanation.group_by.is_empty(), "{}", detection.id);
            assert!(
                explanation.fields.iter().all(|field| !field.inferred),
                "{}: {:?}",
                detection.id,
                explanation.fields
            );
            let logic = explanation.logic.unwrap();
            let module = lower_logic(&logic, "policy", "resource").unwrap();
            assert!(module.functions.iter().any(|function| function.name == "policy"), "{logic}");
        }
    }
}

#[test]
fn a_page_fits_its_width_but_for_code() {
    for width in [80, 120] {
        let page = page::page(&explained("kms", "AWS.KMS.RotationEnabled"), width);
        for line in page.lines.iter().filter(|line| line.iter().all(|span| span.style != page::Style::Code)) {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            let has_long_word = text.split(' ').any(|word| word.chars().count() > width - 14);
            assert!(text.chars().count() <= width || has_long_word, "{width}: {text}");
        }
    }
}
