//! Keys that belong to infrastructure code: changed there, not behind its back.

use serde::Serialize;
use serde_json::Value;

use super::change::Change;
use crate::key::Key;
use crate::settings::Settings;

/// The code that owns a key, and what to write there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeOwner {
    /// The tag that says so.
    pub tag: String,
    /// The CloudFormation stack, where tags name it.
    pub stack: Option<String>,
    /// The resource in its template, where tags name it.
    pub logical_id: Option<String>,
    /// What to write.
    pub patches: Vec<Patch>,
}

/// What to write in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// `cloudformation` or `terraform`.
    pub language: &'static str,
    /// The lines.
    pub text: String,
}

/// Who owns the key, if code does.
pub(super) fn owner(key: &Key, settings: &Settings, changes: &[Change]) -> Option<CodeOwner> {
    let tags = key.tags.as_ref()?;
    let tag = settings.code_tag(tags.keys().map(String::as_str))?;
    let patches = changes.iter().flat_map(patches);
    Some(CodeOwner {
        tag: tag.to_owned(),
        stack: tags.get("aws:cloudformation:stack-name").cloned(),
        logical_id: tags.get("aws:cloudformation:logical-id").cloned(),
        patches: patches.collect(),
    })
}

fn patches(change: &Change) -> Vec<Patch> {
    let parameter = |name: &str| change.parameters.get(name);
    let both = |cloudformation: String, terraform: String| {
        vec![
            Patch { language: "cloudformation", text: cloudformation },
            Patch { language: "terraform", text: terraform },
        ]
    };
    match change.operation {
        "EnableKeyRotation" => {
            let days = parameter("RotationPeriodInDays").and_then(Value::as_u64).unwrap_or(365);
            both(
                format!("EnableKeyRotation: true\nRotationPeriodInDays: {days}"),
                format!("enable_key_rotation     = true\nrotation_period_in_days = {days}"),
            )
        }
        "UpdateKeyDescription" => {
            // JSON's strings are YAML's. In Terraform `${` and `%{` would begin a template.
            let text = parameter("Description").map(Value::to_string).unwrap_or_default();
            let literal = text.replace("${", "$${").replace("%{", "%%{");
            both(format!("Description: {text}"), format!("description = {literal}"))
        }
        _ => Vec::new(),
    }
}
