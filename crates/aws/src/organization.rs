//! The organisation: its accounts, where they stand in the tree of units, and their tags.
//!
//! The tree is walked from its root, so the path of every account costs two lists a unit and not two calls an account.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use finding::{Account, AccountId, ErrorRecord};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::{
    DESCRIBE_ORGANIZATION, LIST_ACCOUNTS, LIST_ACCOUNTS_FOR_PARENT, LIST_ORGANIZATIONAL_UNITS_FOR_PARENT, LIST_ROOTS,
    LIST_TAGS_FOR_RESOURCE, Operation,
};
use crate::pages::{Listed, list, page};

/// Calls at once. The budget spaces them anyway.
const AT_ONCE: usize = 8;
/// Units of one organisation that are walked; AWS allows 2,000.
const MAX_UNITS: usize = 20_000;

/// One account of the organisation.
#[derive(Debug, Clone)]
pub struct Member {
    /// What a snapshot says about it.
    pub account: Account,
    /// Whether it can be used at all.
    pub is_active: bool,
}

/// An organisation.
#[derive(Debug)]
pub struct Organization {
    /// Its accounts, by id.
    pub members: Vec<Member>,
    /// What could not be read about them.
    pub errors: Vec<ErrorRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listing {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    status: String,
    /// The newer name of the status.
    #[serde(default)]
    state: String,
    #[serde(default)]
    joined_timestamp: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unit {
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

page!(AccountPage, Listing, "Accounts", "NextToken");
page!(RootPage, Unit, "Roots", "NextToken");
page!(UnitPage, Unit, "OrganizationalUnits", "NextToken");
page!(TagPage, Tag, "Tags", "NextToken");

/// The id of the organisation and of its management account.
///
/// # Errors
/// Where the caller is in no organisation, or may not ask.
pub async fn describe(client: &Client, scope: &Scope) -> Result<(String, String), Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        organization: Described,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Described {
        id: String,
        #[serde(default)]
        master_account_id: String,
    }
    let answer: Answer = client.json(scope, &DESCRIBE_ORGANIZATION, &json!({})).await?;
    Ok((answer.organization.id, answer.organization.master_account_id))
}

/// All accounts of the organisation, with their units and tags; where there is no organisation, the own account alone.
///
/// # Errors
/// Where anything of it cannot be read: half of it must not take the place of what was known before.
pub async fn accounts(client: &Arc<Client>, scope: &Arc<Scope>) -> Result<Vec<Account>, Failure> {
    let organization = match read(client, scope, &[]).await {
        Err(failure) if failure.code == "AWSOrganizationsNotInUseException" => return Ok(own(&scope.account)),
        organization => organization?,
    };
    let mut members = organization.members;
    let missing = match organization.errors.into_iter().next() {
        None => tags(client, scope, &mut members).await,
        error => error,
    };
    match missing {
        None => Ok(members.into_iter().map(|member| member.account).collect()),
        Some(error) => {
            let operation = error.operation.as_deref().and_then(Operation::named).unwrap_or(&LIST_ACCOUNTS);
            Err(Failure::new(operation, error.code.unwrap_or_default(), error.message))
        }
    }
}

/// An account of which only the id is known.
fn own(id: &str) -> Vec<Account> {
    let (name, email, ou) = (String::new(), String::new(), String::new());
    let account = |id| Account { id, name, email, joined: None, ou, tags: BTreeMap::new() };
    id.parse().ok().map(account).into_iter().collect()
}

/// Reads the organisation without the tags of its accounts, or of it those accounts that are `wanted` if any are named.
///
/// # Errors
/// Where the accounts cannot be listed. What cannot be read about them is among the `errors` instead.
pub(crate) async fn read(client: &Arc<Client>, scope: &Arc<Scope>, wanted: &[String]) -> Result<Organization, Failure> {
    let listed = list::<AccountPage>(client, scope, &LIST_ACCOUNTS, json!({})).await.whole()?;
    let mut members: Vec<Member> = listed.into_iter().filter_map(Member::of).collect();
    members.retain(|member| wanted.is_empty() || wanted.iter().any(|id| id == member.account.id.as_str()));
    members.sort_by(|a, b| a.account.id.as_str().cmp(b.account.id.as_str()));
    members.dedup_by(|a, b| a.account.id == b.account.id);
    let mut errors = Vec::new();
    let (paths, tree_errors) = paths(client, scope).await;
    errors.extend(tree_errors);
    for member in &mut members {
        if let Some(path) = paths.get(member.account.id.as_str()) {
            member.account.ou.clone_from(path);
        }
    }
    Ok(Organization { members, errors })
}

impl Member {
    pub(crate) fn of(listing: Listing) -> Option<Self> {
        let id: AccountId = listing.id.parse().ok()?;
        let status = if listing.state.is_empty() { listing.status } else { listing.state };
        let joined = listing.joined_timestamp.and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
        let (ou, tags) = (String::new(), BTreeMap::new());
        let account = Account { id, name: listing.name, email: listing.email, joined, ou, tags };
        Some(Self { account, is_active: matches!(status.as_str(), "ACTIVE" | "") })
    }
}

/// The accounts and units below one unit, under its path.
struct Below {
    path: String,
    accounts: Listed<Listing>,
    units: Listed<Unit>,
}

/// The path of every account, and what could not be walked.
async fn paths(client: &Arc<Client>, scope: &Arc<Scope>) -> (HashMap<String, String>, Vec<ErrorRecord>) {
    let (mut paths, mut errors) = (HashMap::new(), Vec::new());
    let record = |failure: &Failure| failure.record(Some(&scope.account), None);
    let roots = list::<RootPage>(client, scope, &LIST_ROOTS, json!({})).await;
    errors.extend(roots.failure.as_ref().map(record));
    let mut waiting: Vec<(String, String)> = roots.items.into_iter().map(|root| (root.id, root.name)).collect();
    let (mut walking, mut walked) = (JoinSet::new(), 0);
    loop {
        while walking.len() < AT_ONCE && walked < MAX_UNITS {
            let Some((id, path)) = waiting.pop() else { break };
            walked += 1;
            walking.spawn(below(Arc::clone(client), Arc::clone(scope), id, path));
        }
        let Some(joined) = walking.join_next().await else { break };
        let Ok(below) = joined else { continue };
        errors.extend([&below.accounts.failure, &below.units.failure].into_iter().flatten().map(record));
        paths.extend(below.accounts.items.into_iter().map(|account| (account.id, below.path.clone())));
        waiting.extend(below.units.items.into_iter().map(|unit| (unit.id, format!("{}/{}", below.path, unit.name))));
    }
    // One refusal is refused everywhere alike; to say it once is enough.
    errors.sort_unstable();
    errors.dedup_by(|a, b| (&a.operation, &a.code) == (&b.operation, &b.code));
    (paths, errors)
}

async fn below(client: Arc<Client>, scope: Arc<Scope>, id: String, path: String) -> Below {
    let request = json!({ "ParentId": id });
    let (accounts, units) = tokio::join!(
        list::<AccountPage>(&client, &scope, &LIST_ACCOUNTS_FOR_PARENT, request.clone()),
        list::<UnitPage>(&client, &scope, &LIST_ORGANIZATIONAL_UNITS_FOR_PARENT, request.clone()),
    );
    Below { path, accounts, units }
}

/// Adds the tags of the members that are in use. The first refusal ends it: the others would be refused as well.
pub(crate) async fn tags(client: &Arc<Client>, scope: &Arc<Scope>, members: &mut [Member]) -> Option<ErrorRecord> {
    let mut asking = JoinSet::new();
    let mut waiting: Vec<usize> = (0..members.len()).rev().filter(|&index| members[index].is_active).collect();
    let mut failed: Option<Failure> = None;
    loop {
        while asking.len() < AT_ONCE && failed.is_none() {
            let Some(index) = waiting.pop() else { break };
            let request = json!({ "ResourceId": members[index].account.id.as_str() });
            let (client, scope) = (Arc::clone(client), Arc::clone(scope));
            asking.spawn(async move {
                (index, list::<TagPage>(&client, &scope, &LIST_TAGS_FOR_RESOURCE, request).await.whole())
            });
        }
        match asking.join_next().await {
            Some(Ok((index, Ok(tags)))) => {
                members[index].account.tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
            }
            Some(Ok((_, Err(failure)))) => failed = Some(failure),
            Some(Err(_)) => {}
            None => break,
        }
    }
    failed.map(|failure| failure.record(Some(&scope.account), None))
}
