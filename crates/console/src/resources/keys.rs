//! Keys and custom key stores as they were last read: lists, one whole, and what changed of it.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::rows::{KeyChange, KeyRow};
use store::{KeyFilter, Page};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Asked, Json, Named, Nothing, digest, tagged};
use crate::gate::with_role;
use crate::page::{Part, page, part};
use crate::problem::Problem;
use crate::token::Role;

const KEY: &str = "AWS.KMS.Key";
const STORE: &str = "AWS.KMS.CustomKeyStore";

/// A key in a list: the columns of the KMS console. A column is `null` where there is no value or it could not be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Key {
    arn: String,
    key_id: Value,
    aliases: Vec<String>,
    account_id: String,
    region: String,
    /// `Enabled`, `PendingDeletion` …
    state: Option<String>,
    key_spec: Value,
    key_usage: Value,
    origin: Value,
    key_manager: Value,
    rotation_enabled: Value,
    deletion_date: Value,
    /// Whether it is there no more.
    gone: bool,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    read: Timestamp,
}

/// A key with everything that was read of it, in the order of the KMS console's tabs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WholeKey {
    key: Key,
    /// Description, dates, regionality, last use, account.
    general: Map<String, Value>,
    /// Key spec, usage, origin, algorithms, key store.
    cryptographic_configuration: Map<String, Value>,
    /// Whether and how often it rotates, when next, past rotations.
    rotation: Map<String, Value>,
    /// The key policy as a document; as text where it is not JSON.
    policy: Value,
    tags: Value,
    grants: Value,
    /// Facts that could not be read, by field: which call, and what it answered.
    unknown: Value,
}

/// A custom key store.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CustomKeyStore {
    /// What it is asked for with.
    id: String,
    account_id: String,
    region: String,
    /// Whether it is there no more.
    gone: bool,
    /// Its facts, by AWS's names.
    facts: Map<String, Value>,
    #[schema(value_type = String, format = DateTime)]
    read: Timestamp,
}

/// What changed of a key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Difference {
    /// When it was seen.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    field: String,
    /// `null` where there was none.
    before: Value,
    after: Value,
}

impl From<KeyChange> for Difference {
    fn from(change: KeyChange) -> Self {
        Self { at: change.at, field: change.field, before: change.before, after: change.after }
    }
}

const GENERAL: [&str; 13] = [
    "Description",
    "CreationDate",
    "DeletionDate",
    "PendingDeletionWindowInDays",
    "Enabled",
    "KeyManager",
    "MultiRegion",
    "MultiRegionConfiguration",
    "ExpirationModel",
    "ValidTo",
    "KeyLastUsage",
    "TrackingStartDate",
    "Account",
];
const CRYPTOGRAPHIC: [&str; 12] = [
    "KeySpec",
    "KeyUsage",
    "Origin",
    "EncryptionAlgorithms",
    "SigningAlgorithms",
    "MacAlgorithms",
    "KeyAgreementAlgorithms",
    "CustomKeyStoreId",
    "CloudHsmClusterId",
    "XksKeyConfiguration",
    "CustomKeyStoreConnectionState",
    "CurrentKeyMaterialId",
];
const ROTATION: [&str; 5] =
    ["KeyRotationEnabled", "RotationPeriodInDays", "NextRotationDate", "OnDemandRotationStartDate", "Rotations"];

/// The facts of a row; what cannot be read as an object has none.
fn facts(row: &KeyRow) -> Map<String, Value> {
    let facts = row.facts.as_deref().and_then(|text| serde_json::from_str(text).ok());
    facts.unwrap_or_default()
}

/// A fact; `null` where it is listed as unknown, whatever it says itself.
fn fact(facts: &Map<String, Value>, name: &str) -> Value {
    let unknown = facts.get("Unknown").and_then(|unknown| unknown.get(name));
    if unknown.is_some() { Value::Null } else { facts.get(name).cloned().unwrap_or_default() }
}

fn of(facts: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), fact(facts, name))).collect()
}

fn listed(row: KeyRow) -> Key {
    let facts = facts(&row);
    Key {
        key_id: fact(&facts, "KeyId"),
        key_spec: fact(&facts, "KeySpec"),
        key_usage: fact(&facts, "KeyUsage"),
        origin: fact(&facts, "Origin"),
        key_manager: fact(&facts, "KeyManager"),
        rotation_enabled: fact(&facts, "KeyRotationEnabled"),
        deletion_date: fact(&facts, "DeletionDate"),
        gone: row.facts.is_none(),
        arn: row.arn,
        aliases: row.aliases,
        account_id: row.account_id,
        region: row.region,
        state: row.state,
        read: row.read,
    }
}

fn whole(row: KeyRow) -> WholeKey {
    let facts = facts(&row);
    let policy = match fact(&facts, "Policy") {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    };
    WholeKey {
        general: of(&facts, &GENERAL),
        cryptographic_configuration: of(&facts, &CRYPTOGRAPHIC),
        rotation: of(&facts, &ROTATION),
        policy,
        tags: fact(&facts, "Tags"),
        grants: fact(&facts, "Grants"),
        unknown: facts.get("Unknown").cloned().unwrap_or_default(),
        key: listed(row),
    }
}

fn key_store(row: KeyRow) -> CustomKeyStore {
    CustomKeyStore {
        facts: facts(&row),
        gone: row.facts.is_none(),
        id: row.arn,
        account_id: row.account_id,
        region: row.region,
        read: row.read,
    }
}

/// Which keys.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    account_id: Option<String>,
    region: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion` …
    state: Option<String>,
    /// In the ARN or an alias.
    q: Option<String>,
    /// What `next` of the part before said.
    #[param(min_length = 1, max_length = 2048)]
    after: Option<String>,
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// How much of a history.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowMuch {
    /// At most so many; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    let keys = OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(history));
    with_role(app, Role::Viewer, keys.routes(routes!(key_stores)).routes(routes!(one_key_store)))
}

async fn rows(app: &App, which: Which, kind: &str) -> Result<(Vec<KeyRow>, usize), Problem> {
    let page: Page = page(which.after, which.limit)?;
    let limit = page.limit;
    let filter = KeyFilter {
        account_id: which.account_id,
        region: which.region,
        state: which.state,
        kind: Some(kind.to_owned()),
        text: which.q,
    };
    Ok((app.store.keys(filter, page).await?, limit))
}

/// Keys, by ARN.
#[utoipa::path(get, path = "/keys", tag = "keys", params(Which), responses((status = 200, body = Part<Key>)))]
async fn list(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<Key>>, Problem> {
    let (rows, limit) = rows(&app, which, KEY).await?;
    Ok(Json(part(rows, limit, |row| row.arn.clone(), listed)))
}

async fn found(app: &App, arn: String, kind: &str, what: &str) -> Result<KeyRow, Problem> {
    app.store.key(arn).await?.filter(|row| row.kind == kind).ok_or_else(|| Problem::not_found(what))
}

/// One key: policy, cryptographic configuration, rotation, tags, grants. The ARN's slash is written `%2F`.
#[utoipa::path(get, path = "/keys/{arn}", tag = "keys", params(("arn" = String, Path, description = "What it is known by")),
    responses((status = 200, body = WholeKey), (status = 304, description = "It has not changed")))]
async fn one(
    State(app): State<App>,
    Named(arn): Named,
    Asked(Nothing {}): Asked<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = found(&app, arn, KEY, "key").await?;
    let tag = digest(format!("{}{}", row.read, row.facts.as_deref().unwrap_or_default()).as_bytes());
    Ok(tagged(&headers, &tag, whole(row)))
}

/// What changed of a key, the latest first.
#[utoipa::path(get, path = "/keys/{arn}/history", tag = "keys", params(("arn" = String, Path, description = "What it is known by"), HowMuch),
    responses((status = 200, body = Vec<Difference>)))]
async fn history(
    State(app): State<App>,
    Named(arn): Named,
    Asked(how_much): Asked<HowMuch>,
) -> Result<Json<Vec<Difference>>, Problem> {
    let limit = page(None, how_much.limit)?.limit;
    let row = found(&app, arn, KEY, "key").await?;
    let changes = app.store.key_history(row.arn, limit).await?;
    Ok(Json(changes.into_iter().map(Difference::from).collect()))
}

/// Custom key stores.
#[utoipa::path(get, path = "/custom-key-stores", tag = "keys", params(Which), responses((status = 200, body = Part<CustomKeyStore>)))]
async fn key_stores(State(app): State<App>, Asked(which): Asked<Which>) -> Result<Json<Part<CustomKeyStore>>, Problem> {
    let (rows, limit) = rows(&app, which, STORE).await?;
    Ok(Json(part(rows, limit, |row| row.arn.clone(), key_store)))
}

/// One custom key store.
#[utoipa::path(get, path = "/custom-key-stores/{id}", tag = "keys", params(("id" = String, Path, description = "What it is known by")),
    responses((status = 200, body = CustomKeyStore)))]
async fn one_key_store(
    State(app): State<App>,
    Named(id): Named,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Json<CustomKeyStore>, Problem> {
    Ok(Json(key_store(found(&app, id, STORE, "custom key store").await?)))
}
