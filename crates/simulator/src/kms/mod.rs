//! KMS: what is asked about keys, and what is done to them.

mod alias;
mod create;
mod describe;
mod grant;
mod input;
mod list;
mod policy;
mod resolve;
mod rotate;
mod rotation;
mod state;
mod tag;
mod usage;
mod write;

use crate::error::ServiceError;
use crate::options::Options;
use crate::random::Random;
use crate::service::Call;
use crate::world::{RegionId, World};

pub(crate) use input::Input;

/// A call of KMS.
type Operation = for<'k, 'a> fn(&'k mut Kms<'a>, &'k Input) -> Answer;

/// The calls that are understood.
const CALLS: [(&str, Operation); 31] = [
    ("CancelKeyDeletion", |kms, input| kms.cancel_key_deletion(input)),
    ("CreateAlias", |kms, input| kms.create_alias(input)),
    ("CreateGrant", |kms, input| kms.create_grant(input)),
    ("CreateKey", |kms, input| kms.create_key(input)),
    ("DeleteAlias", |kms, input| kms.delete_alias(input)),
    ("DescribeCustomKeyStores", |kms, input| kms.describe_custom_key_stores(input)),
    ("DescribeKey", |kms, input| kms.describe_key(input)),
    ("DisableKey", |kms, input| kms.disable_key(input)),
    ("DisableKeyRotation", |kms, input| kms.disable_key_rotation(input)),
    ("EnableKey", |kms, input| kms.enable_key(input)),
    ("EnableKeyRotation", |kms, input| kms.enable_key_rotation(input)),
    ("GetKeyLastUsage", |kms, input| kms.get_key_last_usage(input)),
    ("GetKeyPolicy", |kms, input| kms.get_key_policy(input)),
    ("GetKeyRotationStatus", |kms, input| kms.get_key_rotation_status(input)),
    ("ListAliases", |kms, input| kms.list_aliases(input)),
    ("ListGrants", |kms, input| kms.list_grants(input)),
    ("ListKeyPolicies", |kms, input| kms.list_key_policies(input)),
    ("ListKeyRotations", |kms, input| kms.list_key_rotations(input)),
    ("ListKeys", |kms, input| kms.list_keys(input)),
    ("ListResourceTags", |kms, input| kms.list_resource_tags(input)),
    ("ListRetirableGrants", |kms, input| kms.list_retirable_grants(input)),
    ("PutKeyPolicy", |kms, input| kms.put_key_policy(input)),
    ("ReplicateKey", |kms, input| kms.replicate_key(input)),
    ("RetireGrant", |kms, input| kms.retire_grant(input)),
    ("RevokeGrant", |kms, input| kms.revoke_grant(input)),
    ("RotateKeyOnDemand", |kms, input| kms.rotate_key_on_demand(input)),
    ("ScheduleKeyDeletion", |kms, input| kms.schedule_key_deletion(input)),
    ("TagResource", |kms, input| kms.tag_resource(input)),
    ("UntagResource", |kms, input| kms.untag_resource(input)),
    ("UpdateAlias", |kms, input| kms.update_alias(input)),
    ("UpdateKeyDescription", |kms, input| kms.update_key_description(input)),
];

/// Their names.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|(name, _)| *name)
}

/// KMS, as one call meets it.
pub(crate) struct Kms<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) options: &'a Options,
    pub(crate) call: &'a Call<'a>,
    pub(crate) region: RegionId,
    pub(crate) ids: &'a mut Random,
}

/// What a call answers: the body of the reply.
type Answer = Result<Vec<u8>, ServiceError>;

impl Kms<'_> {
    pub(crate) fn answer(&mut self) -> Answer {
        let input = Input::parse(self.call.body)?;
        let call = CALLS.iter().find(|(name, _)| *name == self.call.operation);
        let (_, operation) = call.ok_or_else(|| ServiceError::new("UnknownOperationException", ""))?;
        operation(self, &input)
    }
}

/// The JSON of a reply.
fn body(value: &impl serde::Serialize) -> Answer {
    serde_json::to_vec(value)
        .map_err(|error| ServiceError::new("KMSInternalException", error.to_string()).with_status(500))
}
