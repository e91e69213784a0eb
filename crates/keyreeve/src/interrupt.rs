//! When somebody asks the program to stop: Ctrl-C, or SIGTERM where there is such a thing.

use std::io;

/// Says when it is time to stop.
pub struct Interrupt {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupt {
    /// Begins to listen.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Waits until it is asked for.
    #[cfg(unix)]
    pub async fn recv(&mut self) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits until it is asked for.
    #[cfg(not(unix))]
    pub async fn recv(&mut self) {
        // Where the signal cannot be waited for, nothing else is left to wait for either.
        let _ = tokio::signal::ctrl_c().await;
    }
}
