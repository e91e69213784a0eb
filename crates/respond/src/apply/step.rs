//! One change of a plan, ready to be made and to be undone.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use triage::plan::{Change, Plan};

use crate::ports::KeyCall;

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
    pub fn of(change: &Change, resource: &str) -> Option<Self> {
        Self::of_value(&serde_json::to_value(change).ok()?, resource)
    }

    /// The same of a change as a plan's JSON has it; `None` for what is none.
    #[must_use]
    pub fn of_value(change: &Value, resource: &str) -> Option<Self> {
        let call: KeyCall = serde_json::from_value(change.clone()).ok()?;
        let undo = change.get("undo")?;
        let back = undo.get("call").and_then(|undo| {
            let operation = undo.get("operation")?.as_str()?.to_owned();
            let parameters = serde_json::from_value(undo.get("parameters")?.clone()).ok()?;
            Some(KeyCall { operation, parameters, ..call.clone() })
        });
        let by_hand = undo.get("by_hand").and_then(Value::as_str).map(str::to_owned);
        Some(Self { undo: back, by_hand, ..Self::of_call(call, resource) })
    }

    /// A call by itself, which nothing undoes.
    #[must_use]
    pub fn of_call(call: KeyCall, resource: &str) -> Self {
        let arn =
            |name: &&str| Some(call.parameters.get(*name)?.as_str()?.to_owned()).filter(|it| it.starts_with("arn:"));
        let key = ["KeyId", "TargetKeyId"].iter().find_map(arn).unwrap_or_else(|| resource.to_owned());
        Self { key, call, undo: None, by_hand: None }
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
    plan.changes.iter().filter_map(|change| Step::of(change, &plan.resource)).collect()
}
