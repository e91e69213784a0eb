//! Secrets Manager and the parameters of Systems Manager: one value each, by name or ARN.

use std::collections::BTreeMap;

use serde_json::json;

use crate::error::ServiceError;
use crate::kms::Input;
use crate::service::Call;
use crate::time::Time;

pub(crate) const OF_SECRETS: [&str; 1] = ["GetSecretValue"];
pub(crate) const OF_PARAMETERS: [&str; 1] = ["GetParameter"];

/// The most secrets.
const MOST: usize = 10_000;

/// What is kept, for every account and region alike.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    secrets: BTreeMap<String, Kept>,
    parameters: BTreeMap<String, Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    value: String,
    version: u32,
}

fn keep(all: &mut BTreeMap<String, Kept>, name: &str, value: &str) {
    if all.len() < MOST || all.contains_key(name) {
        let kept = all.entry(name.to_owned()).or_default();
        (kept.value, kept.version) = (value.to_owned(), kept.version + 1);
    }
}

/// The name in an ARN: a secret's ARN ends in six characters that AWS chose.
fn name(text: &str) -> String {
    let Some(rest) = text.strip_prefix("arn:") else { return text.to_owned() };
    let mut parts = rest.splitn(6, ':').skip(4);
    match (parts.next(), parts.next()) {
        (Some("secret"), Some(name)) => {
            let whole = name.len().checked_sub(7).and_then(|end| name.get(..end)).filter(|_| name.contains('-'));
            whole.unwrap_or(name).to_owned()
        }
        (Some(parameter), None) => parameter.strip_prefix("parameter").unwrap_or(parameter).to_owned(),
        _ => text.to_owned(),
    }
}

impl Vault {
    pub(crate) fn set_secret(&mut self, name: &str, value: &str) {
        keep(&mut self.secrets, name, value);
    }

    pub(crate) fn set_parameter(&mut self, name: &str, value: &str) {
        keep(&mut self.parameters, name, value);
    }

    pub(crate) fn secret(&self, call: &Call<'_>, changed: Time) -> Result<Vec<u8>, ServiceError> {
        let input = Input::parse(call.body)?;
        let asked = input.required("SecretId", 1, 2048)?;
        let found = [asked.to_owned(), name(asked)].into_iter().find_map(|name| {
            let kept = self.secrets.get(&name)?;
            Some((name, kept))
        });
        let (name, kept) = found.ok_or_else(|| {
            ServiceError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        })?;
        let (partition, account) = (call.partition.name(), call.caller.account);
        let reply = json!({
            "ARN": format!("arn:{partition}:secretsmanager:{}:{account}:secret:{name}-AbCdEf", call.region),
            "Name": name,
            "VersionId": format!("{:08x}-0000-4000-8000-000000000000", kept.version),
            "SecretString": kept.value,
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": changed,
        });
        Ok(reply.to_string().into_bytes())
    }

    pub(crate) fn parameter(&self, call: &Call<'_>, changed: Time) -> Result<Vec<u8>, ServiceError> {
        let input = Input::parse(call.body)?;
        let asked = name(input.required("Name", 1, 2048)?);
        let kept = self.parameters.get(&asked).ok_or_else(|| ServiceError::new("ParameterNotFound", ""))?;
        let (partition, account) = (call.partition.name(), call.caller.account);
        let is_open = input.boolean("WithDecryption")? == Some(true);
        let value = if is_open { kept.value.clone() } else { "kms:alias/aws/ssm:AQICAHsimulated".to_owned() };
        let reply = json!({ "Parameter": {
            "Name": asked,
            "Type": "SecureString",
            "Value": value,
            "Version": kept.version,
            "LastModifiedDate": changed,
            "ARN": format!("arn:{partition}:ssm:{}:{account}:parameter{asked}", call.region),
            "DataType": "text",
        } });
        Ok(reply.to_string().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_name_is_found_in_an_arn() {
        assert_eq!(name("arn:aws:secretsmanager:eu-north-1:111111111111:secret:keyreeve/jira-AbCdEf"), "keyreeve/jira");
        assert_eq!(name("arn:aws:ssm:eu-north-1:111111111111:parameter/keyreeve/jira"), "/keyreeve/jira");
        assert_eq!(name("keyreeve-jira"), "keyreeve-jira");
        assert_eq!(name("arn:aws:secretsmanager:eu-north-1:1:secret:é"), "é");
    }
}
