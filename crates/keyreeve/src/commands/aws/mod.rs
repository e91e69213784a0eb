//! `aws`: what AWS must allow so that keys can be read, and the role that allows it.

mod bootstrap;
mod events;
mod findings;
mod permissions;
mod policy;
mod remediation;
mod template;

use ::aws::Needs;

use crate::cli::{AwsCommand, Detections, With};
use crate::config::Loaded;
use crate::exit::Status;
use crate::needs;
use crate::selection::{self, Selected};

/// Runs the subcommand that was typed.
pub fn run(asked: &AwsCommand) -> anyhow::Result<Status> {
    match asked {
        AwsCommand::Permissions(asked) => permissions::run(asked),
        AwsCommand::Bootstrap(asked) => bootstrap::run(asked),
    }
}

/// What is to be read: where detections are chosen, what those need and no more; otherwise everything that a snapshot holds.
pub fn wanted(asked: &Detections, with: &[With], loaded: &Loaded) -> anyhow::Result<(Needs, Selected)> {
    let selected = selection::load(asked, loaded)?;
    let floor = if asked.are_chosen() || !asked.ignore.is_empty() { Needs::LISTS } else { Needs::SNAPSHOT };
    let with = Needs::of_fields(with.iter().map(|with| with.field()));
    Ok((floor.and(needs::of_selected(&selected)).and(with), selected))
}
