//! A call, and the answer to it.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use super::fate;
use crate::failure::Failure;
use crate::secret::Secret;

/// A call to be made.
#[derive(Clone)]
pub struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// Whether it changes something, so that its fate matters.
    pub(super) changes: bool,
    pub(super) secrets: Vec<Secret>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("name", &self.name()).field("changes", &self.changes).finish_non_exhaustive()
    }
}

impl Call {
    /// A look: nothing changes by it.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::of(Method::GET, url, false)
    }

    /// A change.
    #[must_use]
    pub fn change(method: Method, url: Url) -> Self {
        Self::of(method, url, true)
    }

    /// A question that is asked by POST: nothing changes by it.
    #[must_use]
    pub fn ask(url: Url) -> Self {
        Self::of(Method::POST, url, false)
    }

    fn of(method: Method, url: Url, changes: bool) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self { method, url, headers, body: None, changes, secrets: Vec::new() }
    }

    /// Asks with these parameters.
    #[must_use]
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Sends JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Sends bytes.
    #[must_use]
    pub fn body(mut self, kind: &'static str, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = Some(body);
        self
    }

    /// Sends a form.
    #[must_use]
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let mut url = self.url.clone();
        url.set_query(None);
        url.query_pairs_mut().extend_pairs(pairs);
        let form = url.query().unwrap_or_default().as_bytes().to_vec();
        self.body("application/x-www-form-urlencoded", form)
    }

    /// Sends a header. One that cannot be sent is left out: names are ours, values were checked.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sends a header with a secret in it, which is then removed from all that is said about the call.
    ///
    /// # Errors
    /// Where it cannot stand in a header.
    pub fn secret(mut self, name: &'static str, before: &str, secret: &Secret) -> Result<Self, Failure> {
        let text = format!("{before}{}", secret.reveal());
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Failure::login(format!("{}: the secret cannot stand in a header", self.name())))?;
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        self.secrets.push(secret.clone());
        Ok(self)
    }

    /// Remembers a secret that is sent otherwise, so that it is removed from all that is said about the call.
    #[must_use]
    pub fn hiding(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// Logs in with user and password.
    ///
    /// # Errors
    /// Where they cannot stand in a header.
    pub fn basic(self, user: &str, password: &Secret) -> Result<Self, Failure> {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.reveal()));
        self.hiding(password).secret(AUTHORIZATION, "Basic ", &Secret::new(pair))
    }

    /// Logs in with a token.
    ///
    /// # Errors
    /// Where it cannot stand in a header.
    pub fn bearer(self, token: &Secret) -> Result<Self, Failure> {
        self.secret(AUTHORIZATION, "Bearer ", token)
    }

    /// What the call is called in messages: method, host and path, and nothing of its parameters.
    #[must_use]
    pub fn name(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{} {}{port}{}", self.method, self.url.host_str().unwrap_or_default(), self.url.path())
    }
}

const AUTHORIZATION: &str = "authorization";

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
    call: Call,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("call", &self.call).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    pub(super) fn new(call: &Call, status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        let call = Call { body: None, ..call.clone() };
        Self { status, headers, body, call }
    }

    /// The answer, if its status says that it was done.
    ///
    /// # Errors
    /// Where it says anything else.
    pub fn accepted(self) -> Result<Self, Failure> {
        if self.status.is_success() { Ok(self) } else { Err(self.failure()) }
    }

    /// What the status says of the call's fate.
    #[must_use]
    pub fn failure(&self) -> Failure {
        fate::of_status(&self.call, self.status, &self.headers, &self.body)
    }

    /// What was answered, as JSON.
    ///
    /// # Errors
    /// Where it is not: what such an answer to a change means, nobody knows.
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|_| fate::unreadable(&self.call, self.status, "the answer is not JSON"))
    }

    /// What the call is called in messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.call.name()
    }

    /// Whether the call was a change.
    #[must_use]
    pub fn is_of_change(&self) -> bool {
        self.call.changes
    }

    /// A header, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What was answered, as JSON, if it is that.
    #[must_use]
    pub fn maybe_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// An answer that lacks what it must have.
    #[must_use]
    pub fn lacks(&self, what: &str) -> Failure {
        fate::unreadable(&self.call, self.status, &format!("the answer has no {what}"))
    }
}
