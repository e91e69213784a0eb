//! What each command does: one file a command.

#[cfg(feature = "live")]
mod aws;
mod config;
#[cfg(feature = "live")]
mod doctor;
mod explain;
#[cfg(feature = "live")]
mod hub;
mod keypolicy;
mod keys;
mod keys_view;
mod lint;
mod manual;
mod remediate;
#[cfg(feature = "serve")]
mod report;
mod scan;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "live")]
mod simulate;
#[cfg(feature = "live")]
mod snapshot;
#[cfg(feature = "serve")]
mod store;
mod suppressions;
mod test;
mod triage;
mod triage_input;
mod triage_view;
mod verdicts;

use crate::cli::{Arguments, Command};
use crate::exit::Status;

/// Runs the command that was typed.
pub fn run(arguments: Arguments) -> anyhow::Result<Status> {
    match arguments.command {
        Command::Scan(asked) => scan::run(&asked),
        Command::Keys(asked) => keys::run(&asked),
        #[cfg(feature = "live")]
        Command::Snapshot(asked) => snapshot::run(&asked),
        Command::Test(asked) => test::run(&asked),
        Command::Lint(asked) => lint::run(&asked),
        Command::Explain(asked) => explain::run(&asked),
        Command::KeyPolicy(asked) => keypolicy::run(&asked),
        Command::Triage(asked) => triage::run(&asked),
        Command::Remediate(asked) => remediate::run(&asked),
        Command::Suppressions(asked) => suppressions::run(&asked),
        #[cfg(feature = "serve")]
        Command::Serve(asked) => serve::run(&asked),
        #[cfg(feature = "serve")]
        Command::Store(asked) => store::run(&asked),
        #[cfg(feature = "serve")]
        Command::Report(asked) => report::run(&asked),
        #[cfg(feature = "live")]
        Command::Aws(asked) => aws::run(&asked),
        #[cfg(feature = "live")]
        Command::Doctor(asked) => doctor::run(&asked),
        #[cfg(feature = "live")]
        Command::Hub(asked) => hub::run(&asked),
        Command::Config(asked) => config::run(&asked),
        #[cfg(feature = "live")]
        Command::Simulate(asked) => simulate::run(&asked),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { output } => manual::pages(output.as_deref()),
    }
}
