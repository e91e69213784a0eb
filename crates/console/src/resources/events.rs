//! The log: everything that happened, in its order, each entry chained to the one before.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::EventFilter;
use store::rows::EventRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Json, Nothing};
use crate::gate::with_role;
use crate::page::{Part, numbered, page, part};
use crate::problem::Problem;
use crate::token::Role;

/// An entry of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Event {
    /// 1 is the first; there are no gaps.
    number: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What happened: `decision`, `ticket.opened`, `approval.given` …
    kind: String,
    /// To what: a finding's key, a ticket's key, an ARN.
    subject: String,
    /// By whom: `keyreeve`, `token:alice`, `hook:securityhub`.
    actor: String,
    body: Value,
    /// SHA-256 of the hash before and of this entry.
    hash: String,
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        let EventRow { number, at, kind, subject, actor, body, hash } = row;
        Self { number, at, kind, subject, actor, body, hash }
    }
}

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The kind begins so: `ticket.` for all about tickets.
    kind: Option<String>,
    subject: Option<String>,
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

/// Whether the chain of the log is whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Verdict {
    whole: bool,
    /// The number of the first entry that is not what was written.
    broken_at: Option<u64>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(list))).merge(with_role(
        app,
        Role::Administrator,
        OpenApiRouter::new().routes(routes!(verify)),
    ))
}

/// The log, in its order.
#[utoipa::path(get, path = "/events", tag = "events", params(Which), responses((status = 200, body = Part<Event>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Event>>, Problem> {
    let page = page(numbered(which.after)?, which.limit)?;
    let limit = page.limit;
    let filter = EventFilter { kind: which.kind, subject: which.subject, since: which.since };
    let rows = app.store.events(filter, page).await?;
    Ok(Json(part(rows, limit, |row| row.number.to_string(), Event::from)))
}

/// Go through the whole log, and say whether anything was taken out or changed.
#[utoipa::path(post, path = "/events/verify", tag = "events", responses((status = 200, body = Verdict)))]
async fn verify(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Verdict>, Problem> {
    let broken_at = app.store.verify_log().await?;
    Ok(Json(Verdict { whole: broken_at.is_none(), broken_at }))
}
