//! What a key is: `DescribeKey`, its policies, its custom key store.

use serde::Serialize;

use super::list::Place;
use super::resolve::Names;
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::time::Time;
use crate::world::{Algorithms, Key, KeyState, Manager, Origin};

/// How key specs begin that came after `KeySpec` had replaced `CustomerMasterKeySpec`: the old member does not know them.
const NEW_SPECS: [&str; 3] = ["ECC_NIST_EDWARDS25519", "ML_DSA_", "ML_KEM_"];

/// `KeyMetadata`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    #[serde(rename = "AWSAccountId")]
    account: String,
    key_id: &'a str,
    arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<Time>,
    enabled: bool,
    description: &'a str,
    key_usage: &'a str,
    key_state: KeyState,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Time>,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_key_store_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_hsm_cluster_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_model: Option<&'a str>,
    key_manager: Manager,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_master_key_spec: Option<&'a str>,
    key_spec: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_agreement_algorithms: Option<&'static [&'static str]>,
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_region_configuration: Option<MultiRegion<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_deletion_window_in_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_algorithms: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xks_key_configuration: Option<XksKey<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRegion<'a> {
    multi_region_key_type: &'static str,
    primary_key: Related<'a>,
    replica_keys: Vec<Related<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Related<'a> {
    arn: String,
    region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct XksKey<'a> {
    id: &'a str,
}

/// The key's metadata, in the place that a call is about.
pub(super) fn metadata<'k>(key: &'k Key, place: &Place<'_>) -> impl Serialize + 'k {
    let (algorithms, store, imported) = (key.algorithms(), key.store.as_deref(), key.imported.as_deref());
    let (mut encryption, mut signing, mut mac, mut agreement) = (None, None, None, None);
    match algorithms {
        Algorithms::Encryption(names) => encryption = Some(names),
        Algorithms::Signing(names) => signing = Some(names),
        Algorithms::Mac(names) => mac = Some(names),
        Algorithms::Agreement(names) => agreement = Some(names),
        Algorithms::None => {}
    }
    let related = |region: &'k str| Related { arn: place.key_arn_in(region, &key.id), region };
    Metadata {
        account: place.account.to_string(),
        key_id: &key.id,
        arn: place.key_arn_in(place.region, &key.id),
        creation_date: key.created,
        enabled: key.state == KeyState::Enabled,
        description: &key.description,
        key_usage: &key.usage,
        key_state: key.state,
        deletion_date: key.deletion.filter(|_| key.state == KeyState::PendingDeletion),
        valid_to: imported.and_then(|imported| imported.valid_to),
        origin: key.origin,
        custom_key_store_id: store.and_then(|store| store.id.as_deref()),
        cloud_hsm_cluster_id: store.and_then(|store| store.cluster.as_deref()),
        expiration_model: imported.map(|imported| &*imported.model),
        key_manager: key.manager,
        customer_master_key_spec: Some(&*key.spec).filter(|spec| !NEW_SPECS.iter().any(|new| spec.starts_with(new))),
        key_spec: &key.spec,
        encryption_algorithms: encryption,
        signing_algorithms: signing,
        key_agreement_algorithms: agreement,
        multi_region: key.multi.is_some(),
        multi_region_configuration: key.multi.as_deref().map(|multi| MultiRegion {
            multi_region_key_type: if multi.is_primary { "PRIMARY" } else { "REPLICA" },
            primary_key: related(&multi.primary),
            replica_keys: multi.replicas.iter().map(|region| related(region)).collect(),
        }),
        pending_deletion_window_in_days: key.window.filter(|_| key.state == KeyState::PendingReplicaDeletion),
        mac_algorithms: mac,
        xks_key_configuration: store.and_then(|store| store.xks_key.as_deref()).map(|id| XksKey { id }),
        current_key_material_id: key.material.as_deref(),
    }
}

impl Kms<'_> {
    pub(super) fn describe_key(&mut self, input: &Input) -> Answer {
        let place = self.place();
        let key = self.key(input, Names::KeyOrAlias)?;
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply<M> {
            key_metadata: M,
        }
        body(&Reply { key_metadata: metadata(key, &place) })
    }

    pub(super) fn get_key_policy(&mut self, input: &Input) -> Answer {
        let name = input.string("PolicyName", 1, 128)?.unwrap_or("default").to_owned();
        let key = self.key_of(input.required("KeyId", 1, 2048)?, Names::Key, Some(&name))?;
        let policy = match name.as_str() {
            "default" => Some(&key.policy),
            "AWS_RAM" => key.ram_policy.as_ref(),
            _ => None,
        };
        let Some(policy) = policy else {
            return Err(ServiceError::not_found(format!("No such policy exists: {name}")));
        };
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply<'a> {
            policy: &'a str,
            policy_name: &'a str,
        }
        body(&Reply { policy, policy_name: &name })
    }

    pub(super) fn describe_custom_key_stores(&mut self, input: &Input) -> Answer {
        let id = input.string("CustomKeyStoreId", 1, 64)?;
        let name = input.string("CustomKeyStoreName", 1, 256)?;
        let limits = self.limits(input, String::new(), 1000, 1000)?;
        if id.is_some() && name.is_some() {
            let message = "CustomKeyStoreId and CustomKeyStoreName cannot both be given";
            return Err(ServiceError::validation(message));
        }
        let stores = self.area().stores.values();
        let stores = stores.filter(|store| id.is_none_or(|id| id == &*store.custom_key_store_id));
        let mut stores =
            stores.filter(|store| name.is_none_or(|name| name == &*store.custom_key_store_name)).peekable();
        if stores.peek().is_none() && (id.is_some() || name.is_some()) {
            let message = format!("Custom key store {} does not exist", id.or(name).unwrap_or_default());
            return Err(ServiceError::new("CustomKeyStoreNotFoundException", message));
        }
        let after = limits.after.as_deref();
        let stores = stores.filter(|store| after.is_none_or(|after| &*store.custom_key_store_id > after));
        limits.body("CustomKeyStores", stores, |store| store.custom_key_store_id.to_string())
    }
}
