//! How requests reach AWS: signed, once, within time limits, over connections that all of this program share.

mod connections;
mod trust;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use finding::refusal;
use thiserror::Error;

use self::connections::{Broken, Connections};
use crate::failure::Failure;
use crate::operation::Operation;

/// One attempt, body included.
const ATTEMPT: Duration = Duration::from_secs(20);
/// From the request to the head of the answer.
const READ: Duration = Duration::from_secs(15);

/// Why there can be no connections at all.
#[derive(Debug, Error)]
pub enum TransportError {
    #[error("reading the certificates in {} (AWS_CA_BUNDLE or `ca_bundle`)", path.display())]
    Bundle { path: PathBuf, source: std::io::Error },
    #[error("{} holds no certificate in PEM (AWS_CA_BUNDLE or `ca_bundle`)", path.display())]
    NoCertificate { path: PathBuf },
    #[error("the certificates in {} are damaged (AWS_CA_BUNDLE or `ca_bundle`): {message}", path.display())]
    Damaged { path: PathBuf, message: String },
    #[error("preparing TLS: {message}")]
    Tls { message: String },
}

/// Sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    connections: Connections,
}

/// A request that is not signed yet.
pub(crate) struct Request<'a> {
    /// `POST`, `PATCH`.
    pub(crate) method: &'static str,
    pub(crate) url: &'a str,
    /// What it is signed for.
    pub(crate) service: &'static str,
    pub(crate) region: &'a str,
    pub(crate) headers: &'a [(&'static str, String)],
    pub(crate) body: &'a [u8],
}

/// An answer, whatever it says.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// `x-amzn-errortype`.
    pub(crate) error_type: Option<String>,
    /// When AWS thinks it is.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Transport {
    /// Connections by the proxies that the environment names, trusting `bundle` instead of the system's certificates if there is one.
    pub(crate) fn new(bundle: Option<PathBuf>) -> Result<Self, TransportError> {
        Ok(Self { connections: Connections::new(trust::tls(bundle)?)? })
    }

    /// The same connections, for the parts of the SDK that find credentials.
    pub(crate) fn for_sdk(&self) -> SharedHttpClient {
        self.connections.for_sdk()
    }

    /// Signs and sends a request, once.
    pub(crate) async fn send(
        &self,
        operation: &Operation,
        request: &Request<'_>,
        identity: &Identity,
    ) -> Result<Reply, Failure> {
        let request = signed(request, identity)
            .map_err(|error| Failure::new(operation, "InvalidRequest", format!("cannot sign the request: {error}")))?;
        let answered = tokio::time::timeout(ATTEMPT, self.answer(operation, request)).await;
        answered.unwrap_or_else(|_| {
            Err(Failure::new(operation, refusal::TIMEOUT, format!("no answer within {} seconds", ATTEMPT.as_secs())))
        })
    }

    async fn answer(&self, operation: &Operation, request: http::Request<Bytes>) -> Result<Reply, Failure> {
        let response = self.connections.ask(request, READ).await.map_err(|why| broken(operation, &why))?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (error_type, date) = (header("x-amzn-errortype"), header("date"));
        let status = response.status().as_u16();
        let body = connections::read(response).await.map_err(|why| broken(operation, &why))?;
        Ok(Reply { status, error_type, date, body })
    }
}

/// What it means that there was no whole answer.
fn broken(operation: &Operation, why: &Broken) -> Failure {
    let code = match why {
        Broken::Unsendable { .. } => "InvalidRequest",
        Broken::TooLong => refusal::NO_ANSWER,
        _ if why.is_timeout() => refusal::TIMEOUT,
        _ => refusal::CONNECTION,
    };
    let failure = Failure::new(operation, code, chain(why));
    if why.is_unsent() { failure.unsent() } else { failure }
}

/// What went wrong and why, down to the cause; connection errors say neither address nor header.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if parts.last() != Some(&text) && parts.len() < 6 {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

fn signed(
    request: &Request<'_>,
    identity: &Identity,
) -> Result<http::Request<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(request.region)
        .name(request.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?;
    let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable = SignableRequest::new(request.method, request.url, headers, SignableBody::Bytes(request.body))?;
    let (instructions, _) = sign(signable, &params.into())?.into_parts();
    let mut sent = http::Request::builder().method(request.method).uri(request.url);
    for (name, value) in request.headers {
        sent = sent.header(*name, value.as_str());
    }
    let agent = concat!("keyreeve/", env!("CARGO_PKG_VERSION"));
    let mut sent = sent.header("user-agent", agent).body(Bytes::copy_from_slice(request.body))?;
    instructions.apply_to_request_http1x(&mut sent);
    Ok(sent)
}

/// Credentials as the signer takes them.
pub(crate) fn identity_of(credentials: Credentials) -> Identity {
    Identity::from(credentials)
}

#[cfg(test)]
mod tests;
