//! Faults: what goes wrong where it is asked to, and nowhere else.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;
use super::{acme, small, start, start_with};
use crate::{Fault, Options, What};

fn of_operation(operation: &str, what: What) -> Fault {
    Fault { operation: Some(operation.to_owned()), ..Fault::of(what) }
}

async fn with(faults: Vec<Fault>) -> (crate::Running, Client) {
    start_with(small(), Options { faults, ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_strikes_the_calls_it_fits_as_often_as_it_says() {
    let throttle =
        Fault { region: Some("eu-north-1".into()), times: Some(2), ..of_operation("ListKeys", What::Throttle) };
    let (running, client) = with(vec![throttle]).await;
    assert_eq!(client.in_region("eu-west-1").kms("ListKeys", &json!({})).status, 200);
    let statuses: Vec<u16> = (0..4).map(|_| client.kms("ListKeys", &json!({})).status).collect();
    assert_eq!(statuses, [400, 400, 200, 200]);
    running.set_faults(vec![Fault { every: Some(3), ..of_operation("List*", What::Status500) }]);
    let statuses: Vec<u16> = (0..6).map(|_| client.kms("ListKeys", &json!({})).status).collect();
    assert_eq!(statuses, [200, 200, 500, 200, 200, 500]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_why_in_aws_s_words() {
    for (what, words) in [
        (What::ServiceControlPolicy, "with an explicit deny in a service control policy"),
        (What::ResourceControlPolicy, "with an explicit deny in a resource control policy"),
        (What::KeyPolicy, "because no resource-based policy allows the kms:DescribeKey action"),
        (What::MissingPermission, "because no identity-based policy allows the kms:DescribeKey action"),
    ] {
        let (running, client) = with(vec![of_operation("DescribeKey", what)]).await;
        let keys = client.ok("ListKeys", &json!({}));
        let arn = &keys["Keys"][0]["KeyArn"];
        let (code, message) = client.kms("DescribeKey", &json!({ "KeyId": arn })).error();
        assert_eq!(code, "AccessDeniedException");
        assert!(message.ends_with(words), "{message}");
        assert!(message.contains(arn.as_str().unwrap()), "{message}");
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_can_be_refused() {
    let (running, client) = start(small()).await;
    let keys = client.all("ListKeys", "Keys", &json!({}));
    let key = keys[3]["KeyId"].as_str().unwrap().to_owned();
    running.set_faults(vec![Fault { key: Some(key), ..Fault::of(What::KeyPolicy) }]);
    let statuses: Vec<u16> =
        keys[..6].iter().map(|key| client.kms("DescribeKey", &json!({ "KeyId": key["KeyArn"] })).status).collect();
    assert_eq!(statuses, [200, 200, 200, 400, 200, 200]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_break_and_bodies_end_early() {
    let list = |client: &Client| client.send("kms", "POST", "/", &[("x-amz-target", "TrentService.ListKeys")], "{}");
    let (running, client) = with(vec![Fault::of(What::Reset)]).await;
    assert!(list(&client).is_err());
    running.set_faults(vec![Fault::of(What::Truncated)]);
    assert!(list(&client).is_err());
    running.set_faults(vec![Fault::of(What::Html500)]);
    let page = list(&client).unwrap();
    assert_eq!((page.status, page.header("content-type")), (500, Some("text/html")));
    running.set_faults(vec![Fault::of(What::Empty)]);
    assert_eq!(list(&client).unwrap().body, "{}");
    running.set_faults(vec![Fault::of(What::NoMarker)]);
    let cut = list(&client).unwrap().json();
    assert_eq!((&cut["Truncated"], &cut["NextMarker"]), (&json!(true), &Value::Null));
    running.set_faults(vec![Fault::of(What::Slow(Duration::from_millis(150)))]);
    let start = Instant::now();
    assert_eq!(list(&client).unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(150));
    running.set_faults(Vec::new());
    assert_eq!(list(&client).unwrap().status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_expire_and_clocks_are_wrong() {
    let (running, client) =
        with(vec![of_operation("ListKeys", What::Expired), of_operation("ListAliases", What::ClockSkew)]).await;
    assert_eq!(client.kms("ListKeys", &json!({})).code(), "ExpiredTokenException");
    let skewed = client.kms("ListAliases", &json!({}));
    assert_eq!(skewed.code(), "InvalidSignatureException");
    let date = jiff::fmt::rfc2822::parse(skewed.header("date").unwrap()).unwrap().timestamp();
    assert!(date.as_second() - jiff::Timestamp::now().as_second() > 1000);
    running.stop().await;
    let options = Options { session: Duration::from_secs(1), ..Options::default() };
    let (running, client) = start_with(small(), options).await;
    let other = running.access_key_id();
    assert_eq!(other, client.access_key);
    let member = small().accounts().into_iter().find(|account| account != "111111111111").unwrap();
    let session = client.assume(&member, "KeyreeveReader", None).unwrap();
    assert_eq!(session.kms("ListKeys", &json!({})).status, 200);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(session.kms("ListKeys", &json!({})).code(), "ExpiredTokenException");
    assert_eq!(session.sts("Action=GetCallerIdentity&Version=2011-06-15").code(), "ExpiredToken");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_regions_and_roles_can_be_missing() {
    let account = |account: &str, what: What| Fault { account: Some(account.into()), ..Fault::of(what) };
    let faults = vec![
        account("222222222222", What::Suspended),
        Fault { region: Some("eu-west-1".into()), ..account("333333333333", What::RegionOff) },
        Fault { role: Some("KeyreeveReader".into()), ..account("444444444444", What::RoleMissing) },
    ];
    let (running, client) = start_with(acme(), Options { faults, ..Options::default() }).await;
    assert_eq!(client.assume("222222222222", "KeyreeveReader", None).unwrap_err().code(), "AccessDenied");
    let accounts = client.organizations("ListAccounts", &json!({})).json();
    let suspended: Vec<&Value> =
        accounts["Accounts"].as_array().unwrap().iter().filter(|account| account["Status"] == "SUSPENDED").collect();
    assert_eq!(suspended.len(), 1);
    assert_eq!(suspended[0]["Id"], "222222222222");
    let there = client.assume("333333333333", "KeyreeveReader", None).unwrap();
    assert_eq!(there.in_region("eu-west-1").kms("ListKeys", &json!({})).code(), "UnrecognizedClientException");
    assert_eq!(there.kms("ListKeys", &json!({})).status, 200);
    let status =
        client.account("/getRegionOptStatus", &json!({ "AccountId": "333333333333", "RegionName": "eu-west-1" }));
    assert_eq!(status.json()["RegionOptStatus"], "DISABLED");
    assert_eq!(client.assume("444444444444", "KeyreeveReader", None).unwrap_err().code(), "AccessDenied");
    assert!(client.assume("444444444444", "OrganizationAccountAccessRole", None).is_ok());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_wants_an_external_id_is_assumed_with_it_only() {
    let mut world = acme();
    world.add_role(crate::Role { name: "Reader".into(), external_id: Some("right-one".into()), in_management: false });
    let (running, client) = start(world).await;
    for (account, id) in
        [("222222222222", None), ("222222222222", Some("wrong-one")), ("111111111111", Some("right-one"))]
    {
        let refused = client.assume(account, "Reader", id).unwrap_err();
        assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    }
    assert!(client.assume("222222222222", "Reader", Some("right-one")).is_ok());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_hands_out_credentials_for_a_token() {
    let (running, client) = start(acme()).await;
    let path = "/federation/credentials?account_id=222222222222&role_name=Audit";
    let refused = client.raw("GET", path, &[("x-amz-sso_bearer_token", "expired")], "").unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (401, "UnauthorizedException"));
    let given =
        client.raw("GET", path, &[("x-amz-sso_bearer_token", "any")], "").unwrap().json()["roleCredentials"].clone();
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    let session = Client {
        access_key: text("accessKeyId"),
        secret: text("secretAccessKey"),
        token: Some(text("sessionToken")),
        ..client
    };
    let arn = session.sts("Action=GetCallerIdentity&Version=2011-06-15").element("Arn");
    assert!(arn.starts_with("arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Audit_"), "{arn}");
    assert_eq!(session.kms("ListKeys", &json!({})).status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_provider_gives_a_session_without_a_signature() {
    let (running, client) = start(acme()).await;
    let form = |token: &str| {
        let role = "arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2FKeyreeveReader";
        let form = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=pod";
        client.raw("POST", "/", &[], &format!("{form}&RoleArn={role}&WebIdentityToken={token}")).unwrap()
    };
    assert_eq!(form("expired").code(), "ExpiredTokenException");
    let given = form("e30.e30.e30");
    let session = Client {
        access_key: given.element("AccessKeyId"),
        secret: given.element("SecretAccessKey"),
        token: Some(given.element("SessionToken")),
        ..client.clone()
    };
    assert_eq!(session.kms("ListKeys", &json!({})).status, 200);
    running.stop().await;
}

#[test]
fn a_file_of_faults_is_read_and_what_it_gets_wrong_is_named() {
    let read = |text: &str| crate::faults(text).map_err(|error| error.to_string());
    let faults =
        read("[[fault]]\nwhat = \"slow\"\nmilliseconds = 20\n[[fault]]\nwhat = \"suspended\"\naccount = \"1\"\n")
            .unwrap();
    assert_eq!(faults[0].what, What::Slow(Duration::from_millis(20)));
    assert!(read("[[fault]]\nwhat = \"nonsense\"\n").unwrap_err().starts_with("fault 1: unknown `what` \"nonsense\""));
    assert!(read("[[fault]]\nwhat = \"slow\"\n").unwrap_err().contains("milliseconds"));
    assert!(read("[[fault]]\nwhat = \"throttle\"\nregoin = \"x\"\n").unwrap_err().contains("regoin"));
}

#[test]
fn the_page_about_the_simulator_says_what_is_understood() {
    let page = include_str!("../../../../docs/simulator.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let fault = &crate::faults(example).unwrap()[0];
    assert_eq!((fault.what.clone(), fault.times, fault.every), (What::ServiceControlPolicy, Some(3), Some(10)));
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.ends_with(" |"));
    let cells = rows.filter_map(|line| line.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let names: Vec<&str> = cells.filter(|name| !["what", "account", "region"].contains(name)).collect();
    assert_eq!(names.len(), 21, "{names:?}");
    for name in names {
        let file = format!("[[fault]]\nwhat = \"{name}\"\naccount = \"1\"\nregion = \"x\"\nmilliseconds = 1\n");
        assert!(crate::faults(&file).is_ok(), "{name}");
    }
    let operations = crate::kms::operations().chain(crate::organizations::OPERATIONS).chain(crate::account::OPERATIONS);
    for operation in operations.chain(crate::sts::OPERATIONS).chain(crate::sso::OPERATIONS) {
        assert!(page.contains(&format!("`{operation}`")), "{operation} is not on the page");
    }
}
