//! What is answered when something cannot be done: problem details (RFC 9457), typed, in words that say what to do.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::{StoreError, Unfit};

/// A request that was not granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Which kind it is: `urn:keyreeve:problem:not-found`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status, as in the status line.
    status: u16,
    /// What was wrong this time, and what to do about it.
    detail: String,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// The kinds: each with its status, its name and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    NoToken,
    Forbidden,
    NotFound,
    WrongMethod,
    Slow,
    Conflict,
    Gone,
    Precondition,
    TooLarge,
    WrongType,
    WrongHost,
    Invalid,
    Busy,
    Fault,
    NotReady,
}

impl Kind {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "the request cannot be understood"),
            Self::NoToken => (StatusCode::UNAUTHORIZED, "no-token", "a token is needed"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "the token's role may not do this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "there is no such thing"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this cannot be done to it"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "slow", "the request took too long"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "it does not stand as was supposed"),
            Self::Gone => (StatusCode::CONFLICT, "replayed", "this was handed in before"),
            Self::Precondition => (StatusCode::PRECONDITION_FAILED, "changed", "it was changed meanwhile"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large"),
            Self::WrongType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-type", "the body is of another type"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong-host", "the request is for another host"),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "the body says what cannot be"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "too much is being asked at once"),
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, "fault", "something failed in Keyreeve"),
            Self::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Keyreeve is not ready"),
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, name, title) = kind.parts();
        let retry_after = (kind == Kind::Busy).then_some(1);
        let kind = format!("urn:keyreeve:problem:{name}");
        Self { kind, title: title.to_owned(), status: status.as_u16(), detail: detail.into(), retry_after }
    }

    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, detail)
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, detail)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {what}"))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => {
                Self::conflict("it was changed by somebody else meanwhile: read it again and decide again")
            }
            other => {
                // Files and causes are for the operator's log, not for whoever asks.
                tracing::error!(error = %other, "the store failed");
                Self::new(Kind::Fault, "the store could not be read or written: the log says why")
            }
        }
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        Self::conflict(unfit.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"keyreeve\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
