//! Key policies, as they are set: what KMS refuses, and whom it keeps from locking himself out.

use super::write::nothing;
use super::{Answer, Input, Kms};
use crate::error::ServiceError;

mod document;
mod lockout;

pub(super) use document::Document;
pub(super) use lockout::Principal;

/// The largest key policy, in bytes.
const MAX_BYTES: usize = 32_768;

/// The most characters that the member may have, before KMS looks at the policy.
const MAX_CHARACTERS: usize = 131_072;

pub(super) fn malformed(message: impl Into<String>) -> ServiceError {
    ServiceError::new("MalformedPolicyDocumentException", message)
}

impl Kms<'_> {
    /// The key policy in a request, if KMS would take it from this caller.
    pub(super) fn policy(&self, input: &Input) -> Result<Option<String>, ServiceError> {
        let Some(text) = input.string("Policy", 1, MAX_CHARACTERS)? else { return Ok(None) };
        if text.len() > MAX_BYTES {
            let message = format!("The policy has {} bytes, more than the {MAX_BYTES} allowed.", text.len());
            return Err(ServiceError::new("LimitExceededException", message));
        }
        let may_stand = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
        if !text.chars().all(may_stand) {
            let constraint = "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
            return Err(ServiceError::constraint(text, "Policy", constraint));
        }
        let document = Document::read(text).map_err(malformed)?;
        if input.boolean("BypassPolicyLockoutSafetyCheck")? != Some(true) && !document.lets_change(&self.principal()) {
            return Err(malformed("The new key policy will not allow you to update the key policy in the future."));
        }
        Ok(Some(text.to_owned()))
    }

    /// The caller, as policies see it.
    fn principal(&self) -> Principal {
        let call = self.call;
        let (partition, account) = (call.partition.name(), call.caller.account);
        let role = call.caller.role.as_deref().map(|role| {
            let path = if role.starts_with("AWSReservedSSO_") {
                format!("aws-reserved/sso.amazonaws.com/{}/", call.region)
            } else {
                String::new()
            };
            format!("arn:{partition}:iam::{account}:role/{path}{role}")
        });
        let organization = self.world.account(account).map(|(organization, _)| organization.id.clone());
        Principal {
            account: account.to_string(),
            root: format!("arn:{partition}:iam::{account}:root"),
            session: call.user(),
            arn: role.unwrap_or_else(|| call.user()),
            organization: organization.unwrap_or_default(),
        }
    }

    pub(super) fn put_key_policy(&mut self, input: &Input) -> Answer {
        let name = input.string("PolicyName", 1, 128)?.unwrap_or("default");
        if name != "default" {
            return Err(ServiceError::validation(format!("The policy name must be default, was {name}")));
        }
        let (mut key, _) = self.writable(input)?;
        let policy = self.policy(input)?.ok_or_else(|| super::input::missing("Policy"))?;
        key.policy = policy.into();
        self.put(key);
        nothing()
    }
}
