//! A queue of SQS: what EventBridge puts in is received, and deleted after somebody else has it safe.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::{CHANGE_MESSAGE_VISIBILITY, DELETE_MESSAGE_BATCH, RECEIVE_MESSAGE, Service};
use crate::reach::{As, Reach};

/// Messages of one request: AWS's own limit.
pub const BATCH: usize = 10;
/// How many seconds an empty queue is waited at. SQS would wait 20; so a proxy that gives up after 15 is no trouble.
const WAIT: u32 = 10;

/// A queue.
#[derive(Debug)]
pub struct Queue {
    client: Arc<Client>,
    scope: Arc<Scope>,
    url: String,
    /// How many seconds nobody else receives what was received.
    visibility: u32,
}

/// A text that names no queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no queue: expected arn:PARTITION:sqs:REGION:ACCOUNT:NAME, or the URL of a queue")]
pub struct NoQueue(String);

/// A message, as it was delivered this time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// The same at each delivery.
    pub message_id: String,
    /// What deletes it.
    pub receipt_handle: String,
    /// What it says.
    pub body: String,
}

impl Queue {
    /// The queue of that ARN or URL, as who we are. What was received comes again after `visibility` seconds, unless it is deleted.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn new(reach: &Reach, name: &str, visibility: u32) -> Result<Self, NoQueue> {
        let session = reach.session();
        let place = Place::of(name).ok_or_else(|| NoQueue(name.chars().take(200).collect()))?;
        let region = place.region.unwrap_or(&session.home.region);
        let url = match place.url {
            Some(url) => url.to_owned(),
            None => format!("{}/{}/{}", session.client.address(Service::Sqs, region), place.account, place.name),
        };
        let scope = reach.scope(&session.home.account, region, As::Caller);
        Ok(Self { client: Arc::clone(&session.client), scope, url, visibility: visibility.min(43_200) })
    }

    /// At most ten messages; waits ten seconds for one.
    ///
    /// # Errors
    /// As SQS answered.
    pub async fn receive(&self) -> Result<Vec<Message>, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            #[serde(default)]
            messages: Option<Vec<Message>>,
        }
        let request = json!({
            "QueueUrl": self.url, "MaxNumberOfMessages": BATCH, "WaitTimeSeconds": WAIT, "VisibilityTimeout": self.visibility,
        });
        let answer: Answer = self.client.json(&self.scope, &RECEIVE_MESSAGE, &request).await?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Deletes deliveries.
    ///
    /// # Errors
    /// As SQS answered; or the first delivery that it did not delete, after all others.
    pub async fn delete(&self, receipts: &[String]) -> Result<(), Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            #[serde(default)]
            failed: Option<Vec<Failed>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Failed {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        let mut first = None;
        for receipts in receipts.chunks(BATCH) {
            let entries: Vec<Value> = receipts
                .iter()
                .enumerate()
                .map(|(place, receipt)| json!({ "Id": place.to_string(), "ReceiptHandle": receipt }))
                .collect();
            let request = json!({ "QueueUrl": self.url, "Entries": entries });
            let answer: Answer = self.client.json(&self.scope, &DELETE_MESSAGE_BATCH, &request).await?;
            let failed = answer.failed.unwrap_or_default().into_iter().next();
            first = first.or(failed.map(|failed| Failure::new(&DELETE_MESSAGE_BATCH, failed.code, failed.message)));
        }
        first.map_or(Ok(()), Err)
    }

    /// Lets a delivery be received again after so many seconds from now.
    ///
    /// # Errors
    /// As SQS answered.
    pub async fn show_again(&self, receipt: &str, seconds: u32) -> Result<(), Failure> {
        let request =
            json!({ "QueueUrl": self.url, "ReceiptHandle": receipt, "VisibilityTimeout": seconds.min(43_200) });
        let content = crate::client::Content::json(&CHANGE_MESSAGE_VISIBILITY, &request);
        self.client.call(&self.scope, &CHANGE_MESSAGE_VISIBILITY, &content, |_| Ok(())).await
    }
}

/// What a name says.
struct Place<'n> {
    region: Option<&'n str>,
    account: &'n str,
    name: &'n str,
    url: Option<&'n str>,
}

impl<'n> Place<'n> {
    fn of(text: &'n str) -> Option<Self> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= 80
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if let ["arn", _, "sqs", region, account, name] = text.split(':').collect::<Vec<_>>()[..] {
            let fits = plain(region) && plain(name) && finding::is_account_id(account);
            return fits.then_some(Self { region: Some(region), account, name, url: None });
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let [host, account, name] = rest.split('/').collect::<Vec<_>>()[..] else { return None };
        let region = match host.split('.').collect::<Vec<_>>()[..] {
            ["sqs" | "sqs-fips", region, ..] => Some(region),
            _ => None,
        };
        (plain(name) && finding::is_account_id(account)).then_some(Self { region, account, name, url: Some(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_by_arn_or_url() {
        let of = |text: &str| Place::of(text).map(|place| (place.region.map(str::to_owned), place.name.to_owned()));
        let here = Some((Some("eu-north-1".to_owned()), "keyreeve-events".to_owned()));
        assert_eq!(of("arn:aws:sqs:eu-north-1:111122223333:keyreeve-events"), here);
        assert_eq!(of("https://sqs.eu-north-1.amazonaws.com/111122223333/keyreeve-events"), here);
        assert_eq!(of("http://127.0.0.1:4566/111122223333/q"), Some((None, "q".to_owned())));
        for wrong in ["", "keyreeve-events", "arn:aws:sqs:eu-north-1:1:q", "https://sqs.eu-north-1.amazonaws.com/q"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
