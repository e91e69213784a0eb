//! Aliases, as they are made, moved and taken away.

use super::write::{check_not_pending_deletion, nothing};
use super::{Answer, Input, Kms};
use crate::error::{ServiceError, Why};
use crate::world::{Alias, Key, Lagged};

/// The most aliases of a key.
const MAX_ALIASES: usize = 50;

/// The name of the alias in a request, if it can be one that is not reserved.
fn alias_name<'i>(kms: &Kms<'_>, input: &'i Input) -> Result<&'i str, ServiceError> {
    let name = input.required("AliasName", 1, 256)?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || ":/_-".contains(c)) {
        let constraint = "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$";
        return Err(ServiceError::constraint(name, "AliasName", constraint));
    }
    let Some(rest) = name.strip_prefix("alias/").filter(|rest| !rest.is_empty()) else {
        return Err(ServiceError::validation("Invalid alias name: it must begin with alias/"));
    };
    if rest.starts_with("aws/") {
        return match kms.call.operation {
            "CreateAlias" => Err(ServiceError::new("InvalidAliasNameException", format!("{name} is reserved for AWS"))),
            _ => Err(kms.denied(&kms.alias_arn(name), Why::Resource)),
        };
    }
    if rest.contains(':') {
        return Err(ServiceError::new(
            "InvalidAliasNameException",
            format!("{name} contains invalid characters for an alias"),
        ));
    }
    Ok(name)
}

impl Kms<'_> {
    fn put_alias(&mut self, name: &str, alias: Option<Alias>) {
        let (now, lag) = (self.call.moment.instant, self.options.lag);
        let slot = self.area().aliases.entry(name.into()).or_insert_with(Lagged::nothing);
        *slot.write(now, lag) = alias;
    }

    fn latest_alias(&mut self, name: &str) -> Option<Alias> {
        self.area().aliases.get(name)?.latest().cloned()
    }

    fn missing_alias(&self, name: &str) -> ServiceError {
        ServiceError::not_found(format!("Alias {} is not found.", self.alias_arn(name)))
    }

    /// The key that an alias is to name.
    fn new_target(&mut self, input: &Input) -> Result<Key, ServiceError> {
        let text = input.required("TargetKeyId", 1, 2048)?;
        let (key, arn) = self.writable_named(text)?;
        check_not_pending_deletion(&key, &arn)?;
        let id = &key.id;
        let of_key = |alias: &&Lagged<Alias>| alias.latest().is_some_and(|alias| alias.target.as_ref() == Some(id));
        if self.area().aliases.values().filter(of_key).count() >= MAX_ALIASES {
            let message = format!("{arn} has {MAX_ALIASES} aliases, which is the limit");
            return Err(ServiceError::new("LimitExceededException", message));
        }
        Ok(key)
    }

    pub(super) fn create_alias(&mut self, input: &Input) -> Answer {
        let name = alias_name(self, input)?.to_owned();
        let key = self.new_target(input)?;
        if self.latest_alias(&name).is_some() {
            let message = format!("An alias with the name {} already exists", self.alias_arn(&name));
            return Err(ServiceError::new("AlreadyExistsException", message));
        }
        let now = Some(self.time());
        self.put_alias(&name, Some(Alias { target: Some(key.id), created: now, updated: now }));
        nothing()
    }

    pub(super) fn update_alias(&mut self, input: &Input) -> Answer {
        let name = alias_name(self, input)?.to_owned();
        let alias = self.latest_alias(&name).ok_or_else(|| self.missing_alias(&name))?;
        let key = self.new_target(input)?;
        let old = alias.target.as_ref().and_then(|id| self.area().keys.get(id)?.latest().cloned());
        let kind = |key: &Key| (key.is_symmetric(), key.spec.starts_with("HMAC"), key.usage.clone());
        if old.is_some_and(|old| kind(&old) != kind(&key)) {
            let message = format!("The alias {name} cannot be moved between keys of different types or usages");
            return Err(ServiceError::validation(message));
        }
        let updated = Some(self.time());
        self.put_alias(&name, Some(Alias { target: Some(key.id), updated, ..alias }));
        nothing()
    }

    pub(super) fn delete_alias(&mut self, input: &Input) -> Answer {
        let name = alias_name(self, input)?.to_owned();
        self.latest_alias(&name).ok_or_else(|| self.missing_alias(&name))?;
        self.put_alias(&name, None);
        nothing()
    }
}
