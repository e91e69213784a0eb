//! Hostile strings in every string of a finding, a key with its tags, and an account, one at a time: what people and systems get of it is
//! read strictly, and nothing in it is active.
#![expect(clippy::unwrap_used, reason = "what is wrong in a test ends the test")]

mod strict;
mod world;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use respond::http::{Http, HttpOptions};
use respond::mail::{Security, Smtp, SmtpOptions};
use respond::ports::Tickets;
use respond::secret::{Reference, Secrets};
use respond::tickets::file::FileTickets;
use respond::tickets::jira::{Dialect, Jira, JiraLogin, JiraOptions};
use respond::tickets::servicenow::{ServiceNow, ServiceNowLogin, ServiceNowOptions};
use respond::tickets::webhook::Webhook;
use respond::{Delivery, Engine, Judge as _, Scan};
use serde_json::{Value, json};
use simulator::{DeskOptions, JiraSetup, RunningDesk};
use store::{FindingFilter, JobFilter, Page, Store as _};
use world::life::Life;
use world::texts::{self, PROD};
use world::{World, ports, scenes};

/// The id of an account of which every text is hostile.
fn stranger(number: usize) -> String {
    format!("77778888{number:04}")
}

/// Stands for what cannot be in a text of ours: the half of a surrogate pair, as JSON may write it.
const HALF: char = '\u{e000}';

/// What strangers try, in one system or another.
const HOSTILE: [&str; 6] = [
    "</title></td><script>alert(1)</script>\"'><img src=x onerror=alert(1)> &#60;b&#62; half \u{e000} of a pair",
    "{html}<b>x</b>{html} {noformat} [~admin] [a|https://evil.example] !http://e.example/x.png! ||h|| |c| *b* h1. x",
    "x\r\nBcc: everybody@evil.example\r\n\r\n<b>body</b>\r\n.\r\nMAIL FROM:<a@evil.example>",
    "\" OR project = SEC OR labels = \"x\" ORDER BY key ^ORnumber!=1^NQactive=true [code]<b>x</b>[/code]",
    "=cmd|' /C calc'!A0\t@SUM(1+1)\n| a | b |\n|---|---|\n[x](javascript:alert(1)) `x` # x @all a@evil.example, b@evil.example",
    "\u{1b}]0;x\u{7}\u{1b}[31m\u{9b}2J\u{8}\0\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}h1. x\u{2029}\u{e0041}\u{61c}\n{\"level\":\"ERROR\"}",
];

/// All places of strings in a value: members and elements, at every depth.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(place, it)| places(it, &below(&place.to_string()), found))
        }
        Value::Object(object) => object.iter().for_each(|(key, it)| places(it, &below(key), found)),
        _ => {}
    }
}

/// The value, once for each of its strings, with that one replaced by the texts in turn; and once for each text with a member more of
/// that name in every object.
fn each(value: impl Fn(usize) -> Value, first: usize, texts: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    places(&value(0), "", &mut found);
    let mut all: Vec<Value> = Vec::new();
    for (place, text) in found.iter().zip(texts.iter().cycle().skip(first)) {
        let mut changed = value(first + all.len());
        *changed.pointer_mut(place).unwrap() = (*text).into();
        all.push(changed);
    }
    for text in texts {
        let mut named = value(first + all.len());
        name(&mut named, text);
        all.push(named);
    }
    all
}

fn name(value: &mut Value, text: &str) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|it| name(it, text)),
        Value::Object(object) => {
            object.values_mut().for_each(|it| name(it, text));
            object.insert(text.to_owned(), text.into());
        }
        _ => {}
    }
}

fn arn(account: &str, number: usize) -> String {
    texts::arn(account, &format!("00000000-0000-4000-8000-{number:012}"))
}

/// A finding of a control with all that Security Hub may say.
fn control(account: &str, number: usize) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": format!("finding/{account}/{number}"), "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "ProductName": "Security Hub", "CompanyName": "AWS", "GeneratorId": "security-control/KMS.3", "AwsAccountId": account,
        "AwsAccountName": "pay", "Region": "eu-north-1", "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-11-01T00:00:00Z", "FirstObservedAt": "2026-11-01T00:00:00Z", "LastObservedAt": "2026-11-22T00:00:00Z",
        "UpdatedAt": "2026-11-22T00:00:00Z", "Severity": {"Label": "CRITICAL", "Original": "CRITICAL", "Normalized": 90},
        "Title": "a key will be deleted", "Description": "described", "SourceUrl": "https://aws.example/source",
        "Remediation": {"Recommendation": {"Text": "do this", "Url": "https://docs.aws.example/kms"}},
        "ProductFields": {"IncidentDomain": "APP", "aws/securityhub/annotation": "noted"}, "UserDefinedFields": {"a": "b"},
        "Resources": [{"Type": "AwsKmsKey", "Id": arn(account, number), "Partition": "aws", "Region": "eu-north-1", "Tags": {"soar:team": "x"},
                       "Details": {"AwsKmsKey": {"KeyManager": "CUSTOMER", "KeyState": "PendingDeletion", "Description": "x"}}}],
        "Compliance": {"Status": "FAILED", "SecurityControlId": "KMS.3", "StatusReasons": [{"ReasonCode": "X", "Description": "because"}],
                       "AssociatedStandards": [{"StandardsId": "standards/x"}], "RelatedRequirements": ["CIS 2.8"]},
        "Workflow": {"Status": "NEW"}, "WorkflowState": "NEW", "RecordState": "ACTIVE",
        "Note": {"Text": "a note", "UpdatedBy": "alice", "UpdatedAt": "2026-11-22T00:00:00Z"},
        "FindingProviderFields": {"Severity": {"Label": "CRITICAL", "Original": "x"}, "Types": ["t"]},
    })
}

/// One of GuardDuty.
fn incident(account: &str, number: usize) -> Value {
    let mut finding = control(account, number);
    finding["ProductArn"] = "arn:aws:securityhub:eu-north-1::product/aws/guardduty".into();
    finding["GeneratorId"] = "arn:aws:guardduty:eu-north-1:111122223333:detector/d".into();
    finding["Types"] = json!(["TTPs/Impact/Impact:IAMUser-AnomalousBehavior"]);
    finding.as_object_mut().unwrap().remove("Compliance");
    finding
}

/// One of ours.
fn own(account: &str, number: usize) -> Value {
    let key = json!({"Arn": arn(account, number), "KeyId": "key", "AccountId": account, "Region": "eu-north-1"});
    serde_json::from_str(&texts::own("AWS.KMS.ScheduledForDeletion", "KMS.3", "CRITICAL", "FAIL", &key)).unwrap()
}

/// One in OCSF.
fn ocsf(account: &str, number: usize) -> Value {
    json!({
        "class_uid": 2003, "activity_id": 1, "status_id": 1, "severity_id": 5, "severity": "Critical", "time": 1_763_769_600_000_i64,
        "metadata": {"version": "1.3.0", "uid": "m", "product": {"name": "Security Hub", "uid": "arn:aws:securityhub:eu-north-1::product/aws/securityhub", "vendor_name": "AWS"}},
        "finding_info": {"uid": format!("ocsf/{account}/{number}"), "title": "a key will be deleted", "desc": "described", "types": ["t"]},
        "cloud": {"provider": "AWS", "region": "eu-north-1", "account": {"uid": account, "name": "pay"}},
        "compliance": {"control": "KMS.3", "status_id": 3, "status": "FAIL", "status_details": ["because"], "standards": ["s"], "requirements": ["r"]},
        "resources": [{"type": "AwsKmsKey", "uid": arn(account, number), "region": "eu-north-1", "tags": [{"name": "soar:team", "value": "x"}]}],
        "remediation": {"desc": "do this", "references": ["https://docs.aws.example"]}, "unmapped": {"a": "b"},
    })
}

/// Makes a finding of an account.
type Make = fn(&str, usize) -> Value;

/// A key as a scan has it.
fn key(number: usize) -> Value {
    let mut key = texts::key(&arn(PROD, number));
    key.state = "PendingDeletion".to_owned();
    let mut key: Value = serde_json::from_str(&texts::resource(&key)).unwrap();
    key["DeletionDate"] = "2026-11-29T06:00:00Z".into();
    key["Description"] = "described".into();
    key["Aliases"] = json!(["alias/pay"]);
    key["Tags"] = json!({"soar:team": "x", "soar:jira:project-key": "SEC", "aws:cloudformation:stack-name": "stack", "aws:cloudformation:logical-id": "Key"});
    key["Policy"] = json!({"Statement": [{"Sid": "x"}]}).to_string().into();
    key
}

/// As it is sent.
fn text(value: &Value) -> String {
    value.to_string().replace(HALF, "\\ud800")
}

/// Everything that gets tickets and mails, and where it keeps them.
struct Office {
    cloud: RunningDesk,
    data_center: RunningDesk,
    file: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let jira = JiraSetup { dialect: simulator::Dialect::DataCenter, ..JiraSetup::default() };
        let data_center = RunningDesk::start(DeskOptions { jira, ..DeskOptions::default() }).await.unwrap();
        let cloud = RunningDesk::start(DeskOptions::default()).await.unwrap();
        let file = tempfile::tempdir().unwrap();
        for (name, secret) in [("token", "any-token"), ("password", "any-password"), ("secret", "any-secret")] {
            std::fs::write(file.path().join(name), secret).unwrap();
        }
        Self { cloud, data_center, file }
    }

    fn engine(&self, world: &World) -> Engine {
        let options =
            HttpOptions { allow_private: true, proxy: false, total: Duration::from_secs(20), ..HttpOptions::default() };
        let (http, secrets) = (Http::new(&options).unwrap(), Arc::new(Secrets::new(None)));
        let kept = |name: &str| Reference::File(self.file.path().join(name));
        let login = JiraLogin::Basic { user: "keyreeve@example.com".to_owned(), token: kept("token") };
        let cloud = JiraOptions::new(Dialect::Cloud, &self.cloud.jira_url(), login, "SEC");
        let login = JiraLogin::Bearer { token: kept("token") };
        let data_center = JiraOptions::new(Dialect::DataCenter, &self.data_center.jira_url(), login, "SEC");
        let login = ServiceNowLogin::Basic { user: "keyreeve".to_owned(), password: kept("password") };
        let servicenow = ServiceNowOptions::new(&self.cloud.servicenow_url(), login);
        let address = self.cloud.smtp_address();
        let smtp = SmtpOptions::new(&address.ip().to_string(), address.port(), "Keyreeve <keyreeve@example.com>");
        let smtp =
            Smtp::new(secrets.clone(), SmtpOptions { security: Security::None, allow_private: true, ..smtp }).unwrap();
        let tickets: [(&str, Arc<dyn Tickets>); 5] = [
            ("cloud", Arc::new(Jira::new(http.clone(), secrets.clone(), cloud).unwrap())),
            ("data-center", Arc::new(Jira::new(http.clone(), secrets.clone(), data_center).unwrap())),
            ("servicenow", Arc::new(ServiceNow::new(http.clone(), secrets.clone(), servicenow).unwrap())),
            ("webhook", Arc::new(Webhook::new(http, secrets, &self.cloud.webhook_url(), kept("secret")).unwrap())),
            ("file", Arc::new(FileTickets::new(self.file.path().join("tickets.jsonl")))),
        ];
        let mut ports = ports::ports(&world.outside, &Life::endless());
        ports.tickets = tickets.map(|(name, tickets)| (name.to_owned(), tickets)).into();
        ports.mailer = Some(Arc::new(smtp));
        let names: Vec<String> = ports.tickets.keys().cloned().collect();
        let all = respond::Options {
            destinations: names.clone(),
            incident_destinations: names,
            tickets_an_hour: 1_000_000,
            ..world.options.clone()
        };
        Engine::new(world.store.clone(), ports, world.triage.clone(), all, "one")
    }

    /// Reads all that was sent, strictly; gives how many tickets of a Jira, and how many mails there are.
    fn read(&self) -> Result<(usize, usize), String> {
        for issue in self.cloud.issues() {
            strict::line(&issue.summary, 255)?;
            strict::adf(&issue.description)?;
            issue.comments.iter().try_for_each(|comment| strict::adf(&comment.body))?;
            labelled(&issue.labels)?;
        }
        for issue in self.data_center.issues() {
            strict::line(&issue.summary, 255)?;
            strict::wiki(issue.description.as_str().unwrap_or("{not a text}"))?;
            issue
                .comments
                .iter()
                .try_for_each(|comment| strict::wiki(comment.body.as_str().unwrap_or("{not a text}")))?;
            labelled(&issue.labels)?;
        }
        for incident in self.cloud.incidents() {
            strict::line(incident.field("short_description"), 160)?;
            for text in incident
                .work_notes
                .iter()
                .map(String::as_str)
                .chain([incident.field("description"), incident.field("close_notes")])
            {
                strict::lines(text, 4000)?;
                if text.to_ascii_lowercase().contains("[code") || text.to_ascii_lowercase().contains("[/code") {
                    return Err(format!("a journal that is shown as HTML: {text}"));
                }
            }
        }
        for desk in [&self.cloud, &self.data_center] {
            desk.requests().iter().try_for_each(asked)?;
        }
        let mails = self.cloud.mails();
        for mail in &mails {
            strict::mail(&mail.text)?;
            if let Some(other) = mail.to.iter().find(|to| !to.ends_with("@example.com")) {
                return Err(format!("a mail to {other}"));
            }
        }
        let file = std::fs::read_to_string(self.file.path().join("tickets.jsonl")).unwrap_or_default();
        for line in file.lines() {
            let _: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
            strict::line(line, usize::MAX)?;
        }
        Ok((self.cloud.issues().len(), mails.len()))
    }
}

fn labelled(labels: &[String]) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match labels.iter().find(|label| label.is_empty() || !label.chars().all(is_plain)) {
        Some(label) => Err(format!("the label {label:?}")),
        None => Ok(()),
    }
}

/// Paths and queries are ours alone.
fn asked(request: &simulator::Seen) -> Result<(), String> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if !is_plain(&request.path) {
        return Err(format!("a path that we do not ask: {}", request.path));
    }
    let marked = |text: &str, before: &str, after: &str| {
        text.strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .and_then(|mark| mark.strip_prefix("keyreeve-"))
            .is_some_and(is_plain)
    };
    if let Some(jql) = request.body["jql"].as_str()
        && !marked(jql, "labels = \"", "\" ORDER BY created ASC")
    {
        return Err(format!("a JQL that we do not ask: {jql}"));
    }
    for (name, value) in &request.query {
        let is_ours = match name.as_str() {
            "sysparm_query" => marked(value, "correlation_id=", "^ORDERBYsys_created_on"),
            _ => value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.,".contains(c)),
        };
        if !is_ours {
            return Err(format!("a query that we do not ask: {name}={value}"));
        }
    }
    Ok(())
}

/// An account of which every text is that, but for its id and when it joined.
fn strange(number: usize, text: &str) -> finding::Account {
    let tags = [
        "soar:environment",
        "soar:team",
        "soar:team:email",
        "soar:jira:project-key",
        "soar:client",
        "soar:project",
        text,
    ];
    let tags: serde_json::Map<String, Value> = tags.iter().map(|name| ((*name).to_owned(), text.into())).collect();
    let account = json!({"id": stranger(number), "name": text, "email": text, "joined": "2024-01-01T00:00:00Z", "ou": text, "tags": tags});
    serde_json::from_value(account).unwrap()
}

async fn turns(world: &World, engine: &Engine, count: usize, seconds: i64) {
    for _ in 0..count {
        engine.turn().await.unwrap();
        world.advance(SignedDuration::from_secs(seconds));
    }
}

fn page() -> Page {
    Page { after: None, limit: 1000 }
}

/// Each finding is taken in, or shown as one that cannot be.
async fn hand_in(engine: &Engine, findings: &[Value]) {
    for (number, finding) in findings.iter().enumerate() {
        let (id, body) = (Some(number.to_string()), text(finding).into_bytes());
        let taken = engine.take(&[Delivery { source: "api".into(), id, at: None, body }]).await.unwrap();
        let one = taken.findings + taken.known + taken.problems >= 1;
        assert!(one, "neither taken nor shown: {:.2000}", text(finding));
    }
}

async fn told(texts: &[&str], makers: &[Make]) {
    let (world, office) = (scenes::two_accounts(), Office::open().await);
    world.outside.state().accounts.extend(texts.iter().enumerate().map(|(number, text)| strange(number, text)));
    let engine = office.engine(&world);
    engine.turn().await.unwrap();
    let mut findings: Vec<Value> = Vec::new();
    for make in makers {
        findings.extend(each(|number| make(PROD, number), findings.len(), texts));
        // The accounts, whose every text is hostile.
        for number in 0..texts.len() {
            findings.push(make(&stranger(number), findings.len()));
        }
    }
    hand_in(&engine, &findings).await;
    for key in each(key, 5000, texts) {
        let findings = ports::Pack.judge(&key.to_string(), world.now());
        let findings = findings.iter().map(|finding| finding.replace(HALF, "\\ud800")).collect();
        engine.take_scan(&Scan { keys: vec![text(&key)], findings, whole: false, at: world.now() }).await.unwrap();
    }
    turns(&world, &engine, 10, 20).await;
    // Overdue: reminded.
    world.advance(SignedDuration::from_hours(9));
    turns(&world, &engine, 2, 60).await;
    let (issues, mails) = office.read().unwrap();
    assert!(issues > 40 && mails > 40, "only {issues} issues and {mails} mails of {} findings", findings.len());
    assert!(office.data_center.issues().iter().any(|issue| !issue.comments.is_empty()), "nobody was reminded");
    let rows = world.store.findings(FindingFilter::default(), page()).await.unwrap();
    assert!(rows.iter().all(|row| row.decision.is_some()));
    let report = respond::report::weekly(world.store.as_ref(), world.now()).await.unwrap();
    strict::html(&report.html()).unwrap();
    strict::markdown(&report.markdown()).unwrap();
    // What the log of the daemon says of a job is its note.
    for job in world.store.jobs(JobFilter::default(), page()).await.unwrap() {
        strict::line(job.note.as_deref().unwrap_or_default(), 2000).unwrap();
    }
    assert_eq!(world.store.verify_log().await.unwrap(), None);
}

#[tokio::test]
async fn nothing_that_a_stranger_wrote_is_active_in_what_is_told() {
    let makers: [Make; 4] = [control, own, ocsf, incident];
    // Every string gets one of the texts. All texts in all strings take minutes, and are for whoever asks for them.
    if std::env::var_os("KEYREEVE_TEST_HOSTILE").is_none() {
        return told(&HOSTILE, &makers).await;
    }
    for text in HOSTILE {
        told(&[text], &makers).await;
    }
}

#[tokio::test]
async fn texts_of_a_megabyte_fit_wherever_they_are() {
    let long: String = "<b>{x|[ &\u{202e}".chars().cycle().take(1 << 19).collect();
    let (world, office) = (scenes::two_accounts(), Office::open().await);
    world.outside.state().accounts.push(strange(0, &long));
    let engine = office.engine(&world);
    engine.turn().await.unwrap();
    // Where letters and queries take their words from; all strings that long would take minutes.
    let told = ["/Title", "/Description", "/Remediation/Recommendation/Text", "/Resources/0/Id", "/GeneratorId", "/Id"];
    let mut findings: Vec<Value> = (0..told.len()).map(|number| control(PROD, number)).collect();
    for (finding, place) in findings.iter_mut().zip(told) {
        *finding.pointer_mut(place).unwrap() = long.as_str().into();
    }
    findings.push(control(&stranger(0), 900));
    hand_in(&engine, &findings).await;
    turns(&world, &engine, 6, 30).await;
    let (issues, mails) = office.read().unwrap();
    assert!(issues > 4 && mails > 4, "{issues} {mails}");
    let report = respond::report::weekly(world.store.as_ref(), world.now()).await.unwrap();
    strict::html(&report.html()).unwrap();
    strict::markdown(&report.markdown()).unwrap();
}
