//! Reports, in three forms: data, a page, and text for a chat or a wiki.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Form};
use crate::extract::Asked;
use crate::gate::with_role;
use crate::hook::problem_of;
use crate::problem::Problem;
use crate::token::Role;

/// Which report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The week that ends then; now where nothing is said.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `json` where nothing is said.
    #[param(inline)]
    form: Option<Form>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    with_role(app, Role::Viewer, OpenApiRouter::new().routes(routes!(weekly)))
}

/// The weekly report: totals, per account and team, oldest, overdue, time to fix, four weeks back.
#[utoipa::path(get, path = "/reports/weekly", tag = "reports", params(Which),
    responses((status = 200, content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/markdown")))))]
async fn weekly(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Response, Problem> {
    let form = which.form.unwrap_or_default();
    let report = app.reports.weekly(which.until.unwrap_or_else(|| (app.now)()), form).await.map_err(problem_of)?;
    let kind = match form {
        Form::Json => "application/json",
        Form::Html => "text/html; charset=utf-8",
        Form::Markdown => "text/markdown; charset=utf-8",
    };
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
    Ok((headers, report).into_response())
}
