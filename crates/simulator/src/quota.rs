//! Request quotas: what AWS documents for each operation, and the buckets that enforce it.

use std::time::Instant;

/// Requests a second of an operation, for one account in one region.
///
/// KMS's are those of its developer guide. Where AWS publishes none (`GetKeyLastUsage`, Organizations, Account), a plausible one stands.
pub(crate) fn documented(service: &str, operation: &str) -> f64 {
    match (service, operation) {
        ("kms", "DescribeKey" | "ListResourceTags") => 2000.0,
        ("kms", "GetKeyPolicy" | "GetKeyRotationStatus" | "GetKeyLastUsage") => 1000.0,
        ("kms", "ListKeys" | "ListAliases") => 500.0,
        ("kms", "ListGrants" | "ListKeyPolicies" | "ListRetirableGrants" | "ListKeyRotations") => 100.0,
        ("kms", "CreateGrant") => 50.0,
        ("kms", "RevokeGrant" | "RetireGrant") => 30.0,
        ("kms", "PutKeyPolicy" | "EnableKeyRotation" | "ScheduleKeyDeletion" | "DeleteAlias") => 15.0,
        ("kms", "TagResource") => 10.0,
        ("kms", _) => 5.0,
        ("sts", _) => 600.0,
        ("account", _) => 5.0,
        ("securityhub", "GetFindings") => 3.0,
        ("sqs", _) => 3_000.0,
        ("secretsmanager", _) => 10_000.0,
        ("ssm", _) => 40.0,
        _ => 10.0,
    }
}

/// How many seconds' worth of requests may come at once: Security Hub allows bursts of three times its rate, or twice.
pub(crate) fn burst(service: &str, operation: &str) -> f64 {
    match (service, operation) {
        ("securityhub", "GetFindings") => 2.0,
        ("securityhub", _) => 3.0,
        _ => 1.0,
    }
}

/// Tokens that come at a rate, of which some seconds' worth can be saved.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    rate: f64,
    most: f64,
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    pub(crate) fn full(rate: f64, burst: f64, now: Instant) -> Self {
        let most = (rate * burst).max(1.0);
        Self { rate, most, tokens: most, filled: now }
    }

    /// Takes one token, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(self.most);
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_lets_a_second_of_its_rate_through_at_once_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(5.0, 1.0, start);
        assert_eq!((0..10).filter(|_| bucket.take(start)).count(), 5);
        assert!(!bucket.take(start + Duration::from_millis(190)));
        assert!(bucket.take(start + Duration::from_millis(400)));
        assert_eq!((0..100).filter(|_| bucket.take(start + Duration::from_secs(60))).count(), 5);
    }
}
