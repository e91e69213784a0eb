//! A webhook: everything that happens to a ticket is delivered as signed JSON, and who receives it keeps the tickets.
//!
//! `POST` with `Content-Type: application/json` and three headers:
//!
//! - `Idempotency-Key`: the same for the same ticket opened and for the same comment. What came before is answered with success and
//!   not done again. That a ticket is closed, or opened again, is a state to be set, however often it is said; each time has its own key.
//! - `X-Keyreeve-Timestamp`: seconds since 1970.
//! - `X-Keyreeve-Signature`: `v1=` and the hexadecimal HMAC-SHA256, under the shared secret, of the timestamp, a dot, and the body.
//!
//! The body has `version` (1), `event` (`ticket.opened`, `ticket.commented`, `ticket.closed`, `ticket.reopened`), `id` (of the ticket),
//! `title` and `text`; an opened ticket also `severity`, `project`, `labels` and `due`. An answer with a JSON object may say `name` and
//! `address` of the ticket. As deliveries may be repeated, no fate of one is unknown: it is delivered again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use super::plain;
use crate::failure::{Failure, Fate};
use crate::http::{self, Call, Http};
use crate::letter::{Letter, clean, text};
use crate::ports::{Draft, External, Mark, Reply, Seen, Standing, Tickets};
use crate::secret::{Reference, Secret, Secrets};

/// The most characters of a text.
const MAX_TEXT: usize = 100_000;

/// The most tickets of which is remembered that they were closed.
const MAX_CLOSED: usize = 100_000;

/// A webhook.
#[derive(Debug)]
pub struct Webhook {
    http: Http,
    secrets: Arc<Secrets>,
    address: Url,
    secret: Reference,
    /// What we closed. Nobody else can be asked; after a restart a close may be delivered once more.
    closed: Mutex<BTreeSet<String>>,
}

impl Webhook {
    /// A webhook at this address, with this shared secret.
    ///
    /// # Errors
    /// Where the address cannot be one.
    pub fn new(http: Http, secrets: Arc<Secrets>, address: &str, secret: Reference) -> Result<Self, Failure> {
        let address = http::base("webhook address", address)?;
        Ok(Self { http, secrets, address, secret, closed: Mutex::default() })
    }

    async fn deliver(&self, key: &str, body: &Value) -> Result<Value, Failure> {
        let secret = self.secrets.get(&self.secret).await?;
        let (body, now) = (body.to_string(), seconds().to_string());
        let call = Call::change(Method::POST, self.address.clone())
            .header("idempotency-key", key)
            .header("x-keyreeve-timestamp", &now)
            .header("x-keyreeve-signature", &signature(&secret, &now, body.as_bytes()))
            .hiding(&secret)
            .body("application/json", body.into_bytes());
        let answered = self.http.send(call).await.and_then(http::Answer::accepted);
        let answer = answered.map_err(|failure| match failure.fate {
            Fate::Unknown => Failure::later(failure.what, None),
            Fate::Login => {
                self.secrets.forget(&self.secret);
                failure
            }
            _ => failure,
        })?;
        Ok(answer.maybe_json())
    }

    fn told(&self, event: &str, id: &str, letter: &Letter) -> Value {
        let (title, text) = (text::title(letter, 1000), text::body(letter, MAX_TEXT));
        json!({ "version": 1, "event": event, "id": id, "title": title, "text": text })
    }

    fn closed(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn create(&self, draft: &Draft) -> Result<External, Failure> {
        let mark = plain(&draft.mark)?;
        let mut body = self.told("ticket.opened", mark, &draft.letter);
        body["severity"] = draft.severity.name().into();
        body["project"] = draft.project.as_deref().map_or(Value::Null, Value::from);
        body["labels"] = draft.labels.clone().into();
        body["due"] = draft.due.map_or(Value::Null, |due| due.to_string().into());
        let answer = self.deliver(mark, &body).await?;
        let name = answer["name"].as_str().map(|name| clean::title(name, 100)).filter(|name| !name.is_empty());
        Ok(External {
            id: mark.to_owned(),
            name: name.unwrap_or_else(|| mark.to_owned()),
            address: answer["address"].as_str().and_then(clean::address),
        })
    }

    async fn moved(&self, external: &External, letter: &Letter, event: &str) -> Result<(), Failure> {
        // The same words may close it twice, with an opening in between.
        let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let key = format!("{event}-{}-{moment}", plain(&Mark(external.id.clone()))?);
        self.deliver(&key, &self.told(event, &external.id, letter)).await?;
        Ok(())
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `v1=` and the HMAC-SHA256 of timestamp, dot and body.
#[must_use]
pub fn signature(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else { return String::new() };
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let outer = mac.finalize().into_bytes();
    outer.iter().fold("v1=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

impl Tickets for Webhook {
    fn open<'a>(&'a self, draft: &'a Draft) -> Reply<'a, External> {
        Box::pin(self.create(draft))
    }

    /// Nobody can be asked; opening it again is opening the same.
    fn find<'a>(&'a self, mark: &'a Mark, _project: Option<&'a str>) -> Reply<'a, Vec<Seen>> {
        Box::pin(async move { plain(mark).map(|_| Vec::new()) })
    }

    fn look<'a>(&'a self, external: &'a External) -> Reply<'a, Seen> {
        let standing = if self.closed().contains(&external.id) { Standing::Done } else { Standing::Open };
        Box::pin(std::future::ready(Ok(Seen { external: external.clone(), standing })))
    }

    fn comment<'a>(&'a self, external: &'a External, mark: &'a Mark, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(async move {
            let key = format!("{}-{}", external.id, plain(mark)?);
            self.deliver(&key, &self.told("ticket.commented", &external.id, letter)).await?;
            Ok(())
        })
    }

    /// Nobody can be asked; the same comment again is the same delivery.
    fn commented<'a>(&'a self, _external: &'a External, mark: &'a Mark) -> Reply<'a, bool> {
        Box::pin(async move { plain(mark).map(|_| false) })
    }

    fn close<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(async move {
            self.moved(external, letter, "ticket.closed").await?;
            let mut closed = self.closed();
            if closed.len() < MAX_CLOSED {
                closed.insert(external.id.clone());
            }
            Ok(())
        })
    }

    fn reopen<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(async move {
            self.moved(external, letter, "ticket.reopened").await?;
            self.closed().remove(&external.id);
            Ok(())
        })
    }

    fn search_lag(&self) -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        // `printf '1.{}' | openssl dgst -sha256 -hmac Jefe`
        assert_eq!(
            signature(&Secret::new("Jefe"), "1", b"{}"),
            "v1=dc7943cccf20f64327d263db5e2aca27c2b8175e8e6e7ea04f482091bf456b0f"
        );
        let long = Secret::new("k".repeat(100));
        assert_eq!(signature(&long, "1", b"{}"), "v1=5a3cea565c7c1096e8ae387825a7997028a7399dfb36bf0eb69f7088a72092f4");
    }
}
