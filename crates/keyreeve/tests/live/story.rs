//! The daemon's story, whole: AWS with its events, Jira, ServiceNow and a mail server are simulated, the daemon is the real process.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{DeskOptions, Events, Fault, HubOptions, Issue, Options, RunningDesk, What, World};

use super::cloud::Cloud;

const REGION: &str = "eu-north-1";
const OWN: &str = "111111111111";
const PRODUCTION: &str = "222222222222";
const DEVELOPMENT: &str = "333333333333";
const QUEUE: &str = "arn:aws:sqs:eu-north-1:111111111111:keyreeve";
/// How long anything may take: so long that a busy machine is no reason to fail.
const PATIENCE: Duration = Duration::from_secs(90);

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn arn(account: &str, number: u32) -> String {
    format!("arn:aws:kms:{REGION}:{account}:key/{}", id(number))
}

/// A key with which all is well, but for what the test says.
fn key(account: &str, number: u32, rotates: bool, tags: Value) -> Value {
    let arn = arn(account, number);
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Action": "kms:*", "Resource": "*",
    }] });
    json!({
        "kind": "resource", "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "Arn": arn, "AccountId": account, "Region": REGION,
        "KeyId": id(number), "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": true, "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyRotationEnabled": rotates, "Description": "a key", "Tags": tags,
        "CreationDate": "2025-01-01T00:00:00Z", "Aliases": [format!("alias/key-{number}")], "MultiRegion": false,
        "DeletionDate": null, "Policy": policy.to_string(),
    })
}

/// Keys 1 and 2 rotate, in production and development; 3 to 5, in production, do not: 4 is CloudFormation's.
fn world() -> World {
    let account = |id: &str, environment: &str| {
        json!({ "kind": "account", "id": id, "name": format!("account {id}"), "email": format!("{id}@acme.example"), "ou": "Root",
                "joined": "2021-02-01T00:00:00Z", "tags": { "soar:environment": environment, "soar:team": "platform" } })
    };
    let owned = json!({ "soar:team": "platform", "aws:cloudformation:stack-name": "app", "aws:cloudformation:logical-id": "AppKey" });
    let lines = [
        json!({ "kind": "header", "format_version": 1, "tool": { "name": "test", "version": "1" }, "collected_at": "2026-11-22T06:00:00Z" }),
        account(OWN, "PROD"),
        account(PRODUCTION, "PROD"),
        account(DEVELOPMENT, "DEV"),
        key(PRODUCTION, 1, true, json!({ "soar:team": "platform" })),
        key(DEVELOPMENT, 2, true, json!({ "soar:team": "platform" })),
        key(PRODUCTION, 3, false, json!({ "soar:team": "platform" })),
        key(PRODUCTION, 4, false, owned),
        key(PRODUCTION, 5, false, json!({ "soar:team": "platform" })),
        json!({ "kind": "end", "accounts": 3, "resources": 5, "errors": 0 }),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    World::from_snapshot(text.as_bytes()).unwrap()
}

/// Everything that runs.
struct Stage {
    cloud: Cloud,
    desk: RunningDesk,
    process: Child,
    port: u16,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A test that fails leaves no daemon behind; one that went well has ended it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Stage {
    fn set() -> Self {
        let refused = Fault {
            operation: Some("EnableKeyRotation".to_owned()),
            key: Some(id(5)),
            ..Fault::of(What::MissingPermission)
        };
        let options = Options {
            hub: Some(HubOptions::default()),
            events: Some(Events::to(QUEUE)),
            faults: vec![refused],
            clock: jiff::Timestamp::now(),
            ..Options::default()
        };
        let cloud = Cloud::start(world(), options);
        let desk = cloud.wait_for(RunningDesk::start(DeskOptions::default())).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        cloud.write("keyreeve.toml", &config(&desk, port));
        let log = std::fs::File::create(cloud.home.path().join("log")).unwrap();
        let mut command = cloud.command(&["serve", "--config", "keyreeve.toml"]);
        command.env("JIRA_TOKEN", "any-token").env("SERVICENOW_PASSWORD", "any-password");
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { cloud, desk, process, port }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.cloud.home.path().join("log")).unwrap_or_default()
    }

    /// Looks until it is so.
    fn wait<T>(&self, what: &str, mut until: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(found) = until() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let issues = self.desk.issues();
        let issues: Vec<_> = issues.iter().map(|it| (&it.key, &it.status, &it.summary)).collect();
        let told: Vec<_> = ["remediations", "jobs"].iter().map(|path| self.get(&format!("/api/v1/{path}"))).collect();
        panic!("{what} did not come: {}\n{issues:#?}\n{told:?}", self.log());
    }

    fn get(&self, path: &str) -> Option<Value> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(&format!("127.0.0.1:{}", self.port), &head).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).ok()
    }

    /// A call of KMS, as somebody who may do everything in that account.
    fn kms(&self, account: &str, operation: &str, body: &Value) {
        let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let scope = format!("{}/{}/{REGION}/kms/aws4_request", simulator::access_key_id(account), &date[..8]);
        let (endpoint, body) = (self.cloud.aws.endpoint(), body.to_string());
        let address = endpoint.trim_start_matches("http://");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Date: {date}\r\nX-Amz-Target: TrentService.{operation}\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature={}\r\n\r\n{body}",
            body.len(),
            "0".repeat(64),
        );
        let answer = exchange(address, &head).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
    }

    /// A control's finding about a key, once there is one.
    fn finding(&self, account: &str, number: u32, control: &str) -> Option<Value> {
        let found = self.get(&format!("/api/v1/findings?resource={}&limit=1000", arn(account, number)))?;
        found["items"].as_array()?.iter().find(|finding| finding["control"] == control).cloned()
    }

    /// The action that was decided about it.
    fn action(&self, account: &str, number: u32, control: &str) -> Option<String> {
        self.finding(account, number, control)?["action"].as_str().map(str::to_owned)
    }

    /// The issues about a key with these words in their titles.
    fn issues(&self, number: u32, words: &str) -> Vec<Issue> {
        let is_about = |issue: &Issue| issue.description.to_string().contains(&id(number));
        let mut issues = self.desk.issues();
        issues.retain(|issue| is_about(issue) && issue.summary.contains(words));
        issues
    }

    /// What Security Hub has about a key.
    fn hub(&self, number: u32, control: &str) -> Value {
        let fits = |finding: &Value| {
            finding["Compliance"]["SecurityControlId"] == control
                && finding["Resources"][0]["Id"].as_str().is_some_and(|arn| arn.ends_with(&id(number)))
        };
        self.cloud.aws.findings().into_iter().find(fits).unwrap_or_default()
    }
}

fn exchange(address: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn config(desk: &RunningDesk, port: u16) -> String {
    let (jira, servicenow, mail) = (desk.jira_url(), desk.servicenow_url(), desk.smtp_address());
    format!(
        r#"
[aws]
org = true
regions = ["{REGION}"]
[triage]
remediate = ["KMS.4"]
[serve]
mode = "act"
listen = "127.0.0.1:{port}"
open_on_loopback = true
destinations = ["jira", "servicenow"]
[serve.intake]
queues = ["{QUEUE}"]
hub = true
[serve.caps]
tickets_an_hour = 1000
[serve.times]
debounce_seconds = 1
[serve.code."app/AppKey"]
file = "stacks/app.yaml"
line = 12
[serve.tickets.jira]
kind = "jira-cloud"
address = "{jira}"
project = "SEC"
user = "keyreeve@example.com"
secret = "env:JIRA_TOKEN"
allow_private = true
search_lag_seconds = 0
[serve.tickets.servicenow]
kind = "servicenow"
address = "{servicenow}"
user = "keyreeve"
secret = "env:SERVICENOW_PASSWORD"
allow_private = true
[serve.mail]
host = "{}"
port = {}
security = "none"
from = "Keyreeve <keyreeve@acme.example>"
"#,
        mail.ip(),
        mail.port()
    )
}

#[test]
fn keys_become_tickets_fixes_and_records_and_what_is_put_right_closes_its_tickets() {
    let mut stage = Stage::set();

    // What the first reading finds. Rotation is turned on where that may be, and read back.
    stage.wait("the fix", || stage.issues(3, "AUTOFIXED").first()?.is_done.then_some(()));
    assert_eq!(stage.hub(3, "KMS.4")["Compliance"]["Status"], "PASSED");
    // Infrastructure code owns this one: its owners get the patch, and the key stays as it is.
    let patch = stage.wait("the patch", || stage.issues(4, "rotat").pop());
    let text = patch.description.to_string();
    assert!(text.contains("EnableKeyRotation") && text.contains("stacks/app.yaml"), "{text}");
    assert_eq!(stage.hub(4, "KMS.4")["Compliance"]["Status"], "FAILED");
    // Who is kept out says so, and suppresses nothing.
    stage.wait("the refused fix", || stage.issues(5, "rotat").pop());
    assert_eq!(stage.action(PRODUCTION, 5, "KMS.4").as_deref(), Some("TEAMFIX"));
    assert_ne!(stage.hub(5, "KMS.4")["Workflow"]["Status"], "SUPPRESSED");
    assert_eq!(stage.cloud.aws.counts().requests("EnableKeyRotation"), 2, "keys 3 and 5, once each");
    stage.wait("the end of the first reading", || stage.log().contains("everything was read").then_some(()));

    let looked_over = |line: &str| line.contains("tickets can be opened") && line.contains("jira");
    assert!(stage.log().lines().any(looked_over), "{}", stage.log());

    // Two keys are going to be destroyed: in production that is somebody's business at once, in development it is not.
    let began = Instant::now();
    for (account, number) in [(DEVELOPMENT, 2), (PRODUCTION, 1)] {
        stage.kms(account, "ScheduleKeyDeletion", &json!({ "KeyId": id(number), "PendingWindowInDays": 30 }));
    }
    let issue = stage.wait("the issue", || stage.issues(1, "delet").pop());
    assert_eq!((issue.priority.as_str(), issue.is_done), ("Highest", false), "{issue:?}");
    assert!(issue.summary.starts_with("TEAM FIX") && issue.summary.contains("alias/key-1"), "{}", issue.summary);
    let about = |incident: &simulator::Incident| incident.field("short_description") == issue.summary;
    let incident = stage.wait("the record", || stage.desk.incidents().into_iter().find(about));
    assert_eq!((incident.field("impact"), incident.field("urgency")), ("1", "1"), "{incident:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "seconds, not the next reading: {:?}", began.elapsed());
    assert_eq!(stage.action(PRODUCTION, 1, "KMS.3").as_deref(), Some("TEAMFIX"));
    stage.wait("the decision to do nothing", || (stage.action(DEVELOPMENT, 2, "KMS.3")? == "NOTHING").then_some(()));
    let finding = stage.finding(DEVELOPMENT, 2, "KMS.3").unwrap();
    let log = stage.get(&format!("/api/v1/events?kind=decision&subject={}", finding["key"].as_str().unwrap())).unwrap();
    let nothing = |event: &Value| event["body"].to_string().contains("NOTHING");
    assert!(log["items"].as_array().unwrap().iter().any(nothing), "it stands in the log: {log}");

    // It is taken back: both tickets close.
    stage.kms(PRODUCTION, "CancelKeyDeletion", &json!({ "KeyId": id(1) }));
    stage.kms(PRODUCTION, "EnableKey", &json!({ "KeyId": id(1) }));
    stage.wait("the closing", || stage.issues(1, "delet").first()?.is_done.then_some(()));
    let is_over = |it: &simulator::Incident| ["6", "7"].contains(&it.field("state"));
    stage.wait("the resolution", || is_over(&stage.desk.incidents().into_iter().find(about)?).then_some(()));
    assert_eq!(stage.issues(1, "delet").len(), 1);
    assert!(stage.issues(2, "delet").is_empty(), "nobody hears of a development key");
    let to_production = |mail: &simulator::Mail| mail.to.iter().any(|to| to.starts_with(PRODUCTION));
    stage.wait("a mail", || stage.desk.mails().iter().any(to_production).then_some(()));

    let told = std::process::Command::new("kill").args(["-TERM", &stage.process.id().to_string()]).status().unwrap();
    assert!(told.success() && stage.process.wait().unwrap().success(), "{}", stage.log());
}
