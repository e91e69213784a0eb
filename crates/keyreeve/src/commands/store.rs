//! `store`: backup, restore, export and verify what the daemon remembers.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use store::sqlite::{self, Sqlite};
use store::verify_lines;

use super::serve::store_path;
use crate::cli::{ConfigFile, Store};
use crate::config::Loaded;
use crate::exit::{Status, error_word};
use crate::output;

/// Does what was asked for.
pub fn run(asked: &Store) -> anyhow::Result<Status> {
    match asked {
        Store::Backup { to, replace, config } => {
            let from = existing(config)?;
            Sqlite::open(&from, sqlite::Options::default())?.backup(to, *replace)?;
            let checked = sqlite::check(to)?;
            output::print(&format!(
                "{} was copied to {}: {} events\n",
                from.display(),
                to.display(),
                checked.log.events
            ))?;
        }
        Store::Restore { from, replace, config } => {
            let to = place(config)?;
            let (checked, kept) = sqlite::restore(from, &to, *replace)?;
            let mut text = format!("{} is now {}: {} events\n", to.display(), from.display(), checked.log.events);
            if let Some(kept) = kept {
                text.push_str(&format!("what was there is kept in {}\n", kept.display()));
            }
            output::print(&text)?;
        }
        Store::Export { config } => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            sqlite::export_log(&existing(config)?, &mut out)?;
            out.flush()?;
        }
        Store::Verify { export: Some(export), .. } => {
            let reading = || format!("reading {}", export.display());
            let file = BufReader::new(File::open(export).with_context(reading)?);
            return verdict(verify_lines(file).map(|verified| verified.events).map_err(anyhow::Error::from));
        }
        Store::Verify { export: None, config } => {
            return verdict(
                sqlite::check(&existing(config)?).map(|checked| checked.log.events).map_err(anyhow::Error::from),
            );
        }
    }
    Ok(Status::Clean)
}

fn verdict(events: anyhow::Result<u64>) -> anyhow::Result<Status> {
    match events {
        Ok(events) => {
            output::print(&format!("all {events} events are as they were written\n"))?;
            Ok(Status::Clean)
        }
        Err(error) => {
            anstream::eprintln!("{}: {}", error_word(), report::escape_terminal(&format!("{error:#}")));
            Ok(Status::Found)
        }
    }
}

fn place(config: &ConfigFile) -> anyhow::Result<PathBuf> {
    let loaded = Loaded::find(config.config.as_deref())?;
    store_path(&loaded).context("serve.store is `:memory:`: there is no file")
}

fn existing(config: &ConfigFile) -> anyhow::Result<PathBuf> {
    let path = place(config)?;
    if !path.exists() {
        bail!("there is no store {}: serve.store names the file, and `keyreeve serve` makes it", path.display());
    }
    Ok(path)
}
