//! `snapshot`: reads AWS into a file.

use std::path::Path;

use aws::Needs;

use crate::cli::Snapshot;
use crate::config::Loaded;
use crate::exit::Status;
use crate::live::{self, Live, Target};
use crate::output;

/// Writes the snapshot: 4 if something in it could not be read.
pub fn run(asked: &Snapshot) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let needs = Needs::SNAPSHOT.and(live::with(&asked.with, &[])?);
    let mut target = Target::create(&asked.output)?;
    let live = Live::connect(&asked.live, &loaded, needs, &asked.terminal)?;
    let written = live.write(&mut target)?;
    target.finish()?;
    let end = written.end;
    let holes = match end.errors {
        0 => String::new(),
        errors => format!("; {errors} things could not be read, and the file says which"),
    };
    let cut = if written.interrupted { "; it was stopped before its end" } else { "" };
    let place = if asked.output == Path::new("-") { "standard output".into() } else { asked.output.to_string_lossy() };
    let text = format!("{place}: {} resources of {} accounts{holes}{cut}", end.resources, end.accounts);
    output::remark(&asked.terminal, &text);
    Ok(if written.incomplete || written.interrupted { Status::Incomplete } else { Status::Clean })
}
