//! Secrets appear nowhere: every secret of a daemon is a word that is searched for, as it is and in its encodings, in all that the daemon
//! writes, shows and sends, while everything goes wrong that makes programs talkative.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    Breakdown, DeskFault, DeskOptions, Events, HubOptions, JiraSetup, Options, RunningDesk, ServiceNowSetup, SmtpFault,
    SmtpSetup,
};

use super::cloud::{Cloud, clock, world};
use super::daemon::{Daemon, QUEUE, awaited, exchange, free_port, jira, mail, servicenow};

const JIRA: &str = "canary-jira-4f1d?/+&x";
const SERVICENOW: &str = "canary-servicenow-9b2e %x";
const SMTP: &str = "canary-smtp-7a3c\"\\x";
const WEBHOOK: &str = "canary-webhook-5d8b==x";
const HOOK: &str = "canary-hook-1e6f:x";
const INLINE: &str = "canary-inline-8c0a";
const TOKEN: &str = "keyreeve_canary-administrator-2d9e";
const WRONG: &str = "keyreeve_canary-wrong-token-3b7f";
/// Its SHA-256 and that of nothing else stands in the configuration.
const DIGEST: &str = "DIGEST-OF-TOKEN";

/// Everything that must be nowhere.
fn canaries() -> Vec<&'static str> {
    vec![JIRA, SERVICENOW, SMTP, WEBHOOK, HOOK, INLINE, TOKEN, WRONG, simulator::ANY_SECRET]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for part in bytes.chunks(3) {
        let word = part.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for place in 0..=part.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

/// A secret as it may be written: as it is, in JSON, percent-encoded, in hexadecimal digits, and within any base64.
fn shapes(secret: &str) -> Vec<String> {
    let percent = |keep: &str| -> String {
        let kept = |byte: u8| byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte);
        secret
            .bytes()
            .map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let quoted = json!(secret).to_string();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut shapes = vec![
        secret.to_owned(),
        quoted.trim_matches('"').to_owned(),
        percent("-_.~"),
        percent("-"),
        percent("-_.~/?"),
        hex.to_uppercase(),
        hex,
    ];
    for before in 0..3 {
        // Whatever stands before and after it, these characters are its own.
        let text = base64(format!("{}{secret}", "x".repeat(before)).as_bytes());
        let first = (before * 8).div_ceil(6);
        let own = &text[first..(before + secret.len()) * 8 / 6];
        shapes.push(own.to_owned());
        shapes.push(own.replace('+', "-").replace('/', "_"));
    }
    shapes
}

/// Secrets and their shapes, by the first two bytes: there are megabytes to be searched.
type Shapes = BTreeMap<[u8; 2], Vec<(&'static str, String)>>;

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut all = Shapes::new();
    for secret in canaries() {
        for shape in shapes(secret) {
            let first = [shape.as_bytes()[0], shape.as_bytes()[1]];
            all.entry(first).or_default().push((secret, shape));
        }
    }
    all
});

/// The first secret in there: which, as what, and where.
fn found(bytes: &[u8]) -> Option<(&'static str, &'static str, usize)> {
    let mut begins = vec![false; 1 << 16];
    SHAPES.keys().for_each(|first| begins[usize::from(u16::from_be_bytes(*first))] = true);
    for at in 0..bytes.len().saturating_sub(1) {
        let first = [bytes[at], bytes[at + 1]];
        if !begins[usize::from(u16::from_be_bytes(first))] {
            continue;
        }
        if let Some((secret, shape)) =
            SHAPES[&first].iter().find(|(_, shape)| bytes[at..].starts_with(shape.as_bytes()))
        {
            return Some((secret, shape, at));
        }
    }
    None
}

fn find(place: &str, bytes: &[u8]) {
    if let Some((secret, shape, at)) = found(bytes) {
        let around = String::from_utf8_lossy(&bytes[at.saturating_sub(300)..(at + 200).min(bytes.len())]).into_owned();
        panic!("{secret} is in {place}, as {shape}: {around}");
    }
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    for secret in canaries() {
        let quoted = json!({ "error": secret }).to_string();
        for text in [format!("a{secret}b"), quoted, base64(format!("ab:{secret}.").as_bytes()), plain_login()] {
            assert!(found(text.as_bytes()).is_some(), "{secret} in {text}");
        }
    }
    assert_eq!(found(b"canary-jira, canary-hook, Y2FuYXJ5"), None);
}

struct Stage {
    daemon: Daemon,
    cloud: Cloud,
    desk: RunningDesk,
    port: u16,
}

fn digest(home: &Path) -> String {
    let script = format!("printf %s '{TOKEN}' | sha256sum");
    let done = Command::new("sh").args(["-c", &script]).current_dir(home).output().unwrap();
    String::from_utf8(done.stdout).unwrap()[..64].to_owned()
}

fn config(desk: &RunningDesk, port: u16, home: &Path) -> String {
    let password = format!("file:{}", home.join("servicenow-password").display());
    let (jira, servicenow, webhook, mail) = (jira(desk), servicenow(desk, &password), desk.webhook_url(), mail(desk));
    format!(
        r#"
[aws]
org = true
regions = ["eu-north-1"]
[triage]
default_project = "SEC"
default_email = "team@acme.example"
[serve]
mode = "act"
listen = "127.0.0.1:{port}"
log_level = "debug"
destinations = ["jira", "servicenow", "webhook"]
incident_destinations = ["jira", "servicenow", "webhook"]
[[serve.tokens]]
name = "admin"
role = "administrator"
sha256 = "{DIGEST}"
[[serve.hooks]]
name = "hub"
secret = "ssm:/keyreeve/hook"
[serve.caps]
tickets_an_hour = 1000
[serve.intake]
queues = ["{QUEUE}"]
hub = true
[serve.remediation]
as_caller = true
{jira}{servicenow}[serve.tickets.webhook]
kind = "webhook"
address = "{webhook}"
secret = "secretsmanager:keyreeve/webhook#signing"
allow_private = true
{mail}user = "mailer"
secret = "env:SMTP_PASSWORD"
"#
    )
    .replace(DIGEST, &digest(home))
}

impl Stage {
    fn set() -> Self {
        let options = Options {
            hub: Some(HubOptions::default()),
            events: Some(Events::to(QUEUE)),
            clock: clock(),
            ..Options::default()
        };
        let cloud = Cloud::start(
            world(|line| ["111111111111", "222222222222"].contains(&super::cloud::account(line))),
            options,
        );
        cloud.aws.set_secret("keyreeve/webhook", &json!({"signing": WEBHOOK}).to_string());
        cloud.aws.set_parameter("/keyreeve/hook", HOOK);
        let desk = DeskOptions {
            jira: JiraSetup { token: JIRA.to_owned(), ..JiraSetup::default() },
            servicenow: ServiceNowSetup { password: SERVICENOW.to_owned(), ..ServiceNowSetup::default() },
            smtp: SmtpSetup { login: Some(("mailer".to_owned(), SMTP.to_owned())), ..SmtpSetup::default() },
            webhook_secret: WEBHOOK.to_owned(),
            ..DeskOptions::default()
        };
        let desk = cloud.wait_for(RunningDesk::start(desk)).unwrap();
        let home = cloud.home.path();
        std::fs::write(home.join("servicenow-password"), SERVICENOW).unwrap();
        let port = free_port();
        cloud.write("keyreeve.toml", &config(&desk, port, home));
        let (out, log) = (File::create(home.join("out")).unwrap(), File::create(home.join("log")).unwrap());
        desk.set_faults(talkative());
        desk.set_smtp_faults(vec![
            SmtpFault {
                at: simulator::Stage::From,
                wait: Duration::ZERO,
                reply: Some(format!("451 4.7.1 {SMTP} is busy, {}", plain_login())),
                times: 2,
            },
            SmtpFault {
                at: simulator::Stage::End,
                wait: Duration::ZERO,
                reply: Some(format!("554 5.7.1 no {SMTP} here")),
                times: 1,
            },
        ]);
        let environment =
            [("JIRA_TOKEN", JIRA), ("SMTP_PASSWORD", SMTP), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
        let daemon = Daemon::start(&cloud, &environment, out, log);
        Self { daemon, cloud, desk, port }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.cloud.home.path().join(name)).unwrap_or_default()
    }

    fn wait<T>(&self, what: &str, until: impl FnMut() -> Option<T>) -> T {
        awaited(until).unwrap_or_else(|| panic!("{what} did not come: {}", String::from_utf8_lossy(&self.read("log"))))
    }

    /// What is answered to this, head and all.
    fn send(&self, request: &str) -> String {
        exchange(&format!("127.0.0.1:{}", self.port), request)
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> String {
        let answer = self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        find(&format!("the answer to {method} {path}"), answer.as_bytes());
        answer
    }

    fn get(&self, path: &str) -> Option<Value> {
        let answer = self.ask("GET", path, TOKEN, "");
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    fn jobs(&self, state: &str) -> usize {
        let counts = self.get("/api/v1/job-counts").unwrap_or_default();
        let counts = counts.as_array().cloned().unwrap_or_default();
        counts.iter().filter(|count| count["state"] == state).filter_map(|count| count["count"].as_u64()).sum::<u64>()
            as usize
    }
}

/// As SMTP's PLAIN sends it.
fn plain_login() -> String {
    base64(format!("\0mailer\0{SMTP}").as_bytes())
}

/// Systems that repeat in their refusals what they were sent.
fn talkative() -> Vec<DeskFault> {
    let basic = base64(format!("keyreeve@example.com:{JIRA}").as_bytes());
    let refuse = |status: u16, secret: &str, encoded: &str| {
        Breakdown::Refuse {
        status,
        headers: vec![("x-echo", secret.replace(['"', '\\'], ""))],
        body: json!({"errorMessages": [format!("not with {secret}, Basic {encoded}")], "error": {"message": secret, "detail": encoded}}).to_string(),
    }
    };
    let servicenow = base64(format!("keyreeve:{SERVICENOW}").as_bytes());
    vec![
        DeskFault::once("POST", "/issue", refuse(401, JIRA, &basic)),
        DeskFault::once("POST", "/issue", refuse(400, JIRA, &basic)),
        DeskFault::once("POST", "/issue", refuse(500, JIRA, &basic)),
        DeskFault::once("POST", "/issue", Breakdown::Malformed),
        DeskFault::once("POST", "/issue", Breakdown::Html),
        DeskFault::once("POST", "/issue", Breakdown::ResetAfter),
        DeskFault::once("POST", "/incident", refuse(401, SERVICENOW, &servicenow)),
        DeskFault::once("POST", "/incident", refuse(403, SERVICENOW, &servicenow)),
        DeskFault::once("POST", "/incident", refuse(503, SERVICENOW, &servicenow)),
        DeskFault::once("POST", "/incident", Breakdown::Truncated),
        DeskFault::once("POST", "/webhook", refuse(401, WEBHOOK, &base64(WEBHOOK.as_bytes()))),
        DeskFault::once("POST", "/webhook", refuse(422, WEBHOOK, &base64(WEBHOOK.as_bytes()))),
    ]
}

/// Everything that can be looked at.
fn looks(stage: &Stage) -> Vec<String> {
    let document = stage.get("/api/v1/openapi.json").unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let looks =
        paths.filter(|(path, item)| item["get"].is_object() && !path.contains('{')).map(|(path, _)| path.clone());
    let mut looks: Vec<String> = looks.collect();
    for (list, id) in
        [("findings", "key"), ("tickets", "key"), ("remediations", "key"), ("jobs", "id"), ("accounts", "id")]
    {
        let items = stage.get(&format!("/api/v1/{list}")).unwrap_or_default();
        let items = items["items"].as_array().or(items.as_array()).cloned().unwrap_or_default();
        looks.extend(
            items
                .iter()
                .take(30)
                .map(|item| format!("/api/v1/{list}/{}", item[id].as_str().unwrap().replace('/', "%2F"))),
        );
    }
    looks
}

#[test]
fn no_secret_is_in_anything_that_is_written_shown_or_sent() {
    let mut stage = Stage::set();
    stage.wait("the end of the first reading", || {
        String::from_utf8_lossy(&stage.read("log")).contains("everything was read").then_some(())
    });
    stage.wait("tickets", || (stage.desk.issues().len() > 3 && stage.desk.incidents().len() > 3).then_some(()));
    stage.wait("refused jobs", || (stage.jobs("dead") > 0).then_some(()));
    stage.wait("a mail", || (!stage.desk.mails().is_empty()).then_some(()));

    // Callers who show secrets where none belong, known and unknown ones.
    for token in [TOKEN, WRONG] {
        stage.ask("GET", "/api/v1/me", token, "");
        stage.send(&format!(
            "GET /api/v1/keys?q={token}&token={token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ));
        stage.send(&format!("GET /api/v1/findings/{token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic {}\r\n\r\n", base64(token.as_bytes())));
        stage.send(&format!(
            "GET /{token} HTTP/1.1\r\nHost: {token}.example\r\nConnection: close\r\nX-Token: {token}\r\n\r\n"
        ));
    }
    stage.send(&format!("POST /hooks/findings HTTP/1.1\r\nHost: localhost\r\nX-Keyreeve-Timestamp: 1\r\nX-Keyreeve-Signature: {HOOK}\r\nContent-Length: 2\r\n\r\n[]"));

    // Everybody's secrets change, and the daemon does not hear of it: 401 again and again.
    stage.desk.jira(|jira| jira.setup().token = "another".to_owned());
    stage.desk.servicenow(|servicenow| servicenow.setup().password = "another".to_owned());
    stage.desk.rotate_mail_password("another");
    stage.cloud.aws.set_secret("keyreeve/webhook", "{\"other\": \"no such field\"}");
    // An incident is told at once, whatever the key is like.
    let finding = json!({
        "SchemaVersion": "2018-10-08", "Id": "late", "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/guardduty",
        "GeneratorId": "arn:aws:guardduty:eu-north-1:222222222222:detector/d", "AwsAccountId": "222222222222", "Region": "eu-north-1",
        "Types": ["TTPs/Impact/Impact:IAMUser-AnomalousBehavior"], "UpdatedAt": "2026-11-22T00:00:00Z", "CreatedAt": "2026-11-22T00:00:00Z",
        "Severity": {"Label": "CRITICAL"}, "Title": "late", "ProductFields": {"IncidentDomain": "APP"}, "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE", "Resources": [{"Type": "AwsKmsKey", "Id": "arn:aws:kms:eu-north-1:222222222222:key/late"}],
    });
    assert!(stage.ask("POST", "/api/v1/findings", TOKEN, &finding.to_string()).starts_with("HTTP/1.1 202"));
    let mut refused = BTreeSet::new();
    stage.wait("refused logins", || {
        let jobs = stage.get("/api/v1/jobs?limit=1000")?;
        let text = |job: &Value, name: &str| job[name].as_str().unwrap_or_default().to_owned();
        let jobs = jobs["items"].as_array()?.iter().filter(|job| text(job, "note").contains("401"));
        refused.extend(jobs.map(|job| text(job, "destination").split(':').next().unwrap_or_default().to_owned()));
        ["jira", "servicenow"].iter().all(|name| refused.contains(*name)).then_some(())
    });

    // A configuration with a secret in the place of a reference, and others that are wrong near one.
    let right = String::from_utf8(stage.read("keyreeve.toml")).unwrap();
    for wrong in [
        right.replace("secret = \"env:JIRA_TOKEN\"", &format!("secret = \"{INLINE}\"")),
        right.replace("secret = \"env:JIRA_TOKEN\"", &format!("secret = \"{INLINE}")),
        right.replace("secret = \"env:JIRA_TOKEN\"", &format!("secret = [\"{INLINE}\"]")),
        right.replace("secret = \"env:JIRA_TOKEN\"", &format!("token = \"{INLINE}\"")),
        right.replace("secret = \"env:JIRA_TOKEN\"", &format!("secret = \"{INLINE}\" x")),
        right.replace("name = \"admin\"", &format!("name = \"admin\"\ntoken = \"{TOKEN}\"")),
        right.replace("sha256 = \"", &format!("sha256 = \"{TOKEN}")),
        right.replace("http://", &format!("http://user:{INLINE}@")),
        right.replace("secret = \"ssm:/keyreeve/hook\"", &format!("secret = \"{INLINE}\"")),
    ] {
        assert_ne!(wrong, right);
        stage.cloud.write("keyreeve.toml", &wrong);
        for arguments in [
            &["config", "check", "--config", "keyreeve.toml"][..],
            &["config", "show", "--config", "keyreeve.toml"],
            &["serve", "--preview", "--config", "keyreeve.toml"],
        ] {
            let mut command = stage.cloud.command(arguments);
            command.env("JIRA_TOKEN", JIRA).env("SMTP_PASSWORD", SMTP);
            let done = super::cloud::finish(command);
            find(&format!("the errors of {arguments:?}"), done.err.as_bytes());
            find(&format!("the output of {arguments:?}"), done.out.as_bytes());
        }
        let before = String::from_utf8_lossy(&stage.read("log")).matches("stays in force").count();
        stage.daemon.signal("-HUP");
        stage.wait("the refusal", || {
            (String::from_utf8_lossy(&stage.read("log")).matches("stays in force").count() > before).then_some(())
        });
    }
    stage.cloud.write("keyreeve.toml", &right);

    for path in looks(&stage) {
        stage.ask("GET", &path, TOKEN, "");
    }
    assert!(stage.daemon.stop());
    for arguments in [
        &["store", "backup", "copy.db"][..],
        &["store", "export"],
        &["report", "weekly", "-f", "json"],
        &["config", "show"],
        &["store", "verify"],
    ] {
        let mut command = stage.cloud.command(arguments);
        command.args(["--config", "keyreeve.toml"]);
        let done = super::cloud::finish(command);
        assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.err);
        find(&format!("the errors of {arguments:?}"), done.err.as_bytes());
        find(&format!("the output of {arguments:?}"), done.out.as_bytes());
    }
    // Everything that lies there but for what holds secrets by right.
    let mut searched = 0;
    for entry in std::fs::read_dir(stage.cloud.home.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && name != "servicenow-password" {
            searched += 1;
            find(&name, &std::fs::read(&path).unwrap());
        }
    }
    assert!(searched >= 5, "store, copy, log, output, configuration");
    // What others got is for them, but for what lets them in nothing of it is secret.
    find("issues", format!("{:?}", stage.desk.issues()).as_bytes());
    find("records", format!("{:?}", stage.desk.incidents()).as_bytes());
    find("mails", format!("{:?}", stage.desk.mails()).as_bytes());
    find("deliveries", format!("{:?}", stage.desk.deliveries()).as_bytes());
    find("requests", format!("{:?}", stage.desk.requests()).as_bytes());
}
