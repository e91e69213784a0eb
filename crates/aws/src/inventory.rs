//! The inventory: accounts and regions side by side, each key once, everything bounded.

mod key;
mod one;
mod region;
mod resource;

use std::sync::Arc;

use finding::refusal::{self, Refusal};
use finding::{Account, ErrorRecord};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::client::Scope;
use crate::credentials::{Keeper, Source};
use crate::failure::Failure;
use crate::identity::Session;
use crate::needs::Needs;
use crate::operation::{ASSUME_ROLE, LIST_KEYS};
use crate::organization::Member;
use crate::sink::{Event, Note, Progress, Sink};
use crate::{organization, regions};

pub use one::{KeyArn, read_key};

/// The role that is assumed in other accounts unless another is named: the one that `keyreeve aws bootstrap` makes. It may read, and
/// nothing else; OrganizationAccountAccessRole, which most accounts have, may do everything.
pub const DEFAULT_ROLE: &str = "KeyreeveReader";

/// What to read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The facts that are wanted.
    pub needs: Needs,
    /// Only these regions; none named means all that are enabled.
    pub regions: Vec<String>,
    /// Which accounts.
    pub accounts: Which,
    /// The name of the role to assume in other accounts, with its path if it has one.
    pub role: String,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// Of all keys only this one: by id, ARN or alias.
    pub only: Option<String>,
    /// How much at once.
    pub at_once: AtOnce,
}

/// Which accounts to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The caller's own.
    Own,
    /// These, without asking Organizations.
    Named(Vec<String>),
    /// The organisation's, or of them these.
    Organization(Vec<String>),
}

/// How much is read at once. It bounds memory; the budget bounds the rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// Accounts.
    pub accounts: usize,
    /// Regions, of all accounts together.
    pub regions: usize,
    /// Keys, of all regions together.
    pub keys: usize,
    /// Keys of one region: a region whose budget is small must not hold up the others.
    pub keys_of_a_region: usize,
}

impl Default for AtOnce {
    fn default() -> Self {
        Self { accounts: 24, regions: 64, keys: 256, keys_of_a_region: 48 }
    }
}

/// What all parts of an inventory share.
struct Reading {
    session: Session,
    plan: Plan,
    sink: Sink,
    progress: Arc<Progress>,
    regions: Semaphore,
    keys: Arc<Semaphore>,
}

/// The accounts to read.
struct Targets {
    members: Vec<Member>,
    /// Whether their tags are still to be asked for.
    have_tags: bool,
}

/// Reads what the plan says and hands it to `events` as it comes, in no order.
///
/// The tags of accounts are asked for one by one at a low rate, so they are read while the keys are.
///
/// # Errors
/// Where it is not known what to read: the organisation's accounts cannot be listed, or an account is named that it does not have.
/// Everything else that cannot be read is an error event, and the rest is read all the same.
pub async fn read(
    session: Session,
    plan: Plan,
    progress: Arc<Progress>,
    events: mpsc::Sender<Event>,
) -> Result<(), ReadError> {
    let sink = Sink::new(events);
    let targets = targets(&session, &plan, &sink).await?;
    progress.accounts.add(targets.members.len());
    let reading = Arc::new(Reading {
        regions: Semaphore::new(plan.at_once.regions),
        keys: Arc::new(Semaphore::new(plan.at_once.keys)),
        session,
        plan,
        sink,
        progress,
    });
    let ids: Vec<String> = targets.members.iter().map(|member| member.account.id.to_string()).collect();
    let (mut describing, mut at_work) = (JoinSet::new(), JoinSet::new());
    describing.spawn(describe(Arc::clone(&reading), targets));
    for id in ids {
        if at_work.len() >= reading.plan.at_once.accounts {
            finish_one(&reading, &mut at_work).await;
        }
        at_work.spawn(account(Arc::clone(&reading), id));
    }
    while !at_work.is_empty() {
        finish_one(&reading, &mut at_work).await;
    }
    finish_one(&reading, &mut describing).await;
    Ok(())
}

/// Hands over the accounts, with their tags.
async fn describe(reading: Arc<Reading>, mut targets: Targets) {
    let Session { client, home, .. } = &reading.session;
    if !targets.have_tags
        && let Some(error) = organization::tags(client, home, &mut targets.members).await
    {
        reading.sink.send(Event::Error(error)).await;
    }
    for member in targets.members {
        reading.sink.send(Event::Account(member.account)).await;
    }
}

/// Waits for one of the tasks. One that panicked has lost something, and that is said.
async fn finish_one(reading: &Reading, at_work: &mut JoinSet<()>) {
    if let Some(Err(error)) = at_work.join_next().await {
        let message = format!("a part of the reading broke off, which is a fault of keyreeve: {error}");
        reading.sink.send(Event::Error(ErrorRecord { message, ..ErrorRecord::default() })).await;
    }
}

/// Why it is not known what to read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The accounts cannot be listed.
    #[error(
        "listing the organisation's accounts: {0}; run this in the management account or in one that is a delegated administrator, or name accounts with --account"
    )]
    Organization(Failure),
    /// Accounts were named that the organisation does not have.
    #[error("the organisation has no account {0}")]
    NoSuchAccount(String),
    /// An account was named by something that is no id.
    #[error("`{0}` is no account id: it has 12 digits")]
    NotAnId(String),
}

/// The accounts to read, by id. Those that are suspended are named and left out.
async fn targets(session: &Session, plan: &Plan, sink: &Sink) -> Result<Targets, ReadError> {
    let bare = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let members: Result<Vec<Member>, ReadError> = ids.iter().map(|id| member(id)).collect();
        Ok(Targets { members: members?, have_tags: true })
    };
    match &plan.accounts {
        Which::Own => bare(std::slice::from_ref(&session.home.account)),
        Which::Named(ids) => bare(ids),
        Which::Organization(ids) => {
            let read = organization::read(&session.client, &session.home, ids).await;
            let organization = read.map_err(ReadError::Organization)?;
            let has =
                |id: &&String| organization.members.iter().any(|member| member.account.id.as_str() == id.as_str());
            if let Some(stranger) = ids.iter().find(|id| !has(id)) {
                return Err(ReadError::NoSuchAccount(stranger.clone()));
            }
            for error in organization.errors {
                sink.send(Event::Error(error)).await;
            }
            let (active, suspended): (Vec<_>, Vec<_>) =
                organization.members.into_iter().partition(|member| member.is_active);
            for member in suspended {
                let class = Refusal::AccountSuspended;
                let (account, name) = (member.account.id.to_string(), member.account.name);
                sink.send(Event::Note(Note { account, region: None, class, name })).await;
            }
            Ok(Targets { members: active, have_tags: false })
        }
    }
}

/// An account of which only the id is known.
fn member(id: &str) -> Result<Member, ReadError> {
    let account = id.parse().ok().filter(|_| id.len() == 12).map(|id| Account {
        id,
        name: String::new(),
        email: String::new(),
        joined: None,
        ou: String::new(),
        tags: Default::default(),
    });
    account.map(|account| Member { account, is_active: true }).ok_or_else(|| ReadError::NotAnId(id.to_owned()))
}

/// Reads one account: its role, its regions, each of them.
async fn account(reading: Arc<Reading>, id: String) {
    let is_own = id == reading.session.home.account;
    read_account(&reading, &id, is_own).await;
    reading.progress.accounts_done.add(1);
}

async fn read_account(reading: &Arc<Reading>, id: &str, is_own: bool) {
    let failed = |failure: Failure| async move {
        reading.sink.send(Event::Error(failure.record(Some(id), None))).await;
    };
    if reading.session.client.stop.is_stopped() {
        return failed(interrupted("this account was not read")).await;
    }
    let keeper = match keeper(reading, id, is_own).await {
        Ok(keeper) => keeper,
        Err(failure) => return failed(failure).await,
    };
    let (names, certain) = region_names(reading, id, &keeper).await;
    reading.progress.regions.add(names.len());
    let mut at_work = JoinSet::new();
    let scope = |name: &String| Arc::new(Scope::new(id, name, Arc::clone(&keeper), &reading.session.client.shares));
    let scopes: Arc<Vec<Arc<Scope>>> = Arc::new(names.iter().map(scope).collect());
    for scope in scopes.iter().cloned() {
        let (reading, scopes) = (Arc::clone(reading), Arc::clone(&scopes));
        at_work.spawn(async move {
            // The semaphore lives as long as the reading and is never closed.
            let _turn = reading.regions.acquire().await;
            region::read(&reading, scope, scopes, certain).await;
            reading.progress.regions_done.add(1);
        });
    }
    while !at_work.is_empty() {
        finish_one(reading, &mut at_work).await;
    }
}

/// The credentials for an account: our own, or the role's there, assumed at once to know that it works.
async fn keeper(reading: &Reading, id: &str, is_own: bool) -> Result<Arc<Keeper>, Failure> {
    let Session { client, home, partition, .. } = &reading.session;
    if is_own {
        return Ok(Arc::clone(&home.credentials));
    }
    let arn = format!("arn:{}:iam::{id}:role/{}", partition.name, reading.plan.role.trim_start_matches('/'));
    let source = Source::Role { arn, external_id: reading.plan.external_id.clone(), caller: Arc::clone(home) };
    let keeper = Arc::new(Keeper::new(source));
    keeper.identity(client, &ASSUME_ROLE).await?;
    Ok(keeper)
}

/// The regions to read, and whether AWS itself said that they are on.
///
/// The account is asked itself first: AWS allows five such calls a second, and every account has its own five. If its role may not,
/// the caller asks for it, as the management account or a delegated administrator may.
async fn region_names(reading: &Reading, id: &str, keeper: &Arc<Keeper>) -> (Vec<String>, bool) {
    let Session { client, home, partition, .. } = &reading.session;
    if !reading.plan.regions.is_empty() {
        return (reading.plan.regions.clone(), false);
    }
    let scope = Scope::new(id, &home.region, Arc::clone(keeper), &client.shares);
    let failure = match regions::enabled(client, &scope, None).await {
        Ok(names) if !names.is_empty() => return (names, true),
        Ok(_) => None,
        Err(failure) => Some(failure),
    };
    if id != home.account
        && let Ok(names) = regions::enabled(client, home, Some(id)).await
        && !names.is_empty()
    {
        return (names, true);
    }
    let names: Vec<String> = partition.default_regions.iter().map(|&name| name.to_owned()).collect();
    if let Some(failure) = failure {
        let mut record = failure.record(Some(id), None);
        record.message = format!(
            "{}; so only the {} regions that every account has were read: keys in others are not seen",
            record.message,
            names.len()
        );
        reading.sink.send(Event::Error(record)).await;
    }
    (names, false)
}

/// What was not read because reading was stopped.
fn interrupted(what: &str) -> Failure {
    Failure::new(&LIST_KEYS, refusal::INTERRUPTED, format!("{what}: reading was stopped"))
}
