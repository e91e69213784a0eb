//! One key, read again because something happened to it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use finding::refusal::Refusal;

use super::key;
use super::region::{Listing, Lists};
use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::needs::Needs;

/// How long a key that is not found is given: one that was just made is not known everywhere yet.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// The ARN of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    /// `aws`.
    pub partition: String,
    /// `eu-north-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// What stands behind `key/`.
    pub id: String,
}

/// A text that is no ARN of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no ARN of a KMS key: expected arn:PARTITION:kms:REGION:ACCOUNT:key/ID")]
pub struct NoKeyArn(String);

impl FromStr for KeyArn {
    type Err = NoKeyArn;

    fn from_str(text: &str) -> Result<Self, NoKeyArn> {
        let no = || NoKeyArn(text.chars().take(200).collect());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, "kms", region, account, resource] = parts.as_slice() else { return Err(no()) };
        let id = resource.strip_prefix("key/").ok_or_else(no)?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !finding::is_account_id(account) || ![partition, region, id].into_iter().all(plain) || text.len() > 300 {
            return Err(no());
        }
        let [partition, region, account, id] = [partition, region, account, id].map(str::to_owned);
        Ok(Self { partition, region, account, id })
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, id } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:key/{id}")
    }
}

/// The key as a line of a snapshot; `None` where it is not there, asked twice.
///
/// # Errors
/// Where nothing can be said about it at all: no role, no network, too many requests. A call that is refused makes its fields unknown.
pub async fn read_key(client: &Client, scope: &Scope, needs: Needs, arn: &KeyArn) -> Result<Option<String>, Failure> {
    let listing = Listing { key_id: arn.id.clone(), key_arn: arn.to_string() };
    let mut described = key::describe(client, scope, &listing).await;
    if is_not_found(&described) {
        tokio::time::sleep(SECOND_LOOK).await;
        described = key::describe(client, scope, &listing).await;
        if is_not_found(&described) {
            return Ok(None);
        }
    }
    if let Err(failure) = &described
        && is_about_more_than_the_key(failure)
    {
        return Err(failure.clone());
    }
    let store = described.as_ref().ok().map(|described| described.text("CustomKeyStoreId"));
    let store = store.filter(|id| needs.stores && !id.is_empty());
    let lists = Lists::of_key(client, scope, &arn.id, store).await;
    Ok(Some(key::told(client, scope, needs, &listing, &lists, described).await))
}

fn is_not_found(described: &Result<key::Described, Failure>) -> bool {
    described.as_ref().is_err_and(|failure| failure.code == "NotFoundException")
}

/// A failure that says something of our access, or of AWS, and nothing of the key.
fn is_about_more_than_the_key(failure: &Failure) -> bool {
    use Refusal::{
        AccountSuspended, ClockSkew, Endpoint, ExpiredCredentials, Interrupted, RegionDisabled, RoleMissing, Throttled,
    };
    let class = failure.refusal();
    failure.operation == "AssumeRole"
        || matches!(
            class,
            Throttled
                | Endpoint
                | ExpiredCredentials
                | ClockSkew
                | Interrupted
                | RoleMissing
                | RegionDisabled
                | AccountSuspended
        )
        || matches!(failure.code.as_str(), crate::credentials::NO_CREDENTIALS | "CredentialsFailed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_key_is_told_from_others() {
        let text = "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef";
        let arn: KeyArn = text.parse().unwrap();
        assert_eq!((arn.region.as_str(), arn.account.as_str()), ("cn-north-1", "111122223333"));
        assert_eq!(arn.to_string(), text);
        for wrong in [
            "",
            "arn:aws:kms:eu-north-1:111122223333:alias/x",
            "arn:aws:kms:eu-north-1:11112222333:key/a",
            "arn:aws:kms:eu-north-1:111122223333:key/",
            "arn:aws:kms:eu-north-1:111122223333:key/a b",
            "arn:aws:kms:eu.example.com/:111122223333:key/a",
            "arn:aws:s3:::bucket",
        ] {
            assert!(wrong.parse::<KeyArn>().is_err(), "{wrong}");
        }
    }
}
