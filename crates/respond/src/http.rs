//! The one HTTP client of ticket systems and webhooks: bounded in time and size, without repeats, and kept out of private networks.

mod call;
mod fate;
mod gate;
mod guard;
mod redact;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use call::{Answer, Call};
pub use guard::{Guard, NotReached, Refused};
pub(crate) use redact::redacted;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::failure::Failure;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER: usize = 8 << 20;

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Whether addresses of private networks and of this machine may be reached: Jira Data Center often is at one.
    pub allow_private: bool,
    /// Whether the proxy named in the environment (`HTTPS_PROXY`, `NO_PROXY` …) is used. The proxy then resolves the names, so
    /// that only addresses written as such are still checked here: the proxy's own rules are the guard.
    pub proxy: bool,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long a call may take from beginning to end.
    pub total: Duration,
    /// Certificates (PEM) that are trusted besides the machine's.
    pub authorities: Vec<u8>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allow_private: false,
            proxy: true,
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
            authorities: Vec::new(),
        }
    }
}

/// The client. Cloning it shares its connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    guard: Arc<Guard>,
    gate: Arc<gate::Gate>,
}

impl Http {
    /// A client with these options.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(options: &HttpOptions) -> Result<Self, Failure> {
        let guard = Arc::new(Guard::new(options.allow_private, options.proxy));
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&options.authorities)?)
            .dns_resolver(guard.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect)
            .timeout(options.total)
            // A connection that the other side has closed meanwhile would make the fate of a call unknown.
            .pool_idle_timeout(Duration::from_secs(5))
            .user_agent(concat!("keyreeve/", env!("CARGO_PKG_VERSION")));
        let builder = if options.proxy { builder } else { builder.no_proxy() };
        let client = builder.build().map_err(|error| Failure::never(format!("setting up HTTP: {}", said(&error))))?;
        Ok(Self { client, guard, gate: Arc::default() })
    }

    /// Makes a call, once. Whatever status comes back is an answer; [`Answer::accepted`] judges it.
    ///
    /// # Errors
    /// Where the address is not allowed, the host asked to wait and the time has not come, or no answer came.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let name = call.name();
        self.guard.check(&call.url).map_err(|why| Failure::never(format!("{name}: {why}")))?;
        self.gate.pass(&call.url, Instant::now()).map_err(|left| {
            Failure::later(format!("{name}: it asked us to wait, another {} s", left.as_secs() + 1), Some(left))
        })?;
        let mut request = self.client.request(call.method.clone(), call.url.clone()).headers(call.headers.clone());
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        let response = request.send().await.map_err(|error| fate::of_error(&call, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = match read(response).await {
            Ok(body) => body,
            // What the status says stands without its body.
            Err(_) if !status.is_success() => Vec::new(),
            Err(why) => return Err(fate::unreadable(&call, status, &why)),
        };
        let answer = Answer::new(&call, status, headers, body);
        self.gate.heed(&call.url, &answer, Instant::now());
        Ok(answer)
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| said(&error))? {
        if body.len() + part.len() > MAX_ANSWER {
            return Err(format!("the answer is longer than {} MiB", MAX_ANSWER >> 20));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// An error in one line, with its causes, without the address: that may have something secret in it.
fn said(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "it took too long".to_owned() } else { String::new() };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(error) = cause {
        let next = error.to_string();
        // Wrappers repeat what they wrap.
        if !text.ends_with(&next) {
            text = if text.is_empty() { next } else { format!("{text}: {next}") };
        }
        cause = error.source();
    }
    if text.is_empty() { "the connection failed".to_owned() } else { text.chars().take(300).collect() }
}

fn tls(authorities: &[u8]) -> Result<rustls::ClientConfig, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    // Single certificates that cannot be read are left out: others may do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        let added = certificate.map_err(|error| error.to_string());
        let added = added.and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added.map_err(|error| Failure::never(format!("reading the configured certificates: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Failure::never(format!("setting up TLS: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The address of something below a base address: its path's parts are escaped, so that none can leave its place.
///
/// # Errors
/// Where the base cannot have a path.
pub fn below(base: &Url, parts: &[&str]) -> Result<Url, Failure> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    match url.path_segments_mut() {
        Ok(mut segments) => {
            // `.` and `..` would be resolved, not escaped.
            if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
                return Err(Failure::never(format!("{:?} is no part of an address", parts.join("/"))));
            }
            segments.pop_if_empty().extend(parts);
        }
        Err(()) => return Err(Failure::never("an address without a path cannot be called".to_owned())),
    }
    Ok(url)
}

/// A configured base address: `http` or `https`, with a host, without user, password, query and fragment.
///
/// # Errors
/// Where it is anything else; what was written is not repeated, for it may have a password in it.
pub fn base(name: &str, text: &str) -> Result<Url, Failure> {
    let fault = |why: &str| Err(Failure::never(format!("{name}: {why}")));
    let Ok(url) = Url::parse(text) else { return fault("not an address: write `https://host/path`") };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return fault("not an address that starts with `https://`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault("the address has a user or password in it: name them by reference instead");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault("the address has a `?` or `#` in it");
    }
    Ok(url)
}

#[cfg(test)]
pub(crate) mod front;
#[cfg(test)]
mod tests;
