//! What is changed: states move as AWS moves them, and what AWS refuses is refused.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::{key, of_keys, start, start_with};
use crate::Options;

/// One key in each state.
fn states() -> Vec<(&'static str, Value)> {
    let of = |name: &str, state: &str| key(name, json!({ "KeyState": state }));
    let family = json!({
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": { "Arn": "arn:aws:kms:eu-north-1:111111111111:key/x", "Region": "eu-north-1" },
        "ReplicaKeys": [{ "Arn": "arn:aws:kms:eu-west-1:111111111111:key/x", "Region": "eu-west-1" }],
    });
    vec![
        ("Enabled", of("a", "Enabled")),
        ("Disabled", of("b", "Disabled")),
        ("PendingDeletion", key("c", json!({ "KeyState": "PendingDeletion", "DeletionDate": "2099-01-01T00:00:00Z" }))),
        (
            "PendingReplicaDeletion",
            key("d", json!({ "KeyState": "PendingReplicaDeletion", "MultiRegionConfiguration": family })),
        ),
        (
            "PendingImport",
            key("e", json!({ "KeyState": "PendingImport", "Origin": "EXTERNAL", "CurrentKeyMaterialId": null })),
        ),
        (
            "Unavailable",
            key("f", json!({ "KeyState": "Unavailable", "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1" })),
        ),
        ("Creating", of("abc", "Creating")),
        ("Updating", of("abd", "Updating")),
    ]
}

/// The error that a call gives, or nothing.
fn outcome(client: &Client, operation: &str, body: &Value) -> String {
    let response = client.kms(operation, body);
    if response.status == 200 { String::new() } else { response.code() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_state_allows_what_aws_documents() {
    let (ok, disabled, invalid, unsupported) =
        ("", "DisabledException", "KMSInvalidStateException", "UnsupportedOperationException");
    // In the order of `states`.
    let table: [(&str, Value, [&str; 8]); 13] = [
        ("EnableKeyRotation", json!({}), [ok, disabled, invalid, invalid, unsupported, unsupported, invalid, ok]),
        ("DisableKeyRotation", json!({}), [ok, disabled, invalid, invalid, unsupported, unsupported, invalid, ok]),
        ("GetKeyRotationStatus", json!({}), [ok, ok, ok, ok, unsupported, unsupported, ok, ok]),
        ("ScheduleKeyDeletion", json!({}), [ok, ok, invalid, invalid, ok, ok, ok, invalid]),
        ("CancelKeyDeletion", json!({}), [invalid, invalid, ok, ok, invalid, invalid, invalid, invalid]),
        ("EnableKey", json!({}), [ok, ok, invalid, invalid, invalid, ok, invalid, invalid]),
        ("DisableKey", json!({}), [ok, ok, invalid, invalid, invalid, ok, invalid, invalid]),
        ("GetKeyPolicy", json!({}), [ok; 8]),
        ("ListGrants", json!({}), [ok; 8]),
        (
            "TagResource",
            json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
            [ok, ok, invalid, invalid, ok, ok, ok, ok],
        ),
        ("UpdateKeyDescription", json!({ "Description": "x" }), [ok, ok, invalid, invalid, ok, ok, ok, ok]),
        (
            "CreateGrant",
            json!({ "GranteePrincipal": "arn:aws:iam::111111111111:role/x", "Operations": ["Decrypt"] }),
            [ok, disabled, invalid, invalid, invalid, ok, invalid, ok],
        ),
        ("UntagResource", json!({ "TagKeys": ["a"] }), [ok, ok, invalid, invalid, ok, ok, ok, ok]),
    ];
    for (operation, members, expected) in table {
        let keys = states();
        let worlds: Vec<Value> = keys.iter().map(|(_, key)| key.clone()).collect();
        let (running, client) = start(of_keys(&worlds)).await;
        for ((state, key), expected) in keys.iter().zip(expected) {
            let mut body = members.clone();
            body["KeyId"] = key["KeyId"].clone();
            assert_eq!(outcome(&client, operation, &body), expected, "{operation} of a key that is {state}");
        }
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_scheduled_and_cancelled_and_the_key_is_off_then() {
    let rotating =
        json!({ "KeyRotationEnabled": true, "RotationPeriodInDays": 200, "NextRotationDate": "2099-01-01T00:00:00Z" });
    let (running, client) = start(of_keys(&[key("a", rotating)])).await;
    let id = json!({ "KeyId": "a0000000-0000-4000-8000-000000000000" });
    let with = |name: &str, value: Value| {
        let mut body = id.clone();
        body[name] = value;
        body
    };
    for days in [6, 31] {
        let refused = client.kms("ScheduleKeyDeletion", &with("PendingWindowInDays", days.into()));
        assert_eq!(refused.code(), "ValidationException");
    }
    let reply = client.ok("ScheduleKeyDeletion", &with("PendingWindowInDays", 7.into()));
    assert_eq!((&reply["KeyState"], &reply["PendingWindowInDays"]), (&json!("PendingDeletion"), &json!(7)));
    let metadata = client.ok("DescribeKey", &id)["KeyMetadata"].clone();
    assert_eq!(metadata["KeyState"], "PendingDeletion");
    assert_eq!(metadata["DeletionDate"], reply["DeletionDate"]);
    assert_eq!(client.ok("GetKeyRotationStatus", &id)["KeyRotationEnabled"], false);
    client.ok("CancelKeyDeletion", &id);
    assert_eq!(client.ok("DescribeKey", &id)["KeyMetadata"]["KeyState"], "Disabled");
    let status = client.ok("GetKeyRotationStatus", &id);
    assert_eq!((&status["KeyRotationEnabled"], &status["RotationPeriodInDays"]), (&json!(true), &json!(200)));
    client.ok("EnableKey", &id);
    assert_eq!(client.ok("DescribeKey", &id)["KeyMetadata"]["Enabled"], true);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_is_refused_by_the_kind_of_key() {
    let kinds = [
        key("a", json!({ "KeySpec": "RSA_2048" })),
        key("b", json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" })),
        key("c", json!({ "Origin": "EXTERNAL" })),
        key(
            "d",
            json!({ "Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": "cks-1", "XksKeyConfiguration": { "Id": "1" } }),
        ),
        key(
            "e",
            json!({ "MultiRegionConfiguration": {
            "MultiRegionKeyType": "REPLICA", "PrimaryKey": { "Arn": "x", "Region": "eu-west-1" }, "ReplicaKeys": [] } }),
        ),
    ];
    let (running, client) = start(of_keys(&kinds)).await;
    for key in &kinds {
        let refused = outcome(&client, "EnableKeyRotation", &json!({ "KeyId": key["KeyId"] }));
        assert_eq!(refused, "UnsupportedOperationException", "{key}");
    }
    running.stop().await;
    let options = Options { rotation_status_of_all: true, ..Options::default() };
    let (running, client) = start_with(of_keys(&kinds), options).await;
    assert_eq!(client.ok("GetKeyRotationStatus", &json!({ "KeyId": kinds[0]["KeyId"] }))["KeyRotationEnabled"], false);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_on_demand_twenty_five_times_at_most() {
    let (running, client) = start(of_keys(&[key("a", json!({}))])).await;
    let id = json!({ "KeyId": "a0000000-0000-4000-8000-000000000000" });
    client.ok("EnableKeyRotation", &id);
    for _ in 0..25 {
        client.ok("RotateKeyOnDemand", &id);
    }
    assert_eq!(outcome(&client, "RotateKeyOnDemand", &id), "LimitExceededException");
    let rotations = client.all("ListKeyRotations", "Rotations", &json!({ "KeyId": id["KeyId"], "Limit": 10 }));
    assert_eq!(rotations.len(), 25);
    let all = json!({ "KeyId": id["KeyId"], "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
    assert_eq!(client.all("ListKeyRotations", "Rotations", &all).len(), 26);
    let current: Vec<&Value> = rotations.iter().filter(|past| past["KeyMaterialState"] == "CURRENT").collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["KeyMaterialId"], client.ok("DescribeKey", &id)["KeyMetadata"]["CurrentKeyMaterialId"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_that_kms_refuses_are_refused_with_its_codes() {
    let (running, client) = start(of_keys(&[key("a", json!({}))])).await;
    let put = |policy: &str| {
        outcome(&client, "PutKeyPolicy", &json!({ "KeyId": "a0000000-0000-4000-8000-000000000000", "Policy": policy }))
    };
    let statement = |text: &str| put(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#));
    let root = r#""Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Resource":"*""#;
    assert_eq!(statement(&format!(r#"{{"Effect":"Allow","Action":"kms:*",{root}}}"#)), "");
    let malformed = "MalformedPolicyDocumentException";
    for (text, why) in [
        (format!(r#"{{"Effect":"Allow",{root}}}"#), "no action"),
        (format!(r#"{{"Effect":"Allow","Action":"kms>Delete*",{root}}}"#), "no such form of an action"),
        (r#"{"Effect":"Allow","Action":"kms:*","Principal":{"AWS":"*"}}"#.to_owned(), "no resource"),
        (r#"{"Effect":"Allow","Action":"kms:*","Principal":{"AWS":"AIDAABCDEFGHIJKLMNOPQ"},"Resource":"*"}"#.to_owned(), "a deleted user"),
        (format!(r#"{{"Effect":"Allow","Action":"kms:Decrypt",{root}}}"#), "nobody may change the policy"),
        (
            format!(r#"{{"Effect":"Allow","Action":"kms:*",{root}}},{{"Effect":"Deny","Action":"kms:Put*",{root}}}"#),
            "the caller is denied",
        ),
        (
            r#"{"Effect":"Allow","Action":"kms:*","Principal":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"222222222222"}}}"#.to_owned(),
            "only another account may",
        ),
    ] {
        assert_eq!(statement(&text), malformed, "{why}");
    }
    assert_eq!(put("{"), malformed);
    assert_eq!(put(&format!("{{\"Id\":\"{}\"}}", "x".repeat(32_768))), "LimitExceededException");
    assert_eq!(put("{\"Id\":\"\u{2603}\"}"), "ValidationException");
    let locked = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Principal":"*","Resource":"*"}]}"#;
    client.ok(
        "PutKeyPolicy",
        &json!({
        "KeyId": "a0000000-0000-4000-8000-000000000000", "Policy": locked, "BypassPolicyLockoutSafetyCheck": true }),
    );
    assert_eq!(
        client.ok("GetKeyPolicy", &json!({ "KeyId": "a0000000-0000-4000-8000-000000000000" }))["Policy"],
        locked
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aliases_are_made_moved_and_taken_away() {
    let rsa = json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" });
    let (running, client) = start(of_keys(&[key("a", json!({})), key("b", json!({})), key("c", rsa)])).await;
    let to = |name: &str, key: &str| json!({ "AliasName": name, "TargetKeyId": format!("{key}0000000-0000-4000-8000-000000000000") });
    client.ok("CreateAlias", &to("alias/app", "a"));
    assert_eq!(outcome(&client, "CreateAlias", &to("alias/app", "b")), "AlreadyExistsException");
    assert_eq!(outcome(&client, "CreateAlias", &to("alias/aws/app", "b")), "InvalidAliasNameException");
    assert_eq!(outcome(&client, "CreateAlias", &to("app", "b")), "ValidationException");
    client.ok("UpdateAlias", &to("alias/app", "b"));
    assert_eq!(outcome(&client, "UpdateAlias", &to("alias/app", "c")), "ValidationException");
    let described = client.ok("DescribeKey", &json!({ "KeyId": "arn:aws:kms:eu-north-1:111111111111:alias/app" }));
    assert_eq!(described["KeyMetadata"]["KeyId"], "b0000000-0000-4000-8000-000000000000");
    assert_eq!(outcome(&client, "GetKeyRotationStatus", &json!({ "KeyId": "alias/app" })), "NotFoundException");
    client.ok("DeleteAlias", &json!({ "AliasName": "alias/app" }));
    assert_eq!(outcome(&client, "DescribeKey", &json!({ "KeyId": "alias/app" })), "NotFoundException");
    // An alias of AWS's gets its key when it is first described.
    let managed = client.ok("DescribeKey", &json!({ "KeyId": "alias/aws/s3" }))["KeyMetadata"].clone();
    assert_eq!(managed["KeyManager"], "AWS");
    assert_eq!(outcome(&client, "ScheduleKeyDeletion", &json!({ "KeyId": managed["KeyId"] })), "AccessDeniedException");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_are_made_once_under_a_name_and_a_dry_run_makes_none() {
    let (running, client) = start(of_keys(&[key("a", json!({}))])).await;
    let id = json!({ "KeyId": "a0000000-0000-4000-8000-000000000000" });
    let grant = json!({ "KeyId": id["KeyId"], "GranteePrincipal": "arn:aws:iam::111111111111:role/x", "Operations": ["Decrypt"], "Name": "one" });
    let first = client.ok("CreateGrant", &grant);
    assert_eq!(client.ok("CreateGrant", &grant)["GrantId"], first["GrantId"]);
    let mut dry = grant.clone();
    (dry["Name"], dry["DryRun"]) = (json!("two"), json!(true));
    assert_eq!(outcome(&client, "CreateGrant", &dry), "DryRunOperationException");
    assert_eq!(client.all("ListGrants", "Grants", &id).len(), 1);
    client.ok("RetireGrant", &json!({ "GrantToken": first["GrantToken"] }));
    assert!(client.all("ListGrants", "Grants", &id).is_empty());
    assert_eq!(
        outcome(&client, "RevokeGrant", &json!({ "KeyId": id["KeyId"], "GrantId": first["GrantId"] })),
        "NotFoundException"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_made_and_replicated_and_what_does_not_go_together_is_refused() {
    let west =
        key("b", json!({ "Arn": "arn:aws:kms:eu-west-1:111111111111:key/b0000000-0000-4000-8000-000000000000" }));
    let (running, client) = start(of_keys(&[key("a", json!({})), west])).await;
    for (body, code) in [
        (json!({ "KeySpec": "RSA_2048" }), "ValidationException"),
        (json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT" }), "ValidationException"),
        (json!({ "KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY" }), "UnsupportedOperationException"),
        (json!({ "KeySpec": "NO_SUCH" }), "ValidationException"),
        (json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-9" }), "CustomKeyStoreNotFoundException"),
        (json!({ "Tags": [{ "TagKey": "aws:x", "TagValue": "" }] }), "TagException"),
        (json!({ "Description": 5 }), "SerializationException"),
        (json!({ "Description": "x".repeat(8193) }), "ValidationException"),
    ] {
        assert_eq!(outcome(&client, "CreateKey", &body), code, "{body}");
    }
    let made = client.ok("CreateKey", &json!({ "MultiRegion": true, "Description": "all" }))["KeyMetadata"].clone();
    assert!(made["KeyId"].as_str().unwrap().starts_with("mrk-"));
    let replicate = json!({ "KeyId": made["KeyId"], "ReplicaRegion": "eu-west-1" });
    client.ok("ReplicateKey", &replicate);
    assert_eq!(outcome(&client, "ReplicateKey", &replicate), "AlreadyExistsException");
    client.ok("EnableKeyRotation", &json!({ "KeyId": made["KeyId"], "RotationPeriodInDays": 90 }));
    let there = client.in_region("eu-west-1");
    let replica = there.ok("DescribeKey", &json!({ "KeyId": made["KeyId"] }))["KeyMetadata"].clone();
    assert_eq!(replica["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    assert_eq!(replica["MultiRegionConfiguration"]["PrimaryKey"]["Arn"], made["Arn"]);
    assert_eq!(there.ok("GetKeyRotationStatus", &json!({ "KeyId": made["KeyId"] }))["RotationPeriodInDays"], 90);
    let scheduled = client.ok("ScheduleKeyDeletion", &json!({ "KeyId": made["KeyId"] }));
    assert_eq!(scheduled["KeyState"], "PendingReplicaDeletion");
    assert!(scheduled["DeletionDate"].is_null());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_seen_when_the_lag_is_over() {
    let options = Options { lag: Duration::from_millis(400), ..Options::default() };
    let (running, client) = start_with(of_keys(&[key("a", json!({}))]), options).await;
    let id = json!({ "KeyId": "a0000000-0000-4000-8000-000000000000" });
    client.ok("DisableKey", &id);
    assert_eq!(client.ok("DescribeKey", &id)["KeyMetadata"]["KeyState"], "Enabled");
    // Writers meet the change at once.
    assert_eq!(outcome(&client, "EnableKeyRotation", &id), "DisabledException");
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(client.ok("DescribeKey", &id)["KeyMetadata"]["KeyState"], "Disabled");
    running.stop().await;
}
