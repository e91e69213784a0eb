//! The evaluator: against CPython's answers, and on unknown facts.

mod calls;
mod cpython;
#[path = "../support/mod.rs"]
mod support;
mod worlds;
