//! From a request to an answer: who asks, may they, is it too much, does something go wrong, and what is the reply.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use crate::counts::{Counts, Meters};
use crate::error::{ServiceError, Why, not_authorized};
use crate::fault::{Facts, Faults, What};
use crate::identity::{Caller, Sessions};
use crate::kms::Kms;
use crate::options::Options;
use crate::random::Random;
use crate::time::{Moment, Time};
use crate::wire::{self, Credential, Reply, Request};
use crate::world::{AccountNumber, Partition, World};
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

/// What to do with a connection instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Reset it at once.
    Before,
    /// End it in the middle of the answer.
    Middle,
}

/// A reply, and how it is delivered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) request_id: String,
    pub(crate) delay: Duration,
    pub(crate) breaks: Option<Break>,
    /// Whether a list says that it goes on, and not where.
    cuts: bool,
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
        let time = Time::of(self.options.clock).plus(instant.saturating_duration_since(self.started));
        let moment = Moment { instant, time };
        let done =
            |reply| Answer { reply, request_id: request_id.clone(), delay: Duration::ZERO, breaks: None, cuts: false };
        let Some((service, operation)) = wire::route(request) else {
            self.meters.unattributed += 1;
            return done(no_route(request, &request_id));
        };
        let known = service.operation(&operation);
        if service == Service::Sso {
            // The portal's token stands in the place of a signature, and the account is asked for.
            let reply = self.portal(request, instant);
            return done(reply.unwrap_or_else(|error| wire::error(service, &error, &request_id)));
        }
        if known == Some("AssumeRoleWithWebIdentity") {
            let reply = self.web_identity(request, &request_id, instant);
            return done(reply.unwrap_or_else(|error| wire::error(service, &error, &request_id)));
        }
        let (caller, credential) = match self.authenticate(service, request, now) {
            Ok(identity) => identity,
            Err(error) => {
                self.meters.unattributed += 1;
                return done(wire::error(service, &error, &request_id));
            }
        };
        let Some(operation) = known else {
            self.meters.unattributed += 1;
            return done(wire::error(service, &unknown_operation(service, &operation), &request_id));
        };
        let region = credential.region;
        let partition = self
            .world
            .account(caller.account)
            .map_or_else(|| Partition::of_region(region), |(organization, _)| organization.partition);
        let call = Call {
            operation,
            caller: &caller,
            region,
            partition,
            body: &request.body,
            moment,
            request_id: &request_id,
        };
        if !self.meters.admit(caller.account, region, service.name(), operation, instant) {
            return done(wire::error(service, &throttled(service), &request_id));
        }
        let mut answer = Answer {
            delay: Duration::ZERO,
            breaks: None,
            cuts: false,
            reply: Reply::empty(),
            request_id: request_id.clone(),
        };
        let refused = match self.struck(service, &call) {
            Some(what) => strike(service, &call, request, what, &mut answer),
            None => None,
        };
        if let Some(reply) = refused {
            answer.reply = reply;
            return answer;
        }
        answer.reply = self.call(service, &call).unwrap_or_else(|error| wire::error(service, &error, &request_id));
        if answer.cuts {
            answer.reply.body = without_marker(&answer.reply.body);
        }
        answer
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

    /// Who signed the request, if it is signed as it must be.
    fn authenticate<'r>(
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
        let is_regional = matches!(service, Service::Kms | Service::Sts);
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
    fn is_on(&self, service: Service, account: AccountNumber, region: crate::world::RegionId) -> bool {
        let name = self.world.region_name(region);
        let is_default = !crate::world::is_opt_in(name);
        let of_partition = self
            .world
            .account(account)
            .is_some_and(|(organization, _)| organization.partition == Partition::of_region(name));
        of_partition && (self.world.is_enabled(account, region) || (service == Service::Sts && is_default))
    }

    /// The fault that strikes this call.
    fn struck(&mut self, service: Service, call: &Call<'_>) -> Option<What> {
        if self.faults.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(call.body);
        let own = call.caller.account.to_string();
        let (target, role) = if service == Service::Sts { sts::target(call.body) } else { (None, None) };
        let key = (service == Service::Kms).then(|| key_in(&text)).flatten();
        let facts = Facts {
            accounts: [target.as_deref().unwrap_or(&own), target.as_deref().unwrap_or(&own)],
            region: call.region,
            operation: call.operation,
            key: key.as_deref(),
            roles: [call.caller.role.as_deref().unwrap_or_default(), role.as_deref().unwrap_or_default()],
        };
        self.faults.strike(&facts)
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

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const BAD_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
                             signing method. Consult the service documentation for details.";

/// Two faults are states of the world.
fn apply(world: &mut World, fault: &Fault) {
    match (&fault.what, &fault.account, &fault.region) {
        (What::Suspended, Some(account), _) => {
            world.suspend(account);
        }
        (What::RegionOff, Some(account), Some(region)) => {
            world.disable_region(account, region);
        }
        (What::RegionOff, None, Some(region)) => {
            for account in world.accounts() {
                world.disable_region(&account, region);
            }
        }
        _ => {}
    }
}

/// The id, ARN or alias in a request to KMS.
fn key_in(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let key = value.get("KeyId").or_else(|| value.get("TargetKeyId"))?;
    key.as_str().map(str::to_owned)
}

/// An error that JSON services end with `Exception`, and STS does not.
fn fit(service: Service, code: &str, message: &str, sts_status: u16) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new(code.to_owned(), message).with_status(sts_status),
        _ => ServiceError::new(Cow::Owned(format!("{code}Exception")), message),
    }
}

fn bad_signature(service: Service, message: &str) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new("SignatureDoesNotMatch", message).with_status(403),
        _ => ServiceError::new("InvalidSignatureException", message),
    }
}

fn expired(service: Service) -> ServiceError {
    match service {
        Service::Sts => {
            ServiceError::new("ExpiredToken", "The security token included in the request is expired").with_status(403)
        }
        _ => ServiceError::new("ExpiredTokenException", "The security token included in the request is expired"),
    }
}

fn throttled(service: Service) -> ServiceError {
    match service {
        Service::Kms => ServiceError::new(
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        ),
        Service::Sts => ServiceError::new("Throttling", "Rate exceeded"),
        Service::Organizations => ServiceError::new(
            "TooManyRequestsException",
            "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
        ),
        Service::Account | Service::Sso => {
            ServiceError::new("TooManyRequestsException", "Rate exceeded").with_status(429)
        }
    }
}

fn unknown_operation(service: Service, operation: &str) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new(
            "InvalidAction",
            format!(
                "Could not find operation {} for version 2011-06-15",
                operation.chars().take(100).collect::<String>()
            ),
        ),
        _ => ServiceError::new("UnknownOperationException", ""),
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

/// What a fault does to a call: the reply in place of the service's, if there is one.
fn strike(service: Service, call: &Call<'_>, request: &Request, what: What, answer: &mut Answer) -> Option<Reply> {
    let internal = match service {
        Service::Kms => "KMSInternalException",
        Service::Organizations => "ServiceException",
        Service::Account | Service::Sso => "InternalServerException",
        Service::Sts => "InternalFailure",
    };
    let action = format!("{}:{}", service.name(), call.operation);
    let denied = |why| {
        let resource = key_in(&String::from_utf8_lossy(call.body)).map(|key| {
            if key.starts_with("arn:") {
                return key;
            }
            format!("arn:{}:kms:{}:{}:key/{key}", call.partition.name(), call.region, call.caller.account)
        });
        let resource = resource.filter(|_| service == Service::Kms);
        let message = not_authorized(&call.user(), &action, resource.as_deref(), why);
        match service {
            Service::Sts => ServiceError::new("AccessDenied", message).with_status(403),
            Service::Account => ServiceError::access_denied(message).with_status(403),
            _ => ServiceError::access_denied(message),
        }
    };
    let error = match what {
        What::Deny { code, message } => {
            let status = if service == Service::Sts || service == Service::Account { 403 } else { 400 };
            let message = if message.is_empty() { denied(Why::Identity).message } else { message };
            ServiceError::new(code, message).with_status(status)
        }
        What::ServiceControlPolicy => denied(Why::ServiceControlPolicy),
        What::ResourceControlPolicy => denied(Why::ResourceControlPolicy),
        What::KeyPolicy => denied(Why::Resource),
        What::MissingPermission => denied(Why::Identity),
        What::RoleMissing if call.operation == "AssumeRole" => sts::denied(call, &sts::role_arn(call.body)),
        What::RegionOff | What::Suspended | What::RoleMissing => return None,
        What::Throttle => throttled(service),
        What::Status500 => ServiceError::new(
            internal,
            "The request was rejected because an internal exception occurred. The request can be retried.",
        )
        .with_status(500),
        What::Expired => expired(service),
        What::ClockSkew => {
            let date = request.header("x-amz-date").unwrap_or_default();
            let later = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_mins(17)).unwrap_or_default();
            let error = bad_signature(service, &wire::skewed(date, later, true));
            // The reply has the time that the service believes in.
            let date = later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            return Some(Reply { date: Some(date), ..wire::error(service, &error, call.request_id) });
        }
        What::Html500 => return Some(html(500, "502 Bad Gateway")),
        What::Html200 => return Some(html(200, "Please log in to use the network")),
        What::Empty => return Some(wire::json(service, "{}")),
        What::NoMarker => {
            answer.cuts = true;
            return None;
        }
        What::Reset => {
            answer.breaks = Some(Break::Before);
            return Some(Reply::empty());
        }
        What::Truncated => {
            answer.breaks = Some(Break::Middle);
            return None;
        }
        What::Slow(delay) => {
            answer.delay = delay;
            return None;
        }
    };
    Some(wire::error(service, &error, call.request_id))
}

/// A list as it was, but that it claims to go on.
fn without_marker(body: &Bytes) -> Bytes {
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_slice(body) else { return body.clone() };
    members.shift_remove("NextMarker");
    members.insert("Truncated".to_owned(), true.into());
    serde_json::Value::Object(members).to_string().into()
}

fn html(status: u16, text: &str) -> Reply {
    let body =
        format!("<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n");
    Reply { status, content_type: "text/html", error_type: None, date: None, body: Bytes::from(body) }
}
