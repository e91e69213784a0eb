//! Changes of keys: which there are, by which role each is made, and what may be said in it. Everything else is refused before it is sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::{Client, Content, Scope};
use crate::failure::Failure;
use crate::inventory::KeyArn;
use crate::operation::{
    CANCEL_KEY_DELETION, CREATE_ALIAS, DELETE_ALIAS, DISABLE_KEY, DISABLE_KEY_ROTATION, ENABLE_KEY,
    ENABLE_KEY_ROTATION, Operation, PUT_KEY_POLICY, REVOKE_GRANT, TAG_RESOURCE, UNTAG_RESOURCE, UPDATE_KEY_DESCRIPTION,
};

/// What a role may do: a kind of remedy, and the way back.
#[derive(Debug, PartialEq, Eq)]
pub struct Action {
    /// How it is called in configuration and options.
    pub name: &'static str,
    /// The role that is assumed for it unless another is configured.
    pub role: &'static str,
    /// The calls.
    pub operations: &'static [&'static Operation],
    /// What it is for.
    pub purpose: &'static str,
}

/// All actions. Each has a role of its own, so that who approves tags cannot be used to change policies.
pub static ACTIONS: [Action; 7] = [
    Action {
        name: "rotation",
        role: "KeyreeveRemediateRotation",
        operations: &[&ENABLE_KEY_ROTATION, &DISABLE_KEY_ROTATION],
        purpose: "Turns automatic rotation on, and off again to undo that",
    },
    Action {
        name: "deletion",
        role: "KeyreeveRemediateDeletion",
        operations: &[&CANCEL_KEY_DELETION, &ENABLE_KEY, &DISABLE_KEY],
        purpose: "Cancels deletions and enables the keys again",
    },
    Action {
        name: "alias",
        role: "KeyreeveRemediateAlias",
        operations: &[&CREATE_ALIAS, &DELETE_ALIAS],
        purpose: "Gives keys aliases",
    },
    Action {
        name: "description",
        role: "KeyreeveRemediateDescription",
        operations: &[&UPDATE_KEY_DESCRIPTION],
        purpose: "Describes keys",
    },
    Action {
        name: "tags",
        role: "KeyreeveRemediateTags",
        operations: &[&TAG_RESOURCE, &UNTAG_RESOURCE],
        purpose: "Tags keys",
    },
    Action {
        name: "policy",
        role: "KeyreeveRemediatePolicy",
        operations: &[&PUT_KEY_POLICY],
        purpose: "Replaces key policies, never without KMS's own check against locking everybody out",
    },
    Action {
        name: "grants",
        role: "KeyreeveRemediateGrants",
        operations: &[&REVOKE_GRANT],
        purpose: "Revokes grants that no AWS service made",
    },
];

impl Action {
    /// The action that a call belongs to.
    #[must_use]
    pub fn of(operation: &str) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.operations.iter().any(|of| of.name == operation))
    }

    /// The action of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.name == name)
    }
}

/// The parameters that a call may have; what else AWS takes, such as leaving out a safety check, is never sent.
fn parameters(operation: &Operation) -> &'static [&'static str] {
    match operation.name {
        "EnableKeyRotation" => &["KeyId", "RotationPeriodInDays"],
        "CreateAlias" => &["AliasName", "TargetKeyId"],
        "DeleteAlias" => &["AliasName"],
        "UpdateKeyDescription" => &["KeyId", "Description"],
        "TagResource" => &["KeyId", "Tags"],
        "UntagResource" => &["KeyId", "TagKeys"],
        "PutKeyPolicy" => &["KeyId", "PolicyName", "Policy"],
        "RevokeGrant" => &["KeyId", "GrantId"],
        _ => &["KeyId"],
    }
}

/// A change that is not made, because it is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Refused {
    #[error("{0} is no change that keyreeve makes")]
    Operation(String),
    #[error("{operation} is never sent with {parameter}")]
    Parameter { operation: &'static str, parameter: String },
    #[error("{operation} needs {parameter}: the ARN of a key in account {account}, region {region}")]
    Key { operation: &'static str, parameter: &'static str, account: String, region: String },
}

/// A change that may be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    operation: &'static Operation,
    body: Value,
    /// The action whose role makes it.
    pub action: &'static Action,
}

impl Change {
    /// It, if it is one of ours, says nothing that it must not, and is about a key of that account and region.
    ///
    /// # Errors
    /// Where it is not.
    pub fn new(account: &str, region: &str, operation: &str, said: &BTreeMap<String, Value>) -> Result<Self, Refused> {
        let known = Action::of(operation).zip(Operation::named(operation));
        let (action, operation) = known.ok_or_else(|| Refused::Operation(operation.chars().take(64).collect()))?;
        let may_be_said = parameters(operation);
        if let Some(strange) = said.keys().find(|name| !may_be_said.contains(&name.as_str())) {
            return Err(Refused::Parameter {
                operation: operation.name,
                parameter: strange.chars().take(64).collect(),
            });
        }
        let key = may_be_said.iter().find(|name| matches!(**name, "KeyId" | "TargetKeyId"));
        if let Some(&parameter) = key {
            let arn = said.get(parameter).and_then(Value::as_str).and_then(|arn| arn.parse::<KeyArn>().ok());
            if !arn.is_some_and(|arn| arn.account == account && arn.region == region) {
                let (account, region) = (account.to_owned(), region.to_owned());
                return Err(Refused::Key { operation: operation.name, parameter, account, region });
            }
        }
        let mut body: serde_json::Map<String, Value> =
            said.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if operation.name == "PutKeyPolicy" {
            body.insert("PolicyName".to_owned(), "default".into());
        }
        Ok(Self { operation, body: Value::Object(body), action })
    }
}

/// Makes a change: one request, repeated only where AWS has certainly not done it.
///
/// # Errors
/// As AWS refused it. [`Failure::may_be_done`] says whether it may have been done all the same.
pub async fn change(client: &Client, scope: &Scope, change: &Change) -> Result<(), Failure> {
    let content = Content::json(change.operation, &change.body);
    let read = |body: &[u8]| match body.trim_ascii() {
        [] => Ok(()),
        body => {
            serde_json::from_slice::<serde_json::Map<String, Value>>(body).map(drop).map_err(|error| error.to_string())
        }
    };
    client.call(scope, change.operation, &content, read).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::OPERATIONS;

    const ARN: &str = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn wanted(operation: &str, said: &[(&str, Value)]) -> Result<Change, Refused> {
        let said = said.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Change::new("111122223333", "eu-north-1", operation, &said)
    }

    #[test]
    fn every_operation_that_changes_belongs_to_one_action() {
        for operation in OPERATIONS.iter().filter(|operation| operation.changes()) {
            let of = ACTIONS.iter().filter(|action| action.operations.contains(operation)).count();
            assert_eq!(of, 1, "{}", operation.name);
        }
        assert!(ACTIONS.iter().flat_map(|action| action.operations).all(|operation| operation.changes()));
    }

    #[test]
    fn what_is_not_ours_to_change_is_refused_before_it_is_sent() {
        let key = || ("KeyId", json!(ARN));
        assert!(wanted("EnableKeyRotation", &[key(), ("RotationPeriodInDays", json!(365))]).is_ok());
        assert!(matches!(wanted("ScheduleKeyDeletion", &[key()]), Err(Refused::Operation(_))));
        assert!(matches!(wanted("DescribeKey", &[key()]), Err(Refused::Operation(_))));
        let bypass = ("BypassPolicyLockoutSafetyCheck", json!(true));
        assert!(matches!(wanted("PutKeyPolicy", &[key(), bypass]), Err(Refused::Parameter { .. })));
        let elsewhere = [("KeyId", json!(ARN.replace("eu-north-1", "eu-west-1")))];
        assert!(matches!(wanted("EnableKey", &elsewhere), Err(Refused::Key { .. })));
        assert!(matches!(wanted("EnableKey", &[("KeyId", json!("alias/x"))]), Err(Refused::Key { .. })));
        assert!(matches!(wanted("EnableKey", &[]), Err(Refused::Key { .. })));
    }
}
