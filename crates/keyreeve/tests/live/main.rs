//! Reading AWS itself, which is the simulator here: as whom, how much, and what becomes of what cannot be read.
#![cfg(feature = "live")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod cloud;
#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "others run the program without an AWS")]
mod common;
#[cfg(feature = "serve")]
mod daemon;
mod faults;
#[path = "../../../respond/src/http/front.rs"]
mod front;
mod hub;
mod identity;
#[cfg(feature = "serve")]
mod keys;
#[cfg(feature = "serve")]
mod kills;
mod organisation;
#[cfg(feature = "serve")]
mod remediate;
#[cfg(feature = "serve")]
mod secrets;
#[cfg(feature = "serve")]
mod story;
