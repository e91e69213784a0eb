//! The evaluator: against CPython's answers, and on unknown facts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod calls;
mod cpython;
mod glance;
#[path = "../support/mod.rs"]
mod support;
mod worlds;
