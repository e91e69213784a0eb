//! From a request to an answer: who asks, may they, is it too much, does something go wrong, and what is the reply.

mod authenticate;
mod errors;
mod strike;

use std::time::{Instant, SystemTime};

use errors::{throttled, unknown_operation};
pub(crate) use strike::{Break, Delivery};
use strike::{apply, strike, without_marker};

use crate::counts::{Counts, Meters};
use crate::error::ServiceError;
use crate::fault::Faults;
use crate::identity::{Caller, Sessions};
use crate::kms::Kms;
use crate::options::Options;
use crate::random::Random;
use crate::time::{Moment, Time};
use crate::wire::{self, Reply, Request};
use crate::world::{Partition, World};
use crate::{Fault, account, kms, organizations, sso, sts};

/// The services there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Kms,
    Sts,
    Organizations,
    Account,
    Sso,
}

impl Service {
    /// The name in a signature and in the names of permissions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
            Self::Sso => "sso",
        }
    }

    /// The operation of that name, if it is understood.
    fn operation(self, name: &str) -> Option<&'static str> {
        let known: &[&'static str] = match self {
            Self::Kms => return kms::operations().find(|known| *known == name),
            Self::Sts => &sts::OPERATIONS,
            Self::Organizations => &organizations::OPERATIONS,
            Self::Account => &account::OPERATIONS,
            Self::Sso => &sso::OPERATIONS,
        };
        known.iter().find(|known| **known == name).copied()
    }
}

/// All services of one world.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) world: World,
    pub(crate) sessions: Sessions,
    pub(crate) options: Options,
    meters: Meters,
    faults: Faults,
    started: Instant,
    ids: Random,
}

/// A reply, and how it is delivered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) request_id: String,
    pub(crate) delivery: Delivery,
}

/// A request, and what it is for.
struct Asked<'a> {
    service: Service,
    operation: &'a str,
    request: &'a Request,
    instant: Instant,
    now: SystemTime,
    request_id: &'a str,
}

/// A call by somebody who is known.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) caller: &'a Caller,
    pub(crate) region: &'a str,
    pub(crate) partition: Partition,
    pub(crate) body: &'a [u8],
    pub(crate) moment: Moment,
    pub(crate) request_id: &'a str,
}

impl Call<'_> {
    /// The caller's ARN.
    pub(crate) fn user(&self) -> String {
        self.caller.arn(self.partition.name())
    }
}

impl Services {
    pub(crate) fn new(mut world: World, mut options: Options) -> Self {
        if options.clock == jiff::Timestamp::UNIX_EPOCH {
            options.clock = world.collected_at().unwrap_or_else(jiff::Timestamp::now);
        }
        for fault in &options.faults {
            apply(&mut world, fault);
        }
        let started = Instant::now();
        let (meters, faults) = (Meters::new(options.quotas, started), Faults::new(options.faults.clone()));
        Self { world, sessions: Sessions::new(), options, meters, faults, started, ids: Random::new(1) }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.meters.counts()
    }

    pub(crate) fn reset_counts(&mut self) {
        self.meters = Meters::new(self.options.quotas, self.started);
    }

    pub(crate) fn set_faults(&mut self, faults: Vec<Fault>) {
        for fault in &faults {
            apply(&mut self.world, fault);
        }
        self.faults = Faults::new(faults);
    }

    /// The answer to a request.
    pub(crate) fn answer(&mut self, request: &Request, instant: Instant, now: SystemTime) -> Answer {
        let request_id = self.ids.uuid();
        let mut delivery = Delivery::default();
        let reply = match wire::route(request) {
            Some((service, operation)) => {
                let asked = Asked { service, operation: &operation, request, instant, now, request_id: &request_id };
                let reply = self.reply(&asked, &mut delivery);
                reply.unwrap_or_else(|error| wire::error(service, &error, &request_id))
            }
            None => {
                self.meters.unattributed += 1;
                no_route(request, &request_id)
            }
        };
        Answer { reply, request_id, delivery }
    }

    fn reply(&mut self, asked: &Asked<'_>, delivery: &mut Delivery) -> Result<Reply, ServiceError> {
        let &Asked { service, operation, request, instant, now, request_id } = asked;
        let known = service.operation(operation);
        // Two calls bring a token in the place of a signature.
        if service == Service::Sso {
            return self.portal(request, instant);
        }
        if known == Some("AssumeRoleWithWebIdentity") {
            return self.web_identity(request, request_id, instant);
        }
        let known = self.authenticate(service, request, now).and_then(|(caller, credential)| {
            known.map(|known| (caller, credential, known)).ok_or_else(|| unknown_operation(service, operation))
        });
        let (caller, credential, operation) = known.inspect_err(|_| self.meters.unattributed += 1)?;
        if !self.meters.admit(caller.account, credential.region, service.name(), operation, instant) {
            return Err(throttled(service));
        }
        let partition = self.world.account(caller.account).map(|(organization, _)| organization.partition);
        let time = Time::of(self.options.clock).plus(instant.saturating_duration_since(self.started));
        let call = Call {
            operation,
            caller: &caller,
            region: credential.region,
            partition: partition.unwrap_or_else(|| Partition::of_region(credential.region)),
            body: &request.body,
            moment: Moment { instant, time },
            request_id,
        };
        if let Some(what) = self.struck(service, &call)
            && let Some(reply) = strike(service, &call, request, what, delivery)
        {
            return Ok(reply);
        }
        let reply = self.call(service, &call)?;
        Ok(if delivery.cuts { without_marker(reply) } else { reply })
    }

    fn portal(&mut self, request: &Request, instant: Instant) -> Result<Reply, ServiceError> {
        let asked = sso::Asked::read(request)?;
        let region = request.header("host").and_then(|host| host.split('.').nth(1)).unwrap_or("portal").to_owned();
        if !self.meters.admit(asked.account, &region, "sso", "GetRoleCredentials", instant) {
            return Err(ServiceError::new("TooManyRequestsException", "HTTP 429 Unknown Code").with_status(429));
        }
        sso::get_role_credentials(self, &asked)
    }

    /// The token stands in the place of a signature; the role's account is counted.
    fn web_identity(&mut self, request: &Request, request_id: &str, instant: Instant) -> Result<Reply, ServiceError> {
        match sts::account_of(&request.body) {
            Some(account) if !self.meters.admit(account, "", "sts", "AssumeRoleWithWebIdentity", instant) => {
                return Err(throttled(Service::Sts));
            }
            Some(_) => {}
            None => self.meters.unattributed += 1,
        }
        sts::with_web_identity(self, &request.body, request_id)
    }

    fn call(&mut self, service: Service, call: &Call<'_>) -> Result<Reply, ServiceError> {
        let account = call.caller.account;
        if service != Service::Sts
            && let Some(refusal) = self.world.refusal(account, call.region, call.operation)
        {
            return Err(ServiceError::new(refusal.code.clone(), refusal.message.clone()));
        }
        match service {
            Service::Kms => {
                let region = self.world.region(call.region).ok_or_else(|| ServiceError::not_found("no such region"))?;
                let mut kms = Kms { world: &mut self.world, options: &self.options, call, region, ids: &mut self.ids };
                kms.answer().map(|body| wire::json(service, body))
            }
            Service::Sts => sts::answer(self, call),
            Service::Organizations => organizations::answer(&self.world, call).map(|body| wire::json(service, body)),
            Service::Account => account::answer(&self.world, call).map(|body| wire::json(service, body)),
            Service::Sso => Err(unknown_operation(service, call.operation)),
        }
    }
}

fn no_route(request: &Request, request_id: &str) -> Reply {
    // A target of KMS's or an unknown one: AWS's front answers in JSON.
    if request.header("x-amz-target").is_some() {
        return wire::error(Service::Kms, &ServiceError::new("UnknownOperationException", ""), request_id);
    }
    if request.uri.path() == "/" && request.method == http::Method::POST {
        let error = ServiceError::new("MissingAction", "Could not find operation");
        return wire::error(Service::Sts, &error, request_id);
    }
    wire::unparsable()
}
