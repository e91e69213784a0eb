//! The controls about keys: what Security Hub would say of each of the simulator's own.

use serde_json::Value;

use crate::world::{Key, KeyState, Manager, Origin};

/// A control.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) description: &'static str,
    standards: &'static [&'static str],
    pub(crate) requirements: &'static [&'static str],
}

impl Control {
    pub(crate) fn standards(&self) -> impl Iterator<Item = &'static str> {
        self.standards.iter().copied()
    }
}

/// The controls, KMS.3 to KMS.5. KMS.1 and KMS.2 are about policies of IAM, of which there are none here.
pub(crate) static CONTROLS: [Control; 3] = [
    Control {
        id: "KMS.3",
        title: "AWS KMS keys should not be deleted unintentionally",
        severity: "CRITICAL",
        description: "This control checks whether AWS KMS keys are scheduled for deletion. The control fails if an AWS KMS key is scheduled for deletion.",
        standards: &["standards/aws-foundational-security-best-practices/v/1.0.0", "standards/nist-800-53/v/5.0.0"],
        requirements: &["NIST.800-53.r5 SC-12", "NIST.800-53.r5 SC-12(2)"],
    },
    Control {
        id: "KMS.4",
        title: "AWS KMS key rotation should be enabled",
        severity: "MEDIUM",
        description: "This control checks whether automatic key rotation is enabled for each AWS KMS key.",
        standards: &[
            "standards/cis-aws-foundations-benchmark/v/3.0.0",
            "standards/nist-800-53/v/5.0.0",
            "standards/pci-dss/v/4.0.1",
        ],
        requirements: &["CIS AWS Foundations Benchmark v3.0.0/3.6", "NIST.800-53.r5 SC-12", "PCI DSS v4.0.1/3.7.4"],
    },
    Control {
        id: "KMS.5",
        title: "KMS keys should not be publicly accessible",
        severity: "CRITICAL",
        description: "This control checks whether an AWS KMS key is publicly accessible.",
        standards: &["standards/aws-foundational-security-best-practices/v/1.0.0"],
        requirements: &[],
    },
];

/// Whether a key passes a control; `None` where the control does not look at it.
pub(crate) fn passes(control: &Control, key: &Key) -> Option<bool> {
    if key.manager == Manager::Aws {
        return None;
    }
    match control.id {
        "KMS.3" => Some(key.state != KeyState::PendingDeletion),
        "KMS.4" => {
            let rotates = key.is_symmetric() && key.origin == Origin::AwsKms;
            let is_alive = matches!(key.state, KeyState::Enabled | KeyState::Disabled);
            (rotates && is_alive).then_some(key.rotation.enabled)
        }
        _ => Some(!is_public(&key.policy)),
    }
}

/// Whether a policy allows something to everybody: a condition counts only if it fixes a value.
fn is_public(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return true };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    };
    statements.iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && statement.get("Principal").is_some_and(is_everybody)
            && !statement.get("Condition").is_some_and(fixes_a_value)
    })
}

fn is_everybody(principal: &Value) -> bool {
    match principal {
        Value::String(text) => text == "*",
        Value::Array(items) => items.iter().any(is_everybody),
        Value::Object(kinds) => kinds.get("AWS").is_some_and(is_everybody),
        _ => false,
    }
}

/// Whether something in a condition is compared with a text that is neither a pattern nor a variable.
fn fixes_a_value(condition: &Value) -> bool {
    let fixed = |value: &Value| value.as_str().is_some_and(|text| !text.contains(['*', '?', '$']));
    let keys = condition.as_object().into_iter().flat_map(|operators| operators.values()).filter_map(Value::as_object);
    keys.flat_map(|keys| keys.values()).any(|values| match values {
        Value::Array(values) => !values.is_empty() && values.iter().all(fixed),
        value => fixed(value),
    })
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn only_a_fixed_condition_makes_everybody_somebody() {
        let policy = |principal: &str, condition: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"kms:*","Resource":"*"{condition}}}]}}"#
            )
        };
        assert!(is_public(&policy(r#""*""#, "")));
        assert!(is_public(&policy(r#"{"AWS":["*"]}"#, r#","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:*"}}"#)));
        assert!(!is_public(&policy(r#""*""#, r#","Condition":{"StringEquals":{"kms:CallerAccount":"1"}}"#)));
        assert!(!is_public(&policy(r#"{"AWS":"arn:aws:iam::1:root"}"#, "")));
    }
}
