//! What every request meets: a bound on how many there are, a bound on how long each may take, headers that keep browsers from guessing,
//! a line in the log, and a count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::token::Caller;

/// How much is taken at once, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// Requests at a time; more are refused with 503.
    pub requests: usize,
    /// How long the headers of a request may take to come, and a connection may be idle.
    pub header_time: Duration,
    /// How long a request may take in all.
    pub request_time: Duration,
    /// How long a connection may be used.
    pub connection_time: Duration,
    /// The largest headers.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            requests: 64,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            connection_time: Duration::from_secs(600),
            header_bytes: 16 << 10,
        }
    }
}

/// Routes that are answered without a place: they read no body and ask the store for a row or two.
const WATCHED: [&str; 2] = ["/healthz", "/readyz"];

/// What [`bounded`] needs.
#[derive(Clone)]
pub(crate) struct Bounds {
    places: Arc<Semaphore>,
    time: Duration,
}

impl Bounds {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { places: Arc::new(Semaphore::new(limits.requests)), time: limits.request_time }
    }
}

/// Refuses what is too much at once, and gives up what takes too long. Bodies are read before anything is done, so a body that
/// does not come has no effect.
pub(crate) async fn bounded(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    // Whoever watches over the daemon gets an answer however busy it is.
    let is_watched = request.extensions().get::<MatchedPath>().is_some_and(|path| WATCHED.contains(&path.as_str()));
    let place = bounds.places.try_acquire();
    if place.is_err() && !is_watched {
        return Problem::new(Kind::Busy, "too many requests at once: try again in a moment").into_response();
    }
    match tokio::time::timeout(bounds.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("it took more than {} seconds, so it was given up", bounds.time.as_secs_f64());
            Problem::new(Kind::Slow, detail).into_response()
        }
    }
}

/// Writes what was asked, by whom and how it ended. Paths are named by their pattern, queries and headers not at all:
/// nothing that a caller sends reaches the log.
pub(crate) async fn observed(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", |path| path.as_str()).to_owned();
    let mut response = next.run(request).await;
    let (status, milliseconds) = (response.status().as_u16(), began.elapsed().as_secs_f64() * 1e3);
    let caller = response.extensions().get::<Caller>().map_or("-", |caller| caller.name.as_str());
    match status {
        500.. => tracing::error!(%method, route, status, milliseconds, caller, "answered"),
        400.. => tracing::warn!(%method, route, status, milliseconds, caller, "refused"),
        _ => tracing::info!(%method, route, status, milliseconds, caller, "answered"),
    }
    app.metrics.count(&route, status, began.elapsed());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let nothing = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(nothing));
    response
}
