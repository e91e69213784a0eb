//! What can be typed after `serve`, `store` and `report`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ConfigFile;

/// `serve`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Stopped by Ctrl-C or SIGTERM: what is being done is done first. SIGHUP reads the configuration again.\n\n\
    Examples:\n  keyreeve config default > keyreeve.toml\n  keyreeve serve token alice --role viewer\n  \
    keyreeve serve --preview\n  keyreeve serve"
)]
pub struct Serve {
    #[command(subcommand)]
    pub command: Option<ServeCommand>,
    /// Decide about everything that there is now, print what would be done, and do nothing
    #[arg(long)]
    pub preview: bool,
    /// `pretty` or `json`, with --preview
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "pretty", hide_default_value = true)]
    pub format: super::Plain,
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// What `serve` does beside serving.
#[derive(Debug, Subcommand)]
pub enum ServeCommand {
    /// Make a token for the HTTP API: printed once, kept nowhere
    Token {
        /// Whose it is: the log says so
        name: String,
        /// What it may do
        #[arg(long, value_name = "ROLE", default_value = "viewer")]
        role: RoleName,
    },
}

/// `--role`
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Look at everything
    Viewer,
    /// Hand findings in, snooze tickets, try jobs again
    Responder,
    /// Approve, refuse and undo changes of keys
    Approver,
    /// Everything
    Administrator,
}

/// `store`.
#[derive(Debug, Subcommand)]
pub enum Store {
    /// Copy the store as it is now, while the daemon runs
    Backup {
        /// Where to
        #[arg(value_name = "FILE")]
        to: PathBuf,
        /// Even where there is such a file
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Put a copy in the store's place; the daemon must not run
    Restore {
        /// The copy
        #[arg(value_name = "FILE")]
        from: PathBuf,
        /// Even where there is a store: it is kept beside
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print the log as JSON Lines, each entry with the hash that chains it to the one before
    Export {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Go through the whole store, or an exported log, and say whether anything was changed or taken out
    #[command(after_help = "Exit status: 0 all is as it was written; 1 it is not.")]
    Verify {
        /// An exported log [default: the store]
        #[arg(value_name = "FILE")]
        export: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// `report`.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Totals, per account and team, oldest, overdue, time to fix, four weeks back
    Weekly {
        /// `markdown`, `html` or `json`
        #[arg(long, short = 'f', value_name = "FORMAT", default_value = "markdown")]
        format: ReportForm,
        /// The week that ends then (RFC 3339) [default: now]
        #[arg(long, value_name = "TIME")]
        until: Option<jiff::Timestamp>,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// `--format` of reports.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ReportForm {
    Markdown,
    Html,
    Json,
}
