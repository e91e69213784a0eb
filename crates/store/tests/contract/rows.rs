//! Rows for tests, with all that a test does not speak of filled in.

use jiff::Timestamp;
use serde_json::json;
use store::rows::{
    AccountRow, AttemptRow, FindingRow, JobRow, JobState, KeyRow, RemediationRow, RemediationState, TicketRow,
    TicketState, WorkerRow,
};
use store::{Change, NewEvent};

/// So many seconds after some day in 2026.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub fn event(kind: &str, subject: &str) -> Change {
    Change::Event(NewEvent {
        kind: kind.into(),
        subject: subject.into(),
        actor: "keyreeve".into(),
        body: json!({"of": subject, "half": 0.5, "list": [null, true, -1]}),
    })
}

pub fn delivery(id: &str, until: i64) -> Change {
    Change::Delivery { id: id.into(), until: at(until) }
}

pub fn finding(key: &str) -> FindingRow {
    FindingRow {
        key: key.into(),
        version: 0,
        incarnation: 1,
        finding_id: format!("arn:aws:securityhub:eu-north-1:111111111111:finding/{key}"),
        form: "asff-consolidated".into(),
        control: "KMS.4".into(),
        resource: format!("arn:aws:kms:eu-north-1:111111111111:key/{key}"),
        account_id: "111111111111".into(),
        region: Some("eu-north-1".into()),
        title: "AWS KMS key rotation should be enabled".into(),
        severity: "MEDIUM".into(),
        settled: false,
        text: json!({"Id": key, "Title": "AWS KMS key rotation should be enabled"}).to_string(),
        updated: Some(at(-5)),
        first_seen: at(-10),
        last_seen: at(-1),
        decide_at: None,
        action: None,
        decision: None,
        tickets: Vec::new(),
        team: None,
        settled_at: None,
    }
}

pub fn ticket(key: &str) -> TicketRow {
    TicketRow {
        key: key.into(),
        version: 0,
        destination: "jira".into(),
        project: Some("SEC".into()),
        kind: "TEAMFIX".into(),
        group: format!("finding-{key}"),
        findings: vec![format!("finding-{key}")],
        state: TicketState::Wanted,
        external: None,
        severity: "CRITICAL".into(),
        title: "Key is scheduled for deletion".into(),
        account_id: "111111111111".into(),
        team: None,
        opened: None,
        due: None,
        remind_at: None,
        reminders: 0,
        look_at: None,
        closed: None,
        closed_by_hand: false,
        outcome: None,
        said: None,
        snoozed: None,
    }
}

pub fn remediation(key: &str) -> RemediationRow {
    RemediationRow {
        key: key.into(),
        version: 0,
        finding: format!("finding-{key}"),
        answers: [(format!("finding-{key}"), 2)].into(),
        control: "KMS.4".into(),
        resource: format!("arn:aws:kms:eu-north-1:111111111111:key/{key}"),
        account_id: "111111111111".into(),
        plan: json!({"calls": [{"operation": "EnableKeyRotation"}]}),
        digest: "d1".into(),
        state: RemediationState::AwaitingApproval,
        done: 0,
        approved_by: None,
        approved_at: None,
        note: None,
        undo: Vec::new(),
        created: at(0),
        ended: None,
    }
}

pub fn job(id: &str) -> JobRow {
    JobRow {
        id: id.into(),
        queue: "ticket".into(),
        destination: "jira:SEC".into(),
        task: json!({"open": id}),
        state: JobState::Pending,
        due: at(0),
        created: at(-1),
        attempts: 0,
        fence: 0,
        holder: None,
        leased_until: None,
        note: None,
    }
}

pub fn attempt(job: &str, number: u32) -> AttemptRow {
    AttemptRow { job: job.into(), number, began: at(i64::from(number)), ended: None, outcome: None, note: None }
}

pub fn account(id: &str, read: i64) -> AccountRow {
    AccountRow { id: id.into(), account: json!({"Name": id, "Tags": {"team": "platform"}}), read: at(read) }
}

pub fn key(arn: &str, read: i64, facts: Option<&str>) -> KeyRow {
    KeyRow {
        arn: arn.into(),
        account_id: "111111111111".into(),
        region: "eu-north-1".into(),
        aliases: Vec::new(),
        state: Some("Enabled".into()),
        kind: "AWS.KMS.Key".into(),
        facts: facts.map(str::to_owned),
        read: at(read),
    }
}

pub fn worker(name: &str, failures: u32) -> WorkerRow {
    WorkerRow { name: name.into(), at: at(0), status: "fine".into(), failures, counts: json!({"turns": 7}) }
}

/// Strings that strangers write.
pub fn hostile() -> Vec<String> {
    let short = [
        "",
        " ",
        "'; DROP TABLE finding; --",
        "\" OR 1=1 --",
        "a\0b",
        "\0",
        "%_\\*?[a-z]",
        "\r\n\t\u{1b}[31m",
        "\u{1f511}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{202e}evil\u{feff}",
        "ÅÄÖ ß ı İ ſ",
        "<script>alert(1)</script>",
        "NULL",
        "\u{10ffff}\u{fffd}",
    ];
    let long = ["x'\"\0\u{1f511}\\".repeat(240 * 1024 / 9), "{\"a\":".repeat(40_000)];
    short.into_iter().map(str::to_owned).chain(long).collect()
}
