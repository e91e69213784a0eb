//! EventBridge: what CloudTrail and Security Hub tell, on its way to a queue.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::error::ServiceError;
use crate::options::Events;
use crate::random::Random;
use crate::service::Call;
use crate::sqs::{Address, Queues};
use crate::time::Time;

/// Events that are on their way; more are lost.
const MAX_WAITING: usize = 1_000_000;

/// The bus, with one rule: everything goes to the queue.
#[derive(Debug)]
pub(crate) struct Bus {
    queue: Option<Address>,
    lag: Duration,
    waiting: BTreeMap<(Instant, u64), String>,
    number: u64,
    ids: Random,
}

impl Bus {
    pub(crate) fn new(events: Option<&Events>) -> Self {
        let queue = events.and_then(|events| Address::of_arn(&events.queue));
        let lag = events.map_or(Duration::ZERO, |events| events.lag);
        Self { queue, lag, waiting: BTreeMap::new(), number: 0, ids: Random::new(0xe7e7) }
    }

    pub(crate) fn queue(&self) -> Option<&Address> {
        self.queue.as_ref()
    }

    /// Puts an event on its way at a time that may be later than now.
    pub(crate) fn put(&mut self, event: &Event<'_>, at: Instant) {
        if self.queue.is_none() || self.waiting.len() >= MAX_WAITING {
            return;
        }
        self.number += 1;
        let body = event.text(&self.ids.uuid());
        self.waiting.insert((at + self.lag, self.number), body);
    }

    /// Delivers what has arrived.
    pub(crate) fn deliver(&mut self, queues: &mut Queues, now: Instant, sent: i64) {
        let Some(queue) = &self.queue else { return };
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > now {
                return;
            }
            queues.send(queue, entry.remove(), now, sent);
        }
    }
}

/// What an event says.
pub(crate) struct Event<'a> {
    pub(crate) source: &'a str,
    pub(crate) detail_type: &'a str,
    pub(crate) account: String,
    pub(crate) region: &'a str,
    pub(crate) time: Time,
    pub(crate) resources: Vec<String>,
    pub(crate) detail: Value,
}

impl Event<'_> {
    fn text(&self, id: &str) -> String {
        json!({
            "version": "0", "id": id, "detail-type": self.detail_type, "source": self.source, "account": self.account,
            "time": whole_seconds(self.time), "region": self.region, "resources": self.resources, "detail": self.detail,
        })
        .to_string()
    }
}

/// `2026-11-22T06:20:00Z`.
pub(crate) fn whole_seconds(time: Time) -> String {
    let time = jiff::Timestamp::from_second(time.milliseconds().div_euclid(1000)).unwrap_or_default();
    time.to_string()
}

/// Whether CloudTrail tells EventBridge of a call: of those that read it does not, unless somebody asks for it.
pub(crate) fn is_told(operation: &str) -> bool {
    !["Describe", "Get", "List"].iter().any(|begin| operation.starts_with(begin))
}

/// A call of KMS, as CloudTrail records it.
pub(crate) fn of_call<'c>(
    call: &'c Call<'_>,
    key: Option<&str>,
    answer: &Result<Vec<u8>, ServiceError>,
    event_id: &str,
) -> Event<'c> {
    let account = call.caller.account.to_string();
    let said = |body: &[u8]| serde_json::from_slice::<Value>(body).ok().map(|value| in_camels(&value));
    let mut detail = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(call),
        "eventTime": whole_seconds(call.moment.time),
        "eventSource": "kms.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "simulated",
        "requestParameters": said(call.body),
        "responseElements": answer.as_ref().ok().and_then(|body| said(body)),
        "requestID": call.request_id,
        "eventID": event_id,
        "readOnly": false,
        "resources": key.map(|arn| json!([{ "accountId": account, "type": "AWS::KMS::Key", "ARN": arn }])),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    });
    if let (Err(error), Some(detail)) = (answer, detail.as_object_mut()) {
        // As CloudTrail writes them, without the end that SDKs give them.
        detail.insert("errorCode".to_owned(), error.code.trim_end_matches("Exception").into());
        detail.insert("errorMessage".to_owned(), error.message.clone().into());
    }
    let (source, detail_type) = ("aws.kms", "AWS API Call via CloudTrail");
    Event { source, detail_type, account, region: call.region, time: call.moment.time, resources: Vec::new(), detail }
}

fn identity(call: &Call<'_>) -> Value {
    let mut identity = json!({
        "type": if call.caller.role.is_some() { "AssumedRole" } else { "IAMUser" },
        "principalId": call.caller.user_id,
        "arn": call.user(),
        "accountId": call.caller.account.to_string(),
    });
    if let Some(role) = &call.caller.role {
        let arn = format!("arn:{}:iam::{}:role/{role}", call.partition.name(), call.caller.account);
        identity["sessionContext"] = json!({ "sessionIssuer": { "type": "Role", "arn": arn, "userName": role } });
    }
    identity
}

/// The same with the names of members as CloudTrail writes them.
fn in_camels(value: &Value) -> Value {
    let named = |name: &str| {
        let mut name = name.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        name
    };
    match value {
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.iter().map(|(name, value)| (named(name), in_camels(value))).collect();
            Value::Object(members)
        }
        Value::Array(items) => items.iter().map(in_camels).collect(),
        other => other.clone(),
    }
}
