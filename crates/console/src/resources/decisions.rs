//! Decisions, as they were made: what was to be done about a finding, why, and by which rule.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::EventFilter;
use store::rows::EventRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Json};
use crate::gate::with_role;
use crate::page::{Part, numbered, page, part};
use crate::problem::Problem;
use crate::token::Role;

/// A decision.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Decision {
    /// Its place in the log.
    number: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The finding, by key.
    finding: String,
    /// By whom: `keyreeve`, but for those that a person brought about.
    actor: String,
    /// The decision with its reason, rule and version, as the log has it.
    decision: Value,
}

fn view(row: EventRow) -> Decision {
    Decision { number: row.number, at: row.at, finding: row.subject, actor: row.actor, decision: row.body }
}

/// Which decisions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Of this finding, by key.
    finding: Option<String>,
    /// Not before.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// What `next` of the part before said: a number.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(list)))
}

/// Decisions, in the order in which they were made.
#[utoipa::path(get, path = "/decisions", tag = "decisions", params(Which), responses((status = 200, body = Part<Decision>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Decision>>, Problem> {
    let page = page(numbered(which.after)?, which.limit)?;
    let limit = page.limit;
    let filter = EventFilter { kind: Some("decision".to_owned()), subject: which.finding, since: which.since };
    let rows = app.store.events(filter, page).await?;
    Ok(Json(part(rows, limit, |row| row.number.to_string(), view)))
}
