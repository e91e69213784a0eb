//! Reading AWS itself, which is the simulator here: as whom, how much, and what becomes of what cannot be read.
#![cfg(feature = "live")]

mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod identity;
mod organisation;
