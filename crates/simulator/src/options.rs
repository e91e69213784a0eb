//! How a simulator behaves: where it listens, how slow it is, what it limits, what goes wrong.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::fault::Fault;

/// How a simulator behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// How long every reply takes at least.
    pub latency: Duration,
    /// How many requests are let through.
    pub quotas: Quotas,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// The time that it is at the beginning; from there it runs on. The beginning of 1970 stands for the world's own time: when its
    /// snapshot was taken, or now if nobody knows. Credentials expire by the machine's own clock instead, because
    /// that is the one that clients compare with.
    pub clock: Timestamp,
    /// How long a change takes to be seen.
    pub lag: Duration,
    /// How long a session lasts at most, whatever was asked for.
    pub session: Duration,
    /// Whether a request whose date is more than five minutes off is refused, as AWS does.
    pub check_dates: bool,
    /// Whether signatures made with credentials that were handed out here are checked. Those of the caller's own key never are.
    pub check_signatures: bool,
    /// Whether `GetKeyRotationStatus` says `false` for keys that cannot be rotated, as AWS's documentation now says, instead of
    /// refusing with `UnsupportedOperationException`, as AWS did when last observed.
    pub rotation_status_of_all: bool,
    /// Security Hub, where it is on.
    pub hub: Option<HubOptions>,
    /// The queue that events go to, where they do.
    pub events: Option<Events>,
}

/// How Security Hub behaves. It is on in every account and region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HubOptions {
    /// The account that sees the findings of all members; the management account and delegated administrators where none is named.
    pub administrator: Option<String>,
    /// The region in which the findings of all regions are seen.
    pub aggregation: Option<String>,
    /// How long an update of a finding takes to be seen: minutes, on AWS.
    pub update: Duration,
    /// How long after a change of a key its controls look at it.
    pub evaluation: Duration,
}

/// Where EventBridge takes what CloudTrail and Security Hub tell, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The ARN of the queue. What is received ten times and not deleted goes to the queue of the same name with `-dead` at its end.
    pub queue: String,
    /// How long an event takes.
    pub lag: Duration,
    /// How many in a hundred come twice.
    pub duplicates: u8,
    /// Whether they come in any order.
    pub reorders: bool,
    /// What decides the rest.
    pub seed: u64,
}

impl Events {
    /// To that queue, at once, each event once and in order.
    #[must_use]
    pub fn to(queue: impl Into<String>) -> Self {
        Self { queue: queue.into(), lag: Duration::ZERO, duplicates: 0, reorders: false, seed: 7 }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            latency: Duration::ZERO,
            quotas: Quotas::None,
            faults: Vec::new(),
            clock: Timestamp::UNIX_EPOCH,
            lag: Duration::ZERO,
            session: Duration::from_secs(12 * 3600),
            check_dates: true,
            check_signatures: true,
            rotation_status_of_all: false,
            hub: None,
            events: None,
        }
    }
}

/// How many requests are let through.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Quotas {
    /// All.
    #[default]
    None,
    /// As many as AWS documents for each operation, account and region, times this.
    Documented(f64),
}
