//! Whoever asks to wait is not called by anybody until then: one refused call spares the others theirs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::Answer;
use crate::failure::Fate;

/// The most hosts that are remembered.
const MAX_HOSTS: usize = 1000;

/// When each host may be called again.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<HashMap<String, Instant>>);

fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

impl Gate {
    /// Whether it may be called; else how long not.
    pub(super) fn pass(&self, url: &Url, now: Instant) -> Result<(), Duration> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = host(url);
        match hosts.get(&host).map(|until| until.saturating_duration_since(now)) {
            None => Ok(()),
            Some(Duration::ZERO) => {
                hosts.remove(&host);
                Ok(())
            }
            Some(left) => Err(left),
        }
    }

    /// Remembers what an answer asks for. Jira's limit of writes to one issue concerns nobody else.
    pub(super) fn heed(&self, url: &Url, answer: &Answer, now: Instant) {
        let is_of_one = answer.header("ratelimit-reason").is_some_and(|reason| reason.contains("per-issue"));
        if !matches!(answer.status.as_u16(), 429 | 503) || is_of_one {
            return;
        }
        if let Fate::Later(Some(wait)) = answer.failure().fate {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if hosts.len() < MAX_HOSTS {
                hosts.insert(host(url), now + wait);
            }
        }
    }
}
