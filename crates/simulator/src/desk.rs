//! The others' side of a response: Jira, ServiceNow, a webhook's receiver and a mail server on loopback, with faults on command.

mod break_down;
mod page;
mod single;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use break_down::{Breakdown, DeskFault};
use break_down::{Delivery, Faults};

use crate::jira::{Issue, Jira, JiraSetup};
use crate::server::{Host, accept};
use crate::servicenow::{Incident, ServiceNow, ServiceNowSetup};
use crate::smtp::{Mail, Post, SmtpFault, SmtpSetup};
use crate::webhook::{Delivered, Webhook};
use crate::wire::{Body, Request};

/// The most requests that are remembered.
const MAX_SEEN: usize = 10_000;

/// How a desk behaves.
#[derive(Debug, Clone)]
pub struct DeskOptions {
    /// Where to listen for HTTP; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Where to listen for mail.
    pub smtp_listen: SocketAddr,
    /// Jira, at `/jira`.
    pub jira: JiraSetup,
    /// ServiceNow, at `/servicenow`.
    pub servicenow: ServiceNowSetup,
    /// The mail server.
    pub smtp: SmtpSetup,
    /// The secret that deliveries to `/webhook` are signed with.
    pub webhook_secret: String,
}

impl Default for DeskOptions {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any,
            smtp_listen: any,
            jira: JiraSetup::default(),
            servicenow: ServiceNowSetup::default(),
            smtp: SmtpSetup::default(),
            webhook_secret: "any-secret".to_owned(),
        }
    }
}

/// A request that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// `POST`.
    pub method: String,
    /// `/jira/rest/api/3/issue`.
    pub path: String,
    /// The parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The body, if it was JSON.
    pub body: Value,
}

/// A reply of one of the systems.
#[derive(Debug, Clone)]
pub(crate) struct DeskReply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl DeskReply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let content_type = "application/json;charset=UTF-8";
        Self { status, content_type, headers: Vec::new(), body: body.to_string().into() }
    }

    pub(crate) fn html(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: "text/html;charset=UTF-8", headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body: Bytes::new() }
    }
}

/// All that the desk knows.
#[derive(Debug)]
struct State {
    jira: Jira,
    servicenow: ServiceNow,
    webhook: Webhook,
    faults: Faults,
    seen: Vec<Seen>,
}

struct Desk {
    state: Arc<Mutex<State>>,
    post: Arc<Mutex<Post>>,
}

/// A desk that runs, until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningDesk {
    address: SocketAddr,
    smtp_address: SocketAddr,
    state: Arc<Mutex<State>>,
    post: Arc<Mutex<Post>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RunningDesk {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where it cannot listen on the addresses.
    pub async fn start(options: DeskOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let mails = TcpListener::bind(options.smtp_listen).await?;
        let (address, smtp_address) = (listener.local_addr()?, mails.local_addr()?);
        let state = State {
            jira: Jira::new(options.jira, format!("http://{address}/jira")),
            servicenow: ServiceNow::new(options.servicenow),
            webhook: Webhook::new(options.webhook_secret),
            faults: Faults::default(),
            seen: Vec::new(),
        };
        let (state, post) = (Arc::new(Mutex::new(state)), Arc::new(Mutex::new(Post::new(options.smtp))));
        let (stop, stopped) = watch::channel(false);
        let host = Arc::new(Desk { state: state.clone(), post: post.clone() });
        let tasks = vec![
            tokio::spawn(accept(listener, host, stopped.clone())),
            tokio::spawn(crate::smtp::accept(mails, post.clone(), stopped)),
        ];
        Ok(Self { address, smtp_address, state, post, stop, tasks })
    }

    /// The page that shows what there is: `http://127.0.0.1:40123/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Jira's base URL.
    #[must_use]
    pub fn jira_url(&self) -> String {
        format!("http://{}/jira", self.address)
    }

    /// ServiceNow's base URL.
    #[must_use]
    pub fn servicenow_url(&self) -> String {
        format!("http://{}/servicenow", self.address)
    }

    /// Where the webhook's receiver is.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// Where the mail server listens.
    #[must_use]
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp_address
    }

    /// Puts other faults in the place of those there are.
    pub fn set_faults(&self, faults: Vec<DeskFault>) {
        lock(&self.state).faults = Faults::new(faults);
    }

    /// Puts other faults of the mail server in the place of those there are.
    pub fn set_smtp_faults(&self, faults: Vec<SmtpFault>) {
        lock(&self.post).set_faults(faults);
    }

    /// The requests so far, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// How many requests had this method and a path that ends so.
    #[must_use]
    pub fn count(&self, method: &str, ending: &str) -> usize {
        lock(&self.state).seen.iter().filter(|seen| seen.method == method && seen.path.ends_with(ending)).count()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.state).seen.clear();
    }

    /// Jira's issues, in the order in which they were created; the deleted ones too.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        lock(&self.state).jira.issues().to_vec()
    }

    /// Changes Jira behind the client's back: moves an issue, deletes one, finds what was hidden by search lag.
    pub fn jira<T>(&self, change: impl FnOnce(&mut Jira) -> T) -> T {
        change(&mut lock(&self.state).jira)
    }

    /// ServiceNow's records, in the order in which they were created.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        lock(&self.state).servicenow.incidents().to_vec()
    }

    /// Changes ServiceNow behind the client's back.
    pub fn servicenow<T>(&self, change: impl FnOnce(&mut ServiceNow) -> T) -> T {
        change(&mut lock(&self.state).servicenow)
    }

    /// What was delivered to the webhook, each delivery with whether its signature was right.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivered> {
        lock(&self.state).webhook.delivered().to_vec()
    }

    /// The mails that were accepted.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.post).mails().to_vec()
    }

    /// Changes the mail server's password.
    pub fn rotate_mail_password(&self, password: &str) {
        lock(&self.post).rotate(password);
    }

    /// Stops listening, and ends all connections.
    pub async fn stop(self) {
        // Nobody listens any more where the tasks have ended by themselves.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

impl Host for Desk {
    async fn respond(&self, request: Request) -> Option<Response<Body>> {
        let (reply, delivery) = self.answer(&request);
        if !delivery.wait.is_zero() {
            tokio::time::sleep(delivery.wait).await;
        }
        (!delivery.reset).then(|| response(reply, delivery.half))
    }
}

impl Desk {
    fn answer(&self, request: &Request) -> (DeskReply, Delivery) {
        let path = request.uri.path().to_owned();
        let query = crate::wire::decode_form(request.uri.query().unwrap_or_default().as_bytes());
        if let Some(reply) = self.shown(request, &path) {
            return (reply, Delivery::default());
        }
        let mut state = lock(&self.state);
        if state.seen.len() < MAX_SEEN {
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            state.seen.push(Seen {
                method: request.method.to_string(),
                path: path.clone(),
                query: query.clone(),
                body,
            });
        }
        let fault = state.faults.strike(request.method.as_str(), &path);
        match fault {
            Some(fault) if !fault.is_after() => fault.refusal(),
            fault => {
                let reply = state.route(request, &path, &query);
                fault.map_or((reply.clone(), Delivery::default()), |fault| fault.spoil(reply))
            }
        }
    }

    /// The pages for people, and for scripts.
    fn shown(&self, request: &Request, path: &str) -> Option<DeskReply> {
        let is_look = request.method == http::Method::GET;
        match path {
            "/" if is_look => {
                let (state, post) = (lock(&self.state), lock(&self.post));
                Some(DeskReply::html(200, page::html(&page::Shown::of(&state, &post))))
            }
            "/index.json" if is_look => {
                let (state, post) = (lock(&self.state), lock(&self.post));
                Some(DeskReply::json(200, &page::json(&page::Shown::of(&state, &post))))
            }
            _ if is_look => self.single(path, request.uri.query().unwrap_or_default()),
            _ => None,
        }
    }

    /// One ticket or mail, by the address that people are sent to.
    fn single(&self, path: &str, query: &str) -> Option<DeskReply> {
        let state = lock(&self.state);
        let page = if let Some(key) = path.strip_prefix("/jira/browse/") {
            let is_it = |issue: &&Issue| issue.key == key || issue.old_keys.iter().any(|old| old == key);
            state.jira.issues().iter().filter(|issue| !issue.is_deleted).find(is_it).map(single::issue)
        } else if path == "/servicenow/nav_to.do" {
            let asked = crate::wire::decode_form(query.as_bytes());
            let uri = asked.iter().find(|(name, _)| name == "uri").map_or("", |(_, value)| value.as_str());
            let is_it = |record: &&Incident| uri.ends_with(&format!("sys_id={}", record.sys_id));
            state.servicenow.incidents().iter().find(is_it).map(single::incident)
        } else {
            let number: usize = path.strip_prefix("/mails/")?.parse().ok()?;
            lock(&self.post).mails().get(number.checked_sub(1)?).map(single::mail)
        };
        page.map(|page| DeskReply::html(200, page))
    }
}

impl State {
    fn route(&mut self, request: &Request, path: &str, query: &[(String, String)]) -> DeskReply {
        let now = Instant::now();
        if let Some(rest) = path.strip_prefix("/jira/") {
            return self.jira.answer(request, rest, query, now);
        }
        // The form of Atlassian's gateway.
        if let Some(rest) = path.strip_prefix("/ex/jira/") {
            return match rest.split_once('/') {
                Some((cloud, rest)) if cloud == self.jira.cloud_id() => self.jira.answer(request, rest, query, now),
                _ => DeskReply::empty(404),
            };
        }
        if let Some(rest) = path.strip_prefix("/servicenow/") {
            return self.servicenow.answer(request, rest, query);
        }
        if path == "/webhook" {
            return self.webhook.answer(request);
        }
        DeskReply::html(404, "<h1>Not Found</h1>")
    }
}

fn response(reply: DeskReply, half: bool) -> Response<Body> {
    let mut response = Response::new(if half { Body::half(&reply.body) } else { Body::whole(reply.body) });
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// How long a slow fault takes at most: a minute.
const MAX_WAIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn asked(desk: &RunningDesk, request: &str) -> String {
        let mut stream = std::net::TcpStream::connect(desk.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(desk: &RunningDesk, path: &str) -> String {
        asked(desk, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_newcomer_sees_what_came_and_none_of_it_is_markup() {
        let desk = RunningDesk::start(DeskOptions::default()).await.unwrap();
        let body = serde_json::json!({ "fields": { "project": { "key": "SEC" }, "issuetype": { "name": "Task" },
                                                   "summary": "<script>alert(1)</script>" } })
        .to_string();
        let request = format!(
            "POST /jira/rest/api/3/issue HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer any-token\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        assert!(asked(&desk, &request).starts_with("HTTP/1.1 201"));
        let page = get(&desk, "/");
        assert!(
            page.contains("<h2>Jira: 1</h2>") && page.contains("SEC-1") && page.contains("&lt;script&gt;"),
            "{page}"
        );
        assert!(!page.contains("<script"));
        assert!(get(&desk, "/index.json").contains("\"key\":\"SEC-1\""));
        assert!(page.contains("href=\"/jira/browse/SEC-1\""), "{page}");
        let issue = get(&desk, "/jira/browse/SEC-1");
        assert!(issue.contains("<h1>SEC-1: &lt;script&gt;") && !issue.contains("<script"), "{issue}");
        // Whoever looks is not counted among the requests.
        assert_eq!(desk.requests().len(), 1);
        for nowhere in ["/jira/browse/SEC-2", "/mails/0", "/mails/x", "/servicenow/nav_to.do?uri=incident.do"] {
            assert!(!get(&desk, nowhere).starts_with("HTTP/1.1 200"), "{nowhere}");
        }
        assert!(get(&desk, "/jira/rest/api/3/myself").starts_with("HTTP/1.1 401"));
        desk.stop().await;
    }
}
