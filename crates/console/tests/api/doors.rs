//! Who comes in and who does not: every route with every role, and everything that is refused without effect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use console::token::Role;
use console::{Gate, Hosts, Limits, signature};
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::stage::{ARN, Api, HOOK_SECRET, api, api_with, gate, now, request, token};

/// All operations of the document: method, path with its parameters filled in, and the role that it asks for.
fn operations(api: &Api) -> Vec<(Method, String, Option<Role>)> {
    let document: Value = serde_json::from_str(&console::document(&api.app)).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let mut filled = path.clone();
            for name in ["key", "arn", "id"] {
                filled = filled.replace(&format!("{{{name}}}"), "x");
            }
            let role = operation["x-role"].as_str().map(|name| Role::named(name).unwrap());
            operations.push((method, filled, role));
        }
    }
    operations
}

#[tokio::test]
async fn every_route_asks_for_its_role_before_anything_else() {
    let api = api();
    let operations = operations(&api);
    assert!(operations.len() >= 30, "{operations:?}");
    let before = api.events().await;
    for (method, path, role) in &operations {
        let ask =
            async |role: Option<Role>| api.send(request(method.clone(), path, role, Body::from("{}"))).await.status;
        let Some(needed) = role else {
            match path.as_str() {
                "/healthz" | "/readyz" | "/api/v1/openapi.json" => assert_eq!(ask(None).await, StatusCode::OK),
                // It asks for a signature.
                "/hooks/findings" => assert_eq!(ask(Some(Role::Administrator)).await, StatusCode::UNAUTHORIZED),
                _ => panic!("{path} is open to everybody"),
            }
            continue;
        };
        assert_eq!(ask(None).await, StatusCode::UNAUTHORIZED, "{method} {path}");
        for wrong in ["keyreeve_", "x", &token(Role::Administrator).to_uppercase()] {
            // Its body never comes: nothing of it is waited for.
            let mut asked = request(method.clone(), path, None, Body::new(Parts(Vec::new(), false)));
            asked.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {wrong}").parse().unwrap());
            assert_eq!(api.send(asked).await.status, StatusCode::UNAUTHORIZED, "{method} {path} with {wrong}");
        }
        for weak in Role::ALL.into_iter().filter(|role| role < needed) {
            let asked = request(method.clone(), path, Some(weak), Body::new(Parts(Vec::new(), false)));
            assert_eq!(api.send(asked).await.status, StatusCode::FORBIDDEN, "{method} {path} as {weak}");
        }
        for role in Role::ALL {
            let status = ask(Some(role)).await;
            let refused = status == StatusCode::FORBIDDEN;
            assert_eq!(refused, role < *needed, "{method} {path} as {role}: {status}");
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path} as {role}");
            assert!(!status.is_server_error(), "{method} {path} as {role}: {status}");
        }
    }
    assert_eq!(api.events().await, before, "nothing of this may have had an effect");
}

#[test]
fn no_route_is_outside_of_the_document() {
    // `routes!` alone makes routes: it puts them into the document, from which the tests here and the fuzzer know them.
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for way in [".route(", ".route_service(", ".nest_service(", ".fallback_service(", "axum::routing"] {
                assert!(!text.contains(way), "{way} in {}", path.display());
            }
        }
    }
    assert!(files > 20, "{files}");
}

#[tokio::test]
async fn a_wrong_token_is_no_token() {
    let api = api();
    let right = token(Role::Administrator);
    let wrong = [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        &format!("Bearer {right}x"),
        &right,
        "Bearer keyreeve_",
        "Bearer \u{7f}",
    ];
    for given in wrong {
        let mut asked = request(Method::GET, "/api/v1/me", None, Body::empty());
        let Ok(value) = given.parse() else { continue };
        asked.headers_mut().insert(header::AUTHORIZATION, value);
        let answer = api.send(asked).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{given}");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Bearer"));
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    }
    let answer = api.get("/api/v1/me").await;
    assert_eq!(answer.json(), json!({"name": "administrator", "role": "administrator"}));
}

#[tokio::test]
async fn an_open_door_lets_people_look_and_nothing_more() {
    let api = api_with(Gate { open: true, ..gate() }, &Limits::default());
    for (method, path, role) in operations(&api) {
        if path == "/hooks/findings" {
            continue;
        }
        let status = api.send(request(method.clone(), &path, None, Body::from("{}"))).await.status;
        let refused = matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED);
        assert_eq!(refused, role > Some(Role::Viewer), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn a_page_that_points_its_name_at_us_gets_nothing() {
    let api = api();
    for (host, expected) in [
        ("evil.example:7390", StatusCode::MISDIRECTED_REQUEST),
        ("", StatusCode::MISDIRECTED_REQUEST),
        ("localhost, evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("localhost@evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("localhost", StatusCode::OK),
    ] {
        let mut asked = request(Method::GET, "/api/v1/me", Some(Role::Viewer), Body::empty());
        asked.headers_mut().insert(header::HOST, host.parse().unwrap());
        let answer = api.send(asked).await;
        assert_eq!(answer.status, expected, "{host}");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
    let api = api_with(Gate { hosts: Hosts::Any, ..gate() }, &Limits::default());
    let mut asked = request(Method::GET, "/api/v1/me", Some(Role::Viewer), Body::empty());
    asked.headers_mut().insert(header::HOST, "keyreeve.example".parse().unwrap());
    assert_eq!(api.send(asked).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_parameters_are_refused_by_every_route() {
    let api = api();
    api.fill("x").await;
    for (method, path, _) in operations(&api) {
        let asked = request(method.clone(), &format!("{path}?no_such=1"), Some(Role::Administrator), Body::from("{}"));
        let answer = api.send(asked).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("no_such"), "{method} {path}");
    }
    for wrong in ["limit=0", "limit=1001", "limit=-1", "limit=x", "after=", "settled=maybe", "limit=1&limit=2"] {
        let answer = api.get(&format!("/api/v1/findings?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

fn handed_in(body: Body) -> Request<Body> {
    request(Method::POST, "/api/v1/findings", Some(Role::Responder), body)
}

fn taken(api: &Api) -> usize {
    api.door.taken.load(std::sync::atomic::Ordering::SeqCst)
}

#[tokio::test]
async fn what_is_too_large_malformed_or_of_another_type_has_no_effect() {
    let api = api();
    api.fill("x").await;
    let before = api.events().await;
    let large = vec![b' '; (8 << 20) + 1];
    assert_eq!(api.send(handed_in(Body::from(large.clone()))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // The same without saying how long it is.
    let body = Body::new(Parts(large.chunks(1 << 20).map(Bytes::copy_from_slice).collect(), true));
    assert_eq!(api.send(handed_in(body)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let snooze = "/api/v1/tickets/t1/snooze";
    let large = json!({"until": "2026-11-23T00:00:00Z", "reason": "x".repeat(1 << 20)});
    assert_eq!(api.post(snooze, Role::Responder, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for (body, expected) in [
        ("{", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::UNPROCESSABLE_ENTITY),
        ("{\"until\": \"soon\", \"reason\": \"x\"}", StatusCode::UNPROCESSABLE_ENTITY),
        ("{\"until\": \"2026-11-23T00:00:00Z\", \"reason\": \"x\", \"also\": 1}", StatusCode::UNPROCESSABLE_ENTITY),
        ("{\"until\": \"2026-11-23T00:00:00Z\", \"reason\": \" \"}", StatusCode::UNPROCESSABLE_ENTITY),
        ("{\"until\": \"2026-11-21T00:00:00Z\", \"reason\": \"x\"}", StatusCode::UNPROCESSABLE_ENTITY),
        ("{\"until\": \"2028-11-21T00:00:00Z\", \"reason\": \"x\"}", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = api.send(request(Method::POST, snooze, Some(Role::Responder), Body::from(body))).await;
        assert_eq!(answer.status, expected, "{body}");
    }
    let mut asked = request(Method::POST, snooze, Some(Role::Responder), Body::from("{}"));
    asked.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(api.send(asked).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!((api.events().await, taken(&api)), (before, 0));
}

/// A body of these parts; where there are none, one that never comes.
struct Parts(Vec<Bytes>, bool);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        match (self.0.pop(), self.1) {
            (Some(part), _) => Poll::Ready(Some(Ok(hyper::body::Frame::data(part)))),
            (None, true) => Poll::Ready(None),
            (None, false) => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn who_is_slow_is_given_up_and_who_is_too_many_is_told_to_wait() {
    let limits = Limits { request_time: Duration::from_millis(200), requests: 2, ..Limits::default() };
    let api = api_with(gate(), &limits);
    let slow = || api.send(handed_in(Body::new(Parts(vec![Bytes::from_static(b"[")], false))));
    let quick = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        api.get("/api/v1/me").await
    };
    let (first, second, third) = tokio::join!(slow(), slow(), quick);
    assert_eq!((first.status, second.status), (StatusCode::REQUEST_TIMEOUT, StatusCode::REQUEST_TIMEOUT));
    assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(third.header(header::RETRY_AFTER), "1");
    assert_eq!(taken(&api), 0);
    assert_eq!(api.get("/api/v1/me").await.status, StatusCode::OK);
}

fn signed(seconds: i64, signature: &str, body: &'static str) -> Request<Body> {
    let mut asked = request(Method::POST, "/hooks/findings", None, Body::from(body));
    asked.headers_mut().insert("x-keyreeve-timestamp", seconds.to_string().parse().unwrap());
    asked.headers_mut().insert("x-keyreeve-signature", signature.parse().unwrap());
    asked
}

#[tokio::test]
async fn a_hook_takes_what_is_signed_now_and_once() {
    let (api, time, body) = (api(), now().as_second(), "[]");
    let right = |seconds: i64| signed(seconds, &signature(HOOK_SECRET, seconds, body.as_bytes()), body);
    assert_eq!(api.send(right(time)).await.status, StatusCode::ACCEPTED);
    assert_eq!(api.send(right(time)).await.status, StatusCode::CONFLICT, "a replay");
    assert_eq!(api.send(right(time - 1)).await.status, StatusCode::ACCEPTED);
    assert_eq!(taken(&api), 2);
    for asked in [
        right(time - 301),
        right(time + 301),
        signed(time, &signature(b"another", time, body.as_bytes()), body),
        signed(time, &signature(HOOK_SECRET, time, b"{}"), body),
        signed(time, "v1=", body),
        signed(time + 2, &signature(HOOK_SECRET, time, body.as_bytes()), body),
        request(Method::POST, "/hooks/findings", Some(Role::Administrator), Body::from(body)),
    ] {
        assert_eq!(api.send(asked).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(taken(&api), 2);
}

#[tokio::test]
async fn what_is_not_there_is_said_so_as_a_problem() {
    let api = api();
    for (method, path, expected) in [
        (Method::GET, "/", StatusCode::NOT_FOUND),
        (Method::GET, "/api/v1/keys/nope", StatusCode::NOT_FOUND),
        (Method::GET, "/api/v1/%00", StatusCode::NOT_FOUND),
        (Method::GET, "/api/v1/keys/%ff", StatusCode::BAD_REQUEST),
        (Method::DELETE, "/api/v1/keys", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/hooks/findings", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = api.send(request(method.clone(), path, Some(Role::Administrator), Body::empty())).await;
        assert_eq!(answer.status, expected, "{method} {path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{method} {path}");
    }
    assert_eq!(api.get(&format!("/api/v1/keys/{}", ARN.replace('/', "%2F"))).await.status, StatusCode::NOT_FOUND);
}
