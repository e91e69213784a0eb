//! Measures a burst: `cargo run --release -p respond --example burst -- DIRECTORY [FINDINGS]`.
//!
//! Findings of Security Hub in ASFF (one account and region, KMS.2, which a rule suppresses) are taken in, durably, by batches of 50
//! deliveries; decided; and drained to a Security Hub that takes 10 calls a second, 30 at once, 100 findings a call, as AWS does.
//! The directory must be empty, and on the disk that is to be measured.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use respond::Failure;
use respond::engine::{Engine, Ports, Worker};
use respond::intake::Delivery;
use respond::options::{Mode, Options};
use respond::ports::{Clock, Hub, HubPage, HubUpdate, Reply};
use serde_json::json;
use store::rows::AccountRow;
use store::sqlite::Sqlite;
use store::{Change, Commit, Store};
use triage::rules::{self, Rules};
use triage::{Settings, Triage};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const ACCOUNT: &str = "111122223333";
const CALLS_A_SECOND: f64 = 10.0;
const CALLS_AT_ONCE: f64 = 30.0;

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A Security Hub with AWS's limits.
struct Limited {
    /// Calls that may be made now, and when that was so.
    tokens: Mutex<(f64, Instant)>,
    seen: Mutex<Seen>,
}

#[derive(Default, Clone, Copy)]
struct Seen {
    calls: u64,
    throttled: u64,
    updates: u64,
}

impl Limited {
    fn new() -> Self {
        Self { tokens: Mutex::new((CALLS_AT_ONCE, Instant::now())), seen: Mutex::default() }
    }

    fn seen(&self) -> Seen {
        self.seen.lock().map(|seen| *seen).unwrap_or_default()
    }

    fn admits(&self) -> bool {
        let Ok(mut bucket) = self.tokens.lock() else { return false };
        let now = Instant::now();
        let grown = bucket.0 + now.duration_since(bucket.1).as_secs_f64() * CALLS_A_SECOND;
        *bucket = (grown.min(CALLS_AT_ONCE), now);
        let admitted = bucket.0 >= 1.0;
        if admitted {
            bucket.0 -= 1.0;
        }
        admitted
    }
}

impl Hub for Limited {
    fn read<'a>(&'a self, _: Option<Timestamp>, _: Option<&'a str>) -> Reply<'a, HubPage> {
        Box::pin(async { Ok(HubPage::default()) })
    }

    fn update<'a>(&'a self, updates: &'a [HubUpdate]) -> Reply<'a, Vec<(usize, Failure)>> {
        Box::pin(async move {
            // As far as Security Hub is away.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let admitted = self.admits();
            if let Ok(mut seen) = self.seen.lock() {
                seen.calls += 1;
                seen.throttled += u64::from(!admitted);
                seen.updates += if admitted { updates.len() as u64 } else { 0 };
            }
            if admitted { Ok(Vec::new()) } else { Err(Failure::later("TooManyRequestsException", None)) }
        })
    }
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: burst DIRECTORY [FINDINGS]")?;
    let findings: usize = arguments.next().map_or(Ok(100_000), |count| count.parse())?;
    let path = Path::new(&directory).join("burst.db");
    if path.exists() {
        return Err(format!("{} is there already: name an empty directory", path.display()).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(&path, findings))
}

async fn run(path: &Path, findings: usize) -> Outcome<()> {
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(path, store::sqlite::Options::default())?);
    let account = json!({"id": ACCOUNT, "name": "acme", "joined": "2024-01-01T00:00:00Z", "ou": "Root/Prod", "tags": {"soar:environment": "PROD"}});
    let row = AccountRow { id: ACCOUNT.to_owned(), account, read: Timestamp::now() };
    store.commit(Commit { at: Timestamp::now(), changes: vec![Change::Account(Box::new(row))] }).await?;
    let hub = Arc::new(Limited::new());
    let mut ports = Ports::alone(Arc::new(Wall));
    ports.hub = Some(hub.clone());
    let options = Options { mode: Mode::Act, ..Options::default() };
    let engine = Engine::new(store, ports, Arc::new(triage()?), options, "burst");

    let began = Instant::now();
    for first in (0..findings).step_by(50) {
        let deliveries: Vec<Delivery> = (first..findings.min(first + 50)).map(delivery).collect();
        engine.take(&deliveries).await?;
    }
    told("taken in, durably", findings, began);

    let began = Instant::now();
    engine.run(Worker::Decider).await?;
    while !engine.run(Worker::Decider).await?.is_idle() {}
    told("decided and committed", findings, began);

    let began = Instant::now();
    while hub.seen().updates < findings as u64 {
        if engine.run(Worker::HubWriter).await?.is_idle() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    told("drained to Security Hub", findings, began);
    let seen = hub.seen();
    let ceiling = (findings as f64 / 100.0 - CALLS_AT_ONCE).max(1.0) / CALLS_A_SECOND;
    println!(
        "{} calls, {} throttled; AWS's limits alone would take {ceiling:.1} s: {:.0} % of the ceiling",
        seen.calls,
        seen.throttled,
        100.0 * ceiling / began.elapsed().as_secs_f64()
    );
    Ok(())
}

fn triage() -> Outcome<Triage> {
    let text =
        json!([{"id": "KMS.2", "suppress_when": "always", "owner": "o", "reason": "r", "expires": "2099-01-31"}]);
    let read = rules::read(&text.to_string(), &Default::default());
    if let Some(fault) = read.faults.first() {
        return Err(format!("{fault:?}").into());
    }
    Ok(Triage::new(Settings::default(), Rules::new(read.rules)))
}

fn delivery(number: usize) -> Delivery {
    let id = format!("arn:aws:securityhub:eu-north-1:{ACCOUNT}:security-control/KMS.2/finding/{number:08}");
    let body = json!({
        "SchemaVersion": "2018-10-08", "Id": id, "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "GeneratorId": "security-control/KMS.2", "AwsAccountId": ACCOUNT, "Region": "eu-north-1",
        "CreatedAt": "2026-11-01T00:00:00Z", "FirstObservedAt": "2026-11-01T00:00:00Z", "UpdatedAt": "2026-11-20T00:00:00Z",
        "Severity": {"Label": "MEDIUM", "Normalized": 40}, "Title": "IAM principals should not have inline policies that decrypt with all keys",
        "Description": "This control checks the inline policies of a principal.", "Types": ["Software and Configuration Checks"],
        "Compliance": {"Status": "FAILED", "SecurityControlId": "KMS.2"}, "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
        "Resources": [{"Type": "AwsIamRole", "Id": format!("arn:aws:iam::{ACCOUNT}:role/r{number}"), "Region": "eu-north-1"}],
    });
    Delivery { source: "sqs".to_owned(), id: Some(format!("{number}")), at: None, body: body.to_string().into_bytes() }
}

fn told(what: &str, count: usize, began: Instant) {
    let took = began.elapsed().as_secs_f64();
    println!("{what:<24} {count} in {took:>7.1} s: {:>8.0} a second", count as f64 / took);
}
