//! A receiver of signed deliveries, which checks their signatures and remembers them.

use serde_json::{Value, json};

use crate::desk::DeskReply;
use crate::wire::{Request, hmac_hex};

/// The most deliveries that are remembered.
const MAX_DELIVERED: usize = 10_000;

/// What was delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The `idempotency-key`.
    pub key: String,
    /// The body.
    pub body: Value,
    /// Whether the same key came before.
    pub is_repeated: bool,
}

/// The receiver.
#[derive(Debug)]
pub(crate) struct Webhook {
    secret: String,
    delivered: Vec<Delivered>,
}

impl Webhook {
    pub(crate) fn new(secret: String) -> Self {
        Self { secret, delivered: Vec::new() }
    }

    pub(crate) fn delivered(&self) -> &[Delivered] {
        &self.delivered
    }

    pub(crate) fn answer(&mut self, request: &Request) -> DeskReply {
        let refuse = |status: u16, why: &str| DeskReply::json(status, &json!({ "error": why }));
        if request.method != http::Method::POST {
            return refuse(405, "deliveries are POSTed");
        }
        let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
        let signed = [header("x-keyreeve-timestamp").as_bytes(), b".", &request.body].concat();
        let expected = format!("v1={}", hmac_hex(self.secret.as_bytes(), &signed));
        if header("x-keyreeve-signature") != expected {
            return refuse(401, "the signature is wrong");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "the body is not JSON");
        };
        if self.delivered.len() >= MAX_DELIVERED {
            return refuse(507, "no more deliveries are remembered");
        }
        let key = header("idempotency-key");
        let is_repeated = self.delivered.iter().any(|delivered| delivered.key == key);
        self.delivered.push(Delivered { key, body, is_repeated });
        DeskReply::json(200, &json!({}))
    }
}
