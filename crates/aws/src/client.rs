//! Calls: each takes its turn, is signed, sent, and repeated where that can help. This is the only loop that retries.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::identity::Identity;
use finding::refusal::{self, Refusal};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::budget::{Budget, Shares};
use crate::credentials::Keeper;
use crate::failure::{Failure, Next};
use crate::operation::{OPERATIONS, Operation, Service};
use crate::partition::{Partition, Variant};
use crate::stop::Stop;
use crate::tape::Tape;
use crate::transport::{Request, Transport};

/// How often and how long a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts where AWS does not answer, or not as AWS does.
    pub attempts: u32,
    /// Attempts where AWS throttles.
    pub throttled_attempts: u32,
    /// The first wait is up to this long, each later one up to twice the one before.
    pub base: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// All attempts of one call together, waits for the budget not counted.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 6,
            throttled_attempts: 12,
            base: Duration::from_millis(200),
            longest: Duration::from_secs(8),
            total: Duration::from_secs(90),
        }
    }
}

/// An operation that failed so often in a row, all attempts used up, gets one attempt until it works again: an endpoint that lacks it
/// would otherwise be asked six times for every key.
const HOPELESS: u32 = 3;

/// Where a service is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoints {
    pub(crate) variant: Variant,
    /// `--endpoint-url`, `AWS_ENDPOINT_URL…` and their like in the configuration file.
    pub(crate) overrides: BTreeMap<&'static str, String>,
}

impl Endpoints {
    fn url(&self, service: Service, region: &str) -> String {
        match self.overrides.get(service.name()) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => Partition::of_region(region).endpoint(service, region, self.variant),
        }
    }
}

/// An account in a region, with the credentials and the budget to ask about it.
#[derive(Debug)]
pub struct Scope {
    /// Twelve digits.
    pub account: String,
    /// `eu-north-1`.
    pub region: String,
    pub(crate) credentials: Arc<Keeper>,
    budget: Budget,
    /// Failures in a row, by operation.
    failing: [AtomicU32; OPERATIONS.len()],
}

impl Scope {
    pub(crate) fn new(account: &str, region: &str, credentials: Arc<Keeper>, shares: &Arc<Shares>) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            credentials,
            budget: Budget::new(Arc::clone(shares)),
            failing: std::array::from_fn(|_| AtomicU32::new(0)),
        }
    }
}

/// Makes calls. One for a run: it shares connections, and holds nothing of any account.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    endpoints: Endpoints,
    retry: Retry,
    /// Ends every call.
    pub stop: Stop,
    /// The shares of AWS's rates that are taken.
    pub shares: Arc<Shares>,
    /// What was asked so far.
    pub traffic: Traffic,
    /// The difference between AWS's clock and ours in the last answer that refused ours.
    skew: Mutex<Option<i64>>,
    /// Listens to every call, if there is one.
    tape: Option<Arc<Tape>>,
}

/// How much was asked.
#[derive(Debug, Default)]
pub struct Traffic {
    requests: AtomicU64,
    throttled: AtomicU64,
    repeated: AtomicU64,
}

impl Traffic {
    /// Requests sent, repeated ones too.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that AWS throttled.
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    /// Requests that were sent again for another reason.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }
}

/// The content of a request, and how the protocol of its service wraps it.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Content {
    /// As the operation's service speaks JSON.
    pub(crate) fn json(operation: &Operation, body: &serde_json::Value) -> Self {
        match operation.name {
            "ListRegions" => Self::rest("POST", "/listRegions", body),
            "GetFindings" => Self::rest("POST", "/findings", body),
            "BatchUpdateFindings" => Self::rest("PATCH", "/findings/batchupdate", body),
            "BatchImportFindings" => Self::rest("POST", "/findings/import", body),
            _ => Self::targeted(operation, body),
        }
    }

    /// JSON with the operation in a header.
    fn targeted(operation: &Operation, body: &serde_json::Value) -> Self {
        let (version, target) = match operation.service {
            Service::Organizations => ("1.1", "AWSOrganizationsV20161128"),
            Service::Sqs => ("1.0", "AmazonSQS"),
            Service::SecretsManager => ("1.1", "secretsmanager"),
            Service::Ssm => ("1.1", "AmazonSSM"),
            _ => ("1.1", "TrentService"),
        };
        let headers = vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{}", operation.name)),
        ];
        Self { method: "POST", path: "/", headers, body: body.to_string().into_bytes() }
    }

    /// REST with JSON.
    fn rest(method: &'static str, path: &'static str, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method, path, headers, body: body.to_string().into_bytes() }
    }

    /// A form, as STS speaks it.
    pub(crate) fn form(operation: &Operation, members: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={}&Version=2011-06-15", operation.name);
        for (name, value) in members {
            body.push_str(&format!("&{name}={}", form_encoded(value)));
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Self { method: "POST", path: "/", headers, body: body.into_bytes() }
    }
}

fn form_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

impl Client {
    pub(crate) fn new(transport: Transport, endpoints: Endpoints, retry: Retry, shares: Shares, stop: Stop) -> Self {
        let (traffic, skew) = (Traffic::default(), Mutex::default());
        Self { transport, endpoints, retry, stop, shares: Arc::new(shares), traffic, skew, tape: None }
    }

    /// The same, with somebody listening.
    pub(crate) fn heard_by(self, tape: Option<Arc<Tape>>) -> Self {
        Self { tape, ..self }
    }

    /// The address of a service in a region.
    pub(crate) fn address(&self, service: Service, region: &str) -> String {
        self.endpoints.url(service, region)
    }

    /// Asks, and reads the answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        operation: &'static Operation,
        body: &serde_json::Value,
    ) -> Result<T, Failure> {
        let content = Content::json(operation, body);
        self.call(scope, operation, &content, |body| serde_json::from_slice(body).map_err(|error| error.to_string()))
            .await
    }

    /// Asks until there is an answer, or no hope of one.
    pub(crate) async fn call<T>(
        &self,
        scope: &Scope,
        operation: &'static Operation,
        content: &Content,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let failing = &scope.failing[operation.index];
        let (mut attempt, mut spent, mut renewed) = (0, Duration::ZERO, false);
        loop {
            let unsent = || interrupted(operation).unsent();
            if scope.budget.is_not_asked(operation) {
                return Err(Failure::still_throttled(operation));
            }
            let turn = self.stop.unless(scope.budget.turn(operation)).await.ok_or_else(unsent)?;
            attempt += 1;
            let began = Instant::now();
            let identity = self.stop.unless(scope.credentials.identity(self, operation)).await;
            let identity = identity.ok_or_else(unsent)?;
            let (identity, generation) = identity.map_err(Failure::unsent)?;
            let answer = self.stop.unless(self.attempt(scope, operation, content, &identity, &read)).await;
            drop(turn);
            let failure = match answer.ok_or_else(|| interrupted(operation))? {
                Ok(answer) => {
                    scope.budget.speed_up(operation);
                    failing.store(0, Ordering::Relaxed);
                    scope.credentials.prove(generation);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            spent += began.elapsed();
            let most = match failure.next() {
                Next::SlowDown => {
                    self.traffic.throttled.fetch_add(1, Ordering::Relaxed);
                    scope.budget.slow_down(operation);
                    if scope.budget.is_hopeless(operation) { 1 } else { self.retry.throttled_attempts }
                }
                // It may have been done: whoever asked must look before asking again.
                Next::Again if operation.changes() && failure.may_be_done() => return Err(failure),
                Next::Again if failing.load(Ordering::Relaxed) >= HOPELESS => 1,
                Next::Again => self.retry.attempts,
                Next::Renew if !renewed && scope.credentials.renew(generation) => {
                    renewed = true;
                    continue;
                }
                Next::Renew | Next::GiveUp => return Err(failure),
            };
            let wait = self.wait(attempt);
            spent += wait;
            if attempt >= most || spent > self.retry.total {
                failing.fetch_add(1, Ordering::Relaxed);
                return Err(failure);
            }
            self.traffic.repeated.fetch_add(1, Ordering::Relaxed);
            self.stop.unless(tokio::time::sleep(wait)).await.ok_or_else(unsent)?;
        }
    }

    async fn attempt<T>(
        &self,
        scope: &Scope,
        operation: &'static Operation,
        content: &Content,
        identity: &Identity,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let partition = Partition::of_region(&scope.region);
        let url = self.endpoints.url(operation.service, &scope.region) + content.path;
        let request = Request {
            method: content.method,
            url: &url,
            service: operation.service.name(),
            region: partition.region_of(operation.service, &scope.region),
            headers: &content.headers,
            body: &content.body,
        };
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
        let reply = self.transport.send(operation, &request, identity).await?;
        if let Some(tape) = self.tape.as_ref().filter(|_| !operation.is_secret()) {
            tape.hear(operation, &content.body, &reply);
        }
        if (200..300).contains(&reply.status) {
            return read(&reply.body).map_err(|why| Failure::not_an_answer(operation, why, &reply.body));
        }
        let failure = Failure::of_reply(operation, reply.status, &reply.body, reply.error_type.as_deref());
        if failure.refusal() == Refusal::ClockSkew {
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = reply.date.as_deref().and_then(seconds_ahead);
        }
        Err(failure)
    }

    /// By how many seconds AWS's clock is ahead of ours, if AWS refused a request because of it.
    #[must_use]
    pub fn skew(&self) -> Option<i64> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A random time up to a bound that doubles: callers that failed together do not come back together.
    fn wait(&self, attempt: u32) -> Duration {
        let bound = self.retry.base.saturating_mul(1 << attempt.min(16).saturating_sub(1)).min(self.retry.longest);
        bound.mul_f64(chance())
    }
}

/// A number from 0 to 1 that is hard enough to foresee: the standard library seeds its hashers anew each time.
fn chance() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

fn interrupted(operation: &'static Operation) -> Failure {
    Failure::new(operation, refusal::INTERRUPTED, "reading was stopped before it was answered")
}

/// How far the time of an answer's `date` lies ahead of ours.
pub(crate) fn seconds_ahead(date: &str) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(theirs.as_second() - jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::ASSUME_ROLE;

    #[test]
    fn a_form_escapes_what_is_not_plain() {
        let content = Content::form(&ASSUME_ROLE, &[("RoleArn", "arn:aws:iam::1:role/a b"), ("ExternalId", "x&y=ü")]);
        assert_eq!(
            String::from_utf8(content.body).unwrap(),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&ExternalId=x%26y%3D%C3%BC"
        );
    }

    #[test]
    fn chance_is_spread() {
        let throws: Vec<f64> = (0..1000).map(|_| chance()).collect();
        assert!(throws.iter().all(|throw| (0.0..1.0).contains(throw)));
        let mean = throws.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
