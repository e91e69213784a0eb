//! `remediate`: what would change to put findings right, the changes themselves, and the way back.

#[cfg(feature = "serve")]
mod access;
#[cfg(feature = "serve")]
mod apply;
mod plan;
#[cfg(feature = "serve")]
mod record;
#[cfg(feature = "serve")]
mod undo;

use crate::cli::Remediate;
use crate::exit::Status;

/// Runs the subcommand that was typed.
pub fn run(asked: &Remediate) -> anyhow::Result<Status> {
    match asked {
        Remediate::Plan(asked) => plan::run(asked),
        #[cfg(feature = "serve")]
        Remediate::Apply(asked) => apply::run(asked),
        #[cfg(feature = "serve")]
        Remediate::Undo(asked) => undo::run(asked),
    }
}
