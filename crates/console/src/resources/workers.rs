//! Workers: how each part of the daemon is doing.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::rows::WorkerRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Json, Nothing};
use crate::gate::with_role;
use crate::problem::Problem;
use crate::token::Role;

/// A worker.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Worker {
    /// `ticket`, `hub-writer` …
    name: String,
    /// When its last turn ended.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How it went, in words.
    status: String,
    /// Turns that failed in a row.
    failures: u32,
    /// What it counts.
    counts: Value,
}

impl From<WorkerRow> for Worker {
    fn from(row: WorkerRow) -> Self {
        let WorkerRow { name, at, status, failures, counts } = row;
        Self { name, at, status, failures, counts }
    }
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(list)))
}

/// All workers, by name.
#[utoipa::path(get, path = "/workers", tag = "workers", responses((status = 200, body = Vec<Worker>)))]
async fn list(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Vec<Worker>>, Problem> {
    let rows = app.store.workers().await?;
    Ok(Json(rows.into_iter().map(Worker::from).collect()))
}
