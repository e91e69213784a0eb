//! A world from a snapshot: every key as it was, and every refusal again.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use finding::snapshot::{Decoded, Header};
use finding::{Account, ErrorRecord};
use serde::Deserialize;
use source::split::{Blocks, Limits};

use super::key::{Imported, LastUse};
use super::{
    AccountEntry, AccountNumber, Alias, Grant, InStore, Key, KeyRefusal, KeyState, Lagged, Manager, Multi,
    Organization, Origin, Partition, PastRotation, Refusal, RegionId, Rotation, Store, World, WorldError, generate,
};
use crate::time::Time;

/// A resource, as far as AWS has it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyRecord {
    arn: String,
    #[serde(default)]
    creation_date: Option<Time>,
    #[serde(default)]
    deletion_date: Option<Time>,
    #[serde(default)]
    description: Option<Box<str>>,
    #[serde(default)]
    expiration_model: Option<Box<str>>,
    #[serde(default)]
    key_manager: Option<Manager>,
    #[serde(default)]
    key_state: Option<KeyState>,
    #[serde(default)]
    key_usage: Option<Box<str>>,
    #[serde(default)]
    key_spec: Option<Box<str>>,
    #[serde(default)]
    origin: Option<Origin>,
    #[serde(default)]
    valid_to: Option<Time>,
    #[serde(default)]
    cloud_hsm_cluster_id: Option<Box<str>>,
    #[serde(default)]
    custom_key_store_id: Option<Box<str>>,
    #[serde(default)]
    xks_key_configuration: Option<XksKey>,
    #[serde(default)]
    key_rotation_enabled: Option<bool>,
    #[serde(default)]
    policy: Option<String>,
    #[serde(default)]
    ram_policy: Option<String>,
    #[serde(default)]
    tags: Option<BTreeMap<Box<str>, Box<str>>>,
    #[serde(default)]
    multi_region_configuration: Option<MultiRecord>,
    #[serde(default)]
    current_key_material_id: Option<Box<str>>,
    #[serde(default)]
    rotation_period_in_days: Option<u16>,
    #[serde(default)]
    next_rotation_date: Option<Time>,
    #[serde(default)]
    on_demand_rotation_start_date: Option<Time>,
    #[serde(default)]
    rotations: Option<Vec<PastRotation>>,
    #[serde(default)]
    pending_deletion_window_in_days: Option<u16>,
    #[serde(default)]
    aliases: Option<Vec<Box<str>>>,
    #[serde(default)]
    grants: Option<Vec<Grant>>,
    #[serde(default)]
    key_last_usage: Option<LastUse>,
    #[serde(default)]
    tracking_start_date: Option<Time>,
    #[serde(default)]
    unknown: BTreeMap<String, UnknownRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct XksKey {
    id: Box<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRecord {
    multi_region_key_type: String,
    primary_key: RelatedKey,
    #[serde(default)]
    replica_keys: Vec<RelatedKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RelatedKey {
    region: Box<str>,
}

#[derive(Deserialize)]
struct UnknownRecord {
    operation: Box<str>,
    code: Box<str>,
    message: Box<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StoreRecord {
    account_id: String,
    region: String,
    #[serde(flatten)]
    store: Store,
}

/// Calls about a whole region: where one of them was refused for a key, it was refused for all.
const REGIONAL: [&str; 3] = ["ListKeys", "ListAliases", "DescribeCustomKeyStores"];

pub(super) fn world<R: Read>(readers: impl IntoIterator<Item = R>) -> Result<World, WorldError> {
    let mut world = World::new();
    let mut accounts = Vec::new();
    for reader in readers {
        read(&mut world, reader, &mut accounts)?;
    }
    add_accounts(&mut world, &accounts);
    if world.organizations.is_empty() {
        return Err(WorldError::Empty);
    }
    Ok(world)
}

fn read<R: Read>(world: &mut World, reader: R, accounts: &mut Vec<Account>) -> Result<(), WorldError> {
    let mut blocks = Blocks::with_limits(Decoded::new(reader)?, Limits::default());
    while let Some(block) = blocks.next() {
        let block = block.map_err(|error| WorldError::Problem(error.to_string()))?;
        for text in block.records() {
            let text = text.map_err(|error| WorldError::Problem(error.to_string()))?;
            line(world, text.text, accounts)
                .map_err(|error| WorldError::Problem(format!("line {}: {error}", text.line)))?;
        }
        blocks.recycle(block);
    }
    Ok(())
}

fn line(world: &mut World, text: &str, accounts: &mut Vec<Account>) -> Result<(), serde_json::Error> {
    #[derive(Deserialize)]
    struct Line {
        kind: Option<String>,
        #[serde(rename = "ResourceType")]
        resource_type: Option<String>,
    }
    let line: Line = serde_json::from_str(text)?;
    match (line.kind.as_deref(), line.resource_type.as_deref()) {
        (Some("header"), _) => {
            let header: Header = serde_json::from_str(text)?;
            world.collected_at = world.collected_at.max(Some(Time::of(header.collected_at)));
        }
        (Some("account"), _) => accounts.push(serde_json::from_str(text)?),
        (Some("error"), _) => refuse(world, serde_json::from_str(text)?),
        (Some("end"), _) => {}
        (_, Some("AWS.KMS.CustomKeyStore")) => add_store(world, serde_json::from_str(text)?),
        // What has no type is a key, if it reads like one. Resources of other types are not AWS's to tell.
        (_, None | Some("AWS.KMS.Key")) => add_key(world, serde_json::from_str(text)?),
        _ => {}
    }
    Ok(())
}

fn refuse(world: &mut World, error: ErrorRecord) {
    // Without an operation and a code it was not AWS that said no.
    let (Some(operation), Some(code)) = (error.operation, error.code) else { return };
    if let Some(region) = &error.region {
        turn_on(world, region);
    }
    let account = error.account_id.as_deref().and_then(AccountNumber::parse);
    world.refusals.push(Refusal { account, region: error.region, operation, code, message: error.message });
}

fn turn_on(world: &mut World, region: &str) -> RegionId {
    let region = world.region_named(region);
    world.enabled.insert(region);
    region
}

fn add_store(world: &mut World, record: StoreRecord) {
    let Some(account) = AccountNumber::parse(&record.account_id) else { return };
    let region = turn_on(world, &record.region);
    world.area(account, region).stores.insert(record.store.custom_key_store_id.clone(), record.store);
}

fn add_key(world: &mut World, mut record: KeyRecord) {
    let parts: Vec<&str> = record.arn.splitn(6, ':').collect();
    let &[_, _, _, region, account, resource] = parts.as_slice() else { return };
    let (Some(account), Some(id)) = (AccountNumber::parse(account), resource.strip_prefix("key/")) else { return };
    let (region_name, id) = (region.to_owned(), Box::<str>::from(id));
    let region = turn_on(world, &region_name);
    let unknown = std::mem::take(&mut record.unknown);
    let refusals = refusals(world, account, &region_name, unknown);
    let aliases = record.aliases.take().unwrap_or_default();
    let created = record.creation_date;
    let key = key(record, id.clone(), account, refusals);
    let area = world.area(account, region);
    for name in aliases {
        let alias = Alias { target: Some(id.clone()), created, updated: created };
        area.aliases.insert(name, Lagged::settled(alias));
    }
    area.keys.insert(id, Lagged::settled(key));
}

/// What could not be read of a key is refused again: on this key, or in the whole region where the call is about that.
fn refusals(
    world: &mut World,
    account: AccountNumber,
    region: &str,
    unknown: BTreeMap<String, UnknownRecord>,
) -> Vec<KeyRefusal> {
    let both_policies = unknown.contains_key("Policy") && unknown.contains_key("RamPolicy");
    let mut refusals: Vec<KeyRefusal> = Vec::new();
    for (field, UnknownRecord { operation, code, message }) in unknown {
        if REGIONAL.contains(&&*operation) {
            if world.refusal(account, region, &operation).is_none() {
                let (account, region) = (Some(account), Some(region.to_owned()));
                let (operation, code, message) = (operation.into(), code.into(), message.into());
                world.refusals.push(Refusal { account, region, operation, code, message });
            }
            continue;
        }
        let policy_name = match field.as_str() {
            "Policy" if !both_policies => Some("default"),
            "RamPolicy" if !both_policies => Some("AWS_RAM"),
            _ => None,
        };
        let refusal = KeyRefusal { operation, policy_name, code, message };
        if !refusals
            .iter()
            .any(|known| known.operation == refusal.operation && known.policy_name == refusal.policy_name)
        {
            refusals.push(refusal);
        }
    }
    refusals
}

fn key(record: KeyRecord, id: Box<str>, account: AccountNumber, refusals: Vec<KeyRefusal>) -> Key {
    let in_store = record.custom_key_store_id.is_some() || record.xks_key_configuration.is_some();
    let manager = record.key_manager.unwrap_or(Manager::Customer);
    let partition = record.arn.split(':').nth(1).unwrap_or("aws");
    let policy = record.policy.unwrap_or_else(|| generate::root_policy(partition, account));
    Key {
        id,
        created: record.creation_date,
        description: record.description.unwrap_or_default(),
        state: record.key_state.unwrap_or(KeyState::Enabled),
        manager,
        spec: record.key_spec.unwrap_or_else(|| "SYMMETRIC_DEFAULT".into()),
        usage: record.key_usage.unwrap_or_else(|| "ENCRYPT_DECRYPT".into()),
        origin: record.origin.unwrap_or(Origin::AwsKms),
        deletion: record.deletion_date,
        window: record.pending_deletion_window_in_days,
        material: record.current_key_material_id,
        imported: record.expiration_model.map(|model| Box::new(Imported { model, valid_to: record.valid_to })),
        store: in_store.then(|| {
            Box::new(InStore {
                id: record.custom_key_store_id,
                cluster: record.cloud_hsm_cluster_id,
                xks_key: record.xks_key_configuration.map(|key| key.id),
            })
        }),
        multi: record.multi_region_configuration.map(|multi| {
            Box::new(Multi {
                is_primary: multi.multi_region_key_type == "PRIMARY",
                primary: multi.primary_key.region,
                replicas: multi.replica_keys.into_iter().map(|key| key.region).collect(),
            })
        }),
        rotation: Rotation {
            enabled: manager == Manager::Aws || record.key_rotation_enabled.unwrap_or_default(),
            period: record.rotation_period_in_days,
            next: record.next_rotation_date,
            on_demand_since: record.on_demand_rotation_start_date,
        },
        rotations_are_all: record.rotations.is_some(),
        rotations: record.rotations.unwrap_or_default(),
        tags: record.tags.unwrap_or_default().into_iter().collect(),
        policy: Arc::from(policy),
        ram_policy: record.ram_policy.map(Arc::from),
        grants: record.grants.unwrap_or_default(),
        last_use: record.key_last_usage.map(Box::new),
        tracked_since: record.tracking_start_date,
        refusals,
    }
}

/// Puts the accounts into the organisation of their partition, which what they have tells; the first is the management account.
fn add_accounts(world: &mut World, lines: &[Account]) {
    let mut partitions: BTreeMap<AccountNumber, Partition> = BTreeMap::new();
    let mut seen: Vec<AccountNumber> = world.areas.keys().map(|(account, _)| *account).collect();
    seen.sort_unstable();
    for (account, region) in world.areas.keys() {
        partitions.insert(*account, Partition::of_region(world.region_name(*region)));
    }
    let described = lines.iter().filter_map(|line| AccountNumber::parse(line.id.as_str()));
    let order: Vec<AccountNumber> = described.chain(seen).collect();
    for partition in Partition::ALL {
        let of_partition =
            |account: &AccountNumber| partitions.get(account).copied().unwrap_or(Partition::Aws) == partition;
        let members: Vec<AccountNumber> = order.iter().copied().filter(of_partition).collect();
        let Some(management) = members.first() else { continue };
        let mut organization = Organization::new(partition, *management);
        for account in members {
            let line = lines.iter().rev().find(|line| AccountNumber::parse(line.id.as_str()) == Some(account));
            let entry = entry(&mut organization, account, line);
            organization.accounts.insert(account, entry);
        }
        world.organizations.push(organization);
    }
}

fn entry(organization: &mut Organization, account: AccountNumber, line: Option<&Account>) -> AccountEntry {
    let name = line.map(|line| line.name.clone()).filter(|name| !name.is_empty());
    AccountEntry {
        name: name.unwrap_or_else(|| format!("account-{account}")),
        email: line.map(|line| line.email.clone()).unwrap_or_default(),
        joined: line.and_then(|line| line.joined).map(Time::of),
        parent: organization.unit_at(line.map_or("Root", |line| line.ou.as_str())),
        tags: line.map(|line| line.tags.clone().into_iter().collect()).unwrap_or_default(),
        suspended: false,
        delegated: false,
        disabled_regions: std::collections::BTreeSet::default(),
    }
}
