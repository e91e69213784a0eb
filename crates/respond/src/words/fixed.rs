//! What was fixed, in a line: whoever reads only a ticket's title learns what is different now, and not what was wrong before.

use serde_json::Value;

use super::told::Told;

/// What was fixed, and of which key; `None` where nothing is known of a fix.
pub(crate) fn title(told: &Told) -> Option<String> {
    let done = done(&told.fix.as_ref()?.plan)?;
    Some(told.key_names().first().map_or(done.clone(), |name| format!("{done}: {name}")))
}

/// What the calls of a plan came to, in the order in which they were made.
fn done(plan: &Value) -> Option<String> {
    let calls: Vec<String> = plan.get("changes")?.as_array()?.iter().filter_map(one).collect();
    let words = calls.chunk_by(|one, next| one == next).map(|same| match same {
        [one] => one.clone(),
        [one, ..] => format!("{one} ({} times)", same.len()),
        [] => String::new(),
    });
    Some(words.collect::<Vec<_>>().join(", ")).filter(|words| !words.is_empty())
}

/// What a call came to, in AWS's words.
fn one(change: &Value) -> Option<String> {
    let operation = change.get("operation")?.as_str()?;
    let parameter = |name: &str| change.get("parameters")?.get(name);
    Some(match operation {
        "EnableKeyRotation" => match (rotated_before(change), parameter("RotationPeriodInDays")) {
            (true, Some(days)) => format!("rotation period set to {days} days"),
            _ => "automatic key rotation enabled".to_owned(),
        },
        "CancelKeyDeletion" => "key deletion cancelled".to_owned(),
        "EnableKey" => "key enabled".to_owned(),
        "CreateAlias" => "alias created".to_owned(),
        "UpdateKeyDescription" => "description set".to_owned(),
        "TagResource" => match parameter("Tags").and_then(tag_keys) {
            Some(names) => format!("tagged with {names}"),
            None => "tags set".to_owned(),
        },
        "PutKeyPolicy" => "key policy replaced".to_owned(),
        "RevokeGrant" => "grant revoked".to_owned(),
        other => other.to_owned(),
    })
}

/// Whether undoing it sets another period, instead of turning rotation off.
fn rotated_before(change: &Value) -> bool {
    let undo = change.pointer("/undo/call/operation").and_then(Value::as_str);
    undo == Some("EnableKeyRotation")
}

fn tag_keys(tags: &Value) -> Option<String> {
    let names: Option<Vec<&str>> = tags.as_array()?.iter().map(|tag| tag.get("TagKey")?.as_str()).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use triage::Settings;
    use triage::control::ControlId;
    use triage::key::Sight;
    use triage::plan::{Wishes, plan};

    use super::*;
    use crate::workers::facts_of;

    /// What the plan of a control says that it has done to a key with these facts.
    fn fixed(control: &str, more: Value) -> String {
        let arn = "arn:aws:kms:eu-north-1:111111111111:key/0a1b";
        let mut facts = json!({
            "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "Arn": arn, "KeyId": "0a1b", "AccountId": "111111111111",
            "Region": "eu-north-1", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": false, "KeyRotationEnabled": false, "Tags": {}, "Aliases": [], "Description": "",
        });
        facts.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let key = facts_of(Some(&facts.to_string()), jiff::Timestamp::UNIX_EPOCH).unwrap();
        let tags = ["team", "owner"].map(|name| (name.to_owned(), "x".to_owned())).to_vec();
        let wishes = Wishes { alias: Some("alias/x".into()), description: Some("x".into()), tags, ..Wishes::default() };
        let plan = plan("f", &ControlId::new(control), arn, Sight::Seen(&key), &Settings::default(), &wishes);
        assert!(plan.missing.is_empty() && plan.refused.is_none(), "{control}: {plan:?}");
        done(&serde_json::to_value(plan).unwrap()).unwrap()
    }

    #[test]
    fn what_a_plan_has_done_is_said_in_the_words_of_the_field() {
        assert_eq!(fixed("KMS.4", json!({})), "automatic key rotation enabled");
        let slow = json!({"KeyRotationEnabled": true, "RotationPeriodInDays": 730});
        assert_eq!(fixed("AWS.KMS.RotationPeriod", slow), "rotation period set to 365 days");
        let dying = json!({"KeyState": "PendingDeletion", "DeletionDate": "2026-12-01T00:00:00Z"});
        assert_eq!(fixed("KMS.3", dying), "key deletion cancelled, key enabled");
        assert_eq!(fixed("AWS.KMS.Alias", json!({})), "alias created");
        assert_eq!(fixed("AWS.KMS.Description", json!({})), "description set");
        assert_eq!(fixed("AWS.KMS.RequiredTags", json!({})), "tagged with team, owner");
    }

    #[test]
    fn calls_that_are_alike_are_said_once_and_unknown_ones_by_their_names() {
        let calls = |names: &[&str]| {
            done(&json!({"changes": names.iter().map(|name| json!({"operation": name})).collect::<Vec<_>>()}))
        };
        assert_eq!(calls(&["RevokeGrant", "RevokeGrant", "Odd"]).unwrap(), "grant revoked (2 times), Odd");
        assert_eq!(calls(&["PutKeyPolicy"]).unwrap(), "key policy replaced");
        assert_eq!(calls(&[]), None);
    }
}
