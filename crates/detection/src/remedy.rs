//! The text of a fix, made ready once and filled in for each resource.

use std::borrow::Cow;

use finding::{Fact, FactContext, Resource, ResourceRef};
use source::record::Raw;

use crate::sidecar::names_in_braces;
use crate::{Detection, parameter};

/// What to do about a finding: the sidecar's command, else its steps in the console, else the runbook.
#[derive(Debug, Clone)]
pub struct Remedy {
    gaps: Vec<Gap>,
    /// What follows the last gap.
    rest: String,
    /// Whether it gets pasted into a shell.
    is_command: bool,
}

/// A name in braces, and the text before it.
#[derive(Debug, Clone)]
struct Gap {
    before: String,
    name: String,
}

impl Remedy {
    /// The fix that a detection has, with its parameters as they are set.
    #[must_use]
    pub fn of(detection: &Detection) -> Self {
        let fixes = detection.sidecar.as_ref().map(|sidecar| &sidecar.fixes);
        let command = fixes.and_then(|fixes| fixes.command_line.as_deref());
        let steps = fixes.and_then(|fixes| fixes.console.as_deref());
        match command.or(steps) {
            Some(text) => Self::new(text, command.is_some(), |name| setting(detection, name)),
            None => {
                let rest = detection.runbook.as_deref().unwrap_or_default().trim().to_owned();
                Self { gaps: Vec::new(), rest, is_command: false }
            }
        }
    }

    fn new(text: &str, is_command: bool, setting: impl Fn(&str) -> Option<String>) -> Self {
        let text = text.trim();
        let mut remedy = Self { gaps: Vec::new(), rest: String::new(), is_command };
        let mut done = 0;
        for (brace, name) in names_in_braces(text) {
            remedy.rest += &text[done..brace];
            done = brace + name.len() + "{}".len();
            match setting(name) {
                Some(value) => push(&mut remedy.rest, &value, is_command),
                None => {
                    let before = std::mem::take(&mut remedy.rest);
                    remedy.gaps.push(Gap { before, name: name.to_owned() });
                }
            }
        }
        remedy.rest += &text[done..];
        remedy
    }

    /// The fix for one resource, which `reference` names.
    #[must_use]
    pub fn fill(&self, resource: &Resource<'_>, reference: &ResourceRef, context: &FactContext<'_>) -> String {
        self.filled(|name| value(name, resource, reference, context))
    }

    /// Puts values for the names. What has no value stays as it stands: better a gap that is seen than a wrong command.
    fn filled<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        let mut filled = String::with_capacity(256);
        for Gap { before, name } in &self.gaps {
            filled += before;
            match value(name) {
                Some(value) => push(&mut filled, &value, self.is_command),
                None => filled.extend(["{", name, "}"]),
            }
        }
        filled + &self.rest
    }
}

/// The value of a parameter, as it is set.
fn setting(detection: &Detection, name: &str) -> Option<String> {
    detection.sidecar.as_ref()?.parameter(name)?;
    parameter::constant(detection.module()?, name).map(|value| value.to_string())
}

fn value<'s>(
    name: &str,
    resource: &'s Resource<'_>,
    reference: &'s ResourceRef,
    context: &FactContext<'s>,
) -> Option<Cow<'s, str>> {
    let named = |text: &'s str| (!text.is_empty()).then_some(Cow::Borrowed(text));
    match name {
        "AccountId" => named(&reference.account_id),
        "Region" => named(&reference.region),
        "ResourceId" => named(&reference.id),
        "Alias" => json(resource, "Aliases", context)?.elements().next().and_then(text),
        "PrimaryRegion" => json(resource, "MultiRegionConfiguration", context)
            .and_then(|regions| regions.get("PrimaryKey")?.get("Region"))
            .and_then(text)
            .or_else(|| named(&reference.region)),
        field => json(resource, field, context).and_then(text),
    }
}

fn json<'s>(resource: &'s Resource<'_>, field: &str, context: &FactContext<'s>) -> Option<Raw<'s>> {
    match resource.fact(field, context) {
        Fact::Json(raw) => Some(raw),
        _ => None,
    }
}

fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    raw.as_str().and_then(Result::ok).filter(|text| !text.is_empty())
}

/// Adds a value, in a command as one word of a shell: names and tags are not ours, and a command gets pasted.
fn push(text: &mut String, value: &str, is_command: bool) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@".contains(&byte);
    if !is_command || value.bytes().all(plain) {
        *text += value;
    } else {
        text.extend(["'", &value.replace('\'', r"'\''"), "'"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_and_quoted_for_the_shell() {
        let value = |name: &str| match name {
            "KeyId" => Some(Cow::Borrowed("{Region}; rm -rf 'x'")),
            "Region" => Some(Cow::Borrowed("eu-north-1")),
            _ => None,
        };
        let setting = |name: &str| (name == "DAYS").then(|| "3 4".to_owned());
        let command = "aws x ${Region} --key-id {KeyId} --region {Region} --alias {Alias} { \"a\": 1 } --days {DAYS}.";
        assert_eq!(
            Remedy::new(command, true, setting).filled(value),
            r#"aws x ${Region} --key-id '{Region}; rm -rf '\''x'\''' --region eu-north-1 --alias {Alias} { "a": 1 } --days '3 4'."#
        );
    }
}
