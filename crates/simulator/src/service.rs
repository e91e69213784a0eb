//! From a request to an answer: who asks, may they, is it too much, does something go wrong, and what is the reply.

mod authenticate;
mod errors;
mod strike;

use std::time::{Duration, Instant, SystemTime};

use errors::{throttled, unknown_operation};
pub(crate) use strike::{Break, Delivery};
use strike::{apply, strike, without_marker};

use crate::counts::{Counts, Meters};
use crate::error::{ServiceError, Why};
use crate::events::{self, Bus};
use crate::fault::Faults;
use crate::identity::{Caller, Sessions};
use crate::kms::Kms;
use crate::options::Options;
use crate::random::Random;
use crate::securityhub::{self, Hub, HubCall};
use crate::sqs::{self, Queues, Receive};
use crate::time::{Moment, Time};
use crate::vault::{self, Vault};
use crate::wire::{self, Reply, Request};
use crate::world::{Partition, RegionId, World, may};
use crate::{Fault, account, kms, organizations, sso, sts};

/// The services there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Kms,
    Sts,
    Organizations,
    Account,
    Sso,
    SecurityHub,
    Sqs,
    SecretsManager,
    Ssm,
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
            Self::SecurityHub => "securityhub",
            Self::Sqs => "sqs",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
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
            Self::SecurityHub => &securityhub::OPERATIONS,
            Self::Sqs => &sqs::OPERATIONS,
            Self::SecretsManager => &vault::OF_SECRETS,
            Self::Ssm => &vault::OF_PARAMETERS,
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
    /// How much time was skipped.
    skipped: Duration,
    ids: Random,
    pub(crate) queues: Queues,
    pub(crate) hub: Hub,
    pub(crate) vault: Vault,
    bus: Bus,
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
    /// Whether one finding of a batch is left out, as a fault.
    pub(crate) unprocessed: bool,
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
        let (hub, events) = (Hub::new(options.hub.clone()), options.events.as_ref());
        let (queues, bus) = (Queues::new(events), Bus::new(events));
        let mut services = Self {
            world,
            sessions: Sessions::new(),
            queues,
            hub,
            bus,
            vault: Vault::default(),
            options,
            meters,
            faults,
            started,
            skipped: Duration::ZERO,
            ids: Random::new(1),
        };
        let beginning = services.moment(started);
        services.hub.begin(&mut services.world, beginning);
        services
    }

    /// What time it is then in the world.
    fn moment(&self, instant: Instant) -> Moment {
        let instant = instant + self.skipped;
        Moment { instant, time: Time::of(self.options.clock).plus(instant.saturating_duration_since(self.started)) }
    }

    /// Lets time pass at once: what waits for it happens.
    pub(crate) fn skip(&mut self, time: Duration) {
        self.skipped += time;
        self.tick(Instant::now());
    }

    /// Does what is due: controls look at keys, events arrive.
    fn tick(&mut self, instant: Instant) {
        let moment = self.moment(instant);
        self.tick_at(moment);
    }

    /// Puts a message into a queue.
    pub(crate) fn send(&mut self, queue: &str, body: &str) -> bool {
        let moment = self.moment(Instant::now());
        let address = sqs::Address::of_arn(queue);
        let sent = address.and_then(|address| {
            self.queues.send(&address, body.to_owned(), moment.instant, moment.time.milliseconds())
        });
        sent.is_some()
    }

    /// What somebody who waits at a queue receives now.
    pub(crate) fn receive(&mut self, asked: &Receive, instant: Instant) -> Option<Reply> {
        self.tick(instant);
        let messages = self.queues.receive(asked, self.moment(instant).instant);
        (!messages.is_empty()).then(|| wire::json(Service::Sqs, sqs::received(&messages)))
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
        self.tick(instant);
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
        let mut call = Call {
            operation,
            caller: &caller,
            region: credential.region,
            partition: partition.unwrap_or_else(|| Partition::of_region(credential.region)),
            body: &request.body,
            moment: self.moment(instant),
            request_id,
            unprocessed: false,
        };
        if let Some(what) = self.struck(service, &call)
            && let Some(reply) = strike(service, &call, request, what, delivery)
        {
            return Ok(reply);
        }
        call.unprocessed = delivery.unprocessed;
        let reply = match service {
            Service::Sqs => self.queue(request, &call, delivery)?,
            _ => self.call(service, &call)?,
        };
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
        if service != Service::Sts && !call.caller.role.as_deref().is_none_or(|role| may(role, call.operation)) {
            let action = format!("{}:{}", service.name(), call.operation);
            return Err(ServiceError::not_authorized(&call.user(), &action, None, Why::Identity));
        }
        match service {
            Service::Kms => {
                let region = self.world.region(call.region).ok_or_else(|| ServiceError::not_found("no such region"))?;
                let key = events::is_told(call.operation).then(|| self.key_of(call, region)).flatten();
                let mut kms = Kms { world: &mut self.world, options: &self.options, call, region, ids: &mut self.ids };
                let answer = kms.answer();
                if events::is_told(call.operation) {
                    self.tell(call, key, &answer);
                }
                answer.map(|body| wire::json(service, body))
            }
            Service::SecurityHub => {
                let mut hub = HubCall { hub: &mut self.hub, world: &self.world, bus: &mut self.bus, call };
                hub.answer().map(|body| wire::json(service, body))
            }
            Service::SecretsManager => {
                self.vault.secret(call, Time::of(self.options.clock)).map(|body| wire::json(service, body))
            }
            Service::Ssm => {
                self.vault.parameter(call, Time::of(self.options.clock)).map(|body| wire::json(service, body))
            }
            Service::Sts => sts::answer(self, call),
            Service::Organizations => organizations::answer(&self.world, call).map(|body| wire::json(service, body)),
            Service::Account => account::answer(&self.world, call).map(|body| wire::json(service, body)),
            Service::Sso | Service::Sqs => Err(unknown_operation(service, call.operation)),
        }
    }

    /// SQS, whose caller may wait for a message.
    fn queue(&mut self, request: &Request, call: &Call<'_>, delivery: &mut Delivery) -> Result<Reply, ServiceError> {
        let endpoint = format!("http://{}", request.header("host").unwrap_or("localhost"));
        Ok(match self.queues.answer(call, &endpoint)? {
            sqs::Outcome::Reply(body) => wire::json(Service::Sqs, body),
            sqs::Outcome::Wait(asked) => {
                delivery.waits = Some(asked);
                wire::json(Service::Sqs, sqs::received(&[]))
            }
        })
    }

    /// The ARN of the key that a call is about, and its id.
    fn key_of(&mut self, call: &Call<'_>, region: RegionId) -> Option<(String, Box<str>)> {
        let body: serde_json::Value = serde_json::from_slice(call.body).ok()?;
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let named = text("KeyId").or_else(|| text("TargetKeyId")).or_else(|| text("AliasName"))?;
        let last = named.rsplit("key/").next().unwrap_or(named);
        let id: Box<str> = match named.rsplit(':').next().filter(|name| name.starts_with("alias/")) {
            Some(alias) => self.world.area(call.caller.account, region).aliases.get(alias)?.latest()?.target.clone()?,
            None => last.into(),
        };
        let arn = format!("arn:{}:kms:{}:{}:key/{id}", call.partition.name(), call.region, call.caller.account);
        Some((arn, id))
    }

    /// CloudTrail tells of a call, and Security Hub's controls look at the key, and at its relatives in other regions.
    fn tell(&mut self, call: &Call<'_>, key: Option<(String, Box<str>)>, answer: &Result<Vec<u8>, ServiceError>) {
        let made = || {
            let body: serde_json::Value = serde_json::from_slice(answer.as_ref().ok()?).ok()?;
            let metadata = body.get("KeyMetadata").or_else(|| body.get("ReplicaKeyMetadata"))?;
            let text = |name: &str| metadata.get(name).and_then(serde_json::Value::as_str);
            Some((text("Arn")?.to_owned(), text("KeyId")?.into()))
        };
        let key = key.or_else(made);
        let id = self.ids.uuid();
        let event = events::of_call(call, key.as_ref().map(|(arn, _)| arn.as_str()), answer, &id);
        self.bus.put(&event, call.moment.instant);
        let Some((_, id)) = key.filter(|_| answer.is_ok()) else { return };
        for region in self.world.regions_of(call.partition) {
            if self.world.has_key(call.caller.account, region, &id) {
                self.hub.touch(call.caller.account, region, &id, call.moment.instant, self.options.lag);
            }
        }
        self.tick_at(call.moment);
    }

    fn tick_at(&mut self, moment: Moment) {
        self.hub.tick(&mut self.world, &mut self.bus, moment);
        self.bus.deliver(&mut self.queues, moment.instant, moment.time.milliseconds());
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
