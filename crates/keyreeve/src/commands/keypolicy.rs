//! `keypolicy`: what key policies say, and what is wrong with them.

mod decide;
mod diff;
mod generate;
mod grants;
mod graph;
mod input;
mod lint;
mod live;
mod prove;
mod read;
mod who_can;

use crate::cli::KeyPolicy;
use crate::exit::Status;

/// Does what was asked for.
pub fn run(asked: &KeyPolicy) -> anyhow::Result<Status> {
    match asked {
        KeyPolicy::Lint(asked) => lint::run(asked),
        KeyPolicy::Decide(asked) => decide::run(asked),
        KeyPolicy::Prove(asked) => prove::run(asked),
        KeyPolicy::WhoCan(asked) => who_can::run(asked),
        KeyPolicy::Diff(asked) => diff::run(asked),
        KeyPolicy::Generate(asked) => generate::run(asked),
    }
}
