//! Places that are kept: an account in a region, with the credentials of the role that is assumed there.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client::Scope;
use crate::credentials::{Keeper, Source};
use crate::identity::Session;

/// Places, or credentials, that are kept. When there are more, all are forgotten, and made anew as they are asked for.
const KEPT: usize = 20_000;

/// As whom something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum As<'a> {
    /// As who we are; only in the own account.
    Caller,
    /// By this role of the account, except in the own account.
    Reader(&'a str),
    /// By this role, in the own account too.
    Role(&'a str),
}

type Kept<K, V> = Mutex<HashMap<K, Arc<V>>>;

/// Where we can get to, as somebody.
#[derive(Debug)]
pub struct Reach {
    session: Session,
    external_id: Option<String>,
    /// By account and role.
    keepers: Kept<(String, String), Keeper>,
    /// By account, region and role; no role is the caller.
    scopes: Kept<(String, String, Option<String>), Scope>,
}

impl Reach {
    /// Everything from here on. `external_id` is what the roles' trust policies may ask for.
    #[must_use]
    pub fn new(session: Session, external_id: Option<String>) -> Self {
        Self { session, external_id, keepers: Kept::default(), scopes: Kept::default() }
    }

    /// Who we are.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// An account in a region, by a role. Credentials are fetched when the first call needs them.
    #[must_use]
    pub fn scope(&self, account: &str, region: &str, who: As<'_>) -> Arc<Scope> {
        let home = &self.session.home.account;
        let role = match who {
            As::Caller => None,
            As::Reader(_) if account == home => None,
            As::Reader(role) | As::Role(role) => Some(role.trim_start_matches('/').to_owned()),
        };
        let place = (account.to_owned(), region.to_owned(), role.clone());
        kept(&self.scopes, place, || {
            let keeper = match role {
                None => Arc::clone(&self.session.home.credentials),
                Some(role) => self.keeper(account, role),
            };
            Scope::new(account, region, keeper, &self.session.client.shares)
        })
    }

    fn keeper(&self, account: &str, role: String) -> Arc<Keeper> {
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.session.partition.name);
        kept(&self.keepers, (account.to_owned(), role), || {
            let caller = Arc::clone(&self.session.home);
            Keeper::new(Source::Role { arn, external_id: self.external_id.clone(), caller })
        })
    }
}

/// What is kept under a name, made now if it is not.
fn kept<K: Eq + Hash, V>(all: &Kept<K, V>, key: K, make: impl FnOnce() -> V) -> Arc<V> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= KEPT && !all.contains_key(&key) {
        all.clear();
    }
    Arc::clone(all.entry(key).or_insert_with(|| Arc::new(make())))
}
