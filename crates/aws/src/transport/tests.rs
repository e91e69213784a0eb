//! What reaches AWS and what becomes of its answers, against a server that answers what it is told to.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::operation::GET_CALLER_IDENTITY;

#[path = "../../../respond/src/http/front.rs"]
mod front;

/// A server. It answers every request with the same bytes, or with silence.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let heard = heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), heard.clone()));
            }
        });
        Self { address, heads }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Vec<u8>, heard: Arc<Mutex<Vec<String>>>) {
    let mut text = Vec::new();
    loop {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(read) => text.extend_from_slice(&part[..read]),
        }
        let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(text[..end].to_vec()).unwrap();
        let length = value(&head, "content-length").map_or(0, |length| length.parse::<usize>().unwrap());
        if text.len() < end + 4 + length {
            continue;
        }
        text.drain(..end + 4 + length);
        heard.lock().unwrap().push(head);
        if answer.is_empty() {
            continue;
        }
        if stream.write_all(&answer).await.is_err() || answer.ends_with(CUT) {
            return;
        }
    }
}

/// An answer that ends so ends the connection, too.
const CUT: &[u8] = b"cut";

fn value(head: &str, name: &str) -> Option<String> {
    let (_, value) = head.lines().filter_map(|line| line.split_once(": ")).find(|(known, _)| *known == name)?;
    Some(value.to_owned())
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn transport() -> Transport {
    Transport::new(None).unwrap()
}

async fn post(transport: &Transport, url: &str) -> Result<Reply, Failure> {
    let identity = identity_of(Credentials::new("AKIAEXAMPLE", "s3cr3t", Some("t0k3n".to_owned()), None, "test"));
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let (service, region) = ("sts", "eu-north-1");
    let request =
        Request { method: "POST", url, service, region, headers: &headers, body: b"Action=GetCallerIdentity" };
    transport.send(&GET_CALLER_IDENTITY, &request, &identity).await
}

/// As the SDK asks, with the time that it gives.
async fn get(url: &str, read_timeout: Option<Duration>) -> Result<(u16, Vec<u8>), ConnectorError> {
    let mut settings = HttpConnectorSettings::builder();
    settings.set_read_timeout(read_timeout);
    let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
    let connector: SharedHttpConnector = {
        use aws_smithy_runtime_api::client::http::HttpClient as _;
        transport().for_sdk().http_connector(&settings.build(), &components)
    };
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).unwrap();
    request.headers_mut().insert("x-amz-sso_bearer_token", "t0k3n");
    let response = {
        use aws_smithy_runtime_api::client::http::HttpConnector as _;
        connector.call(request).await?
    };
    Ok((response.status().as_u16(), response.body().bytes().unwrap().to_vec()))
}

/// An address of this machine at which nobody listens.
async fn deserted() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_our_credentials_follow_it_nowhere() {
    let thief = Server::start(answer("200 OK", "", b"")).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let leading = Server::start(answer(status, &format!("Location: {}\r\n", thief.url()), b"elsewhere")).await;
        let reply = post(&transport(), &leading.url()).await.unwrap();
        assert_eq!((reply.status.to_string().as_str(), reply.body.as_slice()), (&status[..3], &b"elsewhere"[..]));
        assert_eq!(get(&leading.url(), None).await.unwrap().0.to_string(), status[..3]);
        assert_eq!(leading.heads().len(), 2, "{status}");
    }
    assert!(thief.heads().is_empty(), "{:?}", thief.heads());
}

#[tokio::test]
async fn a_body_is_what_came_and_is_not_asked_for_in_another_form() {
    let packed = b"\x1f\x8b\x08\x00 not even gzip";
    let server = Server::start(answer("200 OK", "Content-Encoding: gzip\r\n", packed)).await;
    assert_eq!(post(&transport(), &server.url()).await.unwrap().body, packed);
    assert_eq!(value(&server.heads()[0], "accept-encoding"), None);
}

#[tokio::test]
async fn what_is_sent_has_the_host_that_was_signed_and_nothing_of_answers_before() {
    let server = Server::start(answer("200 OK", "Set-Cookie: a=b\r\nConnection: keep-alive\r\n", b"")).await;
    let transport = transport();
    for host in ["127.0.0.1", "LOCALHOST", "127.1"] {
        post(&transport, &format!("http://{host}:{}/", server.address.port())).await.unwrap();
        let heads = server.heads();
        let head = heads.last().unwrap();
        assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
        assert_eq!(value(head, "host"), Some(format!("{host}:{}", server.address.port())));
        assert_eq!(head.matches("host: ").count(), 1, "{head}");
        let signed = value(head, "authorization").unwrap();
        assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"), "{signed}");
        assert_eq!(value(head, "x-amz-security-token").as_deref(), Some("t0k3n"));
        assert!(value(head, "user-agent").unwrap().starts_with("keyreeve/"), "{head}");
        assert_eq!((value(head, "cookie"), value(head, "referer")), (None, None));
    }
    let usual = |url: &str| {
        let request = http::Request::builder().uri(url).body(Bytes::new()).unwrap();
        connections::sendable(request).unwrap().headers()["host"].to_str().unwrap().to_owned()
    };
    assert_eq!(usual("https://kms-fips.us-east-1.api.aws/"), "kms-fips.us-east-1.api.aws");
    assert_eq!(usual("https://kms.eu-north-1.amazonaws.com:443/"), "kms.eu-north-1.amazonaws.com");
    assert_eq!(usual("http://vpce.example:80"), "vpce.example");
    assert_eq!(usual("https://vpce.example:8443/"), "vpce.example:8443");
}

#[tokio::test]
async fn a_connection_that_breaks_is_not_tried_again_and_may_have_done_its_work() {
    for cut in [b"cut".to_vec(), b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf, and cut".to_vec()] {
        let server = Server::start(cut).await;
        let failure = post(&transport(), &server.url()).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.unsent), (refusal::CONNECTION, false), "{failure}");
        assert_eq!(server.heads().len(), 1);
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent_and_nothing_of_the_request_is_told() {
    let failure = post(&transport(), &format!("http://{}/", deserted().await)).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.unsent), (refusal::CONNECTION, true), "{failure}");
    assert!(failure.message.to_lowercase().contains("refused"), "{failure}");
    let url = format!("http://{}/federation/credentials?role_name=Audit&account_id=111111111111", deserted().await);
    let error = get(&url, None).await.unwrap_err();
    assert!(error.is_io(), "{error:?}");
    let said = format!("{error:?} {}", chain(&error));
    assert!(said.to_lowercase().contains("refused"), "{said}");
    assert!(!said.contains("Audit") && !said.contains("t0k3n") && !said.contains("federation"), "{said}");
}

#[tokio::test]
async fn the_sdk_waits_as_long_as_it_says_and_is_told_that_it_was_too_long() {
    let server = Server::start(Vec::new()).await;
    let began = Instant::now();
    let error = get(&server.url(), Some(Duration::from_millis(200))).await.unwrap_err();
    assert!(error.is_timeout() && began.elapsed() < Duration::from_secs(5), "{error:?} after {:?}", began.elapsed());
    let said = chain(&error);
    assert!(said.contains("no answer began within 200ms"), "{said}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let endless = answer("200 OK", "", &vec![b' '; (16 << 20) + 1]);
    let server = Server::start(endless).await;
    let failure = post(&transport(), &server.url()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.unsent), (refusal::NO_ANSWER, false), "{failure}");
    assert!(failure.message.contains("more than 16777216 bytes"), "{failure}");
    assert!(!get(&server.url(), None).await.unwrap_err().is_io());
}

fn bundle(pem: &[u8]) -> (tempfile::NamedTempFile, Option<PathBuf>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem).unwrap();
    let path = file.path().to_owned();
    (file, Some(path))
}

#[tokio::test]
async fn a_bundle_replaces_the_systems_certificates() {
    let server = Server::start(answer("200 OK", "", b"yes")).await;
    let front = front::front(server.address).await;
    let url = format!("https://localhost:{}/", front.port());
    let (_file, path) = bundle(front::AUTHORITY);
    assert_eq!(post(&Transport::new(path).unwrap(), &url).await.unwrap().body, b"yes");
    // The certificate is for the name, not for the number.
    let (_file, path) = bundle(front::AUTHORITY);
    let by_number = format!("https://{front}/");
    assert!(post(&Transport::new(path).unwrap(), &by_number).await.is_err_and(|failure| failure.unsent));
    let failure = post(&transport(), &url).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.unsent), (refusal::CONNECTION, true), "{failure}");
    assert!(failure.message.contains("certificate") && failure.message.contains("UnknownIssuer"), "{failure}");
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn without_any_certificate_what_is_not_encrypted_can_still_be_asked() {
    let server = Server::start(answer("200 OK", "", b"yes")).await;
    let transport =
        Transport { connections: Connections::new(trust::config(rustls::RootCertStore::empty()).unwrap()).unwrap() };
    assert_eq!(post(&transport, &server.url()).await.unwrap().body, b"yes");
}

#[test]
fn a_bundle_that_is_none_is_refused_by_name() {
    for pem in ["", "nothing", "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"] {
        let (file, path) = bundle(pem.as_bytes());
        let error = Transport::new(path).unwrap_err().to_string();
        assert!(error.contains("holds no certificate") && error.contains(file.path().to_str().unwrap()), "{error}");
    }
    assert!(matches!(Transport::new(Some("/nowhere.pem".into())), Err(TransportError::Bundle { .. })));
    let half = String::from_utf8(front::AUTHORITY.to_vec()).unwrap().replace("-----END", "");
    let (file, path) = bundle(half.as_bytes());
    let error = Transport::new(path).unwrap_err().to_string();
    assert!(error.contains("are damaged") && error.contains(file.path().to_str().unwrap()), "{error}");
}

#[test]
fn what_is_shown_of_connections_has_nothing_of_proxies_in_it() {
    assert_eq!(format!("{:?}", transport()), "Transport { connections: Connections { .. } }");
}
