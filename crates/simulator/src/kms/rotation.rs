//! Rotation as it is read: whether it is on, when it comes next, what was rotated.

use serde::Serialize;

use super::resolve::Names;
use super::{Answer, Input, Kms, body};
use crate::error::{ServiceError, Why};
use crate::time::Time;
use crate::world::{Key, KeyState, Origin, PastRotation};

/// Services whose key AWS lets nobody ask about rotation.
const RESERVED: [&str; 1] = ["alias/aws/acm"];

/// Why a key cannot be rotated automatically.
pub(super) fn unsupported(key: &Key, arn: &str) -> Option<ServiceError> {
    let what = if !key.is_symmetric() {
        format!("key spec is {}", key.spec)
    } else if key.origin != Origin::AwsKms {
        format!("origin is {}", key.origin.name())
    } else {
        return None;
    };
    Some(ServiceError::new(
        "UnsupportedOperationException",
        format!("{arn} {what} which is not valid for this operation."),
    ))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    key_rotation_enabled: bool,
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_rotation_start_date: Option<Time>,
}

impl Kms<'_> {
    /// The ARN of the key that a call names by id or ARN, whose existence was checked.
    pub(super) fn arn_of(&mut self, input: &Input) -> Result<String, ServiceError> {
        let id = self.key(input, Names::Key)?.id.clone();
        Ok(self.key_arn(&id))
    }

    pub(super) fn get_key_rotation_status(&mut self, input: &Input) -> Answer {
        let (arn, of_all, now) = (self.arn_of(input)?, self.options.rotation_status_of_all, self.call.moment.instant);
        let key = self.key(input, Names::Key)?;
        let (id, is_managed) = (key.id.clone(), key.is_aws_managed());
        let off = Status {
            key_rotation_enabled: false,
            key_id: arn.clone(),
            rotation_period_in_days: None,
            next_rotation_date: None,
            on_demand_rotation_start_date: None,
        };
        if key.state == KeyState::PendingImport {
            let message = format!("{arn} is pending import.");
            return Err(ServiceError::new("UnsupportedOperationException", message));
        }
        if let Some(error) = unsupported(key, &arn) {
            // Imported key material can be rotated on demand, which is not refused.
            let is_asked_on_demand = key.rotation.on_demand_since.is_some();
            return if of_all && !is_asked_on_demand { body(&off) } else { Err(error) };
        }
        if key.is_pending_deletion() {
            return body(&off);
        }
        let rotation = key.rotation.clone();
        let status = Status {
            key_rotation_enabled: rotation.enabled,
            rotation_period_in_days: rotation.period.filter(|_| rotation.enabled),
            next_rotation_date: rotation.next.filter(|_| rotation.enabled),
            on_demand_rotation_start_date: rotation.on_demand_since,
            key_id: arn.clone(),
        };
        let is_reserved = |name: &str| RESERVED.contains(&name);
        let area = self.area();
        let mut names = area.aliases.iter().filter(|(name, _)| is_managed && is_reserved(name));
        if names.any(|(_, alias)| alias.seen(now).is_some_and(|alias| alias.target.as_deref() == Some(&*id))) {
            return Err(self.denied(&arn, Why::Resource));
        }
        body(&status)
    }

    pub(super) fn list_key_rotations(&mut self, input: &Input) -> Answer {
        let arn = self.arn_of(input)?;
        let which =
            input.one_of("IncludeKeyMaterial", &["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"])?.unwrap_or("ROTATIONS_ONLY");
        let limits = self.limits(input, format!("{arn} {which}"), 100, 1000)?;
        let key = self.key(input, Names::Key)?;
        if (!key.is_symmetric() || !matches!(key.origin, Origin::AwsKms | Origin::External))
            && let Some(error) = unsupported(key, &arn)
        {
            return Err(error);
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry<'a> {
            key_id: &'a str,
            #[serde(flatten)]
            rotation: PastRotation,
            #[serde(skip)]
            position: String,
        }
        let mut rotations: Vec<PastRotation> = Vec::new();
        if which == "ALL_KEY_MATERIAL" && !key.rotations_are_all {
            rotations.extend(key.first_material());
        }
        let is_wanted = |past: &&PastRotation| which == "ALL_KEY_MATERIAL" || past.rotation_date.is_some();
        rotations.extend(key.rotations.iter().filter(is_wanted).cloned());
        let entries = rotations.into_iter().enumerate().map(|(place, rotation)| Entry {
            key_id: &arn,
            rotation,
            position: format!("{place:06}"),
        });
        let after = limits.after.as_deref();
        let entries = entries.filter(|entry| after.is_none_or(|after| entry.position.as_str() > after));
        limits.body("Rotations", entries, |entry| entry.position.clone())
    }
}
