//! How many decisions a second one core makes: `cargo run --release -p triage --example decision_speed [RULES] [FINDINGS]`.

use std::time::{Duration, Instant};

use finding::Account;
use jiff::Timestamp;
use triage::rules::{Rules, read};
use triage::suppress::Vocabulary;
use triage::{Action, Case, Settings, Triage, incoming};

const ACCOUNTS: usize = 800;

/// Time of this thread on a core: what counts on a machine that others use too. Elsewhere than on Linux, the clock's.
struct Clock(Instant, Option<u64>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), on_core())
    }

    fn elapsed(&self) -> Duration {
        match (self.1, on_core()) {
            (Some(start), Some(end)) if end > start => Duration::from_nanos(end - start),
            _ => self.0.elapsed(),
        }
    }
}

fn on_core() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (rules, findings) = (number(200), number(100_000));
    let accounts = (0..ACCOUNTS).map(account).collect::<Result<Vec<Account>, _>>()?;
    let text: String = (0..findings).map(finding).collect();
    let start = Clock::start();
    let batch = incoming::read(text.as_bytes());
    let reading = start.elapsed();
    if !batch.problems.is_empty() {
        return Err(batch.problems[0].to_string().into());
    }
    let triage = Triage::new(Settings::default(), Rules::new(read(&rules_text(rules), &Vocabulary::default()).rules));
    let now: Timestamp = "2026-11-22T12:00:00Z".parse()?;
    let start = Clock::start();
    let mut counts = [0_usize; 8];
    for (index, finding) in batch.findings.iter().enumerate() {
        let account = accounts.get(index % ACCOUNTS);
        let case = Case { finding, account, key: Default::default(), ticket: None, now };
        let action = triage.decide(&case).action;
        if let Some(count) = Action::ALL.iter().position(|known| *known == action).and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let deciding = start.elapsed();
    let rate = |elapsed: Duration| (findings as f64 / elapsed.as_secs_f64()).round();
    println!("findings read a second:    {:>9}  ({} MB)", rate(reading), text.len() >> 20);
    println!(
        "decisions a second a core: {:>9}  ({} rules, {findings} findings)",
        rate(deciding),
        triage.rules().all().len()
    );
    for (action, count) in Action::ALL.iter().zip(counts) {
        println!("  {action:<13}{count}");
    }
    Ok(())
}

fn account(index: usize) -> Result<Account, serde_json::Error> {
    let environment = ["PROD", "DEV", "STAGING", ""][index % 4];
    serde_json::from_str(&format!(
        r#"{{"id":"{:012}","name":"acme-{index}","email":"a{index}@acme.example","joined":"2024-05-06T00:00:00Z","ou":"Root/Workloads/Team {}",
        "tags":{{"soar:environment":"{environment}","soar:team":"team-{}","soar:jira:project-key":"P{}"}}}}"#,
        100_000_000_000 + index,
        index % 20,
        index % 50,
        index % 50
    ))
}

fn finding(index: usize) -> String {
    let (account, control) = (100_000_000_000 + index % ACCOUNTS, index / ACCOUNTS % 5 + 1);
    format!(
        r#"{{"SchemaVersion":"2018-10-08","Id":"arn:aws:securityhub:eu-north-1:{account}:security-control/KMS.{control}/finding/{index}","ProductArn":"arn:aws:securityhub:eu-north-1::product/aws/securityhub","GeneratorId":"security-control/KMS.{control}","AwsAccountId":"{account}","CreatedAt":"2026-11-20T00:00:00Z","UpdatedAt":"2026-11-22T00:00:00Z","Types":["Software and Configuration Checks/Industry and Regulatory Standards"],"Severity":{{"Label":"MEDIUM","Normalized":40,"Original":"MEDIUM"}},"Title":"A control","Description":"What it is about, in a sentence or two, as such findings have it.","ProductFields":{{"aws/securityhub/ProductName":"Security Hub"}},"Resources":[{{"Type":"AwsKmsKey","Id":"arn:aws:kms:eu-north-1:{account}:key/1234abcd-12ab-34cd-56ef-{index:012}","Region":"eu-north-1","Partition":"aws"}}],"Compliance":{{"Status":"FAILED","SecurityControlId":"KMS.{control}","AssociatedStandards":[{{"StandardsId":"standards/aws-foundational-security-best-practices/v/1.0.0"}}]}},"Workflow":{{"Status":"NEW"}},"RecordState":"ACTIVE"}}
"#
    )
}

/// Rules that mostly do not hold, spread over the controls.
fn rules_text(rules: usize) -> String {
    let rule = |index: usize| {
        format!(
            r#"{{"id":"KMS.{}","suppress_when":"environment = DEV AND team = team-{}\naccount_id = {} AND region != us-east-1","owner":"o","reason":"r"}}"#,
            index % 5 + 1,
            index % 97,
            100_000_000_000 + index
        )
    };
    format!("[{}]", (0..rules).map(rule).collect::<Vec<_>>().join(","))
}
