//! What is known of a key itself, read from the inventory: findings say too little to act on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use source::record::{Kind, Raw, Record};

/// The events of CloudTrail after which a key may be judged differently: calls, and what KMS does by itself (RotateKey, DeleteKey,
/// SynchronizeMultiRegionKey).
pub const CALLS: [&str; 25] = [
    "CancelKeyDeletion",
    "CreateAlias",
    "CreateGrant",
    "CreateKey",
    "DeleteAlias",
    "DeleteImportedKeyMaterial",
    "DeleteKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ImportKeyMaterial",
    "PutKeyPolicy",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKey",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "SynchronizeMultiRegionKey",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
];

/// The facts of a key that deciding and planning look at. `None` is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its id.
    pub key_id: String,
    /// The account it lies in.
    pub account_id: String,
    /// The region it lies in.
    pub region: String,
    /// `CUSTOMER` or `AWS`.
    pub manager: Option<String>,
    /// `Enabled`, `PendingDeletion` …
    pub state: Option<String>,
    /// `SYMMETRIC_DEFAULT` …
    pub spec: Option<String>,
    /// `AWS_KMS`, `EXTERNAL` …
    pub origin: Option<String>,
    /// Whether it lies in a custom key store.
    pub in_custom_store: Option<bool>,
    /// For a replica, its primary's ARN and region.
    pub primary: Option<(String, String)>,
    /// For a multi-Region key, the ARNs of its replicas.
    pub replicas: Vec<String>,
    /// Whether it is a replica of a multi-Region key.
    pub is_replica: Option<bool>,
    /// Whether it rotates by itself.
    pub rotates: Option<bool>,
    /// How often, in days.
    pub rotation_period: Option<i64>,
    /// When it will be destroyed.
    pub deletion_date: Option<Timestamp>,
    /// What it is for.
    pub description: Option<String>,
    /// Its aliases.
    pub aliases: Option<Vec<String>>,
    /// Its tags.
    pub tags: Option<BTreeMap<String, String>>,
    /// Its policy `default`.
    pub policy: Option<String>,
    /// Its grants, as JSON.
    pub grants: Option<String>,
    /// The calls that were refused, by field: the code.
    pub refused: BTreeMap<String, String>,
    /// When all this was read.
    pub seen: Option<Timestamp>,
}

/// What was last seen of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sight<'a> {
    /// It was read.
    Seen(&'a Key),
    /// It was looked for, twice, and is not there.
    Gone,
    /// Nobody has looked.
    #[default]
    Unseen,
}

impl<'a> Sight<'a> {
    /// The facts.
    #[must_use]
    pub fn key(self) -> Option<&'a Key> {
        match self {
            Self::Seen(key) => Some(key),
            _ => None,
        }
    }
}

impl Key {
    /// The key of a resource's record; `None` where it is none.
    #[must_use]
    pub fn of_record(record: &Record<'_>) -> Option<Self> {
        let refused = refused(record.get("Unknown"));
        let known = |name: &str| {
            let value = record.get(name)?;
            (!refused.contains_key(name) && !value.is_null()).then_some(value)
        };
        let text = |name: &str| known(name)?.as_str()?.ok().map(|text| text.into_owned());
        if text("ResourceType").as_deref() != Some("AWS.KMS.Key") {
            return None;
        }
        let multi = known("MultiRegionConfiguration");
        let kind = multi.and_then(|multi| Some(multi.get("MultiRegionKeyType")?.is_str("REPLICA")));
        let single = (known("MultiRegion").and_then(|it| it.as_bool()) == Some(false)).then_some(false);
        Some(Self {
            arn: text("Arn").or_else(|| text("ResourceId")).unwrap_or_default(),
            key_id: text("KeyId").unwrap_or_default(),
            account_id: text("AccountId").unwrap_or_default(),
            region: text("Region").unwrap_or_default(),
            manager: text("KeyManager"),
            state: text("KeyState"),
            spec: text("KeySpec"),
            origin: text("Origin"),
            in_custom_store: record.get("CustomKeyStoreId").map(|store| store.kind() == Kind::String),
            primary: multi.and_then(|multi| {
                let primary = multi.get("PrimaryKey")?;
                let part = |name: &str| Some(primary.get(name)?.as_str()?.ok()?.into_owned());
                Some((part("Arn")?, part("Region")?))
            }),
            replicas: multi.and_then(|multi| multi.get("ReplicaKeys")).map(replicas).unwrap_or_default(),
            is_replica: kind.or(single),
            rotates: known("KeyRotationEnabled").and_then(|it| it.as_bool()),
            rotation_period: known("RotationPeriodInDays").and_then(|it| it.as_i64()),
            deletion_date: text("DeletionDate").and_then(|date| date.parse().ok()),
            description: text("Description"),
            aliases: known("Aliases").map(strings),
            tags: known("Tags").map(map),
            policy: text("Policy"),
            grants: known("Grants").map(|raw| raw.text().to_owned()),
            refused,
            seen: None,
        })
    }

    /// Whether it was read after that time; a time that is not known is no objection, a reading that is not dated is.
    #[must_use]
    pub fn is_newer_than(&self, time: Option<Timestamp>) -> bool {
        time.is_none_or(|time| self.seen.is_some_and(|seen| seen >= time))
    }

    /// Whether what was read of it says that a control passes.
    #[must_use]
    pub fn is_in_order_by(&self, control: &str) -> bool {
        match control {
            "KMS.3" => self.state.is_some() && !self.is_dying(),
            "KMS.4" => self.rotates == Some(true) && self.state.as_deref() == Some("Enabled"),
            _ => false,
        }
    }

    /// Whether it will be destroyed.
    #[must_use]
    pub fn is_dying(&self) -> bool {
        matches!(self.state.as_deref(), Some("PendingDeletion" | "PendingReplicaDeletion"))
    }

    /// Why automatic rotation does not apply to it; `None` where it does, or where that is not known.
    #[must_use]
    pub fn no_rotation(&self) -> Option<&'static str> {
        if self.manager.as_deref() == Some("AWS") {
            return Some("AWS manages the key and rotates it every year");
        }
        match self.origin.as_deref() {
            Some("EXTERNAL") => return Some("its material is imported: import new material and rotate on demand"),
            Some("AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE") => {
                return Some("it lies in a custom key store: make a new key and move its alias");
            }
            _ => {}
        }
        if self.in_custom_store == Some(true) {
            return Some("it lies in a custom key store: make a new key and move its alias");
        }
        match self.spec.as_deref() {
            Some(spec) if spec != "SYMMETRIC_DEFAULT" => {
                Some("only symmetric encryption keys rotate by themselves: make a new key and move its alias")
            }
            _ => None,
        }
    }
}

fn refused(raw: Option<Raw<'_>>) -> BTreeMap<String, String> {
    let Some(raw) = raw.filter(|raw| raw.kind() == Kind::Object) else { return BTreeMap::new() };
    let code = |fact: Raw<'_>| Some(fact.get("code")?.as_str()?.ok()?.into_owned());
    raw.members().take(256).map(|(field, fact)| (field.into_owned(), code(fact).unwrap_or_default())).collect()
}

fn replicas(raw: Raw<'_>) -> Vec<String> {
    raw.elements().filter_map(|replica| Some(replica.get("Arn")?.as_str()?.ok()?.into_owned())).collect()
}

fn strings(raw: Raw<'_>) -> Vec<String> {
    raw.elements().filter_map(|item| item.as_str()?.ok().map(|text| text.into_owned())).collect()
}

fn map(raw: Raw<'_>) -> BTreeMap<String, String> {
    raw.members().filter_map(|(name, value)| Some((name.into_owned(), value.as_str()?.ok()?.into_owned()))).collect()
}
