//! One call of a plan.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::key::Key;

/// How risky a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// On the SOP's safe list: nothing that worked stops working. Needs nobody's approval.
    Safe,
    /// Can be undone, but somebody may notice: needs approval.
    Reversible,
    /// Gives something back its power: needs approval by somebody who knows what it is for.
    Consequential,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `EnableKeyRotation`.
    pub operation: &'static str,
    /// Its parameters, by AWS's names.
    pub parameters: BTreeMap<&'static str, Value>,
    /// The account it is made in.
    pub account_id: String,
    /// The region it is made in: for a replica's rotation, the primary's.
    pub region: String,
    /// Why.
    pub why: String,
    /// How risky.
    pub risk: Risk,
    /// What was before, as far as it is known.
    pub before: String,
    /// The call that reads it back, and what it must say. Keys agree with themselves only after a while: ask again.
    pub verify: String,
    /// How to undo it.
    pub undo: Undo,
}

/// How a change is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// By this call.
    Call {
        /// `DisableKeyRotation`.
        operation: &'static str,
        /// Its parameters.
        parameters: BTreeMap<&'static str, Value>,
    },
    /// Not by a call of ours.
    ByHand(String),
}

fn of(key_id: &str) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([("KeyId", json!(key_id))])
}

impl Change {
    fn on(key: &Key, operation: &'static str) -> Self {
        Self {
            operation,
            parameters: of(&key.arn),
            account_id: key.account_id.clone(),
            region: key.region.clone(),
            why: String::new(),
            risk: Risk::Reversible,
            before: String::new(),
            verify: String::new(),
            undo: Undo::ByHand(String::new()),
        }
    }

    /// Sets the rotation; `place` is the primary's ARN and region, for a replica.
    pub(super) fn enable_rotation(
        key: &Key,
        place: Option<&(String, String)>,
        period: u16,
        before: Option<i64>,
    ) -> Self {
        let mut change = Self::on(key, "EnableKeyRotation");
        if let Some((arn, region)) = place {
            change.parameters = of(arn);
            change.region.clone_from(region);
        }
        let target = change.parameters.clone();
        change.parameters.insert("RotationPeriodInDays", json!(period));
        change.why = match place {
            Some(_) => "the key is a replica: rotation is set on its primary and holds for all of them".to_owned(),
            None => "old material is kept until the key is deleted, so nothing that was encrypted is lost".to_owned(),
        };
        change.risk = Risk::Safe;
        change.verify = format!("GetKeyRotationStatus: KeyRotationEnabled is true, RotationPeriodInDays is {period}");
        (change.before, change.undo) = match before {
            Some(days) => {
                let mut parameters = target;
                parameters.insert("RotationPeriodInDays", json!(days));
                (format!("rotates every {days} days"), Undo::Call { operation: "EnableKeyRotation", parameters })
            }
            None => ("does not rotate".to_owned(), Undo::Call { operation: "DisableKeyRotation", parameters: target }),
        };
        change
    }

    pub(super) fn cancel_deletion(key: &Key) -> Self {
        let mut change = Self::on(key, "CancelKeyDeletion");
        change.why = "what the key encrypted can never be read again once it is destroyed".to_owned();
        change.risk = Risk::Consequential;
        let date = key.deletion_date.map(|date| format!(", to be destroyed on {date}")).unwrap_or_default();
        change.before = format!("{}{date}", key.state.as_deref().unwrap_or("PendingDeletion"));
        change.verify = "DescribeKey: KeyState is Disabled, and there is no DeletionDate".to_owned();
        change.undo = Undo::ByHand(
            "schedule the deletion again (ScheduleKeyDeletion, 7 to 30 days): never done by us".to_owned(),
        );
        change
    }

    pub(super) fn enable_key(key: &Key) -> Self {
        let mut change = Self::on(key, "EnableKey");
        change.why =
            "a cancelled deletion leaves the key disabled; its rotation setting comes back by itself".to_owned();
        change.risk = Risk::Consequential;
        change.before = "Disabled, once the deletion is cancelled".to_owned();
        change.verify = "DescribeKey: KeyState is Enabled".to_owned();
        change.undo = Undo::Call { operation: "DisableKey", parameters: of(&key.arn) };
        change
    }

    pub(super) fn create_alias(key: &Key, name: &str) -> Self {
        let mut change = Self::on(key, "CreateAlias");
        let alias = ("AliasName", json!(name));
        change.parameters = BTreeMap::from([alias.clone(), ("TargetKeyId", json!(key.arn))]);
        change.why = "people and programs can name the key".to_owned();
        change.before = match &key.aliases {
            Some(aliases) if !aliases.is_empty() => format!("aliases {}", aliases.join(", ")),
            Some(_) => "no alias".to_owned(),
            None => "not known".to_owned(),
        };
        change.verify = format!("ListAliases: {name} names the key");
        change.undo = Undo::Call { operation: "DeleteAlias", parameters: BTreeMap::from([alias]) };
        change
    }

    pub(super) fn describe(key: &Key, text: &str) -> Self {
        let mut change = Self::on(key, "UpdateKeyDescription");
        change.parameters.insert("Description", json!(text));
        change.why = "whoever finds the key knows what it is for".to_owned();
        change.verify = "DescribeKey: Description is that text".to_owned();
        change.before = key.description.clone().unwrap_or_else(|| "not known".to_owned());
        change.undo = match &key.description {
            Some(before) => {
                let mut parameters = of(&key.arn);
                parameters.insert("Description", json!(before));
                Undo::Call { operation: "UpdateKeyDescription", parameters }
            }
            None => Undo::ByHand("the former description is not known".to_owned()),
        };
        change
    }

    /// Saves another policy; one that names deleted principals cannot be saved again.
    pub(super) fn put_policy(key: &Key, before: &str, policy: &str, difference: String, can_undo: bool) -> Self {
        let named = |policy: &str| {
            let mut parameters = of(&key.arn);
            parameters.insert("PolicyName", json!("default"));
            parameters.insert("Policy", json!(policy));
            parameters
        };
        let mut change = Self::on(key, "PutKeyPolicy");
        change.parameters = named(policy);
        change.why = format!(
            "proved manageable and not public; beside the policy as it is it is {difference}. IAM policies, SCPs and RCPs were not seen"
        );
        change.risk = Risk::Consequential;
        change.before = before.to_owned();
        change.verify = "GetKeyPolicy: the policy allows just what the saved one does".to_owned();
        change.undo = match can_undo {
            true => Undo::Call { operation: "PutKeyPolicy", parameters: named(before) },
            false => Undo::ByHand("a policy that names deleted principals cannot be saved again".to_owned()),
        };
        change
    }

    pub(super) fn revoke_grant(key: &Key, grant: &str, why: &str) -> Self {
        let mut change = Self::on(key, "RevokeGrant");
        change.parameters.insert("GrantId", json!(grant));
        change.why = format!("{why}; whoever uses it loses access at once");
        change.risk = Risk::Consequential;
        change.before = format!("grant {grant}");
        change.verify = "ListGrants: the grant is gone".to_owned();
        change.undo = Undo::ByHand("issue the grant again (CreateGrant): it gets another id".to_owned());
        change
    }

    pub(super) fn tag(key: &Key, own: &BTreeMap<String, String>, tags: &[(String, String)]) -> Self {
        let list = |tags: &[(String, String)]| -> Vec<Value> {
            tags.iter().map(|(name, value)| json!({"TagKey": name, "TagValue": value})).collect()
        };
        let mut change = Self::on(key, "TagResource");
        change.parameters.insert("Tags", Value::Array(list(tags)));
        change.why =
            "tags say whose the key is; policies may read them, too (ABAC), so look before you agree".to_owned();
        change.verify = "ListResourceTags: the tags are there".to_owned();
        let former: Vec<(String, String)> =
            tags.iter().filter_map(|(name, _)| own.get(name).map(|value| (name.clone(), value.clone()))).collect();
        let words: Vec<String> = former.iter().map(|(name, value)| format!("{name}={value}")).collect();
        change.before = if words.is_empty() { "none of these tags".to_owned() } else { words.join(", ") };
        let mut parameters = of(&key.arn);
        change.undo = if former.len() == tags.len() {
            parameters.insert("Tags", Value::Array(list(&former)));
            Undo::Call { operation: "TagResource", parameters }
        } else if former.is_empty() {
            parameters.insert("TagKeys", tags.iter().map(|(name, _)| json!(name)).collect());
            Undo::Call { operation: "UntagResource", parameters }
        } else {
            Undo::ByHand(format!("set {} again and remove the others", words.join(", ")))
        };
        change
    }
}
