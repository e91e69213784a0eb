//! What the log says of requests, in a program of its own: whether anybody listens to a line is settled by the first thread that comes to it.

#[path = "api/stage.rs"]
#[expect(dead_code, reason = "the tests of the API use more of it")]
mod stage;

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use console::signature;
use console::token::Role;
use http::Method;
use serde_json::Value;
use stage::{HOOK_SECRET, api, now, request, token};

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
