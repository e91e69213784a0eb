//! The text of a fix, filled in for one resource.

use std::borrow::Cow;

use finding::{Fact, FactContext, Resource};
use source::record::Raw;

use crate::sidecar::names_in_braces;
use crate::{Detection, parameter};

/// What to do about a finding on this resource: the sidecar's command, else its steps in the console, else the runbook.
#[must_use]
pub fn remedy(detection: &Detection, resource: &Resource<'_>, context: &FactContext<'_>) -> String {
    let value = |name: &str| setting(detection, name).or_else(|| value(name, resource, context));
    let fixes = detection.sidecar.as_ref().map(|sidecar| &sidecar.fixes);
    let command = fixes.and_then(|fixes| fixes.command_line.as_deref());
    let steps = fixes.and_then(|fixes| fixes.console.as_deref());
    match (command, steps) {
        (Some(command), _) => fill(command, |name| value(name).map(|value| quoted(&value).into_owned())),
        (None, Some(steps)) => fill(steps, value),
        (None, None) => detection.runbook.as_deref().unwrap_or_default().trim().to_owned(),
    }
}

/// The value of a parameter, as it is set.
fn setting(detection: &Detection, name: &str) -> Option<String> {
    detection.sidecar.as_ref()?.parameter(name)?;
    parameter::constant(detection.module()?, name).map(|value| value.to_string())
}

/// Puts values for the names in braces. What has no value stays as it stands: better a gap that is seen than a wrong command.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut filled, mut rest) = (String::new(), text.trim());
    for name in names_in_braces(text.trim()) {
        let braces = format!("{{{name}}}");
        if let (Some(value), Some((before, after))) = (value(name), rest.split_once(&braces)) {
            filled.push_str(before);
            filled.push_str(&value);
            rest = after;
        }
    }
    filled + rest
}

fn value(name: &str, resource: &Resource<'_>, context: &FactContext<'_>) -> Option<String> {
    match name {
        "AccountId" => resource.account_id().map(Cow::into_owned),
        "Region" => resource.region().map(Cow::into_owned),
        "ResourceId" => resource.id().ok().map(Cow::into_owned),
        "Alias" => with_json(resource, "Aliases", context, |aliases| aliases.elements().next().and_then(text)),
        "PrimaryRegion" => with_json(resource, "MultiRegionConfiguration", context, |regions| {
            regions.get("PrimaryKey").and_then(|key| key.get("Region")).and_then(text)
        })
        .or_else(|| resource.region().map(Cow::into_owned)),
        field => with_json(resource, field, context, text),
    }
}

fn with_json<T>(
    resource: &Resource<'_>,
    field: &str,
    context: &FactContext<'_>,
    read: impl FnOnce(Raw<'_>) -> Option<T>,
) -> Option<T> {
    match resource.fact(field, context) {
        Fact::Json(raw) => read(raw),
        _ => None,
    }
}

fn text(raw: Raw<'_>) -> Option<String> {
    raw.as_str().and_then(Result::ok).map(Cow::into_owned).filter(|text| !text.is_empty())
}

/// The value as one word of a shell: names and tags are not ours, and a command gets pasted.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@".contains(c);
    if value.chars().all(plain) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(format!("'{}'", value.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_and_quoted_for_the_shell() {
        let value = |name: &str| match name {
            "KeyId" => Some(quoted("{Region}; rm -rf 'x'").into_owned()),
            "Region" => Some("eu-north-1".to_owned()),
            _ => None,
        };
        let command = "aws kms x --key-id {KeyId} --region {Region} --alias {Alias} ${Region} { \"a\": 1 }";
        assert_eq!(
            fill(command, value),
            r#"aws kms x --key-id '{Region}; rm -rf '\''x'\''' --region eu-north-1 --alias {Alias} ${Region} { "a": 1 }"#
        );
    }
}
