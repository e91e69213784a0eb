//! The calls of a plan, and whether a key shows that a call was made.

use std::collections::BTreeMap;

use serde_json::Value;
use store::rows::{RemediationRow, RemediationState};
use triage::key::Key;

use crate::ports::KeyCall;

/// A call, and the key in which it shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub call: KeyCall,
    /// The key's ARN: for a replica's rotation, the primary's.
    pub target: String,
    /// What undoes it, where a call does.
    pub undo: Option<Value>,
}

/// The calls of a remediation, in order: those of its plan, or those that undo it.
pub(crate) fn calls_of(row: &RemediationRow) -> Vec<Call> {
    if row.state == RemediationState::Undoing {
        return row.undo.iter().filter_map(|call| of_value(call, row, None)).collect();
    }
    let changes = row.plan.get("changes").and_then(Value::as_array).into_iter().flatten();
    changes.filter_map(|change| of_value(change, row, undo_of(change))).collect()
}

fn undo_of(change: &Value) -> Option<Value> {
    let mut undo = change.get("undo")?.get("call")?.clone();
    let members = undo.as_object_mut()?;
    for name in ["account_id", "region"] {
        members.insert(name.to_owned(), change.get(name)?.clone());
    }
    Some(undo)
}

fn of_value(value: &Value, row: &RemediationRow, undo: Option<Value>) -> Option<Call> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let parameters: BTreeMap<String, Value> =
        value.get("parameters")?.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let named = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| text.starts_with("arn:"));
    let target = named("KeyId").or_else(|| named("TargetKeyId")).unwrap_or(&row.resource).to_owned();
    let call = KeyCall {
        account_id: text("account_id").unwrap_or_else(|| row.account_id.clone()),
        region: text("region").unwrap_or_else(|| crate::intake::region_of(&target)),
        operation: text("operation")?,
        parameters,
    };
    Some(Call { call, target, undo })
}

/// Whether a key shows a call's effect; `None` where what was read does not say.
pub(crate) fn shows(call: &KeyCall, key: &Key) -> Option<bool> {
    let text = |name: &str| call.parameters.get(name).and_then(Value::as_str);
    let state = key.state.as_deref();
    match call.operation.as_str() {
        "EnableKeyRotation" => {
            let days = call.parameters.get("RotationPeriodInDays").and_then(Value::as_i64);
            let period = days.is_none() || key.rotation_period.is_none() || key.rotation_period == days;
            Some(key.rotates? && period)
        }
        "DisableKeyRotation" => Some(!key.rotates?),
        "CancelKeyDeletion" => Some(state? != "PendingDeletion" && state? != "PendingReplicaDeletion"),
        "EnableKey" => Some(state? == "Enabled"),
        "DisableKey" => Some(state? == "Disabled"),
        "CreateAlias" => Some(key.aliases.as_ref()?.iter().any(|alias| Some(alias.as_str()) == text("AliasName"))),
        "DeleteAlias" => Some(!key.aliases.as_ref()?.iter().any(|alias| Some(alias.as_str()) == text("AliasName"))),
        "UpdateKeyDescription" => Some(key.description.as_deref().unwrap_or_default() == text("Description")?),
        "TagResource" => {
            let tags = key.tags.as_ref()?;
            let wanted = call.parameters.get("Tags")?.as_array()?;
            let has = |tag: &Value| {
                let part = |name: &str| tag.get(name).and_then(Value::as_str);
                part("TagKey").is_some_and(|name| tags.get(name).map(String::as_str) == part("TagValue"))
            };
            Some(wanted.iter().all(has))
        }
        "UntagResource" => {
            let tags = key.tags.as_ref()?;
            let names = call.parameters.get("TagKeys")?.as_array()?;
            Some(!names.iter().filter_map(Value::as_str).any(|name| tags.contains_key(name)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(operation: &str, parameters: Value) -> KeyCall {
        KeyCall {
            account_id: "111122223333".to_owned(),
            region: "eu-north-1".to_owned(),
            operation: operation.to_owned(),
            parameters: serde_json::from_value(parameters).unwrap(),
        }
    }

    #[test]
    fn a_rotation_shows_only_with_its_period_and_only_where_it_was_read() {
        let enable = call("EnableKeyRotation", json!({"KeyId": "k", "RotationPeriodInDays": 365}));
        let key = |rotates, days| Key { rotates, rotation_period: days, ..Key::default() };
        assert_eq!(shows(&enable, &key(Some(true), Some(365))), Some(true));
        assert_eq!(shows(&enable, &key(Some(true), Some(90))), Some(false));
        assert_eq!(shows(&enable, &key(Some(false), None)), Some(false));
        assert_eq!(shows(&enable, &key(None, None)), None);
    }

    #[test]
    fn what_nobody_knows_how_to_verify_never_shows() {
        assert_eq!(shows(&call("PutKeyPolicy", json!({})), &Key::default()), None);
    }
}
