//! KMS: what is asked about keys, and what is done to them.

mod describe;
mod input;
mod list;
mod resolve;
mod rotation;
mod usage;

use crate::error::ServiceError;
use crate::options::Options;
use crate::random::Random;
use crate::service::Call;
use crate::world::{RegionId, World};

pub(crate) use input::Input;

/// The operations that are understood.
pub(crate) const OPERATIONS: [&str; 12] = [
    "ListKeys",
    "ListAliases",
    "DescribeKey",
    "GetKeyPolicy",
    "ListKeyPolicies",
    "GetKeyRotationStatus",
    "ListKeyRotations",
    "ListResourceTags",
    "ListGrants",
    "ListRetirableGrants",
    "GetKeyLastUsage",
    "DescribeCustomKeyStores",
];

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
        match self.call.operation {
            "ListKeys" => self.list_keys(&input),
            "ListAliases" => self.list_aliases(&input),
            "DescribeKey" => self.describe_key(&input),
            "GetKeyPolicy" => self.get_key_policy(&input),
            "ListKeyPolicies" => self.list_key_policies(&input),
            "GetKeyRotationStatus" => self.get_key_rotation_status(&input),
            "ListKeyRotations" => self.list_key_rotations(&input),
            "ListResourceTags" => self.list_resource_tags(&input),
            "ListGrants" => self.list_grants(&input),
            "ListRetirableGrants" => self.list_retirable_grants(&input),
            "GetKeyLastUsage" => self.get_key_last_usage(&input),
            _ => self.describe_custom_key_stores(&input),
        }
    }
}

/// The JSON of a reply.
fn body(value: &impl serde::Serialize) -> Answer {
    serde_json::to_vec(value)
        .map_err(|error| ServiceError::new("KMSInternalException", error.to_string()).with_status(500))
}
