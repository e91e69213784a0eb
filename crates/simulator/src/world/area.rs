//! What one account has in one region: keys, aliases, custom key stores.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::time::Time;

/// One account in one region.
#[derive(Debug, Default)]
pub(crate) struct Area {
    pub(crate) keys: BTreeMap<Box<str>, Lagged<Key>>,
    /// By name, with `alias/`.
    pub(crate) aliases: BTreeMap<Box<str>, Lagged<Alias>>,
    pub(crate) stores: BTreeMap<Box<str>, Store>,
}

/// A name for a key.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    /// The id of the key; an alias that AWS reserves may have none yet.
    pub(crate) target: Option<Box<str>>,
    pub(crate) created: Option<Time>,
    pub(crate) updated: Option<Time>,
}

/// A custom key store, as `DescribeCustomKeyStores` says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Store {
    pub(crate) custom_key_store_id: Box<str>,
    #[serde(default)]
    pub(crate) custom_key_store_name: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cloud_hsm_cluster_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connection_state: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connection_error_code: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) creation_date: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom_key_store_type: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) xks_proxy_configuration: Option<Box<Proxy>>,
}

/// How KMS reaches an external key manager.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Proxy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connectivity: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_key_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri_endpoint: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri_path: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vpc_endpoint_service_name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vpc_endpoint_service_owner: Option<Box<str>>,
}

/// Something whose changes are seen only after a while: AWS's eventual consistency. There may be nothing.
#[derive(Debug, Clone)]
pub(crate) struct Lagged<T> {
    latest: Option<T>,
    before: Option<Box<(Instant, Option<T>)>>,
}

impl<T: Clone> Lagged<T> {
    /// Something that has long been there.
    pub(crate) fn settled(value: T) -> Self {
        Self { latest: Some(value), before: None }
    }

    /// Nothing.
    pub(crate) fn nothing() -> Self {
        Self { latest: None, before: None }
    }

    /// What a reader sees.
    pub(crate) fn seen(&self, now: Instant) -> Option<&T> {
        match &self.before {
            Some(before) if now < before.0 => before.1.as_ref(),
            _ => self.latest.as_ref(),
        }
    }

    /// What a writer sees.
    pub(crate) fn latest(&self) -> Option<&T> {
        self.latest.as_ref()
    }

    /// To write: readers see it when `lag` is over. Until then they see what was there before the first of several writes.
    pub(crate) fn write(&mut self, now: Instant, lag: Duration) -> &mut Option<T> {
        if lag.is_zero() {
            self.before = None;
            return &mut self.latest;
        }
        let seen = match self.before.take() {
            Some(before) if now < before.0 => before.1,
            _ => self.latest.clone(),
        };
        self.before = Some(Box::new((now + lag, seen)));
        &mut self.latest
    }
}
