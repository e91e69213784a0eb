//! Whether a key is as a call makes it, told from the key as it was read: the one way in which changes are believed.

use serde_json::Value;
use triage::Settings;

use crate::ports::KeyCall;

/// Whether a change is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The key is as the call makes it.
    Done,
    /// It is not; as what it is.
    NotDone(String),
    /// There is no key.
    Gone,
    /// It was not read, or cannot be told: why.
    Unclear(String),
}

/// Whether a key is as a call makes it: `resource` is the key as it was read, `None` where there is none.
#[must_use]
pub fn standing(call: &KeyCall, resource: Option<&str>) -> Standing {
    let Some(resource) = resource else { return Standing::Gone };
    let Ok(key) = serde_json::from_str::<Value>(resource) else {
        return Standing::Unclear("what was read is no key".to_owned());
    };
    match Seen(&key).is_so(call) {
        Ok(None) => Standing::Done,
        Ok(Some(other)) => Standing::NotDone(other),
        Err(why) => Standing::Unclear(why),
    }
}

/// A key as it was read.
struct Seen<'a>(&'a Value);

/// Nothing where it is so; otherwise how it is.
type Found = Result<Option<String>, String>;

impl Seen<'_> {
    /// A fact, or why it is not known.
    fn fact(&self, name: &str) -> Result<&Value, String> {
        if let Some(unknown) = self.0.get("Unknown").and_then(|unknown| unknown.get(name)) {
            let part = |name: &str| unknown.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
            return Err(format!("{name} could not be read: {} {}", part("operation"), part("code")));
        }
        self.0.get(name).ok_or_else(|| format!("{name} was not read"))
    }

    fn is_so(&self, call: &KeyCall) -> Found {
        let said = |name: &str| call.parameters.get(name).unwrap_or(&Value::Null);
        match call.operation.as_str() {
            "EnableKeyRotation" => self.rotates(said("RotationPeriodInDays")),
            "DisableKeyRotation" => self.equals("KeyRotationEnabled", &Value::Bool(false)),
            "CancelKeyDeletion" => {
                let state = self.fact("KeyState")?.as_str().unwrap_or_default();
                let dying = matches!(state, "PendingDeletion" | "PendingReplicaDeletion");
                Ok(dying.then(|| format!("KeyState is {state}")))
            }
            "EnableKey" => self.equals("KeyState", &"Enabled".into()),
            "DisableKey" => self.equals("KeyState", &"Disabled".into()),
            "UpdateKeyDescription" => self.equals("Description", said("Description")),
            "CreateAlias" => self.has_alias(said("AliasName"), true),
            "DeleteAlias" => self.has_alias(said("AliasName"), false),
            "TagResource" => self.has_tags(said("Tags")),
            "UntagResource" => self.lacks_tags(said("TagKeys")),
            "PutKeyPolicy" => self.has_policy(said("Policy")),
            "RevokeGrant" => self.lacks_grant(said("GrantId")),
            other => Err(format!("nobody has written how {other} is read back")),
        }
    }

    fn equals(&self, name: &str, wanted: &Value) -> Found {
        let value = self.fact(name)?;
        Ok((value != wanted).then(|| format!("{name} is {value}")))
    }

    fn rotates(&self, period: &Value) -> Found {
        if let Some(other) = self.equals("KeyRotationEnabled", &Value::Bool(true))? {
            return Ok(Some(other));
        }
        // Where nobody says which period, it is not compared: not every endpoint tells it.
        let is = self.fact("RotationPeriodInDays").unwrap_or(&Value::Null);
        Ok((!period.is_null() && !is.is_null() && is != period).then(|| format!("RotationPeriodInDays is {is}")))
    }

    fn has_alias(&self, name: &Value, wanted: bool) -> Found {
        let aliases = self.fact("Aliases")?;
        let has = aliases.as_array().is_some_and(|aliases| aliases.contains(name));
        Ok((has != wanted).then(|| format!("Aliases are {aliases}")))
    }

    fn has_tags(&self, wanted: &Value) -> Found {
        let tags = self.fact("Tags")?;
        for tag in wanted.as_array().into_iter().flatten() {
            let name = tag.get("TagKey").and_then(Value::as_str).unwrap_or_default();
            if tags.get(name) != tag.get("TagValue") {
                let value = tags.get(name).unwrap_or(&Value::Null);
                return Ok(Some(format!("tag {name} is {value}")));
            }
        }
        Ok(None)
    }

    fn lacks_tags(&self, names: &Value) -> Found {
        let tags = self.fact("Tags")?;
        let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(names.into_iter().find(|name| tags.get(name).is_some()).map(|name| format!("there is a tag {name}")))
    }

    fn has_policy(&self, wanted: &Value) -> Found {
        let parsed = |value: &Value| -> Option<Value> { serde_json::from_str(value.as_str()?).ok() };
        let (is, wanted) = (parsed(self.fact("Policy")?), parsed(wanted));
        match (is, wanted) {
            (Some(is), Some(wanted)) if in_order(&is) == in_order(&wanted) => Ok(None),
            (Some(_), Some(_)) => Ok(Some("the key policy is another".to_owned())),
            _ => Err("the key policy cannot be compared".to_owned()),
        }
    }

    fn lacks_grant(&self, id: &Value) -> Found {
        let grants = self.fact("Grants")?.as_array().ok_or("Grants were not read")?;
        let has = grants.iter().any(|grant| grant.get("GrantId") == Some(id));
        Ok(has.then(|| format!("there is a grant {id}")))
    }
}

/// The same with lists of texts in order, and lists of one as the one: KMS gives them back in any order.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> =
                members.iter().map(|(name, value)| (name.clone(), in_order(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            members.into_iter().collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(in_order).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by_cached_key(Value::to_string);
            }
            if items.len() == 1 { items.swap_remove(0) } else { Value::Array(items) }
        }
        other => other.clone(),
    }
}

/// The tag that says that infrastructure code owns a key; why nobody can tell, where its tags are not known.
///
/// # Errors
/// Where the tags could not be read: then nothing is changed.
pub fn code_tag(resource: &str, settings: &Settings) -> Result<Option<String>, String> {
    let key: Value = serde_json::from_str(resource).map_err(|_| "what was read is no key".to_owned())?;
    let seen = Seen(&key);
    let tags = seen.fact("Tags")?.as_object().ok_or("the key's tags were not read")?;
    Ok(settings.code_tag(tags.keys().map(String::as_str)).map(str::to_owned))
}
