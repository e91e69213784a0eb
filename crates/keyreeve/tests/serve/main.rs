//! The daemon as a process: what it does once, who is kept out, and how it lives: reloaded, backed up, stopped.
#![cfg(all(unix, feature = "serve"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod daemon;
mod doors;
mod killed;
mod life;
mod once;
