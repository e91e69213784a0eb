//! What the resources show, and what people can do: in their own name, in the log, and never twice.

use axum::body::Body;
use console::token::Role;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use store::rows::{JobState, RemediationRow, RemediationState};
use store::{Change, EventFilter, Expect, Page, Store as _};

use super::stage::{ARN, KEY_STORE, api, job, now, remediation, request, ticket};

/// Lists and single things, one of each.
fn looks() -> Vec<String> {
    let arn = ARN.replace('/', "%2F");
    let key_store = KEY_STORE.replace('/', "%2F");
    [
        "/keys",
        &format!("/keys/{arn}"),
        &format!("/keys/{arn}/history"),
        "/custom-key-stores",
        &format!("/custom-key-stores/{key_store}"),
        "/findings",
        "/findings/f1",
        "/decisions",
        "/tickets",
        "/tickets/t1",
        "/remediations",
        "/remediations/r1",
        "/jobs",
        "/jobs/ticket.open%2Fj1",
        "/job-counts",
        "/accounts",
        "/accounts/111122223333",
        "/workers",
        "/events",
        "/detections",
        "/detections/AWS.KMS.RotationEnabled",
        "/suppressions",
        "/reports/weekly",
        "/status",
        "/me",
        "/openapi.json",
    ]
    .map(|path| format!("/api/v1{path}"))
    .to_vec()
}

#[tokio::test]
async fn whatever_strangers_write_comes_back_as_json_and_as_nothing_else() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"},{\"x\":\"",
        "\r\nSet-Cookie: a=b\r\n\r\n<html>",
        "\u{0}\u{1b}[2J\u{202e}\u{2028}",
        "${jndi:ldap://x} {{7*7}} %0d%0a",
    ];
    for text in hostile {
        let api = api();
        api.fill(text).await;
        for path in looks() {
            let answer = api.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header(header::CONTENT_TYPE), "application/json", "{path}");
            assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
            assert!(!answer.headers.contains_key(header::SET_COOKIE));
            answer.json();
            assert!(answer.body.iter().all(|byte| *byte >= b' ' || *byte == b'\n'), "{path}");
        }
        for path in
            ["/api/v1/findings/f1", "/api/v1/tickets/t1", "/api/v1/remediations/r1", "/api/v1/jobs/ticket.open%2Fj1"]
        {
            let said = serde_json::to_string(text).unwrap();
            let body = api.get(path).await.body;
            assert!(String::from_utf8(body.to_vec()).unwrap().contains(said.trim_matches('"')), "{path}");
        }
        let metrics = api.get("/metrics").await;
        let page = String::from_utf8(metrics.body.to_vec()).unwrap();
        assert!(
            metrics.status == StatusCode::OK && !page.contains("<script>") && page.lines().all(|line| !line.is_empty())
        );
    }
}

#[tokio::test]
async fn a_key_shows_its_tabs_and_an_unknown_fact_has_no_value() {
    let api = api();
    api.fill("about").await;
    let key = api.get(&format!("/api/v1/keys/{}", ARN.replace('/', "%2F"))).await.json();
    assert_eq!(key["key"]["key_spec"], "SYMMETRIC_DEFAULT");
    assert_eq!(key["rotation"]["KeyRotationEnabled"], true);
    assert_eq!(key["cryptographic_configuration"]["KeyUsage"], "ENCRYPT_DECRYPT");
    assert_eq!(key["policy"]["Statement"][0]["Sid"], "about");
    assert_eq!((&key["grants"], &key["unknown"]["Grants"]["operation"]), (&Value::Null, &json!("ListGrants")));
    assert_eq!(api.get("/api/v1/keys?q=alias/ABOUT").await.status, StatusCode::OK);
    assert_eq!(api.get("/api/v1/keys?region=eu-north-1").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(api.get("/api/v1/keys?region=eu-north-2").await.json()["items"], json!([]));
}

#[tokio::test]
async fn lists_come_in_parts_that_join_without_a_gap() {
    let api = api();
    let tickets = (0..25).map(|number| Change::Ticket(Box::new(ticket(&format!("t{number:02}"), "x")), Expect::Absent));
    api.commit(tickets.collect()).await;
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let part = api.get(&format!("/api/v1/tickets?limit=10{after}")).await.json();
        keys.extend(part["items"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap().to_owned()));
        match part["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..25).map(|number| format!("t{number:02}")).collect();
    assert_eq!(keys, expected);
    assert_eq!(api.get("/api/v1/tickets?state=open&limit=1").await.json()["items"][0]["overdue"], true);
    assert_eq!(api.get("/api/v1/tickets?state=closed").await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let api = api();
    api.fill("x").await;
    for path in ["/api/v1/findings/f1", "/api/v1/tickets/t1", "/api/v1/detections/AWS.KMS.RotationEnabled"] {
        let first = api.get(path).await;
        let tag = first.header(header::ETAG).to_owned();
        assert!(tag.starts_with('"'), "{path}");
        let mut again = request(Method::GET, path, Some(Role::Viewer), Body::empty());
        again.headers_mut().insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        let again = api.send(again).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
    }
}

#[tokio::test]
async fn a_plan_is_approved_by_its_digest_once_and_in_somebodys_name() {
    let api = api();
    api.fill("x").await;
    let path = "/api/v1/remediations/r1/approve";
    let approval = |digest: &str| json!({"digest": digest, "reason": "looked at it"});
    assert_eq!(api.post(path, Role::Responder, approval("d1")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(api.post(path, Role::Approver, approval("d2")).await.status, StatusCode::CONFLICT);
    let mut stale = request(Method::POST, path, Some(Role::Approver), Body::from(approval("d1").to_string()));
    stale.headers_mut().insert(header::IF_MATCH, "\"77\"".parse().unwrap());
    assert_eq!(api.send(stale).await.status, StatusCode::PRECONDITION_FAILED);
    let answer = api.post(path, Role::Approver, approval("d1")).await;
    assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &json!("approved")));
    assert_eq!(answer.json()["approved_by"], "token:approver");
    assert_eq!(api.post(path, Role::Approver, approval("d1")).await.status, StatusCode::CONFLICT);
    let page = Page { after: None, limit: 10 };
    let filter = EventFilter { kind: Some("approval.".to_owned()), ..EventFilter::default() };
    let events = api.store.events(filter, page).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].actor.as_str(), &events[0].body["digest"]), ("token:approver", &json!("d1")));
}

#[tokio::test]
async fn a_plan_is_refused_or_taken_back_only_where_that_is_possible() {
    let api = api();
    let row = |key: &str, state, undo: Vec<Value>| RemediationRow { state, undo, ..remediation(key, "x") };
    let call = json!({"operation": "DisableKeyRotation"});
    let rows = [
        row("waits", RemediationState::AwaitingApproval, Vec::new()),
        row("done", RemediationState::Verified, vec![call]),
        row("nothing", RemediationState::Verified, Vec::new()),
    ];
    api.commit(rows.map(|row| Change::Remediation(Box::new(row), Expect::Absent)).to_vec()).await;
    let why = json!({"reason": "because"});
    for (what, expected) in [
        ("waits/undo", StatusCode::CONFLICT),
        ("waits/refuse", StatusCode::OK),
        ("waits/refuse", StatusCode::CONFLICT),
        ("done/refuse", StatusCode::CONFLICT),
        ("done/undo", StatusCode::OK),
        ("done/undo", StatusCode::CONFLICT),
        ("nothing/undo", StatusCode::CONFLICT),
        ("none/undo", StatusCode::NOT_FOUND),
    ] {
        let answer = api.post(&format!("/api/v1/remediations/{what}"), Role::Approver, why.clone()).await;
        assert_eq!(answer.status, expected, "{what}");
    }
    assert_eq!(api.events().await, 2);
}

#[tokio::test]
async fn dead_letters_are_tried_again_or_given_up_with_a_reason_and_nothing_else_is() {
    let api = api();
    let jobs = [job("a/1", "x", JobState::Dead), job("a/2", "x", JobState::Dead), job("a/3", "x", JobState::Pending)];
    api.commit(jobs.map(|job| Change::Job(Box::new(job))).to_vec()).await;
    let why = json!({"reason": "the project is there now"});
    assert_eq!(api.post("/api/v1/jobs/a%2F3/retry", Role::Responder, why.clone()).await.status, StatusCode::CONFLICT);
    let answer = api.post("/api/v1/jobs/a%2F1/retry", Role::Responder, why.clone()).await;
    assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &json!("pending")));
    assert_eq!(api.post("/api/v1/jobs/a%2F2/drop", Role::Responder, why.clone()).await.status, StatusCode::FORBIDDEN);
    let answer = api.post("/api/v1/jobs/a%2F2/drop", Role::Administrator, why).await;
    assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &json!("done")));
    assert!(answer.json()["note"].as_str().unwrap().contains("given up by administrator: the project"));
    assert_eq!(api.get("/api/v1/jobs?state=dead").await.json()["items"], json!([]));
    assert_eq!(api.events().await, 2);
}

#[tokio::test]
async fn a_ticket_is_snoozed_and_woken() {
    let api = api();
    api.fill("x").await;
    let wish = json!({"until": "2026-11-29T00:00:00Z", "reason": "holidays"});
    let answer = api.post("/api/v1/tickets/t1/snooze", Role::Responder, wish).await;
    assert_eq!((answer.status, &answer.json()["snoozed"]), (StatusCode::OK, &json!("2026-11-29T00:00:00Z")));
    let answer = api.post("/api/v1/tickets/t1/wake", Role::Responder, json!({"reason": "back"})).await;
    assert_eq!((answer.status, &answer.json()["snoozed"]), (StatusCode::OK, &Value::Null));
    let log = api.get("/api/v1/events?kind=ticket.").await.json();
    let kinds: Vec<&str> = log["items"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ticket.snoozed", "ticket.woken"]);
    let verdict = api.post("/api/v1/events/verify", Role::Administrator, Value::Null).await.json();
    assert_eq!(verdict, json!({"whole": true, "broken_at": null}));
}

#[tokio::test]
async fn rules_are_checked_with_their_place_and_explained_without_effect() {
    let api = api();
    api.fill("x").await;
    let rules = json!([{"id": "KMS.3", "suppress_when": "enviroment = DEV"}]).to_string();
    let answer = api.post("/api/v1/suppressions/check", Role::Viewer, json!({"rules": rules})).await.json();
    assert_eq!((&answer["problems"][0]["level"], &answer["problems"][0]["line"]), (&json!("error"), &json!(1)));
    let answer = api.post("/api/v1/suppressions/explain", Role::Viewer, json!({"rules": rules})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rules =
        json!([{"id": "KMS.3", "suppress_when": "account_id = 111122223333", "owner": "a", "reason": "b"}]).to_string();
    let answer = api.post("/api/v1/suppressions/explain", Role::Viewer, json!({"rules": rules})).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    assert_eq!(answer.json()["rules"][0]["accounts"], json!(["111122223333"]));
}

#[tokio::test]
async fn reports_come_in_three_forms() {
    let api = api();
    for (form, kind) in [
        ("", "application/json"),
        ("?form=html", "text/html; charset=utf-8"),
        ("?form=markdown", "text/markdown; charset=utf-8"),
    ] {
        let answer = api.get(&format!("/api/v1/reports/weekly{form}")).await;
        assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, kind));
    }
    let answer = api.get("/api/v1/reports/weekly").await.json();
    assert_eq!(answer["until"], now().to_string());
    assert_eq!(api.get("/api/v1/reports/weekly?form=pdf").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_was_asked_is_counted_by_route() {
    let api = api();
    api.fill("x").await;
    api.get("/api/v1/tickets/t1").await;
    api.get("/api/v1/tickets/t2").await;
    let page = String::from_utf8(api.get("/metrics").await.body.to_vec()).unwrap();
    for line in [
        "keyreeve_http_requests_total{route=\"/api/v1/tickets/{key}\",status=\"200\"} 1",
        "keyreeve_http_requests_total{route=\"/api/v1/tickets/{key}\",status=\"404\"} 1",
        "keyreeve_jobs{queue=\"ticket\",state=\"pending\"} 1",
        "keyreeve_worker_failures{worker=\"tickets\"} 1",
        "keyreeve_tickets{destination=\"jira\",severity=\"LOW\",state=\"open\"} 1",
    ] {
        assert!(page.lines().any(|known| known == line), "{line}\n{page}");
    }
}

#[tokio::test]
async fn the_brake_stops_changes_until_an_administrator_lets_go() {
    let api = api();
    let why = json!({"reason": "something is wrong"});
    assert_eq!(api.get("/api/v1/brake").await.json(), json!({"stopped": null}));
    let answer = api.post("/api/v1/brake/stop", Role::Approver, why.clone()).await;
    assert_eq!(answer.json(), json!({"stopped": "approver: something is wrong"}));
    assert_eq!(
        api.store.value("remediation.stopped".to_owned()).await.unwrap().as_deref(),
        Some("approver: something is wrong")
    );
    assert_eq!(api.post("/api/v1/brake/release", Role::Approver, why.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(api.post("/api/v1/brake/release", Role::Administrator, why).await.json(), json!({"stopped": null}));
    assert_eq!(api.events().await, 2);
}

#[tokio::test]
async fn a_finding_is_decided_again_when_somebody_asks() {
    let api = api();
    api.fill("x").await;
    let answer =
        api.post("/api/v1/findings/f1/decide", Role::Responder, json!({"reason": "the tag is right now"})).await;
    assert_eq!((answer.status, &answer.json()["decide_at"]), (StatusCode::OK, &json!(now().to_string())));
    let answer = api.post("/api/v1/findings/f2/decide", Role::Responder, json!({"reason": "x"})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
