//! Rules that suppress findings: those in force, whether others would be right, and what they hit today.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{FindingFilter, Page};
use triage::incoming::{self, Incoming};
use triage::key::Sight;
use triage::rules::{self, Remark, Rule, Withholds};
use triage::suppress::Vocabulary;
use triage::{Case, Triage, explain};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Body, Json, Nothing};
use crate::gate::with_role;
use crate::problem::{Kind, Problem};
use crate::token::Role;

/// The most findings that rules are tried on.
const MAX_FINDINGS: usize = 5000;
/// The most rules that are tried at a time.
const MAX_RULES: usize = 200;

/// A rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Suppression {
    /// The control, detection or incident type it is for.
    id: String,
    suppress_when: String,
    /// Changes with its meaning, and with nothing else.
    version: String,
    /// `finding`, or `remediation` where only the fix is withheld.
    withholds: &'static str,
    owner: Option<String>,
    reason: Option<String>,
    expires: Option<String>,
    expired: bool,
}

fn view(rule: &Rule, now: Timestamp) -> Suppression {
    Suppression {
        id: rule.id.clone(),
        suppress_when: rule.suppress_when.clone(),
        version: rule.version.clone(),
        withholds: match rule.withholds {
            Withholds::Finding => "finding",
            Withholds::Remediation => "remediation",
        },
        owner: rule.owner.clone(),
        reason: rule.reason.clone(),
        expires: rule.expires.map(|expires| expires.to_string()),
        expired: rule.expires.is_some_and(|expires| expires.is_over(now)),
    }
}

/// A file of rules, as text.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// `[{"id": "KMS.3", "suppress_when": "environment = DEV", "owner": "…", "reason": "…", "expires": null}]`
    rules: String,
}

/// Something to say about a rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Mistake {
    /// `error`: the file is not to be used; `warning`: it is doubtful.
    level: &'static str,
    /// The rule, by its id.
    rule: Option<String>,
    message: String,
    help: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

/// What was found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Checked {
    /// How many rules are right.
    rules: usize,
    problems: Vec<Mistake>,
}

/// What a rule hits today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Hits {
    rule: Suppression,
    /// Accounts for which it holds, by id.
    accounts: Vec<String>,
    /// Findings that it suppresses, by their own ids.
    findings: Vec<String>,
}

/// What rules hit today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Explained {
    /// How many findings that are not settled were looked at.
    examined: usize,
    /// Whether there are more findings than were looked at.
    more: bool,
    rules: Vec<Hits>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let look = OpenApiRouter::new().routes(routes!(list)).routes(routes!(check)).routes(routes!(explained));
    with_role(app, Role::Viewer, look)
}

/// The rules in force, in their order.
#[utoipa::path(get, path = "/suppressions", tag = "suppressions", responses((status = 200, body = Vec<Suppression>)))]
async fn list(State(app): State<App>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Vec<Suppression>>, Problem> {
    let now = (app.now)();
    Ok(Json(app.triage.get().rules().all().iter().map(|rule| view(rule, now)).collect()))
}

/// Say whether rules are right: every mistake with its line and column. Nothing is changed.
#[utoipa::path(post, path = "/suppressions/check", tag = "suppressions", request_body = Rules, responses((status = 200, body = Checked)))]
async fn check(
    State(app): State<App>,
    Asked(Nothing {}): Asked<Nothing>,
    Body(given): Body<Rules>,
) -> Result<Json<Checked>, Problem> {
    let triage = app.triage.get();
    let mut vocabulary = Vocabulary::default();
    for account in accounts(&app).await? {
        vocabulary.add_account(&account, &triage.settings().tags);
    }
    let read = rules::read(&given.rules, &vocabulary);
    let mistake = |level: &'static str, remark: Remark| Mistake {
        level,
        rule: remark.rule,
        message: remark.message,
        help: remark.help,
        line: remark.place.map(|place| place.line),
        column: remark.place.map(|place| place.column),
    };
    let problems = read.faults.into_iter().map(|fault| mistake("error", fault));
    let problems = problems.chain(read.remarks.into_iter().map(|remark| mistake("warning", remark))).collect();
    Ok(Json(Checked { rules: read.rules.len(), problems }))
}

/// Say which accounts and findings rules would hit today. Nothing is changed.
#[utoipa::path(post, path = "/suppressions/explain", tag = "suppressions", request_body = Rules, responses((status = 200, body = Explained)))]
async fn explained(
    State(app): State<App>,
    Asked(Nothing {}): Asked<Nothing>,
    Body(given): Body<Rules>,
) -> Result<Json<Explained>, Problem> {
    let read = rules::read(&given.rules, &Vocabulary::default());
    if let Some(fault) = read.faults.first() {
        return Err(Problem::invalid(format!("the rules: {fault}; /api/v1/suppressions/check lists every mistake")));
    }
    if read.rules.len() > MAX_RULES {
        return Err(Problem::invalid(format!("at most {MAX_RULES} rules are tried at a time")));
    }
    let (accounts, now, triage) = (accounts(&app).await?, (app.now)(), app.triage.get());
    let (findings, more) = findings(&app).await?;
    let examined = findings.len();
    let work = move || hits(&read.rules, &triage, &accounts, &findings, now);
    let rules = tokio::task::spawn_blocking(work).await;
    let rules = rules.map_err(|_| Problem::new(Kind::Fault, "explaining failed: the log says more"))?;
    Ok(Json(Explained { examined, more, rules }))
}

fn hits(
    rules: &[Rule],
    triage: &Triage,
    accounts: &[finding::Account],
    findings: &[Incoming],
    now: Timestamp,
) -> Vec<Hits> {
    let account_of = |finding: &Incoming| accounts.iter().find(|account| account.id.as_str() == finding.account_id);
    let case = |finding| Case { finding, account: account_of(finding), key: Sight::Unseen, ticket: None, now };
    let cases: Vec<Case<'_>> = findings.iter().map(case).collect();
    let one = |rule: &Rule| {
        let found = explain::hits(rule, triage.settings(), accounts, &cases, now);
        let accounts = found.accounts.iter().filter_map(|place| accounts.get(*place));
        let findings = found.findings.iter().filter_map(|place| findings.get(*place));
        Hits {
            rule: view(rule, now),
            accounts: accounts.map(|account| account.id.as_str().to_owned()).collect(),
            findings: findings.map(|finding| finding.id.clone()).collect(),
        }
    };
    rules.iter().map(one).collect()
}

async fn accounts(app: &App) -> Result<Vec<finding::Account>, Problem> {
    let rows = app.store.accounts().await?.into_iter();
    Ok(rows.filter_map(|row| serde_json::from_value(row.account).ok()).collect())
}

/// Findings that are not settled, and whether there are more.
async fn findings(app: &App) -> Result<(Vec<Incoming>, bool), Problem> {
    let filter = FindingFilter { settled: Some(false), ..FindingFilter::default() };
    let mut page = Page { after: None, limit: crate::page::MAX };
    let mut findings = Vec::new();
    loop {
        let rows = app.store.findings(filter.clone(), page.clone()).await?;
        findings.extend(rows.iter().flat_map(|row| incoming::read(row.text.as_bytes()).findings));
        let last = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.key.clone());
        if last.is_none() || findings.len() >= MAX_FINDINGS {
            return Ok((findings, last.is_some()));
        }
        page.after = last;
    }
}
