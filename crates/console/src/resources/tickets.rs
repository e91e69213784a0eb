//! Tickets: what we want of them, what we know of them, and whether somebody wants to hear nothing of one for a while.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::rows::{TicketRow, TicketState};
use store::{Change, Expect, TicketFilter};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{change, reason_of};
use crate::app::App;
use crate::extract::{Asked, Body, Json, Named, Nothing, must_match, tagged};
use crate::gate::with_role;
use crate::page::{Part, page, part};
use crate::problem::Problem;
use crate::token::{Caller, Role};

/// The longest that a ticket may be snoozed.
const MAX_SNOOZE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How a ticket stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// It is to be opened.
    Wanted,
    Open,
    /// It is to be closed.
    Closing,
    Closed,
    /// Its system does not show it any more.
    Missing,
    /// It could not be opened.
    Failed,
}

impl From<Standing> for TicketState {
    fn from(state: Standing) -> Self {
        match state {
            Standing::Wanted => Self::Wanted,
            Standing::Open => Self::Open,
            Standing::Closing => Self::Closing,
            Standing::Closed => Self::Closed,
            Standing::Missing => Self::Missing,
            Standing::Failed => Self::Failed,
        }
    }
}

/// The name of a state.
pub(crate) fn state_name(state: TicketState) -> &'static str {
    match state {
        TicketState::Wanted => "wanted",
        TicketState::Open => "open",
        TicketState::Closing => "closing",
        TicketState::Closed => "closed",
        TicketState::Missing => "missing",
        TicketState::Failed => "failed",
    }
}

/// A ticket.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Ticket {
    /// What it is known by here.
    key: String,
    /// Grows at each change; the entity tag.
    version: u64,
    /// The configured system.
    destination: String,
    project: Option<String>,
    /// `TEAMFIX`, `INCIDENT`, `AUTOFIXED`, `ROLLUP`.
    kind: String,
    /// `wanted`, `open`, `closing`, `closed`, `missing`, `failed`.
    state: &'static str,
    /// Its number and address in its own system, once it has one.
    external: Option<Value>,
    severity: String,
    title: String,
    account_id: String,
    team: Option<String>,
    /// What it is for: a finding's key, `account/control`, or `control`.
    group: String,
    /// The findings it stands for, by key.
    findings: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    opened: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// Whether it is open past its time.
    overdue: bool,
    reminders: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed: Option<Timestamp>,
    /// Whether a person closed it, and not we.
    closed_by_hand: bool,
    /// `fixed`, `gone` …
    outcome: Option<String>,
    /// Until when there are no reminders.
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed: Option<Timestamp>,
}

fn view(row: TicketRow, now: Timestamp) -> Ticket {
    let is_open = matches!(row.state, TicketState::Wanted | TicketState::Open | TicketState::Missing);
    Ticket {
        state: state_name(row.state),
        overdue: is_open && row.due.is_some_and(|due| due < now),
        key: row.key,
        version: row.version,
        destination: row.destination,
        project: row.project,
        kind: row.kind,
        external: row.external,
        severity: row.severity,
        title: row.title,
        account_id: row.account_id,
        team: row.team,
        group: row.group,
        findings: row.findings,
        opened: row.opened,
        due: row.due,
        reminders: row.reminders,
        closed: row.closed,
        closed_by_hand: row.closed_by_hand,
        outcome: row.outcome,
        snoozed: row.snoozed,
    }
}

/// Which tickets.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    state: Option<Standing>,
    /// `TEAMFIX`, `INCIDENT`, `AUTOFIXED`, `ROLLUP`.
    kind: Option<String>,
    account_id: Option<String>,
    team: Option<String>,
    /// The configured system.
    destination: Option<String>,
    /// What it is for.
    group: Option<String>,
    /// What `next` of the part before said.
    #[param(min_length = 1, max_length = 2048)]
    after: Option<String>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Until when, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snooze {
    /// At most 90 days from now.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// For the next reader.
    #[schema(min_length = 1, max_length = 2000, pattern = r"[^\s\x00-\x1f\x7f-\x9f\ufeff]")]
    reason: String,
}

/// Why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// For the next reader.
    #[schema(min_length = 1, max_length = 2000, pattern = r"[^\s\x00-\x1f\x7f-\x9f\ufeff]")]
    pub reason: String,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let look = OpenApiRouter::new().routes(routes!(list)).routes(routes!(one));
    let act = OpenApiRouter::new().routes(routes!(snooze)).routes(routes!(wake));
    with_role(app, Role::Viewer, look).merge(with_role(app, Role::Responder, act))
}

/// Tickets, by key.
#[utoipa::path(get, path = "/tickets", tag = "tickets", params(Which), responses((status = 200, body = Part<Ticket>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Ticket>>, Problem> {
    let page = page(which.after, which.limit)?;
    let (limit, now) = (page.limit, (app.now)());
    let filter = TicketFilter {
        state: which.state.map(TicketState::from),
        kind: which.kind,
        account_id: which.account_id,
        team: which.team,
        destination: which.destination,
        group: which.group,
    };
    let rows = app.store.tickets(filter, page).await?;
    Ok(Json(part(rows, limit, |row| row.key.clone(), |row| view(row, now))))
}

/// One ticket.
#[utoipa::path(get, path = "/tickets/{key}", tag = "tickets", params(("key" = String, Path, description = "What it is known by")),
    responses((status = 200, body = Ticket), (status = 304, description = "It has not changed")))]
async fn one(
    State(app): State<App>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = found(&app, key).await?;
    let version = row.version.to_string();
    Ok(tagged(&headers, &version, view(row, (app.now)())))
}

async fn found(app: &App, key: String) -> Result<TicketRow, Problem> {
    app.store.ticket(key).await?.ok_or_else(|| Problem::not_found("ticket"))
}

/// No reminders of this ticket until then.
#[utoipa::path(post, path = "/tickets/{key}/snooze", tag = "tickets", params(("key" = String, Path, description = "What it is known by")), request_body = Snooze,
    responses((status = 200, body = Ticket)))]
async fn snooze(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(wish): Body<Snooze>,
) -> Result<Json<Ticket>, Problem> {
    let now = (app.now)();
    let reason = reason_of(&wish.reason)?;
    let longest = now.checked_add(MAX_SNOOZE).unwrap_or(now);
    if wish.until <= now || wish.until > longest {
        return Err(Problem::invalid("`until` takes a time to come, at most 90 days from now"));
    }
    let row = found(&app, key).await?;
    if row.state == TicketState::Closed {
        return Err(Problem::conflict("the ticket is closed: there is nothing to be reminded of"));
    }
    let body = json!({"until": wish.until, "reason": reason});
    put(&app, &caller, "ticket.snoozed", body, &headers, TicketRow { snoozed: Some(wish.until), ..row }).await
}

/// Reminders of this ticket again.
#[utoipa::path(post, path = "/tickets/{key}/wake", tag = "tickets", params(("key" = String, Path, description = "What it is known by")), request_body = Reason,
    responses((status = 200, body = Ticket)))]
async fn wake(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(key): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
    Body(wish): Body<Reason>,
) -> Result<Json<Ticket>, Problem> {
    let body = json!({"reason": reason_of(&wish.reason)?});
    let row = found(&app, key).await?;
    put(&app, &caller, "ticket.woken", body, &headers, TicketRow { snoozed: None, ..row }).await
}

async fn put(
    app: &App,
    caller: &Caller,
    kind: &str,
    body: Value,
    headers: &HeaderMap,
    row: TicketRow,
) -> Result<Json<Ticket>, Problem> {
    must_match(headers, row.version)?;
    let key = row.key.clone();
    let expect = Expect::Version(row.version);
    change(app, caller, kind, &key, body, [Change::Ticket(Box::new(row), expect)]).await?;
    Ok(Json(view(found(app, key).await?, (app.now)())))
}
