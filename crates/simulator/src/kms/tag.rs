//! Tags of a key, as they are set and taken away.

use std::collections::BTreeSet;

use super::input::check_length;
use super::write::{check_not_pending_deletion, nothing};
use super::{Answer, Input, Kms};
use crate::error::ServiceError;

/// The most tags of a key.
const MAX_TAGS: usize = 50;

/// A tag, as its name and value.
pub(super) type Tag = (Box<str>, Box<str>);

fn tag_error(message: impl Into<String>) -> ServiceError {
    ServiceError::new("TagException", message)
}

/// The tags of a request, each name once.
pub(super) fn tags(input: &Input) -> Result<Option<Vec<Tag>>, ServiceError> {
    let Some(items) = input.list("Tags")? else { return Ok(None) };
    let mut tags: Vec<Tag> = Vec::new();
    let mut names = BTreeSet::new();
    for item in items {
        let member = |name: &str| item.get(name).and_then(serde_json::Value::as_str);
        let name = member("TagKey").ok_or_else(|| super::input::missing("TagKey"))?;
        let value = member("TagValue").ok_or_else(|| super::input::missing("TagValue"))?;
        check_length("TagKey", name, 1, 128)?;
        check_length("TagValue", value, 0, 256)?;
        if name.to_ascii_lowercase().starts_with("aws:") {
            return Err(tag_error("Tag keys that begin with aws: are reserved"));
        }
        if !names.insert(name) {
            return Err(tag_error(format!("Duplicate tag key: {name}")));
        }
        tags.push((name.into(), value.into()));
    }
    check_count(tags.len())?;
    Ok(Some(tags))
}

fn check_count(count: usize) -> Result<(), ServiceError> {
    if count > MAX_TAGS {
        return Err(ServiceError::new("LimitExceededException", format!("A key has at most {MAX_TAGS} tags")));
    }
    Ok(())
}

impl Kms<'_> {
    pub(super) fn tag_resource(&mut self, input: &Input) -> Answer {
        let tags = tags(input)?.ok_or_else(|| super::input::missing("Tags"))?;
        let (mut key, arn) = self.writable(input)?;
        check_not_pending_deletion(&key, &arn)?;
        for (name, value) in tags {
            key.tags.retain(|(known, _)| *known != name);
            key.tags.push((name, value));
        }
        check_count(key.tags.len())?;
        self.put(key);
        nothing()
    }

    pub(super) fn untag_resource(&mut self, input: &Input) -> Answer {
        let names = input.strings("TagKeys")?.ok_or_else(|| super::input::missing("TagKeys"))?;
        if names.iter().any(|name| name.to_ascii_lowercase().starts_with("aws:")) {
            return Err(tag_error("Tag keys that begin with aws: are reserved"));
        }
        let (mut key, arn) = self.writable(input)?;
        check_not_pending_deletion(&key, &arn)?;
        key.tags.retain(|(name, _)| !names.contains(&&**name));
        self.put(key);
        nothing()
    }
}
