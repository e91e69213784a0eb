//! The evaluator: against CPython's answers, and on unknown facts.

mod calls;
mod cpython;
mod support;
