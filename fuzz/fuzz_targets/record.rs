//! The record scanner, cold and with shapes it has met.

#![no_main]

#[path = "../../crates/source/tests/checks/mod.rs"]
#[expect(dead_code, reason = "each target uses one of the checks")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::record(data));
