//! `completions` and `man`: made from the same definitions as the command line.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Arguments;
use crate::exit::Status;
use crate::output;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "keyreeve", &mut script);
    output::print(&String::from_utf8(script).context("making the completion script")?)?;
    Ok(Status::Clean)
}

/// Prints the manual page, or writes one for every command into a folder.
pub fn pages(folder: Option<&Path>) -> anyhow::Result<Status> {
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        clap_mangen::generate_to(Arguments::command(), folder)
            .with_context(|| format!("writing manual pages into {}", folder.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page).context("making the manual page")?;
        output::print(&String::from_utf8(page).context("making the manual page")?)?;
    }
    Ok(Status::Clean)
}
