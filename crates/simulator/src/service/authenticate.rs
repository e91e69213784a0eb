//! Who signed a request, and whether he may be known where he asks.

use std::time::SystemTime;

use super::errors::{bad_signature, expired, fit};
use super::{Service, Services};
use crate::error::ServiceError;
use crate::identity::Caller;
use crate::wire::{self, Credential, Request};
use crate::world::{AccountNumber, Partition, RegionId, is_opt_in};

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const BAD_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
                             signing method. Consult the service documentation for details.";

impl Services {
    /// Who signed the request, if it is signed as it must be.
    pub(super) fn authenticate<'r>(
        &self,
        service: Service,
        request: &'r Request,
        now: SystemTime,
    ) -> Result<(Caller, Credential<'r>), ServiceError> {
        let credential = wire::credential(request).map_err(|error| match error {
            wire::AuthError::Missing => fit(service, "MissingAuthenticationToken", "Missing Authentication Token", 403),
            wire::AuthError::Incomplete(message) => fit(service, "IncompleteSignature", &message, 400),
        })?;
        let invalid = || match service {
            Service::Sts => fit(service, "InvalidClientTokenId", INVALID_TOKEN, 403),
            _ => ServiceError::new("UnrecognizedClientException", INVALID_TOKEN),
        };
        if credential.service != service.name() {
            let message = format!("Credential should be scoped to correct service: '{}'. ", service.name());
            return Err(bad_signature(service, &message));
        }
        let caller = if let Some(user) = Caller::user(credential.access_key) {
            user
        } else {
            let session = self.sessions.get(credential.access_key).ok_or_else(invalid)?;
            if request.header("x-amz-security-token") != Some(session.token.as_str()) {
                return Err(invalid());
            }
            if self.options.check_signatures && !wire::verify(request, &credential, &session.secret) {
                return Err(bad_signature(service, BAD_SIGNATURE));
            }
            if session.expires <= now {
                return Err(expired(service));
            }
            session.caller.clone()
        };
        if self.options.check_dates {
            wire::check_date(request, &credential, now).map_err(|message| bad_signature(service, &message))?;
        }
        // A region that is off knows none of the account's credentials.
        let is_regional = !matches!(service, Service::Organizations | Service::Account | Service::Sso);
        let region = self.world.region(credential.region);
        let is_global = credential.region == "aws-global";
        if self.world.account(caller.account).is_none()
            || (is_regional && !is_global && !region.is_some_and(|region| self.is_on(service, caller.account, region)))
        {
            return Err(invalid());
        }
        Ok((caller, credential))
    }

    /// Whether an account may use a service in a region. STS is there in every region of the partition that is on by default.
    fn is_on(&self, service: Service, account: AccountNumber, region: RegionId) -> bool {
        let name = self.world.region_name(region);
        let is_default = !is_opt_in(name);
        let of_partition = self
            .world
            .account(account)
            .is_some_and(|(organization, _)| organization.partition == Partition::of_region(name));
        of_partition && (self.world.is_enabled(account, region) || (service == Service::Sts && is_default))
    }
}
