//! What was asked, counted for each account, region and operation.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use crate::options::Quotas;
use crate::quota::{self, TokenBucket};
use crate::world::AccountNumber;

/// Where requests are counted and limited together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// The account of the caller.
    pub account: String,
    /// The region of the signature.
    pub region: String,
    /// `kms`, `sts`, `organizations`, `account`, `sso`.
    pub service: &'static str,
    /// `DescribeKey`.
    pub operation: &'static str,
}

/// How many requests came into a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Count {
    /// All of them, those too that were throttled, refused or broken.
    pub requests: u64,
    /// Those that were throttled for want of quota.
    pub throttled: u64,
    /// The most in any one second, wherever it begins.
    pub peak: u32,
    /// How many a second are let through, where that is limited.
    pub quota: Option<f64>,
}

/// All buckets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// By bucket.
    pub buckets: BTreeMap<Bucket, Count>,
    /// Requests that could not be told an account, a region or an operation: unsigned, unknown, not parsable.
    pub unattributed: u64,
}

impl Counts {
    /// All requests of an operation.
    #[must_use]
    pub fn requests(&self, operation: &str) -> u64 {
        self.buckets.iter().filter(|(bucket, _)| bucket.operation == operation).map(|(_, count)| count.requests).sum()
    }

    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets.values().map(|count| count.requests).sum::<u64>() + self.unattributed
    }

    /// All requests that were throttled.
    #[must_use]
    pub fn throttled(&self) -> u64 {
        self.buckets.values().map(|count| count.throttled).sum()
    }

    /// The highest rate of an operation in any account and region.
    #[must_use]
    pub fn peak(&self, operation: &str) -> u32 {
        let buckets = self.buckets.iter().filter(|(bucket, _)| bucket.operation == operation);
        buckets.map(|(_, count)| count.peak).max().unwrap_or(0)
    }
}

/// A bucket while it is in use.
#[derive(Debug)]
struct Meter {
    count: Count,
    /// Microseconds, since the beginning, of the requests of the last second.
    recent: VecDeque<u64>,
    bucket: Option<TokenBucket>,
}

/// Counts, and says what is over quota.
#[derive(Debug)]
pub(crate) struct Meters {
    started: Instant,
    quotas: Quotas,
    meters: HashMap<(AccountNumber, String, &'static str, &'static str), Meter>,
    pub(crate) unattributed: u64,
}

/// The most buckets: a client that invents regions cannot fill the memory.
const MAX_METERS: usize = 2_000_000;

impl Meters {
    pub(crate) fn new(quotas: Quotas, started: Instant) -> Self {
        Self { started, quotas, meters: HashMap::new(), unattributed: 0 }
    }

    /// Counts a request; `false` if it is over quota.
    pub(crate) fn admit(
        &mut self,
        account: AccountNumber,
        region: &str,
        service: &'static str,
        operation: &'static str,
        now: Instant,
    ) -> bool {
        if self.meters.len() >= MAX_METERS {
            self.unattributed += 1;
            return true;
        }
        let quotas = self.quotas;
        let meter = self.meters.entry((account, region.to_owned(), service, operation)).or_insert_with(|| {
            let quota = match quotas {
                Quotas::None => None,
                Quotas::Documented(factor) => Some(quota::documented(service, operation) * factor),
            };
            let bucket = quota.map(|rate| TokenBucket::full(rate, quota::burst(service, operation), now));
            Meter { count: Count { quota, ..Count::default() }, recent: VecDeque::new(), bucket }
        });
        let at = u64::try_from(now.saturating_duration_since(self.started).as_micros()).unwrap_or(u64::MAX);
        while meter.recent.front().is_some_and(|first| first + 1_000_000 <= at) {
            meter.recent.pop_front();
        }
        meter.recent.push_back(at);
        meter.count.requests += 1;
        meter.count.peak = meter.count.peak.max(u32::try_from(meter.recent.len()).unwrap_or(u32::MAX));
        let admitted = meter.bucket.as_mut().is_none_or(|bucket| bucket.take(now));
        meter.count.throttled += u64::from(!admitted);
        admitted
    }

    pub(crate) fn counts(&self) -> Counts {
        let bucket = |(account, region, service, operation): &(AccountNumber, String, &'static str, &'static str)| {
            Bucket { account: account.to_string(), region: region.clone(), service, operation }
        };
        let buckets = self.meters.iter().map(|(key, meter)| (bucket(key), meter.count)).collect();
        Counts { buckets, unattributed: self.unattributed }
    }
}
