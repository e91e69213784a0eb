//! New keys: made, and replicated.

use std::sync::Arc;

use serde::Serialize;

use super::describe::metadata;
use super::list::Place;
use super::tag::tags;
use finding::{KEY_SPECS, KEY_USAGES};

use super::write::invalid_state;
use super::{Answer, Input, Kms, body};
use crate::error::{ServiceError, Why};
use crate::world::{
    Algorithms, Alias, InStore, Key, KeyState, Lagged, MAX_KEYS, Manager, Multi, Origin, Partition, Rotation,
    root_policy,
};

const ORIGINS: [(&str, Origin); 4] = [
    ("AWS_KMS", Origin::AwsKms),
    ("EXTERNAL", Origin::External),
    ("AWS_CLOUDHSM", Origin::AwsCloudhsm),
    ("EXTERNAL_KEY_STORE", Origin::ExternalKeyStore),
];

fn unsupported(message: impl Into<String>) -> ServiceError {
    ServiceError::new("UnsupportedOperationException", message)
}

/// What kind of key is asked for.
struct Kind<'i> {
    spec: &'i str,
    usage: &'i str,
    origin: Origin,
    multi: bool,
}

impl<'i> Kind<'i> {
    fn read(input: &'i Input, partition: Partition) -> Result<Self, ServiceError> {
        let (old, new) = (input.one_of("CustomerMasterKeySpec", &KEY_SPECS)?, input.one_of("KeySpec", &KEY_SPECS)?);
        if old.is_some() && new.is_some() && old != new {
            let message =
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request with different values.";
            return Err(ServiceError::validation(message));
        }
        let spec = new.or(old).unwrap_or("SYMMETRIC_DEFAULT");
        let usage = match input.one_of("KeyUsage", &KEY_USAGES)? {
            Some(usage) => usage,
            None if spec == "SYMMETRIC_DEFAULT" => "ENCRYPT_DECRYPT",
            None => {
                return Err(ServiceError::validation(format!("You must specify a KeyUsage value for KeySpec {spec}.")));
            }
        };
        if !Algorithms::fits(spec, usage) {
            let message = format!("KeyUsage {usage} is not compatible with KeySpec {spec}");
            return Err(ServiceError::validation(message));
        }
        let is_chinese = partition == Partition::China;
        if (spec == "SM2" && !is_chinese) || (spec.starts_with("ML_KEM_") && is_chinese) {
            return Err(unsupported(format!("KeySpec {spec} is not supported in this Region")));
        }
        let names = ORIGINS.map(|(name, _)| name);
        let name = input.one_of("Origin", &names)?.unwrap_or("AWS_KMS");
        let origin = ORIGINS.iter().find(|(known, _)| *known == name).map_or(Origin::AwsKms, |(_, origin)| *origin);
        let multi = input.boolean("MultiRegion")?.unwrap_or_default();
        Ok(Self { spec, usage, origin, multi })
    }
}

impl Kms<'_> {
    pub(super) fn create_key(&mut self, input: &Input) -> Answer {
        let kind = Kind::read(input, self.call.partition)?;
        let store = self.store_for(input, &kind)?;
        let description = input.string("Description", 0, 8192)?.unwrap_or_default();
        let tags = tags(input)?.unwrap_or_default();
        let policy = self.policy(input)?;
        if self.area().keys.len() >= MAX_KEYS {
            let message = format!("The account has {MAX_KEYS} keys in the region, which is the limit");
            return Err(ServiceError::new("LimitExceededException", message));
        }
        let id = if kind.multi { format!("mrk-{}", self.ids.hex(32)) } else { self.ids.uuid() };
        let mut key = self.blank(id.into());
        let has_material = kind.origin == Origin::AwsKms && kind.spec == "SYMMETRIC_DEFAULT";
        key.material = has_material.then(|| self.ids.hex(64).into());
        key.state = if kind.origin == Origin::External { KeyState::PendingImport } else { KeyState::Enabled };
        (key.spec, key.usage, key.origin) = (kind.spec.into(), kind.usage.into(), kind.origin);
        (key.description, key.tags, key.store) = (description.into(), tags, store);
        if kind.multi {
            let primary = self.call.region.into();
            key.multi = Some(Box::new(Multi { is_primary: true, primary, replicas: Vec::new() }));
        }
        if let Some(policy) = policy {
            key.policy = policy.into();
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply<M> {
            key_metadata: M,
        }
        let reply = body(&Reply { key_metadata: metadata(&key, &self.place()) });
        self.put(key);
        reply
    }

    /// A key with nothing special about it.
    fn blank(&self, id: Box<str>) -> Key {
        let now = self.time();
        Key {
            id,
            created: Some(now),
            description: "".into(),
            state: KeyState::Enabled,
            manager: Manager::Customer,
            spec: "SYMMETRIC_DEFAULT".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            origin: Origin::AwsKms,
            deletion: None,
            window: None,
            material: None,
            imported: None,
            store: None,
            multi: None,
            rotation: Rotation::default(),
            rotations: Vec::new(),
            rotations_are_all: false,
            tags: Vec::new(),
            policy: Arc::from(root_policy(self.call.partition.name(), self.call.caller.account)),
            ram_policy: None,
            grants: Vec::new(),
            last_use: None,
            tracked_since: Some(now),
            refusals: Vec::new(),
        }
    }

    /// The custom key store that a new key goes into, if it is one for that key.
    fn store_for(&mut self, input: &Input, kind: &Kind<'_>) -> Result<Option<Box<InStore>>, ServiceError> {
        let id = input.string("CustomKeyStoreId", 1, 64)?;
        let xks_key = input.string("XksKeyId", 1, 128)?;
        let kind_of_store = match kind.origin {
            Origin::AwsCloudhsm => "AWS_CLOUDHSM",
            Origin::ExternalKeyStore => "EXTERNAL_KEY_STORE",
            Origin::AwsKms | Origin::External if id.is_none() && xks_key.is_none() => return Ok(None),
            _ => {
                let message = "CustomKeyStoreId and XksKeyId are for keys in a custom key store";
                return Err(ServiceError::validation(message));
            }
        };
        if kind.spec != "SYMMETRIC_DEFAULT" || kind.multi {
            return Err(unsupported("A custom key store holds symmetric encryption keys of a single Region only"));
        }
        let id = id.ok_or_else(|| ServiceError::validation("CustomKeyStoreId is required for this Origin"))?;
        if (kind.origin == Origin::ExternalKeyStore) != xks_key.is_some() {
            return Err(ServiceError::validation("XksKeyId goes with Origin EXTERNAL_KEY_STORE"));
        }
        let missing =
            || ServiceError::new("CustomKeyStoreNotFoundException", format!("Custom key store {id} does not exist"));
        let store = self.area().stores.get(id).cloned().ok_or_else(missing)?;
        if store.custom_key_store_type.as_deref().unwrap_or("AWS_CLOUDHSM") != kind_of_store {
            return Err(unsupported(format!("Custom key store {id} is not of type {kind_of_store}")));
        }
        if store.connection_state.as_deref() != Some("CONNECTED") {
            let message = format!("Custom key store {id} is not connected");
            return Err(ServiceError::new("CustomKeyStoreInvalidStateException", message));
        }
        let uses = |key: &Lagged<Key>| {
            let store = key.latest().and_then(|key| key.store.as_deref());
            store.is_some_and(|store| store.id.as_deref() == Some(id) && store.xks_key.as_deref() == xks_key)
        };
        if xks_key.is_some() && self.area().keys.values().any(uses) {
            let message = "The external key is already used by another KMS key of this store";
            return Err(ServiceError::new("XksKeyAlreadyInUseException", message));
        }
        let cluster = store.cloud_hsm_cluster_id;
        Ok(Some(Box::new(InStore { id: Some(id.into()), cluster, xks_key: xks_key.map(Into::into) })))
    }

    pub(super) fn replicate_key(&mut self, input: &Input) -> Answer {
        let target = input.required("ReplicaRegion", 1, 32)?;
        let description = input.string("Description", 0, 8192)?.unwrap_or_default();
        let tags = tags(input)?.unwrap_or_default();
        let (mut key, arn) = self.writable(input)?;
        let Some(multi) = key.multi.clone().filter(|multi| multi.is_primary) else {
            return Err(unsupported(format!("{arn} is not a multi-Region primary key")));
        };
        if key.state != KeyState::Enabled {
            return Err(invalid_state(&arn, key.state));
        }
        let region = self.world.region(target).filter(|region| {
            Partition::of_region(target) == self.call.partition
                && self.world.is_enabled(self.call.caller.account, *region)
                && target != self.call.region
        });
        let region = region.ok_or_else(|| unsupported(format!("A key cannot be replicated into {target}")))?;
        let default = root_policy(self.call.partition.name(), self.call.caller.account);
        let policy = self.policy(input)?.unwrap_or(default);
        if multi.replicas.iter().any(|known| **known == *target) {
            let message = format!("{arn} has a replica in {target} already");
            return Err(ServiceError::new("AlreadyExistsException", message));
        }
        let mut replicas = multi.replicas;
        replicas.push(target.into());
        let mut replica = Key { grants: Vec::new(), refusals: Vec::new(), last_use: None, ..key.clone() };
        (replica.description, replica.tags, replica.policy) = (description.into(), tags, policy.as_str().into());
        replica.created = Some(self.time());
        let family = |is_primary| {
            Some(Box::new(Multi { is_primary, primary: multi.primary.clone(), replicas: replicas.clone() }))
        };
        replica.multi = family(false);
        key.multi = family(true);
        self.tell_replicas(&key);
        let place = Place { region: target, ..self.place() };
        let reply = serde_json::json!({
            "ReplicaKeyMetadata": serde_json::to_value(metadata(&replica, &place)).unwrap_or_default(),
            "ReplicaPolicy": policy,
            "ReplicaTags": replica.tags.iter().map(|(name, value)| serde_json::json!({ "TagKey": name, "TagValue": value })).collect::<Vec<_>>(),
        });
        self.put_in(region, replica);
        self.put(key);
        body(&reply)
    }

    /// Every replica knows the whole family.
    fn tell_replicas(&mut self, primary: &Key) {
        let Some(family) = primary.multi.as_deref() else { return };
        for name in &family.replicas {
            let Some(region) = self.world.region(name) else { continue };
            let area = self.world.area(self.call.caller.account, region);
            let Some(mut replica) = area.keys.get(&primary.id).and_then(|key| key.latest()).cloned() else { continue };
            if let Some(multi) = &mut replica.multi {
                multi.replicas.clone_from(&family.replicas);
            }
            self.put_in(region, replica);
        }
    }

    /// The key behind an alias that AWS reserves, made when it is first described.
    pub(super) fn make_aws_managed(&mut self, alias: &str) -> Result<Box<str>, ServiceError> {
        let service = alias.trim_start_matches("alias/aws/").to_owned();
        if self.area().keys.len() >= MAX_KEYS {
            return Err(self.denied(&self.alias_arn(alias), Why::Resource));
        }
        let id: Box<str> = self.ids.uuid().into();
        let mut key = self.blank(id.clone());
        key.manager = Manager::Aws;
        key.description = format!("Default key that protects my {service} data when no other key is defined").into();
        key.material = Some(self.ids.hex(64).into());
        let next = Some(self.time().plus_days(365));
        key.rotation = Rotation { enabled: true, period: Some(365), next, on_demand_since: None };
        let now = Some(self.time());
        self.area().keys.insert(id.clone(), Lagged::settled(key));
        let alias_of = Alias { target: Some(id.clone()), created: now, updated: now };
        self.area().aliases.insert(alias.into(), Lagged::settled(alias_of));
        Ok(id)
    }
}
