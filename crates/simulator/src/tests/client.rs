//! A client that is as small as it can be: one connection a request, signed by hand.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::Value;

use crate::wire::{Request, credential, sign};

/// Somebody who calls from somewhere.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) address: String,
    pub(super) access_key: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) region: String,
    /// Seconds that its clock is late.
    pub(super) late: i64,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Response {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The code and message of an error.
    pub(super) fn error(&self) -> (String, String) {
        assert_ne!(self.status, 200, "{}", self.body);
        if self.body.starts_with('<') {
            return (self.element("Code"), self.element("Message"));
        }
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let code = self.header("x-amzn-errortype").map_or_else(|| text("__type"), str::to_owned);
        (code, if body["message"].is_null() { text("Message") } else { text("message") })
    }

    pub(super) fn code(&self) -> String {
        self.error().0
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What stands in an element of XML.
    pub(super) fn element(&self, name: &str) -> String {
        let start = self.body.split(&format!("<{name}>")).nth(1).unwrap_or_default();
        start.split("</").next().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub(super) fn user(endpoint: &str, account: &str, region: &str) -> Self {
        Self {
            address: endpoint.trim_start_matches("http://").to_owned(),
            access_key: crate::access_key_id(account),
            secret: crate::ANY_SECRET.to_owned(),
            token: None,
            region: region.to_owned(),
            late: 0,
        }
    }

    pub(super) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    pub(super) fn of_account(&self, account: &str) -> Self {
        Self { access_key: crate::access_key_id(account), token: None, ..self.clone() }
    }

    /// A session of a role.
    pub(super) fn assume(&self, account: &str, role: &str, external_id: Option<&str>) -> Result<Self, Response> {
        let arn = format!("arn:aws:iam::{account}:role/{role}").replace(':', "%3A").replace('/', "%2F");
        let mut form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=keyreeve");
        if let Some(id) = external_id {
            form.push_str(&format!("&ExternalId={id}"));
        }
        let response = self.sts(&form);
        if response.status != 200 {
            return Err(response);
        }
        Ok(Self {
            access_key: response.element("AccessKeyId"),
            secret: response.element("SecretAccessKey"),
            token: Some(response.element("SessionToken")),
            ..self.clone()
        })
    }

    /// A call of KMS.
    pub(super) fn kms(&self, operation: &str, body: &Value) -> Response {
        self.json("kms", "TrentService", operation, body)
    }

    /// As [`Client::kms`], of which only a right answer will do.
    pub(super) fn ok(&self, operation: &str, body: &Value) -> Value {
        let response = self.kms(operation, body);
        assert_eq!(response.status, 200, "{operation} {body}: {}", response.body);
        if response.body.is_empty() { Value::Null } else { response.json() }
    }

    /// All pages of a list of KMS's.
    pub(super) fn all(&self, operation: &str, list: &str, body: &Value) -> Vec<Value> {
        let (mut body, mut all) = (body.clone(), Vec::new());
        loop {
            let page = self.ok(operation, &body);
            all.extend(page[list].as_array().unwrap().iter().cloned());
            assert_eq!(page["Truncated"].as_bool().unwrap(), !page["NextMarker"].is_null(), "{page}");
            let Some(next) = page["NextMarker"].as_str() else { return all };
            body["Marker"] = next.into();
        }
    }

    pub(super) fn organizations(&self, operation: &str, body: &Value) -> Response {
        self.json("organizations", "AWSOrganizationsV20161128", operation, body)
    }

    pub(super) fn json(&self, service: &str, target: &str, operation: &str, body: &Value) -> Response {
        let target = format!("{target}.{operation}");
        let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
        self.send(service, "POST", "/", &headers, &body.to_string()).unwrap()
    }

    pub(super) fn sts(&self, form: &str) -> Response {
        self.send("sts", "POST", "/", &[("content-type", "application/x-www-form-urlencoded")], form).unwrap()
    }

    pub(super) fn account(&self, path: &str, body: &Value) -> Response {
        self.send("account", "POST", path, &[("content-type", "application/json")], &body.to_string()).unwrap()
    }

    /// Signs and sends.
    pub(super) fn send(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Response> {
        let now = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(self.late)).unwrap();
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut all = vec![("host", self.address.as_str()), ("x-amz-date", date.as_str())];
        if let Some(token) = &self.token {
            all.push(("x-amz-security-token", token));
        }
        all.extend(headers);
        let mut names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let scope = format!("{}/{}/{}/{service}/aws4_request", self.access_key, &date[..8], self.region);
        let unsigned = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={}, Signature=", names.join(";"));
        let mut map = HeaderMap::new();
        for (name, value) in &all {
            map.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        map.insert("authorization", HeaderValue::from_str(&format!("{unsigned}x")).unwrap());
        let (method_, uri) = (Method::try_from(method).unwrap(), Uri::try_from(path).unwrap());
        let request = Request { method: method_, uri, headers: map, body: Bytes::from(body.to_owned()) };
        let signature = sign(&request, &credential(&request).unwrap(), &self.secret, &date);
        let authorization = format!("{unsigned}{signature}");
        all.push(("authorization", &authorization));
        self.raw(method, path, &all, body)
    }

    /// Sends as it is.
    pub(super) fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Response> {
        let mut stream = TcpStream::connect(&self.address)?;
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            text.push_str("host: localhost\r\n");
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
        let mut received = Vec::new();
        stream.read_to_end(&mut received)?;
        parse(&String::from_utf8_lossy(&received))
    }
}

fn parse(text: &str) -> std::io::Result<Response> {
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) {
        return Err(broken());
    }
    Ok(Response { status: status.ok_or_else(broken)?, headers, body: body.to_owned() })
}
