//! Which regions an account has enabled.

use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::LIST_REGIONS;
use crate::pages::{list, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    region_name: String,
    #[serde(default)]
    region_opt_status: String,
}

page!(Regions, Region, "Regions", "NextToken");

/// The regions that are on, sorted: of the scope's own account, or of a member if `member` names one.
pub(crate) async fn enabled(client: &Client, scope: &Scope, member: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut request = json!({ "MaxResults": 50, "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"] });
    if let Some(account) = member {
        request["AccountId"] = json!(account);
    }
    let regions = list::<Regions>(client, scope, &LIST_REGIONS, request).await.whole()?;
    let is_on = |region: &Region| matches!(region.region_opt_status.as_str(), "ENABLED" | "ENABLED_BY_DEFAULT" | "");
    let mut names: Vec<String> = regions.into_iter().filter(is_on).map(|region| region.region_name).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}
