//! Requests and replies as they stand on the wire.

mod auth;
mod reply;
mod request;
mod signature;

pub(crate) use auth::{AuthError, Credential, check_date, credential, skewed};
pub(crate) use reply::{Body, Reply, error, escape, json, unparsable, xml};
pub(crate) use request::{Request, decode_form, route};
#[cfg(test)]
pub(crate) use signature::sign;
pub(crate) use signature::{hmac_hex, verify};
