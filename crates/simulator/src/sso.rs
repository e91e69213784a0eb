//! The SSO portal: credentials of a permission set for somebody who has logged in.

use std::time::Duration;

use crate::error::ServiceError;
use crate::identity::unique_id;
use crate::service::{Service, Services};
use crate::wire::{self, Reply, Request, decode_form};
use crate::{sts, world::AccountNumber};

pub(crate) const OPERATIONS: [&str; 1] = ["GetRoleCredentials"];

/// The access token that has expired. Any other that is not empty is taken.
const EXPIRED_TOKEN: &str = "expired";

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) account: AccountNumber,
    permission_set: String,
}

impl Asked {
    pub(crate) fn read(request: &Request) -> Result<Self, ServiceError> {
        let token = request.header("x-amz-sso_bearer_token").unwrap_or_default();
        if token.is_empty() || token == EXPIRED_TOKEN {
            let message = "Session token not found or invalid";
            return Err(ServiceError::new("UnauthorizedException", message).with_status(401));
        }
        let query = decode_form(request.uri.query().unwrap_or_default().as_bytes());
        let member = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let invalid =
            |what: &str| ServiceError::new("InvalidRequestException", format!("{what} is missing or not valid"));
        let account =
            member("account_id").as_deref().and_then(AccountNumber::parse).ok_or_else(|| invalid("account_id"))?;
        let permission_set = member("role_name").filter(|name| !name.is_empty()).ok_or_else(|| invalid("role_name"))?;
        Ok(Self { account, permission_set: permission_set.chars().take(32).collect() })
    }
}

pub(crate) fn get_role_credentials(services: &mut Services, asked: &Asked) -> Result<Reply, ServiceError> {
    let is_there = services.world.account(asked.account).is_some_and(|(_, account)| !account.suspended);
    if !is_there {
        return Err(ServiceError::new("ForbiddenException", "No access").with_status(403));
    }
    let set = &asked.permission_set;
    let suffix: String = unique_id("", &format!("{} {set}", asked.account)).chars().take(16).collect();
    let role = format!("AWSReservedSSO_{set}_{}", suffix.to_lowercase());
    let session = sts::start(services, asked.account, &role, "developer@example.com", Duration::from_secs(3600));
    let expires = jiff::Timestamp::try_from(session.expires).unwrap_or_default().as_millisecond();
    let body = serde_json::json!({ "roleCredentials": {
        "accessKeyId": session.access_key,
        "secretAccessKey": session.secret,
        "sessionToken": session.token,
        "expiration": expires,
    } });
    Ok(wire::json(Service::Sso, body.to_string()))
}
