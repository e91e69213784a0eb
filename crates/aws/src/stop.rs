//! A switch that ends all reading: what waits stops waiting, what was read stays.

use tokio::sync::watch;

/// The switch; its clones are the same one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Ends all reading.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether reading was ended.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// What `work` comes to, unless reading is ended before.
    pub async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.0.subscribe();
        tokio::select! {
            biased;
            // The sender is `self`, so it cannot be gone.
            _ = stopped.wait_for(|stopped| *stopped) => None,
            done = work => Some(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[tokio::test]
    async fn what_waits_is_ended() {
        let stop = Stop::default();
        assert_eq!(stop.unless(async { 1 }).await, Some(1));
        let switch = stop.clone();
        let waiting = tokio::spawn(async move { stop.unless(std::future::pending::<()>()).await });
        switch.stop();
        assert_eq!(waiting.await.unwrap(), None);
        assert!(switch.is_stopped());
        assert_eq!(switch.unless(async { 1 }).await, None);
    }
}
