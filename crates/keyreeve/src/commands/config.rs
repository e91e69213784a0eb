//! `config check`, `config show`, `config default` and `config schema`.

use anyhow::Context as _;

use super::triage_input::{ready_rules, settings};
use crate::cli::ConfigCommand;
use crate::config::Loaded;
use crate::config::origin::annotated;
use crate::config::reference;
use crate::exit::Status;
use crate::{output, selection};

/// Does what was asked for.
pub fn run(asked: &ConfigCommand) -> anyhow::Result<Status> {
    match asked {
        ConfigCommand::Check(file) => check(&Loaded::find(file.config.as_deref())?)?,
        ConfigCommand::Show(file) => show(&Loaded::find(file.config.as_deref())?)?,
        ConfigCommand::Default => output::print(reference::DEFAULT)?,
        ConfigCommand::Schema => output::print_json(&reference::schema())?,
    }
    Ok(Status::Clean)
}

fn check(loaded: &Loaded) -> anyhow::Result<()> {
    selection::check(loaded)?;
    settings(loaded)?;
    if let Some(rules) = &loaded.config.serve.rules {
        ready_rules(Some(&loaded.path(rules)))?;
    }
    let mut text = match &loaded.file {
        Some(path) => format!("{} is right\n", path.display()),
        None => "no configuration found: the defaults hold\n".to_owned(),
    };
    for unused in loaded.config.serve.unused() {
        text.push_str(&format!("note: {}\n", report::escape_terminal(&unused)));
    }
    output::print(&text)
}

fn show(loaded: &Loaded) -> anyhow::Result<()> {
    let table = toml::Table::try_from(loaded.config.with_defaults()).context("printing the configuration")?;
    let name = loaded.file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
    let origin = |offset: usize| format!("{name}:{}", loaded.line_of(offset));
    let heading = match &loaded.file {
        Some(path) => format!("# from {}\n", path.display()),
        None => "# no configuration found: these are the defaults\n".to_owned(),
    };
    output::print(&(heading + &annotated(&table, &loaded.places(), &origin)))
}
