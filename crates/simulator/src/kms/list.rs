//! Lists in pages: keys, aliases, policies, tags.

use std::ops::Bound;

use serde::Serialize;

use super::resolve::{Names, is_gone};
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::marker::{self, Scope};
use crate::time::Time;
use crate::world::{AccountNumber, Alias, Partition, predefined_aliases};

/// An account in a region.
pub(super) struct Place<'a> {
    pub(super) partition: Partition,
    pub(super) region: &'a str,
    pub(super) account: AccountNumber,
}

impl Place<'_> {
    /// The ARN of a key of this account in a region.
    pub(super) fn key_arn_in(&self, region: &str, id: &str) -> String {
        format!("arn:{}:kms:{region}:{}:key/{id}", self.partition.name(), self.account)
    }

    fn key_arn(&self, id: &str) -> String {
        self.key_arn_in(self.region, id)
    }

    fn alias_arn(&self, name: &str) -> String {
        format!("arn:{}:kms:{}:{}:{name}", self.partition.name(), self.region, self.account)
    }
}

/// Which page is asked for.
pub(super) struct Limits<'a> {
    scope: Scope<'a>,
    limit: usize,
    /// The position of the last entry of the page before.
    pub(super) after: Option<String>,
}

impl Limits<'_> {
    /// The body of a page: `items` begin behind [`Limits::after`].
    pub(super) fn body<T: Serialize>(
        &self,
        list: &'static str,
        items: impl Iterator<Item = T>,
        position: impl Fn(&T) -> String,
    ) -> Answer {
        let page = marker::page(items, self.limit, position);
        let next = page.next.map(|position| marker::write(&self.scope, &position));
        body(&PageBody { list, items: page.items, next })
    }
}

/// `{LIST: […], "NextMarker": …, "Truncated": …}`.
struct PageBody<T> {
    list: &'static str,
    items: Vec<T>,
    next: Option<String>,
}

impl<T: Serialize> Serialize for PageBody<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.list, &self.items)?;
        if let Some(next) = &self.next {
            map.serialize_entry("NextMarker", next)?;
        }
        map.serialize_entry("Truncated", &self.next.is_some())?;
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyEntry<'a> {
    key_id: &'a str,
    key_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasEntry<'a> {
    alias_name: &'a str,
    alias_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated_date: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TagEntry<'a> {
    tag_key: &'a str,
    tag_value: &'a str,
}

impl<'a> Kms<'a> {
    /// Where the call is.
    pub(super) fn place(&self) -> Place<'a> {
        let call = self.call;
        Place { partition: call.partition, region: call.region, account: call.caller.account }
    }

    /// Which page a call asks for. `list` says what else decides what is in the list.
    pub(super) fn limits(
        &self,
        input: &Input,
        list: String,
        default: usize,
        most: usize,
    ) -> Result<Limits<'a>, ServiceError> {
        let limit = input.integer("Limit", 1, most)?.unwrap_or(default);
        let call = self.call;
        let scope =
            Scope { operation: call.operation, list: format!("{} {} {list}", call.caller.account, call.region) };
        let after = match input.string("Marker", 1, 1024)? {
            Some(text) => Some(marker::read(&scope, text).ok_or_else(marker::invalid)?),
            None => None,
        };
        Ok(Limits { scope, limit, after })
    }

    pub(super) fn list_keys(&mut self, input: &Input) -> Answer {
        let limits = self.limits(input, String::new(), 100, 1000)?;
        let (place, now, time) = (self.place(), self.call.moment.instant, self.time());
        let behind = limits.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.area().keys.range::<str, _>((behind, Bound::Unbounded));
        let seen = keys.filter(|(_, key)| key.seen(now).is_some_and(|key| !is_gone(key, time)));
        let entries = seen.map(|(id, _)| KeyEntry { key_id: id, key_arn: place.key_arn(id) });
        limits.body("Keys", entries, |entry| entry.key_id.to_owned())
    }

    pub(super) fn list_aliases(&mut self, input: &Input) -> Answer {
        let (place, now, time) = (self.place(), self.call.moment.instant, self.time());
        let target: Option<Box<str>> = match input.string("KeyId", 1, 2048)? {
            Some(text) => Some(self.key_of(text, Names::Key, None)?.id.clone()),
            None => None,
        };
        let limits = self.limits(input, target.as_deref().unwrap_or_default().to_owned(), 50, 100)?;
        let area = self.area();
        let after = limits.after.as_deref();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let seen = area.aliases.range::<str, _>((behind, Bound::Unbounded));
        let seen = seen.filter_map(|(name, alias)| alias.seen(now).map(|alias| (name.to_string(), alias.clone())));
        // A key that is gone took its aliases with it.
        let is_gone = |alias: &Alias| {
            let key = alias.target.as_ref().and_then(|id| area.keys.get(id)?.latest());
            key.is_some_and(|key| is_gone(key, time))
        };
        let seen = seen.filter(|(_, alias)| (target.is_none() || alias.target == target) && !is_gone(alias));
        let seen = seen.take(limits.limit + 1);
        // Aliases that AWS reserves stand in the list before there is a key to them.
        let is_open = |name: &String| {
            let is_known = area.aliases.get(name.as_str()).is_some_and(|alias| alias.seen(now).is_some());
            target.is_none() && !is_known && after.is_none_or(|after| name.as_str() > after)
        };
        let reserved = predefined_aliases().filter(is_open);
        let reserved = reserved.map(|name| (name, Alias { target: None, created: None, updated: None }));
        let mut all: Vec<(String, Alias)> = seen.chain(reserved).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        let entries = all.iter().map(|(name, alias)| AliasEntry {
            alias_name: name,
            alias_arn: place.alias_arn(name),
            target_key_id: alias.target.as_deref(),
            creation_date: alias.created,
            last_updated_date: alias.updated,
        });
        limits.body("Aliases", entries, |entry| entry.alias_name.to_owned())
    }

    pub(super) fn list_key_policies(&mut self, input: &Input) -> Answer {
        let key = self.key(input, Names::Key)?;
        let names = if key.ram_policy.is_some() { vec!["AWS_RAM", "default"] } else { vec!["default"] };
        let id = key.id.to_string();
        let limits = self.limits(input, id, 100, 1000)?;
        let after = limits.after.as_deref();
        let names = names.into_iter().filter(|name| after.is_none_or(|after| *name > after));
        limits.body("PolicyNames", names, |name| (*name).to_owned())
    }

    pub(super) fn list_resource_tags(&mut self, input: &Input) -> Answer {
        let id = self.key(input, Names::Key)?.id.to_string();
        let limits = self.limits(input, id, 50, 50)?;
        let key = self.key(input, Names::Key)?;
        let mut tags: Vec<_> = key.tags.iter().collect();
        tags.sort();
        let after = limits.after.as_deref();
        let tags = tags.into_iter().filter(|(name, _)| after.is_none_or(|after| &**name > after));
        let entries = tags.map(|(tag_key, tag_value)| TagEntry { tag_key, tag_value });
        limits.body("Tags", entries, |entry| entry.tag_key.to_owned())
    }
}
