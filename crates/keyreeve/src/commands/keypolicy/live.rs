//! A key named by its ARN, read from AWS with its policies and grants.

use finding::{FactContext, Resource};

use crate::cli::PolicyLint;
use crate::config::Loaded;

/// Hands the key to `look`.
#[cfg(feature = "live")]
pub fn key(
    arn: &str,
    asked: &PolicyLint,
    loaded: &Loaded,
    mut look: impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    use crate::commands::keys;

    let parsed: finding::Arn = arn.parse().map_err(|error| anyhow::anyhow!("{arn}: {error}"))?;
    let Some(finding::arn::KmsResource::Key(_)) = parsed.kms() else {
        anyhow::bail!("{arn} is not the ARN of a key: give arn:aws:kms:REGION:ACCOUNT:key/ID");
    };
    let wishes = &asked.live;
    let live = crate::cli::Live {
        profile: wishes.profile.clone(),
        role: wishes.role.clone(),
        external_id: wishes.external_id.clone(),
        endpoint_url: wishes.endpoint_url.clone(),
        account: wishes.role.iter().map(|_| parsed.account().to_owned()).collect(),
        ..crate::cli::Live::default()
    };
    let needs = aws::Needs { policy: true, ram_policy: true, grants: true, ..aws::Needs::LISTS };
    let terminal = &asked.output.terminal;
    let taken = crate::live::Live::connect(&live, loaded, needs, terminal)?.only(arn).take()?;
    let mut found = false;
    keys::each_taken(taken.file, terminal, loaded, |resource, facts| {
        found = true;
        look(resource, facts)
    })?;
    anyhow::ensure!(
        found,
        "there is no key {arn} for these credentials: for one of another account, name a role there with --role"
    );
    Ok(())
}

/// This build does not read AWS.
#[cfg(not(feature = "live"))]
pub fn key(
    arn: &str,
    _: &PolicyLint,
    _: &Loaded,
    _: impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    anyhow::bail!("{arn} is the ARN of a key, and this build does not read AWS: give the policy itself")
}
