//! Changing a key: what every call that writes has in common.

use super::resolve::Names;
use super::{Input, Kms};
use crate::error::{ServiceError, Why};
use crate::time::Time;
use crate::world::{Key, KeyState, Lagged};

/// Calls that the policy of a key managed by AWS allows.
const ALLOWED_ON_MANAGED: [&str; 3] = ["CreateGrant", "RevokeGrant", "RetireGrant"];

impl Kms<'_> {
    /// What time it is in the world.
    pub(super) fn time(&self) -> Time {
        self.call.moment.time
    }

    /// The key that a call means to change, as it is now, whether readers see that already or not; and its ARN.
    pub(super) fn writable(&mut self, input: &Input) -> Result<(Key, String), ServiceError> {
        self.writable_named(input.required("KeyId", 1, 2048)?)
    }

    /// As [`Kms::writable`], named by another member.
    pub(super) fn writable_named(&mut self, text: &str) -> Result<(Key, String), ServiceError> {
        let id = self.named(text, Names::Key)?;
        let arn = self.key_arn(&id);
        let key = self.latest(&id).ok_or_else(|| ServiceError::not_found(format!("Key '{arn}' does not exist")))?;
        super::resolve::check_refusals(&key, self.call.operation, None)?;
        if key.is_aws_managed() && !ALLOWED_ON_MANAGED.contains(&self.call.operation) {
            return Err(self.denied(&arn, Why::Resource));
        }
        Ok((key, arn))
    }

    fn latest(&mut self, id: &str) -> Option<Key> {
        let time = self.time();
        let key = self.area().keys.get(id)?.latest()?;
        (!super::resolve::is_gone(key, time)).then(|| key.clone())
    }

    /// Puts a key in the place of the one of its id, to be seen when the lag is over.
    pub(super) fn put(&mut self, key: Key) {
        let region = self.region;
        self.put_in(region, key);
    }

    /// As [`Kms::put`], in another region of the account.
    pub(super) fn put_in(&mut self, region: crate::world::RegionId, key: Key) {
        let (now, lag) = (self.call.moment.instant, self.options.lag);
        let slot = self.world.area(self.call.caller.account, region).keys.entry(key.id.clone());
        *slot.or_insert_with(Lagged::nothing).write(now, lag) = Some(key);
    }
}

/// A key whose state does not allow the call.
pub(super) fn invalid_state(arn: &str, state: KeyState) -> ServiceError {
    let what = match state {
        KeyState::Enabled => "enabled",
        KeyState::Disabled => "disabled",
        KeyState::PendingDeletion => "pending deletion",
        KeyState::PendingImport => "pending import",
        KeyState::PendingReplicaDeletion => "pending replica deletion",
        KeyState::Creating => "creating",
        KeyState::Updating => "updating",
        KeyState::Unavailable => "unavailable",
    };
    if state == KeyState::Disabled {
        return ServiceError::new("DisabledException", format!("{arn} is disabled."));
    }
    ServiceError::new("KMSInvalidStateException", format!("{arn} is {what}."))
}

/// Whether a key that is going to be deleted may be changed so: it may not.
pub(super) fn check_not_pending_deletion(key: &Key, arn: &str) -> Result<(), ServiceError> {
    if key.is_pending_deletion() { Err(invalid_state(arn, key.state)) } else { Ok(()) }
}

/// What a call answers that has nothing to say.
pub(super) fn nothing() -> super::Answer {
    Ok(Vec::new())
}
