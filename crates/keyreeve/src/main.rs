//! The `keyreeve` binary: one file per subcommand.

mod accounts;
mod baseline;
mod cli;
mod commands;
mod config;
mod disk;
mod engine;
mod errors;
mod exit;
mod expected;
mod gate;
mod glob;
#[cfg(feature = "live")]
mod interrupt;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod needs;
mod output;
mod policies;
mod selection;
mod suppressions;
mod test_filter;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_usage(&error),
    };
    match commands::run(arguments) {
        Ok(status) => status.into(),
        Err(error) => exit::report(&error).into(),
    }
}
