//! `doctor` against the simulator: what it says when everything works, and of everything that can be wrong.

#![cfg(feature = "live")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "others wait for what a run says")]
mod common;

use std::time::{Duration, Instant};

use serde_json::Value;
use simulator::{ANY_SECRET, Fault, Options, Running, Shape, Simulator, What, World, access_key_id};

const REGIONS: [&str; 2] = ["eu-north-1", "us-east-1"];

fn world() -> World {
    let regions = REGIONS.map(str::to_owned).to_vec();
    World::generated(Shape { accounts: 4, regions, keys: 60, seed: 7 })
}

/// A simulated AWS, and the doctor's visits to it.
struct Clinic {
    runtime: tokio::runtime::Runtime,
    aws: Option<Running>,
    accounts: Vec<String>,
    management: String,
}

/// How a visit ended.
struct Visit {
    code: Option<i32>,
    out: String,
    err: String,
    took: Duration,
}

impl Clinic {
    fn open(world: World, faults: Vec<Fault>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (management, mut accounts) = (world.management_account(), world.accounts());
        accounts.retain(|account| *account != management);
        let options = Options { faults, ..Options::default() };
        let aws = runtime.block_on(Simulator::start(world, options)).unwrap();
        Self { runtime, aws: Some(aws), accounts, management }
    }

    fn visit_as(&self, key: Option<&str>, arguments: &[&str]) -> Visit {
        let folder = tempfile::tempdir().unwrap();
        let mut command = common::program(folder.path(), &[&["doctor"], arguments].concat());
        let endpoint = self.aws.as_ref().map(Running::endpoint).unwrap_or_default();
        command
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_REGION", REGIONS[0])
            .env("AWS_EC2_METADATA_DISABLED", "true");
        if let Some(key) = key {
            command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", ANY_SECRET);
        }
        let began = Instant::now();
        let output = command.output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(!err.contains("panicked"), "{err}");
        Visit { code: output.status.code(), out, err, took: began.elapsed() }
    }

    fn visit(&self, arguments: &[&str]) -> Visit {
        self.visit_as(Some(&access_key_id(&self.management)), arguments)
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        if let Some(aws) = self.aws.take() {
            self.runtime.block_on(aws.stop());
        }
    }
}

impl Visit {
    fn checks(&self) -> Vec<Value> {
        let document: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err));
        document["checks"].as_array().unwrap().clone()
    }

    /// Name, place and class of everything that failed; each says what to do.
    fn failed(&self) -> Vec<(String, String, String)> {
        let failed = self.checks().into_iter().filter(|check| check["state"] == "failed");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        failed
            .map(|check| {
                assert!(!text(&check["remedy"]).is_empty() && !text(&check["message"]).is_empty(), "{check}");
                (text(&check["check"]), text(&check["place"]), text(&check["class"]))
            })
            .collect()
    }

    fn message_of(&self, name: &str) -> String {
        let found = self.checks().into_iter().find(|check| check["check"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {}", self.out))["message"].as_str().unwrap().to_owned()
    }
}

const JSON: [&str; 2] = ["--format", "json"];

#[test]
fn where_everything_works_it_says_who_we_are_and_what_we_may_do() {
    let clinic = Clinic::open(world(), Vec::new());
    let visit = clinic.visit(&[&["--org"], &JSON[..]].concat());
    assert_eq!((visit.code, visit.err.as_str()), (Some(0), ""), "{}", visit.out);
    assert!(visit.message_of("credentials").starts_with("environment variables"));
    assert!(visit.message_of("identity").contains(&clinic.management));
    assert!(visit.message_of("organization").starts_with("the management account of o-"));
    assert!(visit.message_of("regions").ends_with("eu-north-1, us-east-1"));
    assert!(visit.message_of("permissions").contains("GetKeyPolicy"));
    let roles = visit.checks().iter().filter(|check| check["check"] == "role").count();
    assert_eq!(roles, clinic.accounts.len());
    assert!(visit.took < Duration::from_secs(10));

    let one = clinic.visit(&["--org", "--sample", "1", "--select", "AWS.KMS.RotationEnabled"]);
    assert_eq!(one.out.matches("can be assumed").count(), 1, "{}", one.out);
    assert!(one.out.contains("GetKeyRotationStatus") && !one.out.contains("GetKeyPolicy"), "{}", one.out);
    assert!(one.out.ends_with(" ok, 0 worth knowing, 0 failed\n"), "{}", one.out);
}

#[test]
fn every_refusal_is_named_by_place_and_class_with_a_remedy() {
    let world = world();
    let accounts: Vec<String> = world.accounts().into_iter().filter(|id| *id != world.management_account()).collect();
    let (own, [first, second, ..]) = (world.management_account(), &accounts[..]) else { panic!("{accounts:?}") };
    let of = |operation: &str, account: &str, region: Option<&str>, what| Fault {
        account: Some(account.to_owned()),
        operation: Some(operation.to_owned()),
        region: region.map(str::to_owned),
        ..Fault::of(what)
    };
    let faults = vec![
        of("AssumeRole", first, None, What::RoleMissing),
        of("GetKeyPolicy", second, None, What::KeyPolicy),
        of("ListKeys", &own, Some("us-east-1"), What::ServiceControlPolicy),
        of("ListResourceTags", &own, Some("eu-north-1"), What::MissingPermission),
    ];
    let (first, second) = (first.clone(), second.clone());
    let clinic = Clinic::open(world, faults);
    let visit = clinic.visit(&[&["--org"], &JSON[..]].concat());
    assert_eq!(visit.code, Some(4), "{}", visit.out);
    let mut expected = [
        ("role", first, "role missing"),
        ("permissions", format!("{second} eu-north-1"), "key policy"),
        ("permissions", format!("{own} us-east-1"), "SCP"),
        ("permissions", format!("{own} eu-north-1"), "missing permission"),
    ]
    .map(|(name, place, class)| (name.to_owned(), place, class.to_owned()));
    expected.sort();
    let mut failed = visit.failed();
    failed.sort();
    assert_eq!(failed, expected);

    let visit = clinic.visit(&["--org"]);
    assert!(
        visit.out.contains("role missing: AssumeRole answered") && visit.out.contains("→ create the reader role"),
        "{}",
        visit.out
    );
    assert!(visit.out.ends_with("4 failed\n"), "{}", visit.out);
}

#[test]
fn what_we_are_in_the_organization_decides_what_can_be_listed() {
    let mut world = world();
    let members: Vec<String> = world.accounts().into_iter().filter(|id| *id != world.management_account()).collect();
    assert!(world.delegate(&members[0]));
    let clinic = Clinic::open(world, Vec::new());
    let delegated = clinic.visit_as(Some(&access_key_id(&members[0])), &[&["--org"], &JSON[..]].concat());
    assert_eq!(delegated.code, Some(0), "{}", delegated.out);
    assert!(delegated.message_of("organization").starts_with("a delegated administrator of o-"));

    let member = Some(access_key_id(&members[1]));
    let visit = clinic.visit_as(member.as_deref(), &[&["--org"], &JSON[..]].concat());
    assert_eq!(visit.code, Some(4), "{}", visit.out);
    assert_eq!(visit.failed()[0].0, "organization");
    assert!(visit.message_of("organization").contains(&format!("management account {}", clinic.management)));
    // Who does not ask for the organisation need not be able to list it.
    let visit = clinic.visit_as(member.as_deref(), &JSON);
    assert_eq!((visit.code, visit.failed().len()), (Some(0), 0), "{}", visit.out);
}

#[test]
fn without_an_identity_the_status_is_2_and_the_first_thing_to_repair_is_named() {
    let nobody = Clinic::open(world(), Vec::new()).visit_as(None, &JSON);
    assert_eq!((nobody.code, nobody.failed()[0].0.as_str()), (Some(2), "credentials"), "{}", nobody.out);
    for (what, subject) in [
        (What::ClockSkew, "clock"),
        (What::Expired, "credentials"),
        (What::Html500, "endpoint"),
        (What::Reset, "endpoint"),
    ] {
        let fault = Fault { operation: Some("GetCallerIdentity".to_owned()), ..Fault::of(what.clone()) };
        let visit = Clinic::open(world(), vec![fault]).visit(&JSON);
        assert_eq!(visit.code, Some(2), "{what:?}: {}", visit.out);
        assert_eq!(visit.failed()[0].0, subject, "{what:?}: {}", visit.out);
        assert_eq!(visit.failed().len(), 1);
    }
}

#[test]
fn it_is_back_in_time_and_names_what_did_not_answer() {
    let slow = |operation: &str| Fault {
        operation: Some(operation.to_owned()),
        ..Fault::of(What::Slow(Duration::from_secs(60)))
    };
    let clinic = Clinic::open(world(), vec![slow("ListAccounts"), slow("GetKeyPolicy")]);
    let visit = clinic.visit(&[&["--org", "--timeout", "2"], &JSON[..]].concat());
    assert!(visit.took < Duration::from_secs(6), "{:?}", visit.took);
    assert_eq!(visit.code, Some(4), "{}", visit.out);
    let late: Vec<_> = visit.failed().into_iter().map(|(name, _, class)| (name, class)).collect();
    assert!(late.contains(&("organization".to_owned(), "endpoint".to_owned())), "{late:?}");
    assert!(late.contains(&("permissions".to_owned(), "endpoint".to_owned())), "{late:?}");

    let clinic = Clinic::open(world(), vec![slow("GetCallerIdentity")]);
    let visit = clinic.visit(&[&["--timeout", "1"], &JSON[..]].concat());
    assert!(visit.took < Duration::from_secs(5), "{:?}", visit.took);
    assert_eq!((visit.code, visit.failed()[0].0.as_str()), (Some(2), "endpoint"), "{}", visit.out);
}

#[test]
fn what_is_recorded_tells_of_nobody() {
    let world = world();
    let accounts = world.accounts();
    let clinic = Clinic::open(world, Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shapes.json");
    let visit =
        clinic.visit(&["--org", "--with", "grants,rotations", "--record", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(visit.code, Some(0), "{}", visit.out);
    assert!(visit.err.contains("read it before you send it"), "{}", visit.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let operations: Vec<&str> =
        document["operations"].as_array().unwrap().iter().map(|it| it["operation"].as_str().unwrap()).collect();
    for operation in
        ["GetCallerIdentity", "AssumeRole", "ListAccounts", "ListRegions", "ListKeys", "DescribeKey", "ListGrants"]
    {
        assert!(operations.contains(&operation), "{operation}: {operations:?}");
    }
    assert!(accounts.iter().all(|account| !text.contains(account.as_str())), "{text}");
    assert!(
        !text.contains("KeyreeveReader") && !text.contains(ANY_SECRET) && !text.contains("AKIA") && !text.contains('@')
    );
    // No word that the invented organisation uses: every string is a type, an id that was replaced, or one of AWS's words.
    let keys: Vec<String> = visit
        .checks()
        .iter()
        .filter_map(|check| check["message"].as_str()?.rsplit("on key ").next().map(str::to_owned))
        .filter(|id| id.len() == 36)
        .collect();
    assert!(!keys.is_empty() && keys.iter().all(|key| !text.contains(key)), "{keys:?}");
}
