//! Credentials: the caller's own and those of roles in other accounts, kept until they run out.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;
use tokio::sync::Mutex;

use crate::client::{Client, Content, Scope};
use crate::failure::Failure;
use crate::operation::{ASSUME_ROLE, Operation};
use crate::transport::identity_of;

/// Credentials that run out sooner than this are replaced before they are used.
const MARGIN: Duration = Duration::from_secs(120);

/// The name of our sessions, as CloudTrail shows it.
pub const SESSION_NAME: &str = "keyreeve";

/// The code of a caller without credentials, ours.
pub(crate) const NO_CREDENTIALS: &str = "NoCredentials";

/// Keeps the credentials of one identity.
pub(crate) struct Keeper {
    source: Source,
    kept: Mutex<Option<Kept>>,
    standing: std::sync::Mutex<Standing>,
}

/// What is known of the credentials in use.
#[derive(Debug, Default, Clone, Copy)]
struct Standing {
    /// Credentials of earlier generations were refused.
    generation: u64,
    /// Whether AWS took one of this generation.
    proved: bool,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the credentials themselves.
        f.debug_struct("Keeper").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Where credentials come from.
pub(crate) enum Source {
    /// As the AWS CLI finds them.
    Caller(SharedCredentialsProvider),
    /// A role, assumed by the caller.
    Role { arn: String, external_id: Option<String>, caller: Arc<Scope> },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller(_) => f.write_str("Caller"),
            Self::Role { arn, .. } => f.debug_tuple("Role").field(arn).finish(),
        }
    }
}

struct Kept {
    identity: Identity,
    until: Option<SystemTime>,
    generation: u64,
    origin: &'static str,
}

impl Keeper {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, kept: Mutex::default(), standing: std::sync::Mutex::default() }
    }

    /// The credentials and their generation, fetched if there are none or they are about to run out.
    pub(crate) async fn identity(
        &self,
        client: &Client,
        operation: &'static Operation,
    ) -> Result<(Identity, u64), Failure> {
        let mut kept = self.kept.lock().await;
        let generation = self.standing().generation;
        if let Some(kept) = kept.as_ref()
            && kept.generation == generation
            && kept.until.is_none_or(|until| until > SystemTime::now() + MARGIN)
        {
            return Ok((kept.identity.clone(), generation));
        }
        let credentials = match &self.source {
            Source::Caller(provider) => provider
                .provide_credentials()
                .await
                .map_err(|error| Failure::new(operation, code_of(&error), words(&error)))?,
            // A role is assumed with a call, which needs credentials itself: the caller's.
            Source::Role { arn, external_id, caller } => {
                Box::pin(assume(client, caller, arn, external_id.as_deref())).await?
            }
        };
        let (until, origin) = (credentials.expiry(), origin(&credentials));
        let identity = identity_of(credentials);
        *kept = Some(Kept { identity: identity.clone(), until, generation, origin });
        Ok((identity, generation))
    }

    /// Where the credentials came from, and until when they hold; nothing before they were fetched.
    pub(crate) async fn provenance(&self) -> Option<(&'static str, Option<SystemTime>)> {
        self.kept.lock().await.as_ref().map(|kept| (kept.origin, kept.until))
    }

    /// AWS took credentials of this generation.
    pub(crate) fn prove(&self, generation: u64) {
        let mut standing = self.standing();
        standing.proved |= generation == standing.generation;
    }

    /// Credentials of this generation were refused: others are fetched next time. Says whether that can help: not if they were fetched
    /// anew themselves, and AWS has taken none of them.
    pub(crate) fn renew(&self, generation: u64) -> bool {
        let mut standing = self.standing();
        if generation < standing.generation {
            return true;
        }
        let renewed = standing.proved;
        if renewed {
            *standing = Standing { generation: generation + 1, proved: false };
        }
        renewed
    }

    fn standing(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Assumes a role.
async fn assume(client: &Client, caller: &Scope, arn: &str, external_id: Option<&str>) -> Result<Credentials, Failure> {
    let mut members = vec![("RoleArn", arn), ("RoleSessionName", SESSION_NAME)];
    members.extend(external_id.map(|id| ("ExternalId", id)));
    let content = Content::form(&ASSUME_ROLE, &members);
    client
        .call(caller, &ASSUME_ROLE, &content, |body| credentials_in(body).ok_or("no credentials in it".to_owned()))
        .await
}

fn credentials_in(body: &[u8]) -> Option<Credentials> {
    let text = std::str::from_utf8(body).ok()?;
    let element = |name: &str| crate::xml::element(text, name).filter(|value| !value.is_empty());
    let until: jiff::Timestamp = element("Expiration")?.parse().ok()?;
    Some(Credentials::new(
        element("AccessKeyId")?,
        element("SecretAccessKey")?,
        Some(element("SessionToken")?),
        Some(SystemTime::from(until)),
        "AssumeRole",
    ))
}

/// Where credentials came from: the last step that the SDK names says it best.
fn origin(credentials: &Credentials) -> &'static str {
    use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
    let features = credentials.get_property::<Vec<Feature>>().map(Vec::as_slice).unwrap_or_default();
    let named = features.iter().rev().find_map(|feature| {
        Some(match feature {
            Feature::CredentialsEnvVars => "environment variables",
            Feature::CredentialsProfileSso | Feature::CredentialsSso => "Identity Center (SSO)",
            Feature::CredentialsProfileProcess | Feature::CredentialsProcess => "a credential process",
            Feature::CredentialsEnvVarsStsWebIdToken
            | Feature::CredentialsProfileStsWebIdToken
            | Feature::CredentialsStsAssumeRoleWebId => "a web identity",
            Feature::CredentialsStsAssumeRole => "a role that the profile assumes",
            Feature::CredentialsHttp => "a container",
            Feature::CredentialsImds => "the instance",
            Feature::CredentialsProfileLogin | Feature::CredentialsLogin => "a console login",
            Feature::CredentialsProfile => "keys in the profile",
            _ => return None,
        })
    });
    named.unwrap_or("a source that the SDK does not name")
}

fn code_of(error: &CredentialsError) -> &'static str {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => NO_CREDENTIALS,
        _ => "CredentialsFailed",
    }
}

/// What a provider says went wrong, causes included.
fn words(error: &CredentialsError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        let words = error.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_in_the_answer_and_never_in_a_debug_text() {
        let body = b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>\
            <SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t0k3n</SessionToken>\
            <Expiration>2026-11-22T03:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let credentials = credentials_in(body).unwrap();
        assert_eq!(credentials.access_key_id(), "ASIAEXAMPLE");
        assert!(credentials.expiry().is_some());
        let keeper = Keeper::new(Source::Caller(SharedCredentialsProvider::new(credentials)));
        assert!(!format!("{keeper:?}").contains("s3cr3t"));
        assert!(credentials_in(b"<AssumeRoleResponse/>").is_none());
    }

    #[test]
    fn refused_credentials_are_replaced_once_however_many_calls_had_used_them() {
        let credentials = Credentials::new("AKIA", "secret", None, None, "test");
        let keeper = Keeper::new(Source::Caller(SharedCredentialsProvider::new(credentials)));
        assert!(!keeper.renew(0), "credentials that never worked");
        keeper.prove(0);
        assert!(keeper.renew(0));
        assert!(keeper.renew(0), "another call that had used the first credentials");
        assert!(!keeper.renew(1), "the new ones were refused as well");
        keeper.prove(0);
        assert!(!keeper.renew(1), "an answer to the old ones proves nothing");
        keeper.prove(1);
        assert!(keeper.renew(1));
    }
}
