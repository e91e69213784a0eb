//! What is known of a call's effect: by how the connection ended, and by the status that came back.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::{Call, redacted, said};
use crate::failure::{Failure, Fate};
use crate::letter::clean;
use crate::secret::Secret;

/// The longest that anybody may ask us to wait.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// The most characters of somebody else's words in a message.
const MAX_WORDS: usize = 400;

/// What it means that no answer came.
pub(super) fn of_error(call: &Call, error: &reqwest::Error) -> Failure {
    let what = redacted(&format!("{}: {}", call.name(), said(error)), &call.secrets);
    // Nothing was sent before there was a connection, nor where the call could not be written down.
    let fate = if refused_by_guard(error) || error.is_builder() {
        Fate::Never
    } else if error.is_connect() || !call.changes {
        Fate::Later(None)
    } else {
        Fate::Unknown
    };
    Failure { fate, what }
}

fn refused_by_guard(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<super::guard::Refused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What an answer means that says yes and cannot be read.
pub(super) fn unreadable(call: &Call, status: StatusCode, why: &str) -> Failure {
    let fate = if call.changes { Fate::Unknown } else { Fate::Later(None) };
    Failure { fate, what: redacted(&format!("{}: {}: {why}", call.name(), status.as_u16()), &call.secrets) }
}

/// What a status means that is not a success.
pub(super) fn of_status(call: &Call, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let mut what = format!("{}: {}", call.name(), status.as_u16());
    if let Some(reason) = headers.get("ratelimit-reason").and_then(|reason| reason.to_str().ok()) {
        what.push_str(&format!(" ({})", shortened(reason, &call.secrets)));
    }
    let words = words(body, &call.secrets);
    if !words.is_empty() {
        what.push_str(&format!(": {words}"));
    }
    if status.is_redirection() {
        what.push_str(": it leads elsewhere; configure the address that it leads to");
    }
    let uncertain = if call.changes { Fate::Unknown } else { Fate::Later(None) };
    let fate = match status.as_u16() {
        401 => Fate::Login,
        425 => Fate::Later(None),
        429 => Fate::Later(asked_to_wait(headers)),
        // Whoever says when to come again has not begun.
        503 if headers.contains_key(RETRY_AFTER) => Fate::Later(asked_to_wait(headers)),
        // After a change these two may lead to what came of it.
        302 | 303 if call.changes => Fate::Unknown,
        408 | 500.. => uncertain,
        _ => Fate::Never,
    };
    Failure { fate, what: redacted(&what, &call.secrets) }
}

/// `Retry-After`: seconds, or a date; a second at least, an hour at most.
fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            let wait = date.duration_since(jiff::Timestamp::now());
            Duration::try_from(wait).unwrap_or_default()
        }
    };
    Some(wait.clamp(Duration::from_secs(1), MAX_WAIT))
}

/// What the other side says of its refusal, where it says it in one of the ways that Jira, ServiceNow and others have.
fn words(body: &[u8], secrets: &[Secret]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let mut said: Vec<String> = Vec::new();
    let mut say = |text: &Value| said.extend(text.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
    for text in body["errorMessages"].as_array().into_iter().flatten().take(5) {
        say(text);
    }
    say(&body["message"]);
    say(&body["error"]);
    say(&body["error"]["message"]);
    say(&body["error"]["detail"]);
    say(&body["error_description"]);
    for (field, text) in body["errors"].as_object().into_iter().flatten().take(10) {
        said.extend(text.as_str().map(|text| format!("{field}: {text}")));
    }
    shortened(&said.join("; "), secrets)
}

/// A part of a secret would not be known for one: it is taken out before anything is cut off.
fn shortened(text: &str, secrets: &[Secret]) -> String {
    clean::line(&redacted(text, secrets)).chars().take(MAX_WORDS).collect()
}
