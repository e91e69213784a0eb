//! Accounts, as the organisation says, with the class of environment that deciding goes by.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::rows::AccountRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Json, Named, Nothing};
use crate::gate::with_role;
use crate::problem::Problem;
use crate::token::Role;

/// An account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Account {
    id: String,
    /// Name, address, organisational units, tags.
    account: Value,
    /// `production`, `staging`, `development`, `unknown`.
    environment: &'static str,
    team: Option<String>,
    /// When this was read: it may be older than what the organisation says now.
    #[schema(value_type = String, format = DateTime)]
    read: Timestamp,
}

fn view(app: &App, row: AccountRow) -> Account {
    let triage = app.triage.get();
    let settings = triage.settings();
    let account: Option<finding::Account> = serde_json::from_value(row.account.clone()).ok();
    let class = account.as_ref().map(|account| account.environment(&settings.tags, &settings.environments).name());
    let team = account.as_ref().and_then(|account| account.tag(&settings.tags.team)).map(str::to_owned);
    Account { id: row.id, environment: class.unwrap_or("unknown"), team, account: row.account, read: row.read }
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)))
}

/// All accounts, by id.
#[utoipa::path(get, path = "/accounts", tag = "accounts", responses((status = 200, body = Vec<Account>)))]
async fn list(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Vec<Account>>, Problem> {
    let rows = app.store.accounts().await?;
    Ok(Json(rows.into_iter().map(|row| view(&app, row)).collect()))
}

/// One account.
#[utoipa::path(get, path = "/accounts/{id}", tag = "accounts", params(("id" = String, Path, description = "What it is known by")), responses((status = 200, body = Account)))]
async fn one(
    State(app): State<App>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<Account>, Problem> {
    let row = app.store.account(id).await?.ok_or_else(|| Problem::not_found("account"))?;
    Ok(Json(view(&app, row)))
}
