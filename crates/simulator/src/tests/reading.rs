//! What is read: every fact of a snapshot comes back as it was.

use serde_json::{Value, json};

use super::{ACME, acme, small, start};

const BOTH: [&str; 2] = ["eu-north-1", "eu-west-1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invented_world_has_as_many_keys_as_asked_for_and_the_same_ones_again() {
    let mut worlds = Vec::new();
    for _ in 0..2 {
        let world = small();
        let accounts = world.accounts();
        assert_eq!(world.management_account(), "111111111111");
        let (running, client) = start(world).await;
        let mut keys = Vec::new();
        for account in &accounts {
            for region in BOTH {
                keys.extend(client.of_account(account).in_region(region).all(
                    "ListKeys",
                    "Keys",
                    &json!({ "Limit": 7 }),
                ));
            }
        }
        assert_eq!(keys.len(), 240);
        worlds.push(keys);
        running.stop().await;
    }
    assert_eq!(worlds[0], worlds[1]);
}

/// A date of a snapshot as KMS writes it.
fn epoch(text: &Value) -> Value {
    match text.as_str() {
        Some(text) => json!(text.parse::<jiff::Timestamp>().unwrap().as_second()),
        None => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fact_of_a_snapshot_is_read_back() {
    let (running, client) = start(acme()).await;
    let lines = ACME.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut seen = 0;
    for key in lines.filter(|line| line["ResourceType"] == "AWS.KMS.Key") {
        let client = client.of_account(key["AccountId"].as_str().unwrap()).in_region(key["Region"].as_str().unwrap());
        let asked = json!({ "KeyId": key["KeyId"] });
        let metadata = &client.ok("DescribeKey", &asked)["KeyMetadata"];
        for name in [
            "Arn",
            "KeyId",
            "Description",
            "Enabled",
            "ExpirationModel",
            "KeyManager",
            "KeyState",
            "KeyUsage",
            "KeySpec",
            "EncryptionAlgorithms",
            "SigningAlgorithms",
            "MacAlgorithms",
            "KeyAgreementAlgorithms",
            "Origin",
            "CustomKeyStoreId",
            "CloudHsmClusterId",
            "XksKeyConfiguration",
            "MultiRegion",
            "MultiRegionConfiguration",
            "CurrentKeyMaterialId",
            "PendingDeletionWindowInDays",
        ] {
            assert_eq!(metadata[name], key[name], "{name} of {}", key["Arn"]);
        }
        for name in ["CreationDate", "DeletionDate", "ValidTo"] {
            assert_eq!(metadata[name], epoch(&key[name]), "{name} of {}", key["Arn"]);
        }
        seen += 1;
        if key["KeyManager"] == "AWS" {
            continue;
        }
        let unknown = |name: &str| &key["Unknown"][name];
        let check = |name: &str, operation: &str, asked: &Value, of: &dyn Fn(Value) -> Value, expected: Value| {
            let response = client.kms(operation, asked);
            if unknown(name).is_null() {
                assert_eq!(response.status, 200, "{}", response.body);
                assert_eq!(of(response.json()), expected, "{name} of {}", key["Arn"]);
            } else {
                let expected = (unknown(name)["code"].as_str().unwrap(), unknown(name)["message"].as_str().unwrap());
                let (code, message) = response.error();
                assert_eq!((code.as_str(), message.as_str()), expected);
            }
        };
        check("Policy", "GetKeyPolicy", &asked, &|reply| reply["Policy"].clone(), key["Policy"].clone());
        let tags = |reply: Value| {
            let tags = reply["Tags"].as_array().unwrap();
            tags.iter()
                .map(|tag| (tag["TagKey"].as_str().unwrap().to_owned(), tag["TagValue"].clone()))
                .collect::<Value>()
        };
        check("Tags", "ListResourceTags", &asked, &|reply| tags(reply), key["Tags"].clone());
        let used = |reply: Value| {
            if reply["KeyLastUsage"] == json!({}) {
                Value::Null
            } else {
                reply["KeyLastUsage"]["CloudTrailEventId"].clone()
            }
        };
        check(
            "KeyLastUsage",
            "GetKeyLastUsage",
            &asked,
            &|reply| used(reply),
            key["KeyLastUsage"]["CloudTrailEventId"].clone(),
        );
        check(
            "TrackingStartDate",
            "GetKeyLastUsage",
            &asked,
            &|reply| reply["TrackingStartDate"].clone(),
            epoch(&key["TrackingStartDate"]),
        );
        if key["KeySpec"] == "SYMMETRIC_DEFAULT" && key["Origin"] == "AWS_KMS" {
            let field = |name: &'static str| move |reply: Value| reply[name].clone();
            check(
                "KeyRotationEnabled",
                "GetKeyRotationStatus",
                &asked,
                &field("KeyRotationEnabled"),
                key["KeyRotationEnabled"].clone(),
            );
            check(
                "RotationPeriodInDays",
                "GetKeyRotationStatus",
                &asked,
                &field("RotationPeriodInDays"),
                key["RotationPeriodInDays"].clone(),
            );
            check(
                "NextRotationDate",
                "GetKeyRotationStatus",
                &asked,
                &field("NextRotationDate"),
                epoch(&key["NextRotationDate"]),
            );
            let ids = |list: &Value| {
                list.as_array().unwrap().iter().map(|past| past["KeyMaterialId"].clone()).collect::<Value>()
            };
            let expected = if key["Rotations"].is_null() { Value::Null } else { ids(&key["Rotations"]) };
            check("Rotations", "ListKeyRotations", &asked, &|reply| ids(&reply["Rotations"]), expected.clone());
            let all = json!({ "KeyId": key["KeyId"], "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
            check("Rotations", "ListKeyRotations", &all, &|reply| ids(&reply["Rotations"]), expected);
        }
        let mut grants = client.all("ListGrants", "Grants", &asked);
        grants.sort_by_key(|grant| grant["GrantId"].to_string());
        let mut expected = key["Grants"].as_array().unwrap().clone();
        expected.sort_by_key(|grant| grant["GrantId"].to_string());
        assert_eq!(grants.len(), expected.len());
        for (grant, expected) in grants.iter().zip(&expected) {
            for name in [
                "GrantId",
                "Name",
                "GranteePrincipal",
                "RetiringPrincipal",
                "IssuingAccount",
                "Operations",
                "Constraints",
            ] {
                assert_eq!(grant[name], expected[name], "{name}");
            }
            assert_eq!(grant["CreationDate"], epoch(&expected["CreationDate"]));
        }
        let mut aliases: Vec<Value> =
            client.all("ListAliases", "Aliases", &asked).iter().map(|alias| alias["AliasName"].clone()).collect();
        aliases.sort_by_key(ToString::to_string);
        assert_eq!(Value::from(aliases), key["Aliases"]);
        let ram = client.kms("GetKeyPolicy", &json!({ "KeyId": key["KeyId"], "PolicyName": "AWS_RAM" }));
        match key["RamPolicy"].as_str() {
            Some(policy) => assert_eq!(ram.json()["Policy"], policy),
            None if unknown("RamPolicy").is_null() => assert_eq!(ram.code(), "NotFoundException"),
            None => assert_eq!(ram.code(), "AccessDeniedException"),
        }
    }
    assert_eq!(seen, 197);
    let refused = client.of_account("444444444444").in_region("ap-south-1").kms("ListKeys", &json!({}));
    assert_eq!(refused.code(), "AccessDeniedException");
    assert!(refused.error().1.ends_with("with an explicit deny in a service control policy"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organisation_is_seen_by_its_management_account_only() {
    let (running, client) = start(acme()).await;
    let accounts = client.organizations("ListAccounts", &json!({ "MaxResults": 4 })).json();
    assert_eq!(accounts["Accounts"].as_array().unwrap().len(), 4);
    let next = json!({ "NextToken": accounts["NextToken"] });
    let rest = client.organizations("ListAccounts", &next).json();
    // The account in China has an organisation of its own.
    assert_eq!(rest["Accounts"].as_array().unwrap().len(), 2);
    assert!(rest["NextToken"].is_null());
    assert_eq!(accounts["Accounts"][0]["Name"], "acme-prod");
    let parent = client.organizations("ListParents", &json!({ "ChildId": "111111111111" })).json();
    let unit = json!({ "OrganizationalUnitId": parent["Parents"][0]["Id"] });
    assert_eq!(client.organizations("DescribeOrganizationalUnit", &unit).json()["OrganizationalUnit"]["Name"], "Prod");
    let tags = client.organizations("ListTagsForResource", &json!({ "ResourceId": "666666666666" })).json();
    assert_eq!(tags["Tags"], json!([{ "Key": "soar:client", "Value": "brookside" }]));
    let member = client.of_account("222222222222").organizations("ListAccounts", &json!({}));
    assert_eq!(member.code(), "AccessDeniedException");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_reads_another_account() {
    let (running, client) = start(acme()).await;
    let session = client.assume("333333333333", "KeyreeveReader", None).unwrap();
    let identity = session.sts("Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(identity.element("Arn"), "arn:aws:sts::333333333333:assumed-role/KeyreeveReader/keyreeve");
    assert!(!session.all("ListKeys", "Keys", &json!({})).is_empty());
    let missing = client.assume("333333333333", "Nobody", None).unwrap_err();
    assert_eq!((missing.status, missing.code().as_str()), (403, "AccessDenied"));
    let forged = super::Client { secret: "wrong".to_owned(), ..session };
    assert_eq!(forged.kms("ListKeys", &json!({})).code(), "InvalidSignatureException");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regions_that_the_world_does_not_name_are_off() {
    let (running, client) = start(acme()).await;
    let statuses = json!({ "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"] });
    let on = client.account("/listRegions", &statuses).json();
    let names: Vec<&str> =
        on["Regions"].as_array().unwrap().iter().filter_map(|region| region["RegionName"].as_str()).collect();
    assert_eq!(names, ["ap-south-1", "ap-southeast-2", "eu-north-1", "eu-west-1", "us-east-1"]);
    let off = client.in_region("af-south-1").kms("ListKeys", &json!({}));
    assert_eq!((off.status, off.code().as_str()), (400, "UnrecognizedClientException"));
    running.stop().await;
}

#[test]
fn a_snapshot_that_is_not_valid_makes_no_world_and_says_where() {
    let error = |text: &str| {
        let error = crate::World::from_snapshot(text.as_bytes()).unwrap_err();
        error.to_string()
    };
    assert!(error("{\"kind\":\"header\"}").contains("line 1"));
    assert!(error("{\"ResourceType\":\"AWS.KMS.Key\",\"Arn\":5}").contains("line 1"));
    assert!(error("").contains("no account"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_how_acm_rotates_its_key() {
    let (running, client) = start(acme()).await;
    let id =
        |alias: &str| json!({ "KeyId": client.ok("DescribeKey", &json!({ "KeyId": alias }))["KeyMetadata"]["KeyId"] });
    assert_eq!(client.ok("GetKeyRotationStatus", &id("alias/aws/sqs"))["KeyRotationEnabled"], true);
    assert_eq!(client.kms("GetKeyRotationStatus", &id("alias/aws/acm")).code(), "AccessDeniedException");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_whose_time_has_come_is_gone() {
    let deletion =
        json!({ "KeyState": "PendingDeletion", "DeletionDate": "2026-06-01T00:00:00Z", "Aliases": ["alias/old"] });
    let keys = [super::key("a", deletion), super::key("b", json!({}))];
    for (clock, left) in [("2026-05-31T23:00:00Z", 2), ("2026-06-01T00:00:00Z", 1)] {
        let options = crate::Options { clock: clock.parse().unwrap(), ..crate::Options::default() };
        let (running, client) = super::start_with(super::of_keys(&keys), options).await;
        assert_eq!(client.all("ListKeys", "Keys", &json!({})).len(), left, "at {clock}");
        let aliases = client.all("ListAliases", "Aliases", &json!({}));
        assert_eq!(aliases.iter().any(|alias| alias["AliasName"] == "alias/old"), left == 2);
        let status = client.kms("CancelKeyDeletion", &json!({ "KeyId": keys[0]["KeyId"] })).status;
        assert_eq!(status == 200, left == 2);
        running.stop().await;
    }
}
