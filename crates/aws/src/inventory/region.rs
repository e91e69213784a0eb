//! One account in one region: its lists, then its keys side by side.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Reading, finish_one, interrupted, key, resource};
use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::{DESCRIBE_CUSTOM_KEY_STORES, LIST_ALIASES, LIST_KEYS};
use crate::pages::{Listed, list, page};
use crate::sink::{Event, Note};
use finding::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listing {
    pub(super) key_id: String,
    #[serde(default)]
    pub(super) key_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alias {
    alias_name: String,
    #[serde(default)]
    target_key_id: Option<String>,
}

page!(KeyPage, Listing, "Keys", "NextMarker");
page!(AliasPage, Alias, "Aliases", "NextMarker");
page!(StorePage, Value, "CustomKeyStores", "NextMarker");

/// What is known of a region when its keys are read.
pub(super) struct Lists {
    aliases: HashMap<String, Vec<String>>,
    pub(super) no_aliases: Option<Failure>,
    /// The connection state of each store, by id.
    pub(super) stores: HashMap<String, Value>,
    pub(super) no_stores: Option<Failure>,
    /// The regions of the account that are read: what is asked there about a replica's primary takes a turn there.
    scopes: Arc<Vec<Arc<Scope>>>,
}

impl Lists {
    /// What the lists say about one key, which may lie in a custom key store.
    pub(super) async fn of_key(client: &Client, scope: &Scope, key: &str, store: Option<&str>) -> Self {
        let aliases = list::<AliasPage>(client, scope, &LIST_ALIASES, json!({ "KeyId": key, "Limit": 100 })).await;
        let stores = match store {
            Some(id) => {
                let request = json!({ "CustomKeyStoreId": id });
                list::<StorePage>(client, scope, &DESCRIBE_CUSTOM_KEY_STORES, request).await
            }
            None => Listed { items: Vec::new(), failure: None },
        };
        Self::new(aliases, &stores.items, stores.failure)
    }

    fn new(aliases: Listed<Alias>, stores: &[Value], no_stores: Option<Failure>) -> Self {
        Self {
            aliases: by_key(aliases.items),
            no_aliases: aliases.failure,
            stores: stores.iter().filter_map(connection_state).collect(),
            no_stores,
            scopes: Arc::default(),
        }
    }

    /// The names of a key's aliases, sorted.
    pub(super) fn aliases(&self, key: &str) -> &[String] {
        self.aliases.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether `name` is the key's id, its ARN or an alias of it.
    fn is_called(&self, listing: &Listing, name: &str) -> bool {
        let is_alias = |alias: &String| alias == name || alias.strip_prefix("alias/") == Some(name);
        listing.key_id == name || listing.key_arn == name || self.aliases(&listing.key_id).iter().any(is_alias)
    }

    /// The scope of a region of the account, if that region is read too.
    pub(super) fn scope_of(&self, region: &str) -> Option<&Arc<Scope>> {
        self.scopes.iter().find(|scope| scope.region == region)
    }

    /// Whether an alias says that AWS manages the key.
    pub(super) fn is_aws_managed(&self, key: &str) -> bool {
        self.aliases(key).iter().any(|alias| alias.starts_with("alias/aws/"))
    }
}

/// Reads a region. `certain` says that AWS itself called it enabled.
pub(super) async fn read(reading: &Arc<Reading>, scope: Arc<Scope>, scopes: Arc<Vec<Arc<Scope>>>, certain: bool) {
    let client = &reading.session.client;
    let stores = async {
        match reading.plan.needs.stores {
            true => list::<StorePage>(client, &scope, &DESCRIBE_CUSTOM_KEY_STORES, json!({ "Limit": 100 })).await,
            false => Listed { items: Vec::new(), failure: None },
        }
    };
    let (keys, aliases, stores) = tokio::join!(
        list::<KeyPage>(client, &scope, &LIST_KEYS, json!({ "Limit": 1000 })),
        list::<AliasPage>(client, &scope, &LIST_ALIASES, json!({ "Limit": 100 })),
        stores,
    );
    if let Some(failure) = keys.failure {
        refused(reading, &scope, certain, &failure).await;
        if keys.items.is_empty() {
            return;
        }
    }
    if reading.plan.only.is_none() {
        send_stores(reading, &scope, &stores).await;
    }
    let lists = Arc::new(Lists { scopes, ..Lists::new(aliases, &stores.items, stores.failure) });
    let mut keys = keys.items;
    if let Some(only) = &reading.plan.only {
        keys.retain(|listing| lists.is_called(listing, only));
    }
    read_keys(reading, &scope, keys, &lists).await;
}

/// ListKeys was refused: the region is off, or its keys are a hole in the inventory.
async fn refused(reading: &Reading, scope: &Scope, certain: bool, failure: &Failure) {
    let class = failure.refusal();
    let event = if class == Refusal::RegionDisabled && !certain {
        let (account, region) = (scope.account.clone(), Some(scope.region.clone()));
        Event::Note(Note { account, region, class, name: String::new() })
    } else {
        Event::Error(failure.record(Some(&scope.account), Some(&scope.region)))
    };
    reading.sink.send(event).await;
}

async fn send_stores(reading: &Reading, scope: &Scope, stores: &Listed<Value>) {
    for store in &stores.items {
        let text = resource::store(store, &scope.account, &scope.region);
        reading.sink.send(Event::Resource(text)).await;
    }
    // Where KMS has no custom key stores there is none to know of.
    if let Some(failure) = stores.failure.as_ref().filter(|failure| failure.refusal() != Refusal::NotSupported) {
        reading.sink.send(Event::Error(failure.record(Some(&scope.account), Some(&scope.region)))).await;
    }
}

async fn read_keys(reading: &Arc<Reading>, scope: &Arc<Scope>, keys: Vec<Listing>, lists: &Arc<Lists>) {
    reading.progress.keys.add(keys.len());
    let (total, mut begun) = (keys.len(), 0);
    let of_region = Arc::new(Semaphore::new(reading.plan.at_once.keys_of_a_region));
    let mut at_work = JoinSet::new();
    for listing in keys {
        let mine = Arc::clone(&of_region).acquire_owned().await;
        let shared = Arc::clone(&reading.keys).acquire_owned().await;
        if reading.session.client.stop.is_stopped() {
            break;
        }
        begun += 1;
        let (its, scope, lists) = (Arc::clone(reading), Arc::clone(scope), Arc::clone(lists));
        at_work.spawn(async move {
            let text = key::read(&its.session.client, &scope, its.plan.needs, &listing, &lists).await;
            drop((mine, shared));
            its.sink.send(Event::Resource(text)).await;
            its.progress.keys_done.add(1);
        });
        // Finished tasks are taken away as others begin, so that thousands of keys leave nothing behind.
        while at_work.len() > reading.plan.at_once.keys_of_a_region {
            finish_one(reading, &mut at_work).await;
        }
    }
    while !at_work.is_empty() {
        finish_one(reading, &mut at_work).await;
    }
    if begun < total {
        let failure = interrupted(&format!("{} of {total} keys were not read", total - begun));
        reading.sink.send(Event::Error(failure.record(Some(&scope.account), Some(&scope.region)))).await;
    }
}

fn by_key(aliases: Vec<Alias>) -> HashMap<String, Vec<String>> {
    let mut by_key: HashMap<String, Vec<String>> = HashMap::new();
    for alias in aliases {
        // An alias of AWS's whose key does not exist yet has no target.
        if let Some(key) = alias.target_key_id {
            by_key.entry(key).or_default().push(alias.alias_name);
        }
    }
    by_key.values_mut().for_each(|names| names.sort_unstable());
    by_key
}

fn connection_state(store: &Value) -> Option<(String, Value)> {
    let id = store.get("CustomKeyStoreId")?.as_str()?.to_owned();
    Some((id, store.get("ConnectionState").cloned().unwrap_or_default()))
}
