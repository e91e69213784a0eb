//! Jobs: what is to be done outside, how often it was tried, and what a person must look at.

use axum::Extension;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::rows::{AttemptRow, JobRow, JobState};
use store::{Again, Change, JobFilter, again};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tickets::Reason;
use super::{change, reason_of};
use crate::app::App;
use crate::extract::{Asked, Body, Json, Named, Nothing};
use crate::gate::with_role;
use crate::page::{Part, page, part};
use crate::problem::Problem;
use crate::token::{Caller, Role};

/// How a job stands.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Pending,
    /// It may have been done: it is looked after, not repeated.
    Unknown,
    Done,
    /// A switch or a cap holds it back.
    Held,
    /// A dead letter: a person must look.
    Dead,
}

impl From<Standing> for JobState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Pending => Self::Pending,
            Standing::Unknown => Self::Unknown,
            Standing::Done => Self::Done,
            Standing::Held => Self::Held,
            Standing::Dead => Self::Dead,
        }
    }
}

/// The name of a state.
pub(crate) fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Pending => "pending",
        JobState::Unknown => "unknown",
        JobState::Done => "done",
        JobState::Held => "held",
        JobState::Dead => "dead",
    }
}

/// One thing to do outside.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Job {
    /// What is intended, in a word and a key.
    id: String,
    /// `ticket`, `hub`, `mail`, `remediation`, `read`.
    queue: String,
    /// Whose calls are counted together.
    destination: String,
    /// What to do.
    task: Value,
    /// `pending`, `unknown`, `done`, `held`, `dead`.
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    attempts: u32,
    /// Who holds it.
    holder: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    leased_until: Option<Timestamp>,
    /// Why it waits, failed or is held; what it came to.
    note: Option<String>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            queue: row.queue,
            destination: row.destination,
            task: row.task,
            state: state_name(row.state),
            due: row.due,
            created: row.created,
            attempts: row.attempts,
            holder: row.holder,
            leased_until: row.leased_until,
            note: row.note,
        }
    }
}

/// One attempt at a job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Attempt {
    number: u32,
    #[schema(value_type = String, format = DateTime)]
    began: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// `success`, `failure`, `unknown`; `null` while nobody knows yet.
    outcome: Option<String>,
    note: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self { number: row.number, began: row.began, ended: row.ended, outcome: row.outcome, note: row.note }
    }
}

/// A job and its attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WholeJob {
    job: Job,
    attempts: Vec<Attempt>,
}

/// Which jobs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `ticket`, `hub`, `mail`, `remediation`, `read`.
    queue: Option<String>,
    /// `dead` for what a person must look at.
    #[param(inline)]
    state: Option<Standing>,
    destination: Option<String>,
    /// What `next` of the part before said.
    #[param(min_length = 1, max_length = 2048)]
    after: Option<String>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// How many jobs there are of a queue in a state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Count {
    queue: String,
    state: &'static str,
    count: u64,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let look = OpenApiRouter::new().routes(routes!(list)).routes(routes!(counts)).routes(routes!(one));
    let repeat = OpenApiRouter::new().routes(routes!(retry));
    let give_up = OpenApiRouter::new().routes(routes!(give_up));
    with_role(app, Role::Viewer, look).merge(with_role(app, Role::Responder, repeat)).merge(with_role(
        app,
        Role::Administrator,
        give_up,
    ))
}

/// Jobs, by id; `state=dead` are the dead letters.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Which), responses((status = 200, body = Part<Job>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Job>>, Problem> {
    let page = page(which.after, which.limit)?;
    let limit = page.limit;
    let filter =
        JobFilter { queue: which.queue, state: which.state.map(JobState::from), destination: which.destination };
    let rows = app.store.jobs(filter, page).await?;
    Ok(Json(part(rows, limit, |row| row.id.clone(), Job::from)))
}

/// How many jobs there are, by queue and state.
#[utoipa::path(get, path = "/job-counts", tag = "jobs", responses((status = 200, body = Vec<Count>)))]
async fn counts(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Vec<Count>>, Problem> {
    let counts = app.store.job_counts().await?.into_iter();
    Ok(Json(counts.map(|((queue, state), count)| Count { queue, state: state_name(state), count }).collect()))
}

/// One job, with its attempts. The id's slashes are written `%2F`.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "What it is known by")), responses((status = 200, body = WholeJob)))]
async fn one(
    State(app): State<App>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<WholeJob>, Problem> {
    let job = found(&app, id.clone()).await?.into();
    let attempts = app.store.attempts(id).await?.into_iter().map(Attempt::from).collect();
    Ok(Json(WholeJob { job, attempts }))
}

async fn found(app: &App, id: String) -> Result<JobRow, Problem> {
    app.store.job(id).await?.ok_or_else(|| Problem::not_found("job"))
}

/// Try a dead letter, or what is held, again at once.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = String, Path, description = "What it is known by")), request_body = Reason,
    responses((status = 200, body = Job)))]
async fn retry(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
    Body(wish): Body<Reason>,
) -> Result<Json<Job>, Problem> {
    let reason = reason_of(&wish.reason)?;
    let note = Some(format!("tried again by {}: {reason}", caller.name));
    match again(app.store.as_ref(), &id, (app.now)(), note).await? {
        Again::Missing => Err(Problem::not_found("job")),
        Again::GoesOn(_) => Err(Problem::conflict("it is neither dead nor held: only those are tried again by hand")),
        Again::Begins { was, changes } => {
            change(&app, &caller, "job.retried", &id, json!({"reason": reason, "was": was}), changes).await?;
            Ok(Json(found(&app, id).await?.into()))
        }
    }
}

/// Give a dead letter up: it is not done, and nobody is reminded of it.
#[utoipa::path(post, path = "/jobs/{id}/drop", tag = "jobs", params(("id" = String, Path, description = "What it is known by")), request_body = Reason,
    responses((status = 200, body = Job)))]
async fn give_up(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
    Body(wish): Body<Reason>,
) -> Result<Json<Job>, Problem> {
    let reason = reason_of(&wish.reason)?;
    let row = dead(&app, id.clone()).await?;
    let note = Some(format!("given up by {}: {reason}", caller.name));
    let row = JobRow { state: JobState::Done, holder: None, leased_until: None, note, ..row };
    // The fence is the one that was read: whoever takes the job meanwhile makes this a conflict.
    change(&app, &caller, "job.dropped", &id, json!({"reason": reason}), [Change::Finish(Box::new(row))]).await?;
    Ok(Json(found(&app, id).await?.into()))
}

async fn dead(app: &App, id: String) -> Result<JobRow, Problem> {
    let row = found(app, id).await?;
    if row.state == JobState::Dead {
        return Ok(row);
    }
    Err(Problem::conflict("it is no dead letter: only those are given up by hand"))
}
