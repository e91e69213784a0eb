//! The `Authorization` header: who signed, for which day, region and service.

use std::time::SystemTime;

use super::Request;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential<'a> {
    pub(crate) access_key: &'a str,
    /// `20261122`.
    pub(crate) day: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    /// `host;x-amz-date`.
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
}

/// Why a request is not signed as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// There is no signature.
    Missing,
    /// There is one, but not a whole one: AWS's sentence about it.
    Incomplete(String),
}

/// Reads the header.
pub(crate) fn credential(request: &Request) -> Result<Credential<'_>, AuthError> {
    let header = request.header("authorization").ok_or(AuthError::Missing)?;
    let rest = header.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(|| {
        AuthError::Incomplete(format!(
            "Authorization header requires 'AWS4-HMAC-SHA256'. Authorization={}",
            shown(header)
        ))
    })?;
    let part = |name: &str| {
        let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        found.filter(|value| !value.is_empty()).ok_or_else(|| {
            AuthError::Incomplete(format!(
                "Authorization header requires '{name}' parameter. Authorization={}",
                shown(header)
            ))
        })
    };
    let (scope, signed_headers, signature) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let parts: Vec<&str> = scope.split('/').collect();
    let &[access_key, day, region, service, "aws4_request"] = parts.as_slice() else {
        let message = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
            shown(scope)
        );
        return Err(AuthError::Incomplete(message));
    };
    Ok(Credential { access_key, day, region, service, signed_headers, signature })
}

/// As much of a header as is repeated in a message: never the signature, which stands last.
fn shown(header: &str) -> String {
    header.split("Signature=").next().unwrap_or_default().chars().take(120).collect()
}

/// The most a caller's clock may be off.
const SKEW: i64 = 300;

/// What is wrong with the date of a request, in AWS's words.
pub(crate) fn check_date(request: &Request, credential: &Credential<'_>, now: SystemTime) -> Result<(), String> {
    let Some(date) = request.header("x-amz-date") else {
        return Err("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned());
    };
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
    let signed = parsed.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|date| date.timestamp());
    let Some(signed) = signed else {
        return Err(format!("Date must be in ISO-8601 'basic format'. Got '{}'.", shown(date)));
    };
    if !date.starts_with(credential.day) {
        return Err(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}'.",
            shown(credential.day),
            shown(date)
        ));
    }
    let now = jiff::Timestamp::try_from(now).unwrap_or_default();
    let off = now.as_second() - signed.as_second();
    if off.abs() <= SKEW {
        return Ok(());
    }
    Err(skewed(date, now, off > 0))
}

/// AWS's sentence about a clock that is wrong.
pub(crate) fn skewed(date: &str, now: jiff::Timestamp, is_late: bool) -> String {
    let text = |time: jiff::Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let limit = jiff::SignedDuration::from_secs(SKEW);
    if is_late {
        let limit = now.checked_sub(limit).unwrap_or(now);
        return format!("Signature expired: {date} is now earlier than {} ({} - 5 min.)", text(limit), text(now));
    }
    let limit = now.checked_add(limit).unwrap_or(now);
    format!("Signature not yet current: {date} is still later than {} ({} + 5 min.)", text(limit), text(now))
}
