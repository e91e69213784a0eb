//! Plans that repair key policies and revoke grants: the smallest change, proved, and never without somebody's approval.

use serde_json::json;
use triage::control::ControlId;
use triage::key::Key;
use triage::plan::{Plan, Undo, Wishes, plan};

const KEY: &str = "arn:aws:kms:eu-north-1:111111111111:key/0f4c9a52-6f3e-4d0b-9b61-3a7de2c51f08";

fn held() -> Key {
    Key {
        arn: KEY.to_owned(),
        account_id: "111111111111".to_owned(),
        region: "eu-north-1".to_owned(),
        manager: Some("CUSTOMER".to_owned()),
        state: Some("Enabled".to_owned()),
        ..Key::default()
    }
}

const ROOT: &str = r#"{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}"#;

fn repair(control: &str, statements: &str) -> Plan {
    let mut held = held();
    held.policy = Some(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
    let control = ControlId::new(control);
    plan("f", &control, KEY, triage::key::Sight::Seen(&held), &Default::default(), &Default::default())
}

#[test]
fn a_policy_is_repaired_by_the_smallest_change_and_somebody_must_agree() {
    let open = r#"{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-north-1.amazonaws.com"}}}"#;
    let plan = repair("KMS.5", &format!("{ROOT},{open}"));
    let [change] = plan.changes.as_slice() else { panic!("{plan:?}") };
    assert_eq!((change.operation, plan.approval), ("PutKeyPolicy", true));
    let bound = open.replace(r#"amazonaws.com""#, r#"amazonaws.com","aws:PrincipalAccount":"111111111111""#);
    let made = change.parameters["Policy"].as_str().unwrap();
    assert_eq!(made, format!(r#"{{"Version":"2012-10-17","Statement":[{ROOT},{bound}]}}"#));
    assert!(change.why.contains("NARROWER: no longer allows kms:Decrypt by"), "{}", change.why);
    assert!(matches!(change.undo, Undo::Call { operation: "PutKeyPolicy", .. }));

    let orphan =
        r#"{"Effect":"Allow","Principal":{"AWS":"AROAEXAMPLEID12345678"},"Action":"kms:Decrypt","Resource":"*"}"#;
    let plan = repair("AWS.KMS.OrphanedPrincipal", &format!("{ROOT},{orphan}"));
    assert_eq!(
        plan.changes[0].parameters["Policy"],
        json!(format!(r#"{{"Version":"2012-10-17","Statement":[{ROOT}]}}"#))
    );
    assert!(matches!(plan.changes[0].undo, Undo::ByHand(_)) && plan.approval);

    let one = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/only"},"Action":"kms:*","Resource":"*"}"#;
    assert!(
        repair("AWS.KMS.Manageable", one).changes[0].parameters["Policy"]
            .as_str()
            .unwrap()
            .contains("111111111111:root")
    );
    let trail = r#"{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*"}"#;
    let plan = repair("AWS.KMS.ConfusedDeputy", &format!("{ROOT},{trail}"));
    assert!(plan.changes[0].parameters["Policy"].as_str().unwrap().contains("aws:SourceAccount"));
}

#[test]
fn what_cannot_be_proved_or_is_not_wrong_is_not_changed() {
    assert!(repair("KMS.5", ROOT).refused.unwrap().contains("no statement of the policy is open"));
    let nobody = r#"{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}"#;
    assert!(repair("AWS.KMS.Manageable", &format!("{ROOT},{nobody}")).refused.unwrap().contains("AWS Support"));
    let only = r#"{"Effect":"Allow","Principal":{"AWS":["AROAEXAMPLEID12345678"]},"Action":"kms:*","Resource":"*"}"#;
    assert!(repair("AWS.KMS.OrphanedPrincipal", only).refused.unwrap().contains("no repair was found"));
}

#[test]
fn grants_that_give_too_much_are_revoked_when_somebody_agrees() {
    let mut held = held();
    let control = ControlId::new("AWS.KMS.Grants");
    let revoking =
        |key: &Key| plan("f", &control, KEY, triage::key::Sight::Seen(key), &Default::default(), &Default::default());
    assert!(revoking(&held).missing[0].starts_with("Grants"));
    held.grants = Some(
        json!([
            {"GrantId": "a", "GranteePrincipal": "arn:aws:iam::222222222222:role/x", "Operations": ["Decrypt"]},
            {"GrantId": "b", "GranteePrincipal": "arn:aws:iam::111111111111:role/y", "Operations": ["Decrypt"]},
            {"GrantId": "c", "GranteePrincipal": "rds.eu-north-1.amazonaws.com", "Operations": ["CreateGrant"]},
        ])
        .to_string(),
    );
    let plan = revoking(&held);
    assert_eq!(plan.changes.len(), 1);
    assert_eq!((plan.changes[0].operation, &plan.changes[0].parameters["GrantId"]), ("RevokeGrant", &json!("a")));
    assert!(plan.approval);
}

#[test]
fn a_grant_to_a_trusted_account_is_left_and_one_that_hands_its_rights_on_is_not() {
    let (mut held, control) = (held(), ControlId::new("AWS.KMS.Grants"));
    let to = |id: &str, account: &str, operation: &str| json!({"GrantId": id, "GranteePrincipal": format!("arn:aws:iam::{account}:role/x"), "Operations": [operation]});
    let revoked = |key: &Key, trusted: &[&str]| -> Vec<String> {
        let wishes = Wishes { trusted: trusted.iter().map(|id| (*id).to_owned()).collect(), ..Wishes::default() };
        let plan = plan("f", &control, KEY, triage::key::Sight::Seen(key), &Default::default(), &wishes);
        plan.changes.iter().map(|change| change.parameters["GrantId"].as_str().unwrap().to_owned()).collect()
    };
    held.grants = Some(json!([to("a", "222222222222", "Decrypt"), to("b", "333333333333", "Decrypt")]).to_string());
    assert_eq!(revoked(&held, &[]), ["a", "b"]);
    assert_eq!(revoked(&held, &["222222222222"]), ["b"]);
    assert_eq!(revoked(&held, &["222222222222", "333333333333"]), Vec::<String>::new());
    held.grants = Some(json!([to("a", "222222222222", "CreateGrant")]).to_string());
    assert_eq!(revoked(&held, &["222222222222"]), ["a"]);
}
