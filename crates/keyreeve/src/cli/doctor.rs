//! `doctor`: what can be typed.

use std::path::PathBuf;

use clap::Args;

use super::{ConfigFile, Detections, Live, TableOutput, With};

/// `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 everything works; 4 something does not; 2 nobody can be anybody at AWS with these credentials.\n\n\
    Examples:\n  keyreeve doctor\n  keyreeve doctor --org --sample 20\n  keyreeve doctor --record shapes.json"
)]
pub struct Doctor {
    #[command(flatten)]
    pub live: Live,
    #[command(flatten)]
    pub detections: Detections,
    /// What else will be read
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub with: Vec<With>,
    /// Accounts in which the role is tried, of many
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=100))]
    pub sample: u16,
    /// Be back within so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub timeout: u16,
    /// Write the shapes of all requests and answers, with nothing in them that tells whose they are: to send to us
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}
