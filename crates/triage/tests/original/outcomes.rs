//! R: what an answer to EnableKeyRotation means.

use serde_json::{Value, json};
use triage::key::Sight;
use triage::plan::{Treatment, Wishes, plan, treatment};

use crate::support::{KEY, control, key, made};

fn means(code: Option<&str>, state: Option<&str>) -> Treatment {
    let key = state.map(|state| key(json!({"KeyState": state})));
    treatment("EnableKeyRotation", code, key.as_ref().map_or(Sight::Unseen, Sight::Seen)).treatment
}

/// The plan for a key that differs from an ordinary one.
fn planned(over: Value) -> triage::plan::Plan {
    let case = made(control("KMS.4", json!({}))).key(over);
    let control = &case.finding.control.as_ref().unwrap().id;
    plan(&case.finding.id, control, KEY, case.sight(), &case.settings, &Wishes::default())
}

#[test]
fn r1_success_is_verified() {
    assert_eq!(means(None, None), Treatment::Verify);
}

#[test]
fn r2_access_denied_is_a_ticket() {
    assert_eq!(means(Some("AccessDeniedException"), None), Treatment::TeamFix);
}

#[test]
fn r3_not_found_is_read_again_and_a_gone_key_to_be_saved_escalates() {
    assert_eq!(means(Some("NotFoundException"), None), Treatment::ReadAgain);
    assert_eq!(treatment("CancelKeyDeletion", Some("NotFoundException"), Sight::Unseen).treatment, Treatment::Escalate);
}

#[test]
fn r4_an_invalid_state_is_decided_by_the_state() {
    let invalid = |state| means(Some("KMSInvalidStateException"), state);
    assert_eq!(invalid(Some("PendingDeletion")), Treatment::WaitForDeletion);
    for state in ["Creating", "Updating"] {
        assert_eq!(invalid(Some(state)), Treatment::Retry);
    }
    for state in ["PendingImport", "Unavailable"] {
        assert_eq!(invalid(Some(state)), Treatment::TeamFix);
    }
    assert_eq!(invalid(None), Treatment::Retry);
    assert_eq!(made(control("KMS.4", json!({}))).key(json!({"KeyState": "Creating"})).says(), "DEFER key-busy");
    let dying = made(control("KMS.4", json!({})))
        .key(json!({"KeyState": "PendingDeletion", "DeletionDate": "2026-12-01T00:00:00Z"}))
        .decide();
    assert_eq!((dying.row, dying.until.unwrap().to_string().as_str()), ("key-dying", "2026-12-01T00:00:00Z"));
}

#[test]
fn r5_a_disabled_key_is_the_teams() {
    assert_eq!(means(Some("DisabledException"), None), Treatment::TeamFix);
    let decision = made(control("KMS.4", json!({}))).key(json!({"KeyState": "Disabled"})).decide();
    assert_eq!(decision.row, "team-fix");
    assert!(decision.reason.contains("enable it or let it go"));
    assert!(planned(json!({"KeyState": "Disabled"})).refused.unwrap().contains("disabled"));
}

#[test]
fn r6_what_cannot_rotate_gets_no_ticket_and_a_replica_is_done_on_its_primary() {
    assert_eq!(means(Some("UnsupportedOperationException"), None), Treatment::NotApplicable);
    let cannot = [
        json!({"KeySpec": "RSA_2048"}),
        json!({"KeySpec": "HMAC_256"}),
        json!({"Origin": "EXTERNAL"}),
        json!({"Origin": "AWS_CLOUDHSM"}),
        json!({"CustomKeyStoreId": "cks-1"}),
    ];
    for over in cannot {
        assert_eq!(made(control("KMS.4", json!({}))).key(over.clone()).says(), "NOTHING not-applicable", "{over}");
        assert!(planned(over).refused.is_some());
    }
    let advice = planned(json!({"Origin": "EXTERNAL"})).refused.unwrap();
    assert!(advice.contains("rotate on demand"), "{advice}");
    let primary = "arn:aws:kms:us-east-1:111111111111:key/mrk-1";
    let replica = json!({"MultiRegion": true, "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": primary, "Region": "us-east-1"}}});
    let mut twice = [planned(replica.clone()), planned(replica.clone())];
    triage::plan::leave_out_repeats(&mut twice);
    assert_eq!(twice.map(|plan| plan.changes.len()), [1, 0], "one change, however many findings ask for it");
    let change = planned(replica.clone()).changes.remove(0);
    assert_eq!((change.region.as_str(), &change.parameters["KeyId"]), ("us-east-1", &json!(primary)));
    assert_eq!(made(control("KMS.4", json!({}))).key(replica).says(), "REMEDIATE remediate");
}

#[test]
fn r7_a_wrong_arn_is_an_operators() {
    assert_eq!(means(Some("InvalidArnException"), None), Treatment::Operator);
}

#[test]
fn r8_what_passes_is_tried_again() {
    for code in ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "LimitExceededException"]
    {
        assert_eq!(means(Some(code), None), Treatment::Retry, "{code}");
    }
}

#[test]
fn r9_broken_access_is_one_incident_of_the_platform() {
    for code in ["ExpiredTokenException", "AssumeRoleDenied", "UnrecognizedClientException"] {
        assert_eq!(means(Some(code), None), Treatment::Platform, "{code}");
    }
}

#[test]
fn r10_no_answer_is_read_back_and_an_unheard_of_one_is_an_operators() {
    assert_eq!(means(Some("TimeoutError"), None), Treatment::Retry);
    assert_eq!(means(Some("SomethingNewException"), None), Treatment::Operator);
}

#[test]
fn r11_a_key_that_cannot_be_told_is_never_guessed() {
    assert_eq!(means(Some("InvalidResourceId"), None), Treatment::Operator);
    let case = made(control("KMS.4", json!({"Resources": [{"Type": "AwsKmsKey", "Id": "no-slash"}]})));
    let control = &case.finding.control.as_ref().unwrap().id;
    let plan = plan("f", control, "no-slash", case.sight(), &case.settings, &Wishes::default());
    assert!(plan.changes.is_empty() && !plan.missing.is_empty());
}
