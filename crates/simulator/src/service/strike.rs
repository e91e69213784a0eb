//! Faults, as they strike a call: what is answered in place of the service, and how the answer is delivered.

use std::time::Duration;

use bytes::Bytes;

use super::errors::{bad_signature, expired, throttled};
use super::{Call, Service, Services};
use crate::Fault;
use crate::error::{ServiceError, Why, not_authorized};
use crate::fault::{Facts, What};
use crate::sqs::Receive;
use crate::sts;
use crate::wire::{self, Reply, Request};
use crate::world::World;

/// What to do with a connection instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Reset it at once.
    Before,
    /// End it in the middle of the answer.
    Middle,
}

/// How a reply is delivered.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) delay: Duration,
    pub(crate) breaks: Option<Break>,
    /// Whether a list says that it goes on, and not where.
    pub(super) cuts: bool,
    /// Whether one finding of a batch is left out.
    pub(super) unprocessed: bool,
    /// At which queue the caller waits.
    pub(crate) waits: Option<Receive>,
}

impl Services {
    /// The fault that strikes this call.
    pub(super) fn struck(&mut self, service: Service, call: &Call<'_>) -> Option<What> {
        if self.faults.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(call.body);
        let own = call.caller.account.to_string();
        let (target, role) = if service == Service::Sts { sts::target(call.body) } else { (None, None) };
        let key = (service == Service::Kms).then(|| key_in(&text)).flatten();
        let facts = Facts {
            account: target.as_deref().unwrap_or(&own),
            region: call.region,
            operation: call.operation,
            key: key.as_deref(),
            roles: [call.caller.role.as_deref().unwrap_or_default(), role.as_deref().unwrap_or_default()],
        };
        self.faults.strike(&facts)
    }
}

/// Two faults are states of the world.
pub(super) fn apply(world: &mut World, fault: &Fault) {
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

/// What a fault does to a call: the reply in place of the service's, if there is one.
pub(super) fn strike(
    service: Service,
    call: &Call<'_>,
    request: &Request,
    what: What,
    delivery: &mut Delivery,
) -> Option<Reply> {
    let internal = match service {
        Service::Kms => "KMSInternalException",
        Service::Organizations => "ServiceException",
        Service::Account | Service::Sso => "InternalServerException",
        Service::SecurityHub => "InternalException",
        Service::SecretsManager => "InternalServiceError",
        Service::Ssm => "InternalServerError",
        Service::Sts | Service::Sqs => "InternalFailure",
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
            Service::Account | Service::SecurityHub => ServiceError::access_denied(message).with_status(403),
            _ => ServiceError::access_denied(message),
        }
    };
    let error = match what {
        What::Deny { code, message } => {
            let forbids = matches!(service, Service::Sts | Service::Account | Service::SecurityHub);
            let status = if forbids { 403 } else { 400 };
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
            delivery.cuts = true;
            return None;
        }
        What::Unprocessed => {
            delivery.unprocessed = true;
            return None;
        }
        What::ResetAfter => {
            delivery.breaks = Some(Break::Before);
            return None;
        }
        What::Reset => {
            delivery.breaks = Some(Break::Before);
            return Some(Reply::empty());
        }
        What::Truncated => {
            delivery.breaks = Some(Break::Middle);
            return None;
        }
        What::Slow(delay) => {
            delivery.delay = delay;
            return None;
        }
    };
    Some(wire::error(service, &error, call.request_id))
}

/// A list as it was, but that it claims to go on.
pub(super) fn without_marker(reply: Reply) -> Reply {
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_slice(&reply.body) else { return reply };
    members.shift_remove("NextMarker");
    members.insert("Truncated".to_owned(), true.into());
    Reply { body: serde_json::Value::Object(members).to_string().into(), ..reply }
}

fn html(status: u16, text: &str) -> Reply {
    let body =
        format!("<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n");
    Reply { status, content_type: "text/html", error_type: None, date: None, body: Bytes::from(body) }
}
