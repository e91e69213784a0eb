//! What a request says, read strictly: unknown parameters, other types, broken JSON and bodies that are too large are refused before
//! anything is done.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::problem::{Kind, Problem};
use crate::token::hex;

/// The largest body, but for findings.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// The largest body of findings.
pub(crate) const MAX_FINDINGS_BODY: usize = 8 << 20;

/// The parameters of the query.
pub(crate) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(asked)| Self(asked)).map_err(|error| Problem::bad(format!("the query: {}", inner(&error))))
    }
}

fn inner(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    deepest.to_string()
}

/// The part of the path that names a thing.
pub(crate) struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(Problem::bad("the path is not UTF-8 text, percent-encoded")),
        }
    }
}

/// A query without parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let bytes = read(request, MAX_BODY).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let kind = if error.is_data() { Kind::Invalid } else { Kind::BadRequest };
            Problem::new(kind, format!("the body: {error}"))
        })
    }
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Kind::WrongType, "send `Content-Type: application/json`"))
}

/// The whole body, as long as it is no larger than that.
pub(crate) async fn read(request: Request, most: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Kind::TooLarge, format!("at most {most} bytes are taken"));
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > most) {
        return Err(too_large());
    }
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Err(_) => Err(Problem::bad("the body ended early")),
    }
}

/// JSON as an answer.
pub(crate) struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let mut response = body.into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => Problem::new(Kind::Fault, format!("writing the answer: {error}")).into_response(),
        }
    }
}

/// JSON with an entity tag: who has it already is told so.
pub(crate) fn tagged<T: Serialize>(headers: &HeaderMap, tag: &str, value: T) -> Response {
    let tag = format!("\"{tag}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let has_it = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if has_it { StatusCode::NOT_MODIFIED.into_response() } else { Json(value).into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A tag of content that has no version.
pub(crate) fn digest(content: &[u8]) -> String {
    let mut text = hex(&Sha256::digest(content));
    text.truncate(32);
    text
}

/// The version that `If-Match` names, where it is sent, must be the row's.
pub(crate) fn must_match(headers: &HeaderMap, version: u64) -> Result<(), Problem> {
    let Some(wanted) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let fits = |wanted: &str| wanted.split(',').any(|one| one.trim() == "*" || one.trim() == format!("\"{version}\""));
    if wanted.to_str().is_ok_and(fits) {
        return Ok(());
    }
    Err(Problem::new(Kind::Precondition, "it has another version now: read it again and decide again"))
}
