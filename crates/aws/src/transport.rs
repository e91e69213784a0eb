//! How requests reach AWS: one pool of connections for everything, proxies, certificates, time limits.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use finding::refusal;
use thiserror::Error;

use crate::failure::Failure;
use crate::operation::Operation;

/// Connecting, TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// From the request to the head of the answer.
const READ: Duration = Duration::from_secs(15);
/// One attempt, body included.
const ATTEMPT: Duration = Duration::from_secs(20);
/// The largest answer that is read. A page of 1,000 keys has 200 kB; the largest page of grants some MB.
const MAX_ANSWER: usize = 16 << 20;
/// Idle connections that are kept for one host.
const IDLE: usize = 512;

/// Why there can be no connections at all.
#[derive(Debug, Error)]
pub enum TransportError {
    #[error("reading the certificates in {} (AWS_CA_BUNDLE or `ca_bundle`)", path.display())]
    Bundle { path: PathBuf, source: std::io::Error },
    #[error("{} holds no certificate in PEM (AWS_CA_BUNDLE or `ca_bundle`)", path.display())]
    NoCertificate { path: PathBuf },
    #[error("preparing TLS: {message}")]
    Tls { message: String },
}

/// Sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    connector: SharedHttpConnector,
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
        let tls = tls_context(bundle)?;
        let connector = |proxy: ProxyConfig| {
            let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(READ).build();
            SharedHttpConnector::new(
                Connector::builder()
                    .connector_settings(settings)
                    .pool_max_idle_per_host(IDLE)
                    .proxy_config(proxy)
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .tls_context(tls.clone())
                    .build(),
            )
        };
        let by_host =
            ByHost { direct: connector(ProxyConfig::disabled()), proxied: connector(ProxyConfig::from_env()) };
        Ok(Self { connector: SharedHttpConnector::new(by_host) })
    }

    /// The same connections, for the parts of the SDK that find credentials.
    pub(crate) fn for_sdk(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        http_client_fn(move |_, _| connector.clone())
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

    async fn answer(&self, operation: &Operation, request: HttpRequest) -> Result<Reply, Failure> {
        let response = self.connector.call(request).await.map_err(|error| {
            let code = if error.is_timeout() { refusal::TIMEOUT } else { refusal::CONNECTION };
            let failure = Failure::new(operation, code, chain(&error));
            if was_refused(&error) { failure.unsent() } else { failure }
        })?;
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let (error_type, date) = (header("x-amzn-errortype"), header("date"));
        let status = response.status().as_u16();
        let mut stream = ByteStream::new(response.into_body());
        let mut body = Vec::new();
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|error| {
                Failure::new(operation, refusal::CONNECTION, format!("the answer broke off: {}", chain(&error)))
            })?;
            if body.len() + bytes.len() > MAX_ANSWER {
                let message = format!("the answer has more than {MAX_ANSWER} bytes");
                return Err(Failure::new(operation, refusal::NO_ANSWER, message));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(Reply { status, error_type, date, body })
    }
}

/// Whether there was no connection at all, so that nothing can have been sent.
fn was_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(ConnectionRefused | HostUnreachable | NetworkUnreachable)) {
            return true;
        }
        next = error.source();
    }
    false
}

/// What went wrong and why, down to the cause; connection errors say the host, never a header.
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

fn signed(request: &Request<'_>, identity: &Identity) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
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
    let mut sent = sent.header("user-agent", agent).body(SdkBody::from(request.body))?;
    instructions.apply_to_request_http1x(&mut sent);
    Ok(HttpRequest::try_from(sent)?)
}

/// Credentials as the signer takes them.
pub(crate) fn identity_of(credentials: Credentials) -> Identity {
    Identity::from(credentials)
}

/// Loopback and link-local addresses are never asked by proxy: emulators, and the metadata of the machine itself.
#[derive(Debug)]
struct ByHost {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpConnector for ByHost {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_local(request.uri()) { self.direct.call(request) } else { self.proxied.call(request) }
    }
}

fn is_local(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback(),
        Err(_) => host == "localhost",
    }
}

/// `AWS_CA_BUNDLE` replaces the system's certificates, as it does for the AWS CLI.
fn tls_context(bundle: Option<PathBuf>) -> Result<TlsContext, TransportError> {
    let store = match bundle {
        None => TrustStore::default(),
        Some(path) => {
            let pem = std::fs::read(&path).map_err(|source| TransportError::Bundle { path: path.clone(), source })?;
            if !pem.windows(11).any(|window| window == b"-----BEGIN ") {
                return Err(TransportError::NoCertificate { path });
            }
            TrustStore::empty().with_pem_certificate(pem)
        }
    };
    let built = TlsContext::builder().with_trust_store(store).build();
    built.map_err(|error| TransportError::Tls { message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_link_local_are_asked_directly() {
        for local in ["http://127.0.0.1:4566/", "http://localhost:5000", "http://[::1]:80/", "http://169.254.169.254/x"]
        {
            assert!(is_local(local), "{local}");
        }
        for remote in ["https://kms.eu-north-1.amazonaws.com/", "http://10.0.0.1:3128/", "nonsense"] {
            assert!(!is_local(remote), "{remote}");
        }
    }

    #[test]
    fn a_bundle_that_is_none_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = tls_context(Some(file.path().to_owned())).unwrap_err().to_string();
        assert!(error.contains("holds no certificate") && error.contains(file.path().to_str().unwrap()), "{error}");
        assert!(matches!(tls_context(Some("/nowhere.pem".into())), Err(TransportError::Bundle { .. })));
    }
}
