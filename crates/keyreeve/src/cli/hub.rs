//! What can be typed after `hub`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigFile, Plain};

/// `hub`.
#[derive(Debug, Subcommand)]
pub enum Hub {
    /// Send findings into Security Hub: those of `scan -f asff`, each into the hub of its own account and Region
    Import(Box<HubImport>),
}

/// `hub import`.
#[derive(Debug, Args)]
#[command(
    after_help = "A finding that is sent again replaces the one of before, so that to repeat is harmless. `scan --all -f asff` sends what\n\
    passes, too: then Security Hub learns what was put right. In other accounts than the caller's the role is assumed that\n\
    `keyreeve aws bootstrap --findings` makes.\n\n\
    Exit status: 0 every finding was taken; 2 wrong use, or a file cannot be read; 3 there is no finding; 4 some were not taken.\n\n\
    Example:\n  keyreeve scan --org --all -f asff --fail-on none | keyreeve hub import -"
)]
pub struct HubImport {
    /// ASFF: findings alone, in lists (as `scan -f asff` prints them) or one a line; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Only say what would be sent where
    #[arg(long)]
    pub dry_run: bool,
    /// The profile of the AWS configuration to use [default: as the AWS CLI chooses]
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// The role that imports in other accounts [default: KeyreeveFindings]
    #[arg(long, value_name = "NAME", value_parser = super::aws::role, help_heading = "AWS")]
    pub role: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    pub external_id: Option<String>,
    /// Ask here instead of AWS
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub endpoint_url: Option<String>,
    /// `pretty` or `json`: what was not taken, and why
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "pretty", help_heading = "Output")]
    pub format: Plain,
    #[command(flatten)]
    pub config: ConfigFile,
}
