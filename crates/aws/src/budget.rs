//! The share of AWS's request quotas that we take: one bucket for each operation of an account and region.
//!
//! The quotas are shared with the customer's workloads, so requests are spaced evenly and never come in bursts. A bucket that AWS
//! throttles is slowed to half its rate at once and comes back slowly (additive increase, multiplicative decrease).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::operation::{OPERATIONS, Operation, When};

/// How late a request may be made up for: tokens that were not taken for so long are lost. Timers fire a little late; without this every
/// delay would cost rate.
const SLACK: Duration = Duration::from_millis(10);

/// What the slack, and the different times that requests spend on their way, can add to those that arrive in one second is taken off the
/// rate, so that no second holds more than the budget.
const SPACING: f64 = 1.06;

/// How long a bucket rests after it was throttled.
const REST: Duration = Duration::from_millis(500);

/// The least that a throttled bucket goes on with, as a share of its rate.
const LEAST: f64 = 0.02;

/// What each success gives back to a slowed bucket, as a share of its rate.
const STEP: f64 = 0.005;

/// The shares of AWS's rates that are taken, each above 0 and at most 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares([f64; OPERATIONS.len()]);

impl Default for Shares {
    fn default() -> Self {
        Self::all(DEFAULT_SHARE)
    }
}

/// A fifth of AWS's request rates: four fifths stay with the workloads that they are there for.
pub const DEFAULT_SHARE: f64 = 0.2;

/// What is taken of the rates of operations that no workload needs: Security Hub's, SQS's, changes of keys.
pub const RESPOND_SHARE: f64 = 0.9;

impl Shares {
    /// The same share of the rate of every operation that reads; of the others [`RESPOND_SHARE`].
    #[must_use]
    pub fn all(share: f64) -> Self {
        let of = |operation: &Operation| match operation.when {
            When::Respond | When::Change => RESPOND_SHARE,
            _ => share.clamp(0.001, 1.0),
        };
        Self(OPERATIONS.map(of))
    }

    /// Another share of one operation's rate.
    #[must_use]
    pub fn with(mut self, operation: &Operation, share: f64) -> Self {
        self.0[operation.index] = share.clamp(0.001, 1.0);
        self
    }

    /// Requests per second that the budget of an operation holds.
    #[must_use]
    pub fn rate(&self, operation: &Operation) -> f64 {
        f64::from(operation.rate) * self.0[operation.index]
    }
}

/// The buckets of one account in one region.
#[derive(Debug)]
pub(crate) struct Budget {
    shares: Arc<Shares>,
    buckets: [Mutex<Bucket>; OPERATIONS.len()],
}

#[derive(Debug, Default)]
struct Bucket {
    /// When the next request may be made, if one was made before.
    next: Option<Instant>,
    /// The part of the rate that is left after throttling; 1 when all is well.
    pace: Option<f64>,
}

impl Budget {
    pub(crate) fn new(shares: Arc<Shares>) -> Self {
        Self { shares, buckets: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Waits for the turn of one more request.
    pub(crate) async fn turn(&self, operation: &Operation) {
        let at = self.reserve(operation, Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// Takes the next place in line, and says when it is.
    fn reserve(&self, operation: &Operation, now: Instant) -> Instant {
        let mut bucket = self.bucket(operation);
        let spacing = Duration::from_secs_f64(SPACING / (self.shares.rate(operation) * bucket.pace.unwrap_or(1.0)));
        let at = match bucket.next {
            Some(next) => next.max(now.checked_sub(SLACK.min(spacing)).unwrap_or(now)),
            None => now,
        };
        bucket.next = Some(at + spacing);
        at
    }

    /// AWS throttled a request: rest, and go on at half the pace.
    pub(crate) fn slow_down(&self, operation: &Operation) {
        let mut bucket = self.bucket(operation);
        bucket.pace = Some((bucket.pace.unwrap_or(1.0) / 2.0).max(LEAST));
        let rested = Instant::now() + REST;
        bucket.next = Some(bucket.next.map_or(rested, |next| next.max(rested)));
    }

    /// AWS answered: a slowed bucket may go a little faster.
    pub(crate) fn speed_up(&self, operation: &Operation) {
        let mut bucket = self.bucket(operation);
        if let Some(pace) = bucket.pace {
            bucket.pace = Some(pace + STEP).filter(|pace| *pace < 1.0);
        }
    }

    fn bucket(&self, operation: &Operation) -> std::sync::MutexGuard<'_, Bucket> {
        // A bucket is changed in one step, so a panic elsewhere leaves it whole.
        self.buckets[operation.index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{DESCRIBE_KEY, LIST_GRANTS};

    fn budget(share: f64) -> Budget {
        Budget::new(Arc::new(Shares::all(share)))
    }

    #[test]
    fn one_operation_can_have_a_share_of_its_own() {
        let shares = Shares::default().with(&LIST_GRANTS, 0.5);
        assert_eq!((shares.rate(&LIST_GRANTS), shares.rate(&DESCRIBE_KEY)), (50.0, 400.0));
    }

    /// When the next `count` requests may go, in milliseconds, if they all ask now.
    fn places(budget: &Budget, operation: &Operation, count: usize, now: Instant) -> Vec<u128> {
        (0..count).map(|_| budget.reserve(operation, now).duration_since(now).as_millis()).collect()
    }

    #[tokio::test]
    async fn requests_are_spaced_and_no_second_holds_more_than_the_budget() {
        let budget = budget(0.2);
        let at = places(&budget, &LIST_GRANTS, 60, Instant::now());
        assert_eq!(at[..3], [0, 53, 106]);
        for start in &at {
            assert!(at.iter().filter(|&&at| at >= *start && at < start + 1000).count() <= 20);
        }
    }

    #[tokio::test]
    async fn what_was_not_taken_is_lost_but_for_a_little_lateness() {
        let budget = budget(0.2);
        let start = Instant::now();
        budget.reserve(&DESCRIBE_KEY, start);
        let later = start + Duration::from_secs(60);
        let at_once = (0..400).filter(|_| budget.reserve(&DESCRIBE_KEY, later) <= later).count();
        assert!(at_once <= 2, "{at_once} requests in a burst");
    }

    #[tokio::test]
    async fn a_throttled_operation_goes_half_as_fast_and_comes_back() {
        let budget = budget(1.0);
        budget.slow_down(&LIST_GRANTS);
        let now = Instant::now() + Duration::from_secs(10);
        assert_eq!(places(&budget, &LIST_GRANTS, 4, now), [0, 11, 32, 53]);
        for _ in 0..200 {
            budget.speed_up(&LIST_GRANTS);
        }
        let now = now + Duration::from_secs(10);
        assert_eq!(places(&budget, &LIST_GRANTS, 4, now), [0, 0, 11, 21]);
    }
}
