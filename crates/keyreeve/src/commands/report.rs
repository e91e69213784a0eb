//! `report`: what became of findings, tickets and fixes, from what the daemon remembers.

use anyhow::Context as _;
use jiff::Timestamp;
use store::sqlite::{self, Sqlite};

use super::serve::{store_path, weekly};
use crate::cli::{Report, ReportForm};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Writes the report that was asked for.
pub fn run(asked: &Report) -> anyhow::Result<Status> {
    let Report::Weekly { format, until, config } = asked;
    let loaded = Loaded::find(config.config.as_deref())?;
    let path = store_path(&loaded).context("serve.store is `:memory:`: there is no file to report on")?;
    if !path.exists() {
        anyhow::bail!("there is no store {}: `keyreeve serve` makes it", path.display());
    }
    let store = Sqlite::open(&path, sqlite::Options::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting a runtime")?;
    let form = match format {
        ReportForm::Markdown => console::Form::Markdown,
        ReportForm::Html => console::Form::Html,
        ReportForm::Json => console::Form::Json,
    };
    let report = runtime.block_on(weekly(&store, until.unwrap_or_else(Timestamp::now), form))?;
    output::print(&report)?;
    Ok(Status::Clean)
}
