//! `config check` and `config show`.

use anyhow::Context as _;

use crate::cli::ConfigCommand;
use crate::config::Loaded;
use crate::exit::Status;
use crate::{output, selection};

/// Says whether the configuration is right, or prints it.
pub fn run(asked: &ConfigCommand) -> anyhow::Result<Status> {
    match asked {
        ConfigCommand::Check(file) => {
            let loaded = Loaded::find(file.config.as_deref())?;
            selection::check(&loaded)?;
            output::print(&match &loaded.file {
                Some(path) => format!("{} is right\n", path.display()),
                None => "no configuration found: the defaults hold\n".to_owned(),
            })?;
        }
        ConfigCommand::Show(file) => {
            let loaded = Loaded::find(file.config.as_deref())?;
            let text = toml::to_string_pretty(&loaded.config.with_defaults()).context("printing the configuration")?;
            let origin = match &loaded.file {
                Some(path) => format!("# from {}\n", path.display()),
                None => "# no configuration found: these are the defaults\n".to_owned(),
            };
            output::print(&(origin + &text))?;
        }
    }
    Ok(Status::Clean)
}
