//! The committed OpenAPI document is the one that the routes make, and what the log says of requests.

#[expect(clippy::allow_attributes, reason = "each test binary uses some of this module")]
#[allow(dead_code)]
mod common;

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use common::{HOOK_SECRET, api, now, request, token};
use console::signature;
use console::token::Role;
use http::Method;
use serde_json::Value;

#[test]
fn the_document_in_the_repository_is_the_one_that_is_made() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = console::document(&api().app);
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::write(&place, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&place).unwrap_or_default(), made, "run ./x generate");
}

#[test]
fn every_operation_says_what_it_does_who_may_and_how_it_refuses() {
    let document: Value = serde_json::from_str(&console::document(&api().app)).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{method} {path}");
            let open = ["/healthz", "/readyz", "/api/v1/openapi.json"].contains(&path.as_str());
            let signed = path == "/hooks/findings";
            assert_eq!(operation["x-role"].is_string(), !open && !signed, "{method} {path}");
            assert_eq!(operation["security"].is_array(), !open, "{method} {path}");
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{method} {path}: there are two {id}");
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_and_nothing_that_callers_write_reaches_the_log() {
    let paper = Paper::default();
    let writer = paper.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        // One thread, so that everything is under this subscriber.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (api, time) = (api(), now().as_second());
            api.fill("hostile-text\n{}").await;
            for path in
                ["/api/v1/keys?q=secret-query", "/api/v1/findings/secret-path", "/nothing/secret-place", "/metrics"]
            {
                api.get(path).await;
            }
            for role in Role::ALL {
                api.send(request(Method::POST, "/api/v1/findings", Some(role), Body::from("[\"secret-body\"]"))).await;
            }
            let signed = signature(HOOK_SECRET, time, b"[]");
            let mut asked = request(Method::POST, "/hooks/findings", None, Body::from("[]"));
            asked.headers_mut().insert("x-keyreeve-timestamp", time.to_string().parse().unwrap());
            asked.headers_mut().insert("x-keyreeve-signature", signed.parse().unwrap());
            api.send(asked).await;
        });
    });
    let log = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() >= 9 && log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"route\":\"/api/v1/keys\"") && log.contains("\"caller\":\"administrator\""), "{log}");
    for secret in Role::ALL.map(token).iter().map(String::as_str).chain([
        "keyreeve_0",
        "a-very-secret-hook-secret",
        "v1=",
        "secret-query",
        "secret-path",
        "secret-place",
        "secret-body",
        "hostile-text",
    ]) {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
