//! Secrets that AWS keeps: Secrets Manager's, and parameters of Systems Manager.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::failure::Failure;
use crate::operation::{GET_PARAMETER, GET_SECRET_VALUE};
use crate::reach::{As, Reach};

/// A secret. It is in no message and no `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What it is.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The region that an ARN says; a name says none.
fn region_of(name: &str) -> Option<&str> {
    let is_region =
        |region: &&str| !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.strip_prefix("arn:")?.split(':').nth(2).filter(is_region)
}

/// The `SecretString` of a secret of Secrets Manager, by ARN or name, as who we are.
///
/// # Errors
/// As AWS answered, and where the secret is binary.
pub async fn secret(reach: &Reach, id: &str) -> Result<Secret, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        secret_string: Option<Secret>,
    }
    let home = &reach.session().home;
    let scope = reach.scope(&home.account, region_of(id).unwrap_or(&home.region), As::Caller);
    let request = json!({ "SecretId": id });
    let answer: Answer = reach.session().client.json(&scope, &GET_SECRET_VALUE, &request).await?;
    let binary = || Failure::new(&GET_SECRET_VALUE, "NoText", "the secret is binary, and not text");
    answer.secret_string.ok_or_else(binary)
}

/// The value of a parameter of Systems Manager, decrypted, by name or ARN, as who we are.
///
/// # Errors
/// As AWS answered.
pub async fn parameter(reach: &Reach, name: &str) -> Result<Secret, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        parameter: Parameter,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parameter {
        value: Secret,
    }
    let home = &reach.session().home;
    let scope = reach.scope(&home.account, region_of(name).unwrap_or(&home.region), As::Caller);
    let request = json!({ "Name": name, "WithDecryption": true });
    let answer: Answer = reach.session().client.json(&scope, &GET_PARAMETER, &request).await?;
    Ok(answer.parameter.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_where_the_secret_is() {
        assert_eq!(region_of("arn:aws:secretsmanager:eu-north-1:111122223333:secret:jira-AbCdEf"), Some("eu-north-1"));
        assert_eq!(region_of("arn:aws:ssm:evil.example/:111122223333:parameter/x"), None);
        assert_eq!(region_of("/keyreeve/jira"), None);
    }

    #[test]
    fn a_secret_shows_itself_in_no_debug_text_and_no_failure() {
        let secret: Secret = serde_json::from_str("\"s3cr3t\"").unwrap();
        assert_eq!((format!("{secret:?}").as_str(), secret.reveal()), ("Secret(…)", "s3cr3t"));
        let failure = Failure::not_an_answer(&GET_SECRET_VALUE, "invalid type: string \"s3cr3t\"", b"s3cr3t");
        assert!(!failure.to_string().contains("s3cr3t"));
    }
}
