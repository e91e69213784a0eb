//! An API on a store in memory, asked without sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use console::token::{Role, Token, TokenDigest, Tokens};
use console::{
    About, App, Catalog, Delivery, Form, Gate, HookSecret, Hooks, Hosts, Intake, Limits, Parts, Refusal, Reply,
    Reports, Taken,
};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::rows::{
    AccountRow, FindingRow, JobRow, JobState, KeyRow, RemediationRow, RemediationState, TicketRow, TicketState,
    WorkerRow,
};
use store::{Change, Commit, EventFilter, Expect, Memory, NewEvent, Page, Store};
use tower::ServiceExt as _;

pub const ARN: &str = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
pub const KEY_STORE: &str = "arn:aws:kms:eu-north-1:111122223333:custom-key-store/cks-1";
pub const HOOK_SECRET: &[u8] = b"a-very-secret-hook-secret";

pub fn now() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

pub fn token(role: Role) -> String {
    format!("keyreeve_{:064}", role as u8 + 1)
}

/// Takes everything, and counts; what it has seen by id it refuses.
#[derive(Default)]
pub struct Door {
    pub taken: AtomicUsize,
    seen: std::sync::Mutex<std::collections::BTreeSet<String>>,
}

impl Intake for Door {
    fn take(&self, delivery: Delivery) -> Reply<'_, Taken> {
        Box::pin(async move {
            if let Some(id) = delivery.id
                && !self.seen.lock().unwrap().insert(id)
            {
                return Err(Refusal::Replayed);
            }
            self.taken.fetch_add(1, Ordering::SeqCst);
            Ok(Taken { accepted: 1, ..Taken::default() })
        })
    }
}

pub struct Paper;

impl Reports for Paper {
    fn weekly(&self, until: Timestamp, form: Form) -> Reply<'_, String> {
        Box::pin(async move {
            Ok(match form {
                Form::Json => json!({"until": until}).to_string(),
                Form::Html => "<!doctype html><title>Week</title>".to_owned(),
                Form::Markdown => "# Week".to_owned(),
            })
        })
    }
}

pub struct Api {
    pub store: Arc<Memory>,
    pub door: Arc<Door>,
    pub app: App,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub fn gate() -> Gate {
    let known =
        |role: Role| Token { name: role.name().to_owned(), role, digest: TokenDigest::of(&token(role)), expires: None };
    Gate { tokens: Tokens::new(Role::ALL.map(known).to_vec()), open: false, hosts: Hosts::Loopback }
}

pub fn api() -> Api {
    api_with(gate(), &Limits::default())
}

pub fn api_with(gate: Gate, limits: &Limits) -> Api {
    let (store, door) = (Arc::new(Memory::new()), Arc::new(Door::default()));
    let secrets = Arc::new(vec![HookSecret { name: "hub".to_owned(), secret: HOOK_SECRET.to_vec() }]);
    let detections = detection::builtin::pack_for_judging("kms").unwrap().detections;
    let app = App::new(Parts {
        store: store.clone(),
        intake: door.clone(),
        reports: Arc::new(Paper),
        now,
        wake: Arc::new(|| {}),
        gate,
        hooks: Hooks { secrets },
        triage: triage::Triage::default(),
        catalog: Catalog::new(detections),
        about: About { version: "1".to_owned(), mode: "observe".to_owned(), ..About::default() },
    });
    let router = console::router(&app, limits);
    Api { store, door, app, router }
}

impl Api {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, Some(Role::Administrator), Body::empty())).await
    }

    pub async fn post(&self, path: &str, role: Role, body: Value) -> Answer {
        self.send(request(Method::POST, path, Some(role), Body::from(body.to_string()))).await
    }

    pub async fn commit(&self, changes: Vec<Change>) {
        self.store.commit(Commit { at: now(), changes }).await.unwrap();
    }

    pub async fn events(&self) -> usize {
        let page = Page { after: None, limit: 1000 };
        self.store.events(EventFilter::default(), page).await.unwrap().len()
    }

    /// One row of everything, with that text in every field that a stranger can influence.
    pub async fn fill(&self, text: &str) {
        let facts = json!({
            "ResourceType": "AWS.KMS.Key", "Arn": ARN, "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Description": text,
            "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "KeyRotationEnabled": true,
            "Policy": json!({"Statement": [{"Sid": text}]}).to_string(), "Tags": {text: text},
            "Unknown": {"Grants": {"operation": "ListGrants", "code": "AccessDeniedException", "message": text}},
        });
        let key = |arn: &str, kind: &str| KeyRow {
            arn: arn.to_owned(),
            account_id: "111122223333".to_owned(),
            region: "eu-north-1".to_owned(),
            aliases: vec![format!("alias/{text}")],
            state: Some("Enabled".to_owned()),
            kind: kind.to_owned(),
            facts: Some(facts.to_string()),
            read: now(),
        };
        self.commit(vec![
            Change::Event(NewEvent {
                kind: "decision".to_owned(),
                subject: "f1".to_owned(),
                actor: "keyreeve".to_owned(),
                body: json!({"reason": text}),
            }),
            Change::Key(Box::new(key(ARN, "AWS.KMS.Key"))),
            Change::Key(Box::new(key(KEY_STORE, "AWS.KMS.CustomKeyStore"))),
            Change::Account(Box::new(AccountRow {
                id: "111122223333".to_owned(),
                account: json!({"id": "111122223333", "name": text, "email": text, "ou": text, "tags": {"soar:team": text}}),
                read: now(),
            })),
            Change::Finding(Box::new(finding("f1", text)), Expect::Absent),
            Change::Ticket(Box::new(ticket("t1", text)), Expect::Absent),
            Change::Remediation(Box::new(remediation("r1", text)), Expect::Absent),
            Change::Job(Box::new(job("ticket.open/j1", text, JobState::Pending))),
            Change::Worker(WorkerRow {
                name: "tickets".to_owned(),
                at: now(),
                status: text.to_owned(),
                failures: 1,
                counts: json!({"done": 1}),
            }),
        ])
        .await;
    }
}

pub fn request(method: Method, path: &str, role: Option<Role>, body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7390");
    if let Some(role) = role {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token(role)));
    }
    request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
}

pub fn finding(key: &str, text: &str) -> FindingRow {
    FindingRow {
        key: key.to_owned(),
        version: 0,
        incarnation: 1,
        finding_id: format!("finding/{text}"),
        form: "keyreeve".to_owned(),
        control: "KMS.4".to_owned(),
        resource: ARN.to_owned(),
        account_id: "111122223333".to_owned(),
        region: Some("eu-north-1".to_owned()),
        title: text.to_owned(),
        severity: "LOW".to_owned(),
        settled: false,
        text: json!({"title": text}).to_string(),
        updated: None,
        first_seen: now(),
        last_seen: now(),
        decide_at: None,
        action: Some("TEAMFIX".to_owned()),
        decision: Some(json!({"decision": "TEAMFIX", "reason": text})),
        tickets: vec!["t1".to_owned()],
        team: Some(text.to_owned()),
        settled_at: None,
    }
}

pub fn ticket(key: &str, text: &str) -> TicketRow {
    TicketRow {
        key: key.to_owned(),
        version: 0,
        destination: "jira".to_owned(),
        project: Some("SEC".to_owned()),
        kind: "TEAMFIX".to_owned(),
        group: "f1".to_owned(),
        findings: vec!["f1".to_owned()],
        state: TicketState::Open,
        external: Some(json!({"id": "1", "name": "SEC-1", "address": text})),
        severity: "LOW".to_owned(),
        title: text.to_owned(),
        account_id: "111122223333".to_owned(),
        team: Some(text.to_owned()),
        opened: Some(now()),
        due: Some("2026-11-22T05:00:00Z".parse().unwrap()),
        remind_at: None,
        reminders: 0,
        look_at: None,
        closed: None,
        closed_by_hand: false,
        outcome: None,
        said: None,
        snoozed: None,
    }
}

pub fn remediation(key: &str, text: &str) -> RemediationRow {
    RemediationRow {
        key: key.to_owned(),
        version: 0,
        finding: "f1".to_owned(),
        answers: [("f1".to_owned(), 1)].into(),
        control: "KMS.4".to_owned(),
        resource: ARN.to_owned(),
        account_id: "111122223333".to_owned(),
        plan: json!({"changes": [{"operation": "EnableKeyRotation", "why": text}]}),
        digest: "d1".to_owned(),
        state: RemediationState::AwaitingApproval,
        done: 0,
        approved_by: None,
        approved_at: None,
        note: Some(text.to_owned()),
        undo: Vec::new(),
        created: now(),
        ended: None,
    }
}

pub fn job(id: &str, text: &str, state: JobState) -> JobRow {
    JobRow {
        id: id.to_owned(),
        queue: "ticket".to_owned(),
        destination: "jira:SEC".to_owned(),
        task: json!({"open": text}),
        state,
        due: now(),
        created: now(),
        attempts: 0,
        fence: 0,
        holder: None,
        leased_until: None,
        note: Some(text.to_owned()),
    }
}
