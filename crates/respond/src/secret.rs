//! Secrets: named by reference in the configuration, read when they are needed, read again after a refused login, and never shown.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::failure::Failure;
use crate::ports::Reply;

/// The longest secret, in bytes: what Secrets Manager holds at most.
const MAX_SECRET: usize = 65_536;

/// A secret text. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Holds a text as a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one who sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// `env:NAME`: a variable of the environment.
    Environment(String),
    /// `file:/path`: a file, without the line break at its end.
    File(PathBuf),
    /// `secretsmanager:ARN#field`: AWS Secrets Manager; a field of its JSON object, or all of it.
    SecretsManager {
        /// The secret's ARN or name.
        id: String,
        /// The member of its JSON object.
        field: Option<String>,
    },
    /// `ssm:/name`: a SecureString of AWS Systems Manager's Parameter Store.
    Parameter(String),
}

/// Why a reference cannot be understood. What was written is not repeated: it may be the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a reference to a secret: write `env:NAME`, `file:/path`, `secretsmanager:ARN#field` or `ssm:/name`, never the secret itself"
)]
pub struct NotAReference;

impl std::str::FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let (kind, rest) = text.split_once(':').ok_or(NotAReference)?;
        if rest.is_empty() || rest.chars().any(char::is_control) {
            return Err(NotAReference);
        }
        match kind {
            "env" if !rest.contains(['=', ' ']) => Ok(Self::Environment(rest.to_owned())),
            "file" if rest.starts_with('/') => Ok(Self::File(PathBuf::from(rest))),
            "secretsmanager" => {
                let (id, field) = match rest.split_once('#') {
                    Some((id, field)) if !id.is_empty() && !field.is_empty() => (id, Some(field.to_owned())),
                    Some(_) => return Err(NotAReference),
                    None => (rest, None),
                };
                Ok(Self::SecretsManager { id: id.to_owned(), field })
            }
            "ssm" => Ok(Self::Parameter(rest.to_owned())),
            _ => Err(NotAReference),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::SecretsManager { id, field: Some(field) } => write!(f, "secretsmanager:{id}#{field}"),
            Self::SecretsManager { id, field: None } => write!(f, "secretsmanager:{id}"),
            Self::Parameter(name) => write!(f, "ssm:{name}"),
        }
    }
}

/// The two places in AWS where secrets are kept. Implemented where AWS is spoken.
pub trait Vault: Send + Sync {
    /// The `SecretString` of a secret in Secrets Manager (`GetSecretValue`).
    fn secret<'a>(&'a self, id: &'a str) -> Reply<'a, Secret>;
    /// The value of a parameter, decrypted (`GetParameter`, `WithDecryption`).
    fn parameter<'a>(&'a self, name: &'a str) -> Reply<'a, Secret>;
}

/// Reads secrets and keeps them until they are forgotten.
pub struct Secrets {
    vault: Option<Arc<dyn Vault>>,
    kept: Mutex<HashMap<Reference, Secret>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(***)")
    }
}

impl Secrets {
    /// Reads from the environment, from files, and from AWS where there is a vault.
    #[must_use]
    pub fn new(vault: Option<Arc<dyn Vault>>) -> Self {
        Self { vault, kept: Mutex::new(HashMap::new()) }
    }

    /// The secret behind a reference.
    ///
    /// # Errors
    /// Where it is not there, is empty or too long, or cannot be read now.
    pub async fn get(&self, reference: &Reference) -> Result<Secret, Failure> {
        if let Some(secret) = self.kept().get(reference) {
            return Ok(secret.clone());
        }
        let secret = self.read(reference).await?;
        self.kept().insert(reference.clone(), secret.clone());
        Ok(secret)
    }

    /// Forgets it, so that it is read again: after a login that was refused.
    pub fn forget(&self, reference: &Reference) {
        self.kept().remove(reference);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Reference, Secret>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, reference: &Reference) -> Result<Secret, Failure> {
        let text = match reference {
            Reference::Environment(name) => std::env::var(name)
                .map_err(|_| Failure::login(format!("reading secret {reference}: the variable is not set")))?,
            Reference::File(path) => file(reference, path.clone()).await?,
            Reference::SecretsManager { id, field } => {
                let whole = self.vault(reference)?.secret(id).await?;
                match field {
                    Some(field) => member(reference, whole.reveal(), field)?,
                    None => whole.0,
                }
            }
            Reference::Parameter(name) => self.vault(reference)?.parameter(name).await?.0,
        };
        checked(reference, text)
    }

    fn vault(&self, reference: &Reference) -> Result<&dyn Vault, Failure> {
        self.vault
            .as_deref()
            .ok_or_else(|| Failure::never(format!("reading secret {reference}: no AWS access is configured")))
    }
}

async fn file(reference: &Reference, path: PathBuf) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(move || {
        use std::io::Read as _;
        let mut text = String::new();
        std::fs::File::open(path)?.take(MAX_SECRET as u64 + 1).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    });
    match read.await {
        Ok(Ok(text)) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Ok(Err(error)) => Err(Failure::login(format!("reading secret {reference}: {}", error.kind()))),
        Err(_) => Err(Failure::later(format!("reading secret {reference}: the reader was stopped"), None)),
    }
}

fn member(reference: &Reference, text: &str, field: &str) -> Result<String, Failure> {
    let object: Value = serde_json::from_str(text)
        .map_err(|_| Failure::login(format!("reading secret {reference}: it is not a JSON object")))?;
    match object.get(field) {
        Some(Value::String(value)) => Ok(value.clone()),
        Some(_) => Err(Failure::login(format!("reading secret {reference}: the field is not a text"))),
        None => Err(Failure::login(format!("reading secret {reference}: there is no such field"))),
    }
}

/// A secret is sent in headers: it is one line, and there is something in it.
fn checked(reference: &Reference, text: String) -> Result<Secret, Failure> {
    let fault = if text.is_empty() {
        "it is empty"
    } else if text.len() > MAX_SECRET {
        "it is longer than 64 KiB"
    } else if text.chars().any(char::is_control) {
        "it has line breaks or control characters within"
    } else {
        return Ok(Secret(text));
    };
    Err(Failure::login(format!("reading secret {reference}: {fault}")))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::failure::Fate;

    fn reference(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[derive(Default)]
    struct Safe {
        asked: AtomicUsize,
    }

    impl Vault for Safe {
        fn secret<'a>(&'a self, id: &'a str) -> Reply<'a, Secret> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(Secret::new(format!("{{\"token\":\"of {id}\",\"number\":1}}"))) })
        }

        fn parameter<'a>(&'a self, name: &'a str) -> Reply<'a, Secret> {
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(Secret::new(format!("{name} {number}"))) })
        }
    }

    #[test]
    fn references_are_read_and_written_back() {
        for text in [
            "env:JIRA_TOKEN",
            "file:/run/secrets/jira",
            "secretsmanager:arn:aws:secretsmanager:eu-north-1:111111111111:secret:jira-AbCdEf#token",
            "secretsmanager:jira",
            "ssm:/keyreeve/jira",
        ] {
            assert_eq!(reference(text).to_string(), text);
        }
    }

    #[test]
    fn a_secret_written_in_the_place_of_a_reference_is_refused_and_not_repeated() {
        for text in
            ["hunter2", "pass:hunter2", "env:", "file:relative", "secretsmanager:#hunter2", "ssm:", "env:A=hunter2"]
        {
            let error = text.parse::<Reference>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(***)");
        let secrets = Secrets::new(None);
        secrets.kept().insert(reference("env:X"), Secret::new("hunter2"));
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_file_is_read_without_its_line_break_and_again_only_when_forgotten() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "first\r\n").unwrap();
        let (secrets, reference) = (Secrets::new(None), Reference::File(file.path().to_owned()));
        assert_eq!(secrets.get(&reference).await.unwrap().reveal(), "first");
        std::fs::write(file.path(), "second\n").unwrap();
        assert_eq!(secrets.get(&reference).await.unwrap().reveal(), "first");
        secrets.forget(&reference);
        assert_eq!(secrets.get(&reference).await.unwrap().reveal(), "second");
    }

    #[tokio::test]
    async fn a_vault_is_asked_once_and_a_field_is_taken_out() {
        let vault = Arc::new(Safe::default());
        let secrets = Secrets::new(Some(vault.clone()));
        let field = reference("secretsmanager:arn:x#token");
        assert_eq!(secrets.get(&field).await.unwrap().reveal(), "of arn:x");
        assert_eq!(secrets.get(&field).await.unwrap().reveal(), "of arn:x");
        assert_eq!(vault.asked.load(Ordering::Relaxed), 1);
        assert_eq!(secrets.get(&reference("ssm:/a")).await.unwrap().reveal(), "/a 1");
        for wrong in ["secretsmanager:arn:x#none", "secretsmanager:arn:x#number"] {
            assert_eq!(secrets.get(&reference(wrong)).await.unwrap_err().fate, Fate::Login);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_named_by_its_reference() {
        let secrets = Secrets::new(None);
        let failure = secrets.get(&reference("env:KEYREEVE_TEST_NOT_SET")).await.unwrap_err();
        assert_eq!(failure.what, "reading secret env:KEYREEVE_TEST_NOT_SET: the variable is not set");
        assert_eq!(secrets.get(&reference("ssm:/a")).await.unwrap_err().fate, Fate::Never);
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "two\nlines", "nul\0"] {
            std::fs::write(file.path(), text).unwrap();
            let failure = secrets.get(&Reference::File(file.path().to_owned())).await.unwrap_err();
            assert_eq!(failure.fate, Fate::Login);
            assert!(text.is_empty() || !failure.what.contains(text));
        }
    }
}
