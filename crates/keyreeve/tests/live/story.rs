//! The daemon's story, whole: AWS with its events, Jira, ServiceNow and a mail server are simulated, the daemon is the real process.
#![cfg(unix)]

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{DeskOptions, Events, Fault, HubOptions, Incident, Issue, Options, RunningDesk, What, World};

use super::cloud::{Cloud, REGION};
use super::daemon::{Daemon, QUEUE, SECRETS, awaited, exchange, free_port, jira, mail, servicenow};
use super::keys::{self, DEVELOPMENT, PRODUCTION, accounts, arn, id, key};

const ELSEWHERE: &str = "eu-west-1";
const GLOBAL: &str = "mrk-00000000000040008000000000000006";

/// A multi-Region key that does not rotate, and its replica.
fn global(region: &str, is: &str) -> Value {
    let but = json!({
        "Arn": global_arn(region), "ResourceId": global_arn(region), "KeyId": GLOBAL, "Region": region, "MultiRegion": true,
        "MultiRegionConfiguration": { "MultiRegionKeyType": is, "PrimaryKey": { "Arn": global_arn(REGION), "Region": REGION },
                                      "ReplicaKeys": [{ "Arn": global_arn(ELSEWHERE), "Region": ELSEWHERE }] },
        "KeyRotationEnabled": false,
    });
    key(PRODUCTION, 6, &but)
}

fn global_arn(region: &str) -> String {
    format!("arn:aws:kms:{region}:{PRODUCTION}:key/{GLOBAL}")
}

/// Keys 1 and 2 rotate, in production and development; 3 to 5, in production, do not: 4 is CloudFormation's. The last has a replica.
fn world() -> World {
    let off = json!({ "KeyRotationEnabled": false });
    let owned = json!({ "soar:team": "platform", "aws:cloudformation:stack-name": "app", "aws:cloudformation:logical-id": "AppKey" });
    let keys = [
        key(PRODUCTION, 1, &json!({})),
        key(DEVELOPMENT, 2, &json!({})),
        key(PRODUCTION, 3, &off),
        key(PRODUCTION, 4, &json!({ "KeyRotationEnabled": false, "Tags": owned })),
        key(PRODUCTION, 5, &off),
        global(REGION, "PRIMARY"),
        global(ELSEWHERE, "REPLICA"),
    ];
    keys::world(&accounts(), &keys)
}

/// Everything that runs.
struct Stage {
    daemon: Daemon,
    cloud: Cloud,
    desk: RunningDesk,
    port: u16,
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
        let port = free_port();
        cloud.write("keyreeve.toml", &config(&desk, port));
        let log = File::create(cloud.home.path().join("log")).unwrap();
        let daemon = Daemon::start(&cloud, &SECRETS, Stdio::null(), log);
        Self { daemon, cloud, desk, port }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.cloud.home.path().join("log")).unwrap_or_default()
    }

    fn wait<T>(&self, what: &str, until: impl FnMut() -> Option<T>) -> T {
        if let Some(found) = awaited(until) {
            return found;
        }
        let issues = self.desk.issues();
        let issues: Vec<_> = issues.iter().map(|it| (&it.key, &it.status, &it.summary)).collect();
        let told: Vec<_> = ["remediations", "jobs"].iter().map(|path| self.get(&format!("/api/v1/{path}"))).collect();
        panic!("{what} did not come: {}\n{issues:#?}\n{told:?}", self.log());
    }

    fn get(&self, path: &str) -> Option<Value> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(&format!("127.0.0.1:{}", self.port), &head);
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).ok()
    }

    /// A control's finding about a key, once there is one.
    fn finding(&self, account: &str, number: u32, control: &str) -> Option<Value> {
        let found = self.get(&format!("/api/v1/findings?resource={}&limit=1000", arn(account, number)))?;
        found["items"].as_array()?.iter().find(|finding| finding["control"] == control).cloned()
    }

    /// Waits for the decision. Security Hub tells of the same as our own detection, at times of its own.
    fn is_decided(&self, account: &str, number: u32, control: &str, action: &str) {
        self.wait(&format!("{action} about key {number}"), || {
            (self.finding(account, number, control)?["action"] == action).then_some(())
        });
    }

    /// The issues about a key with these words in their titles.
    fn issues(&self, number: u32, words: &str) -> Vec<Issue> {
        let is_about = |issue: &Issue| issue.description.to_string().contains(&id(number));
        let mut issues = self.desk.issues();
        issues.retain(|issue| is_about(issue) && issue.summary.contains(words));
        issues
    }

    /// The records of ServiceNow about a key with these words in their titles.
    fn records(&self, number: u32, words: &str) -> Vec<Incident> {
        let mut records = self.desk.incidents();
        records.retain(|it| {
            it.field("description").contains(&id(number)) && it.field("short_description").contains(words)
        });
        records
    }

    /// The subjects with these words, each with who got the mail.
    fn mails(&self, name: &str, words: &str) -> Vec<String> {
        let mails = self.desk.mails().into_iter();
        let mails = mails.map(|it| format!("{} to {}", it.subject(), it.to.join(", ")));
        mails.filter(|mail| mail.contains(name) && mail.contains(words)).collect()
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

fn config(desk: &RunningDesk, port: u16) -> String {
    let (jira, servicenow, mail) = (jira(desk), servicenow(desk, "env:SERVICENOW_PASSWORD"), mail(desk));
    format!(
        r#"
[aws]
org = true
regions = ["{REGION}", "{ELSEWHERE}"]
[triage]
remediate = ["KMS.4"]
[triage.hours]
critical = 0
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
{jira}{servicenow}{mail}"#
    )
}

/// The story of the seed, clause by clause, told by one daemon.
#[test]
fn keys_become_tickets_fixes_and_records_and_what_is_put_right_closes_its_tickets() {
    let mut stage = Stage::set();
    stage.rotation_that_is_off_is_turned_on_read_back_and_told_as_autofixed();
    stage.what_cloudformation_owns_gets_a_ticket_with_the_patch_and_stays_as_it_is();
    stage.a_replica_is_put_right_by_its_primary_and_its_team_has_nothing_to_do();
    stage.where_access_is_denied_the_team_must_and_nothing_is_suppressed();
    stage.the_daemon_says_at_its_start_whether_tickets_can_be_opened();
    stage.a_production_key_that_is_to_be_destroyed_is_critical_in_both_systems_within_seconds();
    stage.a_development_key_that_is_to_be_destroyed_gets_no_ticket_and_the_log_says_why();
    stage.past_the_service_level_somebody_is_reminded_and_before_it_nobody();
    stage.a_deletion_that_is_cancelled_closes_both_tickets();
    stage.told_to_stop_it_ends_in_order();
}

impl Stage {
    fn rotation_that_is_off_is_turned_on_read_back_and_told_as_autofixed(&self) {
        let fixed = "AUTOFIXED: automatic key rotation enabled: alias/key-3";
        self.wait("the fix", || self.issues(3, fixed).first()?.is_done.then_some(()));
        self.wait("the fix in ServiceNow", || is_over(self.records(3, fixed).first()?).then_some(()));
        let told = self.wait("its verification", || {
            let fixes = self.get("/api/v1/remediations?state=verified")?;
            fixes["items"].as_array()?.iter().find(|it| it["resource"] == arn(PRODUCTION, 3)).cloned()
        });
        assert_eq!(told["plan"]["changes"][0]["operation"], "EnableKeyRotation", "{told}");
        assert_eq!(told["undo"][0]["operation"], "DisableKeyRotation", "{told}");
        let passed = || {
            let finding = self.hub(3, "KMS.4");
            (finding["Compliance"]["Status"] == "PASSED" && finding["Workflow"]["Status"] == "RESOLVED").then_some(())
        };
        self.wait("Security Hub, which looks for itself", passed);
    }

    fn what_cloudformation_owns_gets_a_ticket_with_the_patch_and_stays_as_it_is(&self) {
        let issue = self.wait("the patch", || self.issues(4, "rotat").pop());
        let record = self.wait("the patch in ServiceNow", || self.records(4, "rotat").pop());
        let in_jira = issue.description.to_string();
        for text in [in_jira.as_str(), record.field("description")] {
            for part in ["EnableKeyRotation: true", "stacks/app.yaml", "AppKey", "12"] {
                assert!(text.contains(part), "{part} is missing: {text}");
            }
        }
        self.is_decided(PRODUCTION, 4, "KMS.4", "TEAMFIX");
        assert_eq!(self.hub(4, "KMS.4")["Compliance"]["Status"], "FAILED", "the key is as it was");
    }

    fn a_replica_is_put_right_by_its_primary_and_its_team_has_nothing_to_do(&self) {
        for region in [REGION, ELSEWHERE] {
            self.wait("the end of it", || {
                let found = self.get(&format!("/api/v1/findings?resource={}&control=KMS.4", global_arn(region)))?;
                let found = found["items"].as_array()?.clone();
                let over = |finding: &Value| finding["action"] == "NOTHING" && finding["settled"] == true;
                (!found.is_empty() && found.iter().all(over)).then_some(())
            });
        }
        let mut issues = self.desk.issues();
        issues.retain(|issue| issue.summary.starts_with("TEAM FIX") && issue.description.to_string().contains(GLOBAL));
        assert_eq!(issues, [], "it rotates, in both regions");
    }

    fn where_access_is_denied_the_team_must_and_nothing_is_suppressed(&self) {
        let issue = self.wait("the refused fix", || self.issues(5, "rotat").pop());
        self.wait("the refused fix in ServiceNow", || self.records(5, "rotat").pop());
        assert!(issue.summary.starts_with("TEAM FIX") && !issue.is_done, "{issue:?}");
        self.is_decided(PRODUCTION, 5, "KMS.4", "TEAMFIX");
        assert_ne!(self.hub(5, "KMS.4")["Workflow"]["Status"], "SUPPRESSED");
        let suppressed = self.get("/api/v1/findings?action=SUPPRESS").unwrap();
        assert_eq!(suppressed["items"], json!([]));
        let failed = self.get("/api/v1/events?kind=remediation.failed").unwrap().to_string();
        assert!(failed.contains("AccessDenied") && failed.contains(&id(5)), "{failed}");
        assert_eq!(self.cloud.aws.counts().requests("EnableKeyRotation"), 3, "keys 3, 5 and the primary, once each");
    }

    fn the_daemon_says_at_its_start_whether_tickets_can_be_opened(&self) {
        self.wait("the end of the first reading", || self.log().contains("everything was read").then_some(()));
        let looked_over = |line: &str| line.contains("tickets can be opened") && line.contains("jira");
        assert!(self.log().lines().any(looked_over), "{}", self.log());
    }

    fn a_production_key_that_is_to_be_destroyed_is_critical_in_both_systems_within_seconds(&self) {
        let began = Instant::now();
        for (account, number) in [(DEVELOPMENT, 2), (PRODUCTION, 1)] {
            self.cloud.kms(account, "ScheduleKeyDeletion", &json!({ "KeyId": id(number), "PendingWindowInDays": 30 }));
        }
        let issue = self.wait("the issue", || self.issues(1, "delet").pop());
        let in_jira = began.elapsed();
        let record = self.wait("the record", || self.records(1, "delet").pop());
        let in_both = began.elapsed();
        println!("from the event to the ticket: Jira {in_jira:.1?}, ServiceNow {in_both:.1?}");
        assert!(in_both < Duration::from_secs(60), "seconds, not the next reading: {in_both:?}");
        assert_eq!((issue.priority.as_str(), issue.is_done), ("Highest", false), "{issue:?}");
        assert!(issue.summary.starts_with("TEAM FIX") && issue.summary.contains("alias/key-1"), "{}", issue.summary);
        assert_eq!((record.field("impact"), record.field("urgency")), ("1", "1"), "{record:?}");
        assert_eq!(record.field("short_description"), issue.summary);
        self.is_decided(PRODUCTION, 1, "KMS.3", "TEAMFIX");
        assert_eq!(self.finding(PRODUCTION, 1, "KMS.3").unwrap()["severity"], "CRITICAL");
    }

    fn a_development_key_that_is_to_be_destroyed_gets_no_ticket_and_the_log_says_why(&self) {
        self.is_decided(DEVELOPMENT, 2, "KMS.3", "NOTHING");
        let finding = self.finding(DEVELOPMENT, 2, "KMS.3").unwrap();
        let path = format!("/api/v1/events?kind=decision&subject={}", finding["key"].as_str().unwrap());
        let log = self.get(&path).unwrap();
        let why = log["items"].as_array().unwrap().iter().rev().map(|event| &event["body"]["decision"]);
        let why = why.into_iter().find(|decision| decision["decision"] == "NOTHING").unwrap_or_else(|| panic!("{log}"));
        assert!(why["reason"].as_str().unwrap().contains("development"), "{why}");
        assert_ne!(self.hub(2, "KMS.3")["Workflow"]["Status"], "SUPPRESSED", "logged, not suppressed");
        self.nobody_hears_of_the_development_key();
    }

    fn nobody_hears_of_the_development_key(&self) {
        assert!(self.issues(2, "delet").is_empty() && self.records(2, "delet").is_empty());
        assert_eq!(self.mails("alias/key-2", "delet"), [""; 0]);
    }

    /// CRITICAL has no hour in this configuration, so it is overdue at once; MEDIUM has its fortnight.
    fn past_the_service_level_somebody_is_reminded_and_before_it_nobody(&self) {
        let overdue = |text: &str| text.contains("overdue");
        self.wait("the reminder in Jira", || {
            let issue = self.issues(1, "delet").pop()?;
            issue.comments.iter().any(|comment| overdue(&comment.body.to_string())).then_some(())
        });
        self.wait("the reminder in ServiceNow", || {
            self.records(1, "delet").pop()?.work_notes.iter().any(|note| overdue(note)).then_some(())
        });
        self.wait("the reminder by mail", || {
            let mails = self.mails("alias/key-1", "delet");
            mails
                .iter()
                .any(|mail| mail.starts_with("OVERDUE TEAM FIX: KMS.3") && mail.contains(PRODUCTION))
                .then_some(())
        });
        let tickets = self.get("/api/v1/tickets?limit=1000").unwrap();
        for ticket in tickets["items"].as_array().unwrap() {
            let expected = u64::from(ticket["severity"] == "CRITICAL");
            assert_eq!(ticket["reminders"], expected, "{ticket}");
        }
    }

    fn a_deletion_that_is_cancelled_closes_both_tickets(&self) {
        self.cloud.kms(PRODUCTION, "CancelKeyDeletion", &json!({ "KeyId": id(1) }));
        self.cloud.kms(PRODUCTION, "EnableKey", &json!({ "KeyId": id(1) }));
        self.wait("the closing", || self.issues(1, "delet").first()?.is_done.then_some(()));
        self.wait("the resolution", || is_over(self.records(1, "delet").first()?).then_some(()));
        self.wait("the mail", || {
            self.mails("alias/key-1", "delet").iter().any(|mail| mail.starts_with("CLOSED")).then_some(())
        });
        assert_eq!((self.issues(1, "delet").len(), self.records(1, "delet").len()), (1, 1), "one in each, all along");
        let tickets = self.get("/api/v1/tickets?state=closed&limit=1000").unwrap();
        let outcomes = tickets["items"].as_array().unwrap().iter().filter(|it| it["severity"] == "CRITICAL");
        let outcomes: Vec<&Value> = outcomes.map(|ticket| &ticket["outcome"]).collect();
        assert_eq!(outcomes, [&json!("cancelled"), &json!("cancelled")]);
        self.nobody_hears_of_the_development_key();
    }

    fn told_to_stop_it_ends_in_order(&mut self) {
        assert!(self.daemon.stop(), "{}", self.log());
    }
}

/// Whether a record is resolved or closed.
fn is_over(record: &Incident) -> bool {
    ["6", "7"].contains(&record.field("state"))
}
