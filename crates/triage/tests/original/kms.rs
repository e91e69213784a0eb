//! K: what the operating procedure for KMS keys demands.

use serde_json::{Value, json};
use triage::control::ControlId;
use triage::decision::Outcome;
use triage::plan::{Plan, Risk, Undo, Wishes, plan};

use crate::support::{KEY, control, key, made, read_one};

fn planned(control: &str, over: Value, wishes: &Wishes) -> Plan {
    let key = key(over);
    plan("f", &ControlId::new(control), KEY, triage::key::Sight::Seen(&key), &Default::default(), wishes)
}

fn own(detection: &str, severity: &str) -> Value {
    json!({
        "fingerprint": "0", "detection_id": detection, "status": "FAIL", "severity": severity, "title": "t", "reason": "r",
        "remediation": "", "group": "", "controls": [], "attack": [],
        "resource": {"id": KEY, "type": "AWS.KMS.Key", "account_id": "111111111111", "region": "eu-north-1", "name": ""},
        "location": null, "suppressed_by": null,
    })
}

#[test]
fn k1_a_key_without_rotation_is_put_right() {
    assert_eq!(made(control("KMS.4", json!({}))).says(), "REMEDIATE remediate");
    assert_eq!(made(own("AWS.KMS.RotationEnabled", "MEDIUM")).says(), "REMEDIATE remediate");
    let passes = control("KMS.4", json!({"Compliance": {"Status": "PASSED"}}));
    assert_eq!(made(passes).says(), "NOTHING resolved");
    let done = made(control("KMS.4", json!({}))).key(json!({"KeyRotationEnabled": true, "RotationPeriodInDays": 365}));
    assert_eq!(done.says(), "DEFER outdated", "it was put right already");
    let of_code = json!({"Tags": {"aws:cloudformation:stack-name": "keys"}});
    let decision = made(control("KMS.4", json!({}))).key(of_code).decide();
    assert_eq!(decision.row, "team-fix");
    assert!(decision.reason.contains("infrastructure code owns the key"));
}

#[test]
fn k2_missing_rotation_is_medium() {
    assert_eq!(made(control("KMS.4", json!({}))).decide().severity.name(), "MEDIUM");
    assert_eq!(ControlId::new("KMS.4").reviewed().unwrap().severity.name(), "MEDIUM");
}

#[test]
fn k3_the_period_is_a_year_unless_told_otherwise() {
    let plan = planned("KMS.4", json!({}), &Wishes::default());
    assert_eq!(plan.changes[0].parameters["RotationPeriodInDays"], json!(365));
    let wish = |days| Wishes { rotation_period: Some(days), ..Wishes::default() };
    assert_eq!(planned("KMS.4", json!({}), &wish(180)).changes[0].parameters["RotationPeriodInDays"], json!(180));
    assert!(planned("KMS.4", json!({}), &wish(30)).refused.is_some(), "AWS takes 90 to 2560 days");
    let slow = json!({"KeyRotationEnabled": true, "RotationPeriodInDays": 700});
    let change = planned("AWS.KMS.RotationPeriod", slow, &Wishes::default()).changes.remove(0);
    let Undo::Call { operation, parameters } = change.undo else { panic!("undone by a call") };
    assert_eq!((operation, &parameters["RotationPeriodInDays"]), ("EnableKeyRotation", &json!(700)));
    let done = json!({"KeyRotationEnabled": true, "RotationPeriodInDays": 365});
    assert!(planned("KMS.4", done, &Wishes::default()).changes.is_empty());
}

#[test]
fn k4_enabling_rotation_is_safe_and_can_be_undone() {
    let plan = planned("KMS.4", json!({}), &Wishes::default());
    assert!(!plan.approval);
    assert_eq!(plan.changes[0].risk, Risk::Safe);
    let Undo::Call { operation, .. } = &plan.changes[0].undo else { panic!("undone by a call") };
    assert_eq!(*operation, "DisableKeyRotation");
}

#[test]
fn k19_an_alias_is_recommended() {
    assert_eq!(made(own("AWS.KMS.Alias", "INFO")).says(), "NOTHING informational");
    assert!(planned("AWS.KMS.Alias", json!({}), &Wishes::default()).missing[0].contains("--alias"));
    let wish = |alias: &str| Wishes { alias: Some(alias.to_owned()), ..Wishes::default() };
    let plan = planned("AWS.KMS.Alias", json!({}), &wish("alias/orders"));
    assert!(plan.approval && plan.changes[0].operation == "CreateAlias");
    for wrong in ["orders", "alias/aws/orders", "alias/", "alias/a b"] {
        assert!(planned("AWS.KMS.Alias", json!({}), &wish(wrong)).refused.is_some(), "{wrong}");
    }
}

#[test]
fn k20_a_description_is_recommended() {
    assert_eq!(made(own("AWS.KMS.Description", "INFO")).says(), "NOTHING informational");
    let wishes = Wishes { description: Some("orders".to_owned()), ..Wishes::default() };
    let change = planned("AWS.KMS.Description", json!({"Description": "old"}), &wishes).changes.remove(0);
    let Undo::Call { parameters, .. } = change.undo else { panic!("undone by a call") };
    assert_eq!((change.before.as_str(), &parameters["Description"]), ("old", &json!("old")));
}

fn dying(date: &str) -> Value {
    json!({"KeyState": "PendingDeletion", "DeletionDate": date})
}

#[test]
fn k21_the_days_left_are_shown_and_bound_the_service_level() {
    let decision = made(control("KMS.3", json!({}))).key(dying("2026-11-30T13:00:00Z")).decide();
    assert!(decision.reason.contains("on 2026-11-30T13:00:00Z, in 8 days"), "{}", decision.reason);
    let level = decision.service_level.unwrap();
    assert_eq!((level.days_left, level.due.to_string().as_str()), (Some(8), "2026-11-22T16:00:00Z"));
    let remind: Vec<String> = level.remind.iter().map(ToString::to_string).collect();
    assert_eq!(remind, ["2026-11-22T16:00:00Z", "2026-11-27T13:00:00Z", "2026-11-29T13:00:00Z"]);
    let soon = made(control("KMS.3", json!({}))).key(dying("2026-11-22T13:00:00Z")).decide().service_level.unwrap();
    assert_eq!(soon.due.to_string(), "2026-11-22T13:00:00Z", "never later than the destruction");
}

#[test]
fn k22_lower_environments_delete_freely_and_it_is_logged_not_suppressed() {
    for class in ["DEV", "dev", "Staging", "qa "] {
        let decision = made(control("KMS.3", json!({}))).class(class).decide();
        assert_eq!(
            (decision.action.name(), decision.row, decision.rule),
            ("NOTHING", "deletion-allowed", None),
            "{class}"
        );
        assert!(decision.reason.contains("where keys may be deleted"));
    }
    let gone = made(control("KMS.3", json!({"RecordState": "ARCHIVED"}))).class("DEV").gone().open().decide();
    assert_eq!((gone.row, gone.outcome), ("key-destroyed-as-allowed", Some(Outcome::Destroyed)));
}

#[test]
fn k23_production_and_unknown_make_a_critical_ticket_and_a_destroyed_key_is_never_thanked_for() {
    for class in ["PROD", "prod", "Production", "", "blue", "Unspecified"] {
        let decision = made(control("KMS.3", json!({"Severity": {"Label": "MEDIUM"}}))).class(class).decide();
        assert_eq!(
            (decision.row, decision.severity.name(), decision.penalty()),
            ("deletion", "CRITICAL", 22.5),
            "{class}"
        );
        assert!(decision.escalate);
    }
    let archived = || control("KMS.3", json!({"RecordState": "ARCHIVED"}));
    let destroyed = made(archived()).gone().open().decide();
    assert_eq!((destroyed.row, destroyed.outcome, destroyed.escalate), ("key-destroyed", None, true));
    assert_eq!(made(archived()).open().says(), "REVIEW key-fate-unknown", "archived alone proves nothing");
    let late = made(control("KMS.3", json!({}))).key(dying("2026-11-20T00:00:00Z")).open();
    assert_eq!(late.says(), "INCIDENT key-destroyed", "more than a day past its date");
    let alive = made(archived()).key(json!({"KeyState": "Disabled"})).open().decide();
    assert_eq!((alive.row, alive.outcome), ("deletion-cancelled", Some(Outcome::Cancelled)));
    let passed = made(control("KMS.3", json!({"Compliance": {"Status": "PASSED"}}))).open().decide();
    assert_eq!(passed.outcome, Some(Outcome::Cancelled));
    // What was read before the finding was written proves nothing about it; what was read since, does.
    let later = |time: &str| control("KMS.3", json!({"UpdatedAt": time}));
    let read = |finding| made(finding).key(json!({"KeyState": "Enabled"})).says();
    assert_eq!(read(later("2026-11-22T11:30:00Z")), "TEAMFIX deletion");
    assert_eq!(read(later("2026-11-22T10:30:00Z")), "DEFER outdated");
    // Taking a deletion back is offered, and needs approval.
    let plan = planned("KMS.3", dying("2026-12-01T00:00:00Z"), &Wishes::default());
    let calls: Vec<_> = plan.changes.iter().map(|change| change.operation).collect();
    assert_eq!((calls, plan.approval), (vec!["CancelKeyDeletion", "EnableKey"], true));
}

#[test]
fn k27_every_number_of_a_control_is_that_control() {
    let named = |finding: Value| read_one(&finding).control.map(|control| control.id.to_string());
    let per_standard = |generator: &str, fields: Value| {
        control(
            "x",
            json!({"GeneratorId": generator, "Compliance": {"SecurityControlId": null}, "ProductFields": fields}),
        )
    };
    let cis = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.8";
    let kms_4 = [
        control("KMS.4", json!({})),
        per_standard("aws-foundational-security-best-practices/v/1.0.0/KMS.4", json!({})),
        per_standard("anything", json!({"ControlId": "KMS.4"})),
        per_standard(cis, json!({"RuleId": "2.8"})),
        per_standard(cis, json!({})),
        per_standard("cis-aws-foundations-benchmark/v/1.4.0/3.8", json!({})),
        per_standard("cis-aws-foundations-benchmark/v/3.0.0/3.6", json!({"ControlId": "CIS.3.6"})),
        per_standard("cis-aws-foundations-benchmark/v/5.0.0/3.6", json!({})),
        per_standard("pci-dss/v/3.2.1/PCI.KMS.1", json!({})),
    ];
    for finding in kms_4 {
        assert_eq!(named(finding.clone()).as_deref(), Some("KMS.4"), "{finding}");
    }
    // The same number in another standard is another control.
    let other = per_standard("cis-aws-foundations-benchmark/v/3.0.0/2.8", json!({}));
    assert_eq!(named(other).as_deref(), Some("2.8"));
    let both = json!({"GeneratorId": cis, "ProductFields": {"RuleId": "2.8", "ControlId": "KMS.2"}});
    assert_eq!(named(control("KMS.3", both)).as_deref(), Some("KMS.3"), "SecurityControlId comes first");
    assert_eq!(named(per_standard("aws/access-analyzer", json!({}))), None);
}

#[test]
fn k29_a_control_that_nobody_has_reviewed_makes_no_ticket_and_is_not_suppressed() {
    let decision = made(control("KMS.6", json!({"Severity": {"Label": "CRITICAL"}}))).decide();
    assert_eq!((decision.action.name(), decision.row, decision.ticket), ("REVIEW", "not-reviewed", None));
}

#[test]
fn k30_the_system_closes_what_is_fixed_and_knows_what_is_overdue() {
    let fixed = made(control("KMS.5", json!({"Compliance": {"Status": "PASSED"}}))).open().decide();
    assert_eq!((fixed.action.name(), fixed.outcome), ("CLOSE_TICKET", Some(Outcome::Fixed)));
    // Opened 48 hours ago: a HIGH one is overdue after 8, a MEDIUM one after 336.
    let level = |label: &str| {
        made(control("KMS.1", json!({"Severity": {"Label": label}})))
            .open()
            .decide()
            .service_level
            .map(|level| level.overdue)
    };
    assert_eq!(
        [level("HIGH"), level("MEDIUM"), level("LOW"), level("INFORMATIONAL")],
        [Some(true), Some(false), Some(false), None]
    );
}
