//! `serve`: the daemon, what it would do, and tokens for its API.

mod aws;
mod daemon;
mod detections;
mod doors;
mod input;
mod log;
mod options;
mod preview;
mod reload;
mod systems;
mod workers;

use anyhow::Context as _;
use console::token::{TokenDigest, fresh};

use crate::cli::{RoleName, Serve, ServeCommand};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

pub(super) use doors::weekly;
pub(super) use options::store_path;

/// Does what was asked for.
pub fn run(asked: &Serve) -> anyhow::Result<Status> {
    if let Some(ServeCommand::Token { name, role }) = &asked.command {
        return token(name, *role);
    }
    let mut loaded = Loaded::find(asked.config.config.as_deref())?;
    if let Some(listen) = asked.listen {
        loaded.config.serve.listen = listen;
        if let Some((key, what)) = loaded.config.serve.mistake() {
            anyhow::bail!("{key}: {what}");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("starting the threads of the daemon")?;
    if asked.preview {
        return runtime.block_on(preview::run(loaded, asked.format));
    }
    runtime.block_on(daemon::run(loaded, asked.listen))
}

/// Prints a new token, and the lines of the configuration that make it known. It is kept nowhere.
fn token(name: &str, role: RoleName) -> anyhow::Result<Status> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        anyhow::bail!("the name of a token has 1 to 64 letters, digits, `-`, `_`, `.` or `@`");
    }
    let role = match role {
        RoleName::Viewer => "viewer",
        RoleName::Responder => "responder",
        RoleName::Approver => "approver",
        RoleName::Administrator => "administrator",
    };
    let token =
        fresh().map_err(|error| anyhow::anyhow!("making a token: the system has no random numbers: {error}"))?;
    let digest = TokenDigest::of(&token).text();
    output::print(&format!(
        "{token}\n\n# The token stands above, this once. Add to keyreeve.toml:\n\
         [[serve.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nsha256 = \"{digest}\"\n"
    ))?;
    Ok(Status::Clean)
}
