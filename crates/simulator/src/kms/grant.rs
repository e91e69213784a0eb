//! Grants, as they are made and taken back.

use serde::Serialize;

use super::usage::principal;
use super::write::{invalid_state, nothing};
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::world::{Constraints, Grant, KeyState};

/// The most grants of a key.
const MAX_GRANTS: usize = 50_000;

/// What a grant can allow.
const OPERATIONS: [&str; 17] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
];

/// What stands in front of a grant's id in its token.
const TOKEN: &str = "SimulatedGrantToken-";

impl Kms<'_> {
    pub(super) fn create_grant(&mut self, input: &Input) -> Answer {
        let grantee = principal(input, "GranteePrincipal")?.ok_or_else(|| super::input::missing("GranteePrincipal"))?;
        let retiring = principal(input, "RetiringPrincipal")?;
        let operations = input.strings("Operations")?.ok_or_else(|| super::input::missing("Operations"))?;
        if operations.is_empty() {
            return Err(ServiceError::validation("Operations must not be empty"));
        }
        if let Some(unknown) = operations.iter().find(|operation| !OPERATIONS.contains(operation)) {
            let constraint = format!("Member must satisfy enum value set: [{}]", OPERATIONS.join(", "));
            return Err(ServiceError::constraint(unknown, "Operations", &constraint));
        }
        let constraints: Option<Box<Constraints>> = match input.member("Constraints") {
            Some(value) => {
                let read = serde_json::from_value(value.clone());
                Some(read.map_err(|error| ServiceError::new("SerializationException", error.to_string()))?)
            }
            None => None,
        };
        for arn in [Some(grantee), retiring].into_iter().flatten().filter(|text| text.starts_with("arn:")) {
            if arn.splitn(6, ':').count() < 6 {
                return Err(ServiceError::new("InvalidArnException", format!("Invalid arn {arn}")));
            }
        }
        let name = input.string("Name", 1, 256)?;
        let (mut key, arn) = self.writable(input)?;
        match key.state {
            KeyState::Enabled | KeyState::Unavailable | KeyState::Updating => {}
            state => return Err(invalid_state(&arn, state)),
        }
        self.check_dry_run(input)?;
        let mut grant = Grant {
            grant_id: self.ids.hex(64).into(),
            name: name.map(Into::into),
            creation_date: Some(self.time()),
            grantee_principal: Some(grantee.into()),
            retiring_principal: retiring.map(Into::into),
            issuing_account: Some(
                format!("arn:{}:iam::{}:root", self.call.partition.name(), self.call.caller.account).into(),
            ),
            operations: operations.into_iter().map(Into::into).collect(),
            constraints,
        };
        // The same grant under the same name is made once.
        let known = key.grants.iter().find(|known| grant.name.is_some() && is_same(known, &grant));
        if let Some(known) = known {
            grant.grant_id = known.grant_id.clone();
        } else {
            if key.grants.len() >= MAX_GRANTS {
                let message = format!("{arn} has {MAX_GRANTS} grants, which is the limit");
                return Err(ServiceError::new("LimitExceededException", message));
            }
            key.grants.push(grant.clone());
            self.put(key);
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply<'a> {
            grant_id: &'a str,
            grant_token: String,
        }
        body(&Reply { grant_id: &grant.grant_id, grant_token: format!("{TOKEN}{}", grant.grant_id) })
    }

    pub(super) fn revoke_grant(&mut self, input: &Input) -> Answer {
        let id = input.required("GrantId", 1, 128)?;
        let (mut key, _) = self.writable(input)?;
        let count = key.grants.len();
        key.grants.retain(|grant| &*grant.grant_id != id);
        if key.grants.len() == count {
            return Err(ServiceError::not_found(format!("Grant ID {id} not found")));
        }
        self.check_dry_run(input)?;
        self.put(key);
        nothing()
    }

    pub(super) fn retire_grant(&mut self, input: &Input) -> Answer {
        let (token, id) = (input.string("GrantToken", 1, 8192)?, input.string("GrantId", 1, 128)?);
        let text = match (token, id, input.string("KeyId", 1, 2048)?) {
            (Some(token), None, None) => {
                let id = token.strip_prefix(TOKEN);
                let id = id.ok_or_else(|| ServiceError::new("InvalidGrantTokenException", "Invalid grant token"))?;
                let has = |key: &crate::world::Key| key.grants.iter().any(|grant| &*grant.grant_id == id);
                let keys = &self.area().keys;
                let found = keys.iter().find(|(_, key)| key.latest().is_some_and(has));
                let key = found.map(|(id, _)| id.to_string());
                (key.ok_or_else(|| ServiceError::not_found("Grant not found"))?, id.to_owned())
            }
            (None, Some(id), Some(key)) => (key.to_owned(), id.to_owned()),
            _ => return Err(ServiceError::validation("Either GrantToken, or KeyId and GrantId, must be given")),
        };
        let (mut key, _) = self.writable_named(&text.0)?;
        let count = key.grants.len();
        key.grants.retain(|grant| *grant.grant_id != *text.1);
        if key.grants.len() == count {
            return Err(ServiceError::not_found(format!("Grant ID {} not found", text.1)));
        }
        self.check_dry_run(input)?;
        self.put(key);
        nothing()
    }

    /// A dry run that would have succeeded fails here.
    fn check_dry_run(&self, input: &Input) -> Result<(), ServiceError> {
        if input.boolean("DryRun")? == Some(true) {
            let message = "The request would have succeeded, but the DryRun option is set.";
            return Err(ServiceError::new("DryRunOperationException", message));
        }
        Ok(())
    }
}

/// Whether two grants say the same, but for their ids and dates.
fn is_same(one: &Grant, other: &Grant) -> bool {
    let said = |grant: &Grant| {
        let Grant { name, grantee_principal, retiring_principal, operations, constraints, .. } = grant.clone();
        (name, grantee_principal, retiring_principal, operations, constraints)
    };
    said(one) == said(other)
}
