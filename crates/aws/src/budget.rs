//! The share of AWS's request quotas that we take: one bucket for each operation of an account and region.
//!
//! The quotas are shared with the customer's workloads, so requests are spaced evenly and never come in bursts. A bucket that AWS
//! throttles is slowed to half its rate at once and comes back slowly (additive increase, multiplicative decrease).
//!
//! Spacing alone promises nothing about what AWS sees: some requests are longer on their way than others and arrive together. So a bucket
//! of N a second also has N [`Turn`]s, and a turn comes free one second after the answer. A request arrives before its answer, so it holds
//! its turn for at least a second after it arrived: those that arrive within one second hold one each, and there are N.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::operation::{OPERATIONS, Operation, When};

/// How late a request may be made up for: tokens that were not taken for so long are lost. Timers fire a little late; without this every
/// delay would cost rate.
const SLACK: Duration = Duration::from_millis(10);

/// What the slack can add to a second is taken off the rate.
const SPACING: f64 = 1.04;

/// What the rates count by.
const SECOND: Duration = Duration::from_secs(1);

/// How long a bucket rests after it was throttled.
const REST: Duration = Duration::from_millis(500);

/// The least that a throttled bucket goes on with, as a share of its rate.
const LEAST: f64 = 0.02;

/// An operation that AWS throttled so often in a row, and for so long, is hopeless for now: it is only asked to see whether it works again.
/// Every key would otherwise wait in a line that moves twice a second, to be refused like those before it.
const HOPELESS: (u32, Duration) = (12, Duration::from_secs(20));

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
    /// How often AWS throttled in a row, and since when.
    refused: Option<(u32, Instant)>,
    /// Turns of requests that are not answered yet.
    under_way: usize,
    /// When the turns of those that were answered in the last second come free, the soonest first.
    resting: VecDeque<Instant>,
}

impl Bucket {
    fn is_hopeless(&self) -> bool {
        self.refused.is_some_and(|(times, since)| times >= HOPELESS.0 && since.elapsed() >= HOPELESS.1)
    }

    /// Takes one of so many turns, or says when to ask again.
    fn take(&mut self, turns: usize, now: Instant) -> Result<(), Instant> {
        while self.resting.front().is_some_and(|free| *free <= now) {
            self.resting.pop_front();
        }
        if self.under_way + self.resting.len() < turns {
            self.under_way += 1;
            return Ok(());
        }
        // With all of them under way the next comes free a second after an answer that is still to come.
        Err(self.resting.front().copied().unwrap_or(now + SECOND))
    }
}

/// The right to make one request; to be dropped when its answer is there.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    budget: &'a Budget,
    operation: &'a Operation,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut bucket = self.budget.bucket(self.operation);
        bucket.under_way = bucket.under_way.saturating_sub(1);
        bucket.resting.push_back(Instant::now() + SECOND);
    }
}

impl Budget {
    pub(crate) fn new(shares: Arc<Shares>) -> Self {
        Self { shares, buckets: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Waits for the turn of one more request.
    pub(crate) async fn turn<'a>(&'a self, operation: &'a Operation) -> Turn<'a> {
        let at = self.reserve(operation, Instant::now());
        tokio::time::sleep_until(at).await;
        let turns = self.turns(operation);
        loop {
            let taken = self.bucket(operation).take(turns, Instant::now());
            match taken {
                Ok(()) => return Turn { budget: self, operation },
                Err(later) => tokio::time::sleep_until(later).await,
            }
        }
    }

    /// How many requests one second may hold: the budget, and one where it is less.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is a small positive number")]
    fn turns(&self, operation: &Operation) -> usize {
        (self.shares.rate(operation) as usize).max(1)
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
        let (mut bucket, now) = (self.bucket(operation), Instant::now());
        let (times, since) = bucket.refused.unwrap_or((0, now));
        bucket.refused = Some((times.saturating_add(1), since));
        bucket.pace = Some((bucket.pace.unwrap_or(1.0) / 2.0).max(LEAST));
        let rested = now + REST;
        bucket.next = Some(bucket.next.map_or(rested, |next| next.max(rested)));
    }

    /// AWS answered: a slowed bucket may go a little faster.
    pub(crate) fn speed_up(&self, operation: &Operation) {
        let mut bucket = self.bucket(operation);
        bucket.refused = None;
        if let Some(pace) = bucket.pace {
            bucket.pace = Some(pace + STEP).filter(|pace| *pace < 1.0);
        }
    }

    /// Whether asking is useless for now: AWS throttles, and has for long.
    pub(crate) fn is_hopeless(&self, operation: &Operation) -> bool {
        self.bucket(operation).is_hopeless()
    }

    /// Whether it is hopeless, and nobody need ask yet whether it works again.
    pub(crate) fn is_not_asked(&self, operation: &Operation) -> bool {
        let bucket = self.bucket(operation);
        bucket.is_hopeless() && bucket.next.is_some_and(|next| next > Instant::now())
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
        assert_eq!(at[..3], [0, 52, 104]);
        for start in &at {
            assert!(at.iter().filter(|&&at| at >= *start && at < start + 1000).count() <= 20);
        }
    }

    /// The network: each request arrives at some time before its answer, which comes up to 300 ms after it was sent.
    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_arrivals_than_the_budget_however_long_requests_are_on_their_way() {
        let (budget, begin, mut dice) = (Arc::new(budget(0.2)), Instant::now(), 88_172_645_463_325_252_u64);
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let mut requests = Vec::new();
        for _ in 0..600 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let (there, back) = (Duration::from_millis(dice % 250), Duration::from_millis(dice % 50));
            let (budget, arrivals) = (Arc::clone(&budget), Arc::clone(&arrivals));
            requests.push(tokio::spawn(async move {
                let turn = budget.turn(&LIST_GRANTS).await;
                tokio::time::sleep(there).await;
                arrivals.lock().unwrap().push(begin.elapsed().as_millis());
                tokio::time::sleep(back).await;
                drop(turn);
            }));
        }
        for request in requests {
            request.await.unwrap();
        }
        let took = begin.elapsed().as_secs_f64();
        let arrivals = arrivals.lock().unwrap();
        let most =
            arrivals.iter().map(|start| arrivals.iter().filter(|&&at| at >= *start && at < start + 1000).count()).max();
        assert_eq!(arrivals.len(), 600);
        assert!(most <= Some(20), "{most:?} in one second, of 20");
        assert!((30.0..40.0).contains(&took), "600 requests at 20 a second took {took} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_given_up_frees_its_turn_a_second_later() {
        let budget = budget(0.2);
        let mut turns = Vec::new();
        for _ in 0..20 {
            turns.push(budget.turn(&LIST_GRANTS).await);
        }
        assert!(
            tokio::time::timeout(Duration::from_secs(5), budget.turn(&LIST_GRANTS)).await.is_err(),
            "there is no 21st turn"
        );
        drop(turns);
        let asked = Instant::now();
        let _turn = budget.turn(&LIST_GRANTS).await;
        assert!(asked.elapsed() >= SECOND && asked.elapsed() < SECOND * 3, "{:?}", asked.elapsed());
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
        assert_eq!(places(&budget, &LIST_GRANTS, 4, now), [0, 10, 31, 52]);
        for _ in 0..200 {
            budget.speed_up(&LIST_GRANTS);
        }
        let now = now + Duration::from_secs(10);
        assert_eq!(places(&budget, &LIST_GRANTS, 4, now), [0, 0, 10, 21]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_operation_that_is_throttled_for_ever_is_asked_now_and_then_until_it_works() {
        let budget = budget(0.2);
        for _ in 0..12 {
            budget.slow_down(&LIST_GRANTS);
        }
        assert!(!budget.is_hopeless(&LIST_GRANTS), "a peak of other workloads passes");
        tokio::time::advance(HOPELESS.1).await;
        assert!(budget.is_hopeless(&LIST_GRANTS) && !budget.is_hopeless(&DESCRIBE_KEY));
        assert!(!budget.is_not_asked(&LIST_GRANTS), "one asks");
        budget.slow_down(&LIST_GRANTS);
        assert!(budget.is_not_asked(&LIST_GRANTS), "and while it rests, nobody else does");
        budget.speed_up(&LIST_GRANTS);
        assert!(!budget.is_hopeless(&LIST_GRANTS));
    }
}
