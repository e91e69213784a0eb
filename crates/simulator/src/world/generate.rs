//! Invented worlds: the same seed makes the same keys, each region of an account only when it is asked for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::key::{Imported, LastUse};
use super::{
    AccountEntry, AccountNumber, Alias, Area, Grant, InStore, Key, KeyState, Lagged, Manager, Multi, Organization,
    Origin, Partition, PastRotation, RegionId, Rotation, Store, World,
};
use crate::random::{Random, hash};
use crate::time::Time;

/// How large an invented world is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many accounts; the first is the management account. At least one, at most 100,000.
    pub accounts: usize,
    /// Which regions are on; none stands for [`default_regions`](super::default_regions).
    pub regions: Vec<String>,
    /// How many keys in all, spread evenly; about one in twelve is managed by AWS. A region of an account holds at most 100,000.
    pub keys: usize,
    /// Decides everything else.
    pub seed: u64,
}

/// The most accounts of an invented world.
const MAX_ACCOUNTS: usize = 100_000;

/// 2026-11-20T06:00:00Z: the time that an invented world is made as of.
const AS_OF: i64 = 1_795_154_400;

/// Makes areas.
#[derive(Debug)]
pub(crate) struct Generator {
    seed: u64,
    keys: u64,
    accounts: HashMap<AccountNumber, u64>,
    regions: Vec<(RegionId, String)>,
    policies: Vec<OnceLock<Policies>>,
}

/// The key policies of an account, which its keys share.
#[derive(Debug)]
struct Policies {
    root: Arc<str>,
    admins: Arc<str>,
    open: Arc<str>,
    managed: Arc<str>,
}

/// Services with a key of their own in every account, and an alias for it from the beginning.
const SERVICES: [&str; 18] = [
    "acm",
    "backup",
    "cloud9",
    "codecommit",
    "connect",
    "dynamodb",
    "ebs",
    "elasticfilesystem",
    "es",
    "glue",
    "kinesis",
    "lambda",
    "rds",
    "redshift",
    "s3",
    "secretsmanager",
    "sqs",
    "ssm",
];

/// Aliases that every account has in every region, whether there is a key to them or not.
pub(crate) fn predefined_aliases() -> impl Iterator<Item = String> {
    SERVICES.iter().map(|service| format!("alias/aws/{service}"))
}

const UNITS: [(&str, &str); 5] = [
    ("Root/Workloads/Prod", "PROD"),
    ("Root/Workloads/Staging", "STAGING"),
    ("Root/Workloads/Dev", "DEV"),
    ("Root/Security", "PROD"),
    ("Root/Sandbox", "DEV"),
];
const TEAMS: [&str; 6] = ["platform", "payments", "web", "data", "security", "customers"];

pub(super) fn world(shape: Shape) -> World {
    let mut world = World::new();
    let names = if shape.regions.is_empty() { super::default_regions() } else { shape.regions };
    let partition = names.first().map_or(Partition::Aws, |region| Partition::of_region(region));
    let mut regions = Vec::new();
    for name in names.into_iter().filter(|name| Partition::of_region(name) == partition) {
        let region = world.region_named(&name);
        if world.enabled.insert(region) {
            regions.push((region, name));
        }
    }
    let count = shape.accounts.clamp(1, MAX_ACCOUNTS);
    let numbers: Vec<AccountNumber> = (0..count as u64).map(number).collect();
    let mut organization = Organization::new(partition, numbers[0]);
    for (place, number) in numbers.iter().enumerate() {
        let entry = account(&mut organization, place, shape.seed);
        organization.accounts.insert(*number, entry);
    }
    world.organizations.push(organization);
    world.collected_at = Some(as_of(0));
    world.generator = Some(Generator {
        seed: shape.seed,
        keys: shape.keys as u64,
        accounts: numbers.iter().copied().zip(0..).collect(),
        regions,
        policies: numbers.iter().map(|_| OnceLock::new()).collect(),
    });
    world
}

/// The number of an invented account: 111111111111 is the first. The factor has no divisor in common with the modulus, so none is twice.
fn number(place: u64) -> AccountNumber {
    AccountNumber(100_000_000_000 + (11_111_111_111 + place * 6_180_339_887) % 900_000_000_000)
}

fn as_of(days: i64) -> Time {
    Time::of(jiff::Timestamp::from_second(AS_OF).unwrap_or_default()).plus_days(days)
}

fn account(organization: &mut Organization, place: usize, seed: u64) -> AccountEntry {
    let mut random = Random::new(seed ^ hash(&place.to_le_bytes()));
    let (unit, environment) = if place == 0 { ("Root", "PROD") } else { UNITS[place % UNITS.len()] };
    let team = random.one_of(&TEAMS).unwrap_or_default();
    let name = if place == 0 { "management".to_owned() } else { format!("{}-{place:04}", environment.to_lowercase()) };
    AccountEntry {
        email: format!("aws+{name}@example.com"),
        name,
        joined: Some(as_of(-(400 + i64::try_from(random.below(1500)).unwrap_or(0)))),
        parent: organization.unit_at(unit),
        tags: vec![("soar:environment".into(), environment.into()), ("soar:team".into(), team.into())],
        suspended: false,
        delegated: false,
        disabled_regions: std::collections::BTreeSet::default(),
    }
}

/// The key policy that KMS gives a key made without one.
pub(crate) fn root_policy(partition: &str, account: AccountNumber) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Id":"key-default-1","Statement":[{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
    )
}

impl Policies {
    fn of(partition: &str, account: AccountNumber) -> Self {
        let statements = |id: &str, statements: &str| -> Arc<str> {
            Arc::from(format!(r#"{{"Version":"2012-10-17","Id":"{id}","Statement":[{statements}]}}"#))
        };
        let root = format!(
            r#"{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}"#
        );
        let admins = format!(
            r#"{root},{{"Sid":"Allow KMS key administrator access","Effect":"Allow","Principal":"*","Action":["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Update*","kms:Revoke*","kms:Disable*","kms:Get*","kms:Delete*","kms:TagResource","kms:UntagResource","kms:ScheduleKeyDeletion","kms:CancelKeyDeletion"],"Resource":"*","Condition":{{"ArnLike":{{"aws:PrincipalArn":"arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_AdministratorAccess_*"}}}}}}"#
        );
        let open = format!(
            r#"{root},{{"Sid":"Everybody","Effect":"Allow","Principal":"*","Action":["kms:Decrypt","kms:DescribeKey"],"Resource":"*"}}"#
        );
        let managed = format!(
            r#"{{"Sid":"Allow access through the service for all principals in the account","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],"Resource":"*","Condition":{{"StringEquals":{{"kms:CallerAccount":"{account}"}}}}}},{{"Sid":"Allow direct access to key metadata to the account","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},"Action":["kms:Describe*","kms:Get*","kms:List*","kms:RevokeGrant"],"Resource":"*"}}"#
        );
        Self {
            root: Arc::from(root_policy(partition, account)),
            admins: statements("key-admins", &admins),
            open: statements("key-open", &open),
            managed: statements("auto-service-1", &managed),
        }
    }
}

impl Generator {
    /// What an account has in a region; nothing where there is no such account, or the region is off.
    pub(super) fn area(&self, account: AccountNumber, region: RegionId) -> Option<Area> {
        let place = *self.accounts.get(&account)?;
        let region_place = self.regions.iter().position(|(id, _)| *id == region)?;
        let (_, region) = self.regions.get(region_place)?;
        let cells = self.accounts.len() as u64 * self.regions.len() as u64;
        let cell = place * self.regions.len() as u64 + region_place as u64;
        let up_to = |cell: u64| u128::from(cell) * u128::from(self.keys) / u128::from(cells.max(1));
        let count = usize::try_from(up_to(cell + 1) - up_to(cell)).unwrap_or(usize::MAX).min(super::MAX_KEYS);
        let policies = self.policies.get(usize::try_from(place).ok()?)?;
        let partition = Partition::of_region(region).name();
        let policies = policies.get_or_init(|| Policies::of(partition, account));
        let random = Random::new(self.seed ^ hash(format!("{account} {region}").as_bytes()));
        let mut maker =
            Maker { partition, account, random, policies, region, area: Area::default(), services: SERVICES.len() };
        for place in 0..count {
            maker.add_key(place);
        }
        Some(maker.area)
    }
}

/// Makes the keys of one area.
struct Maker<'a> {
    partition: &'static str,
    account: AccountNumber,
    random: Random,
    policies: &'a Policies,
    region: &'a str,
    area: Area,
    /// How many services have no key yet.
    services: usize,
}

/// Key specs with their uses, and how many in a hundred keys have each; the rest are symmetric.
const SPECS: [(usize, &str, &str); 8] = [
    (3, "RSA_2048", "ENCRYPT_DECRYPT"),
    (2, "RSA_4096", "SIGN_VERIFY"),
    (2, "ECC_NIST_P256", "SIGN_VERIFY"),
    (1, "ECC_NIST_P384", "KEY_AGREEMENT"),
    (1, "ECC_SECG_P256K1", "SIGN_VERIFY"),
    (2, "HMAC_256", "GENERATE_VERIFY_MAC"),
    (1, "ML_DSA_65", "SIGN_VERIFY"),
    (1, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
];

impl Maker<'_> {
    fn add_key(&mut self, place: usize) {
        let key = match self.random.below(100) {
            0..8 if self.services > 0 => self.aws_managed(),
            8..21 => self.asymmetric(),
            21..25 => self.imported(),
            25..26 => self.in_store(),
            26..29 => self.multi_region(),
            _ => self.symmetric(),
        };
        if key.manager == Manager::Customer && self.random.chance(90) {
            let alias = Alias { target: Some(key.id.clone()), created: key.created, updated: key.created };
            self.area.aliases.insert(format!("alias/app/{place:05}").into(), Lagged::settled(alias));
        }
        self.area.keys.insert(key.id.clone(), Lagged::settled(key));
    }

    fn blank(&mut self) -> Key {
        let age = i64::try_from(1 + self.random.below(1800)).unwrap_or(1);
        let created = as_of(-age).plus(std::time::Duration::from_secs(self.random.below(86_400) as u64));
        let policy = match self.random.below(100) {
            0..2 => &self.policies.open,
            2..60 => &self.policies.admins,
            _ => &self.policies.root,
        };
        let policy = policy.clone();
        let tracked_since = as_of(-263).max(created);
        let mut key = Key {
            id: self.random.uuid().into(),
            created: Some(created),
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
            policy,
            ram_policy: None,
            grants: Vec::new(),
            last_use: None,
            tracked_since: Some(tracked_since),
            refusals: Vec::new(),
        };
        if self.random.chance(80) {
            let team = self.random.one_of(&TEAMS).unwrap_or_default();
            key.tags = vec![("soar:team".into(), team.into()), ("service".into(), self.random.hex(6).into())];
            key.description = format!("Encrypts data of {team}").into();
        }
        if self.random.chance(4) {
            let grants = 1 + self.random.below(3);
            key.grants = (0..grants).map(|_| self.grant()).collect();
        }
        if self.random.chance(85) {
            let used = as_of(-i64::try_from(self.random.below(90)).unwrap_or(0)).max(created);
            key.last_use = Some(Box::new(LastUse {
                operation: Some("Decrypt".into()),
                timestamp: Some(used),
                cloud_trail_event_id: Some(self.random.uuid().into()),
                kms_request_id: Some(self.random.uuid().into()),
            }));
        }
        key
    }

    /// A grant such as services make.
    fn grant(&mut self) -> Grant {
        let account = self.account;
        let role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
        let operations = ["Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant", "DescribeKey"];
        Grant {
            grant_id: self.random.hex(64).into(),
            name: None,
            creation_date: Some(as_of(-i64::try_from(self.random.below(300)).unwrap_or(0))),
            grantee_principal: Some(format!("arn:{}:iam::{account}:{role}", self.partition).into()),
            retiring_principal: None,
            issuing_account: Some(format!("arn:{}:iam::{account}:root", self.partition).into()),
            operations: operations.into_iter().map(Into::into).collect(),
            constraints: None,
        }
    }

    fn symmetric(&mut self) -> Key {
        let mut key = self.blank();
        key.material = Some(self.random.hex(64).into());
        if self.random.chance(55) {
            self.rotate(&mut key);
        }
        match self.random.below(100) {
            0..4 => key.state = KeyState::Disabled,
            4..6 => {
                key.state = KeyState::PendingDeletion;
                key.deletion = Some(as_of(1 + i64::try_from(self.random.below(29)).unwrap_or(0)));
                key.window = Some(30);
            }
            _ => {}
        }
        key
    }

    /// Switches rotation on, with the rotations that there were since.
    fn rotate(&mut self, key: &mut Key) {
        let period = self.random.one_of(&[365, 365, 365, 180, 730]).unwrap_or(365);
        let mut date = key.created.unwrap_or(as_of(0)).plus_days(i64::from(period));
        while date <= as_of(0) {
            let material: Box<str> = self.random.hex(64).into();
            key.retire_material();
            key.material = Some(material.clone());
            key.rotations.push(PastRotation {
                key_material_id: Some(material),
                key_material_description: None,
                import_state: None,
                key_material_state: Some("CURRENT".into()),
                expiration_model: None,
                valid_to: None,
                rotation_date: Some(date),
                rotation_type: Some("AUTOMATIC".into()),
            });
            date = date.plus_days(i64::from(period));
        }
        key.rotation = Rotation { enabled: true, period: Some(period), next: Some(date), on_demand_since: None };
    }

    fn asymmetric(&mut self) -> Key {
        let mut key = self.blank();
        let all: usize = SPECS.iter().map(|(share, ..)| share).sum();
        let mut drawn = self.random.below(all);
        for (share, spec, usage) in SPECS {
            if drawn < share {
                (key.spec, key.usage) = (spec.into(), usage.into());
                break;
            }
            drawn -= share;
        }
        key
    }

    fn imported(&mut self) -> Key {
        let mut key = self.blank();
        key.origin = Origin::External;
        if self.random.chance(20) {
            key.state = KeyState::PendingImport;
            return key;
        }
        key.material = Some(self.random.hex(64).into());
        let (model, valid_to) = if self.random.chance(50) {
            ("KEY_MATERIAL_EXPIRES", Some(as_of(i64::try_from(5 + self.random.below(500)).unwrap_or(5))))
        } else {
            ("KEY_MATERIAL_DOES_NOT_EXPIRE", None)
        };
        key.imported = Some(Box::new(Imported { model: model.into(), valid_to }));
        key
    }

    fn in_store(&mut self) -> Key {
        let mut key = self.blank();
        let store = self.area.stores.values().next().cloned().unwrap_or_else(|| Store {
            custom_key_store_id: format!("cks-{}", self.random.hex(17)).into(),
            custom_key_store_name: "hsm".into(),
            cloud_hsm_cluster_id: Some("cluster-2a3b4c5d6e7".into()),
            connection_state: Some("CONNECTED".into()),
            connection_error_code: None,
            creation_date: key.created,
            custom_key_store_type: Some("AWS_CLOUDHSM".into()),
            xks_proxy_configuration: None,
        });
        key.origin = Origin::AwsCloudhsm;
        key.store = Some(Box::new(InStore {
            id: Some(store.custom_key_store_id.clone()),
            cluster: store.cloud_hsm_cluster_id.clone(),
            xks_key: None,
        }));
        self.area.stores.insert(store.custom_key_store_id.clone(), store);
        key
    }

    fn multi_region(&mut self) -> Key {
        let mut key = self.symmetric();
        key.id = format!("mrk-{}", self.random.hex(32)).into();
        key.multi = Some(Box::new(Multi { is_primary: true, primary: self.region.into(), replicas: Vec::new() }));
        key
    }

    fn aws_managed(&mut self) -> Key {
        self.services -= 1;
        let service = SERVICES[self.services];
        let mut key = self.blank();
        key.manager = Manager::Aws;
        key.tags = Vec::new();
        key.material = Some(self.random.hex(64).into());
        key.description = format!("Default key that protects my {service} data when no other key is defined").into();
        key.policy = self.policies.managed.clone();
        key.rotation = Rotation { enabled: true, period: Some(365), next: None, on_demand_since: None };
        let alias = Alias { target: Some(key.id.clone()), created: key.created, updated: key.created };
        self.area.aliases.insert(format!("alias/aws/{service}").into(), Lagged::settled(alias));
        key
    }
}
