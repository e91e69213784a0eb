//! Who answers, who asks, and whether all is well.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{About, App};
use crate::extract::{Asked, Json, Nothing};
use crate::gate::with_role;
use crate::problem::{Kind, Problem};
use crate::token::{Caller, Role};

/// Who is asking.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    name: String,
    role: Role,
}

/// Whether all is well.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// `ok`
    status: &'static str,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(me)).routes(routes!(status)))
}

/// What lies outside of `/api/v1`. Only the metrics ask for a token.
pub(crate) fn outside(app: &App) -> OpenApiRouter<App> {
    let open = OpenApiRouter::new().routes(routes!(healthy)).routes(routes!(ready)).routes(routes!(openapi));
    open.merge(with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(metrics))))
}

/// Who is asking, and what that token may do.
#[utoipa::path(get, path = "/me", tag = "system", responses((status = 200, body = Me)))]
async fn me(Extension(caller): Extension<Caller>, Asked(Nothing {}): Asked<Nothing>) -> Json<Me> {
    Json(Me { name: caller.name, role: caller.role })
}

/// Who answers: version, mode, ticket systems, what is held back.
#[utoipa::path(get, path = "/status", tag = "system", responses((status = 200, body = About)))]
async fn status(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Json<About> {
    Json(About::clone(&app.about.get()))
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, body = Health)))]
async fn healthy(Asked(Nothing {}): Asked<Nothing>) -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The store answers.
#[utoipa::path(get, path = "/readyz", tag = "system", responses((status = 200, body = Health)))]
async fn ready(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Health>, Problem> {
    match app.store.workers().await {
        Ok(_) => Ok(Json(Health { status: "ok" })),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            Err(Problem::new(Kind::NotReady, "the store does not answer: the log says why"))
        }
    }
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "system", responses((status = 200, body = String, content_type = "text/plain")))]
async fn metrics(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Response, Problem> {
    let text = crate::metrics::page(&app).await?;
    Ok(typed("text/plain; version=0.0.4; charset=utf-8", text.into()))
}

/// The document that describes all this, as text.
#[derive(Clone)]
pub(crate) struct Described(pub Bytes);

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "system", responses((status = 200, body = serde_json::Value)))]
async fn openapi(Extension(Described(text)): Extension<Described>, Asked(Nothing {}): Asked<Nothing>) -> Response {
    typed("application/json", text)
}

fn typed(kind: &'static str, body: Bytes) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
