//! The Account service: which regions an account has switched on.

use crate::error::ServiceError;
use crate::kms::Input;
use crate::marker::{self, Scope};
use crate::service::Call;
use crate::sts::not_allowed;
use crate::world::{AccountNumber, RegionId, World, is_opt_in};

pub(crate) const OPERATIONS: [&str; 2] = ["ListRegions", "GetRegionOptStatus"];

pub(crate) fn answer(world: &World, call: &Call<'_>) -> Result<Vec<u8>, ServiceError> {
    let input = Input::parse(call.body)?;
    let account = account(world, call, &input)?;
    if call.operation == "GetRegionOptStatus" {
        let name = input.required("RegionName", 1, 50)?;
        let region = world.region(name).ok_or_else(|| ServiceError::validation(format!("Invalid region: {name}")))?;
        let status = status(world, account, region);
        return Ok(serde_json::json!({ "RegionName": name, "RegionOptStatus": status }).to_string().into_bytes());
    }
    list_regions(world, call, &input, account)
}

/// Whose regions are asked for: one's own, or a member's if one may see the organisation.
fn account(world: &World, call: &Call<'_>, input: &Input) -> Result<AccountNumber, ServiceError> {
    let own = call.caller.account;
    let Some(asked) = input.string("AccountId", 1, 12)? else { return Ok(own) };
    let asked = AccountNumber::parse(asked).ok_or_else(|| ServiceError::validation("AccountId is not valid"))?;
    let denied = || not_allowed(call, "account").with_status(403);
    let (organization, entry) = world.account(own).ok_or_else(denied)?;
    if asked == organization.management {
        // It must ask without saying so, whoever asks.
        return Err(denied());
    }
    if organization.management != own && !entry.delegated {
        return Err(denied());
    }
    if organization.accounts.contains_key(&asked) { Ok(asked) } else { Err(denied()) }
}

fn status(world: &World, account: AccountNumber, region: RegionId) -> &'static str {
    match (world.is_enabled(account, region), is_opt_in(world.region_name(region))) {
        (true, true) => "ENABLED",
        (true, false) => "ENABLED_BY_DEFAULT",
        (false, _) => "DISABLED",
    }
}

fn list_regions(
    world: &World,
    call: &Call<'_>,
    input: &Input,
    account: AccountNumber,
) -> Result<Vec<u8>, ServiceError> {
    let wanted = input.strings("RegionOptStatusContains")?;
    let limit = input.integer("MaxResults", 1, 50)?.unwrap_or(50);
    let list = format!("{account} {}", wanted.as_deref().unwrap_or_default().join(","));
    let scope = Scope { operation: call.operation, list };
    let after = match input.string("NextToken", 0, 1000)?.filter(|token| !token.is_empty()) {
        Some(token) => {
            Some(marker::read(&scope, token).ok_or_else(|| ServiceError::validation("NextToken is not valid"))?)
        }
        None => None,
    };
    let regions = world
        .regions_of(call.partition)
        .into_iter()
        .map(|region| (world.region_name(region), status(world, account, region)))
        .filter(|(_, status)| wanted.as_ref().is_none_or(|wanted| wanted.is_empty() || wanted.contains(status)))
        .filter(|(name, _)| after.as_deref().is_none_or(|after| *name > after));
    let page = marker::page(regions, limit, |(name, _)| (*name).to_owned());
    let regions: Vec<_> = page
        .items
        .iter()
        .map(|(name, status)| serde_json::json!({ "RegionName": name, "RegionOptStatus": status }))
        .collect();
    let mut body = serde_json::json!({ "Regions": regions });
    if let Some(next) = page.next {
        body["NextToken"] = marker::write(&scope, &next).into();
    }
    Ok(body.to_string().into_bytes())
}
