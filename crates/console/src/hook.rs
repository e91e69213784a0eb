//! The signed door for findings: a sender that knows a secret signs what it sends, with the time; what is old or was seen is refused.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Delivery, Refusal, Taken};
use crate::extract::{Asked, Json, MAX_FINDINGS_BODY, Nothing, read};
use crate::gate::operations;
use crate::problem::{Kind, Problem};
use crate::token::hex;
use crate::watch::{Bounds, Limits, bounded};

/// The header with the time, in whole seconds since 1970.
pub const TIMESTAMP: &str = "x-keyreeve-timestamp";
/// The header with `v1=` and the signature, in hexadecimal digits.
pub const SIGNATURE: &str = "x-keyreeve-signature";

/// How far a signature's time may be from ours.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// A secret that a sender signs with.
#[derive(Clone)]
pub struct HookSecret {
    /// Whose it is.
    pub name: String,
    /// What is shared.
    pub secret: Vec<u8>,
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All senders; several secrets of one sender may hold while they are being exchanged.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    /// Their secrets.
    pub secrets: Arc<Vec<HookSecret>>,
}

/// What a sender sends as [`SIGNATURE`]: of the time, a full stop, and the body.
#[must_use]
pub fn signature(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    // An HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1={}", hex(&mac.finalize().into_bytes()))
}

/// The door of those who sign. Bodies are read here before it is known who sends them, so it has places of its own: whoever fills them
/// keeps nobody else out.
pub(crate) fn routes(limits: &Limits) -> OpenApiRouter<App> {
    let places = Bounds::new(&Limits { requests: (limits.requests / 4).max(1), ..limits.clone() });
    let mut routes = OpenApiRouter::new().routes(routes!(findings));
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("signature", [])]);
        }
    }
    routes.route_layer(axum::middleware::from_fn_with_state(places, bounded))
}

/// Hand findings in by signature instead of a token: what `POST /api/v1/findings` takes, from the senders under `serve.hooks`.
///
/// A delivery is taken once, and only within five minutes of its time.
#[utoipa::path(post, path = "/hooks/findings", tag = "findings",
    params(
        ("x-keyreeve-timestamp" = i64, Header, description = "When it was signed, in seconds since 1970"),
        ("x-keyreeve-signature" = String, Header,
            description = "`v1=` and the HMAC-SHA-256 of the time, a full stop and the body, in hexadecimal digits"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 202, body = Taken, description = "They are in the store")))]
async fn findings(
    State(app): State<App>,
    Asked(Nothing {}): Asked<Nothing>,
    request: Request,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(taken(&app, request).await?)))
}

async fn taken(app: &App, request: Request) -> Result<Taken, Problem> {
    let hooks = app.hooks.get();
    if hooks.secrets.is_empty() {
        return Err(Problem::new(Kind::NotFound, "no hook is configured: see serve.hooks"));
    }
    let now = (app.now)();
    let (seconds, signed) = stamp(request.headers(), now)?;
    let body = read(request, MAX_FINDINGS_BODY).await?;
    let matches = |secret: &&HookSecret| {
        bool::from(signature(&secret.secret, seconds, &body).as_bytes().ct_eq(signed.as_bytes()))
    };
    let Some(sender) = hooks.secrets.iter().find(matches) else { return Err(refused("the signature is not right")) };
    // The signature is the delivery: the same body at the same second is the same delivery.
    let until = now.checked_add(WINDOW * 3).unwrap_or(now);
    let actor = format!("hook:{}", sender.name);
    let delivery = Delivery { id: Some(format!("hook:{signed}")), until, actor, body };
    let taken = app.intake.take(delivery).await.map_err(problem_of)?;
    (app.wake)();
    Ok(taken)
}

fn refused(detail: &str) -> Problem {
    Problem::new(Kind::NoToken, detail)
}

/// The time and the signature, where the time is now.
fn stamp(headers: &HeaderMap, now: Timestamp) -> Result<(i64, String), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(time), Some(signed)) = (text(TIMESTAMP), text(SIGNATURE)) else {
        return Err(refused("send X-Keyreeve-Timestamp and X-Keyreeve-Signature"));
    };
    let seconds = time.parse::<i64>().map_err(|_| refused("X-Keyreeve-Timestamp takes seconds since 1970"))?;
    if now.as_second().abs_diff(seconds) > Duration::from_secs(WINDOW.as_secs().unsigned_abs()).as_secs() {
        return Err(refused("the signature is older than five minutes, or of the future: is the clock right?"));
    }
    Ok((seconds, signed.to_owned()))
}

/// Why the findings were not taken in.
pub(crate) fn problem_of(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Replayed => Problem::new(Kind::Gone, "this delivery was taken in before"),
        Refusal::Invalid(why) => Problem::invalid(why),
        Refusal::Conflict => Problem::new(Kind::Busy, "somebody else changed the same findings: send them again"),
        Refusal::Failed(why) => {
            tracing::error!(error = why, "something that was asked for failed");
            Problem::new(Kind::Fault, "it failed: the log says why")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_documented_one() {
        // Computed with Python: hmac.new(b"secret", b"1700000000.{}", "sha256").hexdigest()
        let expected = "v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
        let made = signature(b"secret", 1_700_000_000, b"{}");
        assert_eq!(made, expected);
        assert_ne!(made, signature(b"secret", 1_700_000_001, b"{}"));
        assert_ne!(made, signature(b"secre", 1_700_000_000, b"{}"));
    }
}
