//! Who may use a key by a grant, and when it was last used.

use serde::Serialize;

use super::resolve::Names;
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::time::Time;
use crate::world::Grant;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GrantEntry<'a> {
    key_id: &'a str,
    #[serde(flatten)]
    grant: &'a Grant,
}

/// Whether a text may stand for a principal.
pub(super) fn principal<'i>(input: &'i Input, name: &str) -> Result<Option<&'i str>, ServiceError> {
    let Some(text) = input.string(name, 1, 256)? else { return Ok(None) };
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c)) {
        return Ok(Some(text));
    }
    Err(ServiceError::constraint(text, name, "Member must satisfy regular expression pattern: ^[\\w+=,.@:/-]+$"))
}

impl Kms<'_> {
    pub(super) fn list_grants(&mut self, input: &Input) -> Answer {
        let arn = self.arn_of(input)?;
        let id = input.string("GrantId", 1, 128)?;
        let grantee = principal(input, "GranteePrincipal")?;
        let filter = format!("{arn} {} {}", id.unwrap_or_default(), grantee.unwrap_or_default());
        let limits = self.limits(input, filter, 50, 100)?;
        let key = self.key(input, Names::Key)?;
        if id.is_some_and(|id| !key.grants.iter().any(|grant| &*grant.grant_id == id)) {
            return Err(ServiceError::new("InvalidGrantIdException", "Invalid grant id"));
        }
        let mut grants: Vec<&Grant> = key
            .grants
            .iter()
            .filter(|grant| id.is_none_or(|id| &*grant.grant_id == id))
            .filter(|grant| grantee.is_none_or(|grantee| grant.grantee_principal.as_deref() == Some(grantee)))
            .filter(|grant| limits.after.as_deref().is_none_or(|after| &*grant.grant_id > after))
            .collect();
        grants.sort_by(|one, other| one.grant_id.cmp(&other.grant_id));
        let entries = grants.into_iter().map(|grant| GrantEntry { key_id: &arn, grant });
        limits.body("Grants", entries, |entry| entry.grant.grant_id.to_string())
    }

    pub(super) fn list_retirable_grants(&mut self, input: &Input) -> Answer {
        let principal =
            principal(input, "RetiringPrincipal")?.ok_or_else(|| super::input::missing("RetiringPrincipal"))?;
        let limits = self.limits(input, principal.to_owned(), 50, 100)?;
        let (place, now) = (self.place(), self.call.moment.instant);
        let keys = self.area().keys.values().filter_map(|key| key.seen(now));
        let mut grants: Vec<(String, &Grant)> = keys
            .flat_map(|key| key.grants.iter().map(|grant| (place.key_arn_in(place.region, &key.id), grant)))
            .filter(|(_, grant)| grant.retiring_principal.as_deref() == Some(principal))
            .filter(|(_, grant)| limits.after.as_deref().is_none_or(|after| &*grant.grant_id > after))
            .collect();
        grants.sort_by(|one, other| one.1.grant_id.cmp(&other.1.grant_id));
        let entries = grants.iter().map(|(arn, grant)| GrantEntry { key_id: arn, grant });
        limits.body("Grants", entries, |entry| entry.grant.grant_id.to_string())
    }

    pub(super) fn get_key_last_usage(&mut self, input: &Input) -> Answer {
        let arn = self.arn_of(input)?;
        let key = self.key(input, Names::Key)?;
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply<'a> {
            key_id: &'a str,
            key_last_usage: serde_json::Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            tracking_start_date: Option<Time>,
            #[serde(skip_serializing_if = "Option::is_none")]
            key_creation_date: Option<Time>,
        }
        let used = key.last_use.as_deref().and_then(|used| serde_json::to_value(used).ok());
        body(&Reply {
            key_id: &arn,
            key_last_usage: used.unwrap_or_else(|| serde_json::json!({})),
            tracking_start_date: key.tracked_since,
            key_creation_date: key.created,
        })
    }
}
