//! Detections in use, as they are configured: a list, and the page of each, as `keyreeve explain` has it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use detection::explain::{self, TestVerdict};
use detection::{Detection, unit};
use finding::{Accounts, FactContext};
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Catalog};
use crate::extract::{Asked, Json, Named, Nothing, digest, tagged};
use crate::gate::with_role;
use crate::problem::{Kind, Problem};
use crate::token::Role;

/// A detection in the list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Row {
    id: String,
    name: String,
    /// `INFO` …, before the configuration changes it.
    severity: Option<&'static str>,
    enabled: bool,
    /// `KMS.4`, `CIS/2.8` …
    controls: Vec<String>,
    tags: Vec<String>,
    description: Option<String>,
}

impl From<&Detection> for Row {
    fn from(detection: &Detection) -> Self {
        Self {
            id: detection.id.clone(),
            name: detection.name().to_owned(),
            severity: detection.severity.map(finding::Severity::name),
            enabled: detection.enabled,
            controls: detection.controls(),
            tags: detection.tags.clone(),
            description: detection.description.clone(),
        }
    }
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)))
}

/// All detections in use, by id.
#[utoipa::path(get, path = "/detections", tag = "detections", responses((status = 200, body = Vec<Row>)))]
async fn list(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Vec<Row>>, Problem> {
    Ok(Json(app.catalog.get().all().map(Row::from).collect()))
}

/// The page of one detection: its logic, when it passes, what it reads, how its tests end; as `keyreeve explain -f json` prints it.
#[utoipa::path(get, path = "/detections/{id}", tag = "detections", params(("id" = String, Path, description = "What it is known by")),
    responses((status = 200, body = Value), (status = 304, description = "It has not changed")))]
async fn one(
    State(app): State<App>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (catalog, now) = (app.catalog.get(), (app.now)());
    // Explaining runs the detection's own tests: milliseconds of work that others should not wait for.
    let page = tokio::task::spawn_blocking(move || explained(&catalog, &id, now)).await;
    let page = page.map_err(|_| Problem::new(Kind::Fault, "explaining failed: the log says more"))?;
    let page = page.ok_or_else(|| Problem::not_found("detection"))?;
    let tag = digest(page.to_string().as_bytes());
    Ok(tagged(&headers, &tag, page))
}

fn explained(catalog: &Arc<Catalog>, id: &str, now: jiff::Timestamp) -> Option<Value> {
    let detection = catalog.get(id)?;
    let accounts = Accounts::default();
    let facts = FactContext::new(now, &accounts);
    let tests = unit::run(detection, &facts, |_| true).tests.into_iter();
    let verdict = |test: unit::TestResult| TestVerdict {
        name: test.name,
        status: test.status.name().to_owned(),
        expected: test.expected,
    };
    serde_json::to_value(explain::explain(detection, tests.map(verdict).collect())).ok()
}
