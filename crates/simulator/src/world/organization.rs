//! An organisation: its root, its units, its accounts. There is one in each partition that has accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::{AccountNumber, Partition, RegionId};
use crate::time::Time;

/// An organisation.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) partition: Partition,
    /// `o-…`.
    pub(crate) id: String,
    /// `r-…`.
    pub(crate) root: String,
    pub(crate) root_name: String,
    pub(crate) management: AccountNumber,
    pub(crate) accounts: BTreeMap<AccountNumber, AccountEntry>,
    /// By id.
    pub(crate) units: BTreeMap<String, Unit>,
}

/// An organisational unit.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) name: String,
    /// The id of a unit, or of the root.
    pub(crate) parent: String,
}

/// An account.
#[derive(Debug, Clone)]
pub(crate) struct AccountEntry {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) joined: Option<Time>,
    /// The id of a unit, or of the root.
    pub(crate) parent: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) suspended: bool,
    pub(crate) delegated: bool,
    pub(crate) disabled_regions: BTreeSet<RegionId>,
}

impl Organization {
    pub(crate) fn new(partition: Partition, management: AccountNumber) -> Self {
        let root = format!("r-{}", word(&format!("root {management}"), 4));
        Self {
            partition,
            id: format!("o-{}", word(&format!("organisation {management}"), 10)),
            root,
            root_name: "Root".to_owned(),
            management,
            accounts: BTreeMap::new(),
            units: BTreeMap::new(),
        }
    }

    /// The id of the unit at the end of a path such as `Root/Workloads/Prod`, made if it is not there.
    pub(crate) fn unit_at(&mut self, path: &str) -> String {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        if let Some(root) = names.next() {
            root.clone_into(&mut self.root_name);
        }
        let mut parent = self.root.clone();
        let mut walked = String::new();
        for name in names {
            walked = format!("{walked}/{name}");
            let id = format!("ou-{}-{}", &self.root[2..], word(&format!("{}{walked}", self.id), 8));
            self.units.entry(id.clone()).or_insert_with(|| Unit { name: name.to_owned(), parent });
            parent = id;
        }
        parent
    }

    pub(crate) fn account_arn(&self, account: AccountNumber) -> String {
        let Self { partition, management, id, .. } = self;
        format!("arn:{}:organizations::{management}:account/{id}/{account}", partition.name())
    }

    pub(crate) fn unit_arn(&self, unit: &str) -> String {
        let Self { partition, management, id, .. } = self;
        format!("arn:{}:organizations::{management}:ou/{id}/{unit}", partition.name())
    }

    pub(crate) fn root_arn(&self) -> String {
        let Self { partition, management, id, root, .. } = self;
        format!("arn:{}:organizations::{management}:root/{id}/{root}", partition.name())
    }

    pub(crate) fn arn(&self) -> String {
        let Self { partition, management, id, .. } = self;
        format!("arn:{}:organizations::{management}:organization/{id}", partition.name())
    }
}

/// A word of lower-case letters and digits that the text alone decides.
fn word(text: &str, length: usize) -> String {
    let mut hash = crate::random::Random::of_text(text);
    (0..length).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[hash.below(36)])).collect()
}
