//! A plan's changes, one at a time: is it there already, whose is the key, make it, and believe only what is read back.
//!
//! `remediate apply` and the daemon's worker go through the same steps. Nothing here repeats a call whose fate is not known.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use triage::Settings;
use triage::key::{Key, Sight};
use triage::plan::{Change, Plan, Undo, treatment};

use crate::failure::{Failure, Fate};
use crate::ports::{KeyCall, Keys, Reply};

/// One change, ready to be made and to be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The key that shows whether it is made: its ARN.
    pub key: String,
    /// The call.
    pub call: KeyCall,
    /// What undoes it; nothing where only a person can.
    pub undo: Option<KeyCall>,
    /// How a person undoes it, where no call does.
    pub by_hand: Option<String>,
}

impl Step {
    /// A plan's change. `resource` is the plan's key, where the call names none.
    #[must_use]
    pub fn of(change: &Change, resource: &str) -> Self {
        let call = |operation: &str, parameters: &std::collections::BTreeMap<&'static str, Value>| KeyCall {
            account_id: change.account_id.clone(),
            region: change.region.clone(),
            operation: operation.to_owned(),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        };
        let (undo, by_hand) = match &change.undo {
            Undo::Call { operation, parameters } => (Some(call(operation, parameters)), None),
            Undo::ByHand(how) => (None, Some(how.clone())),
        };
        let call = call(change.operation, &change.parameters);
        let named = ["KeyId", "TargetKeyId"].into_iter().find_map(|name| call.parameters.get(name)?.as_str());
        Self { key: named.unwrap_or(resource).to_owned(), call, undo, by_hand }
    }

    /// The way back as a step of its own; it cannot be undone again.
    #[must_use]
    pub fn back(&self) -> Option<Self> {
        let call = self.undo.clone()?;
        Some(Self { key: self.key.clone(), call, undo: None, by_hand: None })
    }
}

/// The steps of a plan, in order.
#[must_use]
pub fn steps(plan: &Plan) -> Vec<Step> {
    plan.changes.iter().map(|change| Step::of(change, &plan.resource)).collect()
}

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

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was so already; nothing was called.
    Already,
    /// It was made, and is seen.
    Verified,
    /// It was not made, and certainly so; what the answer means, and why.
    Refused {
        /// As the table of treatments says.
        treatment: &'static str,
        /// What happened.
        what: String,
    },
    /// AWS said yes, but it is not seen, as long as was waited.
    NotSeen(String),
    /// Nobody knows whether it was made.
    Unknown(String),
}

/// How long what was changed is given to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Before each further look; doubled each time.
    pub first: Duration,
    /// How often is looked.
    pub looks: u32,
}

impl Default for Patience {
    /// 1, 2, 4, 8 and 16 seconds: KMS agrees with itself within a few.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), looks: 6 }
    }
}

/// Waits: who runs the steps owns time.
pub trait Pause: Send + Sync {
    /// Comes back after that long.
    fn pause(&self, time: Duration) -> Reply<'_, ()>;
}

/// What is asked before each call: to write down what is about to be done. An error stops it.
pub trait Before: Send {
    /// Called once, just before the call is sent.
    ///
    /// # Errors
    /// Where it cannot be written down: then nothing is sent.
    fn about_to_call(&mut self, step: &Step) -> Result<(), String>;
}

/// Makes one change and reads it back.
pub async fn make(
    keys: &dyn Keys,
    step: &Step,
    settings: &Settings,
    patience: Patience,
    pause: &dyn Pause,
    before: &mut dyn Before,
) -> Outcome {
    let refused = |treatment, what| Outcome::Refused { treatment, what };
    let resource = match keys.read(&step.key).await {
        Ok(Some(resource)) => resource,
        Ok(None) => return refused("read again", format!("{}: there is no such key", step.key)),
        Err(failure) => return refused("retry, then operator", failure.what),
    };
    match code_tag(&resource, settings) {
        Ok(None) => {}
        Ok(Some(tag)) => return refused("team fix", format!("infrastructure code owns the key (tag {tag})")),
        Err(why) => {
            return refused("team fix", format!("whether infrastructure code owns the key is not known: {why}"));
        }
    }
    if standing(&step.call, Some(&resource)) == Standing::Done {
        return Outcome::Already;
    }
    if let Err(why) = before.about_to_call(step) {
        return refused("operator", format!("what undoes it cannot be written down, so nothing was called: {why}"));
    }
    let answer = keys.change(&step.call).await;
    match answer {
        Ok(()) => read_back(keys, step, patience, pause, Outcome::NotSeen).await,
        Err(Failure { fate: Fate::Unknown, what }) => {
            read_back(keys, step, patience, pause, |how| Outcome::Unknown(format!("{what}; {how}"))).await
        }
        Err(Failure { what, .. }) => {
            let code = what.split_whitespace().next();
            let key = key_of(&resource);
            let sight = key.as_ref().map_or(Sight::Unseen, Sight::Seen);
            refused(treatment(&step.call.operation, code, sight).treatment.name(), what)
        }
    }
}

fn key_of(resource: &str) -> Option<Key> {
    let mut scanner = source::record::Scanner::new(source::record::Limits::default());
    let record = scanner.scan(resource.as_bytes()).ok()?;
    Key::of_record(&record)
}

/// Looks until it is so, or patience ends.
async fn read_back(
    keys: &dyn Keys,
    step: &Step,
    patience: Patience,
    pause: &dyn Pause,
    otherwise: impl FnOnce(String) -> Outcome,
) -> Outcome {
    let (mut wait, mut how) = (patience.first, "it was not looked at".to_owned());
    for look in 0..patience.looks.max(1) {
        if look > 0 {
            // A pause that fails is a stop: what was seen so far stands.
            if pause.pause(wait).await.is_err() {
                break;
            }
            wait = wait.saturating_mul(2);
        }
        how = match keys.read(&step.key).await {
            Err(failure) => failure.what,
            Ok(resource) => match standing(&step.call, resource.as_deref()) {
                Standing::Done => return Outcome::Verified,
                Standing::NotDone(how) | Standing::Unclear(how) => how,
                Standing::Gone => "there is no such key any more".to_owned(),
            },
        };
    }
    otherwise(how)
}

#[cfg(test)]
#[path = "apply/tests.rs"]
mod tests;
