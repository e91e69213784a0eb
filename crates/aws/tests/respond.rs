//! What `serve` and `remediate` ask of AWS, against the simulator: Security Hub, SQS, one key, changes, secrets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use aws::hub::{Hub, Update};
use aws::identity::{self, AccessKey};
use aws::inventory::{KeyArn, read_key};
use aws::queue::Queue;
use aws::remedy::{self, Change};
use aws::{As, Needs, Reach, Retry, Session, Shares, Stop, vault};
use serde_json::{Value, json};
use simulator::{Events, Fault, HubOptions, Options, Running, Simulator, What, World};

const REGION: &str = "eu-north-1";
const MANAGEMENT: &str = "111111111111";
const MEMBER: &str = "222222222222";
const QUEUE: &str = "arn:aws:sqs:eu-north-1:111111111111:keyreeve-events";
const KEY: &str = "arn:aws:kms:eu-north-1:222222222222:key/00000000-0000-4000-8000-000000000001";

/// An organisation of two accounts, each with a key that does not rotate.
fn world() -> World {
    let key = |account: &str, number: u32| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let arn = format!("arn:aws:kms:{REGION}:{account}:key/{id}");
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Action": "kms:*", "Resource": "*",
        }] });
        json!({
            "kind": "resource", "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "Arn": arn, "KeyId": id, "AccountId": account,
            "Region": REGION, "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": true, "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyRotationEnabled": false, "Description": "a key", "Tags": {},
            "CreationDate": "2025-01-01T00:00:00Z", "TrackingStartDate": "2025-06-01T00:00:00Z", "Aliases": ["alias/app"], "MultiRegion": false, "Policy": policy.to_string(),
        })
    };
    let account = |id: &str| json!({ "kind": "account", "id": id, "name": format!("account {id}"), "ou": "Root" });
    let mut lines = vec![json!({
        "kind": "header", "format_version": 1, "tool": { "name": "test", "version": "1" }, "collected_at": "2026-11-22T06:00:00Z",
    })];
    lines.extend([account(MANAGEMENT), account(MEMBER), key(MEMBER, 1), key(MANAGEMENT, 2)]);
    lines.push(json!({ "kind": "end", "accounts": 2, "resources": 2, "errors": 0 }));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    World::from_snapshot(text.as_bytes()).unwrap()
}

struct Place {
    running: Running,
    reach: Reach,
}

async fn place(change: impl FnOnce(&mut Options)) -> Place {
    let mut options =
        Options { hub: Some(HubOptions::default()), events: Some(Events::to(QUEUE)), ..Options::default() };
    change(&mut options);
    let running = Simulator::start(world(), options).await.unwrap();
    let retry = Retry { attempts: 3, throttled_attempts: 3, base: Duration::from_millis(5), ..Retry::default() };
    let asked = identity::Options {
        endpoint_url: Some(running.endpoint()),
        region: Some(REGION.to_owned()),
        keys: Some(AccessKey::new(&running.access_key_id(), simulator::ANY_SECRET)),
        shares: Shares::default(),
        retry,
        ..identity::Options::default()
    };
    let session = Session::connect(&asked, Stop::default()).await.unwrap();
    Place { running, reach: Reach::new(session, None) }
}

async fn all(hub: &Hub, since: Option<jiff::Timestamp>) -> Vec<Value> {
    let (mut findings, mut next) = (Vec::new(), None);
    loop {
        let page = hub.findings(since, next.as_deref()).await.unwrap();
        findings.extend(page.findings);
        next = page.next;
        if next.is_none() {
            return findings;
        }
    }
}

fn of_control<'f>(findings: &'f [Value], control: &str, account: &str) -> &'f Value {
    let fits =
        |finding: &&Value| finding["Compliance"]["SecurityControlId"] == control && finding["AwsAccountId"] == account;
    findings.iter().find(fits).unwrap()
}

async fn enable_rotation(place: &Place) -> Result<(), aws::Failure> {
    let said = BTreeMap::from([("KeyId".to_owned(), json!(KEY)), ("RotationPeriodInDays".to_owned(), json!(180))]);
    let change = Change::new(MEMBER, REGION, "EnableKeyRotation", &said).unwrap();
    let scope = place.reach.scope(MEMBER, REGION, As::Role(change.action.role));
    remedy::change(&place.reach.session().client, &scope, &change).await
}

async fn key(place: &Place, arn: &str) -> Option<Value> {
    let arn: KeyArn = arn.parse().unwrap();
    let scope = place.reach.scope(&arn.account, &arn.region, As::Reader("KeyreeveReader"));
    let read = read_key(&place.reach.session().client, &scope, Needs::SNAPSHOT, &arn).await.unwrap();
    read.map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn findings_are_read_updated_and_pass_once_the_key_is_fixed() {
    let place = place(|_| {}).await;
    let hub = Hub::new(&place.reach, None, &[REGION.to_owned()], None);
    let findings = all(&hub, None).await;
    assert_eq!(findings.len(), 6);
    let failed = of_control(&findings, "KMS.4", MEMBER);
    assert_eq!((&failed["Compliance"]["Status"], &failed["Workflow"]["Status"]), (&json!("FAILED"), &json!("NEW")));
    let (fields, none) = (BTreeMap::from([("TicketId".to_owned(), "SEC-1".to_owned())]), BTreeMap::new());
    let text = |name: &str| failed[name].as_str().unwrap();
    let (id, product) = (text("Id"), text("ProductArn"));
    let update =
        Update { id, product, region: REGION, workflow: Some("NOTIFIED"), note: Some("told"), fields: &fields };
    let nobody = Update { id: "nobody", workflow: None, note: None, fields: &none, ..update };
    let failures = hub.update(&[nobody, update]).await;
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].0, failures[0].1.code.as_str()), (0, "FindingNotFound"));
    enable_rotation(&place).await.unwrap();
    let findings = all(&hub, None).await;
    let passed = of_control(&findings, "KMS.4", MEMBER);
    assert_eq!(
        (&passed["Compliance"]["Status"], &passed["Workflow"]["Status"]),
        (&json!("PASSED"), &json!("RESOLVED"))
    );
    assert_eq!(passed["UserDefinedFields"]["TicketId"], "SEC-1");
    assert_eq!(all(&hub, Some("2999-01-01T00:00:00Z".parse().unwrap())).await.len(), 0);
}

#[tokio::test]
async fn updates_are_seen_minutes_later_and_what_is_suppressed_stays_so() {
    let place = place(|options| options.hub.as_mut().unwrap().update = Duration::from_secs(180)).await;
    let hub = Hub::new(&place.reach, None, &[REGION.to_owned()], None);
    let findings = all(&hub, None).await;
    let failed = of_control(&findings, "KMS.4", MEMBER);
    let (id, product) = (failed["Id"].as_str().unwrap(), failed["ProductArn"].as_str().unwrap());
    let none = BTreeMap::new();
    let update = Update { id, product, region: REGION, workflow: Some("SUPPRESSED"), note: None, fields: &none };
    assert!(hub.update(&[update]).await.is_empty());
    assert_eq!(of_control(&all(&hub, None).await, "KMS.4", MEMBER)["Workflow"]["Status"], "NEW");
    place.running.skip(Duration::from_secs(200));
    assert_eq!(of_control(&all(&hub, None).await, "KMS.4", MEMBER)["Workflow"]["Status"], "SUPPRESSED");
    enable_rotation(&place).await.unwrap();
    let now = all(&hub, None).await;
    let finding = of_control(&now, "KMS.4", MEMBER);
    assert_eq!(
        (&finding["Compliance"]["Status"], &finding["Workflow"]["Status"]),
        (&json!("PASSED"), &json!("SUPPRESSED"))
    );
}

#[tokio::test]
async fn a_batch_in_which_one_finding_is_left_out_names_that_one() {
    let place = place(|options| {
        options.faults = vec![Fault {
            times: Some(1),
            operation: Some("BatchUpdateFindings".into()),
            ..Fault::of(What::Unprocessed)
        }];
    })
    .await;
    let hub = Hub::new(&place.reach, None, &[REGION.to_owned()], None);
    let findings = all(&hub, None).await;
    let none = BTreeMap::new();
    let updates: Vec<Update<'_>> = findings
        .iter()
        .map(|finding| Update {
            id: finding["Id"].as_str().unwrap(),
            product: finding["ProductArn"].as_str().unwrap(),
            region: REGION,
            workflow: Some("NOTIFIED"),
            note: None,
            fields: &none,
        })
        .collect();
    let failures = hub.update(&updates).await;
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].1.code, "ConcurrentUpdateError");
    assert_eq!(place.running.counts().requests("BatchUpdateFindings"), 1, "what becomes the same goes in one call");
}

#[tokio::test]
async fn a_change_of_a_key_comes_as_cloudtrails_event_and_as_security_hubs() {
    let place = place(|_| {}).await;
    let queue = Queue::new(&place.reach, QUEUE, 60).unwrap();
    enable_rotation(&place).await.unwrap();
    let mut messages = queue.receive().await.unwrap();
    messages.extend(queue.receive().await.unwrap());
    let events: Vec<Value> = messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect();
    let told = events.iter().find(|event| event["source"] == "aws.kms").unwrap();
    assert_eq!(told["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(told["detail"]["eventName"], "EnableKeyRotation");
    assert_eq!(told["detail"]["requestParameters"]["rotationPeriodInDays"], 180);
    assert_eq!(told["detail"]["resources"][0]["ARN"], KEY);
    assert_eq!((&told["account"], &told["region"]), (&json!(MEMBER), &json!(REGION)));
    let imported = events.iter().find(|event| event["source"] == "aws.securityhub").unwrap();
    assert_eq!(imported["detail-type"], "Security Hub Findings - Imported");
    assert_eq!(imported["detail"]["findings"][0]["Compliance"]["Status"], "PASSED");
    assert_eq!(place.running.messages(QUEUE), 2);
    let receipts: Vec<String> = messages.iter().map(|message| message.receipt_handle.clone()).collect();
    queue.delete(&receipts).await.unwrap();
    assert_eq!(place.running.messages(QUEUE), 0);
}

#[tokio::test]
async fn what_is_not_deleted_comes_again_and_what_comes_in_while_somebody_waits_is_received_at_once() {
    let place = place(|_| {}).await;
    let queue = Queue::new(&place.reach, QUEUE, 60).unwrap();
    assert!(place.running.send(QUEUE, "one"));
    let first = queue.receive().await.unwrap();
    place.running.skip(Duration::from_secs(61));
    let again = queue.receive().await.unwrap();
    assert_eq!(first[0].message_id, again[0].message_id);
    assert_ne!(first[0].receipt_handle, again[0].receipt_handle);
    queue.show_again(&again[0].receipt_handle, 0).await.unwrap();
    assert_eq!(queue.receive().await.unwrap().len(), 1);
    let began = std::time::Instant::now();
    let (received, ()) = tokio::join!(queue.receive(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(place.running.send(QUEUE, "two"));
    });
    assert_eq!(received.unwrap()[0].body, "two");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn one_key_is_read_again_by_the_reader_role_and_is_gone_only_when_it_was_looked_for_twice() {
    let place = place(|_| {}).await;
    let read = key(&place, KEY).await.unwrap();
    assert_eq!((&read["Arn"], &read["KeyRotationEnabled"], &read["Tags"]), (&json!(KEY), &json!(false), &json!({})));
    assert_eq!(read["Aliases"], json!(["alias/app"]));
    assert!(read.get("Unknown").is_none(), "{read}");
    enable_rotation(&place).await.unwrap();
    let read = key(&place, KEY).await.unwrap();
    assert_eq!((&read["KeyRotationEnabled"], &read["RotationPeriodInDays"]), (&json!(true), &json!(180)));
    place.running.reset_counts();
    assert_eq!(key(&place, &KEY.replace("000000000001", "000000000009")).await, None);
    assert_eq!(place.running.counts().requests("DescribeKey"), 2);
}

#[tokio::test]
async fn each_change_is_made_by_the_role_that_may_do_that_and_nothing_else() {
    let place = place(|_| {}).await;
    let said = BTreeMap::from([("KeyId".to_owned(), json!(KEY)), ("Description".to_owned(), json!("changed"))]);
    let change = Change::new(MEMBER, REGION, "UpdateKeyDescription", &said).unwrap();
    let client = &place.reach.session().client;
    let wrong = place.reach.scope(MEMBER, REGION, As::Role("KeyreeveRemediateRotation"));
    let refused = remedy::change(client, &wrong, &change).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    assert!(!refused.may_be_done());
    let right = place.reach.scope(MEMBER, REGION, As::Role(change.action.role));
    remedy::change(client, &right, &change).await.unwrap();
    assert_eq!(key(&place, KEY).await.unwrap()["Description"], "changed");
}

/// What a fault does to a call that changes: how often it is sent, whether it may be done, and whether it is.
async fn struck(what: What, times: Option<u32>) -> (u64, Result<(), bool>, bool) {
    let place = place(|options| {
        options.faults = vec![Fault { times, operation: Some("EnableKeyRotation".into()), ..Fault::of(what) }];
    })
    .await;
    let made = enable_rotation(&place).await.map_err(|failure| failure.may_be_done());
    let sent = place.running.counts().requests("EnableKeyRotation");
    let is_done = key(&place, KEY).await.unwrap()["KeyRotationEnabled"] == true;
    (sent, made, is_done)
}

#[tokio::test]
async fn a_change_is_sent_again_only_where_it_was_certainly_not_made() {
    assert_eq!(struck(What::Throttle, Some(1)).await, (2, Ok(()), true));
    assert_eq!(struck(What::Throttle, None).await, (3, Err(false), false));
    assert_eq!(struck(What::Reset, None).await, (1, Err(true), false));
    assert_eq!(struck(What::ResetAfter, None).await, (1, Err(true), true));
    assert_eq!(struck(What::Status500, None).await, (1, Err(true), false));
    assert_eq!(struck(What::Html500, None).await, (1, Err(true), false));
    assert_eq!(struck(What::Html200, None).await, (1, Err(true), false));
    assert_eq!(struck(What::KeyPolicy, None).await, (1, Err(false), false));
    // Credentials that AWS never took are not fetched again.
    assert_eq!(struck(What::Expired, Some(1)).await, (1, Err(false), false));
}

#[tokio::test]
async fn a_connection_that_is_refused_has_certainly_sent_nothing() {
    let place = place(|_| {}).await;
    key(&place, KEY).await.unwrap();
    // The role is assumed before the simulator goes.
    let scope = place.reach.scope(MEMBER, REGION, As::Role("KeyreeveRemediateRotation"));
    let said = BTreeMap::from([("KeyId".to_owned(), json!(KEY))]);
    let change = Change::new(MEMBER, REGION, "DisableKeyRotation", &said).unwrap();
    let client = std::sync::Arc::clone(&place.reach.session().client);
    remedy::change(&client, &scope, &change).await.unwrap();
    place.running.stop().await;
    let refused = remedy::change(&client, &scope, &change).await.unwrap_err();
    assert!(!refused.may_be_done(), "{refused}");
}

#[tokio::test]
async fn secrets_are_read_and_read_anew_after_they_change() {
    let place = place(|_| {}).await;
    place.running.set_secret("jira", "one");
    place.running.set_parameter("/keyreeve/mail", "two");
    let arn = "arn:aws:secretsmanager:eu-north-1:111111111111:secret:jira-AbCdEf";
    assert_eq!(vault::secret(&place.reach, arn).await.unwrap().reveal(), "one");
    assert_eq!(vault::parameter(&place.reach, "/keyreeve/mail").await.unwrap().reveal(), "two");
    place.running.set_secret("jira", "three");
    assert_eq!(vault::secret(&place.reach, "jira").await.unwrap().reveal(), "three");
    let missing = vault::secret(&place.reach, "nobody").await.unwrap_err();
    assert_eq!(missing.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn findings_of_ours_are_imported_and_those_that_cannot_be_are_named() {
    let place = place(|_| {}).await;
    let finding = |id: &str, account: &str| {
        json!({
            "SchemaVersion": "2018-10-08", "Id": id, "GeneratorId": "keyreeve", "AwsAccountId": account, "Title": "t", "Description": "d",
            "ProductArn": format!("arn:aws:securityhub:{REGION}:{account}:product/{account}/default"), "Severity": { "Label": "HIGH" },
            "CreatedAt": "2026-11-22T06:00:00Z", "UpdatedAt": "2026-11-22T06:00:00Z", "Types": ["a/b"],
            "Resources": [{ "Type": "AwsKmsKey", "Id": KEY }],
        })
    };
    let mut wrong = finding("wrong", MANAGEMENT);
    wrong["Title"] = json!("");
    let findings = [finding("one", MANAGEMENT), finding("two", MEMBER), wrong];
    let refused = aws::import::import(&place.reach, aws::import::IMPORT_ROLE, &findings).await;
    assert_eq!(refused.iter().map(|refused| refused.place).collect::<Vec<_>>(), [2]);
    let known = place.running.findings();
    assert!(["one", "two"].iter().all(|id| known.iter().any(|finding| finding["Id"] == *id)));
}
