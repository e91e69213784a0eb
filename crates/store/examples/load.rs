//! Measures the store in a file: `cargo run --release -p store --example load -- DIRECTORY [FINDINGS]`.
//!
//! Each finding is one commit, as intake makes it: an event, a delivery, the finding with its text (ASFF of about 2.5 kB), waiting for its
//! decision. Reported when it is on the disk. The directory must be empty, and on the disk that is to be measured.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use store::rows::{FindingRow, JobRow, JobState};
use store::sqlite::{Options, Sqlite};
use store::{Change, Commit, Expect, FindingFilter, Lease, NewEvent, Page, Store, StoreError};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: load DIRECTORY [FINDINGS]")?;
    let findings: u64 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let path = Path::new(&directory).join("load.db");
    if path.exists() {
        return Err(format!("{} is there already: name an empty directory", path.display()).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    runtime.block_on(run(&path, findings))
}

async fn run(path: &Path, findings: u64) -> Outcome<()> {
    let store = Arc::new(Sqlite::open(path, Options::default())?);
    println!("a new store                          opened in {:>8.1} ms", ms(store.opened_in()));
    let first = findings / 10;
    alone(&store, first.min(200)).await?;
    fill(&store, first.min(200), first, 1, "one finding a commit, 512 at once").await?;
    fill(&store, first, findings, 50, "50 findings a commit, 16 at once").await?;
    decide(&store, findings.min(20_000)).await?;
    drop(store);
    let store = Sqlite::open(path, Options::default())?;
    println!("with {findings} findings               opened in {:>8.1} ms", ms(store.opened_in()));
    ask(&store).await?;
    println!(
        "file {} MiB, resident {} MiB, at most {} MiB",
        fs::metadata(path)?.len() >> 20,
        memory("VmRSS:"),
        memory("VmHWM:")
    );
    Ok(())
}

/// One after the other: how long a single commit takes.
async fn alone(store: &Sqlite, count: u64) -> Outcome<()> {
    let mut took = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        store.commit(received([number])).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let at = |part: usize| ms(took.get(took.len() * part / 100).copied().unwrap_or_default());
    println!("one commit alone                     median {:>11.2} ms, 99th percentile {:.2} ms", at(50), at(99));
    Ok(())
}

async fn fill(store: &Arc<Sqlite>, from: u64, to: u64, each: u64, what: &str) -> Outcome<()> {
    let next = Arc::new(AtomicU64::new(from));
    let began = Instant::now();
    let tasks: Vec<_> = (0..if each == 1 { 512 } else { 16 })
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(each, Ordering::Relaxed);
                    if number >= to {
                        return Ok::<_, StoreError>(());
                    }
                    store.commit(received(number..(number + each).min(to))).await?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{what:<36} {:>12.0} durable findings a second ({} in {seconds:.1} s)",
        (to - from) as f64 / seconds,
        to - from
    );
    Ok(())
}

/// Reads what is due and commits decisions with a job each, as the decider does; then leases and finishes the jobs.
async fn decide(store: &Sqlite, count: u64) -> Outcome<()> {
    let began = Instant::now();
    let mut decided = 0;
    while decided < count {
        let due = store.findings_due(now(), 500).await?;
        if due.is_empty() {
            break;
        }
        decided += due.len() as u64;
        let changes = due.into_iter().flat_map(decision).collect();
        store.commit(Commit { at: now(), changes }).await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("decisions read and committed         {:>12.0} a second", decided as f64 / seconds);
    let began = Instant::now();
    let mut finished = 0;
    loop {
        let (now, until) = (now(), now() + Duration::from_secs(60));
        let jobs = store.lease(Lease { queue: "ticket".into(), holder: "load".into(), now, until, limit: 100 }).await?;
        if jobs.is_empty() {
            break;
        }
        finished += jobs.len();
        let done = |job: JobRow| Change::Finish(Box::new(JobRow { state: JobState::Done, ..job }));
        store.commit(Commit { at: now, changes: jobs.into_iter().map(done).collect() }).await?;
    }
    println!("jobs leased and finished             {:>12.0} a second", finished as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

/// How long questions take; of each the second time.
async fn ask(store: &Sqlite) -> Outcome<()> {
    let some = |text: &str| Some(text.to_owned());
    let filters = [
        ("any", FindingFilter::default()),
        ("of an account", FindingFilter { account_id: some("000000000007"), ..FindingFilter::default() }),
        ("of a key", FindingFilter { resource: some(&resource(4_321)), ..FindingFilter::default() }),
        (
            "of a control, and open",
            FindingFilter { control: some("KMS.3"), settled: Some(false), ..FindingFilter::default() },
        ),
        ("of a team that has none", FindingFilter { team: some("nobody"), ..FindingFilter::default() }),
        ("with a text that is nowhere", FindingFilter { text: some("nowhere"), ..FindingFilter::default() }),
    ];
    for (what, filter) in filters {
        store.findings(filter.clone(), Page::default()).await?;
        let began = Instant::now();
        let found = store.findings(filter, Page::default()).await?.len();
        println!("100 findings {what:<28} {:>8.2} ms ({found} found)", ms(began.elapsed()));
    }
    let began = Instant::now();
    let due = store.findings_due(now(), 100).await?.len();
    println!("100 findings due                          {:>8.2} ms ({due} found)", ms(began.elapsed()));
    let began = Instant::now();
    let broken = store.verify_log().await?;
    println!("the whole log verified in                 {:>8.1} ms ({broken:?} broken)", ms(began.elapsed()));
    Ok(())
}

fn received(numbers: impl IntoIterator<Item = u64>) -> Commit {
    let changes = numbers.into_iter().flat_map(|number| {
        let row = finding(number);
        let event = NewEvent {
            kind: "finding.received".into(),
            subject: row.key.clone(),
            actor: "keyreeve".into(),
            body: json!({"form": row.form, "control": row.control, "resource": row.resource, "severity": row.severity}),
        };
        let delivery = Change::Delivery {
            id: format!("sqs:{:032x}", scattered(number, 3)),
            until: now() + Duration::from_secs(86_400),
        };
        [Change::Event(event), delivery, Change::Finding(Box::new(row), Expect::Absent)]
    });
    Commit { at: now(), changes: changes.collect() }
}

fn decision(row: FindingRow) -> [Change; 3] {
    let decision =
        json!({"action": "TEAMFIX", "reason": "the control has failed", "rule": "failed-control", "penalty": 22.5});
    let event = NewEvent {
        kind: "decision".into(),
        subject: row.key.clone(),
        actor: "keyreeve".into(),
        body: decision.clone(),
    };
    let job = JobRow {
        id: format!("ticket.open/{}", row.key),
        queue: "ticket".into(),
        destination: "jira:SEC".into(),
        task: json!({"open": row.key}),
        state: JobState::Pending,
        due: now(),
        created: now(),
        attempts: 0,
        fence: 0,
        holder: None,
        leased_until: None,
        note: None,
    };
    let expect = Expect::Version(row.version);
    let decided = FindingRow { decide_at: None, action: Some("TEAMFIX".into()), decision: Some(decision), ..row };
    [Change::Event(event), Change::Finding(Box::new(decided), expect), Change::Job(Box::new(job))]
}

/// Keys are digests: they come in no order.
fn scattered(number: u64, salt: u64) -> u128 {
    let mut mixed = number.wrapping_add(salt << 40).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut half = || {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed
    };
    (u128::from(half()) << 64) | u128::from(half())
}

fn resource(number: u64) -> String {
    let key = number / 4;
    format!("arn:aws:kms:eu-north-1:{:012}:key/{:032x}", key % 800, scattered(key, 2))
}

fn finding(number: u64) -> FindingRow {
    let control = ["KMS.3", "KMS.4", "KMS.5", "IAM.21"][(number % 4) as usize];
    let id = format!(
        "arn:aws:securityhub:eu-north-1:{:012}:security-control/{control}/finding/{:032x}",
        number / 4 % 800,
        scattered(number, 1)
    );
    let resource = resource(number);
    let title = "AWS KMS key rotation should be enabled";
    FindingRow {
        key: format!("{:032x}", scattered(number, 0)),
        version: 0,
        incarnation: 1,
        text: asff(&id, control, &resource, title).to_string(),
        finding_id: id,
        form: "asff-consolidated".into(),
        control: control.into(),
        resource,
        account_id: format!("{:012}", number / 4 % 800),
        region: Some("eu-north-1".into()),
        title: title.into(),
        severity: ["MEDIUM", "CRITICAL", "HIGH"][(number % 3) as usize].into(),
        settled: number.is_multiple_of(5),
        updated: Some(now()),
        first_seen: now(),
        last_seen: now(),
        decide_at: Some(now()),
        action: None,
        decision: None,
        tickets: Vec::new(),
        team: None,
        settled_at: None,
    }
}

fn asff(id: &str, control: &str, resource: &str, title: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": "eu-north-1",
        "GeneratorId": format!("security-control/{control}"),
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "FirstObservedAt": "2026-05-06T07:08:09.123Z",
        "LastObservedAt": "2026-11-06T07:08:09.123Z",
        "CreatedAt": "2026-05-06T07:08:09.123Z",
        "UpdatedAt": "2026-11-06T07:08:09.123Z",
        "Severity": {"Label": "MEDIUM", "Normalized": 40, "Original": "MEDIUM"},
        "Title": title,
        "Description": "AWS KMS enables customers to rotate the backing key, which is key material stored in AWS KMS and tied to the key ID of the KMS key. It is the backing key that is used to perform cryptographic operations.",
        "Remediation": {"Recommendation": {"Text": "For information on how to correct this issue, consult the AWS Security Hub controls documentation.", "Url": format!("https://docs.aws.amazon.com/console/securityhub/{control}/remediation")}},
        "ProductFields": {"RelatedAWSResources:0/name": "securityhub-cmk-backing-key-rotation-enabled-1a2b3c4d", "RelatedAWSResources:0/type": "AWS::Config::ConfigRule", "aws/securityhub/ProductName": "Security Hub", "aws/securityhub/CompanyName": "AWS", "Resources:0/Id": resource, "aws/securityhub/FindingId": id},
        "Resources": [{"Type": "AwsKmsKey", "Id": resource, "Partition": "aws", "Region": "eu-north-1", "Tags": {"team": "platform", "environment": "production", "cost-centre": "4711"}}],
        "Compliance": {"Status": "FAILED", "SecurityControlId": control, "AssociatedStandards": [{"StandardsId": "standards/cis-aws-foundations-benchmark/v/3.0.0"}, {"StandardsId": "standards/nist-800-53/v/5.0.0"}]},
        "WorkflowState": "NEW",
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "FindingProviderFields": {"Severity": {"Label": "MEDIUM", "Original": "MEDIUM"}, "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"]}
    })
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A line of `/proc/self/status`, in MiB; 0 where there is none.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) >> 10
}
