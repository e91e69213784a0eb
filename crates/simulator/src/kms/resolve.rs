//! Which key is meant: an id, an ARN, an alias, the ARN of an alias.

use super::{Input, Kms};
use crate::error::{ServiceError, Why};
use crate::time::Time;
use crate::world::{AccountNumber, Area, Key, KeyState, predefined_aliases};

/// How a key may be named in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// By its id or ARN.
    Key,
    /// By an alias as well.
    KeyOrAlias,
}

impl Kms<'_> {
    /// What the caller has in the region.
    pub(super) fn area(&mut self) -> &mut Area {
        self.world.area(self.call.caller.account, self.region)
    }

    pub(super) fn key_arn(&self, id: &str) -> String {
        self.arn("key/", id)
    }

    pub(super) fn alias_arn(&self, name: &str) -> String {
        self.arn("", name)
    }

    fn arn(&self, prefix: &str, name: &str) -> String {
        format!(
            "arn:{}:kms:{}:{}:{prefix}{name}",
            self.call.partition.name(),
            self.call.region,
            self.call.caller.account
        )
    }

    /// A refusal of this call, in AWS's words.
    pub(super) fn denied(&self, resource: &str, why: Why) -> ServiceError {
        ServiceError::not_authorized(&self.call.user(), &format!("kms:{}", self.call.operation), Some(resource), why)
    }

    /// The id of the key that a member names, whether or not there is such a key.
    pub(super) fn named(&mut self, text: &str, names: Names) -> Result<Box<str>, ServiceError> {
        let name = self.own(text)?;
        if name.starts_with("alias/") {
            if names == Names::Key {
                return Err(match text.starts_with("arn:") {
                    true => ServiceError::new(
                        "InvalidArnException",
                        format!("Invalid arn {text}: an alias is not supported here"),
                    ),
                    false => ServiceError::not_found(format!("Invalid keyId '{text}'")),
                });
            }
            return self.target(&name);
        }
        let id = name.strip_prefix("key/").unwrap_or(&name);
        if !is_key_id(id) {
            return Err(ServiceError::not_found(format!("Invalid keyId '{text}'")));
        }
        Ok(id.into())
    }

    /// The resource that a text names in this account and region: `key/ID`, `alias/NAME`, or an id.
    fn own(&self, text: &str) -> Result<String, ServiceError> {
        if !text.starts_with("arn:") {
            return Ok(text.to_owned());
        }
        let invalid = || ServiceError::new("InvalidArnException", format!("Invalid arn {text}"));
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &[_, partition, "kms", region, account, resource] = parts.as_slice() else { return Err(invalid()) };
        let account = AccountNumber::parse(account).ok_or_else(invalid)?;
        if !resource.starts_with("key/") && !resource.starts_with("alias/") {
            return Err(invalid());
        }
        if region != self.call.region || partition != self.call.partition.name() {
            return Err(ServiceError::not_found(format!("Invalid arn {region}")));
        }
        if account != self.call.caller.account {
            return Err(self.denied(text, Why::Resource));
        }
        Ok(resource.to_owned())
    }

    fn target(&mut self, alias: &str) -> Result<Box<str>, ServiceError> {
        let now = self.call.moment.instant;
        let found =
            self.area().aliases.get(alias).and_then(|alias| alias.seen(now)).and_then(|alias| alias.target.clone());
        match found {
            Some(id) => Ok(id),
            None if predefined_aliases().any(|name| name == alias) => self.make_aws_managed(alias),
            None => Err(ServiceError::not_found(format!("Alias {} is not found.", self.alias_arn(alias)))),
        }
    }

    /// The key that the member `KeyId` names, as a reader sees it, unless the call is refused on this key.
    pub(super) fn key(&mut self, input: &Input, names: Names) -> Result<&Key, ServiceError> {
        self.key_of(input.required("KeyId", 1, 2048)?, names, None)
    }

    /// As [`Kms::key`], for a call about the key policy of a name.
    pub(super) fn key_of(&mut self, text: &str, names: Names, policy: Option<&str>) -> Result<&Key, ServiceError> {
        let id = self.named(text, names)?;
        self.key_seen(&id, policy)
    }

    fn key_seen(&mut self, id: &str, policy: Option<&str>) -> Result<&Key, ServiceError> {
        let (arn, moment, operation) = (self.key_arn(id), self.call.moment, self.call.operation);
        let found = self.area().keys.get(id).and_then(|key| key.seen(moment.instant));
        let found = found.filter(|key| !is_gone(key, moment.time));
        let key = found.ok_or_else(|| ServiceError::not_found(format!("Key '{arn}' does not exist")))?;
        check_refusals(key, operation, policy).map(|()| key)
    }
}

/// Whether the time has come at which a key is deleted.
pub(super) fn is_gone(key: &Key, time: Time) -> bool {
    key.state == KeyState::PendingDeletion && key.deletion.is_some_and(|deletion| deletion <= time)
}

/// Whether a call is refused on a key: where the snapshot says that it was.
pub(super) fn check_refusals(key: &Key, operation: &str, policy: Option<&str>) -> Result<(), ServiceError> {
    let refusal = key.refusals.iter().find(|refusal| {
        &*refusal.operation == operation && (refusal.policy_name.is_none() || refusal.policy_name == policy)
    });
    match refusal {
        Some(refusal) => Err(ServiceError::new(refusal.code.to_string(), refusal.message.to_string())),
        None => Ok(()),
    }
}

/// A UUID, or `mrk-` and 32 hexadecimal digits. What worlds are made from may have others, so any word will do that could be one.
fn is_key_id(text: &str) -> bool {
    text.len() >= 32 && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
