//! Remediations: plans for keys, who agreed to them, what became of them, and the way back.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::rows::{RemediationRow, RemediationState};
use store::{BRAKE, Change, Expect};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::Reason;
use super::{change, reason_of};
use crate::app::App;
use crate::extract::{Asked, Body, Json, Named, Nothing, must_match, tagged};
use crate::gate::with_role;
use crate::page::{Part, page, part};
use crate::problem::Problem;
use crate::token::{Caller, Role};

/// How a remediation stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    AwaitingApproval,
    Approved,
    Applying,
    Verified,
    Failed,
    Refused,
    Undoing,
    Undone,
}

impl From<Standing> for RemediationState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::AwaitingApproval => Self::AwaitingApproval,
            Standing::Approved => Self::Approved,
            Standing::Applying => Self::Applying,
            Standing::Verified => Self::Verified,
            Standing::Failed => Self::Failed,
            Standing::Refused => Self::Refused,
            Standing::Undoing => Self::Undoing,
            Standing::Undone => Self::Undone,
        }
    }
}

impl From<RemediationState> for Standing {
    fn from(state: RemediationState) -> Self {
        match state {
            RemediationState::AwaitingApproval => Self::AwaitingApproval,
            RemediationState::Approved => Self::Approved,
            RemediationState::Applying => Self::Applying,
            RemediationState::Verified => Self::Verified,
            RemediationState::Failed => Self::Failed,
            RemediationState::Refused => Self::Refused,
            RemediationState::Undoing => Self::Undoing,
            RemediationState::Undone => Self::Undone,
        }
    }
}

/// A plan for one finding, and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Remediation {
    /// What it is known by here.
    key: String,
    /// Grows at each change; the entity tag.
    version: u64,
    /// The finding, by key.
    finding: String,
    control: String,
    /// The key's ARN.
    resource: String,
    account_id: String,
    state: Standing,
    /// The plan, as `keyreeve remediate plan` prints it: what changes, why, how it is verified and undone.
    plan: Value,
    /// Of the plan: who approves names it, so that no other plan is approved.
    digest: String,
    /// How many of its calls are done and verified.
    done: u32,
    approved_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    approved_at: Option<Timestamp>,
    /// What happened, in words.
    note: Option<String>,
    /// What would undo it, the last call first.
    undo: Vec<Value>,
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
}

impl From<RemediationRow> for Remediation {
    fn from(row: RemediationRow) -> Self {
        Self {
            key: row.key,
            version: row.version,
            finding: row.finding,
            control: row.control,
            resource: row.resource,
            account_id: row.account_id,
            state: row.state.into(),
            plan: row.plan,
            digest: row.digest,
            done: row.done,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            note: row.note,
            undo: row.undo,
            created: row.created,
            ended: row.ended,
        }
    }
}

/// Which remediations.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    state: Option<Standing>,
    /// What `next` of the part before said.
    #[param(min_length = 1, max_length = 2048)]
    after: Option<String>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Whether changes of keys are stopped.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Brake {
    /// Why no key is changed; `null` where changes go on.
    stopped: Option<String>,
}

/// Which plan, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// Of the plan that was looked at.
    digest: String,
    /// For the next reader.
    #[schema(min_length = 1, max_length = 2000, pattern = r"[^\s\x00-\x1f\x7f-\x9f\ufeff]")]
    reason: String,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let look = OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(brake));
    let act = OpenApiRouter::new().routes(routes!(approve)).routes(routes!(refuse)).routes(routes!(undo));
    let let_go = OpenApiRouter::new().routes(routes!(let_go));
    with_role(app, Role::Viewer, look)
        .merge(with_role(app, Role::Approver, act.routes(routes!(stop))))
        .merge(with_role(app, Role::Administrator, let_go))
}

/// Remediations, by key.
#[utoipa::path(get, path = "/remediations", tag = "remediations", params(Which), responses((status = 200, body = Part<Remediation>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Remediation>>, Problem> {
    let page = page(which.after, which.limit)?;
    let limit = page.limit;
    let rows = app.store.remediations(which.state.map(RemediationState::from), page).await?;
    Ok(Json(part(rows, limit, |row| row.key.clone(), Remediation::from)))
}

/// One remediation, with its plan.
#[utoipa::path(get, path = "/remediations/{key}", tag = "remediations", params(("key" = String, Path, description = "What it is known by")),
    responses((status = 200, body = Remediation), (status = 304, description = "It has not changed")))]
async fn one(
    State(app): State<App>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = found(&app, key).await?;
    let version = row.version.to_string();
    Ok(tagged(&headers, &version, Remediation::from(row)))
}

async fn found(app: &App, key: String) -> Result<RemediationRow, Problem> {
    app.store.remediation(key).await?.ok_or_else(|| Problem::not_found("remediation"))
}

/// Agree to a plan: this one, named by its digest, and no other.
#[utoipa::path(post, path = "/remediations/{key}/approve", tag = "remediations", params(("key" = String, Path, description = "What it is known by")),
    request_body = Approval, responses((status = 200, body = Remediation)))]
async fn approve(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(approval): Body<Approval>,
) -> Result<Json<Remediation>, Problem> {
    let reason = reason_of(&approval.reason)?;
    let row = found(&app, key).await?.approved(&approval.digest, caller.actor(), (app.now)())?;
    let body = json!({"digest": row.digest, "reason": reason, "resource": row.resource, "control": row.control});
    put(&app, &caller, "approval.given", body, &headers, row).await
}

/// Do not carry this plan out.
#[utoipa::path(post, path = "/remediations/{key}/refuse", tag = "remediations", params(("key" = String, Path, description = "What it is known by")),
    request_body = Reason, responses((status = 200, body = Remediation)))]
async fn refuse(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(wish): Body<Reason>,
) -> Result<Json<Remediation>, Problem> {
    let reason = reason_of(&wish.reason)?;
    let row = found(&app, key).await?.refused(&caller.name, reason, (app.now)())?;
    let body = json!({"digest": row.digest, "reason": reason, "resource": row.resource, "control": row.control});
    put(&app, &caller, "approval.refused", body, &headers, row).await
}

/// Take back what was done: the recorded way back is carried out and verified.
#[utoipa::path(post, path = "/remediations/{key}/undo", tag = "remediations", params(("key" = String, Path, description = "What it is known by")),
    request_body = Reason, responses((status = 200, body = Remediation)))]
async fn undo(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(wish): Body<Reason>,
) -> Result<Json<Remediation>, Problem> {
    let reason = reason_of(&wish.reason)?;
    let row = found(&app, key).await?.undoing()?;
    let body = json!({"reason": reason, "resource": row.resource, "control": row.control});
    put(&app, &caller, "remediation.undo", body, &headers, row).await
}

async fn put(
    app: &App,
    caller: &Caller,
    kind: &str,
    body: Value,
    headers: &HeaderMap,
    row: RemediationRow,
) -> Result<Json<Remediation>, Problem> {
    must_match(headers, row.version)?;
    let key = row.key.clone();
    let expect = Expect::Version(row.version);
    change(app, caller, kind, &key, body, [Change::Remediation(Box::new(row), expect)]).await?;
    Ok(Json(found(app, key).await?.into()))
}

/// Whether changes of keys are stopped, and why.
#[utoipa::path(get, path = "/brake", tag = "remediations", responses((status = 200, body = Brake)))]
async fn brake(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Brake>, Problem> {
    Ok(Json(Brake { stopped: app.store.value(BRAKE.to_owned()).await? }))
}

/// Stop all changes of keys at once, in every process on the store: the emergency brake.
#[utoipa::path(post, path = "/brake/stop", tag = "remediations", request_body = Reason, responses((status = 200, body = Brake)))]
async fn stop(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Asked(Nothing {}): Asked<Nothing>,
    Body(wish): Body<Reason>,
) -> Result<Json<Brake>, Problem> {
    let reason = reason_of(&wish.reason)?;
    let value = Change::Value(BRAKE.to_owned(), Some(format!("{}: {reason}", caller.name)));
    change(&app, &caller, "remediation.stopped", "all", json!({"reason": reason}), [value]).await?;
    Ok(Json(Brake { stopped: app.store.value(BRAKE.to_owned()).await? }))
}

/// Let changes of keys go on.
#[utoipa::path(post, path = "/brake/release", tag = "remediations", request_body = Reason, responses((status = 200, body = Brake)))]
async fn let_go(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Asked(Nothing {}): Asked<Nothing>,
    Body(wish): Body<Reason>,
) -> Result<Json<Brake>, Problem> {
    let body = json!({"reason": reason_of(&wish.reason)?});
    let value = Change::Value(BRAKE.to_owned(), None);
    change(&app, &caller, "remediation.released", "all", body, [value]).await?;
    Ok(Json(Brake { stopped: app.store.value(BRAKE.to_owned()).await? }))
}
