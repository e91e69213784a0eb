//! Findings: what came in, what was decided about it, and the door through which programs with a token hand findings in.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::rows::FindingRow;
use store::{Change, Expect, FindingFilter};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::Reason;
use super::{change, reason_of};
use crate::app::{App, Delivery, Taken};
use crate::extract::{Asked, Body, Json, MAX_FINDINGS_BODY, Named, Nothing, must_match, read, tagged};
use crate::gate::with_role;
use crate::hook::problem_of;
use crate::page::{Part, page, part};
use crate::problem::Problem;
use crate::token::{Caller, Role};

/// A finding, in its latest incarnation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Finding {
    /// What it is known by here.
    key: String,
    /// Grows at each change; the entity tag.
    version: u64,
    /// Its own id.
    finding_id: String,
    /// Which incarnation this is: it grows when a finding comes back.
    incarnation: u32,
    /// `asff-consolidated`, `keyreeve` …
    form: String,
    /// The control, or the generator.
    control: String,
    /// What it is about.
    resource: String,
    account_id: String,
    region: Option<String>,
    title: String,
    /// `CRITICAL` …, as decided.
    severity: String,
    team: Option<String>,
    /// Whether it is settled: passed, archived, suppressed.
    settled: bool,
    /// `TEAMFIX` …; `null` before the first decision.
    action: Option<String>,
    /// The tickets of this incarnation, by key.
    tickets: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
    /// When it is decided again; `null` when nothing is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    decide_at: Option<Timestamp>,
}

/// A finding with all that is known of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WholeFinding {
    finding: Finding,
    /// The decision, as `keyreeve triage` prints it.
    decision: Option<Value>,
    /// The finding as it came last.
    text: Value,
}

impl From<FindingRow> for Finding {
    fn from(row: FindingRow) -> Self {
        Self {
            key: row.key,
            version: row.version,
            finding_id: row.finding_id,
            incarnation: row.incarnation,
            form: row.form,
            control: row.control,
            resource: row.resource,
            account_id: row.account_id,
            region: row.region,
            title: row.title,
            severity: row.severity,
            team: row.team,
            settled: row.settled,
            action: row.action,
            tickets: row.tickets,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            settled_at: row.settled_at,
            decide_at: row.decide_at,
        }
    }
}

/// Which findings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    account_id: Option<String>,
    /// `KMS.4` …
    control: Option<String>,
    /// An ARN.
    resource: Option<String>,
    /// `TEAMFIX` …
    action: Option<String>,
    /// `CRITICAL` …
    severity: Option<String>,
    team: Option<String>,
    settled: Option<bool>,
    /// In title, resource or finding id.
    q: Option<String>,
    /// What `next` of the part before said.
    #[param(min_length = 1, max_length = 2048)]
    after: Option<String>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let look = OpenApiRouter::new().routes(routes!(list)).routes(routes!(one));
    let act = OpenApiRouter::new().routes(routes!(take)).routes(routes!(decide));
    with_role(app, Role::Viewer, look).merge(with_role(app, Role::Responder, act))
}

/// Findings, by key.
#[utoipa::path(get, path = "/findings", tag = "findings", params(Which), responses((status = 200, body = Part<Finding>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Finding>>, Problem> {
    let page = page(which.after, which.limit)?;
    let limit = page.limit;
    let filter = FindingFilter {
        account_id: which.account_id,
        control: which.control,
        resource: which.resource,
        action: which.action,
        severity: which.severity,
        team: which.team,
        settled: which.settled,
        text: which.q,
    };
    let rows = app.store.findings(filter, page).await?;
    Ok(Json(part(rows, limit, |row| row.key.clone(), Finding::from)))
}

/// One finding, with its decision and its text.
#[utoipa::path(get, path = "/findings/{key}", tag = "findings", params(("key" = String, Path, description = "What it is known by")),
    responses((status = 200, body = WholeFinding), (status = 304, description = "It has not changed")))]
async fn one(
    State(app): State<App>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut row = found(&app, key).await?;
    let text = std::mem::take(&mut row.text);
    let text = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let (decision, version) = (row.decision.take(), row.version);
    Ok(tagged(&headers, &version.to_string(), WholeFinding { finding: row.into(), decision, text }))
}

/// Hand findings in: ASFF, OCSF class 2003 or Keyreeve's, alone, in lists, batches, events, or one a line; at most 8 MiB.
///
/// They are in the store when it answers. Handing in the same twice changes nothing.
#[utoipa::path(post, path = "/findings", tag = "findings", request_body(content = Value, content_type = "application/json"),
    responses((status = 202, body = Taken, description = "They are in the store")))]
async fn take(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Asked(Nothing {}): Asked<Nothing>,
    request: Request,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let body = read(request, MAX_FINDINGS_BODY).await?;
    let delivery = Delivery { id: None, until: (app.now)(), actor: caller.actor(), body };
    let taken = app.intake.take(delivery).await.map_err(problem_of)?;
    (app.wake)();
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// Decide about a finding again now, instead of when it is due.
#[utoipa::path(post, path = "/findings/{key}/decide", tag = "findings",
    params(("key" = String, Path, description = "What it is known by")), request_body = Reason,
    responses((status = 200, body = Finding)))]
async fn decide(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(wish): Body<Reason>,
) -> Result<Json<Finding>, Problem> {
    let body = json!({"reason": reason_of(&wish.reason)?});
    let row = found(&app, key).await?;
    must_match(&headers, row.version)?;
    let (key, expect) = (row.key.clone(), Expect::Version(row.version));
    let row = FindingRow { decide_at: Some((app.now)()), ..row };
    change(&app, &caller, "finding.asked", &key, body, [Change::Finding(Box::new(row), expect)]).await?;
    Ok(Json(found(&app, key).await?.into()))
}

async fn found(app: &App, key: String) -> Result<FindingRow, Problem> {
    let row = app.store.findings_by_key(vec![key]).await?.into_iter().next().flatten();
    row.ok_or_else(|| Problem::not_found("finding"))
}
