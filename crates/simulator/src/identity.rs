//! Who calls: the access key ids, and the sessions that were handed out.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use crate::random::Random;
use crate::world::AccountNumber;

/// A secret access key to configure a client with. Any other does as well.
pub const ANY_SECRET: &str = "simulated-secret-access-key-of-no-value";

/// The access key id of the user `keyreeve` of an account: `AKIA`, the account's twelve digits, `SIML`.
///
/// Its holder may do everything in the account, and is known without a session.
#[must_use]
pub fn access_key_id(account: &str) -> String {
    format!("AKIA{account:0>12}SIML")
}

/// Somebody who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: AccountNumber,
    /// The part of the ARN behind the account: `user/keyreeve`, `assumed-role/ROLE/SESSION`.
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) role: Option<String>,
}

impl Caller {
    /// The user that an access key id of [`access_key_id`] names.
    pub(crate) fn user(access_key: &str) -> Option<Self> {
        let account = access_key.strip_prefix("AKIA")?.strip_suffix("SIML")?;
        let account = (account.len() == 12).then(|| AccountNumber::parse(account)).flatten()?;
        let user_id = unique_id("AIDA", &format!("{account} user"));
        Some(Self { account, name: "user/keyreeve".to_owned(), user_id, role: None })
    }

    /// Its ARN in a partition.
    pub(crate) fn arn(&self, partition: &str) -> String {
        let service = if self.role.is_some() { "sts" } else { "iam" };
        format!("arn:{partition}:{service}::{}:{}", self.account, self.name)
    }
}

/// An id such as AWS gives users and roles.
pub(crate) fn unique_id(prefix: &str, of: &str) -> String {
    let mut random = Random::of_text(of);
    let letters = (0..17).map(|_| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.below(32)]));
    prefix.chars().chain(letters).collect()
}

/// A session that was handed out.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: SystemTime,
    pub(crate) caller: Caller,
}

/// The sessions that are known. The oldest go when there are too many.
#[derive(Debug)]
pub(crate) struct Sessions {
    sessions: HashMap<String, Session>,
    order: VecDeque<String>,
    random: Random,
}

/// How many sessions are kept.
const MAX_SESSIONS: usize = 50_000;

impl Sessions {
    pub(crate) fn new() -> Self {
        Self { sessions: HashMap::new(), order: VecDeque::new(), random: Random::new(0x5e55_1045) }
    }

    /// Starts a session.
    pub(crate) fn start(&mut self, caller: Caller, duration: Duration) -> Session {
        let number = self.random.next();
        let session = Session {
            access_key: unique_id("ASIA", &number.to_string()).chars().take(20).collect(),
            secret: self.random.hex(40),
            token: format!("IQoJSimulated{}", self.random.hex(160)),
            expires: SystemTime::now() + duration,
            caller,
        };
        if self.order.len() >= MAX_SESSIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        self.order.push_back(session.access_key.clone());
        self.sessions.insert(session.access_key.clone(), session.clone());
        session
    }

    pub(crate) fn get(&self, access_key: &str) -> Option<&Session> {
        self.sessions.get(access_key)
    }
}
