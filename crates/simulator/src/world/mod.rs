//! The pretended AWS: organisations, their accounts, and what each has in each region.

mod area;
mod generate;
mod key;
mod organization;
mod region;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;

use thiserror::Error;

pub(crate) use area::{Alias, Area, Lagged, Store};
pub use generate::Shape;
pub(crate) use generate::{Generator, predefined_aliases, root_policy};
pub(crate) use key::{
    Algorithms, Constraints, Grant, InStore, Key, KeyRefusal, KeyState, Manager, Multi, Origin, PastRotation, Rotation,
};
pub(crate) use organization::{AccountEntry, Organization};
pub use region::default_regions;
pub(crate) use region::{Partition, is_opt_in};

use crate::time::Time;

/// The number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AccountNumber(pub(crate) u64);

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl AccountNumber {
    /// The number that at most 12 digits say.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten()
    }
}

/// A region by its place in the world's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RegionId(u16);

/// A role that can be assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name, without a path.
    pub name: String,
    /// Who assumes it must say this.
    pub external_id: Option<String>,
    /// Whether the management account has it as well as the members.
    pub in_management: bool,
}

/// A call that is always refused, because the snapshot says that it was.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) account: Option<AccountNumber>,
    pub(crate) region: Option<String>,
    pub(crate) operation: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Why a world cannot be made.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WorldError {
    #[error("reading the snapshot")]
    Snapshot(#[from] finding::snapshot::SnapshotError),
    #[error("reading the snapshot: {0}")]
    Problem(String),
    #[error("the snapshot has no account and no key to make a world of")]
    Empty,
}

/// A pretended AWS.
#[derive(Debug)]
pub struct World {
    /// When the snapshot was taken.
    collected_at: Option<Time>,
    organizations: Vec<Organization>,
    /// By name; a region's id is its place here.
    regions: Vec<String>,
    /// Those that are on.
    enabled: BTreeSet<RegionId>,
    areas: HashMap<(AccountNumber, RegionId), Area>,
    generator: Option<Generator>,
    roles: Vec<Role>,
    refusals: Vec<Refusal>,
}

/// Roles that may only do this. All others may do everything.
const LIMITED_ROLES: [(&str, &[&str]); 8] = [
    ("KeyreeveRemediateRotation", &["EnableKeyRotation", "DisableKeyRotation"]),
    ("KeyreeveRemediateDeletion", &["CancelKeyDeletion", "EnableKey", "DisableKey"]),
    ("KeyreeveRemediateAlias", &["CreateAlias", "DeleteAlias"]),
    ("KeyreeveRemediateDescription", &["UpdateKeyDescription"]),
    ("KeyreeveRemediateTags", &["TagResource", "UntagResource"]),
    ("KeyreeveRemediatePolicy", &["PutKeyPolicy"]),
    ("KeyreeveRemediateGrants", &["RevokeGrant"]),
    ("KeyreeveFindings", &["BatchImportFindings"]),
];

/// Whether a role's policies allow a call.
pub(crate) fn may(role: &str, operation: &str) -> bool {
    LIMITED_ROLES.iter().find(|(name, _)| *name == role).is_none_or(|(_, allowed)| allowed.contains(&operation))
}

/// At most this many keys are in one region of one account, as on AWS.
pub(crate) const MAX_KEYS: usize = 100_000;

impl World {
    /// The world that a snapshot describes, with what could not be read refused again.
    ///
    /// Its regions are those that the snapshot names; other known regions are there but off. Its first account is the management account.
    ///
    /// # Errors
    /// Where the snapshot cannot be read, or is not valid.
    pub fn from_snapshot(reader: impl io::Read) -> Result<Self, WorldError> {
        snapshot::world(std::iter::once(reader))
    }

    /// The world that several snapshots describe together.
    ///
    /// # Errors
    /// As [`World::from_snapshot`].
    pub fn from_snapshots<R: io::Read>(readers: impl IntoIterator<Item = R>) -> Result<Self, WorldError> {
        snapshot::world(readers)
    }

    /// An invented world. What is in an account and region is made when it is first asked for, and the same seed makes the same.
    #[must_use]
    pub fn generated(shape: Shape) -> Self {
        generate::world(shape)
    }

    fn new() -> Self {
        let mut world = Self {
            collected_at: None,
            organizations: Vec::new(),
            regions: Vec::new(),
            enabled: BTreeSet::new(),
            areas: HashMap::new(),
            generator: None,
            roles: Vec::new(),
            refusals: Vec::new(),
        };
        world.add_role(Role { name: "KeyreeveReader".into(), external_id: None, in_management: true });
        world.add_role(Role { name: "OrganizationAccountAccessRole".into(), external_id: None, in_management: false });
        for (name, _) in LIMITED_ROLES {
            world.add_role(Role { name: name.into(), external_id: None, in_management: true });
        }
        for region in Partition::ALL.into_iter().flat_map(Partition::regions) {
            world.region_named(region);
        }
        world
    }

    /// Adds a role to every account; one of the same name is replaced.
    pub fn add_role(&mut self, role: Role) {
        self.roles.retain(|known| known.name != role.name);
        self.roles.push(role);
    }

    /// The roles that can be assumed.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Marks an account as suspended: it is listed as such, and no role in it can be assumed. `false` if there is no such account.
    pub fn suspend(&mut self, account: &str) -> bool {
        let account = AccountNumber::parse(account).and_then(|account| self.account_mut(account));
        account.map(|account| account.suspended = true).is_some()
    }

    /// Makes an account a delegated administrator of the organisation. `false` if there is no such account.
    pub fn delegate(&mut self, account: &str) -> bool {
        let account = AccountNumber::parse(account).and_then(|account| self.account_mut(account));
        account.map(|account| account.delegated = true).is_some()
    }

    /// Turns a region off in one account: calls there are refused as on AWS. `false` if there is no such account.
    pub fn disable_region(&mut self, account: &str, region: &str) -> bool {
        let region = self.region_named(region);
        let account = AccountNumber::parse(account).and_then(|account| self.account_mut(account));
        account.map(|account| account.disabled_regions.insert(region)).is_some()
    }

    /// The id of the management account of the commercial partition, or of the only one.
    #[must_use]
    pub fn management_account(&self) -> String {
        self.organizations.first().map(|organization| organization.management.to_string()).unwrap_or_default()
    }

    /// Ids of all accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<String> {
        let accounts = self.organizations.iter().flat_map(|organization| organization.accounts.keys());
        accounts.map(ToString::to_string).collect()
    }

    /// The regions that are on, in order of their names.
    #[must_use]
    pub fn regions(&self) -> Vec<String> {
        let mut names: Vec<String> = self.enabled.iter().map(|region| self.region_name(*region).to_owned()).collect();
        names.sort();
        names
    }

    /// A region to begin with: the one where the management account has most keys, else the first that is on.
    #[must_use]
    pub fn home_region(&self) -> String {
        let management = self.organizations.first().map(|organization| organization.management);
        let of_management = self.areas.iter().filter(|((account, _), _)| Some(*account) == management);
        let counted = of_management.map(|((_, region), area)| (area.keys.len(), self.region_name(*region)));
        let most = counted.max_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(one.1)));
        most.map(|(_, name)| name.to_owned()).or_else(|| self.regions().first().cloned()).unwrap_or_default()
    }

    /// When the snapshot was taken that the world was made from: the clock to start with.
    #[must_use]
    pub fn collected_at(&self) -> Option<jiff::Timestamp> {
        self.collected_at.and_then(|time| jiff::Timestamp::from_millisecond(time.milliseconds()).ok())
    }

    pub(crate) fn region_named(&mut self, name: &str) -> RegionId {
        if let Some(region) = self.region(name) {
            return region;
        }
        self.regions.push(name.to_owned());
        RegionId(u16::try_from(self.regions.len() - 1).unwrap_or(u16::MAX))
    }

    pub(crate) fn region(&self, name: &str) -> Option<RegionId> {
        let place = self.regions.iter().position(|region| region == name)?;
        u16::try_from(place).ok().map(RegionId)
    }

    pub(crate) fn region_name(&self, region: RegionId) -> &str {
        self.regions.get(usize::from(region.0)).map_or("", String::as_str)
    }

    /// Whether an account may use a region.
    pub(crate) fn is_enabled(&self, account: AccountNumber, region: RegionId) -> bool {
        self.enabled.contains(&region)
            && self.account(account).is_some_and(|(_, account)| !account.disabled_regions.contains(&region))
    }

    /// The regions of a partition, on or off, in order of their names.
    pub(crate) fn regions_of(&self, partition: Partition) -> Vec<RegionId> {
        let mut regions: BTreeMap<&str, RegionId> = BTreeMap::new();
        for (place, name) in self.regions.iter().enumerate() {
            if Partition::of_region(name) == partition {
                regions.insert(name, RegionId(u16::try_from(place).unwrap_or(u16::MAX)));
            }
        }
        regions.into_values().collect()
    }

    pub(crate) fn account(&self, account: AccountNumber) -> Option<(&Organization, &AccountEntry)> {
        self.organizations
            .iter()
            .find_map(|organization| organization.accounts.get(&account).map(|entry| (organization, entry)))
    }

    fn account_mut(&mut self, account: AccountNumber) -> Option<&mut AccountEntry> {
        self.organizations.iter_mut().find_map(|organization| organization.accounts.get_mut(&account))
    }

    /// What an account has in a region, made now if it was not asked for before.
    pub(crate) fn area(&mut self, account: AccountNumber, region: RegionId) -> &mut Area {
        let Self { areas, generator, .. } = self;
        areas.entry((account, region)).or_insert_with(|| {
            generator.as_ref().and_then(|generator| generator.area(account, region)).unwrap_or_default()
        })
    }

    /// Whether there is a key of that id, without making what was never asked for.
    pub(crate) fn has_key(&self, account: AccountNumber, region: RegionId, id: &str) -> bool {
        self.areas.get(&(account, region)).is_some_and(|area| area.keys.contains_key(id))
    }

    /// Accounts with the regions that they have switched on, as long as there are not too many; otherwise those that were asked for.
    pub(crate) fn places(&self, most: usize) -> Vec<(AccountNumber, RegionId)> {
        let accounts = self.organizations.iter().flat_map(|organization| organization.accounts.keys());
        let mut places: Vec<(AccountNumber, RegionId)> = accounts
            .flat_map(|account| self.enabled.iter().map(move |region| (*account, *region)))
            .filter(|(account, region)| self.is_enabled(*account, *region))
            .take(most + 1)
            .collect();
        if places.len() > most {
            places = self.areas.keys().copied().collect();
            places.sort_unstable();
        }
        places
    }

    pub(crate) fn role(&self, account: AccountNumber, name: &str) -> Option<&Role> {
        let (organization, _) = self.account(account)?;
        let role = self.roles.iter().find(|role| role.name == name)?;
        (role.in_management || organization.management != account).then_some(role)
    }

    /// How the snapshot says that a call was refused.
    pub(crate) fn refusal(&self, account: AccountNumber, region: &str, operation: &str) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| {
            refusal.operation == operation
                && refusal.account.is_none_or(|refused| refused == account)
                && refusal.region.as_deref().is_none_or(|refused| refused == region)
        })
    }
}
