//! Rotation as it is changed: on, off, at once.

use super::rotation::unsupported;
use super::state::OfKey;
use super::write::{invalid_state, nothing};
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::world::{Key, KeyState, Origin, PastRotation, Rotation};

/// How often a key can be rotated on demand.
const MAX_ON_DEMAND: usize = 25;

/// So close to an automatic rotation none is made on demand.
const CLOSE: std::time::Duration = std::time::Duration::from_secs(20 * 60);

impl Kms<'_> {
    /// The key of a call that sets automatic rotation, if it can be rotated so.
    fn rotatable(&mut self, input: &Input) -> Result<(Key, String), ServiceError> {
        let (key, arn) = self.writable(input)?;
        if let Some(error) = unsupported(&key, &arn) {
            return Err(error);
        }
        check_primary(&key, &arn)?;
        match key.state {
            KeyState::Enabled | KeyState::Updating => Ok((key, arn)),
            state => Err(invalid_state(&arn, state)),
        }
    }

    pub(super) fn enable_key_rotation(&mut self, input: &Input) -> Answer {
        let period = input.integer("RotationPeriodInDays", 90, 2560)?.unwrap_or(365);
        let (mut key, _) = self.rotatable(input)?;
        let period = u16::try_from(period).unwrap_or(365);
        let next = Some(self.time().plus_days(i64::from(period)));
        key.rotation = Rotation { enabled: true, period: Some(period), next, ..key.rotation };
        self.put_family(key);
        nothing()
    }

    pub(super) fn disable_key_rotation(&mut self, input: &Input) -> Answer {
        let (mut key, _) = self.rotatable(input)?;
        key.rotation = Rotation { enabled: false, period: None, next: None, ..key.rotation };
        self.put_family(key);
        nothing()
    }

    pub(super) fn rotate_key_on_demand(&mut self, input: &Input) -> Answer {
        let (mut key, arn) = self.writable(input)?;
        if let Some(error) = unsupported(&key, &arn).filter(|_| key.origin != Origin::External || !key.is_symmetric()) {
            return Err(error);
        }
        check_primary(&key, &arn)?;
        if !matches!(key.state, KeyState::Enabled | KeyState::Updating) {
            return Err(invalid_state(&arn, key.state));
        }
        let on_demand = key.rotations.iter().filter(|past| past.rotation_type.as_deref() == Some("ON_DEMAND"));
        if on_demand.count() >= MAX_ON_DEMAND {
            let message = format!("The key has been rotated on demand {MAX_ON_DEMAND} times, which is the limit.");
            return Err(ServiceError::new("LimitExceededException", message));
        }
        let is_close = key.rotation.next.is_some_and(|next| next <= self.time().plus(CLOSE));
        if key.rotation.enabled && is_close {
            let message = "An automatic rotation of the key is under way or about to begin.";
            return Err(ServiceError::new("ConflictException", message));
        }
        if key.origin == Origin::External {
            self.rotate_to_waiting(&mut key, &arn)?;
        } else {
            self.rotate(&mut key, "ON_DEMAND");
        }
        self.put_family(key);
        body(&OfKey { key_id: arn })
    }

    /// Gives a key new material.
    pub(super) fn rotate(&mut self, key: &mut Key, kind: &str) {
        let material: Box<str> = self.ids.hex(64).into();
        key.retire_material();
        key.rotations.push(PastRotation {
            key_material_id: Some(material.clone()),
            key_material_description: None,
            import_state: None,
            key_material_state: Some("CURRENT".into()),
            expiration_model: None,
            valid_to: None,
            rotation_date: Some(self.time()),
            rotation_type: Some(kind.into()),
        });
        key.material = Some(material);
    }

    /// Makes imported material that waits for its rotation the key's own.
    fn rotate_to_waiting(&mut self, key: &mut Key, arn: &str) -> Result<(), ServiceError> {
        let is_waiting = |past: &PastRotation| past.key_material_state.as_deref() == Some("PENDING_ROTATION");
        if !key.rotations.iter().any(is_waiting) {
            let message = format!("{arn} has no imported key material that is pending rotation.");
            return Err(ServiceError::new("KMSInvalidStateException", message));
        }
        key.retire_material();
        let now = self.time();
        if let Some(waiting) = key.rotations.iter_mut().find(|past| is_waiting(past)) {
            waiting.key_material_state = Some("CURRENT".into());
            waiting.rotation_date = Some(now);
            waiting.rotation_type = Some("ON_DEMAND".into());
            key.material.clone_from(&waiting.key_material_id);
        }
        Ok(())
    }

    /// Puts a key, and what a primary key shares with its replicas into them.
    fn put_family(&mut self, key: Key) {
        let replicas = key.multi.as_ref().map(|multi| multi.replicas.clone()).unwrap_or_default();
        for region in replicas {
            let Some(region) = self.world.region(&region) else { continue };
            let area = self.world.area(self.call.caller.account, region);
            let Some(mut replica) = area.keys.get(&key.id).and_then(|replica| replica.latest()).cloned() else {
                continue;
            };
            replica.rotation = key.rotation.clone();
            replica.rotations.clone_from(&key.rotations);
            replica.material.clone_from(&key.material);
            self.put_in(region, replica);
        }
        self.put(key);
    }
}

/// Rotation is set on the primary key, for all of its family.
fn check_primary(key: &Key, arn: &str) -> Result<(), ServiceError> {
    if key.is_replica() {
        let message = format!("{arn} is a multi-Region replica key: call the operation on its primary key.");
        return Err(ServiceError::new("UnsupportedOperationException", message));
    }
    Ok(())
}
