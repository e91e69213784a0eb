//! One pool of connections for everything that is asked of AWS, by proxy or directly, for us and for the SDK.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use reqwest::{Client, Url};
use thiserror::Error;

use super::{ATTEMPT, READ, TransportError, chain};

/// Connecting, TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer that is read. A page of 1,000 keys has 200 kB; the largest page of grants some MB.
const MAX_ANSWER: usize = 16 << 20;
/// Idle connections that are kept for one host.
const IDLE: usize = 512;

/// Connections. Cloning them shares them.
#[derive(Clone)]
pub(super) struct Connections {
    /// Loopback and link-local addresses are never asked by proxy: emulators, and the metadata of the machine itself.
    direct: Client,
    proxied: Client,
}

/// Why there is no answer, or only a part of one.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("the request cannot be sent: {why}")]
    Unsendable { why: String },
    #[error("no answer began within {within:?}")]
    Late { within: Duration },
    #[error(transparent)]
    Asking(reqwest::Error),
    #[error("the answer broke off")]
    Reading(#[source] reqwest::Error),
    #[error("the answer has more than {MAX_ANSWER} bytes")]
    TooLong,
}

impl Broken {
    pub(super) fn is_timeout(&self) -> bool {
        match self {
            Self::Late { .. } => true,
            Self::Asking(error) | Self::Reading(error) => error.is_timeout(),
            Self::Unsendable { .. } | Self::TooLong => false,
        }
    }

    /// Whether there was no connection at all, so that nothing can have been sent.
    pub(super) fn is_unsent(&self) -> bool {
        match self {
            Self::Unsendable { .. } => true,
            Self::Asking(error) => error.is_connect() || error.is_builder(),
            Self::Late { .. } | Self::Reading(_) | Self::TooLong => false,
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address of a proxy may have a password in it.
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

impl Connections {
    pub(super) fn new(tls: rustls::ClientConfig) -> Result<Self, TransportError> {
        let built = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| TransportError::Tls { message: chain(&error.without_url()) })
        };
        Ok(Self { direct: built(builder(tls.clone()).no_proxy())?, proxied: built(builder(tls))? })
    }

    /// Sends a request, once, and waits for the head of the answer, which is whatever came back: no redirect is followed.
    pub(super) async fn ask(
        &self,
        request: http::Request<Bytes>,
        within: Duration,
    ) -> Result<reqwest::Response, Broken> {
        let request = sendable(request).map_err(|why| Broken::Unsendable { why })?;
        let client = if is_local(request.url()) { &self.direct } else { &self.proxied };
        let answered = tokio::time::timeout(within, client.execute(request)).await;
        // What is asked for stands in some addresses; whoever reads the message knows where we asked.
        answered.map_err(|_| Broken::Late { within })?.map_err(|error| Broken::Asking(error.without_url()))
    }

    /// Them, as the SDK takes them. It says how long its answers may take: the metadata of a machine that has none is not waited for.
    pub(super) fn for_sdk(&self) -> SharedHttpClient {
        let connections = self.clone();
        http_client_fn(move |settings, _| {
            let within = settings.read_timeout().map_or(READ, |asked| asked.min(READ));
            SharedHttpConnector::new(ForSdk { connections: connections.clone(), within })
        })
    }
}

fn builder(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE)
        // Signatures hold for one address, and credentials are for nobody else.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Only the loop in `client` repeats.
        .retry(reqwest::retry::never())
        // Bodies are what came over the wire, whatever features others turn on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
}

/// The request, with its Host as it was signed: an address that is parsed anew may be written differently (`LOCALHOST`, `127.1`).
pub(super) fn sendable(request: http::Request<Bytes>) -> Result<reqwest::Request, String> {
    let (parts, body) = request.into_parts();
    let host = parts.uri.host().ok_or("its address has no host")?;
    let url = Url::parse(&parts.uri.to_string()).map_err(|error| error.to_string())?;
    let mut sent = reqwest::Request::new(parts.method, url);
    *sent.headers_mut() = parts.headers;
    if !sent.headers().contains_key(HOST) {
        let port = sent.url().port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = HeaderValue::from_str(&format!("{host}{port}")).map_err(|error| error.to_string())?;
        sent.headers_mut().insert(HOST, host);
    }
    *sent.body_mut() = Some(body.into());
    Ok(sent)
}

/// The body of an answer, as long as it is bearable.
pub(super) async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Broken> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| Broken::Reading(error.without_url()))? {
        if body.len() + part.len() > MAX_ANSWER {
            return Err(Broken::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        // EC2's metadata and the credentials of containers have unique local addresses of their own (fd00:ec2::/32).
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local() || ip.segments()[..2] == [0xfd00, 0xec2],
        Err(_) => host == "localhost",
    }
}

/// Connections for the SDK, answers to which begin within a time.
#[derive(Debug, Clone)]
struct ForSdk {
    connections: Connections,
    within: Duration,
}

impl HttpConnector for ForSdk {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let answered = tokio::time::timeout(ATTEMPT, this.answer(request)).await;
            answered.unwrap_or(Err(Broken::Late { within: ATTEMPT })).map_err(of_sdk)
        })
    }
}

impl ForSdk {
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, Broken> {
        let unsendable = |why: String| Broken::Unsendable { why };
        let request = request.try_into_http1x().map_err(|error| unsendable(error.to_string()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().ok_or_else(|| unsendable("its body is not in memory".to_owned()))?;
        let body = Bytes::copy_from_slice(body);
        let response = self.connections.ask(http::Request::from_parts(parts, body), self.within).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = http::Response::new(SdkBody::from(read(response).await?));
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        HttpResponse::try_from(answer).map_err(|error| unsendable(error.to_string()))
    }
}

/// As the SDK tells its errors apart: what it may try again, and what moves it on to the next source of credentials.
fn of_sdk(why: Broken) -> ConnectorError {
    match why {
        _ if why.is_timeout() => ConnectorError::timeout(why.into()),
        Broken::Unsendable { .. } => ConnectorError::user(why.into()),
        Broken::TooLong => ConnectorError::other(why.into(), None),
        _ => ConnectorError::io(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_link_local_are_asked_directly() {
        for local in [
            "http://127.0.0.1:4566/",
            "http://127.1/",
            "http://localhost:5000",
            "http://LOCALHOST/",
            "http://[::1]:80/",
            "http://169.254.169.254/x",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/latest",
        ] {
            assert!(is_local(&Url::parse(local).unwrap()), "{local}");
        }
        for remote in ["https://kms.eu-north-1.amazonaws.com/", "http://10.0.0.1:3128/", "http://[fd00::1]/"] {
            assert!(!is_local(&Url::parse(remote).unwrap()), "{remote}");
        }
    }
}
