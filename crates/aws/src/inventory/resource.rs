//! Resources as a snapshot holds them, made from what AWS answers: see `docs/resource.md`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::region::Listing;
use crate::failure::Failure;

/// The facts of one key, in the order in which they are found.
pub(super) struct Facts {
    known: Map<String, Value>,
    unknown: Map<String, Value>,
}

impl Facts {
    /// What the lists tell.
    pub(super) fn of_key(listing: &Listing, account: &str, region: &str) -> Self {
        let id = &listing.key_id;
        let arn = match listing.key_arn.as_str() {
            "" => {
                let partition = crate::partition::Partition::of_region(region).name;
                format!("arn:{partition}:kms:{region}:{account}:key/{id}")
            }
            arn => arn.to_owned(),
        };
        let mut facts = Self { known: Map::new(), unknown: Map::new() };
        facts.set("ResourceType", json!("AWS.KMS.Key"));
        facts.set("ResourceId", json!(arn));
        facts.set("AccountId", json!(account));
        facts.set("Region", json!(region));
        facts.set("Arn", json!(arn));
        facts.set("KeyId", json!(id));
        facts
    }

    /// What DescribeKey tells.
    pub(super) fn described(&mut self, metadata: &Value) {
        let created = date(metadata.get("CreationDate"));
        self.set("CreationDate", created.clone());
        self.set("TimeCreated", created);
        self.set("DeletionDate", date(metadata.get("DeletionDate")));
        for field in ["Description", "Enabled", "ExpirationModel"] {
            self.set(field, null_or(metadata, field));
        }
        self.set("ValidTo", date(metadata.get("ValidTo")));
        for field in ["KeyManager", "KeyState", "KeyUsage"] {
            self.set(field, null_or(metadata, field));
        }
        let spec = metadata.get("KeySpec").or_else(|| metadata.get("CustomerMasterKeySpec")).cloned();
        self.set("KeySpec", spec.unwrap_or_else(|| json!("SYMMETRIC_DEFAULT")));
        for field in [
            "EncryptionAlgorithms",
            "SigningAlgorithms",
            "MacAlgorithms",
            "KeyAgreementAlgorithms",
            "Origin",
            "CustomKeyStoreId",
            "CloudHsmClusterId",
            "XksKeyConfiguration",
        ] {
            self.set(field, null_or(metadata, field));
        }
        self.set("MultiRegion", metadata.get("MultiRegion").cloned().unwrap_or(json!(false)));
        self.set("MultiRegionConfiguration", multi_region(metadata.get("MultiRegionConfiguration")));
        for field in ["CurrentKeyMaterialId", "PendingDeletionWindowInDays"] {
            self.set(field, null_or(metadata, field));
        }
    }

    pub(super) fn set(&mut self, field: &str, value: Value) {
        self.known.insert(field.to_owned(), value);
    }

    /// These fields could not be read, and why.
    pub(super) fn unknown(&mut self, fields: &[&str], failure: &Failure) {
        let why = json!({ "operation": failure.operation, "code": failure.code, "message": failure.message });
        for field in fields {
            // A value stands there all the same, to be ignored: what reads the file elsewhere finds the columns that it knows.
            self.known.entry(*field).or_insert(Value::Null);
            self.unknown.insert((*field).to_owned(), why.clone());
        }
    }

    /// The resource on one line.
    pub(super) fn into_line(mut self) -> String {
        if !self.unknown.is_empty() {
            self.known.insert("Unknown".to_owned(), Value::Object(self.unknown));
        }
        Value::Object(self.known).to_string()
    }
}

/// A custom key store.
pub(super) fn store(store: &Value, account: &str, region: &str) -> String {
    let mut facts = Facts { known: Map::new(), unknown: Map::new() };
    let id = null_or(store, "CustomKeyStoreId");
    facts.set("ResourceType", json!("AWS.KMS.CustomKeyStore"));
    facts.set("ResourceId", id.clone());
    facts.set("AccountId", json!(account));
    facts.set("Region", json!(region));
    facts.set("CustomKeyStoreId", id);
    for field in
        ["CustomKeyStoreName", "CustomKeyStoreType", "ConnectionState", "ConnectionErrorCode", "CloudHsmClusterId"]
    {
        facts.set(field, null_or(store, field));
    }
    if facts.known.get("CustomKeyStoreType").is_some_and(Value::is_null) {
        // Before there were external key stores, KMS did not say which kind one is.
        facts.set("CustomKeyStoreType", json!("AWS_CLOUDHSM"));
    }
    facts.set("CreationDate", date(store.get("CreationDate")));
    facts.set("XksProxyConfiguration", null_or(store, "XksProxyConfiguration"));
    facts.into_line()
}

/// A member, or null where it is not there.
pub(super) fn null_or(object: &Value, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_default()
}

/// A date as KMS sends it, in seconds since 1970, as we write it: in whole seconds.
pub(super) fn date(value: Option<&Value>) -> Value {
    let Some(value) = value else { return Value::Null };
    let time = match value {
        Value::Number(number) => {
            number.as_f64().and_then(|seconds| Timestamp::from_second(seconds.floor() as i64).ok())
        }
        Value::String(text) => {
            text.parse().ok().and_then(|time: Timestamp| Timestamp::from_second(time.as_second()).ok())
        }
        _ => None,
    };
    // What is no date stays as it is: whoever judges it says so.
    time.map_or_else(|| value.clone(), |time| json!(time.to_string()))
}

/// KMS lists replicas in any order.
fn multi_region(value: Option<&Value>) -> Value {
    let Some(mut value) = value.cloned() else { return Value::Null };
    if let Some(replicas) = value.get_mut("ReplicaKeys").and_then(Value::as_array_mut) {
        replicas.sort_by_cached_key(|replica| null_or(replica, "Region").to_string());
    }
    value
}

/// A list in the order of these members.
pub(super) fn sorted_by(entries: impl Iterator<Item = Value>, members: &[&str]) -> Value {
    let mut entries: Vec<Value> = entries.collect();
    entries.sort_by_cached_key(|entry| members.iter().map(|name| null_or(entry, name).to_string()).collect::<Vec<_>>());
    Value::Array(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_whole_seconds() {
        assert_eq!(date(Some(&json!(1_584_057_663.158))), json!("2020-03-13T00:01:03Z"));
        assert_eq!(date(Some(&json!(0))), json!("1970-01-01T00:00:00Z"));
        assert_eq!(date(Some(&json!("2026-11-22T02:30:00.5Z"))), json!("2026-11-22T02:30:00Z"));
        assert_eq!(date(Some(&json!("soon"))), json!("soon"));
        assert_eq!(date(None), Value::Null);
    }

    #[test]
    fn an_unknown_fact_stands_beside_the_known_ones() {
        let listing = Listing { key_id: "k".into(), key_arn: String::new() };
        let mut facts = Facts::of_key(&listing, "111122223333", "cn-north-1");
        let failure = Failure { operation: "ListResourceTags", code: "X".into(), message: "no".into(), unsent: false };
        facts.unknown(&["Tags"], &failure);
        let line: Value = serde_json::from_str(&facts.into_line()).unwrap();
        assert_eq!(line["Arn"], "arn:aws-cn:kms:cn-north-1:111122223333:key/k");
        assert_eq!(line["Unknown"]["Tags"], json!({ "operation": "ListResourceTags", "code": "X", "message": "no" }));
    }
}
