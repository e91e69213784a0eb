//! What is outside, as it really is: tickets, findings in Security Hub, keys, mails; and what must never have happened there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};

/// Numbers from a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, most: u32) -> u32 {
        (self.next() % u64::from(most.max(1))) as u32
    }
    pub fn one_in(&mut self, most: u32) -> bool {
        self.below(most) == 0
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u32) as usize]
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    Open,
    Done,
    Missing,
}

#[derive(Debug, Clone)]
pub struct Ticket {
    pub id: String,
    pub name: String,
    pub system: String,
    pub mark: String,
    pub title: String,
    pub text: String,
    pub stands: Stands,
    pub comments: Vec<String>,
    /// When a search shows it.
    pub shown: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Key {
    pub arn: String,
    pub account: String,
    pub region: String,
    pub state: String,
    pub rotation: Option<i64>,
    pub deletion: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
    /// Of a replica, its primary; of a primary, its replicas: they rotate together.
    pub primary: Option<String>,
    pub replicas: Vec<String>,
    pub denied: bool,
    /// What a reading shows until then, where that is not yet what is so.
    pub before: Option<(Timestamp, Box<Key>)>,
    pub gone: bool,
}

#[derive(Debug, Clone)]
pub struct Hubbed {
    pub id: String,
    pub arn: String,
    pub account: String,
    pub region: String,
    pub control: String,
    pub compliance: String,
    pub workflow: String,
    pub by_person: bool,
    pub archived: bool,
    pub updated: Timestamp,
    pub fields: BTreeMap<String, String>,
    pub note: Option<String>,
}

#[derive(Debug, Default)]
pub struct State {
    pub now: Timestamp,
    pub tickets: Vec<Ticket>,
    pub hub: BTreeMap<String, Hubbed>,
    pub keys: BTreeMap<String, Key>,
    pub accounts: Vec<finding::Account>,
    pub mails: BTreeMap<String, (String, u32)>,
    pub copies: BTreeSet<String>,
    /// Since when each key's rotation is on or off.
    pub rotations: BTreeMap<String, Vec<(Timestamp, bool)>>,
    /// Changes that took effect, by key and operation.
    pub changed: BTreeMap<(String, String), u32>,
    /// What must never happen.
    pub wrongs: Vec<String>,
    pub lag: i64,
    pub consistency: i64,
    /// Whether systems allow to open a ticket again.
    pub no_reopen: bool,
    pub number: u32,
    pub down: BTreeSet<String>,
}

pub struct Outside(Mutex<State>);

impl Outside {
    pub fn new(now: Timestamp) -> Self {
        let lag = 20;
        Self(Mutex::new(State { now, lag, consistency: 3, ..State::default() }))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.state().now
    }

    pub fn advance(&self, by: SignedDuration) {
        let mut state = self.state();
        state.now = state.now.checked_add(by).unwrap();
    }
}

impl State {
    pub fn open(&mut self, system: &str, mark: &str, title: &str, text: &str) -> (String, String) {
        self.number += 1;
        let (id, name) = (format!("{}", 10_000 + self.number), format!("{}-{}", system.to_uppercase(), self.number));
        if self.tickets.iter().any(|ticket| ticket.mark == mark && ticket.system == system) {
            self.wrongs.push(format!("a second ticket with the mark {mark} in {system}: {name}"));
        }
        let shown = self.now.checked_add(SignedDuration::from_secs(self.lag)).unwrap();
        self.tickets.push(Ticket {
            id: id.clone(),
            name: name.clone(),
            system: system.into(),
            mark: mark.into(),
            title: title.into(),
            text: text.into(),
            stands: Stands::Open,
            comments: Vec::new(),
            shown,
        });
        (id, name)
    }

    pub fn ticket(&mut self, system: &str, id: &str) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| ticket.system == system && ticket.id == id)
    }

    pub fn open_titles(&self, system: &str) -> Vec<String> {
        let open = self.tickets.iter().filter(|ticket| ticket.system == system && ticket.stands == Stands::Open);
        open.map(|ticket| ticket.title.clone()).collect()
    }

    /// Changes a key now; readings show it a little later, and of replicas later still.
    pub fn change_key(&mut self, arn: &str, change: impl FnOnce(&mut Key)) {
        self.change_one(arn, self.consistency, change);
        let Some((rotation, replicas)) = self.keys.get(arn).map(|key| (key.rotation, key.replicas.clone())) else {
            return;
        };
        for replica in replicas {
            if self.keys.get(&replica).is_some_and(|key| key.rotation != rotation) {
                self.change_one(&replica, self.consistency * 3, |key| key.rotation = rotation);
            }
        }
    }

    fn change_one(&mut self, arn: &str, shown_after: i64, change: impl FnOnce(&mut Key)) {
        let until = self.now.checked_add(SignedDuration::from_secs(shown_after)).unwrap();
        let Some(key) = self.keys.get_mut(arn) else { return };
        let mut before = key.clone();
        before.before = None;
        change(key);
        if before.rotation.is_some() != key.rotation.is_some() {
            self.rotations.entry(arn.to_owned()).or_default().push((self.now, key.rotation.is_some()));
        }
        key.before = Some((until, Box::new(before)));
    }

    /// Whether a key rotated at that time.
    pub fn rotated(&self, arn: &str, at: Timestamp) -> bool {
        let mut turns = self.rotations.get(arn).into_iter().flatten();
        turns.rfind(|(since, _)| *since <= at).is_none_or(|(_, rotates)| *rotates)
    }

    /// What a reading shows.
    pub fn shown(&self, arn: &str) -> Option<Key> {
        let key = self.keys.get(arn)?;
        let key = match &key.before {
            Some((until, before)) if self.now < *until => before.as_ref().clone(),
            _ => key.clone(),
        };
        (!key.gone).then_some(key)
    }
}
