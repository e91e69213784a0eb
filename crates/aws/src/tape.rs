//! A tape of what was asked and answered, of which only the shapes are kept: something to send us that tells nothing about anybody.

mod scrub;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::operation::Operation;
use crate::transport::Reply;
use scrub::Scrubber;

/// Exchanges that are kept of each operation, status and error code; the rest are counted.
const OF_A_KIND: usize = 3;
/// Kinds of exchanges that are kept.
const KINDS: usize = 500;

/// Listens to every call of a client.
#[derive(Debug, Default)]
pub struct Tape {
    keeps: bool,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    scrubber: Scrubber,
    kinds: BTreeMap<(&'static str, u16, String), Kind>,
    ahead: Option<i64>,
}

/// What was heard of one kind.
#[derive(Debug, Default)]
struct Kind {
    count: u64,
    exchanges: Vec<(Value, Value)>,
}

impl Tape {
    /// A tape that keeps shapes, or only listens for AWS's clock.
    #[must_use]
    pub fn new(keeps: bool) -> Self {
        Self { keeps, heard: Mutex::default() }
    }

    /// By how many seconds AWS's clock is ahead of ours, as its last answer said.
    #[must_use]
    pub fn seconds_ahead(&self) -> Option<i64> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).ahead
    }

    pub(crate) fn hear(&self, operation: &'static Operation, request: &[u8], reply: &Reply) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ahead) = reply.date.as_deref().and_then(crate::client::seconds_ahead) {
            heard.ahead = Some(ahead);
        }
        if self.keeps {
            heard.keep(operation, request, reply);
        }
    }

    /// What was kept: operations in their order, their shapes as they were first heard.
    #[must_use]
    pub fn shapes(&self) -> Value {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let exchanges = heard.kinds.iter().map(|((operation, status, code), kind)| {
            let shapes = kind.exchanges.iter().map(|(request, reply)| json!({ "request": request, "reply": reply }));
            json!({
                "operation": operation, "status": status, "code": code, "times": kind.count,
                "exchanges": shapes.collect::<Vec<_>>(),
            })
        });
        Value::Array(exchanges.collect())
    }
}

impl Heard {
    fn keep(&mut self, operation: &'static Operation, request: &[u8], reply: &Reply) {
        let (code, shape) = self.scrubber.reply(reply.status, reply.error_type.as_deref(), &reply.body);
        let known = self.kinds.len() < KINDS;
        let key = (operation.name, reply.status, code);
        if !known && !self.kinds.contains_key(&key) {
            return;
        }
        let kind = self.kinds.entry(key).or_default();
        kind.count += 1;
        if kind.exchanges.len() < OF_A_KIND {
            let request = self.scrubber.request(request);
            if !kind.exchanges.contains(&(request.clone(), shape.clone())) {
                kind.exchanges.push((request, shape));
            }
        }
    }
}
