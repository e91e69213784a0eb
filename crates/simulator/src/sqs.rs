//! SQS: queues that deliver at least once, and in whatever order.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::ServiceError;
use crate::kms::Input;
use crate::md5;
use crate::options::Events;
use crate::random::Random;
use crate::service::Call;

pub(crate) const OPERATIONS: [&str; 9] = [
    "ReceiveMessage",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "SendMessage",
    "GetQueueUrl",
    "GetQueueAttributes",
    "CreateQueue",
    "PurgeQueue",
];

/// The most queues, and the most messages that one holds: the oldest go.
const MOST: (usize, usize) = (1_000, 1_000_000);
/// The largest message: SQS's own limit.
const MAX_MESSAGE: usize = 1 << 20;
/// How long a message that was received is not shown again, unless something else is asked for.
const VISIBILITY: Duration = Duration::from_secs(30);
/// Deliveries after which a message goes to the dead-letter queue.
const MAX_RECEIVES: u32 = 10;

/// Where a queue is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) name: String,
}

impl Address {
    /// What an ARN says.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let ["arn", _, "sqs", region, account, name] = arn.split(':').collect::<Vec<_>>()[..] else { return None };
        Some(Self { region: region.to_owned(), account: account.to_owned(), name: name.to_owned() })
    }
}

/// All queues.
#[derive(Debug)]
pub(crate) struct Queues {
    queues: BTreeMap<Address, Queue>,
    random: Random,
    duplicates: usize,
    reorders: bool,
}

#[derive(Debug)]
struct Queue {
    messages: VecDeque<Message>,
    visibility: Duration,
}

#[derive(Debug, Clone)]
struct Message {
    id: String,
    body: String,
    /// Not received before.
    visible: Instant,
    receipt: Option<String>,
    received: u32,
    sent: i64,
}

impl Queues {
    pub(crate) fn new(events: Option<&Events>) -> Self {
        let mut queues = Self {
            queues: BTreeMap::new(),
            random: Random::new(events.map_or(7, |events| events.seed)),
            duplicates: events.map_or(0, |events| usize::from(events.duplicates)),
            reorders: events.is_some_and(|events| events.reorders),
        };
        if let Some(address) = events.and_then(|events| Address::of_arn(&events.queue)) {
            let dead = Address { name: format!("{}-dead", address.name), ..address.clone() };
            queues.create(address, VISIBILITY);
            queues.create(dead, VISIBILITY);
        }
        queues
    }

    fn create(&mut self, address: Address, visibility: Duration) {
        if self.queues.len() < MOST.0 {
            self.queues.entry(address).or_insert(Queue { messages: VecDeque::new(), visibility });
        }
    }

    /// Puts a message in, and sometimes twice. Says its id.
    pub(crate) fn send(&mut self, address: &Address, body: String, now: Instant, sent: i64) -> Option<String> {
        let twice = self.random.chance(self.duplicates);
        let id = self.random.uuid();
        let queue = self.queues.get_mut(address)?;
        let message = Message { id: id.clone(), body, visible: now, receipt: None, received: 0, sent };
        if twice {
            queue.messages.push_back(message.clone());
        }
        queue.messages.push_back(message);
        while queue.messages.len() > MOST.1 {
            queue.messages.pop_front();
        }
        Some(id)
    }

    /// How many messages are in a queue, received or not.
    pub(crate) fn len(&self, address: &Address) -> usize {
        self.queues.get(address).map_or(0, |queue| queue.messages.len())
    }

    /// What can be received now.
    pub(crate) fn receive(&mut self, asked: &Receive, now: Instant) -> Vec<Value> {
        self.bury(&asked.address);
        let (mut messages, mut delivered) = (Vec::new(), Vec::new());
        for _ in 0..asked.most {
            let Some(queue) = self.queues.get_mut(&asked.address) else { break };
            let waiting: Vec<usize> = (0..queue.messages.len())
                .filter(|place| queue.messages[*place].visible <= now && !delivered.contains(place))
                .take(if self.reorders { 50 } else { 1 })
                .collect();
            let Some(place) = self.random.one_of(&waiting) else { break };
            delivered.push(place);
            let receipt = self.random.hex(64);
            let message = &mut queue.messages[place];
            message.visible = now + asked.visibility.unwrap_or(queue.visibility);
            message.received += 1;
            message.receipt = Some(receipt.clone());
            messages.push(json!({
                "MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body, "MD5OfBody": md5::hex(message.body.as_bytes()),
                "Attributes": { "ApproximateReceiveCount": message.received.to_string(), "SentTimestamp": message.sent.to_string() },
            }));
        }
        if !asked.attributes {
            messages
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|message| drop(message.shift_remove("Attributes")));
        }
        messages
    }

    /// What was received too often without being deleted goes to the queue of the dead, where there is one.
    fn bury(&mut self, address: &Address) {
        let dead = Address { name: format!("{}-dead", address.name), ..address.clone() };
        if !self.queues.contains_key(&dead) {
            return;
        }
        let Some(queue) = self.queues.get_mut(address) else { return };
        let (kept, buried) = queue.messages.drain(..).partition(|message: &Message| message.received < MAX_RECEIVES);
        queue.messages = kept;
        let buried: VecDeque<Message> = buried;
        if let Some(queue) = self.queues.get_mut(&dead) {
            queue.messages.extend(buried);
        }
    }

    fn delete(&mut self, address: &Address, receipt: &str) {
        if let Some(queue) = self.queues.get_mut(address) {
            // Of what was put in twice, only this delivery's.
            queue.messages.retain(|message| message.receipt.as_deref() != Some(receipt));
        }
    }
}

/// A wish to receive.
#[derive(Debug, Clone)]
pub(crate) struct Receive {
    address: Address,
    most: usize,
    visibility: Option<Duration>,
    attributes: bool,
    /// How long the caller waits for a message.
    pub(crate) wait: Duration,
}

/// What a call comes to.
pub(crate) enum Outcome {
    Reply(Vec<u8>),
    /// There is nothing yet, and the caller waits.
    Wait(Receive),
}

/// The body of the reply to a wish.
pub(crate) fn received(messages: &[Value]) -> Vec<u8> {
    if messages.is_empty() { b"{}".to_vec() } else { json!({ "Messages": messages }).to_string().into_bytes() }
}

fn seconds(input: &Input, name: &str, most: usize) -> Result<Option<Duration>, ServiceError> {
    let wrong = |_| {
        ServiceError::new(
            "InvalidParameterValue",
            format!("Value for parameter {name} is invalid. Reason: Must be between 0 and {most}, if provided."),
        )
    };
    let seconds = input.integer(name, 0, most).map_err(wrong)?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds as u64)))
}

impl Queues {
    /// The queue of a request, if it is there and the caller's.
    fn address(&self, input: &Input, call: &Call<'_>) -> Result<Address, ServiceError> {
        let url = input.required("QueueUrl", 1, 2048)?;
        let mut parts = url.rsplit('/');
        let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let address = Address { region: call.region.to_owned(), account: account.to_owned(), name: name.to_owned() };
        let own = account == call.caller.account.to_string();
        if self.queues.contains_key(&address) && own { Ok(address) } else { Err(no_queue()) }
    }

    pub(crate) fn answer(&mut self, call: &Call<'_>, endpoint: &str) -> Result<Outcome, ServiceError> {
        let input = Input::parse(call.body)?;
        let now = call.moment.instant;
        let reply = |value: Value| Ok(Outcome::Reply(value.to_string().into_bytes()));
        let url = |address: &Address| format!("{endpoint}/{}/{}", address.account, address.name);
        match call.operation {
            "CreateQueue" | "GetQueueUrl" => {
                let name = input.required("QueueName", 1, 80)?.to_owned();
                let address =
                    Address { region: call.region.to_owned(), account: call.caller.account.to_string(), name };
                if call.operation == "CreateQueue" {
                    self.create(address.clone(), VISIBILITY);
                }
                if !self.queues.contains_key(&address) {
                    return Err(no_queue());
                }
                return reply(json!({ "QueueUrl": url(&address) }));
            }
            _ => {}
        }
        let address = self.address(&input, call)?;
        match call.operation {
            "SendMessage" => {
                let body = input.required("MessageBody", 1, MAX_MESSAGE)?.to_owned();
                let digest = md5::hex(body.as_bytes());
                let id = self.send(&address, body, now, call.moment.time.milliseconds()).unwrap_or_default();
                reply(json!({ "MessageId": id, "MD5OfMessageBody": digest }))
            }
            "ReceiveMessage" => {
                let asked = Receive {
                    address,
                    most: input.integer("MaxNumberOfMessages", 1, 10)?.unwrap_or(1),
                    visibility: seconds(&input, "VisibilityTimeout", 43_200)?,
                    attributes: input
                        .member("MessageSystemAttributeNames")
                        .or(input.member("AttributeNames"))
                        .is_some(),
                    wait: seconds(&input, "WaitTimeSeconds", 20)?.unwrap_or_default(),
                };
                let messages = self.receive(&asked, now);
                let waits = messages.is_empty() && !asked.wait.is_zero();
                Ok(if waits { Outcome::Wait(asked) } else { Outcome::Reply(received(&messages)) })
            }
            "DeleteMessage" => {
                self.delete(&address, input.required("ReceiptHandle", 1, 1024)?);
                Ok(Outcome::Reply(Vec::new()))
            }
            "DeleteMessageBatch" => self.delete_batch(&address, &input).and_then(reply),
            "ChangeMessageVisibility" => {
                let receipt = input.required("ReceiptHandle", 1, 1024)?;
                let timeout = seconds(&input, "VisibilityTimeout", 43_200)?.unwrap_or_default();
                let queue = self.queues.get_mut(&address).ok_or_else(no_queue)?;
                let message = queue.messages.iter_mut().find(|message| message.receipt.as_deref() == Some(receipt));
                let message = message.ok_or_else(|| {
                    ServiceError::new("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
                })?;
                message.visible = now + timeout;
                Ok(Outcome::Reply(Vec::new()))
            }
            "PurgeQueue" => {
                if let Some(queue) = self.queues.get_mut(&address) {
                    queue.messages.clear();
                }
                Ok(Outcome::Reply(Vec::new()))
            }
            _ => {
                let all = self.queues.get(&address).map(|queue| &queue.messages);
                let visible = all.map_or(0, |all| all.iter().filter(|message| message.visible <= now).count());
                reply(json!({ "Attributes": {
                    "ApproximateNumberOfMessages": visible.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": (self.len(&address) - visible).to_string(),
                    "QueueArn": format!("arn:{}:sqs:{}:{}:{}", call.partition.name(), address.region, address.account, address.name),
                } }))
            }
        }
    }

    fn delete_batch(&mut self, address: &Address, input: &Input) -> Result<Value, ServiceError> {
        let entries = input.list("Entries")?.unwrap_or_default();
        if entries.is_empty() {
            let message = "There should be at least one DeleteMessageBatchRequestEntry in the request.";
            return Err(ServiceError::new("EmptyBatchRequest", message));
        }
        if entries.len() > 10 {
            let message = format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
            return Err(ServiceError::new("TooManyEntriesInBatchRequest", message));
        }
        let (mut deleted, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            let member = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            match member("ReceiptHandle") {
                "" => failed.push(json!({
                    "Id": member("Id"), "SenderFault": true, "Code": "ReceiptHandleIsInvalid",
                    "Message": "The input receipt handle is invalid.",
                })),
                receipt => {
                    self.delete(address, receipt);
                    deleted.push(json!({ "Id": member("Id") }));
                }
            }
        }
        Ok(json!({ "Successful": deleted, "Failed": failed }))
    }
}

fn no_queue() -> ServiceError {
    ServiceError::new("QueueDoesNotExist", "The specified queue does not exist.")
}
