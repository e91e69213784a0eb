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
