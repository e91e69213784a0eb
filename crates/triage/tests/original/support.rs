//! Cases in a few words: a finding of KMS.4 that fails in a production account, and what differs from it.

use finding::Account;
use jiff::Timestamp;
use serde_json::{Value, json};
use triage::key::{Key, Sight};
use triage::rules::{Rules, read};
use triage::ticket::{Ticket, TicketStatus};
use triage::{Case, Decision, Incoming, Settings, Triage};

pub const NOW: &str = "2026-11-22T12:00:00Z";
pub const KEY: &str = "arn:aws:kms:eu-north-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Puts `over` over `base`, member by member; null removes.
pub fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    base.remove(name);
                } else {
                    merge(base.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// The text of an ASFF finding of a control.
pub fn control(id: &str, over: Value) -> Value {
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("arn:aws:securityhub:eu-north-1:111111111111:security-control/{id}/finding/1"),
        "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "GeneratorId": format!("security-control/{id}"),
        "AwsAccountId": "111111111111",
        "Title": "a control",
        "Severity": {"Label": "MEDIUM"},
        "Compliance": {"Status": "FAILED", "SecurityControlId": id},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "Resources": [{"Type": "AwsKmsKey", "Id": KEY, "Region": "eu-north-1"}],
    });
    merge(&mut finding, &over);
    finding
}

/// The text of an ASFF finding of another product.
pub fn incident(product: &str, over: Value) -> Value {
    let mut finding = control("x", json!({"Compliance": null, "GeneratorId": "x", "Severity": {"Label": "HIGH"}}));
    finding["ProductArn"] = json!(format!("arn:aws:securityhub:eu-north-1::product/{product}"));
    merge(&mut finding, &over);
    finding
}

/// A case that owns its parts.
#[derive(Debug)]
pub struct Made {
    pub finding: Incoming,
    pub account: Option<Account>,
    pub key: Option<Key>,
    pub gone: bool,
    pub ticket: Option<Ticket>,
    pub settings: Settings,
    pub rules: Rules,
    pub now: Timestamp,
}

pub fn read_one(finding: &Value) -> Incoming {
    let batch = triage::incoming::read(finding.to_string().as_bytes());
    assert!(batch.problems.is_empty(), "{:?}", batch.problems);
    batch.findings.into_iter().next().unwrap()
}

pub fn made(finding: Value) -> Made {
    Made {
        finding: read_one(&finding),
        account: Some(account("PROD")),
        key: None,
        gone: false,
        ticket: None,
        settings: Settings::default(),
        rules: Rules::default(),
        now: time(NOW),
    }
}

pub fn account(environment: &str) -> Account {
    serde_json::from_value(json!({
        "id": "111111111111", "name": "acme", "email": "root@acme.example", "joined": "2024-05-06T00:00:00Z",
        "ou": "Root/Infra", "tags": {"soar:environment": environment, "soar:team": "platform"},
    }))
    .unwrap()
}

impl Made {
    pub fn class(mut self, environment: &str) -> Self {
        self.account = Some(account(environment));
        self
    }

    pub fn rule(mut self, id: &str, suppress_when: &str, more: Value) -> Self {
        let mut rule =
            json!({"id": id, "suppress_when": suppress_when, "owner": "o", "reason": "r", "expires": "2027-01-31"});
        merge(&mut rule, &more);
        let read = read(&json!([rule]).to_string(), &Default::default());
        assert!(read.faults.is_empty(), "{:?}", read.faults);
        self.rules = Rules::new(read.rules);
        self
    }

    pub fn key(mut self, over: Value) -> Self {
        self.key = Some(key(over));
        self
    }

    pub fn gone(mut self) -> Self {
        self.gone = true;
        self
    }

    pub fn ticket(mut self, status: TicketStatus, closed: Option<&str>) -> Self {
        self.ticket = Some(Ticket {
            id: "SEC-1".to_owned(),
            finding_id: self.finding.id.clone(),
            status,
            opened: Some(time("2026-11-20T12:00:00Z")),
            closed: closed.map(time),
        });
        self
    }

    pub fn open(self) -> Self {
        self.ticket(TicketStatus::Open, None)
    }

    pub fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub fn sight(&self) -> Sight<'_> {
        match &self.key {
            _ if self.gone => Sight::Gone,
            Some(key) => Sight::Seen(key),
            None => Sight::Unseen,
        }
    }

    pub fn decide(&self) -> Decision {
        let case = Case {
            finding: &self.finding,
            account: self.account.as_ref(),
            key: self.sight(),
            ticket: self.ticket.as_ref(),
            now: self.now,
        };
        Triage::new(self.settings.clone(), self.rules.clone()).decide(&case)
    }

    /// The decision and the row, as text.
    pub fn says(&self) -> String {
        let decision = self.decide();
        assert!(!decision.reason.is_empty());
        format!("{} {}", decision.action, decision.row)
    }
}

/// An ordinary key that does not rotate.
pub fn key(over: Value) -> Key {
    let mut record = json!({
        "ResourceType": "AWS.KMS.Key", "Arn": KEY, "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "AccountId": "111111111111",
        "Region": "eu-north-1", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT",
        "Origin": "AWS_KMS", "MultiRegion": false, "KeyRotationEnabled": false, "Description": "", "Aliases": [], "Tags": {},
    });
    merge(&mut record, &over);
    let text = record.to_string();
    let mut scanner = source::record::Scanner::new(Default::default());
    let mut key = Key::of_record(&scanner.scan_str(&text).unwrap()).unwrap();
    key.seen = Some(time("2026-11-22T11:00:00Z"));
    key
}
