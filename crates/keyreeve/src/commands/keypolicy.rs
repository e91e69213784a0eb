//! `keypolicy`: what key policies say, and what is wrong with them.

mod input;
mod lint;

use crate::cli::KeyPolicy;
use crate::exit::Status;

/// Does what was asked for.
pub fn run(asked: &KeyPolicy) -> anyhow::Result<Status> {
    match asked {
        KeyPolicy::Lint(asked) => lint::run(asked),
    }
}
