//! Key policies: read, made ready, proved, compared with themselves.

#![no_main]

#[path = "../../crates/keypolicy/tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::policy_text(data));
